/** Emergencies that run now, for the banner that everybody sees, and how one is told in words. */

import { ref } from 'vue'
import { get } from '../api/client'
import type { Emergency } from '../api/requests'
import type { Page } from '../api/types'
import { i18n, inList, nameIn } from '../words'

export const running = ref<readonly Emergency[]>([])

/** Asks what runs; a failure leaves what was known. */
export async function refreshRunning(): Promise<void> {
  try {
    running.value = (await get<Page<Emergency>>('/emergencies/running')).items
  } catch {
    // The next bell asks again.
  }
}

export function emergencyScope(one: Emergency): string {
  if (one.scope_kind === 'all') return i18n.global.t('emergencies.all')
  return nameIn(one, 'scope')
}

export function emergencyTone(one: Emergency): string {
  return one.state === 'running' ? 'bad' : one.state === 'proposed' ? 'warn' : ''
}

/** The organisations and roles that may watch, the first few by name. */
export function emergencyWhom(one: Emergency, most = 4): string {
  const names = one.widened.map((row) => {
    const home = nameIn(row, 'organisation')
    const role = row.role === null ? '' : i18n.global.t(`role.${row.role}`)
    return [home, role].filter((word) => word !== '').join(' ')
  })
  return inList(names.slice(0, most)) + (names.length > most ? ' …' : '')
}

/** Roles that an emergency can be given to; managers see no video, and systems come with tokens. */
export const WIDENED_ROLES = ['district_operator', 'shift_leader', 'township_operator', 'department_staff', 'vendor'] as const

/** Whom a proposal names: organisations and roles beside one another, or only these roles' people of these organisations. */
export function widenedTo(organisations: readonly string[], roles: readonly string[], within: boolean): { organisation_id: string; role: string | null }[] {
  if (within && organisations.length > 0 && roles.length > 0) return organisations.flatMap((id) => roles.map((role) => ({ organisation_id: id, role })))
  return [...organisations.map((id) => ({ organisation_id: id, role: null })), ...roles.map((role) => ({ organisation_id: '', role }))]
}
