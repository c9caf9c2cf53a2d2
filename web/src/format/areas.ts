import { DASH, fixed } from './numbers'

/** Square metres as km² with as many digits as they deserve. */
export function km2(m2: number | null | undefined): string {
  if (typeof m2 !== 'number' || !Number.isFinite(m2)) return DASH
  return `${km2Figure(m2 / 1e6)} km²`
}

export function km2Figure(value: number): string {
  if (value === 0) return '0'
  if (value >= 100) return fixed(value, 0)
  if (value >= 10) return fixed(value, 1)
  return fixed(value, value >= 1 ? 2 : 3)
}

/** How far a level of the area tree lies from its top. */
export const LEVELS = ['region', 'league', 'banner', 'township', 'village'] as const

/** The significant digits of a 12-digit code at its level: everything below starts with them. */
export function stem(code: string): string {
  for (const length of [2, 4, 6, 9]) if (/^0*$/.test(code.slice(length))) return code.slice(0, length)
  return code
}

export const lies = (code: string, within: string): boolean => code.startsWith(stem(within))

/** 150821 001 003 004: a long code in the groups it is made of. */
export function groupCode(code: string): string {
  const groups = [code.slice(0, 6), code.slice(6, 9), code.slice(9, 12), code.slice(12, 15)]
  return groups.filter(Boolean).join(' ')
}
