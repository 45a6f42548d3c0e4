import { describe, expect, it, vi } from 'vitest'
import { ApiError } from '../src/api/client'
import { isConflict, useSubmit, wrongField } from '../src/state/submitting'
import { zh } from '../src/words/zh'

// The words remember the reader's language, which only a browser can.
vi.hoisted(() => vi.stubGlobal('localStorage', { getItem: () => null }))

describe('a request that a person asked for', () => {
  it('is not sent while something is missing, and says what', async () => {
    const { busy, trouble, submit } = useSubmit()
    let sent = 0
    expect(await submit(async () => { sent += 1 }, 'a reason is missing')).toBe(false)
    expect([sent, trouble.value, busy.value]).toEqual([0, 'a reason is missing', false])
  })

  it('is busy while it runs and quiet when it worked, whatever was wrong before', async () => {
    const { busy, trouble, submit } = useSubmit()
    trouble.value = 'from before'
    let during = [false, 'x'] as [boolean, string]
    expect(await submit(async () => { during = [busy.value, trouble.value] })).toBe(true)
    expect(during).toEqual([true, ''])
    expect([busy.value, trouble.value]).toEqual([false, ''])
  })

  it('says what went wrong in its own words and is free again', async () => {
    const { busy, trouble, submit } = useSubmit((error) => (isConflict(error) ? 'somebody was faster' : 'something else'))
    const conflict = new ApiError(409, 'conflict', '')
    expect(await submit(() => Promise.reject(conflict))).toBe(false)
    expect([busy.value, trouble.value]).toEqual([false, 'somebody was faster'])
    await submit(() => Promise.reject(new ApiError(500, 'failed', '')))
    expect(trouble.value).toBe('something else')
  })
})

describe('a field that the gateway finds wrong', () => {
  it('is spoken of in the page\'s own sentence, and everything else in the common one', () => {
    const told = wrongField('signs.wrong')
    expect(told(new ApiError(422, 'invalid', 'no place', { field: 'place' }))).toBe(zh.signs.wrong.place)
    expect(told(new ApiError(422, 'invalid', 'no hat', { field: 'hat' }))).toBe(told(new ApiError(422, 'invalid', 'no hat')))
    expect(told(new ApiError(404, 'not_found', ''))).toBe(zh.errors.not_found)
  })
})
