import { describe, expect, it } from 'vitest'
import { FAR_BREAKS, NEAR_BREAKS, UNREACHED, bandOf, bandsOf, breaksFor } from './bands'
import { REACH_COLOURS } from './palette'

describe('bands of travel time', () => {
  it('puts a time on a break into the nearer band', () => {
    expect(bandOf(0, FAR_BREAKS)).toBe(0)
    expect(bandOf(15, FAR_BREAKS)).toBe(0)
    expect(bandOf(15.1, FAR_BREAKS)).toBe(1)
    expect(bandOf(120, FAR_BREAKS)).toBe(5)
    expect(bandOf(121, FAR_BREAKS)).toBe(6)
    expect(bandOf(null, FAR_BREAKS)).toBe(UNREACHED)
  })
  it('has a colour for each band', () => {
    expect(REACH_COLOURS.light).toHaveLength(FAR_BREAKS.length + 1)
    expect(NEAR_BREAKS).toHaveLength(FAR_BREAKS.length)
    expect(REACH_COLOURS.dark).toHaveLength(UNREACHED)
  })
  it('are wide where the land is wide', () => {
    expect(breaksFor({ cells: Array<string>(3400).fill('a'), resolution: 8 })).toBe(NEAR_BREAKS)
    expect(breaksFor({ cells: Array<string>(8800).fill('a'), resolution: 7 })).toBe(FAR_BREAKS)
  })
  it('gathers the cells of a band', () => {
    const ring = [
      [0, 0],
      [1, 0],
      [0, 1],
      [0, 0],
    ]
    const { features } = bandsOf({ cells: ['a', 'b', 'c'], minutes: [3, null, 4], resolution: 8 }, () => ring)
    expect(features.map((f) => f.properties?.band)).toEqual([0, UNREACHED])
    expect(features[0]?.geometry).toEqual({ type: 'MultiPolygon', coordinates: [[ring], [ring]] })
  })
})
