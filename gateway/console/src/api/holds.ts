/** Legal holds and receipts of deletions. */

import { get, post } from './client'

export type HoldStage = 'asked' | 'standing' | 'ended'

export const HOLD_STAGES: readonly HoldStage[] = ['asked', 'standing', 'ended']

export interface LegalHold {
  id: string
  camera_id: string
  camera_name_zh: string
  camera_name_en: string
  event_id: string | null
  since: string | null
  until: string | null
  reason: string
  letter: string
  state: 'asked' | 'held' | 'refused' | 'lifted'
  stage: HoldStage
  /** Whether it keeps anything from being deleted now. */
  protects: boolean
  requested_by_name: string
  requested_at: string
  decided_by_name: string
  decided_at: string | null
  ends_at: string
  /** What somebody asks of a hold that stands. */
  wish: '' | 'extend' | 'lift'
  wish_ends_at: string | null
  wish_reason: string
  wish_by_name: string
  may_decide: boolean
  may_wish: boolean
}

/** What is to be kept: one camera with a span, one event, or one ticket. */
export interface HoldSubject {
  camera?: string
  event?: string
  ticket?: string
  /** How people call it. */
  name?: string
}

export interface DeletionReceipt {
  id: string
  at: string
  what: string
  object_id: string
  camera_id: string
  camera_name_zh: string
  camera_name_en: string
  sha256: string
  bytes: number
  rule: 'time' | 'quota'
  by: string
}

function address(id: string): string {
  return `/legal-holds/${encodeURIComponent(id)}`
}

export async function readHold(id: string): Promise<LegalHold> {
  return get<LegalHold>(address(id))
}

export async function decideHold(id: string, approve: boolean): Promise<LegalHold> {
  return post<LegalHold>(`${address(id)}/decision`, { approve })
}

export async function askLater(id: string, endsAt: Date, reason: string): Promise<LegalHold> {
  return post<LegalHold>(`${address(id)}/extension`, { ends_at: endsAt.toISOString(), reason })
}

export async function askLifting(id: string, reason: string): Promise<LegalHold> {
  return post<LegalHold>(`${address(id)}/lifting`, { reason })
}
