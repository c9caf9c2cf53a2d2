/** Numbers of grids that a person fixes before a division, as a form holds them and as the server takes them. */

import type { GridNumbers } from '@/api/types'

export interface NumberRow {
  area: string | null
  count: number | undefined
}

const VILLAGE_DIGITS = 12
const VILLAGE_MOST = 999
const CEILING_MOST = 99_999

export const mostOf = (area: string | null): number =>
  area?.length === VILLAGE_DIGITS ? VILLAGE_MOST : CEILING_MOST

/** Rows that are whole; null when there are none, so that those of the plan started from hold on. */
export function numbersOf(rows: readonly NumberRow[]): GridNumbers | null {
  const whole = rows.flatMap(({ area, count }) => (area && count ? [[area, count] as const] : []))
  if (whole.length === 0) return null
  const isVillage = ([area]: readonly [string, number]): boolean => area.length === VILLAGE_DIGITS
  return {
    ceilings: Object.fromEntries(whole.filter((row) => !isVillage(row))),
    counts: Object.fromEntries(whole.filter(isVillage)),
  }
}
