/** What scrolls can be scrolled by keys: it is a stop for Tab wherever nothing inside it is one. */

import { onBeforeUnmount, onMounted } from 'vue'

const STOPS = 'a[href], button:not([disabled]), input:not([disabled]), select, textarea, [tabindex="0"]'
const OURS = 'scrollStop'

function settle(): void {
  for (const one of document.querySelectorAll<HTMLElement>('.scroll')) {
    const needed = (one.scrollHeight > one.clientHeight || one.scrollWidth > one.clientWidth) && one.querySelector(STOPS) === null
    if (needed && !one.hasAttribute('tabindex')) {
      one.tabIndex = 0
      one.dataset[OURS] = ''
    } else if (!needed && OURS in one.dataset) {
      one.removeAttribute('tabindex')
      delete one.dataset[OURS]
    }
  }
}

export function useScrollStops(): void {
  let waiting: ReturnType<typeof setTimeout> | undefined
  const later = (): void => {
    clearTimeout(waiting)
    waiting = setTimeout(settle, 50)
  }
  const observer = new MutationObserver(later)
  onMounted(() => {
    observer.observe(document.body, { childList: true, subtree: true })
    window.addEventListener('resize', later)
  })
  onBeforeUnmount(() => {
    observer.disconnect()
    window.removeEventListener('resize', later)
    clearTimeout(waiting)
  })
}
