/** The whole style as a function of the scene; MapLibre works out what changed. No glyphs or sprite: nothing is fetched. */
import type { LayerSpecification, SourceSpecification, StyleSpecification } from 'maplibre-gl'
import { basemap } from './layers/basemap'
import { coverage } from './layers/coverage'
import { draft } from './layers/draft'
import { editing } from './layers/editing'
import { grids } from './layers/grids'
import { labels } from './layers/labels'
import { outlines } from './layers/outlines'
import { outlets } from './layers/outlets'
import { reach } from './layers/reach'
import { selection } from './layers/selection'
import { staff } from './layers/staff'
import { types } from './layers/types'
import { units } from './layers/units'
import type { LayerGroup, Scene } from './scene'
import { inDrawingOrder } from './zorder'

const GROUPS: readonly LayerGroup[] = [
  basemap,
  types,
  reach,
  coverage,
  units,
  grids,
  draft,
  editing,
  outlines,
  selection,
  staff,
  outlets,
  labels,
]

export function styleOf(scene: Scene): StyleSpecification {
  const sources: Record<string, SourceSpecification> = {}
  const layers: LayerSpecification[] = []
  for (const group of GROUPS) {
    Object.assign(sources, group.sources(scene))
    layers.push(...group.layers(scene))
  }
  return { version: 8, sources, layers: inDrawingOrder(layers) }
}
