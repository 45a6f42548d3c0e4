/** The channels a device offers, as a person ticks and names them before they become cameras. */

import type { Probe } from '../api/types'

export interface Pick {
  number: number
  name: string
  main: string
  sub: string
  /** What the device says of the picture. */
  picture: string
  ticked: boolean
  state: '' | 'trying' | 'plays' | 'silent'
  /** Why it does not play. */
  said: string
}

export function picksOf(probe: Probe): Pick[] {
  return probe.channels.map((found) => ({
    number: found.number,
    name: found.name,
    main: found.main,
    sub: found.sub ?? '',
    picture: [found.width ? `${found.width}×${found.height}` : '', found.codec ?? ''].join(' ').trim(),
    ticked: true,
    state: '',
    said: '',
  }))
}

/** The streams as they are saved: a device with one encoding has one stream. */
export function streamsOf(paths: { main: string; sub: string }): { kind: 'main' | 'sub'; path: string; transport: 'tcp' }[] {
  const main = { kind: 'main' as const, path: paths.main.trim(), transport: 'tcp' as const }
  const sub = paths.sub.trim()
  return sub === '' || sub === main.path ? [main] : [main, { kind: 'sub', path: sub, transport: 'tcp' }]
}
