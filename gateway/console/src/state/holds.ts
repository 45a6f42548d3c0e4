/** How a legal hold is spoken of. */

import type { LegalHold } from '../api/holds'
import { i18n, wordFor } from '../words'
import { moment } from '../words/times'

/** The word for where it stands: one that ran out, or that nobody approved in time, says so. */
export function holdState(hold: LegalHold): string {
  if (hold.stage === 'ended' && hold.state === 'held') return wordFor('holds.states', 'over')
  if (hold.state === 'asked' && !hold.protects) return wordFor('holds.states', 'lapsed')
  return wordFor('holds.states', hold.state)
}

export function holdTone(hold: LegalHold): string {
  if (hold.stage === 'standing') return 'ok'
  return hold.stage === 'asked' && hold.protects ? 'warn' : ''
}

/** The span of a camera in words. */
export function holdSpan(hold: LegalHold): string {
  const { t } = i18n.global
  if (hold.since === null && hold.until === null) return t('holds.anySpan')
  if (hold.until === null) return t('holds.from', { time: moment(hold.since) })
  return hold.since === null ? t('holds.to', { time: moment(hold.until) }) : `${moment(hold.since)} – ${moment(hold.until)}`
}

/** What somebody asks of a hold that stands, in words; "" for nothing. */
export function holdWish(hold: LegalHold): string {
  if (hold.wish === '') return ''
  return i18n.global.t(`holds.wishes.${hold.wish}`, { time: moment(hold.wish_ends_at) })
}

/** The question that approving or refusing asks. */
export function holdQuestion(hold: LegalHold, approve: boolean): string {
  const about = hold.wish === 'extend' ? 'Extend' : hold.wish === 'lift' ? 'Lift' : 'Ask'
  return i18n.global.t(`holds.${approve ? 'approve' : 'refuse'}${about}`, { time: moment(hold.wish_ends_at ?? hold.ends_at) })
}
