/** Inquiries of citizens: lists, the whole of one, and the steps of its way. */

import { get, post } from './client'
import type { Named, Page } from './types'

export type InquiryState = 'taken' | 'identified' | 'consented' | 'appointed' | 'viewed' | 'answered' | 'refused' | 'withdrawn'
export type InquiryMove = 'identify' | 'consent' | 'decline' | 'appoint' | 'show' | 'answer' | 'refuse' | 'withdraw'
export const ASKERS = ['person', 'kin', 'guardian'] as const
export const IDENTITY_DOCUMENTS = ['id_card', 'passport', 'residence_permit', 'driving_licence', 'other'] as const
export const RELATION_PROOFS = ['household_register', 'marriage_certificate', 'birth_certificate', 'guardianship', 'other'] as const

export interface InquirySummary {
  id: string
  number: string
  state: InquiryState
  asker: (typeof ASKERS)[number]
  name: string
  owner_id: string
  owner_name_zh: string
  owner_name_en: string
  taken_at: string
  due_at: string
  ended_at: string | null
  overdue: boolean
  waits_for_me: boolean
}

export interface InquiryStep {
  at: string
  move: InquiryMove | 'take' | 'erase'
  to_state: InquiryState
  operator_name: string
  organisation_name_zh: string
  organisation_name_en: string
  why: string
  detail: {
    document?: string
    relation?: string
    when?: string
    cameras?: string[]
    since?: string
    until?: string
    supervisor_name?: string
  }
}

export interface Inquiry extends InquirySummary {
  contact: string
  place: string
  why: string
  since: string
  until: string
  kept_until: string | null
  cameras: (Named & { id: string })[]
  taken_by_name: string
  appointed_at: string | null
  appointed_place: string
  reply: string
  erased_at: string | null
  version: number
  moves: { move: InquiryMove; needs_why: boolean }[]
  may_erase: boolean
  steps: InquiryStep[]
}

/** The route that makes a move. */
export const ROUTES: Record<InquiryMove, string> = {
  identify: 'identity',
  consent: 'consent',
  decline: 'consent',
  appoint: 'appointment',
  show: 'viewing',
  answer: 'reply',
  refuse: 'refusal',
  withdraw: 'withdrawal',
}

const of = (id: string): string => `/inquiries/${encodeURIComponent(id)}`

export async function readInquiry(id: string): Promise<Inquiry> {
  return get<Inquiry>(of(id))
}

export async function takeInquiry(wish: Record<string, unknown>): Promise<Inquiry> {
  return post<Inquiry>('/inquiries', wish)
}

export async function moveInquiry(id: string, move: InquiryMove, body: Record<string, unknown>): Promise<Inquiry> {
  return post<Inquiry>(`${of(id)}/${ROUTES[move]}`, body)
}

export async function eraseInquiry(id: string, reason: string): Promise<Inquiry> {
  return post<Inquiry>(`${of(id)}/erasure`, { reason })
}

export async function readStaff(id: string): Promise<{ id: string; name: string }[]> {
  return (await get<Page<{ id: string; name: string }>>(`${of(id)}/staff`)).items
}
