/** The doorbell: hears what changed and lets pages ask again. Hello means: whatever you know may be old. */

import { onScopeDispose, ref } from 'vue'
import { signedOut, socketAddress } from '../api/client'
import { gathering } from './gathering'

export type Topic = 'candidates' | 'tickets' | 'cameras' | 'grants' | 'permissions' | 'notices' | 'exports'
type Listener = (ids: readonly string[]) => void

const listeners = new Map<Topic, Set<Listener>>()
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 15_000

/** Whether the gateway can be heard now; null before the first try. */
export const hearing = ref<boolean | null>(null)

let socket: WebSocket | null = null
let pauseMs = FIRST_PAUSE_MS
let timer: ReturnType<typeof setTimeout> | null = null
let wanted = false

export function listen(): void {
  wanted = true
  if (socket === null && timer === null) connect()
}

export function hush(): void {
  wanted = false
  if (timer !== null) clearTimeout(timer)
  timer = null
  socket?.close()
  socket = null
  hearing.value = null
}

function connect(): void {
  timer = null
  const made = new WebSocket(socketAddress('/messages'))
  socket = made
  made.onmessage = (event: MessageEvent<string>) => heard(event.data)
  made.onclose = () => {
    if (socket !== made) return
    socket = null
    hearing.value = false
    if (!wanted) return
    timer = setTimeout(connect, pauseMs * (0.8 + 0.4 * Math.random()))
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
  }
}

function heard(text: string): void {
  let said: { topic?: string; ids?: unknown; code?: string }
  try {
    said = JSON.parse(text) as typeof said
  } catch {
    return
  }
  if (said.topic === 'hello') {
    hearing.value = true
    pauseMs = FIRST_PAUSE_MS
    for (const set of listeners.values()) for (const listener of set) listener([])
    return
  }
  if (said.topic === 'goodbye') {
    if (said.code === 'signed_out') signedOut()
    return
  }
  const ids = Array.isArray(said.ids) ? said.ids.map(String) : []
  for (const listener of listeners.get(said.topic as Topic) ?? []) listener(ids)
}

/** Calls back with the ids that changed; an empty list means anything may have. Ends with the component. */
export function onMessage(topic: Topic, listener: Listener): void {
  const set = listeners.get(topic) ?? new Set()
  listeners.set(topic, set)
  set.add(listener)
  onScopeDispose(() => set.delete(listener))
}

/** Runs now and again whenever one of the topics changed, at most once per interval. */
export function follow(topics: readonly Topic[], run: () => void, everyMs = 1_000): void {
  const ring = gathering(run, everyMs)
  for (const topic of topics) onMessage(topic, ring)
  run()
}
