/** An area while it is drawn: its corners in order, by mouse and by keyboard, with a way back. */

import { computed, ref } from 'vue'
import type { Corner } from '../api/areas'

/** A corner that somebody types may lack a figure for a while. */
export interface Typed {
  longitude: number | null
  latitude: number | null
}

const DIGITS = 6

export function useDrawing() {
  const corners = ref<Typed[]>([])
  const before: Typed[][] = []
  const steps = ref(0)

  /** Remembers how it was before the next step. */
  function remember(): void {
    before.push(corners.value.map((one) => ({ ...one })))
    steps.value = before.length
  }

  function add(longitude: number | null = null, latitude: number | null = null): void {
    remember()
    corners.value = [...corners.value, rounded(longitude, latitude)]
  }

  function move(index: number, longitude: number, latitude: number): void {
    remember()
    corners.value = corners.value.map((one, at) => (at === index ? rounded(longitude, latitude) : one))
  }

  function drop(index: number): void {
    remember()
    corners.value = corners.value.filter((_, at) => at !== index)
  }

  function clear(): void {
    remember()
    corners.value = []
  }

  function undo(): void {
    corners.value = before.pop() ?? []
    steps.value = before.length
  }

  /** The corners whose both figures are there. */
  const whole = computed<Corner[]>(() => corners.value.flatMap((one) => (one.longitude === null || one.latitude === null ? [] : [[one.longitude, one.latitude] as Corner])))
  const unfinished = computed(() => whole.value.length < corners.value.length)

  return { corners, whole, unfinished, steps, add, move, drop, clear, undo }
}

function rounded(longitude: number | null, latitude: number | null): Typed {
  return { longitude: longitude === null ? null : Number(longitude.toFixed(DIGITS)), latitude: latitude === null ? null : Number(latitude.toFixed(DIGITS)) }
}
