/** What the gateway answers to one question of a page, asked again as often as somebody says. */

import { ref, shallowRef, type ShallowRef } from 'vue'
import { ApiError } from '../api/client'
import { complain } from './notices'

/** What is known stays until there is an answer, unless it `drops` on a failure; an answer that was overtaken is dropped. */
export function useAnswer<T>(ask: () => Promise<T>, first: T, drops = false) {
  const answer: ShallowRef<T> = shallowRef(first)
  const loaded = ref(false)
  let asked = 0

  async function load(): Promise<void> {
    const turn = ++asked
    try {
      const found = await ask()
      if (turn !== asked) return
      answer.value = found
      loaded.value = true
    } catch (error) {
      if (turn !== asked) return
      if (drops) answer.value = first
      complain(error)
    }
  }

  return { answer, loaded, load }
}

/** One thing by its id: `missing` when there is none such, or none that this person may know of. */
export function useOne<T>(ask: () => Promise<T>) {
  const one = shallowRef<T | null>(null)
  const missing = ref(false)

  async function load(): Promise<void> {
    try {
      one.value = await ask()
      missing.value = false
    } catch (error) {
      missing.value = error instanceof ApiError && error.status === 404
      if (missing.value) one.value = null
      else complain(error)
    }
  }

  return { one, missing, load }
}
