/** Days that somebody picks as the span of a question. */

import { DAY_MS } from '../words/times'

export type Days = [Date, Date]

/** From the first day's beginning to the last one's end. */
export function spanOf(days: Days | null): { since?: string; until?: string } {
  if (days === null) return {}
  return { since: days[0].toISOString(), until: new Date(days[1].getTime() + DAY_MS).toISOString() }
}

/** Whether a day is over; for what can only be arranged from today on. */
export function isPast(day: Date): boolean {
  return day.getTime() < Date.now() - DAY_MS
}
