/** What a division may not decide, as one village has it: read from a draft's givens, and changed in them. */
import type { Givens } from '@/api/types'

/** One thing that is given, with what it takes to take it away. */
export type Given =
  | { kind: 'dedicated'; name: string; units: string[] }
  | { kind: 'together'; units: string[] }
  | { kind: 'apart'; units: string[] }
  | Barrier

/** A river or a road: grids rather end there than cross it. `units` are those on either side. */
export interface Barrier {
  kind: 'barrier'
  units: string[]
  pairs: [string, string][]
  /** From 0 (none) to 1 (not to be crossed). */
  strength: number
}

type Pair = Givens['together'][number]

const pairOf = (pair: Pair): [string, string] => [pair.units[0] ?? '', pair.units[1] ?? '']

/** Ties that share a unit are one group. */
function groups(pairs: readonly Pair[]): string[][] {
  const found: Set<string>[] = []
  for (const pair of pairs) {
    const ends = pairOf(pair)
    const touched = found.filter((group) => ends.some((unit) => group.has(unit)))
    const merged = new Set([...touched.flatMap((group) => [...group]), ...ends])
    for (const group of touched) found.splice(found.indexOf(group), 1)
    found.push(merged)
  }
  return found.map((group) => [...group])
}

const barrier = (pairs: [string, string][], strength: number): Barrier => ({
  kind: 'barrier',
  units: [...new Set(pairs.flat())],
  pairs,
  strength,
})

/** Barriers of one strength that share a unit are one. */
function barriersOf(own: Givens['barriers']): Barrier[] {
  return [...new Set(own.map((one) => one.strength))].flatMap((strength) => {
    const alike = own.filter((one) => one.strength === strength)
    return groups(alike).map((units) =>
      barrier(
        alike.map(pairOf).filter(([a]) => units.includes(a)),
        strength,
      ),
    )
  })
}

/** All but the locks, which the list of grids tells. */
export function givensOf(givens: Givens, village: string): Given[] {
  const own = <T extends { village: string }>(list: readonly T[]): T[] =>
    list.filter((item) => item.village === village)
  return [
    ...own(givens.dedicated).map((grid): Given => ({
      kind: 'dedicated',
      name: grid.name,
      units: [...grid.units],
    })),
    ...groups(own(givens.together)).map((units): Given => ({ kind: 'together', units })),
    ...own(givens.apart).map((pair): Given => ({ kind: 'apart', units: pairOf(pair) })),
    ...barriersOf(own(givens.barriers)),
  ]
}

export const isLocked = (givens: Givens | null, grid: string): boolean =>
  givens?.locks.some((lock) => lock.grid === grid) ?? false

export function toggleLock(givens: Givens, grid: string): Givens {
  const locks = isLocked(givens, grid)
    ? givens.locks.filter((lock) => lock.grid !== grid)
    : [...givens.locks, { grid, units: [] }]
  return { ...givens, locks }
}

/** Units of one village are tied by a chain of pairs: they need not touch two by two, only all together. */
export function withGiven(givens: Givens, village: string, given: Given): Givens {
  const pair = (a: string, b: string): Pair => ({ village, units: [a, b] })
  if (given.kind === 'dedicated') {
    const grid = { village, name: given.name, units: given.units }
    return { ...givens, dedicated: [...givens.dedicated, grid] }
  }
  if (given.kind === 'barrier') {
    // Drawn again along the same border, a barrier has its new strength.
    const others = withoutGiven(givens, village, given).barriers
    const drawn = given.pairs.map(([a, b]) => ({ ...pair(a, b), strength: given.strength }))
    return { ...givens, barriers: [...others, ...drawn] }
  }
  const pairs = given.units.slice(1).map((unit, i) => pair(given.units[i] ?? '', unit))
  return { ...givens, [given.kind]: [...givens[given.kind], ...pairs] }
}

export function withoutGiven(givens: Givens, village: string, given: Given): Givens {
  if (given.kind === 'barrier') {
    const key = (units: readonly string[]): string => [...units].sort().join(' ')
    const gone = new Set(given.pairs.map(key))
    const barriers = givens.barriers.filter((one) => one.village !== village || !gone.has(key(one.units)))
    return { ...givens, barriers }
  }
  const same = (units: readonly string[]): boolean => units.every((unit) => given.units.includes(unit))
  const kept = <T extends { village: string; units: readonly string[] }>(list: readonly T[]): T[] =>
    list.filter((item) => item.village !== village || !same(item.units))
  return { ...givens, [given.kind]: kept<Pair>(givens[given.kind] as Pair[]) }
}
