/** What is on the wall: pure functions over slots, and how an operator's wall is remembered. */

export const LAYOUTS = [1, 4, 9, 16] as const
export type Layout = (typeof LAYOUTS)[number]

export interface WallState {
  layout: Layout
  /** Always sixteen; a layout shows the first so many. */
  slots: (string | null)[]
  /** The chosen slot. */
  chosen: number
  /** The slot shown alone, or null. */
  alone: number | null
}

export const SLOTS = 16

export function emptyWall(): WallState {
  return { layout: 9, slots: Array.from({ length: SLOTS }, () => null), chosen: 0, alone: null }
}

/** Puts a camera into a slot; a camera is on the wall once, so it leaves its old slot to what was here. */
export function put(wall: WallState, camera: string, slot: number): WallState {
  const slots = [...wall.slots]
  const before = slots.indexOf(camera)
  if (before >= 0) slots[before] = slots[slot] ?? null
  slots[slot] = camera
  return { ...wall, slots, chosen: slot }
}

/** Puts a camera into the first free slot that shows, or into the one after the chosen when none is free. */
export function putNext(wall: WallState, camera: string): WallState {
  const here = wall.slots.indexOf(camera)
  if (here >= 0 && here < wall.layout) return { ...wall, chosen: here }
  if (wall.alone !== null) return put(wall, camera, wall.alone)
  const free = wall.slots.slice(0, wall.layout).indexOf(null)
  return put(wall, camera, free >= 0 ? free : (wall.chosen + 1) % wall.layout)
}

/** Fills the wall from the first slot with as many as show; the rest of the wall is emptied. */
export function fill(wall: WallState, cameras: readonly string[]): WallState {
  const slots = wall.slots.map((old, index) => (index < wall.layout ? (cameras[index] ?? null) : old))
  const shown = new Set(slots.slice(0, wall.layout))
  const rest = slots.map((camera, index) => (index >= wall.layout && shown.has(camera) ? null : camera))
  return { ...wall, slots: rest, chosen: 0, alone: null }
}

export function take(wall: WallState, slot: number): WallState {
  const slots = wall.slots.map((camera, index) => (index === slot ? null : camera))
  return { ...wall, slots, alone: wall.alone === slot ? null : wall.alone }
}

export function arrange(wall: WallState, layout: Layout): WallState {
  return { ...wall, layout, alone: null, chosen: Math.min(wall.chosen, layout - 1) }
}

/** The slot reached from the chosen one by an arrow key, staying inside the layout. */
export function step(wall: WallState, key: string): number {
  const side = Math.sqrt(wall.layout)
  const column = wall.chosen % side
  switch (key) {
    case 'ArrowLeft':
      return column > 0 ? wall.chosen - 1 : wall.chosen
    case 'ArrowRight':
      return column < side - 1 ? wall.chosen + 1 : wall.chosen
    case 'ArrowUp':
      return wall.chosen >= side ? wall.chosen - side : wall.chosen
    case 'ArrowDown':
      return wall.chosen + side < wall.layout ? wall.chosen + side : wall.chosen
    default:
      return wall.chosen
  }
}

/** The wall in a remembered text, or an empty one when it is not one of ours. */
export function recall(text: string | null): WallState {
  const wall = emptyWall()
  if (text === null) return wall
  try {
    const kept = JSON.parse(text) as Partial<WallState>
    const layout = LAYOUTS.find((one) => one === kept.layout)
    if (layout !== undefined) wall.layout = layout
    if (Array.isArray(kept.slots)) {
      wall.slots = wall.slots.map((_, index) => {
        const camera: unknown = kept.slots?.[index]
        return typeof camera === 'string' ? camera : null
      })
    }
    return wall
  } catch {
    return wall
  }
}

export function remember(wall: WallState): string {
  return JSON.stringify({ layout: wall.layout, slots: wall.slots })
}
