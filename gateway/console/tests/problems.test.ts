import { afterEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '../src/words'
import { problemFor } from '../src/words/problems'

vi.hoisted(() => vi.stubGlobal('localStorage', { getItem: () => null }))
afterEach(() => {
  i18n.global.locale.value = 'zh-CN'
})

const SAID: [string, string][] = [
  ['latitude is missing: fill it in', '缺少 latitude，请填写'],
  ["kind is 'street': write one of junction, road", "kind 为 'street'，只能填写以下之一：junction, road"],
  ["township_code is '３２': write the township's 9 digits, in half-width characters", "township_code 为 '３２'，请用半角填写镇街的 9 位代码"],
  ['gb_id 1 has the type 118: digits 11 to 13 must be 131 or 132', 'gb_id 1 的类型为 118，第 11 至 13 位应为 131 或 132'],
  ["name_zh is '$1: write a number': write a whole number", "name_zh 为 '$1: write a number'，请填写整数"],
]

describe('a problem of a file', () => {
  it.each(SAID)('is said in Chinese: %s', (english, chinese) => {
    i18n.global.locale.value = 'zh-CN'
    expect(problemFor(english)).toBe(chinese)
    i18n.global.locale.value = 'en'
    expect(problemFor(english)).toBe(english)
  })

  it('that is not known here stays as it was said', () => {
    i18n.global.locale.value = 'zh-CN'
    expect(problemFor('something new: do this')).toBe('something new: do this')
  })
})
