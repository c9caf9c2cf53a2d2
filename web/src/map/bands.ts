/** Travel time over H3 cells as a few bands: the same breaks on the map, in the legend and in words. */
import type { Feature, FeatureCollection, MultiPolygon, Position } from 'geojson'
import type { Reach } from '@/api/outlets'

/** Minutes: up to the first, from the first to the second …, beyond the last. */
export type Breaks = readonly number[]
export const FAR_BREAKS: Breaks = [15, 30, 45, 60, 90, 120]
export const NEAR_BREAKS: Breaks = [5, 10, 15, 20, 30, 45]
/** The class of what no outlet reaches at all. */
export const UNREACHED = FAR_BREAKS.length + 1

/** Mean area of an H3 cell of resolution 0, and how many cells of the next resolution make one. */
const CELL_0_KM2 = 4_357_449.4
const APERTURE = 7
const WIDE_KM2 = 10_000

/** Wide areas have wide bands. The season doesn't matter, so that seasons can be compared. */
export const breaksFor = ({ cells, resolution }: Pick<Reach, 'cells' | 'resolution'>): Breaks =>
  (cells.length * CELL_0_KM2) / APERTURE ** resolution > WIDE_KM2 ? FAR_BREAKS : NEAR_BREAKS

export function bandOf(minutes: number | null, breaks: Breaks): number {
  if (minutes === null) return UNREACHED
  const band = breaks.findIndex((most) => minutes <= most)
  return band === -1 ? breaks.length : band
}

export type Ring = Position[]
/** A cell's outline, closed, as longitude and latitude. */
export type Outline = (cell: string) => Ring

/** One feature for each band that has cells. */
export function bandsOf(
  reach: Pick<Reach, 'cells' | 'minutes' | 'resolution'>,
  outline: Outline,
): FeatureCollection {
  const breaks = breaksFor(reach)
  const rings: Ring[][][] = Array.from({ length: UNREACHED + 1 }, () => [])
  reach.cells.forEach((cell, i) => rings[bandOf(reach.minutes[i] ?? null, breaks)]?.push([outline(cell)]))
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
