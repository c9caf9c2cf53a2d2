/** Figures as a person reads them. Nothing known is a dash, never a word of the machine. */
export const DASH = '–'

const formats = new Map<string, Intl.NumberFormat>()
function decimal(digits: number): Intl.NumberFormat {
  const key = String(digits)
  let format = formats.get(key)
  if (!format) {
    format = new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    formats.set(key, format)
  }
  return format
}

type Maybe = number | null | undefined
/** As the server tells a count of households or people: "<5" where it is from 1 to 4 and not ours to see. */
export type Count = number | string
type MaybeCount = Count | null | undefined
const UNDER = /^<(\d+)$/

/** The number that stands for a count where it is sorted, added up or drawn: of "<5" the middle of 1 to 4. */
export function roughly(value: Count): number {
  const under = typeof value === 'string' ? UNDER.exec(value) : null
  if (under) return Number(under[1]) / 2
  return typeof value === 'number' ? value : NaN
}
const known = (value: Maybe): value is number => typeof value === 'number' && Number.isFinite(value)

export function count(value: MaybeCount): string {
  if (typeof value === 'string') return UNDER.test(value) ? value : DASH
  return known(value) ? decimal(0).format(value) : DASH
}

export const fixed = (value: Maybe, digits: number): string =>
  known(value) ? decimal(digits).format(value) : DASH

/** A share from 0 to 1 as a percentage; 100% only when it is whole, 0% only when it is nothing. */
export function share(value: Maybe): string {
  if (!known(value)) return DASH
  const percent = value * 100
  if (percent === 0 || percent === 100) return `${percent}%`
  const digits = Math.max(0.1, Number(percent.toFixed(1)))
  return `${(percent < 100 ? Math.min(99.9, digits) : digits).toFixed(1)}%`
}

/** 24,050,000 -> {value: '2,405', unit: 'wan'} in Chinese, 24.1 million in English; small figures stay whole. */
export function short(value: MaybeCount, language: 'zh' | 'en'): string {
  if (typeof value === 'string') return count(value)
  if (!known(value)) return DASH
  if (language === 'zh') {
    if (value >= 1e8) return `${fixed(value / 1e8, 2)} 亿`
    return value >= 1e5 ? `${fixed(value / 1e4, value >= 1e7 ? 0 : 1)} 万` : count(value)
  }
  if (value >= 1e6) return `${fixed(value / 1e6, 2)} M`
  return value >= 1e5 ? `${fixed(value / 1e3, 0)} k` : count(value)
}

export const ratio = (done: number, total: number): number =>
  total > 0 ? Math.min(100, Math.max(0, Math.floor((done / total) * 100))) : 0
