/** The password that is asked for only once the gateway wants to know again who is sitting there. */

import { ref } from 'vue'
import { ApiError } from '../api/client'
import { i18n, sentence } from '../words'

/** `told` puts an error into words for the form: the first wrong password brings up the field for it. */
export function usePassword(say: (error: unknown) => string = sentence) {
  const password = ref('')
  const asksPassword = ref(false)

  function told(error: unknown): string {
    if (!(error instanceof ApiError) || error.code !== 'wrong_password' || asksPassword.value) return say(error)
    asksPassword.value = true
    return i18n.global.t('factor.passwordHint')
  }

  return { password, asksPassword, told }
}
