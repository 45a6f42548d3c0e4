/** Requests for access, delegations and emergencies. Field names are the wire's own. */

import type { Named } from './types'

export type ScopeKind = 'cameras' | 'place' | 'township' | 'area' | 'owner' | 'kind'
export type PartState = 'waiting' | 'approved' | 'narrowed' | 'refused' | 'withdrawn' | 'lapsed' | 'returned' | 'revoked' | 'ended'
export type Standing = 'open' | 'answered' | 'no_answer' | 'withdrawn'

export interface Hours {
  days: string[]
  windows: string[]
  offset_minutes: number
}

export interface Terms {
  actions: string[]
  purposes: string[]
  not_before: string
  not_after: string
  hours: Hours | null
  conditions: string[]
}

export interface PartCamera extends Named {
  id: string
  latitude: number | null
  longitude: number | null
  grant_id: string | null
  revoked_at: string | null
}

export interface RequestPart {
  id: string
  owner_id: string
  owner_name_zh: string
  owner_name_en: string
  state: PartState
  running: boolean
  cameras: PartCamera[]
  asked_count: number
  given_count: number
  terms: Terms | null
  reason: string
  decided_at: string | null
  decided_by_name: string
  decided_for_name: string
  version: number
  may_decide: boolean
  stands_in_for: string
  may_return: boolean
}

export interface RequestLine {
  at: string
  kind: string
  operator_name: string
  for_name: string
  from_owner: boolean
  part_id: string | null
  text: string
}

export interface AccessRequest {
  id: string
  asker_id: string
  asker_name: string
  organisation_id: string
  organisation_name_zh: string
  organisation_name_en: string
  for_person: boolean
  scope: { kind: ScopeKind; ids: string[]; centre: [number, number] | null; radius_m: number; outline: [number, number][] }
  terms: Terms
  reason: string
  letter: string
  ticket_id: string | null
  extends: string | null
  created_at: string
  decide_by: string
  standing: Standing
  asking: boolean
  may_withdraw: boolean
  parts: RequestPart[]
  lines: RequestLine[]
}

export interface Delegation {
  id: string
  principal_id: string
  principal_name: string
  deputy_id: string
  deputy_name: string
  not_before: string
  not_after: string
  reason: string
  active: boolean
  may_end: boolean
}

export type EmergencyState = 'proposed' | 'running' | 'refused' | 'lapsed' | 'ended'

export interface Emergency {
  id: string
  name: string
  reason: string
  state: EmergencyState
  scope_kind: 'all' | 'located_in' | 'area'
  scope_id: string
  scope_name_zh: string
  scope_name_en: string
  widened: { organisation_id: string; organisation_name_zh: string; organisation_name_en: string; role: string | null }[]
  actions: string[]
  hours: number
  proposed_by_name: string
  proposed_at: string
  open_until: string
  began_at: string | null
  ends_at: string | null
  ended_at: string | null
  renewals: number
  may_approve: boolean
  may_renew: boolean
  may_end: boolean
  steps: { at: string; kind: string; operator_name: string; until: string | null; text: string }[]
}

export interface EmergencyCount extends Named {
  id: string
  looks: number
  cameras: number
  seconds: number
}

export interface EmergencyReport {
  emergency: Emergency
  looks: number
  people: number
  by_owner: EmergencyCount[]
  by_organisation: EmergencyCount[]
  by_hour: { at: string; looks: number }[]
  lines: {
    at: string
    until: string | null
    operator_name: string
    organisation_name_zh: string
    organisation_name_en: string
    camera_id: string
    camera_name_zh: string
    camera_name_en: string
    owner_id: string
    action: string
    purpose: string
  }[]
}
