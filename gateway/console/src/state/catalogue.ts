/** Slow-changing lists that many pages name things with, each asked for once per session. */

import { ref, shallowRef } from 'vue'
import { get } from '../api/client'
import type { Category, Organisation, Page, Purpose, TicketStateRow } from '../api/types'
import { nameOf } from '../words'

export const organisations = shallowRef<Organisation[]>([])
export const purposes = shallowRef<Purpose[]>([])
export const categories = shallowRef<Category[]>([])
export const ticketStates = shallowRef<TicketStateRow[]>([])
const loaded = ref(false)

/** A list whether it came bare or as a page. */
export function itemsOf<T>(answer: T[] | Page<T> | { items: T[] }): T[] {
  return Array.isArray(answer) ? answer : (answer.items ?? [])
}

export async function loadPurposes(): Promise<void> {
  if (purposes.value.length === 0) purposes.value = itemsOf(await get<Purpose[] | Page<Purpose>>('/purposes'))
}

export async function loadCatalogue(): Promise<void> {
  if (loaded.value) return
  const [organisationRows, categoryRows, states] = await Promise.all([
    get<Organisation[] | Page<Organisation>>('/organisations'),
    get<Category[] | Page<Category>>('/categories'),
    get<TicketStateRow[] | Page<TicketStateRow>>('/ticket-states'),
    loadPurposes(),
  ])
  organisations.value = itemsOf(organisationRows)
  categories.value = itemsOf(categoryRows)
  ticketStates.value = itemsOf(states)
  loaded.value = true
}

export function forgetCatalogue(): void {
  loaded.value = false
  organisations.value = []
}

export function organisationName(id: string | null | undefined): string {
  const found = organisations.value.find((row) => row.id === id)
  return found ? nameOf(found) : (id ?? '')
}

export function townshipName(code: string | null | undefined): string {
  const found = organisations.value.find((row) => row.township_code === code)
  return found ? nameOf(found) : (code ?? '')
}

export function townships(): Organisation[] {
  return organisations.value.filter((row) => row.township_code !== null)
}

export function purposeName(code: string | null | undefined): string {
  const found = purposes.value.find((row) => row.code === code)
  return found ? nameOf(found) : (code ?? '')
}

export function categoryName(code: string | null | undefined): string {
  const found = categories.value.find((row) => row.code === code)
  return found ? nameOf(found) : (code ?? '')
}

export function stateName(code: string): string {
  const found = ticketStates.value.find((row) => row.state === code)
  const name = found ? nameOf(found) : code
  return name.charAt(0).toUpperCase() + name.slice(1)
}
