import type { Geometry } from 'geojson'
import { describe, expect, it } from 'vitest'
import { boxAround, others } from './territory'

const square = (x: number, y: number): Geometry => ({
  type: 'Polygon',
  coordinates: [
    [
      [x, y],
      [x + 1, y],
      [x + 1, y + 2],
      [x, y],
    ],
  ],
})

describe('my grids', () => {
  it('are shown together', () => {
    const parts: Geometry = { type: 'MultiPolygon', coordinates: [[[[100, 40]]], [[[101, 39]]]] }
    expect(boxAround([{ geometry: square(108, 41) }, { geometry: parts }])).toEqual([100, 39, 109, 43])
    expect(boxAround([])).toBeNull()
  })

  it('count as neighbours only what somebody else looks after', () => {
    expect(others({ neighbours: ['1', '2'] }, [{ code: '2' }])).toEqual(['1'])
  })
})
