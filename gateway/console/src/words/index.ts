/** Languages: Chinese first, English complete. */

import { createI18n } from 'vue-i18n'
import { ApiError } from '../api/client'
import type { Named } from '../api/types'
import { en } from './en'
import { refusalInChinese } from './refusals'
import { zh } from './zh'

export type Language = 'zh-CN' | 'en'

const KEPT = 'language'

function first(): Language {
  return localStorage.getItem(KEPT) === 'en' ? 'en' : 'zh-CN'
}

export const i18n = createI18n({
  legacy: false,
  locale: first(),
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zh, en },
})

export function setLanguage(language: Language): void {
  i18n.global.locale.value = language
  localStorage.setItem(KEPT, language)
  document.documentElement.lang = language
}

/** A thing's name in the language in use, or in the other one when it has none. */
export function nameOf(thing: Named): string {
  const english = i18n.global.locale.value === 'en'
  return (english ? thing.name_en || thing.name_zh : thing.name_zh || thing.name_en) || ''
}

/** The name of what a row names by a prefix: `owner` for its `owner_name_zh` and `owner_name_en`. */
export function nameIn<What extends string>(row: { [Key in `${What}_name_${'zh' | 'en'}`]?: string | null }, what: What): string {
  return nameOf({ name_zh: row[`${what}_name_zh`] ?? '', name_en: row[`${what}_name_en`] ?? '' })
}

/** The word for a code under a heading, or the code itself when nobody has named it. */
export function wordFor(heading: string, code: string | null | undefined): string {
  if (!code) return ''
  const key = `${heading}.${code}`
  return i18n.global.te(key) || i18n.global.te(key, 'zh-CN') ? i18n.global.t(key) : code
}

/** Kinds of refusals that say little by themselves; their own sentences say why, and what to do. */
const VAGUE = new Set(['conflict', 'forbidden', 'invalid', 'refused', 'unavailable'])

/** Whatever went wrong as one calm sentence. */
export function sentence(error: unknown): string {
  const { t } = i18n.global
  if (!(error instanceof ApiError)) return t('errors.unexpected')
  const english = i18n.global.locale.value === 'en'
  const lapsed = error.code === 'account_lapsed' ? wordFor('accounts.why', String(error.detail['why'])) : ''
  if (lapsed !== '') return t('errors.account_lapsed', { why: lapsed })
  const refused = wordFor('setUp.why', String(error.detail['why'] ?? ''))
  if (error.detail['field'] === 'password' && refused !== '') return refused
  const known = wordFor('errors', error.code)
  if (english && error.message) return error.message
  const chinese = VAGUE.has(error.code) ? refusalInChinese(error.message) : ''
  if (chinese !== '') return chinese
  if (known !== error.code) return known
  return error.message || t('errors.unexpected')
}

/** Several words in a row, with the language's own mark between them. */
export function inList(words: readonly string[]): string {
  return words.join(i18n.global.locale.value === 'en' ? ', ' : '\u3001')
}
