/** What this browser can feed a picture with: not every one has Media Source Extensions (an iPhone has its own kind). */

export type Transport = 'ws' | 'webrtc'

type Source = typeof MediaSource

/** Where a browser keeps its kinds of media source. */
export interface Sources {
  MediaSource?: Source
  ManagedMediaSource?: Source
}

/** The media source of this browser, the plain one first; null if it has none. */
export function mediaSource(from: Sources = globalThis as Sources): Source | null {
  return from.MediaSource ?? from.ManagedMediaSource ?? null
}

/** Whether it is the kind that the system may take memory from, which plays only where it cannot be sent elsewhere. */
export function isManaged(source: Source, from: Sources = globalThis as Sources): boolean {
  return source === from.ManagedMediaSource
}

/** The way a picture travels here: by WebRTC where fragments cannot be played. */
export function transportFor(wanted: Transport, from: Sources = globalThis as Sources): Transport {
  return mediaSource(from) === null ? 'webrtc' : wanted
}
