/** Short notices at the top of the page: one sentence, never a stack. */

import { ElMessage } from 'element-plus'
import { ApiError } from '../api/client'
import { sentence } from '../words'

export function tell(text: string): void {
  ElMessage({ message: text, type: 'success', duration: 2500, placement: 'bottom-right', grouping: true })
}

/** What kept something from being done, in words of the page's own. */
export function refuse(text: string): void {
  ElMessage({ message: text, type: 'error', duration: 5000, placement: 'bottom-right', grouping: true, showClose: true })
}

export function complain(error: unknown): void {
  if (error instanceof ApiError && error.code === 'locked') return
  ElMessage({ message: sentence(error), type: 'error', duration: 5000, placement: 'bottom-right', grouping: true, showClose: true })
}

/** Runs something a person asked for; true when it worked, otherwise says why not. */
export async function attempt(run: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await run()
  } catch (error) {
    complain(error)
    return false
  }
  if (done) tell(done)
  return true
}
