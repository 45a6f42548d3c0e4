import { describe, expect, it } from 'vitest'
import { arrange, emptyWall, fill, put, putNext, recall, remember, step, take } from '../src/state/wall'

describe('the wall', () => {
  it('fills the first free tile, then the one after the chosen', () => {
    let wall = arrange(emptyWall(), 4)
    for (const camera of ['a', 'b', 'c', 'd']) wall = putNext(wall, camera)
    expect(wall.slots.slice(0, 4)).toEqual(['a', 'b', 'c', 'd'])
    wall = putNext(wall, 'e')
    expect(wall.slots.slice(0, 4)).toEqual(['e', 'b', 'c', 'd'])
  })

  it('shows a camera once: dropping it elsewhere swaps the two tiles', () => {
    let wall = put(put(emptyWall(), 'a', 0), 'b', 1)
    wall = put(wall, 'a', 1)
    expect(wall.slots.slice(0, 2)).toEqual(['b', 'a'])
  })

  it('chooses a camera that is shown already', () => {
    const wall = putNext(put(put(emptyWall(), 'a', 0), 'b', 1), 'a')
    expect(wall.chosen).toBe(0)
    expect(wall.slots.filter((slot) => slot !== null)).toHaveLength(2)
  })

  it('is filled with as many as show', () => {
    const wall = fill(arrange(put(emptyWall(), 'x', 3), 4), ['a', 'b', 'c', 'd', 'e'])
    expect(wall.slots.slice(0, 4)).toEqual(['a', 'b', 'c', 'd'])
    expect(fill(wall, ['z']).slots.slice(0, 4)).toEqual(['z', null, null, null])
  })

  it('leaves the single view when its tile is emptied or the layout changes', () => {
    const alone = { ...put(emptyWall(), 'a', 2), alone: 2 }
    expect(take(alone, 2).alone).toBeNull()
    expect(arrange(alone, 16).alone).toBeNull()
  })

  it('steps through tiles without leaving the grid', () => {
    const wall = { ...arrange(emptyWall(), 9), chosen: 2 }
    expect(step(wall, 'ArrowRight')).toBe(2)
    expect(step(wall, 'ArrowLeft')).toBe(1)
    expect(step(wall, 'ArrowUp')).toBe(2)
    expect(step(wall, 'ArrowDown')).toBe(5)
  })

  it('is remembered, and what is not ours is an empty wall', () => {
    const wall = fill(arrange(emptyWall(), 16), ['a', 'b'])
    expect(recall(remember(wall))).toMatchObject({ layout: 16, slots: wall.slots })
    for (const text of [null, '', '{', '[]', '"x"', '{"layout":7,"slots":3}']) expect(recall(text)).toEqual(emptyWall())
  })
})
