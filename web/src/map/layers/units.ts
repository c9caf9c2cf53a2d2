/** Households by unit, in six classes. */
import type { ExpressionSpecification, SourceSpecification } from 'maplibre-gl'
import { UNIT_COLOURS } from '../palette'
import type { LayerGroup } from '../scene'

export const UNITS_FROM_ZOOM = 11

export const units: LayerGroup = {
  sources: ({ origin, areasVersion, layers }): Record<string, SourceSpecification> =>
    layers.includes('units')
      ? {
          units: {
            type: 'vector',
            tiles: [`${origin}/api/v1/tiles/units/{z}/{x}/{y}?v=${encodeURIComponent(areasVersion)}`],
            minzoom: UNITS_FROM_ZOOM,
            maxzoom: 14,
          },
        }
      : {},
  layers: ({ theme, layers }) => {
    if (!layers.includes('units')) return []
    const classes = UNIT_COLOURS[theme].flatMap((colour, i) => [i, colour])
    return [
      {
        id: 'units',
        type: 'fill',
        source: 'units',
        'source-layer': 'units',
        minzoom: UNITS_FROM_ZOOM,
        paint: {
          'fill-color': [
            'match',
            ['get', 'households_class'],
            ...classes,
            'rgba(0,0,0,0)',
          ] as unknown as ExpressionSpecification,
          'fill-opacity': 0.75,
          'fill-outline-color': theme === 'light' ? '#FFFFFF' : '#14161A',
        },
      },
    ]
  },
}
