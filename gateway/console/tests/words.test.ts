import { afterEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '../src/api/client'
import { i18n, sentence } from '../src/words'
import { en } from '../src/words/en'
import { zh } from '../src/words/zh'

vi.hoisted(() => vi.stubGlobal('localStorage', { getItem: () => null }))
afterEach(() => {
  i18n.global.locale.value = 'zh-CN'
})

type Tree = { [key: string]: string | Tree }

function flat(tree: Tree, before = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') found.set(before + key, value)
    else for (const [below, text] of flat(value, `${before}${key}.`)) found.set(below, text)
  }
  return found
}

const sources = import.meta.glob<string>('../src/**/*.{vue,ts}', { query: '?raw', import: 'default', eager: true })
const chinese = flat(zh as Tree)
const english = flat(en as Tree)

function holes(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort()
}

describe('words', () => {
  it('are said in both languages, with the same figures in them', () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort())
    for (const [key, text] of chinese) expect(holes(english.get(key) ?? ''), key).toEqual(holes(text))
    for (const [key, text] of [...chinese, ...english]) expect(text.trim(), key).not.toBe('')
  })

  it('are Chinese in Chinese, with Chinese marks', () => {
    for (const [key, text] of chinese) {
      if (/[\u4e00-\u9fff]/.test(text)) expect(text, key).not.toMatch(/[\u4e00-\u9fff}][,;:!?]/)
    }
    for (const [key, text] of english) expect(text, key).not.toMatch(/[\u4e00-\u9fff]/)
  })

  it('exist wherever a page asks for them', () => {
    const asked = new Set<string>()
    for (const text of Object.values(sources)) {
      for (const match of text.matchAll(/\bt\('([\w.]+)'/g)) asked.add(match[1] ?? '')
    }
    expect(asked.size).toBeGreaterThan(100)
    expect([...asked].filter((key) => !chinese.has(key))).toEqual([])
  })
})

describe('a refusal', () => {
  const said = (code: string, message: string) => sentence(new ApiError(409, code, message, {}))

  it('is said in Chinese by its own sentence, and by its kind where that is not known', () => {
    i18n.global.locale.value = 'zh-CN'
    expect(said('conflict', 'this is the last system manager: make another one first')).toMatch(/系统管理员/)
    expect(said('conflict', 'something new')).toBe('内容已被他人修改，请刷新后再试。')
    i18n.global.locale.value = 'en'
    expect(said('conflict', 'something new')).toBe('something new')
  })
})
