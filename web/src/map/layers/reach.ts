/** Travel time to the nearest outlet, in seven bands; what can't be reached is hatched. */
import type { ExpressionSpecification, SourceSpecification } from 'maplibre-gl'
import { UNREACHED } from '../bands'
import { REACH_COLOURS } from '../palette'
import { EMPTY, type LayerGroup } from '../scene'

export const reach: LayerGroup = {
  sources: ({ layers, bands }): Record<string, SourceSpecification> =>
    layers.includes('reach') ? { reach: { type: 'geojson', data: bands ?? EMPTY, tolerance: 0.1 } } : {},
  layers: ({ theme, layers }) => {
    if (!layers.includes('reach')) return []
    const classes = REACH_COLOURS[theme].flatMap((colour, i) => [i, colour])
    return [
      {
        id: 'reach-fill',
        type: 'fill',
        source: 'reach',
        filter: ['<', ['get', 'band'], UNREACHED],
        paint: {
          'fill-color': [
            'match',
            ['get', 'band'],
            ...classes,
            'rgba(0,0,0,0)',
          ] as unknown as ExpressionSpecification,
          'fill-opacity': 0.78,
          'fill-antialias': false,
        },
      },
      {
        id: 'reach-none',
        type: 'fill',
        source: 'reach',
        filter: ['==', ['get', 'band'], UNREACHED],
        paint: { 'fill-pattern': `hatch-${theme}`, 'fill-opacity': 0.5 },
      },
    ]
  },
}
