/** Asking about one camera that may have gone out of sight meanwhile. */

import { get } from './client'
import type { CameraSummary, Page } from './types'

/**
 * The camera as a list shows it, or null when it is not there for us (any more). Asked as a search, because an empty
 * list is an answer while a 404 is an error in every browser's console.
 */
export async function findCamera(id: string): Promise<CameraSummary | null> {
  const page = await get<Page<CameraSummary>>('/cameras', { q: id, limit: 20 })
  return page.items.find((row) => row.id === id) ?? null
}
