/** Drives one live view: the machine decides, carriers carry, the video element says when a picture was shown. */

import { type Ask, type Carrier, openPeer, openSocket } from './carriers'
import { advance, type EndCode, type Input, type Status, STOPPED } from './machine'
import { type Transport, transportFor } from './sources'

export type { Transport }

export interface Order extends Ask {
  transport: Transport
}

export interface Report {
  status: Status
  width: number
  height: number
  /** Decoded pictures since the view began, and those that were dropped. */
  frames: number
  dropped: number
  /** Seconds between the playhead and the newest picture. */
  behind: number
  /** Milliseconds from the request to the first picture, once there is one. */
  firstPictureMs: number | null
  /** How the picture really travels. */
  transport: Transport
}

const SILENT_MS = 4_000
const GIVE_UP_MS = 15_000
const FIRST_PICTURE_MS = 20_000
const HIDDEN_MS = 30_000
const TICK_MS = 500

export class LiveView {
  private status: Status = STOPPED
  private carrier: Carrier | null = null
  private order: Order | null = null
  private ticking: ReturnType<typeof setInterval> | null = null
  private hiddenAt: number | null = null
  private askedAt = 0
  private framesBefore = 0
  private frameAt = 0
  private first: number | null = null
  private width = 0
  private height = 0
  private readonly whenSeen = () => this.seen()
  private readonly whenVisible = () => this.visibility()

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly report: (report: Report) => void,
  ) {}

  play(order: Order): void {
    this.drop()
    this.order = order
    if (this.ticking === null) {
      this.ticking = setInterval(() => this.tick(), TICK_MS)
      this.video.addEventListener('loadeddata', this.whenSeen)
      document.addEventListener('visibilitychange', this.whenVisible)
    }
    this.take({ type: 'play' })
  }

  /** Ends the view for a reason that came another way than over its own connection. */
  end(code: EndCode): void {
    this.carrier?.close(true)
    this.carrier = null
    this.take({ type: 'end', code, message: '' })
  }

  /** The console was unlocked: what could not be opened meanwhile is opened now. */
  unlocked(): void {
    this.take({ type: 'unlock' })
  }

  stop(): void {
    if (this.ticking !== null) clearInterval(this.ticking)
    this.ticking = null
    this.video.removeEventListener('loadeddata', this.whenSeen)
    document.removeEventListener('visibilitychange', this.whenVisible)
    this.order = null
    this.take({ type: 'stop' })
  }

  private take(input: Input): void {
    const before = this.status
    this.status = advance(before, input, performance.now(), Math.random())
    if (this.status === before) return
    const carried = this.status.phase === 'connecting' || this.status.phase === 'playing' || this.status.phase === 'silent'
    if (!carried) this.drop()
    else if (this.status.phase === 'connecting') this.connect()
    this.tell()
  }

  private connect(): void {
    this.drop()
    if (this.order === null) return
    this.askedAt = this.frameAt = performance.now()
    this.first = null
    this.framesBefore = 0
    const open = transportFor(this.order.transport) === 'webrtc' ? openPeer : openSocket
    this.carrier = open({ ...this.order, again: this.status.seen }, this.video, {
      size: (width, height) => {
        this.width = width
        this.height = height
      },
      end: (code: EndCode, message: string) => this.take({ type: 'end', code, message }),
    })
  }

  private drop(): void {
    const carrier = this.carrier
    this.carrier = null
    carrier?.close()
  }

  private seen(): void {
    if (this.carrier === null) return
    if (this.first === null) this.first = performance.now() - this.askedAt
    this.frameAt = performance.now()
    this.take({ type: 'picture' })
  }

  private visibility(): void {
    if (document.hidden) {
      this.hiddenAt = performance.now()
      return
    }
    this.hiddenAt = null
    this.frameAt = performance.now()
    this.take({ type: 'show' })
  }

  private tick(): void {
    const now = performance.now()
    if (this.hiddenAt !== null && now - this.hiddenAt > HIDDEN_MS) this.take({ type: 'hide' })
    if (this.status.phase === 'waiting' && this.status.retryAt !== null && now >= this.status.retryAt) {
      this.take({ type: 'retry' })
    }
    if (this.status.phase === 'connecting' && now - this.askedAt > FIRST_PICTURE_MS) {
      this.take({ type: 'end', code: 'unavailable', message: '' })
    }
    if (this.status.phase === 'playing' || this.status.phase === 'silent') this.watch(now)
    this.tell()
  }

  /** A picture that no longer changes is silence; a long silence is a lost connection. */
  private watch(now: number): void {
    const { totalVideoFrames: frames } = this.video.getVideoPlaybackQuality()
    if (frames !== this.framesBefore) {
      this.framesBefore = frames
      this.frameAt = now
      if (this.status.phase === 'silent') this.take({ type: 'picture' })
      return
    }
    if (document.hidden) return
    if (now - this.frameAt > GIVE_UP_MS) this.take({ type: 'end', code: 'lost', message: '' })
    else if (now - this.frameAt > SILENT_MS) this.take({ type: 'silence' })
  }

  private tell(): void {
    const quality = this.video.getVideoPlaybackQuality()
    this.report({
      status: this.status,
      width: this.video.videoWidth || this.width,
      height: this.video.videoHeight || this.height,
      frames: quality.totalVideoFrames,
      dropped: quality.droppedVideoFrames,
      behind: this.carrier?.behind() ?? 0,
      firstPictureMs: this.first,
      transport: transportFor(this.order?.transport ?? 'ws'),
    })
  }
}
