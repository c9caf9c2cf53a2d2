import { DASH } from './numbers'

/** 2026-11-23 (a day passes through; a moment is told in the reader's own time zone). */
export function day(value: string | null | undefined): string {
  if (!value) return DASH
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return value
  const date = new Date(value)
  return Number.isNaN(date.getTime()) ? DASH : isoDay(date)
}

/** 2026-11-23 09:12 */
export function moment(value: string | null | undefined): string {
  if (!value) return DASH
  const date = new Date(value)
  if (Number.isNaN(date.getTime())) return DASH
  return `${isoDay(date)} ${two(date.getHours())}:${two(date.getMinutes())}`
}

/** The first day of the month after: when a plan usually takes effect. */
export function nextMonth(value: string): string {
  const date = new Date(`${value}T00:00:00Z`)
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)).toISOString().slice(0, 10)
}

const two = (n: number): string => String(n).padStart(2, '0')
const isoDay = (d: Date): string => `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`
