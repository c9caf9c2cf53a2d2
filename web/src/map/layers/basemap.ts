/** The quiet ground: neighbours, water, settlements. Whatever is absent is simply not drawn. */
import { FONT, GROUND } from '../palette'
import type { LayerGroup } from '../scene'

export const basemap: LayerGroup = {
  sources: ({ origin }) => ({
    neighbours: { type: 'geojson', data: `${origin}/basemap/neighbours.geojson` },
    lakes: { type: 'geojson', data: `${origin}/basemap/lakes.geojson` },
    rivers: { type: 'geojson', data: `${origin}/basemap/rivers.geojson` },
    settlements: { type: 'geojson', data: `${origin}/basemap/settlements.geojson` },
  }),
  layers: ({ theme, language, layers }) => {
    const g = GROUND[theme]
    const visibility = layers.includes('places') ? 'visible' : 'none'
    return [
      { id: 'ground', type: 'background', paint: { 'background-color': g.land } },
      { id: 'neighbours', type: 'fill', source: 'neighbours', paint: { 'fill-color': g.neighbours } },
      {
        id: 'neighbours-line',
        type: 'line',
        source: 'neighbours',
        paint: { 'line-color': g.coast, 'line-width': 0.8 },
      },
      { id: 'lakes', type: 'fill', source: 'lakes', paint: { 'fill-color': g.water } },
      {
        id: 'rivers',
        type: 'line',
        source: 'rivers',
        paint: {
          'line-color': g.water,
          'line-width': ['interpolate', ['linear'], ['zoom'], 4, 0.8, 10, 2.2],
        },
      },
      {
        id: 'settlement-dot',
        type: 'circle',
        source: 'settlements',
        minzoom: 6.5,
        layout: { visibility },
        paint: {
          'circle-radius': ['interpolate', ['linear'], ['zoom'], 6, 1.6, 11, 3],
          'circle-color': g.halo,
          'circle-stroke-color': g.faint,
          'circle-stroke-width': 1.2,
        },
      },
      {
        id: 'settlement-label',
        type: 'symbol',
        source: 'settlements',
        minzoom: 7,
        layout: {
          visibility,
          'text-field':
            language === 'zh'
              ? ['coalesce', ['get', 'name_zh'], ['get', 'name']]
              : ['coalesce', ['get', 'name'], ['get', 'name_zh']],
          'text-font': FONT,
          'text-size': 11,
          'text-variable-anchor': ['left', 'right', 'top', 'bottom'],
          'text-radial-offset': 0.5,
          'text-padding': 6,
          'symbol-sort-key': ['-', 0, ['coalesce', ['get', 'population'], 0]],
        },
        paint: { 'text-color': g.labelQuiet, 'text-halo-color': g.halo, 'text-halo-width': 1.2 },
      },
    ]
  },
}
