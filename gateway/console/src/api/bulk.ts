/** Changing many cameras at once, and the groups they are put into. */

import { get, post } from './client'
import type { Named, Page } from './types'
import { nameOf } from '../words'

export interface Group extends Named {
  id: string
  tags: string[]
  size: number
}

export interface BulkItem extends Named {
  id: string
  version: number
  changes: { field: string; old: unknown; new: unknown }[]
  refused: string | null
  field: string | null
}

export interface Preview {
  items: BulkItem[]
  changed: number
  unchanged: number
  refused: number
}

export type Changes = Record<string, unknown>

export async function readGroups(): Promise<Group[]> {
  return (await get<Page<Group>>('/camera-groups')).items
}

/** A group's name with its tags. */
export function groupLabel(group: Group): string {
  return [nameOf(group), ...group.tags.map((tag) => `#${tag}`)].join(' ')
}

export async function makeGroup(name: string, tags: string[]): Promise<Group> {
  return post<Group>('/camera-groups', { name_zh: name, tags })
}

export async function previewBulk(ids: string[] | null, filter: object, changes: Changes): Promise<Preview> {
  return post<Preview>('/cameras/bulk/preview', ids === null ? { filter, changes } : { ids, changes })
}

export async function applyBulk(items: BulkItem[], changes: Changes): Promise<number> {
  const body = { items: items.map(({ id, version }) => ({ id, version })), changes }
  return (await post<{ changed: number }>('/cameras/bulk', body)).changed
}
