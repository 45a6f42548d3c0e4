/** How a request is told in words: its scope, its time, and the colour of its states. */

import type { AccessRequest, PartState, Standing } from '../api/requests'
import { i18n, inList, nameIn } from '../words'
import { moment } from '../words/times'
import { organisationName, townshipName } from './catalogue'

export const ASKABLE = ['view_live', 'snapshot', 'playback', 'ptz', 'see_events', 'export'] as const
export const CONDITIONS = ['masked_only', 'sub_only', 'watermark'] as const

/** "3 cameras", "500 m round a point", or the name of a township, owner or kind. */
export function scopeText(request: AccessRequest): string {
  const { t } = i18n.global
  const { kind, ids, centre, radius_m: radius } = request.scope
  if (kind === 'cameras') return t('requests.cameras', { count: ids.length })
  if (kind === 'place' && centre !== null)
    return t('requests.placeAt', { latitude: centre[1].toFixed(4), longitude: centre[0].toFixed(4), radius: Math.round(radius) })
  const one = ids[0] ?? ''
  if (kind === 'township') return townshipName(one)
  if (kind === 'owner') return organisationName(one)
  if (kind === 'kind') return t(`cameraKind.${one}`)
  return t(`requests.scopeKind.${kind}`)
}

export function spanText(terms: { not_before: string; not_after: string }): string {
  return `${moment(terms.not_before)} – ${moment(terms.not_after)}`
}

export function hoursText(hours: { days: string[]; windows: string[] } | null): string {
  return hours === null ? '' : inList(hours.windows)
}

export function askedBy(request: AccessRequest): string {
  return nameIn(request, 'organisation')
}

export function stateTone(state: PartState): string {
  if (state === 'approved' || state === 'narrowed') return 'ok'
  if (state === 'waiting') return 'warn'
  return state === 'refused' || state === 'revoked' ? 'bad' : ''
}

export function standingTone(standing: Standing): string {
  return standing === 'open' ? 'warn' : standing === 'answered' ? 'ok' : ''
}
