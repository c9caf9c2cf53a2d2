/** Outlets by kind: always a dot, its mark where there is room, its name when near. And proposed places, and the place asked about. */
import type { Feature, FeatureCollection, Point as GeoPoint } from 'geojson'
import type { ExpressionSpecification } from 'maplibre-gl'
import { OUTLET_KINDS, type Outlet, type Placement, type Point } from '@/api/outlets'
import { FONT, GROUND, OUTLET_COLOUR } from '../palette'
import { EMPTY, type LayerGroup } from '../scene'

export const OUTLETS = 'outlets'
export const OUTLET_LAYERS = ['outlet-mark', 'outlet-dot']
export const SITE_LAYER = 'site-mark'
const NAMES_FROM_ZOOM = 12

export const outletFeatures = (outlets: readonly Outlet[]): FeatureCollection => ({
  type: 'FeatureCollection',
  features: outlets.map((outlet) => ({
    type: 'Feature',
    properties: {
      id: outlet.id,
      name: outlet.name,
      kind: outlet.kind,
      area_name: outlet.area_name,
      state: outlet.open_now === null ? 'unknown' : outlet.open_now ? 'open' : 'closed',
      rank: OUTLET_KINDS.indexOf(outlet.kind),
    },
    geometry: { type: 'Point', coordinates: outlet.point },
  })),
})

export const siteFeatures = (sites: Placement['sites']): FeatureCollection => ({
  type: 'FeatureCollection',
  features: sites.map((site, i) => ({
    type: 'Feature',
    properties: { number: String(i + 1), name: site.village_name },
    geometry: { type: 'Point', coordinates: site.point },
  })),
})

const at = (point: Point): Feature<GeoPoint> => ({
  type: 'Feature',
  properties: {},
  geometry: { type: 'Point', coordinates: point },
})

export const outlets: LayerGroup = {
  sources: ({ outlets: data, sites, spot }) => ({
    [OUTLETS]: { type: 'geojson', data: data ?? EMPTY },
    sites: { type: 'geojson', data: sites ?? EMPTY },
    spot: { type: 'geojson', data: spot ? at(spot) : EMPTY },
  }),
  layers: ({ theme, layers, outlet }) => {
    const g = GROUND[theme]
    const visibility = layers.includes('outlets') ? 'visible' : 'none'
    const colours = OUTLET_KINDS.flatMap((kind) => [kind, OUTLET_COLOUR[theme][kind]])
    return [
      {
        id: 'outlet-dot',
        type: 'circle',
        source: OUTLETS,
        layout: { visibility, 'circle-sort-key': ['-', 10, ['get', 'rank']] },
        paint: {
          'circle-radius': ['interpolate', ['linear'], ['zoom'], 5, 1.8, 9, 3.6],
          'circle-color': [
            'match',
            ['get', 'kind'],
            ...colours,
            g.outline,
          ] as unknown as ExpressionSpecification,
          'circle-stroke-color': g.casing,
          'circle-stroke-width': 1,
        },
      },
      {
        id: 'outlet-selected',
        type: 'circle',
        source: OUTLETS,
        filter: ['==', ['get', 'id'], outlet ?? ''],
        layout: { visibility },
        paint: {
          'circle-radius': 17,
          'circle-color': g.casing,
          'circle-opacity': 0.9,
          'circle-stroke-color': g.selected,
          'circle-stroke-width': 3,
        },
      },
      {
        id: 'outlet-mark',
        type: 'symbol',
        source: OUTLETS,
        layout: {
          visibility,
          'icon-image': [
            'concat',
            `outlet-${theme}-`,
            ['get', 'kind'],
            ['case', ['==', ['get', 'state'], 'closed'], '-closed', ''],
          ],
          'icon-size': ['interpolate', ['linear'], ['zoom'], 6, 0.6, 9, 0.8, 12, 1],
          'icon-padding': 0,
          'symbol-sort-key': ['case', ['==', ['get', 'id'], outlet ?? ''], -1, ['get', 'rank']],
          'text-field': ['step', ['zoom'], '', NAMES_FROM_ZOOM, ['get', 'name']],
          'text-font': FONT,
          'text-size': 11,
          'text-max-width': 8,
          'text-variable-anchor': ['top', 'bottom', 'right', 'left'],
          'text-radial-offset': 1.35,
          'text-justify': 'auto',
          'text-optional': true,
        },
        paint: {
          'text-color': g.label,
          'text-halo-color': g.halo,
          'text-halo-width': 1.4,
        },
      },
      {
        id: SITE_LAYER,
        type: 'symbol',
        source: 'sites',
        layout: {
          'icon-image': ['concat', `site-${theme}-`, ['get', 'number']],
          'icon-allow-overlap': true,
          'text-field': ['get', 'name'],
          'text-font': FONT,
          'text-size': 11,
          'text-variable-anchor': ['top', 'bottom', 'right', 'left'],
          'text-radial-offset': 1.35,
          'text-optional': true,
        },
        paint: { 'text-color': g.selected, 'text-halo-color': g.halo, 'text-halo-width': 1.4 },
      },
      {
        id: 'spot-ring',
        type: 'circle',
        source: 'spot',
        paint: {
          'circle-radius': 9,
          'circle-color': 'rgba(0,0,0,0)',
          'circle-stroke-color': g.casing,
          'circle-stroke-width': 5,
        },
      },
      {
        id: 'spot-dot',
        type: 'circle',
        source: 'spot',
        paint: {
          'circle-radius': 9,
          'circle-color': 'rgba(0,0,0,0)',
          'circle-stroke-color': g.selected,
          'circle-stroke-width': 2.5,
        },
      },
    ]
  },
}
