/** The yearly review whether a camera is still needed. */

import { get, post } from './client'
import type { Page } from './types'

/** A camera whose need is to be reviewed, or (`needed` false) that is not needed and still in service. */
export interface NeedDue {
  camera_id: string
  name_zh: string
  name_en: string
  owner_id: string
  since: string
  reviewed: boolean
  needed: boolean | null
  note: string
  may_review: boolean
}

export interface NeedReview {
  id: string
  at: string
  by_name: string
  needed: boolean
  note: string
}

export async function needsDue(): Promise<NeedDue[]> {
  return (await get<Page<NeedDue>>('/oversight/needs')).items
}

export async function needReviews(camera: string): Promise<NeedReview[]> {
  return (await get<Page<NeedReview>>(`/cameras/${encodeURIComponent(camera)}/need-reviews`)).items
}

export async function reviewNeed(camera: string, needed: boolean, note: string): Promise<void> {
  await post(`/cameras/${encodeURIComponent(camera)}/need-review`, { needed, note })
}
