/** Sentences that the gateway says in English, put into Chinese by their pattern. */

import { i18n } from './index'

export type Patterns = readonly [RegExp, string][]

/** The sentence in the language in use; one that no pattern knows stays as it was said. */
export function spoken(said: string, patterns: Patterns): string {
  if (i18n.global.locale.value === 'en') return said
  const found = patterns.find(([pattern]) => pattern.test(said))
  return found === undefined ? said : said.replace(found[0], found[1])
}
