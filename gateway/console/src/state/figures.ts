/** The few numbers in the top bar. */

import { shallowRef } from 'vue'
import { get } from '../api/client'
import type { Figures } from '../api/types'

export const figures = shallowRef<Figures | null>(null)

export async function refreshFigures(): Promise<void> {
  figures.value = await get<Figures>('/figures').catch(() => figures.value)
}
