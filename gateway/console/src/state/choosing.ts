/** Which one of a list is open: the address names it, so that it can be kept, sent and gone back to. */

import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'

export function useChosen(list: string) {
  const route = useRoute()
  const router = useRouter()
  const id = computed(() => (typeof route.params['id'] === 'string' ? route.params['id'] : ''))

  function open(one: string, replacing = false): void {
    const to = `${list}/${encodeURIComponent(one)}`
    void (replacing ? router.replace(to) : router.push(to))
  }

  function close(): void {
    void router.push(list)
  }

  return { id, open, close }
}

/** The one that stands `by` rows after the chosen one, or the first while none is chosen; none beyond the ends. */
export function rowBeside<T extends { id: string }>(rows: readonly T[], chosen: string, by: number): T | undefined {
  const at = rows.findIndex((row) => row.id === chosen)
  return rows[at < 0 ? 0 : at + by]
}
