/** Says in words why a rule fired. */

import type { Candidate } from '../api/types'
import { i18n, wordFor } from './index'

/** A number with as many digits as it deserves. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size >= 100 || Number.isInteger(value)) return value.toFixed(0)
  return size >= 1 ? value.toFixed(2) : value.toPrecision(2)
}

export function whySentence(candidate: Candidate): string {
  const { t } = i18n.global
  const figures = { measure: number(candidate.measure), threshold: number(candidate.threshold) }
  const key = candidate.measure >= candidate.threshold ? 'candidates.whyAbove' : 'candidates.whyBelow'
  return t(key, figures)
}

/** The remaining figures, with names where they have one. */
export function whyFigures(candidate: Candidate): { name: string; value: string }[] {
  return Object.entries(candidate.why ?? {})
    .filter(([key]) => key !== 'measure' && key !== 'threshold')
    .map(([key, value]) => ({
      name: wordFor('figure', key),
      value: typeof value === 'number' ? number(value) : wordFor('figure', String(value)),
    }))
}
