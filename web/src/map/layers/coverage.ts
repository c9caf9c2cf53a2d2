/** How each village is served: a colour and a texture for each class. */
import type { FeatureCollection } from 'geojson'
import type { ExpressionSpecification, SourceSpecification } from 'maplibre-gl'
import { COVER_CLASSES, type CoverClass, type Point } from '@/api/outlets'
import { COVER_COLOUR } from '../palette'
import { EMPTY, type LayerGroup } from '../scene'
import { AREAS } from './types'

export const COVER_FROM_ZOOM = 8

/** The worst served are drawn last, above the others. */
export const villageFeatures = (
  classes: Readonly<Record<string, CoverClass>>,
  where: ReadonlyMap<string, Point>,
): FeatureCollection => ({
  type: 'FeatureCollection',
  features: Object.entries(classes).flatMap(([code, kind]) => {
    const coordinates = where.get(code)
    if (!coordinates) return []
    const properties = { class: kind, rank: COVER_CLASSES.indexOf(kind) }
    return [{ type: 'Feature' as const, properties, geometry: { type: 'Point' as const, coordinates } }]
  }),
})

const byVillage = (
  classes: Readonly<Record<string, CoverClass>>,
  of: (kind: CoverClass) => string,
  otherwise: string,
): ExpressionSpecification => {
  const pairs = COVER_CLASSES.flatMap((kind) => {
    const codes = Object.keys(classes).filter((code) => classes[code] === kind)
    return codes.length > 0 ? [codes, of(kind)] : []
  })
  // A match needs at least one case.
  return (pairs.length > 0
    ? ['match', ['get', 'code'], ...pairs, otherwise]
    : ['literal', otherwise]) as unknown as ExpressionSpecification
}

export const coverage: LayerGroup = {
  sources: ({ layers, villagePoints }): Record<string, SourceSpecification> =>
    layers.includes('coverage') ? { villages: { type: 'geojson', data: villagePoints ?? EMPTY } } : {},
  layers: ({ theme, layers, villages }) => {
    if (!layers.includes('coverage') || villages === null) return []
    const shared = {
      type: 'fill',
      source: AREAS,
      'source-layer': 'areas',
      minzoom: COVER_FROM_ZOOM,
    } as const
    const textured = Object.keys(villages).filter((code) => villages[code] !== 'fixed')
    return [
      {
        ...shared,
        id: 'cover-fill',
        filter: ['==', ['get', 'level'], 'village'],
        paint: {
          'fill-color': byVillage(villages, (kind) => COVER_COLOUR[theme][kind], 'rgba(0,0,0,0)'),
          'fill-opacity': 0.6,
        },
      },
      {
        ...shared,
        id: 'cover-pattern',
        filter: ['all', ['==', ['get', 'level'], 'village'], ['in', ['get', 'code'], ['literal', textured]]],
        paint: {
          'fill-pattern': byVillage(villages, (kind) => `cover-${theme}-${kind}`, `cover-${theme}-outreach`),
          'fill-opacity': 0.45,
        },
      },
      {
        id: 'cover-mark',
        type: 'symbol',
        source: 'villages',
        maxzoom: COVER_FROM_ZOOM,
        layout: {
          'icon-image': ['concat', `village-${theme}-`, ['get', 'class']],
          'icon-size': ['interpolate', ['linear'], ['zoom'], 5, 0.4, 7, 0.75],
          'icon-allow-overlap': true,
          'symbol-sort-key': ['get', 'rank'],
        },
      },
    ]
  },
}
