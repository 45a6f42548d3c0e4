/** Camera files that are on the screen now, each fetched once and again when the gateway says that it changed. */

import { reactive } from 'vue'
import { ApiError, get } from '../api/client'
import type { CameraFile } from '../api/types'
import { gathering } from './gathering'

interface Entry {
  users: number
  file: CameraFile | null
  missing: boolean
  refresh: () => void
}

const entries = reactive(new Map<string, Entry>())

async function load(id: string): Promise<void> {
  const entry = entries.get(id)
  if (entry === undefined) return
  try {
    entry.file = await get<CameraFile>(`/cameras/${encodeURIComponent(id)}`)
    entry.missing = false
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    entry.missing = error.status === 404
    if (entry.missing) entry.file = null
  }
}

/** Begins to keep a camera's file; pair with `release`. */
export function hold(id: string): void {
  const entry = entries.get(id)
  if (entry !== undefined) {
    entry.users += 1
    return
  }
  entries.set(id, { users: 1, file: null, missing: false, refresh: gathering(() => void load(id), 2_000) })
  entries.get(id)?.refresh()
}

export function release(id: string): void {
  const entry = entries.get(id)
  if (entry === undefined) return
  entry.users -= 1
  if (entry.users <= 0) entries.delete(id)
}

export function fileOf(id: string): CameraFile | null {
  return entries.get(id)?.file ?? null
}

/** Asks again for those that are held; no ids means all of them. */
export function stale(ids: readonly string[]): void {
  for (const [id, entry] of entries) if (ids.length === 0 || ids.includes(id)) entry.refresh()
}
