import { describe, expect, it } from 'vitest'
import { lastMonth, month } from './dates'
import { change, fenOf, yuan } from './money'
import { DASH } from './numbers'

describe('money', () => {
  it('is shown in yuan with both decimals', () => {
    expect(yuan(123456)).toBe('1,234.56')
    expect(yuan(5)).toBe('0.05')
    expect(yuan(-70)).toBe('−0.70')
    expect(yuan(null)).toBe(DASH)
    expect(change(100)).toBe('+1.00')
    expect(change(0)).toBe('0.00')
  })

  it('is read to the fen, or not at all', () => {
    expect(fenOf('1,234.5')).toBe(123450)
    expect(fenOf('-0.07')).toBe(-7)
    expect(fenOf('−12')).toBe(-1200)
    for (const text of ['', '1.234', '1e3', '一百', '.5']) expect(fenOf(text), text).toBeNull()
  })

  it('comes back as it was written', () => {
    for (const fen of [0, 1, -1, 99, 100, 123456789]) expect(fenOf(yuan(fen))).toBe(fen)
  })
})

describe('months', () => {
  it('are written as each language does', () => {
    expect(month('2026-11', 'zh')).toBe('2026年11月')
    expect(month('2026-01-01', 'en')).toBe('2026-01')
    expect(month(null, 'zh')).toBe(DASH)
  })

  it('follow each other over the end of a year', () => {
    expect(lastMonth('2026-11-25')).toBe('2026-10')
    expect(lastMonth('2026-01-01')).toBe('2025-12')
  })
})
