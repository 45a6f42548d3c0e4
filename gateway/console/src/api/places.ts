/** Places in one datum and another. */

import { get } from './client'

export interface Place {
  latitude: number
  longitude: number
  datum: string
}

/** The same point on the ground in every datum, its own included. */
export async function converted(latitude: number, longitude: number, datum: string): Promise<Place[]> {
  return (await get<{ items: Place[] }>('/datum', { latitude, longitude, datum })).items
}
