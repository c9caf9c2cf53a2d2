import { DASH } from './numbers'

// Offices, doors and deadlines go by the clock of the region, wherever its reader is and whatever their device says.
const REGION = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Asia/Shanghai',
  dateStyle: 'short',
  timeStyle: 'short',
})

/** 2026-11-23 (a day passes through; of a moment, the day that it is in the region). */
export function day(value: string | null | undefined): string {
  if (value && /^\d{4}-\d{2}-\d{2}$/.test(value)) return value
  const told = moment(value)
  return told === DASH ? DASH : told.slice(0, 10)
}

/** 2026-11-23 09:12 */
export function moment(value: string | null | undefined): string {
  const date = new Date(value ?? NaN)
  return Number.isNaN(date.getTime()) ? DASH : REGION.format(date)
}

/** 17:30 when it is on the day that it is in the region now, else 2026-11-27 08:30. */
export function nearMoment(value: string | null | undefined, now = new Date()): string {
  const told = moment(value)
  return told !== DASH && told.slice(0, 10) === REGION.format(now).slice(0, 10) ? told.slice(11) : told
}

/** The first day of the month after: when a plan usually takes effect. */
export function nextMonth(value: string): string {
  const date = new Date(`${value}T00:00:00Z`)
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)).toISOString().slice(0, 10)
}

/** 2026年11月 in Chinese, 2026-11 in English. */
export function month(value: string | null | undefined, language: 'zh' | 'en'): string {
  const parts = /^(\d{4})-(\d{2})/.exec(value ?? '')
  if (!parts) return DASH
  return language === 'zh' ? `${parts[1]}年${Number(parts[2])}月` : `${parts[1]}-${parts[2]}`
}

/** The month before the one that a day lies in: the last one that is over. */
export function lastMonth(value: string): string {
  const [year = 0, of = 1] = value.split('-').map(Number)
  return new Date(Date.UTC(year, of - 2, 1)).toISOString().slice(0, 7)
}
