/** The audit's state and oversight: what the audit manager asks the gateway for. */

export interface AuditRoot {
  number: number
  day: string | null
  at: string
  digest: string
  key: string
  algorithm: string
  chains: Record<string, number>
}

export interface AuditFinding {
  message: string
  chain: string
  seq: number
}

export interface AuditCheck {
  id: string
  at: string
  checked_by: string
  lines: number
  roots: number
  seconds: number
  findings: AuditFinding[]
}

export interface AuditState {
  root: AuditRoot | null
  check: AuditCheck | null
  verifying: boolean
}

export interface Alert {
  id: string
  kind: string
  operator_id: string
  organisation_id: string
  at: string
  since: string
  until: string
  figure: number
  acknowledged_at: string | null
  acknowledged_by: string | null
  note: string
}

export interface UnusedGrant {
  id: string
  number: number | null
  grantee_kind: string
  grantee_id: string
  target_kind: string
  target_id: string
  given_at: string
  not_after: string | null
  last_used_at: string | null
  requested: boolean
}
