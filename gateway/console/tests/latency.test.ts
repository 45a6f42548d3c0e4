import { describe, expect, it } from 'vitest'
import { CUSHION, forgettable, steer } from '../src/player/latency'

const near = { at: 10, start: 0, end: 10.3, rate: 1 }

describe('steering a playhead', () => {
  it('leaves a playhead near the live end alone', () => {
    expect(steer(near)).toEqual({ seek: null, rate: 1 })
  })

  it('hurries when it falls behind a little, and until it is back at the cushion', () => {
    expect(steer({ ...near, end: 11 })).toEqual({ seek: null, rate: 1.15 })
    expect(steer({ ...near, end: 10.6, rate: 1.15 })).toEqual({ seek: null, rate: 1.15 })
    expect(steer({ ...near, end: 10.4, rate: 1.15 })).toEqual({ seek: null, rate: 1 })
  })

  it('jumps when it falls far behind, and never before what is buffered', () => {
    expect(steer({ ...near, end: 20 })).toEqual({ seek: 20 - CUSHION, rate: 1 })
    expect(steer({ at: 0, start: 19.9, end: 20, rate: 1 })).toEqual({ seek: 19.9, rate: 1 })
  })

  it('leaves a hole behind', () => {
    expect(steer({ at: 10, start: 11, end: 11.2, rate: 1 }).seek).toBe(11)
  })
})

describe('forgetting', () => {
  it('keeps a short past only', () => {
    expect(forgettable({ ...near, at: 10 })).toBeNull()
    expect(forgettable({ ...near, at: 40 })).toBe(32)
  })
})
