/** The few numbers in the top bar. */

import { shallowRef } from 'vue'
import { get } from '../api/client'
import type { Figures } from '../api/types'
import { may } from './session'

export const figures = shallowRef<Figures | null>(null)

export async function refreshFigures(): Promise<void> {
  if (!may('list')) return
  figures.value = await get<Figures>('/figures').catch(() => figures.value)
}
