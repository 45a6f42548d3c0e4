import { describe, expect, it } from 'vitest'
import { beginsWithKeyframe } from '../src/player/fragments'
import { CUSHION, forgettable, steer } from '../src/player/latency'

const near = { at: 10, start: 0, end: 10.3, rate: 1, key: 9 }

describe('steering a playhead', () => {
  it('leaves a playhead near the live end alone', () => {
    expect(steer(near)).toEqual({ seek: null, rate: 1 })
  })

  it('hurries when it falls behind a little, and until it is back at the cushion', () => {
    expect(steer({ ...near, end: 10.9 })).toEqual({ seek: null, rate: 1.15 })
    expect(steer({ ...near, end: 10.6, rate: 1.15 })).toEqual({ seek: null, rate: 1.15 })
    expect(steer({ ...near, end: 10.4, rate: 1.15 })).toEqual({ seek: null, rate: 1 })
  })

  it('jumps to a keyframe that has just come, and near the end a little after it', () => {
    expect(steer({ ...near, end: 12.1, key: 12 })).toEqual({ seek: 12, rate: 1 })
    expect(steer({ ...near, end: 12.9, key: 12 })).toEqual({ seek: 12.9 - CUSHION, rate: 1 })
  })

  it('does not jump where it would have to decode much, unless it is far behind', () => {
    expect(steer({ ...near, end: 12.2, key: 10.4 })).toEqual({ seek: null, rate: 1.15 })
    expect(steer({ ...near, end: 13.5, key: 11.6 })).toEqual({ seek: 11.6, rate: 1 })
    expect(steer({ ...near, end: 13.5, key: 9 })).toEqual({ seek: null, rate: 1.5 })
  })

  it('leaves a hole behind', () => {
    expect(steer({ at: 10, start: 11, end: 11.2, rate: 1, key: null }).seek).toBe(11)
    expect(steer({ at: 10, start: 11, end: 15, rate: 1, key: 14.5 }).seek).toBe(14.5)
  })
})

describe('forgetting', () => {
  it('keeps a short past only', () => {
    expect(forgettable(10, 0)).toBeNull()
    expect(forgettable(40, 0)).toBe(32)
  })
})

function box(type: string, ...content: number[][]): number[] {
  const inside = content.flat()
  return [...u32(8 + inside.length), ...[...type].map((letter) => letter.charCodeAt(0)), ...inside]
}

function u32(value: number): number[] {
  return [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
}

function fragment(...trun: number[][]): ArrayBuffer {
  const traf = box('traf', box('tfhd', u32(0x020000), u32(1)), box('tfdt', u32(0), u32(5)), box('trun', ...trun))
  return new Uint8Array([...box('moof', box('mfhd', u32(0), u32(1)), traf), ...box('mdat', [1, 2, 3])]).buffer
}

describe('keyframes in fragments', () => {
  it('are told by the flags of the first picture', () => {
    for (const [flags, key] of [[0x02000000, true], [0x01010000, false]] as const) {
      expect(beginsWithKeyframe(fragment(u32(0x000701), u32(1), u32(100), u32(9000), u32(3), u32(flags)))).toBe(key)
      expect(beginsWithKeyframe(fragment(u32(0x000205), u32(1), u32(100), u32(flags), u32(3)))).toBe(key)
    }
  })

  it('are none where nothing says so, and in what is no fragment', () => {
    expect(beginsWithKeyframe(fragment(u32(0x000201), u32(1), u32(100), u32(3)))).toBe(false)
    for (const bytes of [[], [0, 0, 0, 4, 1, 1, 1, 1], box('moov'), box('moof', box('traf', box('trun')))]) {
      expect(beginsWithKeyframe(new Uint8Array(bytes).buffer)).toBe(false)
    }
  })
})
