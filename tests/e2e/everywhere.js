// What the walk through the console asks the page: is it at rest, where is it, what is on it, what can be pressed.
(() => {
  const asking = new Set()
  const fetched = window.fetch
  window.fetch = async (...given) => {
    const one = {}
    asking.add(one)
    try {
      return await fetched(...given)
    } finally {
      asking.delete(one)
    }
  }
  let changed = 0
  new MutationObserver(() => { changed = performance.now() }).observe(document, { childList: true, subtree: true })

  const PRESSABLE = 'button, [role="tab"], label.el-radio-button, label.el-checkbox, [role="combobox"], [role="menuitem"]'
  const NEVER = ['sign-out', 'lock-now', 'enrol-leave', 'language-zh', 'language-en', 'skip']

  const app = () => document.querySelector('#app').__vue_app__.config.globalProperties
  const seen = (one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && one.getClientRects().length > 0
  const name = (one) => {
    const given = one.closest('[data-test]')?.dataset.test ?? ''
    const own = one.matches('[role="combobox"]') ? `combobox ${one.getAttribute('aria-label') ?? ''}` : (one.getAttribute('aria-label') ?? one.textContent).trim()
    // ids and names of things are no kinds of buttons
    return (one.closest('header.bar') ? 'bar ' : '') + (one.dataset.test ?? `${given} ${given === '' ? own : one.tagName}`).replace(/[0-9a-f]{8}-[0-9a-f-]{27}|(TZ|T|R|D)-?\d[\w-]*|\d+/g, '*')
  }
  /** The topmost thing that stands over the page: a dialog, or what a button or a field has dropped down. */
  const over = () => {
    const dropped = [...document.querySelectorAll('.el-popper')].filter((one) => seen(one) && one.getAttribute('role') !== 'tooltip')
    const dialogs = [...document.querySelectorAll('[role="dialog"]')].filter((one) => seen(one) && !one.classList.contains('el-popper'))
    return dropped.at(-1) ?? dialogs.at(-1) ?? null
  }

  window.walk = {
    resting: () => asking.size === 0 && performance.now() - changed > 120 && document.querySelector('.el-loading-mask') === null,
    routes: () => app().$router.getRoutes().map((one) => ({ name: String(one.name ?? ''), path: one.path })).filter((one) => one.name !== ''),
    at: () => String(app().$route.name),
    go: (path) => app().$router.push(path).then(() => undefined),
    speak: (language) => {
      app().$i18n.locale = language
      document.documentElement.lang = language
    },
    over: () => {
      const one = over()
      return one === null ? '' : `${one.className} ${one.querySelectorAll('*').length}`
    },
    /** Changes when something is shown that was not before. */
    shape: () => `${app().$route.fullPath} ${[...document.querySelectorAll('main *, [role="dialog"] *')].filter(seen).length}`,
    pressable: () => {
      const within = over() ?? document
      const found = {}
      // What switches the page over comes last, so that the rest is met first.
      const late = (one) => (one.matches('label, [role="tab"]') ? 1 : one.matches('[role="combobox"]') ? 2 : 0)
      for (const one of [...within.querySelectorAll(PRESSABLE)].sort((one, other) => late(one) - late(other))) {
        const key = name(one)
        if (key in found || NEVER.includes(one.dataset.test) || one.disabled || one.getAttribute('aria-disabled') === 'true' || !seen(one)) continue
        found[key] = one
      }
      window.walk.found = found
      return Object.keys(found)
    },
    press: (key) => {
      const one = window.walk.found[key]
      if (one === undefined || !one.isConnected) return false
      const hit = one.matches('[role="combobox"]') ? (one.closest('.el-select__wrapper') ?? one) : one
      hit.scrollIntoView({ block: 'nearest' })
      one.focus({ preventScroll: true })
      hit.click()
      return true
    },
    /** The names of all components on the page. */
    parts: () => {
      const names = new Set()
      const look = (node) => {
        if (node === null || typeof node !== 'object') return
        if (Array.isArray(node)) return node.forEach(look)
        const type = node.component?.type
        if (type) names.add(type.__name ?? type.name)
        look(node.component?.subTree)
        look(node.children)
        look(node.suspense?.activeBranch)
      }
      look(document.querySelector('#app')?._vnode ?? null)
      return [...names].filter(Boolean)
    },
    axe: async () => {
      const moving = document.getAnimations().filter((one) => one.playState === 'running' && one.effect.getComputedTiming().endTime !== Infinity)
      await Promise.allSettled(moving.map((one) => one.finished))
      const within = over()
      const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
      // Landmarks and headings are a matter of a whole page.
      if (within === null) tags.push('best-practice')
      const { violations } = await axe.run(within ?? document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })
      const named = (text) => text.replace(/el-id-\d+-\d+|data-v-\w+=""/g, '').replace(/\s+/g, ' ')
      return violations.map((one) => named(`${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.target.join(' ')} ${node.html.slice(0, 160)} ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ''}`).join(' | ')}`))
    },
    /** By how many pixels the page is wider than the window. */
    wider: () => document.scrollingElement.scrollWidth - window.innerWidth,
  }
})()
