/** Travel time over H3 cells as a few bands: the same breaks on the map, in the legend and in words. */
import type { Feature, FeatureCollection, MultiPolygon, Position } from 'geojson'
import type { Reach } from '@/api/outlets'

/** Minutes: up to the first, from the first to the second …, beyond the last. */
export const BREAKS = [15, 30, 45, 60, 90, 120] as const
/** The class of what no outlet reaches at all. */
export const UNREACHED = BREAKS.length + 1

export function bandOf(minutes: number | null): number {
  if (minutes === null) return UNREACHED
  const band = BREAKS.findIndex((most) => minutes <= most)
  return band === -1 ? BREAKS.length : band
}

export type Ring = Position[]
/** A cell's outline, closed, as longitude and latitude. */
export type Outline = (cell: string) => Ring

/** One feature for each band that has cells. */
export function bandsOf(reach: Pick<Reach, 'cells' | 'minutes'>, outline: Outline): FeatureCollection {
  const rings: Ring[][][] = Array.from({ length: UNREACHED + 1 }, () => [])
  reach.cells.forEach((cell, i) => rings[bandOf(reach.minutes[i] ?? null)]?.push([outline(cell)]))
  const features = rings.flatMap((coordinates, band): Feature<MultiPolygon>[] =>
    coordinates.length === 0
      ? []
      : [{ type: 'Feature', properties: { band }, geometry: { type: 'MultiPolygon', coordinates } }],
  )
  return { type: 'FeatureCollection', features }
}

const known = new Map<string, Ring>()
const MOST_KNOWN = 200_000

/** Outlines of H3 cells; the library is fetched when travel times are first looked at. */
export async function h3Outline(): Promise<Outline> {
  const { cellToBoundary } = await import('h3-js')
  return (cell) => {
    const before = known.get(cell)
    if (before) return before
    if (known.size >= MOST_KNOWN) known.clear()
    const ring = cellToBoundary(cell, true).map(([lon = 0, lat = 0]): Position => [
      Math.round(lon * 1e5) / 1e5,
      Math.round(lat * 1e5) / 1e5,
    ])
    known.set(cell, ring)
    return ring
  }
}
