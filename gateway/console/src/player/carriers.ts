/** The two ways a live picture travels: fMP4 over a WebSocket, and WebRTC by WHEP. */

import { findCamera } from '../api/cameras'
import { ApiError, endOffer, offer, socketAddress } from '../api/client'
import { LiveBuffer } from './buffer'
import type { EndCode } from './machine'
import { endCode, word } from './wire'

export interface Ask {
  camera: string
  stream: 'sub' | 'main'
  purpose: string | null
  /** One of many pictures of a wall or tour: they share one record. */
  wall?: boolean
  reason: string
  /** A picture was shown before: first make sure that the camera is still there for us. */
  again?: boolean
}

/** What a carrier reports to its owner. */
export interface Heard {
  size(width: number, height: number): void
  end(code: EndCode, message: string): void
}

export interface Carrier {
  behind(): number
  /** `gone`: the other side has ended it already and need not be told. */
  close(gone?: boolean): void
}

/** Opens fMP4 over a WebSocket into the element. */
export function openSocket(ask: Ask, video: HTMLVideoElement, heard: Heard): Carrier {
  let over = false
  const buffer = new LiveBuffer(video, (kind) => finish(kind === 'unplayable' ? 'unplayable' : 'lost', ''))
  const query = { stream: ask.stream, purpose: ask.purpose, reason: ask.reason, wall: ask.wall ? 1 : null }
  const socket = new WebSocket(socketAddress(`/cameras/${encodeURIComponent(ask.camera)}/live`, query))
  socket.binaryType = 'arraybuffer'

  function finish(code: EndCode, message: string): void {
    if (over) return
    over = true
    socket.onmessage = socket.onclose = socket.onerror = null
    if (socket.readyState <= WebSocket.OPEN) socket.close()
    heard.end(code, message)
  }

  socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
    if (typeof event.data !== 'string') {
      buffer.push(event.data)
      return
    }
    const said = word(event.data)
    if (said?.type === 'start') {
      heard.size(said.width, said.height)
      buffer.begin(said.mime)
    } else if (said?.type === 'end') {
      finish(said.code, said.message)
    }
  }
  socket.onclose = () => finish('lost', '')

  return {
    behind: () => buffer.behind(),
    close: () => {
      over = true
      socket.onmessage = socket.onclose = socket.onerror = null
      if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close()
      else socket.close()
      buffer.close()
    },
  }
}

const GATHER_MS = 800

function gathered(peer: RTCPeerConnection): Promise<void> {
  if (peer.iceGatheringState === 'complete') return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHER_MS)
    peer.addEventListener('icegatheringstatechange', () => {
      if (peer.iceGatheringState !== 'complete') return
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Opens WebRTC by WHEP into the element. */
export function openPeer(ask: Ask, video: HTMLVideoElement, heard: Heard): Carrier {
  let over = false
  let location: string | null = null
  const peer = new RTCPeerConnection()
  peer.addTransceiver('video', { direction: 'recvonly' })

  function finish(code: EndCode, message: string): void {
    if (over) return
    close(code === 'lost')
    heard.end(code, message)
  }

  function close(gone = false): void {
    if (over) return
    over = true
    peer.close()
    video.srcObject = null
    if (location !== null && !gone) void endOffer(location)
  }

  peer.addEventListener('track', (event) => {
    video.srcObject = event.streams[0] ?? new MediaStream([event.track])
    event.receiver.jitterBufferTarget = 0
    void video.play().catch(() => undefined)
  })
  peer.addEventListener('connectionstatechange', () => {
    if (peer.connectionState === 'failed' || peer.connectionState === 'closed') finish('lost', '')
  })

  async function negotiate(): Promise<void> {
    if (ask.again && !(await findCamera(ask.camera))?.actions.includes('view_live')) return finish('revoked', '')
    await peer.setLocalDescription(await peer.createOffer())
    await gathered(peer)
    const sdp = peer.localDescription?.sdp ?? ''
    const query = { stream: ask.stream, purpose: ask.purpose, reason: ask.reason }
    const answer = await offer(`/cameras/${encodeURIComponent(ask.camera)}/whep`, sdp, query)
    location = answer.location
    if (over) {
      if (location !== null) void endOffer(location)
      return
    }
    await peer.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
  }

  negotiate().catch((error: unknown) => {
    if (!(error instanceof ApiError)) finish('unplayable', '')
    else if (error.status === 401) finish('signed_out', error.message)
    else if (error.status === 404) finish('not_found', error.message)
    else if (error.status === 0) finish('lost', '')
    else finish(endCode(error.code), error.message)
  })

  return { behind: () => 0, close }
}
