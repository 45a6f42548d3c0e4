/** Who is signed in, kept once for the whole page. */

import { computed, ref } from 'vue'
import type { PasskeyAnswer } from '../api/accounts'
import { ApiError, get, patch, post, remove } from '../api/client'
import type { Session } from '../api/types'
import { i18n, type Language, setLanguage } from '../words'

export const session = ref<Session | null>(null)

/** Only a hint, so that a page opened without a session does not have to ask and be refused. */
const HINT = 'signed-in'

/** Whoever comes back from an identity provider is signed in already, which only the address says. */
if (location.search === '?entered') {
  localStorage.setItem(HINT, '1')
  history.replaceState(null, '', location.pathname + location.hash)
}

/** The purpose that every shift begins with. */
export const SHIFT_PURPOSE = 'PS-ORDER'

/** Asks the gateway who we are; false when nobody is signed in. */
export async function resume(): Promise<boolean> {
  if (session.value !== null) return true
  if (localStorage.getItem(HINT) === null) return false
  try {
    adopt(await get<Session | null>('/session'))
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) forget()
    else throw error
  }
  return session.value !== null
}

/** Begins a session; `passkey` is what one answered in place of a code. */
export async function signIn(login: string, password: string, code = '', passkey: PasskeyAnswer | null = null): Promise<void> {
  adopt(await post<Session>('/session', { login, password, code: code === '' ? null : code, passkey }))
  const language = i18n.global.locale.value
  if (session.value !== null && session.value.operator.language !== language) await rememberLanguage(language)
}

/** Begins a session by the release code, as whom the identity provider just named; where they wanted to go. */
export async function enterByCode(code: string): Promise<string> {
  const { to } = await post<{ to: string }>('/session/single-sign-on/enter', { code })
  adopt(await get<Session>('/session'))
  return to
}

/** Gives the identity that the provider just named to whoever is signed in. */
export async function linkIdentity(): Promise<void> {
  await post('/session/single-sign-on/link')
}

/** Asks the gateway anew what the session is and may do. */
export async function refreshSession(): Promise<void> {
  session.value = await get<Session>('/session')
}

export async function signOut(): Promise<void> {
  try {
    await remove('/session')
  } finally {
    forget()
  }
}

/** Watches for another purpose from now on; one that is not the shift's own needs a reason or a ticket. */
export async function changePurpose(purpose: string, ground: { reason?: string; ticket?: string } = {}): Promise<void> {
  session.value = await patch<Session>('/session', { purpose, ...ground })
}

/** Switches the language here and for the operator's next sign-in. */
export async function chooseLanguage(language: Language): Promise<void> {
  setLanguage(language)
  if (session.value !== null) await rememberLanguage(language)
}

async function rememberLanguage(language: Language): Promise<void> {
  const changed = await patch<Session>('/session', { language }).catch(() => null)
  if (changed !== null && session.value !== null) session.value = changed
}

export function forget(): void {
  session.value = null
  localStorage.removeItem(HINT)
}

function adopt(found: Session | null): void {
  session.value = found
  if (found === null) localStorage.removeItem(HINT)
  else localStorage.setItem(HINT, '1')
}

/** Whether the operator may do the action with anything at all. */
export function may(action: string): boolean {
  return session.value?.actions.includes(action) ?? false
}

export function acts(...roles: string[]): boolean {
  return session.value?.operator.roles.some((role) => roles.includes(role)) ?? false
}

export const isManager = computed(() => acts('system_manager', 'security_manager', 'audit_manager'))
