/** Camera files that are on the screen now, each fetched once and again when the gateway says that it changed. */

import { reactive } from 'vue'
import { findCamera } from '../api/cameras'
import { ApiError } from '../api/client'
import type { CameraSummary } from '../api/types'
import { gathering } from './gathering'

interface Entry {
  users: number
  file: CameraSummary | null
  refresh: () => void
}

const entries = reactive(new Map<string, Entry>())

async function load(id: string): Promise<void> {
  const entry = entries.get(id)
  if (entry === undefined) return
  try {
    entry.file = await findCamera(id)
  } catch (error) {
    // What is shown stays until the gateway can be asked again.
    if (!(error instanceof ApiError)) throw error
  }
}

/** Begins to keep a camera's file; pair with `release`. */
export function hold(id: string): void {
  const entry = entries.get(id)
  if (entry !== undefined) {
    entry.users += 1
    return
  }
  entries.set(id, { users: 1, file: null, refresh: gathering(() => void load(id), 2_000) })
  entries.get(id)?.refresh()
}

export function release(id: string): void {
  const entry = entries.get(id)
  if (entry === undefined) return
  entry.users -= 1
  if (entry.users <= 0) entries.delete(id)
}

export function fileOf(id: string): CameraSummary | null {
  return entries.get(id)?.file ?? null
}

/** Asks again for those that are held; no ids means all of them. */
export function stale(ids: readonly string[]): void {
  for (const [id, entry] of entries) if (ids.length === 0 || ids.includes(id)) entry.refresh()
}
