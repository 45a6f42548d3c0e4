/** The values of a camera's fields as people read them. */

import { organisationName, purposeName, townshipName } from '../state/catalogue'
import { i18n, inList, wordFor } from './index'
import { moment } from './times'

const HEADINGS: Record<string, string> = { kind: 'cameraKind', place_type: 'placeType', lifecycle: 'lifecycle', regime: 'regime', sign_state: 'signs.state', retention_class: 'retentionClass' }

export function fieldValue(field: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return '–'
  if (field === 'owner_id' || field === 'maintainer_id' || field === 'organisation_id') return organisationName(String(value))
  if (field === 'township_code') return townshipName(String(value))
  if (field === 'purposes') return inList((value as string[]).map(purposeName))
  if (field === 'works_until') return moment(String(value))
  if (typeof value === 'boolean') return i18n.global.t(value ? 'common.yes' : 'common.no')
  if (Array.isArray(value)) return inList(value.map(String))
  const heading = HEADINGS[field]
  return heading ? wordFor(heading, String(value)) : String(value)
}
