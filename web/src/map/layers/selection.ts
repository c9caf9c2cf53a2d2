/** What is hovered, what is selected (3 px in a white casing), and the veil over what lies outside the area in view. */
import type { Feature, Geometry, Position } from 'geojson'
import type { FilterSpecification, LayerSpecification } from 'maplibre-gl'
import { isGridCode } from '@/url/state'
import { GROUND, type Ground } from '../palette'
import { EMPTY, type LayerGroup } from '../scene'
import { DRAFT } from './draft'
import { GRIDS } from './grids'
import { AREAS } from './types'

const WORLD: Position[] = [
  [-180, -85],
  [180, -85],
  [180, 85],
  [-180, 85],
  [-180, -85],
]

/** The world with the area cut out of it. */
export function outside(geometry: Geometry): Feature {
  const polygons =
    geometry.type === 'Polygon'
      ? [geometry.coordinates]
      : geometry.type === 'MultiPolygon'
        ? geometry.coordinates
        : []
  const holes = polygons.flatMap((rings) => rings.slice(0, 1))
  return { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [WORLD, ...holes] } }
}

function picked(
  prefix: string,
  source: string,
  sourceLayer: string,
  code: string,
  g: Ground,
): LayerSpecification[] {
  const filter: FilterSpecification = ['==', ['get', 'code'], code]
  const shared = { type: 'line', source, 'source-layer': sourceLayer, filter } as const
  const layout = { 'line-join': 'round', 'line-cap': 'round' } as const
  return [
    { ...shared, id: `${prefix}-casing`, layout, paint: { 'line-color': g.casing, 'line-width': 7 } },
    { ...shared, id: `${prefix}-line`, layout, paint: { 'line-color': g.selected, 'line-width': 3 } },
  ]
}

export const selection: LayerGroup = {
  sources: ({ focus }) => ({
    veil: { type: 'geojson', data: focus ? outside(focus.geometry) : EMPTY },
    focus: {
      type: 'geojson',
      data: focus ? { type: 'Feature', properties: {}, geometry: focus.geometry } : EMPTY,
    },
  }),
  layers: ({ theme, selected, draft }) => {
    const g = GROUND[theme]
    const hovered = ['case', ['boolean', ['feature-state', 'hover'], false], 0.16, 0]
    const layers: LayerSpecification[] = [
      { id: 'veil', type: 'fill', source: 'veil', paint: { 'fill-color': g.veil, 'fill-antialias': false } },
      {
        id: 'focus-line',
        type: 'line',
        source: 'focus',
        layout: { 'line-join': 'round' },
        paint: { 'line-color': g.outline, 'line-width': 2.5 },
      },
      {
        id: 'hover-fill',
        type: 'fill',
        source: AREAS,
        'source-layer': 'areas',
        paint: { 'fill-color': g.selected, 'fill-opacity': hovered as never },
      },
    ]
    const gridSource = draft ? DRAFT : GRIDS
    layers.push({
      id: 'hover-grid-fill',
      type: 'fill',
      source: gridSource,
      'source-layer': 'grids',
      paint: { 'fill-color': g.selected, 'fill-opacity': hovered as never },
    })
    if (selected === null) return layers
    if (!isGridCode(selected)) return [...layers, ...picked('selected', AREAS, 'areas', selected, g)]
    return [
      ...layers,
      ...(draft
        ? picked('selected-draft', DRAFT, 'grids', selected, g)
        : picked('selected-grid', GRIDS, 'grids', selected, g)),
    ]
  },
}
