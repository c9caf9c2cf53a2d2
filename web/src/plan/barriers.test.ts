import { cellToBoundary, cellToLatLng, gridDisk, latLngToCell } from 'h3-js'
import { describe, expect, it } from 'vitest'
import { bordersAlong, borderOfCells, type DrawnUnit, type Position } from './barriers'

const VILLAGE = '150821100201'
const middle = latLngToCell(41.1, 108.27, 10)
const cell = (code: string, village = VILLAGE): DrawnUnit => ({
  code,
  village,
  rings: [cellToBoundary(code, true) as Position[]],
})
const hexes = gridDisk(middle, 3).map((code) => cell(code))
const box = (code: string, x: number, y: number): DrawnUnit => ({
  code,
  village: VILLAGE,
  rings: [
    [
      [x, y],
      [x + 1, y],
      [x + 1, y + 1],
      [x, y + 1],
      [x, y],
    ].map(([lon = 0, lat = 0]) => [lon, lat] as Position),
  ],
})

/** The parts that are left when the neighbours across these borders are no longer neighbours. */
function parts(units: DrawnUnit[], cut: readonly (readonly [string, string])[]): number {
  const closed = new Set(cut.flatMap(([a, b]) => [`${a} ${b}`, `${b} ${a}`]))
  const left = new Set(units.map((unit) => unit.code))
  let count = 0
  while (left.size) {
    count++
    const todo = [[...left][0] ?? '']
    while (todo.length) {
      const at = todo.pop() ?? ''
      if (!left.delete(at)) continue
      todo.push(...[...left].filter((to) => !closed.has(`${at} ${to}`) && borderOfCells(at, to)))
    }
  }
  return count
}

describe('a line drawn over units', () => {
  it('leaves out cells whose common side lies outside of their village', () => {
    const [west, east] = [middle, gridDisk(middle, 1).find((code) => code !== middle) ?? '']
    const from = (code: string): Position => cellToLatLng(code).reverse() as Position
    const [[x1, y1], [x2, y2]] = [from(west), from(east)]
    const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2]
    // Across the way from one centre to the other.
    const line: Position[] = [
      [x - (y2 - y1), y + (x2 - x1)],
      [x + (y2 - y1), y - (x2 - x1)],
    ]
    const side = new Set(borderOfCells(west, east)?.map(([lon]) => lon.toFixed(6)))
    const cut = (code: string): DrawnUnit => ({
      ...cell(code),
      rings: cell(code).rings.map((ring) => ring.filter(([lon]) => !side.has(lon.toFixed(6)))),
    })
    expect(bordersAlong(line, [cell(west), cell(east)])).toHaveLength(1)
    expect(bordersAlong(line, [cut(west), cell(east)])).toHaveLength(0)
    expect(bordersAlong(line, [cell(west), cut(east)])).toHaveLength(0)
  })
  it('cuts cells in two without a gap, however shaky', () => {
    const [lat, lon] = cellToLatLng(middle)
    const shaky = Array.from({ length: 41 }, (_, i): Position => [
      lon - 0.01 + i * 0.0005,
      lat + 0.0002 * Math.sin(i * 1.7) + 0.0001,
    ])
    const borders = bordersAlong(shaky, hexes)
    expect(parts(hexes, [])).toBe(1)
    expect(
      parts(
        hexes,
        borders.map((one) => one.units),
      ),
    ).toBe(2)
    for (const { units, line } of borders) {
      expect(line.length).toBeGreaterThan(1)
      expect(borderOfCells(...units)).not.toBeNull()
    }
    expect(new Set(borders.map((one) => [...one.units].sort().join())).size).toBe(borders.length)
  })

  it('ends where it ends, and says nothing of a village across its border', () => {
    const [lat, lon] = cellToLatLng(middle)
    const half: Position[] = [
      [lon - 0.01, lat + 0.0001],
      [lon, lat + 0.0001],
    ]
    expect(
      parts(
        hexes,
        bordersAlong(half, hexes).map((one) => one.units),
      ),
    ).toBe(1)
    const strangers = hexes.map((unit, i) => ({ ...unit, village: String(i) }))
    expect(bordersAlong(half, strangers)).toEqual([])
    expect(bordersAlong([[lon, lat]], hexes)).toEqual([])
  })

  it('follows units of any form that share corners', () => {
    const units = [box('a', 0, 0), box('b', 1, 0), box('c', 0, 1), box('d', 1, 1)]
    const upright: Position[] = [
      [0.9, -1],
      [1.1, 3],
    ]
    expect(bordersAlong(upright, units).map((one) => one.units.join(''))).toEqual(['ab', 'cd'])
  })
})
