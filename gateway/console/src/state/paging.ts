/** A list that is asked for page by page: first load and every refresh are the same request. */

import { ref, shallowRef } from 'vue'
import { get } from '../api/client'
import type { Page } from '../api/types'
import { complain } from './notices'

type Query = Record<string, string | number | boolean | null | undefined>

const MOST = 200

/** All rows of a list, however many pages it comes in; for lists that people choose from. */
export async function everything<T>(path: string, query: Query = {}): Promise<T[]> {
  const rows: T[] = []
  let after: string | null = null
  do {
    const page: Page<T> = await get<Page<T>>(path, { ...query, after })
    rows.push(...page.items)
    after = page.next
  } while (after !== null)
  return rows
}

/** A list in pages, as those who show it need it. */
export type Pages<T> = Omit<ReturnType<typeof usePages<T>>, 'refresh'>

export function usePages<T>(path: () => string, query: () => Query, size = 50) {
  const items = shallowRef<T[]>([])
  const next = ref<string | null>(null)
  const busy = ref(false)
  const loaded = ref(false)
  let asked = 0

  /** Asks again for as much as is shown. Answers that were overtaken by a newer request are dropped. */
  async function refresh(keep = true): Promise<void> {
    const turn = ++asked
    busy.value = true
    const limit = keep ? Math.min(MOST, Math.max(size, items.value.length)) : size
    try {
      const answer = await get<Page<T> | T[]>(path(), { ...query(), limit })
      if (turn !== asked) return
      items.value = Array.isArray(answer) ? answer : answer.items
      next.value = Array.isArray(answer) ? null : answer.next
      loaded.value = true
    } catch (error) {
      if (turn === asked) complain(error)
    } finally {
      if (turn === asked) busy.value = false
    }
  }

  async function more(): Promise<void> {
    if (next.value === null || busy.value) return
    const turn = ++asked
    busy.value = true
    try {
      const answer = await get<Page<T>>(path(), { ...query(), limit: size, after: next.value })
      if (turn !== asked) return
      items.value = [...items.value, ...answer.items]
      next.value = answer.next
    } catch (error) {
      complain(error)
    } finally {
      if (turn === asked) busy.value = false
    }
  }

  return { items, next, busy, loaded, refresh, more }
}
