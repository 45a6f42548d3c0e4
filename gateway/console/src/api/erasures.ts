/** Typed texts that the law makes the audit forget. */

import { get, post } from './client'

/** Where a text stands: never the text nor who typed it. */
export interface TextRecord {
  id: string
  chain: string
  seq: number
  field: string
  action: string
  at: string
  erased_at: string | null
  /** Whether its line is as it was written and the lines beside it follow on. */
  holds: boolean
}

export interface Erasure {
  text_id: string
  chain: string
  seq: number
  field: string
  at: string
  by_name: string
  reason: string | null
}

function address(id: string): string {
  return `/audit/texts/${encodeURIComponent(id)}`
}

export async function findText(id: string): Promise<TextRecord> {
  return get<TextRecord>(address(id))
}

export async function eraseText(id: string, reason: string): Promise<void> {
  await post(`${address(id)}/erasure`, { reason })
}
