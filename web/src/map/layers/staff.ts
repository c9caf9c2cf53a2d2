/** Who looks after which grid: filled, vacant, where workers live, and lines from homes to the grids proposed for them. */
import type { Feature, FeatureCollection } from 'geojson'
import type { ExpressionSpecification, LayerSpecification, SourceSpecification } from 'maplibre-gl'
import type { MyGrid, Point, ProposalLine, Vacancy } from '@/api/people'
import { FONT_BOLD, GROUND, STAFF_COLOUR, TYPE_COLOUR } from '../palette'
import type { LayerGroup } from '../scene'
import { GRIDS, GRIDS_FROM_ZOOM } from './grids'
import { byType, edges } from './types'

export const HOME_LAYER = 'staff-home'
export const SPOT_LAYER = 'staff-spot'

const collection = (features: Feature[]): FeatureCollection => ({ type: 'FeatureCollection', features })

export const spotFeatures = (vacancies: readonly Vacancy[]): FeatureCollection =>
  collection(
    vacancies.map(({ grid, village, area_type, households, point }) => ({
      type: 'Feature',
      properties: { grid, village, area_type, households },
      geometry: { type: 'Point', coordinates: point },
    })),
  )

export interface HomeMark {
  id: string
  name: string
  at: Point
  chosen: boolean
}
export const homeFeatures = (homes: readonly HomeMark[]): FeatureCollection =>
  collection(
    homes.map(({ id, name, at, chosen }) => ({
      type: 'Feature',
      properties: { id, name, chosen },
      geometry: { type: 'Point', coordinates: at },
    })),
  )

/** Lines of those who have a home to come from; what the eye rests on is told by `lit`. */
export const lineFeatures = (
  lines: readonly Pick<ProposalLine, 'grid' | 'home' | 'at' | 'change'>[],
  lit: string | null,
): FeatureCollection =>
  collection(
    lines.flatMap(({ grid, home, at, change }) =>
      home
        ? [
            {
              type: 'Feature' as const,
              properties: { change, lit: grid === lit },
              geometry: { type: 'LineString' as const, coordinates: [home, at] },
            },
          ]
        : [],
    ),
  )

export const ownFeatures = (grids: readonly MyGrid[]): FeatureCollection =>
  collection(
    grids.map(({ code, area_type, geometry }) => ({
      type: 'Feature',
      properties: { code, seq: code.slice(-3), area_type },
      geometry,
    })),
  )

const among = (codes: readonly string[]): ExpressionSpecification => [
  'in',
  ['get', 'code'],
  ['literal', [...codes]],
]

export const staff: LayerGroup = {
  sources: ({ staff }): Record<string, SourceSpecification> =>
    staff
      ? {
          'staff-spots': { type: 'geojson', data: staff.spots },
          'staff-homes': { type: 'geojson', data: staff.homes },
          'staff-lines': { type: 'geojson', data: staff.lines },
          own: { type: 'geojson', data: staff.own },
        }
      : {},
  layers: ({ theme, staff }) => {
    if (!staff) return []
    const g = GROUND[theme]
    const colours = STAFF_COLOUR[theme]
    const grids = { type: 'fill', source: GRIDS, 'source-layer': 'grids', minzoom: GRIDS_FROM_ZOOM } as const
    const lit: ExpressionSpecification = ['case', ['get', 'lit'], 4, 2]
    const round = { 'line-cap': 'round', 'line-join': 'round' } as const
    const layers: LayerSpecification[] = [
      {
        ...grids,
        id: 'staff-filled',
        filter: among(staff.filled),
        paint: { 'fill-color': colours.filled, 'fill-opacity': 0.28 },
      },
      {
        ...grids,
        id: 'staff-vacant',
        filter: among(staff.vacant),
        paint: { 'fill-color': colours.vacant, 'fill-opacity': 0.3 },
      },
      {
        ...grids,
        id: 'staff-hatch',
        filter: among(staff.vacant),
        paint: { 'fill-pattern': `hatch-${theme}`, 'fill-opacity': 0.28 },
      },
      {
        id: SPOT_LAYER,
        type: 'circle',
        source: 'staff-spots',
        paint: {
          'circle-radius': ['interpolate', ['linear'], ['zoom'], 6, 3.5, 10, 5, 13, 4],
          'circle-color': colours.vacant,
          'circle-stroke-color': g.casing,
          'circle-stroke-width': 1.5,
        },
      },
      {
        id: HOME_LAYER,
        type: 'circle',
        source: 'staff-homes',
        paint: {
          'circle-radius': ['case', ['get', 'chosen'], 8, 5],
          'circle-color': g.casing,
          'circle-stroke-color': ['case', ['get', 'chosen'], g.selected, colours.home],
          'circle-stroke-width': ['case', ['get', 'chosen'], 4, 2.5],
        },
      },
      {
        id: 'staff-line-casing',
        type: 'line',
        source: 'staff-lines',
        filter: ['!=', ['get', 'change'], 'kept'],
        layout: round,
        paint: { 'line-color': g.casing, 'line-width': ['+', lit, 2], 'line-opacity': 0.7 },
      },
      {
        id: 'staff-line',
        type: 'line',
        source: 'staff-lines',
        filter: ['!=', ['get', 'change'], 'kept'],
        layout: round,
        paint: {
          'line-color': ['match', ['get', 'change'], 'moved', colours.moved, g.selected],
          'line-width': lit,
        },
      },
      {
        id: 'staff-line-kept',
        type: 'line',
        source: 'staff-lines',
        filter: ['==', ['get', 'change'], 'kept'],
        layout: round,
        paint: { 'line-color': g.faint, 'line-width': 1, 'line-dasharray': [2, 3] },
      },
      {
        id: 'own-fill',
        type: 'fill',
        source: 'own',
        paint: { 'fill-color': byType(TYPE_COLOUR, '#9AA1A9'), 'fill-opacity': 0.3 },
      },
      {
        id: 'own-casing',
        type: 'line',
        source: 'own',
        layout: round,
        paint: { 'line-color': g.casing, 'line-width': 5 },
      },
      {
        id: 'own-line',
        type: 'line',
        source: 'own',
        layout: round,
        paint: { 'line-color': edges(theme), 'line-width': 2.5 },
      },
      {
        id: 'own-label',
        type: 'symbol',
        source: 'own',
        layout: {
          'text-field': ['get', 'seq'],
          'text-font': FONT_BOLD,
          'text-size': 15,
          'text-allow-overlap': true,
        },
        paint: { 'text-color': g.label, 'text-halo-color': g.halo, 'text-halo-width': 1.6 },
      },
    ]
    return layers
  },
}
