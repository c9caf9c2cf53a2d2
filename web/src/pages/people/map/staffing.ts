/** Who could look after which grid, and how far each would have to go. */
import { cellToLatLng, isValidCell } from 'h3-js'
import type { Assignment, Point, Vacancy, Worker } from '@/api/people'

const EARTH_KM = 6371.0088
const radians = (degrees: number): number => (degrees * Math.PI) / 180

/** As the crow flies. */
export function kmBetween([lon1, lat1]: Point, [lon2, lat2]: Point): number {
  const a =
    Math.sin(radians(lat2 - lat1) / 2) ** 2 +
    Math.cos(radians(lat1)) * Math.cos(radians(lat2)) * Math.sin(radians(lon2 - lon1) / 2) ** 2
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(a)))
}

/** The middle of a home's cell. */
export function homeOf({ home }: Pick<Worker, 'home'>): Point | null {
  if (home === null || !isValidCell(home)) return null
  const [lat, lon] = cellToLatLng(home)
  return [lon, lat]
}

/** Main workers' grids on the day, by worker. */
export function loads(assignments: readonly Assignment[]): ReadonlyMap<string, string[]> {
  const held = new Map<string, string[]>()
  for (const one of assignments) {
    if (one.role !== 'worker') continue
    held.set(one.worker, [...(held.get(one.worker) ?? []), one.grid])
  }
  return held
}

/** The main worker's assignment of each grid. */
export const holders = (assignments: readonly Assignment[]): ReadonlyMap<string, Assignment> =>
  new Map(assignments.filter((one) => one.role === 'worker').map((one) => [one.grid, one]))

/** Grids that somebody on the post looks after: assigned, and not told as vacant. */
export function filledGrids(
  assignments: readonly Assignment[],
  vacancies: readonly Pick<Vacancy, 'grid'>[],
): string[] {
  const vacant = new Set(vacancies.map((one) => one.grid))
  return [...holders(assignments).keys()].filter((grid) => !vacant.has(grid))
}

export interface Candidate {
  worker: Worker
  home: Point | null
  /** null where no home is known, or no place is asked about. */
  km: number | null
  grids: number
  /** Speaks what the grid needs; null where it needs nothing. */
  speaks: boolean | null
}

/**
 * With a place: those who speak its language first, then the nearest. Without: those with the fewest grids, then by
 * area, as in the roster.
 */
export function candidates(
  workers: readonly Worker[],
  held: ReadonlyMap<string, string[]>,
  spot: { point: Point | null; language: string | null } | null,
): Candidate[] {
  const language = spot?.language ?? null
  const all = workers.map((worker): Candidate => {
    const home = homeOf(worker)
    return {
      worker,
      home,
      km: home && spot?.point ? kmBetween(home, spot.point) : null,
      grids: held.get(worker.id)?.length ?? 0,
      speaks: language === null ? null : worker.languages.includes(language),
    }
  })
  const far = (one: Candidate): number => one.km ?? Infinity
  return all.sort(
    (a, b) =>
      Number(b.speaks ?? false) - Number(a.speaks ?? false) ||
      (spot ? far(a) - far(b) || 0 : 0) ||
      a.grids - b.grids ||
      a.worker.area.localeCompare(b.worker.area) ||
      a.worker.id.localeCompare(b.worker.id),
  )
}

/** By surname, area, account, or the grid that they look after. */
export function finds(one: Candidate, held: readonly string[], sought: string): boolean {
  const text = sought.trim().toLowerCase()
  if (!text) return true
  const { name, area_name, username } = one.worker
  return [name, area_name, username, ...held].some((value) => value?.toLowerCase().includes(text))
}
