import { describe, expect, it } from 'vitest'
import { csvText } from '../src/state/csv'

describe('a table as CSV', () => {
  it('marks its encoding, quotes what must be quoted, and lets no cell be a formula', () => {
    const text = csvText([['账号', 'note'], ['=SUM(A1)', 'says "yes", then\nno'], ['-1', '']])
    expect(text).toBe('\ufeff账号,note\r\n\'=SUM(A1),"says ""yes"", then\nno"\r\n\'-1,\r\n')
  })
})
