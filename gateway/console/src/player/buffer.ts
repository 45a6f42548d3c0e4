/** Feeds one video element with live fMP4 through Media Source Extensions. */

import { beginsWithKeyframe } from './fragments'
import { forgettable, steer } from './latency'
import { isManaged, mediaSource } from './sources'

/** What went wrong, for the owner to decide about. */
export type BufferTrouble = 'unplayable' | 'broken'

const MOST_WAITING = 400
const STEER_EVERY_MS = 250
/** A jump needs time to decode up to its target; jumping again before that would never show a picture. */
const PATIENCE_MS = 4_000
const JUMP_EVERY_MS = 1_000

export class LiveBuffer {
  private source: MediaSource | null = null
  private buffer: SourceBuffer | null = null
  private url = ''
  private mime = ''
  private waiting: { bytes: ArrayBuffer; key: boolean }[] = []
  /** Where the newest keyframe begins in the element's time. */
  private key: number | null = null
  private steeredAt = 0
  private jumpedAt = -JUMP_EVERY_MS
  private closed = false

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly trouble: (kind: BufferTrouble) => void,
  ) {}

  /** Begins a generation. The same element goes on playing where the browser can change type in place. */
  begin(mime: string): void {
    if (this.closed) return
    if (!mediaSource()?.isTypeSupported(mime)) {
      this.trouble('unplayable')
      return
    }
    this.waiting = []
    if (this.buffer !== null && this.source?.readyState === 'open' && !this.buffer.updating) {
      try {
        // Aborting resets the parser, so that a half-written segment cannot swallow the new initialisation.
        this.buffer.abort()
        if (mime !== this.mime) this.buffer.changeType(mime)
        this.buffer.mode = 'sequence'
        this.mime = mime
        return
      } catch {
        this.detach()
      }
    }
    this.detach()
    this.attach(mime)
  }

  /** Takes the initialisation segment or a fragment. */
  push(bytes: ArrayBuffer): void {
    if (this.closed || this.source === null) return
    if (this.waiting.length >= MOST_WAITING) {
      this.trouble('broken')
      return
    }
    this.waiting.push({ bytes, key: beginsWithKeyframe(bytes) })
    this.pump()
  }

  /** Seconds between the playhead and the newest picture. */
  behind(): number {
    const ranges = this.video.buffered
    return ranges.length === 0 ? 0 : Math.max(0, ranges.end(ranges.length - 1) - this.video.currentTime)
  }

  close(): void {
    this.closed = true
    this.detach()
    this.video.removeAttribute('src')
    this.video.load()
  }

  private attach(mime: string): void {
    const Source = mediaSource()
    if (Source === null) return this.trouble('unplayable')
    const source = new Source()
    // A managed source opens only in an element whose picture is not to be shown on another device.
    if (isManaged(Source)) this.video.disableRemotePlayback = true
    this.source = source
    this.mime = mime
    this.url = URL.createObjectURL(source)
    source.addEventListener(
      'sourceopen',
      () => {
        URL.revokeObjectURL(this.url)
        if (this.source !== source) return
        try {
          const buffer = source.addSourceBuffer(mime)
          // Pictures follow one another whatever the device's clock does: a jump in time stamps is no hole to stall in.
          buffer.mode = 'sequence'
          buffer.addEventListener('updateend', () => this.updated(buffer))
          buffer.addEventListener('error', () => this.trouble('broken'))
          this.buffer = buffer
          this.pump()
        } catch {
          this.trouble('unplayable')
        }
      },
      { once: true },
    )
    this.video.src = this.url
    void this.video.play().catch(() => undefined)
  }

  private detach(): void {
    this.source = null
    this.buffer = null
    this.key = null
    this.waiting = []
  }

  private pump(): void {
    const buffer = this.buffer
    if (buffer === null || buffer.updating || this.waiting.length === 0 || this.source?.readyState !== 'open') return
    // A keyframe opens an append of its own, so that its place is where the buffer ended before.
    const after = this.waiting.findIndex((part, index) => index > 0 && part.key)
    const parts = this.waiting.splice(0, after < 0 ? this.waiting.length : after)
    if (parts[0]?.key) {
      const ranges = buffer.buffered
      this.key = ranges.length === 0 ? 0 : ranges.end(ranges.length - 1)
    }
    try {
      buffer.appendBuffer(joined(parts.map((part) => part.bytes)))
    } catch {
      this.trouble('broken')
    }
  }

  private updated(buffer: SourceBuffer): void {
    if (buffer !== this.buffer) return
    this.steerNow(buffer)
    this.pump()
  }

  private steerNow(buffer: SourceBuffer): void {
    const now = performance.now()
    const ranges = buffer.buffered
    if (ranges.length === 0 || now - this.steeredAt < STEER_EVERY_MS) return
    this.steeredAt = now
    const last = ranges.length - 1
    const video = this.video
    const start = ranges.start(last)
    // After a hole the keyframe lies where the new range begins.
    const key = this.key === null ? null : Math.max(this.key, start)
    const reach = { at: video.currentTime, start, end: ranges.end(last), rate: video.playbackRate, key }
    const { seek, rate } = steer(reach)
    const settled = video.seeking ? PATIENCE_MS : JUMP_EVERY_MS
    if (seek !== null && now - this.jumpedAt >= settled) {
      this.jumpedAt = now
      video.currentTime = seek
    }
    if (video.playbackRate !== rate) video.playbackRate = rate
    if (video.paused && !document.hidden) void video.play().catch(() => undefined)
    const until = forgettable(reach.at, ranges.start(0))
    if (until !== null && !buffer.updating) buffer.remove(0, until)
  }
}

function joined(parts: ArrayBuffer[]): ArrayBuffer {
  if (parts.length === 1) return parts[0]!
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    all.set(new Uint8Array(part), at)
    at += part.byteLength
  }
  return all.buffer
}
