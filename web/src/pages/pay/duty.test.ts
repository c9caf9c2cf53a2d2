import { describe, expect, it } from 'vitest'
import type { DutyRow } from '@/api/pay'
import { changesIn, entryOf, faultOf, weekdays } from './duty'

const row = (worker: string, duty_days: number | null): DutyRow => ({
  worker,
  name: null,
  area: '150821100',
  area_name: null,
  employment: 'full_time',
  duty_days,
  expected_days: duty_days === null ? null : 22,
  score: null,
  attested_by: null,
})

describe('duty days', () => {
  it('expect the weekdays of a month', () => {
    expect(weekdays('2026-10')).toBe(22)
    expect(weekdays('2026-02')).toBe(20)
  })

  it('are whole numbers up to what is expected', () => {
    const full = { duty_days: 22, expected_days: 22, score: 90 }
    expect(faultOf(full)).toBeNull()
    expect(faultOf({ ...full, score: null })).toBeNull()
    expect(faultOf({ ...full, duty_days: 23 })).toBe('badDays')
    expect(faultOf({ ...full, duty_days: 1.5 })).toBe('badDays')
    expect(faultOf({ ...full, duty_days: null })).toBe('badDays')
    expect(faultOf({ ...full, score: 101 })).toBe('badScore')
  })

  it('send only what has changed', () => {
    const rows = [row('a', 22), row('b', null)]
    const entries = Object.fromEntries(rows.map((one) => [one.worker, entryOf(one)]))
    expect(changesIn(rows, entries)).toEqual([])
    entries.b = { duty_days: 20, expected_days: 22, score: null }
    expect(changesIn(rows, entries)).toEqual([{ worker: 'b', duty_days: 20, expected_days: 22, score: null }])
  })
})
