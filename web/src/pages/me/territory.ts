/** What a worker's first page makes of its one document. */
import type { Position } from 'geojson'
import type { MyGrid } from '@/api/people'
import type { Bbox } from '@/api/types'

function positions({ geometry }: Pick<MyGrid, 'geometry'>): Position[] {
  if (geometry.type === 'Polygon') return geometry.coordinates.flat()
  return geometry.type === 'MultiPolygon' ? geometry.coordinates.flat(2) : []
}

/** The box around all of them; null where there is nothing to show. */
export function boxAround(grids: readonly Pick<MyGrid, 'geometry'>[]): Bbox | null {
  const all = grids.flatMap(positions)
  if (all.length === 0) return null
  const box: Bbox = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [lon = 0, lat = 0] of all) {
    box[0] = Math.min(box[0], lon)
    box[1] = Math.min(box[1], lat)
    box[2] = Math.max(box[2], lon)
    box[3] = Math.max(box[3], lat)
  }
  return box
}

/** Neighbours that aren't one's own as well. */
export const others = (grid: Pick<MyGrid, 'neighbours'>, own: readonly Pick<MyGrid, 'code'>[]): string[] =>
  grid.neighbours.filter((code) => !own.some((one) => one.code === code))
