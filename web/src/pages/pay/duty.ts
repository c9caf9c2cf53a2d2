/** What is entered on the page of duty days, before it is sent. */
import type { DutyEntry, DutyRow } from '@/api/pay'

export interface Entry {
  duty_days: number | null
  expected_days: number | null
  score: number | null
}

export const entryOf = (row: DutyRow): Entry => ({
  duty_days: row.duty_days,
  expected_days: row.expected_days,
  score: row.score,
})

/** Monday to Friday of a month: what is expected where nobody has said otherwise. */
export function weekdays(month: string): number {
  const [year = 0, of = 1] = month.split('-').map(Number)
  const last = new Date(Date.UTC(year, of, 0)).getUTCDate()
  const days = Array.from({ length: last }, (_, i) => new Date(Date.UTC(year, of - 1, i + 1)).getUTCDay())
  return days.filter((day) => day !== 0 && day !== 6).length
}

export type Fault = 'badDays' | 'badScore' | null

const whole = (value: number | null, least: number, most: number): boolean =>
  value !== null && Number.isInteger(value) && value >= least && value <= most

export function faultOf({ duty_days, expected_days, score }: Entry): Fault {
  if (!whole(expected_days, 1, 31) || !whole(duty_days, 0, expected_days ?? 0)) return 'badDays'
  return score === null || whole(score, 0, 100) ? null : 'badScore'
}

const same = (a: Entry, b: Entry): boolean =>
  a.duty_days === b.duty_days && a.expected_days === b.expected_days && a.score === b.score

/** The rows that differ from what the server holds. */
export function changesIn(rows: readonly DutyRow[], entries: Readonly<Record<string, Entry>>): DutyEntry[] {
  return rows.flatMap((row) => {
    const entry = entries[row.worker]
    if (!entry || same(entry, entryOf(row))) return []
    const { duty_days, expected_days, score } = entry
    return [{ worker: row.worker, duty_days: duty_days ?? 0, expected_days: expected_days ?? 0, score }]
  })
}
