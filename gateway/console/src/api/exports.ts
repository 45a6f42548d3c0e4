/** Exports: copies of evidence asked for, decided about, fetched and released. */

export interface Region {
  x: number
  y: number
  width: number
  height: number
  cover: 'fill' | 'pixels'
}

export interface ExportCamera {
  id: string
  name_zh: string
  name_en: string
}

export interface ExportPart {
  id: string
  owner_id: string
  owner_name_zh: string
  owner_name_en: string
  state: 'waiting' | 'approved' | 'refused'
  cameras: ExportCamera[]
  reason: string
  decided_at: string | null
  decided_by_name: string | null
  decided_for_name: string
  /** For whom the reader may decide as a deputy; "" for none. */
  stands_in_for: string
  may_decide: boolean
}

export interface ExportItem {
  event_id: string
  kind: 'still' | 'clip'
  camera_id: string
  at: string
  bytes: number
  regions: Region[] | null
}

export interface ExportRequest {
  id: string
  variant: 'evidence' | 'public'
  state: 'requested' | 'approved' | 'refused' | 'withdrawn' | 'lapsed' | 'packed' | 'fetched' | 'expired'
  asker_name: string
  organisation_name_zh: string
  organisation_name_en: string
  span_from: string
  span_to: string
  reason: string
  receiver: string
  letter: string
  ticket_id: string | null
  created_at: string
  expires_at: string | null
  bytes: number
  sha256: string
  problem: string
  mine: boolean
  passphrase_waits: boolean
  held_back: string
  signed_by: string[]
  may_draw: boolean
  may_sign: boolean
  parts: ExportPart[]
  items: ExportItem[]
  steps: { at: string; kind: string; operator_name: string }[]
}
