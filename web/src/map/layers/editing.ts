/** While a draft is changed: thin outlines of units to pick from, those picked, those given, barriers and locked grids. */
import type { SourceSpecification } from 'maplibre-gl'
import type { Border } from '@/plan/barriers'
import { BARRIER_COLOUR, GROUND } from '../palette'
import type { LayerGroup } from '../scene'
import { DRAFT } from './draft'
import { GRIDS_FROM_ZOOM } from './grids'
import { UNITS_FROM_ZOOM } from './units'

export const EDITING = 'editing'

const lines = (borders: readonly Border[]): SourceSpecification => ({
  type: 'geojson',
  data: {
    type: 'MultiLineString',
    coordinates: borders.map((one) => one.line.map((point) => [...point])),
  },
})

export const editing: LayerGroup = {
  sources: ({ origin, areasVersion, editing }): Record<string, SourceSpecification> =>
    editing
      ? {
          [EDITING]: {
            type: 'vector',
            tiles: [`${origin}/api/v1/tiles/units/{z}/{x}/{y}?v=${encodeURIComponent(areasVersion)}`],
            minzoom: UNITS_FROM_ZOOM,
            maxzoom: 14,
          },
          'edit-barriers': lines(editing.barriers),
          'edit-crossed': lines(editing.crossed),
        }
      : {},
  layers: ({ theme, editing }) => {
    if (!editing) return []
    const g = GROUND[theme]
    const shared = { source: EDITING, 'source-layer': 'units', minzoom: UNITS_FROM_ZOOM } as const
    const among = (units: readonly string[]) =>
      [
        'all',
        ['==', ['get', 'village'], editing.village ?? ''],
        ['in', ['get', 'code'], ['literal', [...units]]],
      ] as never
    return [
      {
        id: 'edit-locked',
        type: 'fill',
        source: DRAFT,
        'source-layer': 'grids',
        minzoom: GRIDS_FROM_ZOOM,
        filter: ['in', ['get', 'code'], ['literal', [...editing.locked]]],
        paint: { 'fill-pattern': `locked-${theme}` },
      },
      // Nearly nothing to see, but there to be picked.
      { ...shared, id: 'edit-fill', type: 'fill', paint: { 'fill-color': g.selected, 'fill-opacity': 0.01 } },
      {
        ...shared,
        id: 'edit-picked',
        type: 'fill',
        filter: among(editing.units),
        paint: { 'fill-color': g.selected, 'fill-opacity': 0.45 },
      },
      {
        ...shared,
        id: 'edit-line',
        type: 'line',
        paint: { 'line-color': g.selected, 'line-width': 0.6, 'line-opacity': 0.7 },
      },
      {
        ...shared,
        id: 'edit-given',
        type: 'line',
        filter: among(editing.given),
        paint: { 'line-color': g.outline, 'line-width': 2 },
      },
      {
        id: 'edit-barriers-casing',
        type: 'line',
        source: 'edit-barriers',
        layout: { 'line-cap': 'round' },
        paint: { 'line-color': g.casing, 'line-width': 6 },
      },
      {
        id: 'edit-barriers',
        type: 'line',
        source: 'edit-barriers',
        layout: { 'line-cap': 'round' },
        paint: { 'line-color': BARRIER_COLOUR[theme], 'line-width': 3 },
      },
      {
        id: 'edit-crossed',
        type: 'line',
        source: 'edit-crossed',
        paint: { 'line-color': BARRIER_COLOUR[theme], 'line-width': 4, 'line-dasharray': [1, 0.6] },
      },
    ]
  },
}
