/** What a line of the audit says beside who did what to which thing, as people read it. */

import { organisationName, purposeName } from '../state/catalogue'
import { i18n, inList, wordFor } from './index'
import { moment } from './times'

export interface Detail {
  word: string
  text: string
}

/** Under which heading the codes of a field have their words. */
const HEADINGS: Record<string, string> = {
  actions: 'action',
  scopes: 'action',
  roles: 'role',
  roles_before: 'role',
  before: 'lifecycle',
  after: 'lifecycle',
  why: 'accounts.why',
}
const ORGANISATIONS = new Set(['owner', 'organisation'])
const PURPOSES = new Set(['purpose', 'purposes'])
const FIELDS = new Set(['field', 'fields'])
/** Fields whose value is a heading and an id, "camera:TZ-001-001". */
const POINTERS: Record<string, string> = { grantee: 'granteeKind', target: 'targetKind', scope: 'targetKind' }
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/

function pointed(heading: string, value: string): string {
  const at = value.indexOf(':')
  if (at < 0) return wordFor(heading, value)
  const id = value.slice(at + 1)
  return `${wordFor(heading, value.slice(0, at))} ${heading === 'granteeKind' ? organisationName(id) || id : id}`.trim()
}

function one(key: string, value: unknown): string {
  if (typeof value === 'boolean') return i18n.global.t(value ? 'common.yes' : 'common.no')
  if (typeof value === 'object') return JSON.stringify(value)
  const text = String(value)
  if (MOMENT.test(text)) return moment(text)
  if (ORGANISATIONS.has(key)) return organisationName(text) || text
  if (PURPOSES.has(key)) return purposeName(text) || text
  if (FIELDS.has(key)) return wordFor('field', text)
  const pointer = POINTERS[key]
  if (pointer !== undefined) return pointed(pointer, text)
  const heading = HEADINGS[key]
  return heading === undefined ? text : wordFor(heading, text)
}

/** Every field that says something, in words; empty ones are left out. */
export function detailsOf(detail: Record<string, unknown> | null | undefined): Detail[] {
  return Object.entries(detail ?? {})
    .filter(([, value]) => value !== null && value !== '' && !(Array.isArray(value) && value.length === 0))
    .map(([key, value]) => ({
      word: wordFor('auditDetail', key),
      text: Array.isArray(value) ? inList(value.map((single) => one(key, single))) : one(key, value),
    }))
}
