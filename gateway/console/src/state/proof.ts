/** The second factor asked for in between: a refused request waits for the code and is then repeated. */

import { shallowRef } from 'vue'

export interface Asking {
  /** False when the operator has no second factor yet and must set one up. */
  enrolled: boolean
  /** Ends the asking; true when the request may be repeated. */
  done: (proved: boolean) => void
}

/** What is being asked for, null when nothing is. */
export const asking = shallowRef<Asking | null>(null)

let waiting: Promise<boolean> | null = null

/** Asks the person; several requests that are refused together share one answer. */
export function askForProof(enrolled: boolean): Promise<boolean> {
  waiting ??= new Promise<boolean>((resolve) => {
    asking.value = {
      enrolled,
      done: (proved) => {
        asking.value = null
        waiting = null
        resolve(proved)
      },
    }
  })
  return waiting
}
