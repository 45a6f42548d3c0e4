import { describe, expect, it, vi } from 'vitest'
import { useDrawing } from '../src/state/drawing'
import { widenedTo } from '../src/state/emergencies'

// The words remember the reader's language, which only a browser can.
vi.hoisted(() => vi.stubGlobal('localStorage', { getItem: () => null }))

describe('an area while it is drawn', () => {
  it('takes corners by mouse and by keyboard, and is whole once every figure is there', () => {
    const drawing = useDrawing()
    drawing.add(120.123456789, 32)
    drawing.add()
    expect(drawing.whole.value).toEqual([[120.123457, 32]])
    expect(drawing.unfinished.value).toBe(true)
    drawing.corners.value[1]!.longitude = 121
    drawing.corners.value[1]!.latitude = 32.5
    expect(drawing.whole.value).toEqual([[120.123457, 32], [121, 32.5]])
    expect(drawing.unfinished.value).toBe(false)
  })

  it('takes back one step after another: a corner moved, taken away, or all of them', () => {
    const drawing = useDrawing()
    drawing.add(1, 2)
    drawing.add(3, 4)
    drawing.move(0, 5, 6)
    expect(drawing.whole.value).toEqual([[5, 6], [3, 4]])
    drawing.drop(1)
    drawing.clear()
    expect(drawing.whole.value).toEqual([])
    drawing.undo()
    expect(drawing.whole.value).toEqual([[5, 6]])
    drawing.undo()
    drawing.undo()
    expect(drawing.whole.value).toEqual([[1, 2], [3, 4]])
    drawing.undo()
    drawing.undo()
    expect([drawing.whole.value, drawing.steps.value]).toEqual([[], 0])
  })
})

describe('whom an emergency names', () => {
  it('names organisations and roles beside one another', () => {
    expect(widenedTo(['A'], ['vendor'], false)).toEqual([{ organisation_id: 'A', role: null }, { organisation_id: '', role: 'vendor' }])
  })

  it('names only these roles within these organisations when asked to', () => {
    expect(widenedTo(['A', 'B'], ['vendor'], true)).toEqual([{ organisation_id: 'A', role: 'vendor' }, { organisation_id: 'B', role: 'vendor' }])
    expect(widenedTo([], ['vendor'], true)).toEqual([{ organisation_id: '', role: 'vendor' }])
  })
})
