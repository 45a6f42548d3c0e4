/** Passkeys: where the browser has any to offer, and what they say, as the gateway reads it. */

import type { Ceremony, PasskeyAnswer } from '../api/accounts'
import { ApiError, post } from '../api/client'
import { sentence, wordFor } from '../words'

/** Why a browser neither makes nor uses a passkey here. */
export type Obstacle = 'address' | 'plain' | 'browser'

/** The browser gave no answer: the person gave up, or it is the wrong place or the wrong key. */
export class PasskeyError extends Error {
  constructor(readonly why: 'given_up' | 'elsewhere' | 'known' | 'failed') {
    super(why)
  }
}

const NUMBER = /^(\d{1,3}(\.\d{1,3}){3}|\[.*\])$/

/** What stands in the way of passkeys on this page, null if nothing does. */
export function obstacle(): Obstacle | null {
  if (NUMBER.test(location.hostname)) return 'address'
  if (!isSecureContext) return 'plain'
  return 'PublicKeyCredential' in window ? null : 'browser'
}

/** What went wrong with a passkey, as one calm sentence. */
export function keySentence(error: unknown): string {
  if (error instanceof PasskeyError) return wordFor('passkeys.trouble', error.why)
  const why = error instanceof ApiError && error.code === 'conflict' ? String(error.detail['why'] ?? '') : ''
  const own = [wordFor('passkeys.trouble', why), wordFor('passkeys.obstacle', why)].find((word) => word !== why)
  return own ?? sentence(error)
}

/** Has an authenticator make a passkey. */
export async function makeKey(ceremony: Ceremony): Promise<PasskeyAnswer> {
  const { options } = ceremony
  const made = await asked(() =>
    navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: decoded(options.challenge),
        user: { ...options.user, id: decoded(options.user.id) },
        excludeCredentials: (options.excludeCredentials ?? []).map(described),
      } as PublicKeyCredentialCreationOptions,
    }),
  )
  const response = made.response as AuthenticatorAttestationResponse
  return answered(ceremony, made, {
    attestationObject: encoded(response.attestationObject),
    transports: typeof response.getTransports === 'function' ? response.getTransports() : [],
  })
}

/** Has one of the person's passkeys sign. */
export async function useKey(ceremony: Ceremony): Promise<PasskeyAnswer> {
  const { options } = ceremony
  const used = await asked(() =>
    navigator.credentials.get({
      publicKey: {
        ...options,
        challenge: decoded(options.challenge),
        allowCredentials: (options.allowCredentials ?? []).map(described),
      } as PublicKeyCredentialRequestOptions,
    }),
  )
  const response = used.response as AuthenticatorAssertionResponse
  return answered(ceremony, used, {
    authenticatorData: encoded(response.authenticatorData),
    signature: encoded(response.signature),
    userHandle: response.userHandle === null ? null : encoded(response.userHandle),
  })
}

/** The same for whoever has signed in already: the gateway is asked for a challenge first. */
export async function answerByKey(): Promise<PasskeyAnswer> {
  return useKey(await post<Ceremony>('/session/passkeys/challenge'))
}

const WHY: Readonly<Record<string, PasskeyError['why']>> = {
  NotAllowedError: 'given_up',
  AbortError: 'given_up',
  SecurityError: 'elsewhere',
  InvalidStateError: 'known',
}

async function asked(run: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  const found = await run().catch((error: unknown) => {
    throw new PasskeyError((error instanceof DOMException && WHY[error.name]) || 'failed')
  })
  if (found === null) throw new PasskeyError('failed')
  return found as PublicKeyCredential
}

function answered(ceremony: Ceremony, from: PublicKeyCredential, said: Record<string, unknown>): PasskeyAnswer {
  const response = { clientDataJSON: encoded(from.response.clientDataJSON), ...said }
  return { ceremony: ceremony.id, credential: { id: from.id, rawId: encoded(from.rawId), type: from.type, response } }
}

function described(one: { id: string }): object {
  return { ...one, id: decoded(one.id) }
}

/** Base64url without padding. */
export function encoded(bytes: ArrayBuffer): string {
  const text = String.fromCharCode(...new Uint8Array(bytes))
  return btoa(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

/** The bytes behind base64url. */
export function decoded(text: string): ArrayBuffer {
  const plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'))
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0)).buffer
}
