import { describe, expect, it } from 'vitest'
import { offset, wordsOf } from '../src/player/watermark'

describe('the words across a picture', () => {
  const at = new Date(2026, 10, 23, 9, 5)

  it('say account, unit and time, so that two people never see the same', () => {
    expect(wordsOf('jinsha', 'T-320612001', at)).toBe('jinsha T-320612001 2026-11-23 09:05')
    expect(wordsOf('jinxin', 'T-320612001', at)).not.toBe(wordsOf('jinsha', 'T-320612001', at))
  })

  it('begin elsewhere each turn, and always reach the left edge', () => {
    const turns = [0, 1, 2, 3, 4, 5].map((turn) => offset(turn, 300))
    expect(new Set(turns.map((one) => `${one.x.toFixed(1)}/${one.y}`)).size).toBe(6)
    for (const one of turns) expect(one.x <= 0 && one.x > -300).toBe(true)
  })
})
