import { describe, expect, it } from 'vitest'
import { BREAKS, UNREACHED, bandOf, bandsOf } from './bands'
import { REACH_COLOURS } from './palette'

describe('bands of travel time', () => {
  it('puts a time on a break into the nearer band', () => {
    expect(bandOf(0)).toBe(0)
    expect(bandOf(15)).toBe(0)
    expect(bandOf(15.1)).toBe(1)
    expect(bandOf(120)).toBe(5)
    expect(bandOf(121)).toBe(6)
    expect(bandOf(null)).toBe(UNREACHED)
  })
  it('has a colour for each band', () => {
    expect(REACH_COLOURS.light).toHaveLength(BREAKS.length + 1)
    expect(REACH_COLOURS.dark).toHaveLength(UNREACHED)
  })
  it('gathers the cells of a band', () => {
    const ring = [
      [0, 0],
      [1, 0],
      [0, 1],
      [0, 0],
    ]
    const { features } = bandsOf({ cells: ['a', 'b', 'c'], minutes: [3, null, 7] }, () => ring)
    expect(features.map((f) => f.properties?.band)).toEqual([0, UNREACHED])
    expect(features[0]?.geometry).toEqual({ type: 'MultiPolygon', coordinates: [[ring], [ring]] })
  })
})
