/** Sentences that the gateway says in English, put into Chinese by their pattern. */

export type Patterns = readonly [RegExp, string][]

/** The sentence in Chinese; one that no pattern knows stays as it was said. */
export function inChinese(said: string, patterns: Patterns): string {
  const found = patterns.find(([pattern]) => pattern.test(said))
  return found === undefined ? said : said.replace(found[0], found[1])
}
