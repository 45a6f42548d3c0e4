/** How the states of an inquiry are coloured, and its refusals said. */

import { ApiError } from '../api/client'
import type { InquiryState } from '../api/inquiries'
import { sentence, wordFor } from '../words'

const TONES: Partial<Record<InquiryState, string>> = { answered: 'ok', refused: 'bad', withdrawn: '', identified: 'warn' }

export function inquiryTone(state: InquiryState): string {
  return TONES[state] ?? 'accent'
}

/** The gateway names the field that is wrong; the sentence about it is the page's own. */
export function inquiryTrouble(error: unknown): string {
  const field = error instanceof ApiError && error.code === 'invalid' ? String(error.detail['field'] ?? '') : ''
  const own = wordFor('inquiries.wrong', field)
  return own === field ? sentence(error) : own
}
