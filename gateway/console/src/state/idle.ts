/** An untouched console locks its controls; what plays goes on. Input is told to the gateway at most once a minute. */

import { onScopeDispose, ref } from 'vue'
import { post } from '../api/client'
import { looksLikeCode } from './codes'
import { hush, listen } from './messages'
import { answerByKey } from './passkeys'
import { session } from './session'

/** Whether the controls of this page are locked. */
export const locked = ref(false)

const TELL_EVERY_MS = 60_000
const INPUTS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const

/** Locks here and at the gateway; if that cannot be reached, here. */
export async function lock(): Promise<void> {
  if (locked.value || session.value === null) return
  closeControls()
  await post('/session/lock').catch(() => undefined)
}

/** The gateway says that the session is locked. */
export function closeControls(): void {
  if (locked.value) return
  locked.value = true
  hush()
}

/** Opens the controls by the password, or by a code where six digits or a recovery code were typed. */
export async function unlock(typed: string): Promise<void> {
  const code = looksLikeCode(typed)
  await post('/session/unlock', code ? { code: typed } : { password: typed })
  reopen()
}

/** Opens the controls by a passkey. */
export async function unlockByKey(): Promise<void> {
  await post('/session/unlock', { passkey: await answerByKey() })
  reopen()
}

/** Nobody is signed in here any more. */
export function forgetLock(): void {
  locked.value = false
}

/** The controls are open again, here or in another tab. */
export function reopen(): void {
  locked.value = false
  listen()
}

/** Watches for input as long as the calling component lives. */
export function watchIdleness(): void {
  let touchedAt = Date.now()
  let toldAt = Date.now()

  function touched(): void {
    if (locked.value) return
    touchedAt = Date.now()
    if (touchedAt - toldAt < TELL_EVERY_MS) return
    toldAt = touchedAt
    void post('/session/input').catch(() => undefined)
  }

  function look(): void {
    const minutes = session.value?.idle_minutes ?? 0
    if (locked.value) touchedAt = Date.now()
    else if (minutes > 0 && Date.now() - touchedAt >= minutes * 60_000) void lock()
  }

  for (const name of INPUTS) addEventListener(name, touched, { passive: true })
  const timer = setInterval(look, 1_000)
  onScopeDispose(() => {
    clearInterval(timer)
    for (const name of INPUTS) removeEventListener(name, touched)
  })
}
