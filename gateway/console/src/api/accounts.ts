/** Accounts, their owners' second factors, and running sessions. */

import type { Organisation, OperatorBrief } from './types'

export interface SecondFactor {
  enrolled: boolean
  demanded: boolean
  /** Since when codes come from a phone; null without one. */
  confirmed_at: string | null
  codes_left: number
  passkeys: number
}

export interface Passkey {
  id: string
  name: string
  created_at: string
  used_at: string | null
  /** Where it was made, which it is bound to, and whether that is the address of this page. */
  host: string
  here: boolean
}

/** What the browser is to ask of a passkey: options as JSON, and under which id the answer is expected. */
export interface Ceremony {
  id: string
  options: {
    challenge: string
    user: { id: string }
    excludeCredentials?: { id: string }[]
    allowCredentials?: { id: string }[]
  }
}

export interface PasskeyAnswer {
  ceremony: string
  credential: Record<string, unknown>
}

/** What enrolling a passkey answers; the codes come with the first second factor and are shown this once. */
export interface EnrolledKey {
  passkey: Passkey
  codes: string[]
}

/** What an account is to become once the security manager releases it. */
export interface WaitingChange {
  id: string
  roles: string[]
  organisation_id: string
  asked_at: string
  /** Whether an account that is over holds again then, on these dates. */
  opens: boolean
  valid_from: string | null
  valid_until: string | null
  pledged_at: string | null
  trained_at: string | null
}

export interface Footing {
  valid_from: string | null
  valid_until: string | null
  contract: string
  pledged_at: string | null
  trained_at: string | null
  lapses_at: string
  lapses_by: string
  lapsed: string | null
  second_factor: boolean
  has_password: boolean
  directory: boolean
  setup_until: string | null
  /** The id of the link that waits, by which it is released. */
  link: string | null
  /** Of the link that waits: whether the security manager must release it yet, or has. */
  release: 'needed' | 'given' | null
  change: WaitingChange | null
  last_sign_in: string | null
}

export interface Account extends OperatorBrief {
  footing: Footing | null
}

export interface Handover {
  token: string
  expires_at: string
}

/** Who can release what was made, by name. */
export interface ReleaseNeeded {
  by: string[]
}

/** What making or resetting an account answers; the link is shown this once. */
export interface Kept {
  operator: Account
  setup: Handover | null
  release: ReleaseNeeded | null
}

/** What releasing a link answers; the code is shown this once. */
export interface Released {
  code: string
  expires_at: string
}

/** A secret that a dialog shows this once, and what to do with it. */
export interface ShownOnce {
  secret: string
  hint: string
}

export interface RunningSession {
  id: string
  operator_id: string
  login: string
  name: string
  organisation_id: string
  created_at: string
  last_seen_at: string
  expires_at: string
  remote: string
  user_agent: string
  locked: boolean
  current: boolean
}

export interface Proposal {
  secret: string
  address: string
  qr: string
}

export interface SetupView {
  login: string
  name: string
  organisation: Organisation
  expires_at: string
  second_factor: boolean
  code_needed: boolean
  released: boolean
}
