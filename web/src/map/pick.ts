/** What lies under the pointer, and which of it a click means. */
import type { Polygon, MultiPolygon } from 'geojson'
import type { MapGeoJSONFeature, Map as MapLibreMap, PointLike } from 'maplibre-gl'
import type { OutletKind } from '@/api/outlets'
import type { AreaLevel, AreaType } from '@/api/types'
import { LEVELS } from '@/format/areas'
import type { DrawnUnit, Position } from '@/plan/barriers'
import type { Count } from '@/format/numbers'
import { DRAFT } from './layers/draft'
import { EDITING } from './layers/editing'
import { GRIDS } from './layers/grids'
import { LABEL_LAYERS } from './layers/labels'
import { OUTLET_LAYERS } from './layers/outlets'
import { HOME_LAYER, SPOT_LAYER } from './layers/staff'
import { AREAS } from './layers/types'

export interface AreaUnder {
  kind: 'area'
  code: string
  name: string
  level: AreaLevel
  area_type: AreaType | null
}
export interface GridUnder {
  kind: 'grid'
  code: string
  village: string
  area_type: AreaType | null
  households: Count | null
  in_band: boolean
  dedicated: boolean
}
/** The smallest piece, to be picked while a draft is changed. */
export interface UnitUnder {
  kind: 'unit'
  code: string
  village: string
}
export interface OutletUnder {
  kind: 'outlet'
  /** The outlet's id. */
  code: string
  name: string
  outlet: OutletKind
  area: string
  state: 'open' | 'closed' | 'unknown'
}
/** Where a worker lives, to about a kilometre. */
export interface HomeUnder {
  kind: 'home'
  /** The worker's id. */
  code: string
  name: string
}
export type Under = AreaUnder | GridUnder | HomeUnder | OutletUnder | UnitUnder

export interface Standing {
  code: string
  level: AreaLevel
}

type ByLevel = Partial<Record<AreaLevel, AreaUnder>>

/** Grids can be picked once they are wide enough to be told apart, somewhat before their labels show. */
const LEGIBLE_BEFORE_LABEL = 1.3

/**
 * Inside the area in view a click means its next level down. Outside of it, the neighbour: the same level,
 * or the finest there is.
 */
export function areaMeant(areas: ByLevel, standing: Standing): AreaUnder | null {
  const at = LEVELS.indexOf(standing.level)
  if (areas[standing.level]?.code === standing.code) {
    const below = LEVELS[at + 1]
    return (below && areas[below]) ?? null
  }
  for (let i = at; i > 0; i--) {
    const level = LEVELS[i]
    if (level && areas[level]) return areas[level]
  }
  return null
}

const asArea = ({ properties: p }: MapGeoJSONFeature): AreaUnder => ({
  kind: 'area',
  code: String(p.code),
  name: String(p.name),
  level: p.level as AreaLevel,
  area_type: (p.area_type as AreaType | undefined) ?? null,
})

/** A number, or the bound that it lies under where the tile doesn't tell it. */
function households(p: MapGeoJSONFeature['properties']): Count | null {
  if (typeof p.households === 'number') return p.households
  return typeof p.households_under === 'number' ? `<${p.households_under}` : null
}

const asGrid = ({ properties: p }: MapGeoJSONFeature): GridUnder => ({
  kind: 'grid',
  code: String(p.code),
  village: String(p.village),
  area_type: (p.area_type as AreaType | undefined) ?? null,
  households: households(p),
  in_band: p.in_band !== false,
  dedicated: p.kind === 'dedicated',
})

/** Its properties are those that `spotFeatures` gave it. */
const asSpot = ({ properties: p }: MapGeoJSONFeature): GridUnder => ({
  kind: 'grid',
  code: String(p.grid),
  village: String(p.village),
  area_type: (p.area_type as AreaType | undefined) ?? null,
  households: typeof p.households === 'number' || typeof p.households === 'string' ? p.households : null,
  in_band: true,
  dedicated: false,
})

const present = (map: MapLibreMap, ids: string[]): string[] => ids.filter((id) => map.getLayer(id))

export function areasUnder(map: MapLibreMap, point: PointLike): ByLevel {
  const found: ByLevel = {}
  for (const feature of map.queryRenderedFeatures(point, { layers: present(map, ['hover-fill']) })) {
    const area = asArea(feature)
    found[area.level] ??= area
  }
  return found
}

export interface PickOptions {
  standing: Standing
  gridLabelZoom: number
  grids: boolean
  draft: boolean
  /** A draft is being changed: units come first. */
  units: boolean
}

export function gridUnder(map: MapLibreMap, point: PointLike, options: PickOptions): GridUnder | null {
  if (!options.grids && !options.draft) return null
  if (map.getZoom() < options.gridLabelZoom - LEGIBLE_BEFORE_LABEL) return null
  const layers = present(map, ['hover-grid-fill'])
  const hit = map.queryRenderedFeatures(point, { layers })[0]
  return hit ? asGrid(hit) : null
}

const asUnit = ({ properties: p }: MapGeoJSONFeature): UnitUnder => ({
  kind: 'unit',
  code: String(p.code),
  village: String(p.village),
})

function unitUnder(map: MapLibreMap, point: PointLike): UnitUnder | null {
  const hit = map.queryRenderedFeatures(point, { layers: present(map, ['edit-fill']) })[0]
  return hit ? asUnit(hit) : null
}

/** The units that a box touches, each once: one that lies on the edge of a tile is found in both. */
export function unitsIn(map: MapLibreMap, from: [number, number], to: [number, number]): UnitUnder[] {
  const hits = map.queryRenderedFeatures([from, to], { layers: present(map, ['edit-fill']) })
  return [...new Map(hits.map(asUnit).map((unit) => [`${unit.village} ${unit.code}`, unit])).values()]
}

/** All units of the tiles that are there, each with what its tiles have of its outline. */
export function unitsOnMap(map: MapLibreMap): DrawnUnit[] {
  if (!map.getSource(EDITING)) return []
  const found = new Map<string, DrawnUnit>()
  for (const feature of map.querySourceFeatures(EDITING, { sourceLayer: 'units' })) {
    const { type, coordinates } = feature.geometry as Polygon | MultiPolygon
    const polygons = type === 'Polygon' ? [coordinates] : coordinates
    const rings = polygons.map((rings) => (rings[0] ?? []) as Position[])
    const { code, village } = feature.properties as { code: string; village: string }
    const known = found.get(`${village} ${code}`)
    if (known) known.rings.push(...rings)
    else found.set(`${village} ${code}`, { code, village, rings })
  }
  return [...found.values()]
}

/** Its properties are those that `outletFeatures` gave it. */
const asOutlet = ({ properties: p }: MapGeoJSONFeature): OutletUnder => ({
  kind: 'outlet',
  code: String(p.id),
  name: String(p.name),
  outlet: p.kind as OutletKind,
  area: String(p.area_name),
  state: p.state as OutletUnder['state'],
})

export function homeUnder(map: MapLibreMap, point: PointLike): HomeUnder | null {
  const hit = map.queryRenderedFeatures(point, { layers: present(map, [HOME_LAYER]) })[0]
  return hit ? { kind: 'home', code: String(hit.properties.id), name: String(hit.properties.name) } : null
}

const NEAR_PX = 12
/** The grid that something is dropped on: its outline, or its mark while outlines are too small. */
export function dropUnder(map: MapLibreMap, { x, y }: { x: number; y: number }): string | null {
  const spot = map.queryRenderedFeatures(
    [
      [x - NEAR_PX, y - NEAR_PX],
      [x + NEAR_PX, y + NEAR_PX],
    ],
    { layers: present(map, [SPOT_LAYER]) },
  )
  const inside = map.queryRenderedFeatures([x, y], { layers: present(map, ['hover-grid-fill']) })[0]
  const code = inside?.properties.code ?? spot[0]?.properties.grid
  return code ? String(code) : null
}

export function under(map: MapLibreMap, point: PointLike, options: PickOptions): Under | null {
  if (options.units) return unitUnder(map, point)
  const home = homeUnder(map, point)
  if (home) return home
  const spot = map.queryRenderedFeatures(point, { layers: present(map, [SPOT_LAYER]) })[0]
  if (spot) return asSpot(spot)
  const outlet = map.queryRenderedFeatures(point, { layers: present(map, OUTLET_LAYERS) })[0]
  if (outlet) return asOutlet(outlet)
  const label = map.queryRenderedFeatures(point, { layers: present(map, LABEL_LAYERS) })[0]
  if (label) {
    const named = asArea(label)
    if (LEVELS.indexOf(named.level) > LEVELS.indexOf(options.standing.level)) return named
  }
  return gridUnder(map, point, options) ?? areaMeant(areasUnder(map, point), options.standing)
}

/** The vector source a picked thing is drawn from, for its hover state. */
export const stateTarget = (thing: AreaUnder | GridUnder, draft: boolean) =>
  thing.kind === 'area'
    ? { source: AREAS, sourceLayer: 'areas', id: thing.code }
    : { source: draft ? DRAFT : GRIDS, sourceLayer: 'grids', id: thing.code }
