import { afterEach, describe, expect, it, vi } from 'vitest'

vi.hoisted(() => vi.stubGlobal('localStorage', { getItem: () => null }))
const { ApiError } = await import('../src/api/client')
const { decoded, encoded, keySentence, obstacle, PasskeyError, useKey } = await import('../src/state/passkeys')

function at(hostname: string, secure = true): void {
  vi.stubGlobal('location', { hostname })
  vi.stubGlobal('isSecureContext', secure)
  vi.stubGlobal('window', { PublicKeyCredential: {} })
}

const ASKED = { id: 'c', options: { challenge: 'AA', user: { id: '' }, allowCredentials: [{ id: '_-8' }] } }

afterEach(() => vi.unstubAllGlobals())

describe('passkeys', () => {
  it('are offered at names only, over HTTPS, by browsers that know them', () => {
    at('gateway.example')
    expect(obstacle()).toBeNull()
    for (const number of ['127.0.0.1', '192.0.2.7', '[::1]']) {
      at(number)
      expect(obstacle()).toBe('address')
    }
    at('gateway.example', false)
    expect(obstacle()).toBe('plain')
    at('localhost')
    vi.stubGlobal('window', {})
    expect(obstacle()).toBe('browser')
  })

  it('speak base64url', () => {
    const bytes = Uint8Array.from([255, 239, 0, 1])
    expect(encoded(bytes.buffer)).toBe('_-8AAQ')
    expect([...new Uint8Array(decoded('_-8AAQ'))]).toEqual([...bytes])
  })

  it('say calmly why they were not used', async () => {
    const get = vi.fn(() => Promise.reject(new DOMException('', 'NotAllowedError')))
    vi.stubGlobal('navigator', { credentials: { get } })
    const error: unknown = await useKey(ASKED).catch((one: unknown) => one)
    expect(error).toBeInstanceOf(PasskeyError)
    expect(keySentence(error)).toContain('再试一次')
    expect(keySentence(new ApiError(409, 'conflict', '', { why: 'address' }))).toContain('IP 地址')
    expect(keySentence(new ApiError(409, 'conflict', '', { why: 'enough' }))).toContain('十个')
    expect(keySentence(new ApiError(409, 'conflict', ''))).toContain('他人')
  })

  it('answer with what the browser gave', async () => {
    const buffer = (...bytes: number[]) => Uint8Array.from(bytes).buffer
    const response = { clientDataJSON: buffer(1), authenticatorData: buffer(2), signature: buffer(3), userHandle: null }
    const get = vi.fn(() => Promise.resolve({ id: '_-8', rawId: buffer(255, 239), type: 'public-key', response }))
    vi.stubGlobal('navigator', { credentials: { get } })
    expect(await useKey(ASKED)).toEqual({
      ceremony: 'c',
      credential: {
        id: '_-8',
        rawId: '_-8',
        type: 'public-key',
        response: { clientDataJSON: 'AQ', authenticatorData: 'Ag', signature: 'Aw', userHandle: null },
      },
    })
  })
})
