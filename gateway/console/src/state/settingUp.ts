/** Setting an account up by a link: whose it is, whether it works yet, and what each refusal means. */

import { ref, shallowRef } from 'vue'
import type { SetupView } from '../api/accounts'
import { ApiError, post } from '../api/client'
import { i18n, sentence } from '../words'
import { signIn } from './session'
import { useSubmit } from './submitting'

function coded(error: unknown, code: string): error is ApiError {
  return error instanceof ApiError && error.code === code
}

/** `dead` once the link is good no more, `silent` says why nobody knows whether it is. */
export function useSetUp(token: string) {
  const { t } = i18n.global
  const account = shallowRef<SetupView | null>(null)
  const dead = ref(false)
  const silent = ref('')
  const { busy, trouble, submit } = useSubmit(told)

  function told(error: unknown): string {
    // what the page says of the link was true when it was opened: the security manager may have released it anew since
    if (coded(error, 'not_released')) void look()
    const left = coded(error, 'wrong_release_code') ? Number(error.detail['left']) : null
    if (coded(error, 'not_found') || left === 0) dead.value = true
    if (dead.value) return ''
    return left === null ? sentence(error) : t('setUp.left', { count: left })
  }

  /** Asks how the link stands now. */
  async function look(): Promise<void> {
    try {
      account.value = await post<SetupView>('/set-up/look', { token })
      silent.value = ''
      if (account.value.released && trouble.value === t('setUp.notYet')) trouble.value = ''
    } catch (error) {
      if (coded(error, 'not_found')) dead.value = true
      else silent.value = sentence(error)
    }
  }

  /** Sets the password, if nothing is `missing`, and says where its owner goes next; null if it was not set. */
  async function take(password: string, code: string, missing: () => string): Promise<'home' | 'sign-in' | null> {
    if (account.value?.released === false) await look()
    if (account.value === null || dead.value) return null
    const { login } = account.value
    if (!(await submit(() => post('/set-up', { token, password, code }), missing()))) return null
    try {
      await signIn(login, password)
      return 'home'
    } catch (error) {
      // whoever still has a second factor signs in with its code, as always
      if (!(error instanceof ApiError)) throw error
      return 'sign-in'
    }
  }

  return { account, dead, silent, busy, trouble, look, take }
}
