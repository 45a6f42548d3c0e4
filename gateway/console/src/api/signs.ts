/** The register of signs beside cameras: figures, rows, and recording what was found. */

import { address, get, put, upload } from './client'
import type { Named } from './types'

export type SignStanding = 'missing' | 'overdue' | 'current'
export const SIGN_STANDINGS: readonly SignStanding[] = ['missing', 'overdue', 'current']
export type SignState = 'up' | 'damaged' | 'gone'
export const SIGN_STATES: readonly SignState[] = ['up', 'damaged', 'gone']

export interface CameraSign extends Named {
  camera_id: string
  owner_id: string
  owner_name_zh: string
  owner_name_en: string
  standing: SignStanding
  state: SignState | null
  put_up: string | null
  checked: string | null
  due: string | null
  place: string | null
  photo_id: string | null
  recorded_by_name: string | null
  recorded_at: string | null
  version: number
}

export interface SignFigure extends Named {
  id: string
  cameras: number
  with_sign: number
  missing: number
  overdue: number
  percent: number | null
}

export interface SignFigures {
  total: SignFigure
  owners: SignFigure[]
}

export interface SignWish {
  version: number
  put_up: string
  checked: string
  place: string
  state: SignState
  photo_id: string | null
}

const of = (camera: string): string => `/cameras/${encodeURIComponent(camera)}`

export async function readFigures(): Promise<SignFigures> {
  return get<SignFigures>('/signs/figures')
}

export async function readSign(camera: string): Promise<CameraSign> {
  return get<CameraSign>(`${of(camera)}/sign`)
}

export async function recordSign(camera: string, wish: SignWish): Promise<CameraSign> {
  return put<CameraSign>(`${of(camera)}/sign`, wish)
}

/** Puts the photo into the camera's file; returns the document's id. */
export async function addPhoto(camera: string, file: File): Promise<string> {
  const form = new FormData()
  form.set('kind', 'sign')
  form.set('file', file)
  return (await upload<{ id: string }>(`${of(camera)}/documents`, form)).id
}

/** The picture; the query makes a new photo a new address. */
export function photoAddress(sign: CameraSign): string {
  return address(`${of(sign.camera_id)}/sign/photo`, { photo: sign.photo_id })
}

export function signSheetAddress(owner: string, standing: SignStanding | '', language: string): string {
  return address('/signs/sheet', { owner, standing, language: language.startsWith('zh') ? 'zh' : 'en' })
}
