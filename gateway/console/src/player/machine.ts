/** The life of one live view as a pure table of moves: no sockets, no video element, no clock of its own. */

export type EndCode =
  | 'revoked'
  | 'expired'
  | 'signed_out'
  | 'not_found'
  | 'out_of_service'
  | 'unavailable'
  | 'unplayable'
  | 'refused'
  | 'overloaded'
  /** The console is locked: nothing new is opened before it is unlocked. */
  | 'locked'
  | 'lost'

export type Phase =
  | 'stopped'
  | 'connecting'
  | 'playing'
  /** The connection stands but no picture arrives. */
  | 'silent'
  /** Will connect again at `retryAt`, or once the console is unlocked. */
  | 'waiting'
  /** Put away while the page is hidden; comes back with it. */
  | 'paused'
  /** Over for good until a person asks again. */
  | 'ended'

export interface Status {
  phase: Phase
  code: EndCode | null
  message: string
  /** Tries since the last picture. */
  attempt: number
  /** Milliseconds of the caller's clock. */
  retryAt: number | null
  /** Whether a picture was ever shown: a 404 after that is a permission taken back. */
  seen: boolean
}

export type Input =
  | { type: 'play' }
  | { type: 'retry' }
  | { type: 'picture' }
  | { type: 'silence' }
  | { type: 'end'; code: EndCode; message: string }
  | { type: 'unlock' }
  | { type: 'hide' }
  | { type: 'show' }
  | { type: 'stop' }

export const STOPPED: Status = { phase: 'stopped', code: null, message: '', attempt: 0, retryAt: null, seen: false }

const FINAL: ReadonlySet<EndCode> = new Set<EndCode>(['revoked', 'expired', 'signed_out', 'not_found', 'out_of_service', 'unplayable'])

/** Milliseconds before the next try: doubles up to a ceiling; slow for devices that refuse, or they lock the account. */
export function pause(code: EndCode, attempt: number, spread: number): number {
  const first = code === 'refused' ? 30_000 : code === 'overloaded' ? 3_000 : 500
  const ceiling = code === 'refused' ? 120_000 : 15_000
  return Math.min(ceiling, first * 2 ** Math.min(attempt, 8)) * (0.8 + 0.4 * spread)
}

/**
 * The status after an input. `now` is in milliseconds; `spread` (0..1) keeps many tiles from trying at the same moment.
 */
export function advance(status: Status, input: Input, now: number, spread = 0.5): Status {
  switch (input.type) {
    case 'play':
      return { ...STOPPED, phase: 'connecting' }
    case 'stop':
      return STOPPED
    case 'retry':
      if (status.phase !== 'waiting') return status
      return { ...status, phase: 'connecting', retryAt: null }
    case 'unlock':
      if (status.phase !== 'waiting' || status.code !== 'locked') return status
      return { ...status, phase: 'connecting', code: 'lost', attempt: 0 }
    case 'picture':
      if (status.phase !== 'connecting' && status.phase !== 'silent' && status.phase !== 'playing') return status
      if (status.phase === 'playing') return status
      return { phase: 'playing', code: null, message: '', attempt: 0, retryAt: null, seen: true }
    case 'silence':
      if (status.phase !== 'playing') return status
      return { ...status, phase: 'silent' }
    case 'hide':
      if (status.phase === 'stopped' || status.phase === 'ended') return status
      return { ...status, phase: 'paused', retryAt: null }
    case 'show':
      if (status.phase !== 'paused') return status
      return { ...status, phase: 'connecting', attempt: 0 }
    case 'end':
      return ended(status, input.code, input.message, now, spread)
  }
}

function ended(status: Status, code: EndCode, message: string, now: number, spread: number): Status {
  if (status.phase === 'stopped' || status.phase === 'ended' || status.phase === 'paused') return status
  const told = code === 'not_found' && status.seen ? 'revoked' : code
  if (FINAL.has(told)) return { ...status, phase: 'ended', code: told, message, retryAt: null }
  if (told === 'locked') return { ...status, phase: 'waiting', code: told, message: '', retryAt: null }
  const wait = pause(told, status.attempt, spread)
  return { ...status, phase: 'waiting', code: told, message, attempt: status.attempt + 1, retryAt: now + wait }
}

/** The one word that a tile shows and tests read. */
export type Shown =
  | 'stopped'
  | 'connecting'
  | 'playing'
  | 'no_signal'
  | 'refused'
  | 'forbidden'
  | 'revoked'
  | 'expired'
  | 'signed_out'
  | 'not_found'
  | 'out_of_service'
  | 'unplayable'
  | 'overloaded'
  | 'unavailable'
  | 'reconnecting'
  | 'paused'

/**
 * What a status looks like to a person. `device` is what the catalogue says of the camera: a refusal is the device's
 * only if the catalogue says so too, and a stream that cannot be had has a better word when the device refuses us.
 */
export function shown(status: Status, device = ''): Shown {
  switch (status.phase) {
    case 'stopped':
    case 'playing':
    case 'paused':
      return status.phase
    case 'silent':
      return 'no_signal'
    case 'connecting':
    case 'waiting':
    case 'ended':
      if (status.code === null && status.phase === 'connecting' && device === 'refused') return 'refused'
      if (status.code === null) return status.phase === 'ended' ? 'unavailable' : 'connecting'
      if (status.code === 'refused') return device === 'refused' ? 'refused' : 'forbidden'
      if (status.code === 'unavailable' && device === 'refused') return 'refused'
      return status.code === 'lost' || status.code === 'locked' ? 'reconnecting' : status.code
  }
}
