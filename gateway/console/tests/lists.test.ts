import { describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { rowBeside } from '../src/state/choosing'
import { spanOf } from '../src/state/days'
import { useFinding } from '../src/state/finding'
import { onTyped } from '../src/state/typing'

vi.hoisted(() => vi.stubGlobal('localStorage', { getItem: () => null }))

describe('a list that is walked by keys', () => {
  const rows = [{ id: 'a' }, { id: 'b' }]

  it('begins at its first, goes on to the neighbours and stops at its ends', () => {
    expect(rowBeside(rows, '', 1)?.id).toBe('a')
    expect(rowBeside(rows, 'a', 1)?.id).toBe('b')
    expect(rowBeside(rows, 'b', -1)?.id).toBe('a')
    expect([rowBeside(rows, 'b', 1), rowBeside(rows, 'a', -1), rowBeside([], '', 1)]).toEqual([undefined, undefined, undefined])
  })
})

describe('days picked as a span', () => {
  it('reach from the first one to the end of the last one', () => {
    const day = new Date('2026-11-23T00:00:00Z')
    expect(spanOf([day, day])).toEqual({ since: '2026-11-23T00:00:00.000Z', until: '2026-11-24T00:00:00.000Z' })
    expect(spanOf(null)).toEqual({})
  })
})

describe('what is typed', () => {
  it('is asked for once the typing rests, and not after the page is left', async () => {
    vi.useFakeTimers()
    const words = ref('')
    let asked = 0
    const page = effectScope()
    page.run(() => onTyped([words], () => { asked += 1 }, 250))
    for (const text of ['w', 'wa', 'wat']) {
      words.value = text
      await nextTick()
      vi.advanceTimersByTime(200)
    }
    expect(asked).toBe(0)
    vi.advanceTimersByTime(60)
    expect(asked).toBe(1)
    words.value = 'water'
    await nextTick()
    page.stop()
    vi.advanceTimersByTime(1_000)
    expect(asked).toBe(1)
    vi.useRealTimers()
  })
})

describe('rows found by what is typed', () => {
  it('keep what was chosen, and are those of the last question', async () => {
    const rows = [{ id: 'a' }, { id: 'b' }]
    const chosen = ref<string[]>([])
    const { found, busy, search } = useFinding((text) => Promise.resolve(rows.filter((row) => row.id.startsWith(text))), chosen)
    await search(' a ')
    expect([found.value, busy.value]).toEqual([[rows[0]], false])
    chosen.value = ['a', 'never seen']
    await Promise.all([search(''), search('b')])
    expect(found.value).toEqual([rows[1], rows[0]])
  })
})
