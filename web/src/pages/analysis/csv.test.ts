import { describe, expect, it } from 'vitest'
import { toCsv } from './csv'

describe('a table as CSV', () => {
  it('opens as Chinese in a spreadsheet', () => {
    expect(
      toCsv([
        ['类型', '户数'],
        ['城区', 1234],
      ]),
    ).toBe('\uFEFF类型,户数\r\n城区,1234\r\n')
  })
  it('quotes what must be quoted and leaves none empty', () => {
    expect(toCsv([['a,b', 'say "so"', null]])).toBe('\uFEFF"a,b","say ""so""",\r\n')
  })
  it('hands a spreadsheet no formula', () => {
    expect(toCsv([['=1+1', -5]])).toBe("\uFEFF'=1+1,-5\r\n")
  })
})
