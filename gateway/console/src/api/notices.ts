/** Notices: what the signed-in operator was told. */

export interface Notice {
  id: string
  at: string
  kind: string
  object_kind: string
  object_id: string
  detail: Record<string, string | number | boolean | null>
  seen_at: string | null
}
