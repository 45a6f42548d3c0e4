/** How the states of an inquiry are coloured. */

import type { InquiryState } from '../api/inquiries'

const TONES: Partial<Record<InquiryState, string>> = { answered: 'ok', refused: 'bad', withdrawn: '', identified: 'warn' }

export function inquiryTone(state: InquiryState): string {
  return TONES[state] ?? 'accent'
}
