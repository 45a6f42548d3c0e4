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

describe('a WebRTC view whose connection drops', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('document', { hidden: false, addEventListener: () => undefined, removeEventListener: () => undefined })
    opened.length = 0
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  function playing() {
    const listeners = new Map<string, () => void>()
    const video = {
      addEventListener: (name: string, hear: () => void) => listeners.set(name, hear),
      removeEventListener: () => undefined,
      getVideoPlaybackQuality: () => ({ totalVideoFrames: 1, droppedVideoFrames: 0 }),
      videoWidth: 640,
      videoHeight: 360,
    }
    const last: { report: Report | null } = { report: null }
    const view = new LiveView(video as unknown as HTMLVideoElement, (report) => {
      last.report = report
    })
    const seen = () => listeners.get('loadeddata')?.()
    view.play({ camera: 'C1', stream: 'sub', transport: 'webrtc', purpose: null, reason: '' })
    seen()
    opened[0]?.end('lost', '')
    vi.advanceTimersByTime(2_000)
    expect(opened).toHaveLength(2)
    return { view, seen, last }
  }

  it('while the console is locked asks once, waits for the lock to go, and is opened again then', () => {
    const { view, seen, last } = playing()
    opened[1]?.end('locked', 'the console is locked')
    vi.advanceTimersByTime(MINUTES)
    expect(opened).toHaveLength(2)
    view.unlocked()
    expect(opened).toHaveLength(3)
    seen()
    expect(last.report).toMatchObject({ status: { phase: 'playing' } })
    view.stop()
  })

  it('asks once more and then says why, where B pictures have begun in its stream', () => {
    const { view, last } = playing()
    opened[1]?.end('unplayable', 'the stream has B-pictures')
    vi.advanceTimersByTime(MINUTES)
    expect(opened).toHaveLength(2)
    expect(last.report).toMatchObject({ status: { phase: 'ended', code: 'unplayable', message: 'the stream has B-pictures' } })
    view.stop()
  })
})
