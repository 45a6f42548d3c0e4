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

/** Where a camera may stand; the gateway knows further types, in which none may. */
export const PLACE_TYPES = [
  'public_road',
  'square',
  'market',
  'school_gate',
  'hospital_gate',
  'waterway',
  'construction_edge',
  'refuse_station',
  'station',
  'public_hall',
  'compound',
  'other_public',
] as const

export const DATUMS = ['WGS-84', 'CGCS2000', 'GCJ-02'] as const

export const LIFECYCLES = ['draft', 'live', 'suspended', 'decommissioned'] as const

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
  'vendor',
] as const
