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

/** 150821 001 003 004: a code with all its digits, in the groups it is made of. */
export function groupCode(short: string): string {
  const code = short.padEnd(12, '0')
  const groups = [code.slice(0, 6), code.slice(6, 9), code.slice(9, 12), code.slice(12, 15)]
  return groups.filter(Boolean).join(' ')
}
