/** Times and durations as people read them. */

import { i18n } from './index'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

function pad(value: number): string {
  return String(value).padStart(2, '0')
}

/** "11-23 20:15:03", with the year when it is not this one. */
export function moment(iso: string | null | undefined, withSeconds = false): string {
  if (!iso) return ''
  const at = new Date(iso)
  const year = at.getFullYear() === new Date().getFullYear() ? '' : `${at.getFullYear()}-`
  const clock = `${pad(at.getHours())}:${pad(at.getMinutes())}${withSeconds ? `:${pad(at.getSeconds())}` : ''}`
  return `${year}${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${clock}`
}

export function clock(at: Date): string {
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`
}

/** A length of time in its two largest units. */
export function duration(seconds: number): string {
  const { t } = i18n.global
  const whole = Math.max(0, Math.round(seconds))
  const days = Math.floor(whole / 86_400)
  const hours = Math.floor((whole % 86_400) / 3_600)
  const minutes = Math.floor((whole % 3_600) / 60)
  if (days > 0) return t('time.daysHours', { days, hours })
  if (hours > 0) return t('time.hoursMinutes', { hours, minutes })
  if (minutes > 0) return t('time.minutes', { minutes })
  return t('time.seconds', { seconds: whole })
}

/** How long ago, in words. */
export function ago(iso: string, now: number): string {
  const seconds = (now - Date.parse(iso)) / 1000
  return seconds < 5 ? i18n.global.t('time.justNow') : i18n.global.t('time.ago', { length: duration(seconds) })
}

/** "2026-11-23" in the reader's own time zone. */
export function day(iso: string | null | undefined): string {
  if (!iso) return ''
  const at = new Date(iso)
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`
}

/** A device's clock that is this far from the gateway's tells a wrong time of events (domain practice: 1 to 2 s). */
export const WRONG_CLOCK_SECONDS = 2

/** How a device's clock goes, by how many seconds it is ahead; nothing while it has not told its time. */
export function clockWords(offset: number | null | undefined): string {
  if (offset === null || offset === undefined) return ''
  const { t } = i18n.global
  if (Math.abs(offset) < WRONG_CLOCK_SECONDS) return t('camera.clockRight')
  return t(offset > 0 ? 'camera.clockFast' : 'camera.clockSlow', { length: duration(Math.abs(offset)) })
}
