import { describe, expect, it, vi } from 'vitest'
import { ApiError } from '../src/api/client'
import { useAnswer, useOne } from '../src/state/asking'

// The words remember the reader's language, which only a browser can.
vi.hoisted(() => vi.stubGlobal('localStorage', { getItem: () => null }))

/** A failure that the page says nothing about: the lock lies over it. */
const failure = new ApiError(403, 'locked', '')

describe('what the gateway answers to a question of a page', () => {
  it('is what was given first until there is an answer, and stays when the next question fails', async () => {
    const answers: (() => Promise<number[]>)[] = [() => Promise.resolve([1]), () => Promise.reject(failure)]
    const { answer, loaded, load } = useAnswer<number[]>(() => answers.shift()!(), [])
    expect([answer.value, loaded.value]).toEqual([[], false])
    await load()
    expect([answer.value, loaded.value]).toEqual([[1], true])
    await load()
    expect(answer.value).toEqual([1])
  })

  it('is dropped on a failure where the page says so', async () => {
    const answers: (() => Promise<string>)[] = [() => Promise.resolve('a'), () => Promise.reject(failure)]
    const { answer, load } = useAnswer<string | null>(() => answers.shift()!(), null, true)
    await load()
    expect(answer.value).toBe('a')
    await load()
    expect(answer.value).toBe(null)
  })

  it('is the answer to the last question, whichever comes back last', async () => {
    const come: ((text: string) => void)[] = []
    const { answer, load } = useAnswer<string>(() => new Promise((resolve) => come.push(resolve)), '')
    const asked = [load(), load()]
    come[1]!('second')
    come[0]!('first')
    await Promise.all(asked)
    expect(answer.value).toBe('second')
  })
})

describe('one thing by its id', () => {
  it('is missing when there is none such, and stays when the gateway only cannot be asked', async () => {
    const answers: (() => Promise<string>)[] = [() => Promise.resolve('a'), () => Promise.reject(failure), () => Promise.reject(new ApiError(404, 'not_found', ''))]
    const { one, missing, load } = useOne(() => answers.shift()!())
    await load()
    await load()
    expect([one.value, missing.value]).toEqual(['a', false])
    await load()
    expect([one.value, missing.value]).toEqual([null, true])
  })
})
