/** What a grant is worth on a day, and where its holder begins. */
import type { Grant, Role } from '@/api/types'

/** In the order in which they are offered. */
export const ROLES: readonly Role[] = [
  'administrator',
  'planner',
  'people_officer',
  'finance',
  'analyst',
  'worker',
  'auditor',
]

export type GrantState = 'now' | 'future' | 'ended'

/** `until` is the first day on which a grant no longer holds. */
export function stateOf(grant: Pick<Grant, 'from' | 'until'>, today: string): GrantState {
  if (grant.until && grant.until <= today) return 'ended'
  return grant.from > today ? 'future' : 'now'
}

/** Codes are prefixes: an area covers itself and all below it. */
export const covers = (area: string, code: string): boolean => code.startsWith(area)

export const dayBefore = (day: string): string => shifted(day, -1)
export const dayAfter = (day: string): string => shifted(day, 1)

function shifted(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`)
  date.setUTCDate(date.getUTCDate() + days)
  return date.toISOString().slice(0, 10)
}

/** The widest code that stands above (or is) every one of these; null when nothing is above them all. */
export function commonArea(codes: readonly string[]): string | null {
  const [first, ...rest] = codes
  if (first === undefined) return null
  const length = [12, 9, 6, 4, 2].find(
    (n) => first.length >= n && rest.every((code) => code.length >= n && code.startsWith(first.slice(0, n))),
  )
  return length === undefined ? null : first.slice(0, length)
}

/** Where somebody's own work lies: the map begins there. */
export function startArea(account: { area: string; grants: readonly Grant[] }, today: string): string {
  const holding = account.grants.filter((grant) => stateOf(grant, today) === 'now')
  return commonArea(holding.map((grant) => grant.area)) ?? account.area
}

/** Does somebody look after grids? */
export const isWorker = (account: { grants: readonly Grant[] }, today: string): boolean =>
  account.grants.some((grant) => grant.role === 'worker' && stateOf(grant, today) === 'now')

/** And nothing else? */
export const isOnlyWorker = (account: { grants: readonly Grant[] }, today: string): boolean =>
  isWorker(account, today) &&
  account.grants.every((grant) => grant.role === 'worker' || stateOf(grant, today) !== 'now')

/** The widest area in which somebody manages accounts. */
export function managedArea(account: { area: string; grants: readonly Grant[] }, today: string): string {
  const managing = account.grants.filter((grant) => grant.role === 'administrator')
  return startArea({ area: account.area, grants: managing }, today)
}

/** What is in force first, then what will be, then what has been; the newest first within. */
export function inOrder<G extends Grant>(grants: readonly G[], today: string): G[] {
  const rank: Record<GrantState, number> = { now: 0, future: 1, ended: 2 }
  return [...grants].sort(
    (a, b) =>
      rank[stateOf(a, today)] - rank[stateOf(b, today)] ||
      b.from.localeCompare(a.from) ||
      a.area.localeCompare(b.area),
  )
}
