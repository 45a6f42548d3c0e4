import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Heard } from '../src/player/carriers'
import { LiveView, type Report } from '../src/player/live'

const opened: Heard[] = []

vi.mock('../src/player/carriers', () => {
  const open = (_: unknown, __: unknown, heard: Heard) => {
    opened.push(heard)
    return { behind: () => 0, close: () => undefined }
  }
  return { openPeer: open, openSocket: open }
})
vi.mock('../src/player/sources', () => ({ transportFor: (wanted: string) => wanted }))

const MINUTES = 10 * 60_000

describe('a WebRTC view whose connection drops while the console is locked', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('document', { hidden: false, addEventListener: () => undefined, removeEventListener: () => undefined })
    opened.length = 0
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  it('asks once, waits for the lock to go, and is opened again then', () => {
    const listeners = new Map<string, () => void>()
    const video = {
      addEventListener: (name: string, hear: () => void) => listeners.set(name, hear),
      removeEventListener: () => undefined,
      getVideoPlaybackQuality: () => ({ totalVideoFrames: 1, droppedVideoFrames: 0 }),
      videoWidth: 640,
      videoHeight: 360,
    }
    let last: Report | null = null
    const view = new LiveView(video as unknown as HTMLVideoElement, (report) => {
      last = report
    })
    view.play({ camera: 'C1', stream: 'sub', transport: 'webrtc', purpose: null, reason: '' })
    listeners.get('loadeddata')?.()
    opened[0]?.end('lost', '')
    vi.advanceTimersByTime(2_000)
    expect(opened).toHaveLength(2)
    opened[1]?.end('locked', 'the console is locked')
    vi.advanceTimersByTime(MINUTES)
    expect(opened).toHaveLength(2)
    view.unlocked()
    expect(opened).toHaveLength(3)
    listeners.get('loadeddata')?.()
    expect(last).toMatchObject({ status: { phase: 'playing' } })
    view.stop()
  })
})
