import { describe, expect, it, vi } from 'vitest'
import { groupCode, km2 } from './areas'
import { day, moment, nearMoment, nextMonth } from './dates'
import { count, DASH, fixed, ratio, roughly, share, short } from './numbers'

describe('figures', () => {
  it('are separated, and a dash when there are none', () => {
    expect(count(1234567)).toBe('1,234,567')
    expect(count(0)).toBe('0')
    for (const nothing of [null, undefined, NaN, Infinity]) {
      expect(count(nothing)).toBe(DASH)
      expect(fixed(nothing, 2)).toBe(DASH)
      expect(share(nothing)).toBe(DASH)
      expect(km2(nothing)).toBe(DASH)
    }
  })

  it('say 100% and 0% only when it is so', () => {
    expect(share(1)).toBe('100%')
    expect(share(0)).toBe('0%')
    expect(share(0.9999)).toBe('99.9%')
    expect(share(0.00001)).toBe('0.1%')
    expect(share(0.683)).toBe('68.3%')
  })

  it('are shortened as each language does', () => {
    expect(short(24_050_000, 'zh')).toBe('2,405 万')
    expect(short(383_000, 'zh')).toBe('38.3 万')
    expect(short(383_000, 'en')).toBe('383 k')
    expect(short(24_050_000, 'en')).toBe('24.05 M')
    expect(short(79_540, 'zh')).toBe('79,540')
  })

  it('say of a small count what the server says, and stand somewhere below it', () => {
    expect(count('<5')).toBe('<5')
    expect(short('<17', 'zh')).toBe('<17')
    expect(short('<17', 'en')).toBe('<17')
    expect(count('<b>')).toBe(DASH)
    expect(['<9', 0, 6, '<5', 5].sort((a, b) => roughly(a) - roughly(b))).toEqual([0, '<5', '<9', 5, 6])
    expect(roughly('nonsense')).toBeNaN()
  })

  it('give progress that reaches 100 only at the end', () => {
    expect(ratio(147, 148)).toBe(99)
    expect(ratio(148, 148)).toBe(100)
    expect(ratio(0, 0)).toBe(0)
  })
})

describe('areas and codes', () => {
  it('have as many digits as they deserve', () => {
    expect(km2(1_145_881e6)).toBe('1,145,881 km²')
    expect(km2(12.6e6)).toBe('12.6 km²')
    expect(km2(0.0423e6)).toBe('0.042 km²')
  })

  it('come in groups', () => {
    expect(groupCode('150821100201003')).toBe('150821 100 201 003')
    expect(groupCode('150821')).toBe('150821 000 000')
  })
})

describe('days', () => {
  it('are written year first', () => {
    expect(day('2026-11-23')).toBe('2026-11-23')
    expect(day('nonsense')).toBe(DASH)
    expect(day(null)).toBe(DASH)
  })

  it('follow each other over the end of a year', () => {
    expect(nextMonth('2026-11-23')).toBe('2026-12-01')
    expect(nextMonth('2026-12-01')).toBe('2027-01-01')
  })
})

describe('a moment by the clock of the region', () => {
  const now = new Date('2026-11-26T02:00:00Z')
  it('is the same wherever its reader is', () => {
    // The reader's own zone is the process's: from one side of the date line to the other.
    for (const zone of ['Pacific/Kiritimati', 'Asia/Shanghai', 'UTC', 'Pacific/Pago_Pago']) {
      vi.stubEnv('TZ', zone)
      expect(moment('2026-11-26T16:30:00Z'), zone).toBe('2026-11-27 00:30')
      expect(day('2026-12-31T16:00:00Z'), zone).toBe('2027-01-01')
      expect(day('2026-12-31T15:59:59Z'), zone).toBe('2026-12-31')
    }
    vi.unstubAllEnvs()
  })
  it('is told by the hour on the same day there, and with its day otherwise', () => {
    expect(nearMoment('2026-11-26T04:00:00Z', now)).toBe('12:00')
    expect(nearMoment('2026-11-26T15:59:00Z', now)).toBe('23:59')
    expect(nearMoment('2026-11-26T16:00:00Z', now)).toBe('2026-11-27 00:00')
    expect(nearMoment('2026-12-31T16:30:00Z', now)).toBe('2027-01-01 00:30')
  })
  it('is a dash where none is known', () => {
    expect(moment(undefined)).toBe('–')
    expect(nearMoment(null, now)).toBe('–')
    expect(nearMoment('soon', now)).toBe('–')
  })
})
