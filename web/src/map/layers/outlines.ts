/** Outlines by level: region 2 px, banner 1.5, township 1, village 0.75 dashed. */
import type { LineLayerSpecification } from 'maplibre-gl'
import { GROUND } from '../palette'
import type { LayerGroup } from '../scene'
import { AREAS } from './types'

const line = (
  level: string,
  paint: LineLayerSpecification['paint'],
  minzoom = 0,
): LineLayerSpecification => ({
  id: `${level}-line`,
  type: 'line',
  source: AREAS,
  'source-layer': 'areas',
  minzoom,
  filter: ['==', ['get', 'level'], level],
  layout: { 'line-join': 'round' },
  paint,
})

export const outlines: LayerGroup = {
  sources: () => ({}),
  layers: ({ theme }) => {
    const { outline, faint } = GROUND[theme]
    return [
      line('region', { 'line-color': outline, 'line-width': 2 }),
      line('league', { 'line-color': outline, 'line-width': 1.75 }),
      line('banner', {
        'line-color': outline,
        'line-width': ['interpolate', ['linear'], ['zoom'], 4, 0.6, 6, 1, 8, 1.5],
        'line-opacity': ['interpolate', ['linear'], ['zoom'], 4, 0.55, 7, 1],
      }),
      line('township', { 'line-color': outline, 'line-width': 1 }, 5),
      line('village', { 'line-color': faint, 'line-width': 0.75, 'line-dasharray': [4, 3] }, 8),
    ]
  },
}
