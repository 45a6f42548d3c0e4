import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { address } from '../src/api/client'
import { gathering } from '../src/state/gathering'
import { grantState } from '../src/state/grants'
import type { Grant } from '../src/api/types'

describe('gathering many bells', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('answers the first at once and the rest once', () => {
    const run = vi.fn()
    const ring = gathering(run, 1_000)
    for (let bell = 0; bell < 500; bell += 1) ring()
    expect(run).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(1_000)
    expect(run).toHaveBeenCalledTimes(2)
    vi.advanceTimersByTime(10_000)
    expect(run).toHaveBeenCalledTimes(2)
    ring()
    expect(run).toHaveBeenCalledTimes(3)
  })

  it('lets a single later bell wait for a short gap only', () => {
    const run = vi.fn()
    const ring = gathering(run, 1_000)
    ring()
    ring()
    vi.advanceTimersByTime(100)
    expect(run).toHaveBeenCalledTimes(2)
  })

  it('comes down to the interval while bells keep coming', () => {
    const run = vi.fn()
    const ring = gathering(run, 1_000)
    for (let tick = 0; tick < 100; tick += 1) {
      ring()
      vi.advanceTimersByTime(100)
    }
    expect(run.mock.calls.length).toBeLessThanOrEqual(14)
  })
})

describe('addresses', () => {
  it('leave out what is empty and escape the rest', () => {
    expect(address('/cameras', { q: '朝 霞&', owner: '', kind: null, limit: 50 })).toBe('/api/v1/cameras?q=%E6%9C%9D%20%E9%9C%9E%26&limit=50')
  })
})

describe('a grant', () => {
  const at = Date.parse('2026-11-23T08:00:00Z')
  const grant = { not_before: '2026-11-23T07:00:00Z', not_after: null, revoked_at: null } as Grant

  it('is in force, not yet, over or revoked', () => {
    expect(grantState(grant, at)).toBe('active')
    expect(grantState({ ...grant, not_before: '2026-11-24T00:00:00Z' }, at)).toBe('pending')
    expect(grantState({ ...grant, not_after: '2026-11-23T08:00:00Z' }, at)).toBe('expired')
    expect(grantState({ ...grant, revoked_at: '2026-11-23T07:30:00Z' }, at)).toBe('revoked')
  })
})
