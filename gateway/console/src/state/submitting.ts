/** One request that a person asked for: whether it is running, and in words what went wrong. */

import { ref } from 'vue'
import { ApiError } from '../api/client'
import { sentence, wordFor } from '../words'

/** Whether somebody else was faster: what the request relied on has changed meanwhile. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409
}

/** Of a field that the gateway finds wrong the page speaks in its own sentence under `heading`; of the rest in the common one. */
export function wrongField(heading: string): (error: unknown) => string {
  return (error) => {
    const field = error instanceof ApiError && error.code === 'invalid' ? String(error.detail['field'] ?? '') : ''
    const own = wordFor(heading, field)
    return own === field ? sentence(error) : own
  }
}

/** `told` puts an error into words; without it the common sentence for the error is used. */
export function useSubmit(told: (error: unknown) => string = sentence) {
  const busy = ref(false)
  const trouble = ref('')

  /** Runs it and says whether it worked. Nothing is sent while something the person must give is `missing`. */
  async function submit(run: () => Promise<unknown>, missing = ''): Promise<boolean> {
    trouble.value = missing
    if (missing !== '') return false
    busy.value = true
    try {
      await run()
      return true
    } catch (error) {
      trouble.value = told(error)
      return false
    } finally {
      busy.value = false
    }
  }

  return { busy, trouble, submit }
}
