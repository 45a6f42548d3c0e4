/** What the live socket says, read strictly: anything else is ignored. */

import type { EndCode } from './machine'

export interface StartWord {
  type: 'start'
  mime: string
  generation: number
  view_id: string
  width: number
  height: number
}

export interface EndWord {
  type: 'end'
  code: EndCode
  message: string
}

const CODES: readonly EndCode[] = [
  'revoked',
  'expired',
  'signed_out',
  'not_found',
  'out_of_service',
  'unavailable',
  'unplayable',
  'refused',
  'overloaded',
  'locked',
]

/** A known end code for the gateway's word; unknown words count as an interruption that may pass. */
export function endCode(word: unknown): EndCode {
  return CODES.find((code) => code === word) ?? 'unavailable'
}

/** The word in a text frame, or null. */
export function word(text: string): StartWord | EndWord | null {
  let said: unknown
  try {
    said = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof said !== 'object' || said === null) return null
  const fields = said as Record<string, unknown>
  if (fields['type'] === 'start' && typeof fields['mime'] === 'string') {
    return {
      type: 'start',
      mime: fields['mime'],
      generation: Number(fields['generation'] ?? 0),
      view_id: String(fields['view_id'] ?? ''),
      width: Number(fields['width'] ?? 0),
      height: Number(fields['height'] ?? 0),
    }
  }
  if (fields['type'] === 'end') {
    return { type: 'end', code: endCode(fields['code']), message: String(fields['message'] ?? '') }
  }
  return null
}
