/** What the gateway says over REST and its message socket. Field names are the wire's own. */

import type { SecondFactor } from './accounts'

export interface Named {
  name_zh: string
  name_en: string
}

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface Organisation extends Named {
  id: string
  kind: 'district' | 'department' | 'township' | 'community'
  parent_id: string | null
  township_code: string | null
  sample?: boolean
}

export interface OperatorBrief {
  id: string
  login: string
  name: string
  organisation_id: string
  roles: string[]
  language: string
  disabled_at?: string | null
}

export interface Session {
  operator: OperatorBrief
  organisation: Organisation
  actions: string[]
  purpose: string | null
  expires_at: string
  sample: boolean
  /** What keeps the session from everything else: locked controls, or a second factor to set up first. */
  hold: 'locked' | 'second_factor' | null
  idle_minutes: number
  second_factor: SecondFactor
}

export interface Purpose extends Named {
  code: string
}

export interface Category extends Named {
  code: string
  major: string
  major_zh: string
  major_en: string
  clock: string
  amount: number
  from_video?: boolean
  /** A device fault: made by the gateway, never chosen by people. */
  maintenance?: boolean
}

export interface TicketStateRow extends Named {
  state: string
  ended: boolean
  paused: boolean
}

export type CameraState = 'unknown' | 'connecting' | 'online' | 'offline' | 'refused' | 'faulty' | 'disabled'

export interface CameraSummary extends Named {
  id: string
  gb_id: string
  kind: string
  owner_id: string
  owner_name_zh: string
  owner_name_en: string
  township_code: string
  site_id: string
  recorder_id: string | null
  channel: number | null
  latitude: number
  longitude: number
  datum: string
  lifecycle: string | null
  /** Where it is on the map, whatever datum its file is in. */
  wgs84_latitude: number
  wgs84_longitude: number
  state: CameraState
  state_reason: string
  state_since: string | null
  purposes: string[]
  actions: string[]
  sample: boolean
}

export interface StreamRow {
  kind: 'main' | 'sub'
  path: string
  transport: string
}

export interface StatusFigures {
  codec?: string
  width?: number | null
  height?: number | null
  fps?: number | null
  kbps?: number | null
  shed?: string
  /** Seconds that the device's clock is ahead of the gateway's. */
  clock_offset?: number | null
}

export interface CameraFile extends CameraSummary {
  version: number
  streams?: StreamRow[]
  status?: StatusFigures | null
  maintainer_id?: string
  scheme?: string
  host?: string
  rtsp_port?: number
  onvif_port?: number | null
  enabled?: boolean
  [field: string]: unknown
}

export interface TreeCamera extends Named {
  id: string
  state: CameraState
}

export interface TreeGroup extends Named {
  id: string
  online: number
  total: number
  cameras: TreeCamera[]
}

/** A ring of [longitude, latitude] pairs, a list of rings, or a GeoJSON geometry. */
export type Polygon = number[][] | number[][][] | { type: string; coordinates: number[][][] | number[][][][] }

export interface MapTownship extends Named {
  code: string
  polygon: Polygon
  online: number
  total: number
}

export interface MapCamera extends TreeCamera {
  latitude: number
  longitude: number
  kind: string
}

export interface DistrictMap {
  townships: MapTownship[]
  cameras: MapCamera[]
}

export interface GridRow {
  code: string
  township_code: string
  name: string
  polygon: Polygon
}

export interface OwnerFigure extends Named {
  id: string
  total: number
  online: number
  rate: number
}

export interface Figures {
  cameras: { total: number; online: number; faulty: number; refused: number; offline: number }
  by_owner: OwnerFigure[]
  candidates_open: number
  tickets_open: number
  tickets_overdue: number
  viewers: number
  decode: { budget_cores: number; used_cores: number; shed: { full: number; reduced: number; keyframes: number } } | null
}

export interface Candidate {
  id: string
  event_id: string
  camera_id: string
  camera_name_zh: string
  camera_name_en: string
  township_code: string
  kind: string
  /** Of the device, not of the street. */
  fault?: boolean
  rule_id: string
  /** Empty when the rule has no name, or is no longer in the rules. */
  rule_name_zh: string
  rule_name_en: string
  state: 'open' | 'confirmed' | 'dismissed' | 'expired'
  created_at: string
  opened_at: string
  last_at: string
  measure: number
  threshold: number
  why: Record<string, number | string>
  box: number[]
  still: string | null
  clip: string | null
  still_missing: string | null
  clip_missing: string | null
  version: number
  decided_by?: string | null
  decided_at?: string | null
  decision_reason?: string | null
  category?: string | null
  ticket_id?: string | null
}

export interface TicketMove {
  seq: number
  at: string
  actor_id: string
  actor_name?: string | null
  organisation_id: string
  receiver_name?: string | null
  operation: string
  from_state: string
  to_state: string
  why: string
  receiver_id: string | null
  seconds_used: number
  overdue: boolean
}

export interface TicketPhoto {
  id: string
  url?: string
  uploaded_by_name?: string
  media_type: string
  uploaded_by: string
  created_at: string
}

export interface AllowedMove {
  to: string
  needs_why: boolean
  operation?: string
  needs_handler?: boolean
}

export interface Ticket {
  id: string
  number: string
  kind: string
  state: string
  candidate_id: string | null
  event_id: string | null
  camera_id: string | null
  camera_name_zh?: string | null
  camera_name_en?: string | null
  category: string
  category_name_zh?: string
  category_name_en?: string
  title: string
  note: string
  township_code: string
  grid_code: string | null
  latitude: number
  longitude: number
  wgs84_latitude: number
  wgs84_longitude: number
  handler_id: string | null
  handler_name_zh?: string | null
  handler_name_en?: string | null
  receiver_id: string | null
  receiver_name?: string | null
  created_by_name?: string
  suggested_handler_id?: string | null
  suggested_receiver_id?: string | null
  urgent: boolean
  rework_count: number
  created_by: string
  created_at: string
  deadline_at: string
  closed_at: string | null
  overdue?: boolean
  version: number
  moves?: TicketMove[]
  photos?: TicketPhoto[]
  allowed_moves?: AllowedMove[]
}

export interface Hours {
  days: string[]
  windows: string[]
  offset_minutes: number
}

export interface Grant {
  id: string
  number: number
  grantee_within?: string
  includes_below?: boolean
  target_below?: boolean
  hours?: Hours | null
  conditions?: string[]
  giver_name_zh?: string
  giver_name_en?: string
  effect: 'allow' | 'deny'
  grantee_kind: 'organisation' | 'role' | 'operator' | 'service_account'
  grantee_id: string
  target_kind: string
  target_id: string
  actions: string[]
  purposes: string[] | null
  not_before: string
  not_after: string | null
  granted_by: string
  reason: string
  policy?: string
  created_at: string
  revoked_at: string | null
  revoke_reason?: string | null
  grantee_name_zh?: string
  grantee_name_en?: string
  target_name_zh?: string
  target_name_en?: string
  granted_by_name?: string
  active?: boolean
  may_revoke?: boolean
}

export interface AccessDecision {
  operator_id: string
  operator_name: string
  organisation_id: string
  organisation_name_zh: string
  organisation_name_en: string
  action: string
  allowed: boolean
  grant_id: string | null
  grant_number: number | null
  others: number[]
  conditions: string[]
  until: string | null
  reason: string
  reason_zh: string
}

export interface ViewRecord {
  id: string
  operator_id: string
  operator_name?: string | null
  organisation_id: string
  camera_id: string
  camera_name_zh?: string | null
  camera_name_en?: string | null
  action: string
  stream: string
  transport: string
  purpose: string
  reason: string
  started_at: string
  ended_at: string | null
  bytes: number
  result: string
  wall_id: string | null
  spans: number
}

export interface AuditEntry {
  chain: string
  seq: number
  at: string
  actor_id: string
  actor_name?: string | null
  action: string
  object_kind: string
  object_id: string
  detail?: Record<string, unknown>
  typed?: Record<string, TypedText>
  hash?: string
}

/** What somebody typed; without text it was erased by law. */
export interface TypedText {
  id: string
  text: string | null
  erased_at: string | null
}

export interface ProbeChannel {
  name: string
  main: string
  sub: string | null
  width?: number | null
  height?: number | null
  codec?: string | null
  /** Where the streams are fetched, if the device said. */
  port?: number | null
  /** The host that the device names for its streams, if it is another than the one asked. */
  named_host?: string | null
  /** Its place among the device's channels, from 1. */
  number: number
}

export interface AddedRecorder {
  id: string
  cameras: (Named & { id: string; channel: number })[]
}

export interface Probe {
  manufacturer: string
  model: string
  channels: ProbeChannel[]
}

export interface LoadOutcome {
  problems: { row: number | string; column: string; message: string; cell: string; value: string; noun: string }[]
  added: number
  changed: number
  /** New cameras that stay drafts, because their file lacks what the law asks for. */
  drafts: number
}
