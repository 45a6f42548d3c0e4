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

/** Kinds whose measure is a share of the picture. */
const SHARES = new Set(['motion', 'black', 'covered', 'scene_moved'])

function share(value: number): string {
  const percent = value * 100
  return `${percent >= 10 ? percent.toFixed(0) : Number(percent.toPrecision(2))} %`
}

/** What was measured against which threshold, in the terms of the kind. */
export function whySentence(candidate: Candidate): string {
  const { t, te } = i18n.global
  const own = `why.${candidate.kind}`
  if (te(own, 'zh-CN')) {
    const told = SHARES.has(candidate.kind) ? share : number
    return t(own, { measure: told(candidate.measure), threshold: told(candidate.threshold) })
  }
  const figures = { measure: number(candidate.measure), threshold: number(candidate.threshold) }
  const key = candidate.measure >= candidate.threshold ? 'candidates.whyAbove' : 'candidates.whyBelow'
  return t(key, figures)
}

function reason(said: string): string {
  const word = wordFor('whyReason', said.replaceAll(' ', '_'))
  return word.includes('_') ? said : word
}

/** The remaining figures, with names where they have one. */
export function whyFigures(candidate: Candidate): { name: string; value: string }[] {
  return Object.entries(candidate.why ?? {})
    .filter(([key]) => key !== 'measure' && key !== 'threshold')
    .map(([key, value]) => ({
      name: wordFor('figure', key),
      value: typeof value === 'number' ? number(value) : reason(value),
    }))
}
