/** The units of the map while a draft is changed: thin outlines to pick from, and those that are picked. */
import type { SourceSpecification } from 'maplibre-gl'
import { GROUND } from '../palette'
import type { LayerGroup } from '../scene'
import { UNITS_FROM_ZOOM } from './units'

export const EDITING = 'editing'

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
        }
      : {},
  layers: ({ theme, editing }) => {
    if (!editing) return []
    const g = GROUND[theme]
    const shared = { source: EDITING, 'source-layer': 'units', minzoom: UNITS_FROM_ZOOM } as const
    const picked = [
      'all',
      ['==', ['get', 'village'], editing.village ?? ''],
      ['in', ['get', 'code'], ['literal', editing.units]],
    ]
    return [
      // Nearly nothing to see, but there to be picked.
      { ...shared, id: 'edit-fill', type: 'fill', paint: { 'fill-color': g.selected, 'fill-opacity': 0.01 } },
      {
        ...shared,
        id: 'edit-picked',
        type: 'fill',
        filter: picked as never,
        paint: { 'fill-color': g.selected, 'fill-opacity': 0.45 },
      },
      {
        ...shared,
        id: 'edit-line',
        type: 'line',
        paint: { 'line-color': g.selected, 'line-width': 0.6, 'line-opacity': 0.7 },
      },
    ]
  },
}
