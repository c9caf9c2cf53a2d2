import { describe, expect, it } from 'vitest'
import type { Givens } from '@/api/types'
import { givensOf, isLocked, toggleLock, withGiven, withoutGiven } from './givens'

const HERE = '150821100201'
const THERE = '150821100202'
const none: Givens = { locks: [], dedicated: [], together: [], apart: [], barriers: [] }
const pair = (village: string, a: string, b: string) => ({ village, units: [a, b] as [string, string] })

describe('givens of a village', () => {
  it('joins ties that share a unit, whatever their order, and leaves other villages out', () => {
    const givens = {
      ...none,
      together: [
        pair(HERE, 'a', 'b'),
        pair(HERE, 'd', 'e'),
        pair(THERE, 'b', 'd'),
        pair(HERE, 'e', 'f'),
        pair(HERE, 'c', 'b'),
      ],
    }
    const found = givensOf(givens, HERE).map((given) => [...given.units].sort().join(''))
    expect(found.sort()).toEqual(['abc', 'def'])
    expect(givensOf(givens, THERE)).toEqual([{ kind: 'together', units: ['b', 'd'] }])
  })

  it('gives and takes away each kind, and nothing else', () => {
    const before: Givens = { ...none, apart: [pair(THERE, 'a', 'b')], together: [pair(HERE, 'x', 'y')] }
    for (const given of [
      { kind: 'dedicated', name: '农贸市场', units: ['a', 'b', 'c'] },
      { kind: 'together', units: ['a', 'b', 'c'] },
      { kind: 'apart', units: ['a', 'b'] },
    ] as const) {
      const own = { ...given, units: [...given.units] }
      const after = withGiven(before, HERE, own)
      expect(givensOf(after, HERE)).toContainEqual(own)
      expect(givensOf(after, THERE)).toEqual(givensOf(before, THERE))
      expect(withoutGiven(after, HERE, own)).toEqual(before)
    }
  })

  it('draws a barrier, joins what hangs together, draws it anew with another strength, and takes it away', () => {
    const drawn = (strength: number, ...pairs: [string, string][]) => ({
      kind: 'barrier' as const,
      units: [...new Set(pairs.flat())],
      pairs,
      strength,
    })
    const river = drawn(1, ['a', 'b'], ['b', 'c'])
    const road = drawn(0.6, ['x', 'y'])
    const both = withGiven(withGiven(none, HERE, river), HERE, road)
    expect(givensOf(both, HERE)).toEqual([river, road])
    expect(givensOf(both, THERE)).toEqual([])
    const weaker = withGiven(both, HERE, drawn(0.6, ['c', 'b']))
    expect(weaker.barriers).toHaveLength(3)
    expect(givensOf(weaker, HERE)).toContainEqual(drawn(1, ['a', 'b']))
    expect(withoutGiven(both, HERE, river)).toEqual(withGiven(none, HERE, road))
    expect(withoutGiven(both, THERE, river)).toEqual(both)
  })

  it('ties a chain: as many pairs as it takes to join all', () => {
    expect(withGiven(none, HERE, { kind: 'together', units: ['a', 'b', 'c', 'd'] }).together).toHaveLength(3)
  })

  it('locks a grid and unlocks it', () => {
    const grid = `${HERE}003`
    const locked = toggleLock(none, grid)
    expect(isLocked(locked, grid)).toBe(true)
    expect(isLocked(null, grid)).toBe(false)
    expect(toggleLock(locked, grid)).toEqual(none)
  })
})
