import { describe, expect, it } from 'vitest'
import { mostOf, numbersOf } from './numbers'

describe('numbers of grids', () => {
  it('are ceilings for banners and townships and counts for villages', () => {
    const rows = [
      { area: '150821', count: 400 },
      { area: '150821100', count: 40 },
      { area: '150821100201', count: 3 },
    ]
    expect(numbersOf(rows)).toEqual({
      ceilings: { '150821': 400, '150821100': 40 },
      counts: { '150821100201': 3 },
    })
  })
  it('leave out rows that say only half, and say nothing when none is whole', () => {
    expect(
      numbersOf([
        { area: null, count: 3 },
        { area: '150821', count: undefined },
      ]),
    ).toBeNull()
    expect(numbersOf([])).toBeNull()
  })
  it('have a higher bound for a ceiling than for a village', () => {
    expect(mostOf('150821100201')).toBe(999)
    expect(mostOf('150821100')).toBeGreaterThan(999)
  })
})
