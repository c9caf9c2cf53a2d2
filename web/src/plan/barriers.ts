/** Which borders of units a hand-drawn line follows: a river, a road or a railway becomes barriers between neighbours. */
import {
  areNeighborCells,
  cellsToDirectedEdge,
  cellToLatLng,
  directedEdgeToBoundary,
  isValidCell,
} from 'h3-js'

export type Position = [number, number]

/** A unit as the tiles have it: its outer rings, in degrees. */
export interface DrawnUnit {
  code: string
  village: string
  rings: Position[][]
}
export interface Border {
  readonly units: readonly [string, string]
  /** Where the two touch. */
  readonly line: readonly (readonly [number, number])[]
}

type Box = [number, number, number, number]

function boxOf(points: readonly Position[]): Box {
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [x, y] of points) {
    box[0] = Math.min(box[0], x)
    box[1] = Math.min(box[1], y)
    box[2] = Math.max(box[2], x)
    box[3] = Math.max(box[3], y)
  }
  return box
}
const touch = (a: Box, b: Box): boolean => a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]

/** A cell's own centre; the middle of what is known of any other unit. */
function centreOf({ code, rings }: DrawnUnit): Position {
  if (isValidCell(code)) {
    const [lat, lon] = cellToLatLng(code)
    return [lon, lat]
  }
  const [west, south, east, north] = boxOf(rings.flat())
  return [(west + east) / 2, (south + north) / 2]
}

/** Corners within about a metre of each other are the same one. */
const corner = ([x, y]: Position): string => `${x.toFixed(5)} ${y.toFixed(5)}`

/** Where two cells touch; null where they don't. */
export function borderOfCells(a: string, b: string): Position[] | null {
  if (!isValidCell(a) || !isValidCell(b) || !areNeighborCells(a, b)) return null
  return directedEdgeToBoundary(cellsToDirectedEdge(a, b), true) as Position[]
}
function inside([x, y]: Position, ring: readonly Position[]): boolean {
  let odd = false
  for (const [i, [x1, y1]] of ring.entries()) {
    const [x2, y2] = ring.at(i - 1) ?? [x1, y1]
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd
  }
  return odd
}
const EIGHTHS = [1, 2, 3, 4, 5, 6, 7].map((n) => n / 8)

/** Cells are cut along the border of their village: two neighbours may touch outside of it only, which is nowhere. */
function meet(a: DrawnUnit, b: DrawnUnit, edge: readonly Position[]): boolean {
  const [from, to] = [edge[0], edge.at(-1)]
  if (!from || !to) return false
  const beside = (share: number, unit: DrawnUnit): boolean => {
    const centre = centreOf(unit)
    const near = ([0, 1] as const).map((axis) => {
      const on = from[axis] + share * (to[axis] - from[axis])
      return on + 0.1 * (centre[axis] - on)
    }) as Position
    return unit.rings.some((ring) => inside(near, ring))
  }
  return EIGHTHS.some((share) => beside(share, a) && beside(share, b))
}

/** Where two units touch: a side of cells, or the corners that others share. */
function borderOf(a: DrawnUnit, b: DrawnUnit): Position[] | null {
  if (isValidCell(a.code) && isValidCell(b.code)) {
    const edge = borderOfCells(a.code, b.code)
    return edge && meet(a, b, edge) ? edge : null
  }
  const theirs = new Set(b.rings.flat().map(corner))
  const shared = a.rings.flat().filter((point) => theirs.has(corner(point)))
  const distinct = [...new Map(shared.map((point) => [corner(point), point])).values()]
  return distinct.length < 2 ? null : distinct
}

const side = (a: Position, b: Position, c: Position): number =>
  (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

/** Do the lines a–b and c–d cross? An end on the other line counts: a drawn line may run through a centre. */
function cross(a: Position, b: Position, c: Position, d: Position): boolean {
  return side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0
}

/**
 * The borders between neighbours of one village whose centres lie on different sides of the line. Together they
 * cut what the line cuts, with no gap, however shakily it was drawn.
 */
export function bordersAlong(line: readonly Position[], units: readonly DrawnUnit[]): Border[] {
  const segments = line.slice(1).map((to, i) => {
    const from = line[i] ?? to
    return { from, to, box: boxOf([from, to]) }
  })
  if (segments.length === 0) return []
  const reach = boxOf(line)
  const near = units
    .map((unit) => ({ unit, box: boxOf(unit.rings.flat()), centre: centreOf(unit) }))
    .filter(({ box }) => {
      const [width, height] = [box[2] - box[0], box[3] - box[1]]
      return touch(reach, [box[0] - width, box[1] - height, box[2] + width, box[3] + height])
    })
  const found: Border[] = []
  for (const [i, a] of near.entries()) {
    for (const b of near.slice(i + 1)) {
      if (a.unit.village !== b.unit.village || !touch(a.box, b.box)) continue
      const between = boxOf([a.centre, b.centre])
      const parted = segments.some(
        ({ from, to, box }) => touch(between, box) && cross(a.centre, b.centre, from, to),
      )
      const shared = parted ? borderOf(a.unit, b.unit) : null
      if (shared) found.push({ units: [a.unit.code, b.unit.code], line: shared })
    }
  }
  return found
}
