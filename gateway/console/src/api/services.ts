/** Service accounts: departments' systems and their tokens. */

import type { ReleaseNeeded } from './accounts'

export interface ServiceToken {
  id: string
  label: string
  scopes: string[]
  purpose: string | null
  created_at: string
  expires_at: string
  last_seen_at: string
  remote: string
  /** Until the security manager has released it. */
  waits: boolean
}

export interface ServiceAccount {
  id: string
  login: string
  name: string
  organisation_id: string
  disabled: boolean
  created_at: string
  tokens: ServiceToken[]
}

/** A new token; of one that opens pictures, its first half and who releases it. */
export interface IssuedToken {
  token: string
  view: ServiceToken
  release: ReleaseNeeded | null
}

/** What a token may be issued for; the gateway refuses anything beyond. */
export const SERVICE_SCOPES = ['directory', 'list', 'view_live', 'snapshot', 'playback', 'restream', 'see_events', 'handle_tickets'] as const
