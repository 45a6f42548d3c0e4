/** Signing out from within the console: whatever was known is forgotten. */

import { useRouter } from 'vue-router'
import { forgetCatalogue } from './catalogue'
import { forgetLock } from './idle'
import { forgetInbox } from './inbox'
import { hush } from './messages'
import { attempt } from './notices'
import { signOut } from './session'

export function useLeaving(): () => Promise<void> {
  const router = useRouter()
  return async () => {
    hush()
    await attempt(signOut)
    forgetCatalogue()
    forgetInbox()
    forgetLock()
    await router.push({ name: 'sign-in' })
  }
}
