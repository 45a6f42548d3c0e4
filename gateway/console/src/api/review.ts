/** The quarterly look through every account. */

import { get } from './client'
import type { Page } from './types'

export const REMARKS = ['disabled', 'lapsed', 'lapsing', 'never_used', 'unused', 'no_second_factor', 'vendor'] as const

export interface AccountReview {
  id: string
  login: string
  name: string
  organisation_id: string
  roles: string[]
  contract: string
  created_at: string
  last_sign_in: string | null
  lapses_at: string
  lapses_by: string
  remarks: (typeof REMARKS)[number][]
}

export async function readReview(): Promise<AccountReview[]> {
  return (await get<Page<AccountReview>>('/operators/review')).items
}
