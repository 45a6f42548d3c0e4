import { describe, expect, it } from 'vitest'
import { isManaged, mediaSource, transportFor } from '../src/player/sources'

const plain = class {} as unknown as typeof MediaSource
const managed = class {} as unknown as typeof MediaSource

describe('what a browser plays with', () => {
  it('is the plain media source wherever there is one', () => {
    expect(mediaSource({ MediaSource: plain, ManagedMediaSource: managed })).toBe(plain)
    expect(isManaged(plain, { MediaSource: plain, ManagedMediaSource: managed })).toBe(false)
  })

  it('is the managed one on an iPhone', () => {
    expect(mediaSource({ ManagedMediaSource: managed })).toBe(managed)
    expect(isManaged(managed, { ManagedMediaSource: managed })).toBe(true)
    expect(transportFor('ws', { ManagedMediaSource: managed })).toBe('ws')
  })

  it('is WebRTC where there is neither, whatever was asked for', () => {
    expect(transportFor('ws', {})).toBe('webrtc')
    expect(transportFor('webrtc', { MediaSource: plain })).toBe('webrtc')
  })
})
