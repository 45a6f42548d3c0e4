/** The catalogue in daily use: rates, the history of files, a camera's life and documents. */

import { get } from './client'
import type { CameraState, Named, Page } from './types'

export interface Rate {
  numerator: number
  denominator: number
  /** Null over nothing. */
  value: number | null
}

export interface RatesRow extends Named {
  id: string
  cameras: number
  instant: Rate
  timed: Rate
  picture: Rate
  overall: Rate
}

export interface Today {
  at: string
  since: string
  by: RateGroup
  total: RatesRow
  groups: RatesRow[]
}

export interface DayRates {
  day: string
  cameras: number
  timed: Rate
  picture: Rate
  overall: Rate
}

export interface Health {
  since: string
  stretches: { state: CameraState; began_at: string; ended_at: string | null }[]
  days: DayRates[]
  today: DayRates
}

export interface FileChange {
  id: number
  at: string
  actor_id: string
  actor_name: string | null
  source: 'api' | 'bulk' | 'load' | 'system'
  field: string
  old: unknown
  new: unknown
}

export interface CameraDocument {
  id: string
  kind: string
  name: string
  media_type: string
  bytes: number
  sha256: string
  uploaded_by_name: string | null
  created_at: string
  withdrawn_at: string | null
}

export type RateGroup = 'owner' | 'kind' | 'township'

export async function readRates(by: RateGroup): Promise<Today> {
  return get<Today>('/rates', { by })
}

export async function readTrend(only: Partial<Record<RateGroup, string>>): Promise<DayRates[]> {
  return (await get<Page<DayRates>>('/rates/trend', only)).items
}

/** "98.3%", or the word for nothing to count. */
export function percent(rate: Rate, nothing: string): string {
  if (rate.value === null) return nothing
  const value = rate.value * 100
  return `${value === 100 || value === 0 ? value.toFixed(0) : value.toFixed(1)}%`
}
