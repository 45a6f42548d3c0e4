/** Devices on the network, and how one becomes a camera. */

import { post } from './client'
import type { AddedRecorder, CameraFile, Page, Probe } from './types'
import { streamsOf } from '../state/picks'
import { sentence } from '../words'

export interface Found {
  host: string
  port: number
  scheme: 'onvif' | 'rtsp'
  name: string
  known: boolean
}

/** What became of a device: its cameras, or why there are none. */
export interface Taken {
  host: string
  cameras: string[]
  said: string
}

export async function scan(range: string): Promise<Found[]> {
  return (await post<Page<Found>>('/scan', { range })).items
}

/** Asks the device what it offers and adds all of it: one channel as a camera, several as a recorder. */
export async function take(device: Found, account: { username: string; password: string }, name: string, file: object): Promise<Taken> {
  const where = { host: device.host, ...account }
  try {
    const probe = await post<Probe>('/probe', { ...where, scheme: 'onvif', port: device.port })
    const first = probe.channels[0]
    if (first === undefined) return { host: device.host, cameras: [], said: '' }
    const described = { ...file, ...where, rtsp_port: first.port ?? 554, onvif_port: device.port, name_zh: name }
    if (probe.channels.length === 1) {
      const made = await post<CameraFile>('/cameras', { ...described, scheme: 'rtsp', streams: streamsOf({ main: first.main, sub: first.sub ?? '' }) })
      return { host: device.host, cameras: [made.id], said: '' }
    }
    const channels = probe.channels.map((one) => ({
      channel: one.number,
      name_zh: `${name} ${one.name || one.number}`.slice(0, 128),
      streams: streamsOf({ main: one.main, sub: one.sub ?? '' }),
    }))
    const made = await post<AddedRecorder>('/recorders', { ...described, channels })
    return { host: device.host, cameras: made.cameras.map((camera) => camera.id), said: '' }
  } catch (error) {
    return { host: device.host, cameras: [], said: sentence(error) }
  }
}
