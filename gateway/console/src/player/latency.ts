/** Keeps a live picture near its live end: what to do about a playhead, from numbers alone. */

export interface Reach {
  /** Seconds of media time: the playhead and the ends of what is buffered in one piece up to now. */
  at: number
  start: number
  end: number
  rate: number
  /** Where the newest keyframe begins, if one is known. */
  key: number | null
}

export interface Steering {
  /** Jump here, or stay. */
  seek: number | null
  rate: number
}

/** Seconds kept between the playhead and the newest picture, so that a late packet is not a stall. */
export const CUSHION = 0.35
const HURRY = 0.7
const JUMP = 1.1
const FAR = 2.5
/** A jump decodes everything since the last keyframe: more than this many seconds of it costs more than it gains. */
const CHEAP = 0.7
const KEEP_BEHIND = 8
const TRIM_AT = 16

/**
 * Beyond HURRY the playhead plays a little faster; beyond JUMP it jumps, but only where the jump is cheap: a busy
 * machine that decoded two seconds for every jump would never catch up. The next keyframe is always cheap.
 */
export function steer(reach: Reach): Steering {
  const { at, start, end, key } = reach
  const behind = end - at
  if (at < start - 0.05 || behind < -0.5) return { seek: key !== null && key > start ? key : start, rate: 1 }
  if (behind > JUMP && key !== null && key > at + 0.3) {
    const target = Math.max(key, end - CUSHION)
    if (target - key <= CHEAP) return { seek: target, rate: 1 }
    if (behind > FAR) return { seek: key, rate: 1 }
  }
  if (behind > FAR) return { seek: null, rate: 1.5 }
  if (behind > HURRY) return { seek: null, rate: 1.15 }
  if (behind > CUSHION + 0.1 && reach.rate > 1) return { seek: null, rate: reach.rate }
  return { seek: null, rate: 1 }
}

/** The end of what may be forgotten, or null while there is little to forget. */
export function forgettable(at: number, start: number): number | null {
  return at - start > TRIM_AT ? at - KEEP_BEHIND : null
}
