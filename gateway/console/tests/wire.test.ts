import { describe, expect, it } from 'vitest'
import { rings } from '../src/state/shapes'
import { word } from '../src/player/wire'

describe('words on the live socket', () => {
  it('reads start and end', () => {
    const start = { type: 'start', mime: 'video/mp4; codecs="avc1.64001F"', generation: 2, view_id: 'v', width: 640, height: 360 }
    expect(word(JSON.stringify(start))).toEqual(start)
    const end = { type: 'end', code: 'revoked', message: 'why' }
    expect(word(JSON.stringify(end))).toEqual(end)
  })

  it('takes an unknown reason for an interruption that may pass', () => {
    expect(word('{"type":"end","code":"eclipse"}')).toEqual({ type: 'end', code: 'unavailable', message: '' })
  })

  it('ignores everything else', () => {
    for (const text of ['', 'null', '1', '{}', '{"type":"start"}', '{"type":"song"}']) expect(word(text)).toBeNull()
  })
})

describe('polygons', () => {
  const outline = [[121, 32], [121.1, 32], [121.1, 32.1]]
  const drawn = [[[32, 121], [32, 121.1], [32.1, 121.1]]]

  it('are drawn latitude first, whether a ring, rings or GeoJSON', () => {
    expect(rings(outline)).toEqual(drawn)
    expect(rings([outline])).toEqual(drawn)
    expect(rings({ type: 'Polygon', coordinates: [outline] })).toEqual(drawn)
    expect(rings({ type: 'MultiPolygon', coordinates: [[outline]] })).toEqual(drawn)
    expect(rings([])).toEqual([])
  })
})
