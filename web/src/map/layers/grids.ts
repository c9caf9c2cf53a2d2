/** The grids in force on the day: a thin fill, an outline in the type's darker shade, code and households. */
import type {
  ExpressionSpecification,
  FillLayerSpecification,
  LineLayerSpecification,
  SymbolLayerSpecification,
} from 'maplibre-gl'
import { FONT, GROUND, TYPE_COLOUR, type Theme } from '../palette'
import { filled, type LayerGroup } from '../scene'
import { byType, edges } from './types'

export const GRIDS = 'grids'
export const GRIDS_FROM_ZOOM = 8

type Visibility = 'visible' | 'none'

export const gridFill = (id: string, source: string, visibility: Visibility): FillLayerSpecification => ({
  id,
  type: 'fill',
  source,
  'source-layer': 'grids',
  minzoom: GRIDS_FROM_ZOOM,
  layout: { visibility },
  paint: {
    'fill-color': byType(TYPE_COLOUR, '#9AA1A9'),
    'fill-opacity': ['case', ['==', ['get', 'kind'], 'dedicated'], 0.3, 0.08],
  },
})

/** Hatching tells an out-of-band grid without any colour. */
export const gridHatch = (
  id: string,
  source: string,
  theme: Theme,
  visibility: Visibility,
): FillLayerSpecification => ({
  id,
  type: 'fill',
  source,
  'source-layer': 'grids',
  minzoom: GRIDS_FROM_ZOOM,
  filter: ['==', ['get', 'in_band'], false],
  layout: { visibility },
  paint: { 'fill-pattern': `hatch-${theme}`, 'fill-opacity': 0.55 },
})

export const gridLine = (id: string, source: string, theme: Theme): LineLayerSpecification => ({
  id,
  type: 'line',
  source,
  'source-layer': 'grids',
  minzoom: GRIDS_FROM_ZOOM,
  layout: { 'line-join': 'round' },
  paint: { 'line-color': edges(theme), 'line-width': 1 },
})

/** The number, or "<5" where the tile says no more. */
const grouped: ExpressionSpecification = [
  'case',
  ['has', 'households'],
  ['number-format', ['to-number', ['get', 'households']], { locale: 'en-US' }],
  ['concat', '<', ['to-string', ['get', 'households_under']]],
]

export const gridLabel = (
  id: string,
  source: string,
  theme: Theme,
  minzoom: number,
  visibility: Visibility,
): SymbolLayerSpecification => ({
  id,
  type: 'symbol',
  source,
  'source-layer': 'grid_labels',
  minzoom: Math.max(GRIDS_FROM_ZOOM, minzoom),
  layout: {
    visibility,
    'text-field': [
      'case',
      ['any', ['has', 'households'], ['has', 'households_under']],
      ['format', ['get', 'seq'], { 'font-scale': 1 }, '\n', {}, grouped, { 'font-scale': 0.85 }],
      ['get', 'seq'],
    ],
    'text-font': FONT,
    'text-size': 12,
    'text-line-height': 1.1,
    'text-padding': 3,
  },
  paint: { 'text-color': GROUND[theme].label, 'text-halo-color': GROUND[theme].halo, 'text-halo-width': 1.4 },
})

export const grids: LayerGroup = {
  sources: ({ origin, day, gridsVersion }) => ({
    [GRIDS]: {
      type: 'vector',
      tiles: [`${origin}/api/v1/tiles/grids/{z}/{x}/{y}?on=${day}&v=${encodeURIComponent(gridsVersion)}`],
      minzoom: GRIDS_FROM_ZOOM,
      maxzoom: 14,
      promoteId: { grids: 'code' },
    },
  }),
  layers: ({ theme, layers, draft, gridLabelZoom, staff }) => {
    const on: Visibility = layers.includes('grids') ? 'visible' : 'none'
    // Under a draft the published grids step back: outlines only.
    const alone: Visibility = draft ? 'none' : on
    const covered = filled({ layers }) || staff !== null
    const outline = gridLine('grid-line', GRIDS, theme)
    return [
      gridFill('grid-fill', GRIDS, covered ? 'none' : on),
      gridHatch('grid-out-of-band', GRIDS, theme, covered ? 'none' : alone),
      {
        ...outline,
        layout: { ...outline.layout, visibility: on },
        paint: { ...outline.paint, 'line-opacity': draft ? 0.45 : 1 },
      },
      gridLabel('grid-label', GRIDS, theme, gridLabelZoom, alone),
    ]
  },
}
