/** What the address holds, as one plain value. Reading is lenient: what can't be understood is left out. */

import { SEASONS, type Point, type Season } from '@/api/outlets'

export const LAYER_NAMES = ['types', 'grids', 'units', 'outlets', 'reach', 'coverage', 'places'] as const
export type LayerName = (typeof LAYER_NAMES)[number]
export const DEFAULT_LAYERS: readonly LayerName[] = ['types', 'grids', 'outlets', 'places']

export interface Camera {
  lon: number
  lat: number
  zoom: number
}

export interface ViewState {
  /** The area in view; null means the whole region. */
  area: string | null
  /** A selected area (2 to 12 digits) or grid (15 digits). */
  sel: string | null
  /** The day figures are for; null means today. */
  on: string | null
  layers: readonly LayerName[]
  camera: Camera | null
  /** A plan drawn over the published one. */
  draft: string | null
  /** A job being watched. */
  job: string | null
  /** A selected outlet. */
  outlet: string | null
  /** A place on the map that is asked about. */
  spot: Point | null
  /** Mobile stops that are only tried out. */
  stops: readonly Point[]
  /** null means the season of the day. */
  season: Season | null
  /** Proposed places for outlets, shown as drafts. */
  placement: string | null
  /** A proposal of assignments, shown as lines. */
  proposal: string | null
}

export type RawQuery = Record<string, string | null | undefined | (string | null)[]>

const text = (raw: RawQuery, key: string): string | null => {
  const value = raw[key]
  const first = Array.isArray(value) ? value[0] : value
  return first ? first : null
}

const matching = (value: string | null, pattern: RegExp): string | null =>
  value !== null && pattern.test(value) ? value : null

export function parseDay(value: string | null): string | null {
  if (value === null || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return null
  const date = new Date(`${value}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value) ? value : null
}

export function parseCamera(value: string | null): Camera | null {
  const parts = value?.split(',').map(Number) ?? []
  const [lon, lat, zoom] = parts
  if (parts.length !== 3 || lon === undefined || lat === undefined || zoom === undefined) return null
  if (!parts.every(Number.isFinite)) return null
  if (Math.abs(lon) > 180 || Math.abs(lat) > 85 || zoom < 0 || zoom > 22) return null
  return { lon, lat, zoom }
}

const MOST_STOPS = 5
const DEGREES = 4

function parsePoint(value: string | null): Point | null {
  const [lon, lat, ...rest] = value?.split(',').map(Number) ?? []
  if (lon === undefined || lat === undefined || rest.length > 0) return null
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 85 ? [lon, lat] : null
}
const parsePoints = (value: string | null): readonly Point[] =>
  (value?.split(';') ?? [])
    .map(parsePoint)
    .filter((point) => point !== null)
    .slice(0, MOST_STOPS)
const formatPoint = ([lon, lat]: Point): string => `${lon.toFixed(DEGREES)},${lat.toFixed(DEGREES)}`

/** As near as an address tells it: about ten metres. */
export const rounded = ([lon, lat]: Point): Point => [
  Number(lon.toFixed(DEGREES)),
  Number(lat.toFixed(DEGREES)),
]

/** Roads are frozen from November to March and deep in mud in April and May. */
export function seasonOf(day: string): Season {
  const month = Number(day.slice(5, 7))
  if (month >= 11 || month <= 3) return 'winter'
  return month <= 5 ? 'mud' : 'summer'
}

export const formatCamera = (c: Camera): string =>
  `${c.lon.toFixed(4)},${c.lat.toFixed(4)},${c.zoom.toFixed(2)}`

const AREA = /^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$/
const AREA_OR_GRID = /^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12}|\d{15})$/

/** A code written with all its twelve digits loses the zeros that only fill it up. */
function areaCode(code: string | null): string | null {
  if (code?.length !== 12) return code
  for (const length of [2, 4, 6, 9]) if (/^0+$/.test(code.slice(length))) return code.slice(0, length)
  return code
}

function parseLayers(value: string | null): readonly LayerName[] {
  if (value === null) return DEFAULT_LAYERS
  if (value === 'none') return []
  return LAYER_NAMES.filter((name) => value.split('.').includes(name))
}

function formatLayers(layers: readonly LayerName[]): string | undefined {
  const ordered = LAYER_NAMES.filter((name) => layers.includes(name))
  if (ordered.join('.') === DEFAULT_LAYERS.join('.')) return undefined
  return ordered.length === 0 ? 'none' : ordered.join('.')
}

export function parseView(raw: RawQuery): ViewState {
  return {
    area: areaCode(matching(text(raw, 'area'), AREA)),
    sel: areaCode(matching(text(raw, 'sel'), AREA_OR_GRID)),
    on: parseDay(text(raw, 'on')),
    layers: parseLayers(text(raw, 'layers')),
    camera: parseCamera(text(raw, 'at')),
    draft: matching(text(raw, 'draft'), /^[\w-]{1,64}$/),
    job: matching(text(raw, 'job'), /^[\w-]{1,64}$/),
    outlet: matching(text(raw, 'outlet'), /^[\w-]{1,64}$/),
    spot: parsePoint(text(raw, 'spot')),
    stops: parsePoints(text(raw, 'stops')),
    season: SEASONS.find((season) => season === text(raw, 'season')) ?? null,
    placement: matching(text(raw, 'placement'), /^[\w-]{1,64}$/),
    proposal: matching(text(raw, 'proposal'), /^[\w-]{1,64}$/),
  }
}

export function formatView(view: ViewState): Record<string, string> {
  const all: Record<string, string | undefined | null> = {
    area: view.area,
    sel: view.sel,
    on: view.on,
    layers: formatLayers(view.layers),
    draft: view.draft,
    job: view.job,
    outlet: view.outlet,
    spot: view.spot && formatPoint(view.spot),
    stops: view.stops.map(formatPoint).join(';'),
    season: view.season,
    placement: view.placement,
    proposal: view.proposal,
    at: view.camera ? formatCamera(view.camera) : null,
  }
  return Object.fromEntries(Object.entries(all).filter((pair): pair is [string, string] => !!pair[1]))
}

export const isGridCode = (code: string | null): code is string => code !== null && code.length === 15
