/** Filing with the authority: units, their cameras, and marking them as filed. */

import { address, get, post } from './client'
import type { Named, Page } from './types'

export type FilingStanding = 'due' | 'overdue' | 'changed' | 'filed'
export const STANDINGS: readonly FilingStanding[] = ['overdue', 'changed', 'due', 'filed']

export interface FilingUnit extends Named, Record<FilingStanding, number> {
  id: string
  cameras: number
  next_due: string | null
}

export interface FilingRow extends Named {
  id: string
  gb_id: string
  management_unit: string
  contact_info: string
  site_name: string
  latitude: number
  longitude: number
  datum: string
  kind: string
  record_save_days: number
  in_use: string
  due: string
  days_left: number
  standing: FilingStanding
  /** Fields that are others than what was filed. */
  changed: string[]
  filing_no: string
  filed_at: string
  version: number
}

export async function readUnits(): Promise<FilingUnit[]> {
  return (await get<Page<FilingUnit>>('/filing/units')).items
}

export async function readFiling(owner: string, state: FilingStanding | ''): Promise<FilingRow[]> {
  return (await get<Page<FilingRow>>('/filing/cameras', { owner, state: state || null })).items
}

export function sheetAddress(owner: string, format: 'csv' | 'html', language: string): string {
  return address('/filing/sheet', { owner, format, language: language.startsWith('zh') ? 'zh' : 'en' })
}

export async function markFiled(camera: string, version: number, filing_no: string, filed_at: string): Promise<void> {
  await post(`/cameras/${encodeURIComponent(camera)}/filing`, { version, filing_no, filed_at })
}
