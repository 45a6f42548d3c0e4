import { describe, expect, it } from 'vitest'
import { advance, type Input, pause, shown, type Status, STOPPED } from '../src/player/machine'

function run(inputs: (Input | [Input, number])[], from: Status = STOPPED): Status {
  return inputs.reduce<Status>((status, entry) => {
    const [input, at] = Array.isArray(entry) ? entry : [entry, 0]
    return advance(status, input, at)
  }, from)
}

describe('one live view', () => {
  it('connects, plays, and forgets earlier failures when a picture comes', () => {
    const lost = run([{ type: 'play' }, { type: 'end', code: 'lost', message: '' }, { type: 'retry' }])
    expect(lost).toMatchObject({ phase: 'connecting', attempt: 1 })
    expect(shown(lost)).toBe('reconnecting')
    const playing = advance(lost, { type: 'picture' }, 0)
    expect(playing).toMatchObject({ phase: 'playing', attempt: 0, code: null, seen: true })
  })

  it.each(['revoked', 'expired', 'signed_out', 'not_found', 'unplayable'] as const)('never tries again after %s', (code) => {
    const ended = run([{ type: 'play' }, { type: 'end', code, message: 'why' }, [{ type: 'retry' }, 1e9]])
    expect(ended).toMatchObject({ phase: 'ended', code, message: 'why', retryAt: null })
  })

  it.each(['lost', 'unavailable', 'overloaded', 'refused'] as const)('waits and tries again after %s', (code) => {
    const waiting = run([{ type: 'play' }, [{ type: 'end', code, message: '' }, 1_000]])
    expect(waiting.phase).toBe('waiting')
    expect(waiting.retryAt).toBeGreaterThan(1_000)
  })

  it('says that the permission was taken back when a camera that was seen is not found any more', () => {
    const played: Input[] = [{ type: 'play' }, { type: 'picture' }]
    const lost: Input[] = [{ type: 'end', code: 'lost', message: '' }, { type: 'retry' }]
    expect(shown(run([...played, ...lost, { type: 'end', code: 'not_found', message: '' }]))).toBe('revoked')
    expect(shown(run([{ type: 'play' }, { type: 'end', code: 'not_found', message: '' }]))).toBe('not_found')
  })

  it('waits without trying while the console is locked, and connects when it is unlocked', () => {
    const dropped: Input[] = [{ type: 'play' }, { type: 'picture' }, { type: 'end', code: 'lost', message: '' }, { type: 'retry' }]
    const waiting = run([...dropped, { type: 'end', code: 'locked', message: 'locked' }])
    expect(waiting).toMatchObject({ phase: 'waiting', code: 'locked', retryAt: null, seen: true })
    expect(shown(waiting)).toBe('reconnecting')
    expect(advance(waiting, { type: 'unlock' }, 0)).toMatchObject({ phase: 'connecting', seen: true })
  })

  it('is left alone by unlocking in every other state', () => {
    const refused = run([{ type: 'play' }, { type: 'end', code: 'refused', message: '' }])
    const ended = run([{ type: 'play' }, { type: 'end', code: 'revoked', message: '' }])
    const playing = run([{ type: 'play' }, { type: 'picture' }])
    for (const status of [STOPPED, refused, ended, playing]) expect(advance(status, { type: 'unlock' }, 0)).toBe(status)
  })

  it('tells silence from an interruption', () => {
    const silent = run([{ type: 'play' }, { type: 'picture' }, { type: 'silence' }])
    expect(shown(silent)).toBe('no_signal')
    expect(shown(advance(silent, { type: 'picture' }, 0))).toBe('playing')
  })

  it('is put away with the page and comes back with it', () => {
    const hidden = run([{ type: 'play' }, { type: 'picture' }, { type: 'hide' }])
    expect(hidden.phase).toBe('paused')
    expect(run([{ type: 'end', code: 'lost', message: '' }], hidden)).toBe(hidden)
    expect(advance(hidden, { type: 'show' }, 0).phase).toBe('connecting')
  })

  it('ignores what comes after it was stopped', () => {
    const stopped = run([{ type: 'play' }, { type: 'stop' }])
    const late: Input[] = [{ type: 'picture' }, { type: 'silence' }, { type: 'retry' }, { type: 'hide' }, { type: 'show' }]
    for (const input of late) expect(advance(stopped, input, 0)).toBe(stopped)
  })

  it('blames the device for a refusal only when the catalogue does', () => {
    const refused = run([{ type: 'play' }, { type: 'end', code: 'refused', message: '' }])
    expect(shown(refused, 'refused')).toBe('refused')
    expect(shown(refused, 'online')).toBe('forbidden')
    expect(shown(run([{ type: 'play' }]), 'refused')).toBe('refused')
    const unavailable = run([{ type: 'play' }, { type: 'end', code: 'unavailable', message: '' }])
    expect(shown(unavailable, 'refused')).toBe('refused')
    expect(shown(unavailable, 'offline')).toBe('unavailable')
  })
})

describe('the pause before another try', () => {
  it('grows to a ceiling and spreads', () => {
    const pauses = [0, 1, 2, 3, 4, 5, 6, 20].map((attempt) => pause('lost', attempt, 0.5))
    expect([...pauses].sort((one, other) => one - other)).toEqual(pauses)
    expect(pauses.at(-1)).toBe(15_000)
    expect(pause('lost', 3, 0)).toBeLessThan(pause('lost', 3, 1))
  })

  it('is long for a device that refuses, or it would lock the account', () => {
    expect(pause('refused', 0, 0)).toBeGreaterThanOrEqual(20_000)
  })
})
