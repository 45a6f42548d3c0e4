/** Areas of the map: outlines that grants and emergencies can point at. Corners are longitude and latitude, WGS-84. */

import { get, post, remove } from './client'
import type { Named, Page } from './types'

export type Corner = [longitude: number, latitude: number]

export interface Area extends Named {
  id: string
  owner_id: string
  polygon: Corner[]
  /** How many cameras stand in it, of those that the reader may know. */
  size: number
}

export async function readAreas(): Promise<Area[]> {
  return (await get<Page<Area>>('/areas')).items
}

export async function drawArea(nameZh: string, nameEn: string, polygon: Corner[]): Promise<Area> {
  return post<Area>('/areas', { name_zh: nameZh, name_en: nameEn, polygon })
}

export async function removeArea(id: string): Promise<void> {
  await remove(`/areas/${encodeURIComponent(id)}`)
}
