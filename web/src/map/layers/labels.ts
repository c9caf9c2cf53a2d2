/** Names of areas: league, then banner, then township, then village, as the zoom grows. Halo, never a box. */
import type { SymbolLayerSpecification } from 'maplibre-gl'
import { FONT, FONT_BOLD, GROUND } from '../palette'
import type { LayerGroup } from '../scene'
import { AREAS } from './types'

interface Look {
  level: string
  from: number
  to: number
  size: number
  bold?: boolean
  quiet?: boolean
}

const LOOKS: readonly Look[] = [
  { level: 'region', from: 0, to: 3.6, size: 15, bold: true },
  { level: 'league', from: 3.2, to: 6.6, size: 14, bold: true },
  { level: 'banner', from: 5.2, to: 9.5, size: 12.5 },
  { level: 'township', from: 8, to: 12.5, size: 12.5, bold: true },
  { level: 'village', from: 9.8, to: 24, size: 11.5, quiet: true },
]

export const LABEL_LAYERS = LOOKS.map((look) => `${look.level}-label`)

export const labels: LayerGroup = {
  sources: () => ({}),
  layers: ({ theme }) => {
    const g = GROUND[theme]
    return LOOKS.map((look): SymbolLayerSpecification => ({
      id: `${look.level}-label`,
      type: 'symbol',
      source: AREAS,
      'source-layer': 'area_labels',
      minzoom: look.from,
      maxzoom: look.to,
      filter: ['==', ['get', 'level'], look.level],
      layout: {
        'text-field': ['get', 'name'],
        'text-font': look.bold ? FONT_BOLD : FONT,
        'text-size': look.size,
        'text-max-width': 9,
        'text-padding': 4,
      },
      paint: {
        'text-color': look.quiet ? g.labelQuiet : g.label,
        'text-halo-color': g.halo,
        'text-halo-width': 1.5,
      },
    }))
  },
}
