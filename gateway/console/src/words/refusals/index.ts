/** Why the gateway refused something, in one English sentence each, as the reader reads it. */

import { inChinese } from '../spoken'
import { CAMERAS } from './cameras'
import { PEOPLE } from './people'
import { RECORDS } from './records'
import { SHARING } from './sharing'

/** The refusal in Chinese; an empty text for one that is not known here. */
export function refusalInChinese(said: string): string {
  const chinese = inChinese(said, [...PEOPLE, ...SHARING, ...CAMERAS, ...RECORDS])
  return chinese === said ? '' : chinese
}
