/** Codes that the gateway knows and people choose from. */

export const CAMERA_KINDS = [
  'junction',
  'road',
  'square',
  'market',
  'school_gate',
  'hospital_gate',
  'water',
  'construction',
  'refuse',
  'station',
  'overview',
] as const

export const CAMERA_STATES = ['online', 'faulty', 'offline', 'refused', 'connecting', 'unknown', 'disabled'] as const

export const ROLES = [
  'district_operator',
  'shift_leader',
  'township_operator',
  'department_staff',
  'grid_member',
  'system_manager',
  'security_manager',
  'audit_manager',
] as const
