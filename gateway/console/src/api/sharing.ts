/** Sharing: who may see what, and what a change would change. */

import type { AccessDecision, Grant } from './types'

export interface SeenCamera {
  id: string
  name_zh: string
  name_en: string
  owner_id: string
  owner_name_zh: string
  owner_name_en: string
  decisions: AccessDecision[]
}

export interface PersonSight {
  operator_id: string
  name: string
  organisation_id: string
  grants: Grant[]
  total: number
  cameras: SeenCamera[]
  next: string | null
}

export interface Heading {
  id: string
  name_zh: string
  name_en: string
}

export interface Cell {
  row: string
  column: string
  actions: string[]
  denied: string[]
  whole: boolean
  grants: string[]
}

export interface Matrix {
  rows: Heading[]
  columns: Heading[]
  cells: Cell[]
  grants: Grant[]
  left_out: boolean
}

export interface Touched {
  operator_id: string
  name: string
  organisation_id: string
  gained: Record<string, number>
  lost: Record<string, number>
  cameras: string[]
}

export interface Change {
  people: Touched[]
  already: number
  cameras: Heading[]
  larger: boolean
}

export interface CameraSet extends Heading {
  size: number
}
