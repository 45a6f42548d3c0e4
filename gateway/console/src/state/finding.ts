/** Rows found by what somebody types into a field that chooses among them. */

import { ref, shallowRef, type Ref } from 'vue'
import { complain } from './notices'

/** What was chosen stays in the list, or the field could not name it; an answer that was overtaken is dropped. */
export function useFinding<T extends { id: string }>(ask: (text: string) => Promise<T[]>, chosen: Readonly<Ref<string | string[]>>) {
  const found = shallowRef<T[]>([])
  const busy = ref(false)
  const known = new Map<string, T>()
  let asked = 0

  async function search(text: string): Promise<void> {
    const turn = ++asked
    busy.value = true
    try {
      const rows = await ask(text.trim())
      if (turn !== asked) return
      for (const row of rows) known.set(row.id, row)
      const held = [chosen.value].flat().filter((id) => id !== '' && !rows.some((row) => row.id === id))
      found.value = [...rows, ...held.flatMap((id) => known.get(id) ?? [])]
    } catch (error) {
      if (turn === asked) complain(error)
    } finally {
      if (turn === asked) busy.value = false
    }
  }

  return { found, busy, search }
}
