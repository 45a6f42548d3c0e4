/** Keeps a live picture near its live end: what to do about a playhead, from numbers alone. */

export interface Reach {
  /** Seconds of media time: the playhead and the ends of what is buffered. */
  at: number
  start: number
  end: number
  rate: number
}

export interface Steering {
  /** Jump here, or stay. */
  seek: number | null
  rate: number
}

/** Seconds kept between the playhead and the newest picture, so that a late packet is not a stall. */
export const CUSHION = 0.35
const HURRY = 0.8
const JUMP = 1.6
const KEEP_BEHIND = 8
const TRIM_AT = 16

/** Beyond JUMP the playhead jumps, beyond HURRY it plays a little faster until it is back at the cushion. */
export function steer(reach: Reach): Steering {
  const behind = reach.end - reach.at
  if (reach.at < reach.start - 0.05 || behind > JUMP || behind < -0.5) {
    return { seek: Math.max(reach.start, reach.end - CUSHION), rate: 1 }
  }
  if (behind > HURRY) return { seek: null, rate: 1.15 }
  if (behind > CUSHION + 0.1 && reach.rate > 1) return { seek: null, rate: reach.rate }
  return { seek: null, rate: 1 }
}

/** The end of what may be forgotten, or null while there is little to forget. */
export function forgettable(reach: Reach): number | null {
  return reach.at - reach.start > TRIM_AT ? reach.at - KEEP_BEHIND : null
}
