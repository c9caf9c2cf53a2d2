/** Area types as quiet fills; a texture goes with the colour, so that it is never told by colour alone. */
import type { ExpressionSpecification } from 'maplibre-gl'
import type { AreaType } from '@/api/types'
import { AREA_TYPES, TYPE_COLOUR, TYPE_EDGE } from '../palette'
import { filled, type LayerGroup } from '../scene'

export const AREAS = 'areas'

export function byType(of: Record<AreaType, string>, otherwise: string): ExpressionSpecification {
  const pairs = AREA_TYPES.flatMap((type) => [type, of[type]])
  return ['match', ['get', 'area_type'], ...pairs, otherwise] as unknown as ExpressionSpecification
}

const level = (name: string): ExpressionSpecification => ['==', ['get', 'level'], name]

/** What has no type yet stays faint. */
const typed = (opacity: number): ExpressionSpecification => [
  'case',
  ['has', 'area_type'],
  opacity,
  opacity / 4,
]

export const types: LayerGroup = {
  sources: ({ origin, areasVersion }) => ({
    [AREAS]: {
      type: 'vector',
      tiles: [`${origin}/api/v1/tiles/areas/{z}/{x}/{y}?v=${encodeURIComponent(areasVersion)}`],
      maxzoom: 14,
      promoteId: { areas: 'code' },
    },
  }),
  layers: ({ theme, layers }) => {
    const visibility = layers.includes('types') && !filled({ layers }) ? 'visible' : 'none'
    const colour = byType(TYPE_COLOUR, theme === 'light' ? '#9AA1A9' : '#6B727B')
    const shared = { type: 'fill', source: AREAS, 'source-layer': 'areas', layout: { visibility } } as const
    return [
      {
        ...shared,
        id: 'type-banner',
        filter: level('banner'),
        paint: {
          'fill-color': colour,
          // Finer levels lie on top: together they stay near 30%.
          'fill-opacity': ['interpolate', ['linear'], ['zoom'], 5, typed(0.3), 5.5, typed(0.12)],
          'fill-antialias': false,
        },
      },
      {
        ...shared,
        id: 'type-township',
        filter: level('township'),
        minzoom: 5,
        maxzoom: 9,
        paint: {
          'fill-color': colour,
          'fill-opacity': [
            'interpolate',
            ['linear'],
            ['zoom'],
            5,
            0,
            5.5,
            typed(0.2),
            8,
            typed(0.2),
            8.5,
            0.02,
          ],
          'fill-antialias': false,
        },
      },
      {
        ...shared,
        id: 'type-village',
        filter: level('village'),
        minzoom: 8,
        paint: {
          'fill-color': colour,
          'fill-opacity': ['interpolate', ['linear'], ['zoom'], 8, 0, 8.5, 0.2],
          'fill-antialias': false,
        },
      },
      {
        ...shared,
        id: 'type-pattern',
        filter: ['all', level('banner'), ['has', 'area_type']],
        maxzoom: 8,
        paint: {
          'fill-pattern': ['concat', `type-${theme}-`, ['get', 'area_type']],
          'fill-opacity': ['interpolate', ['linear'], ['zoom'], 7, 0.34, 8, 0],
        },
      },
    ]
  },
}

export const edges = (theme: 'light' | 'dark') =>
  byType(TYPE_EDGE[theme], theme === 'light' ? '#5A616A' : '#A9B0B8')
