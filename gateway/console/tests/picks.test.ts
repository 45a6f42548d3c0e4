import { describe, expect, it } from 'vitest'
import { picksOf, streamsOf } from '../src/state/picks'

describe('channels of a device', () => {
  it('become rows with what the device says of them', () => {
    const channels = [{ number: 3, name: 'Gate', main: '/301', sub: null, width: 1920, height: 1080, codec: 'h265' }]
    const [row] = picksOf({ manufacturer: 'M', model: 'X', channels })
    expect(row).toMatchObject({ number: 3, name: 'Gate', main: '/301', sub: '', picture: '1920×1080 h265', ticked: true })
  })

  it('of one encoding are saved with one stream, and no sub stream is made up', () => {
    expect(streamsOf({ main: ' /a ', sub: '' })).toEqual([{ kind: 'main', path: '/a', transport: 'tcp' }])
    expect(streamsOf({ main: '/a', sub: '/a' })).toHaveLength(1)
    expect(streamsOf({ main: '/a', sub: '/b' }).map((stream) => stream.kind)).toEqual(['main', 'sub'])
  })
})
