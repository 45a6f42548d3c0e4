/** Names of operators, as far as the signed-in one may know them. */

import { shallowRef } from 'vue'
import type { OperatorBrief } from '../api/types'
import { wordFor } from '../words'
import { everything } from './paging'

const people = shallowRef(new Map<string, OperatorBrief>())

export async function loadPeople(): Promise<OperatorBrief[]> {
  const rows = await everything<OperatorBrief>('/operators')
  people.value = new Map(rows.map((row) => [row.id, row]))
  return rows
}

export function personName(id: string | null | undefined): string {
  if (!id) return ''
  const itself = wordFor('actor', id)
  if (itself !== id) return itself
  return people.value.get(id)?.name ?? id.slice(0, 8)
}
