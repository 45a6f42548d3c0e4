import { afterEach, describe, expect, it, vi } from 'vitest'
import { ApiError, onProofNeeded, post } from '../src/api/client'
import { looksLikeCode } from '../src/state/codes'
import { askForProof, asking } from '../src/state/proof'

// The words remember the reader's language, which only a browser can.
vi.hoisted(() => vi.stubGlobal('localStorage', { getItem: () => null }))

function answers(...replies: { status: number; code?: string }[]) {
  const asked: string[] = []
  vi.stubGlobal('fetch', (address: string) => {
    asked.push(address)
    const { status, code } = replies.shift() ?? { status: 204 }
    const body = code === undefined ? null : JSON.stringify({ error: { code, message: '', detail: { enrolled: true } } })
    return Promise.resolve(new Response(body, { status }))
  })
  return asked
}

afterEach(() => onProofNeeded(() => Promise.resolve(false)))

describe('a request that takes a fresh proof', () => {
  it('is repeated once the code was given', async () => {
    const asked = answers({ status: 403, code: 'second_factor_needed' }, { status: 204 })
    onProofNeeded(askForProof)
    const done = post('/operators', {})
    await vi.waitFor(() => expect(asking.value).not.toBeNull())
    expect(asking.value?.enrolled).toBe(true)
    asking.value?.done(true)
    await done
    expect(asked).toHaveLength(2)
    expect(asking.value).toBeNull()
  })

  it('is refused when the person gives up, and when the second try is refused too', async () => {
    const asked = answers({ status: 403, code: 'second_factor_needed' })
    onProofNeeded(() => Promise.resolve(false))
    await expect(post('/operators', {})).rejects.toBeInstanceOf(ApiError)
    expect(asked).toHaveLength(1)
    const again = answers({ status: 403, code: 'second_factor_needed' }, { status: 403, code: 'second_factor_needed' })
    onProofNeeded(() => Promise.resolve(true))
    await expect(post('/operators', {})).rejects.toMatchObject({ code: 'second_factor_needed' })
    expect(again).toHaveLength(2)
  })

  it('asks once for several that are refused together', async () => {
    const first = askForProof(true)
    const second = askForProof(true)
    asking.value?.done(true)
    expect(await Promise.all([first, second])).toEqual([true, true])
  })

  it('is not what signing in is: the form asks for the code itself', async () => {
    answers({ status: 403, code: 'second_factor_needed' })
    const ask = vi.fn(() => Promise.resolve(true))
    onProofNeeded(ask)
    await expect(post('/session', {})).rejects.toMatchObject({ code: 'second_factor_needed' })
    expect(ask).not.toHaveBeenCalled()
  })
})

describe('what is typed to unlock', () => {
  it('is a code if it looks like one, else the password', () => {
    for (const code of ['123456', ' 000000 ', 'aza3-2eph-frxm-zhvq']) expect(looksLikeCode(code)).toBe(true)
    for (const password of ['12345', 'quiet rivers at noon', 'vkb9-dkfp-r88f', '1234567']) expect(looksLikeCode(password)).toBe(false)
  })
})
