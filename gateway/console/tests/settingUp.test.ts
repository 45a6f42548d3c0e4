import { describe, expect, it, vi } from 'vitest'
import { useSetUp } from '../src/state/settingUp'
import { zh } from '../src/words/zh'

// The words remember the reader's language, and the session a hint, which only a browser can; it also knows its address.
vi.hoisted(() => {
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined, removeItem: () => undefined })
  vi.stubGlobal('location', { search: '', pathname: '/', hash: '' })
})

const LINK = { login: 'newcomer', name: '示例', organisation: {}, expires_at: '', second_factor: true, code_needed: true, released: false }
const nothing = (): string => ''

interface Reply {
  status: number
  body?: unknown
  code?: string
  detail?: Record<string, unknown>
}

let asked: { address: string; body: Record<string, unknown> }[] = []

/** What the gateway answers, one after the other; null when it does not. */
function answers(...replies: (Reply | null)[]): void {
  asked = []
  vi.stubGlobal('fetch', (address: string, what: { body: string }) => {
    asked.push({ address, body: JSON.parse(what.body) as Record<string, unknown> })
    const reply = replies.shift()
    if (!reply) return Promise.reject(new TypeError('no answer'))
    const { status, code, detail, body } = reply
    const text = code === undefined ? body : { error: { code, message: '', detail: detail ?? {} } }
    return Promise.resolve(new Response(text === undefined ? null : JSON.stringify(text), { status }))
  })
}

const look = (released: boolean): Reply => ({ status: 200, body: { ...LINK, released } })

describe('setting up', () => {
  it('gives no code of a second factor that nobody typed: whoever kept theirs is led to the sign-in page', async () => {
    answers(look(true), { status: 204 }, { status: 403, code: 'second_factor_needed', detail: { enrolled: true } })
    const { look: open, take } = useSetUp('token')
    await open()
    expect(await take('quiet rivers at noon', 'abcd-efgh', nothing)).toBe('sign-in')
    const { address, body } = asked[2]!
    expect(address).toBe('/api/v1/session')
    expect(body).toMatchObject({ login: 'newcomer', password: 'quiet rivers at noon', code: null })
  })

  it('looks again before it says that a link is not released, and when the gateway says so', async () => {
    answers(look(false), look(false), look(true), { status: 409, code: 'not_released' }, look(false))
    const { account, trouble, look: open, take } = useSetUp('token')
    await open()
    expect(await take('', '', () => zh.setUp.notYet)).toBeNull()
    expect(trouble.value).toBe(zh.setUp.notYet)
    await open()
    expect([account.value?.released, trouble.value]).toEqual([true, ''])
    await take('quiet rivers at noon', 'abcd-efgh', nothing)
    await vi.waitFor(() => expect(account.value?.released).toBe(false))
    expect(trouble.value).toBe(zh.errors.not_released)
  })

  it('says how many tries are left, and that the link is dead after the last', async () => {
    const wrong = (left: number): Reply => ({ status: 422, code: 'wrong_release_code', detail: { left } })
    answers(look(true), wrong(4), wrong(0))
    const { dead, trouble, look: open, take } = useSetUp('token')
    await open()
    await take('quiet rivers at noon', 'wrong-one', nothing)
    expect(trouble.value).toContain('4')
    expect(dead.value).toBe(false)
    await take('quiet rivers at noon', 'wrong-two', nothing)
    expect(dead.value).toBe(true)
  })

  it('calls a link dead only if there is none, and else says that the gateway does not answer', async () => {
    answers(null, { status: 502 }, look(true), { status: 404, code: 'not_found' })
    const { account, dead, silent, look: open } = useSetUp('token')
    await open()
    expect([dead.value, silent.value]).toEqual([false, zh.errors.unreachable])
    await open()
    expect(dead.value).toBe(false)
    await open()
    expect([account.value?.released, silent.value]).toEqual([true, ''])
    await open()
    expect(dead.value).toBe(true)
  })
})
