/** Where a grant stands, from its own fields. */

import type { Grant } from '../api/types'

export type GrantState = 'active' | 'revoked' | 'expired' | 'pending'

export function grantState(grant: Grant, now: number): GrantState {
  if (grant.revoked_at !== null && Date.parse(grant.revoked_at) <= now) return 'revoked'
  if (grant.not_after !== null && Date.parse(grant.not_after) <= now) return 'expired'
  if (Date.parse(grant.not_before) > now + 2_000) return 'pending'
  return 'active'
}
