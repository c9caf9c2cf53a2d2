/** Everything the map's style depends on, as one plain value: style = f(scene). */
import type { FeatureCollection, Geometry } from 'geojson'
import type { LayerSpecification, SourceSpecification } from 'maplibre-gl'
import type { LayerName } from '@/url/state'
import type { Theme } from './palette'

export interface Scene {
  theme: Theme
  language: 'zh' | 'en'
  /** Where tiles are served, without a slash at the end. */
  origin: string
  day: string
  areasVersion: string
  gridsVersion: string
  layers: readonly LayerName[]
  draft: string | null
  /** Changes when the draft was changed: its tiles are fetched anew. */
  draftVersion: number
  /** The units that are picked while a draft is changed; null when none is. */
  editing: { village: string | null; units: readonly string[] } | null
  selected: string | null
  /** The area in view, when it is smaller than the region: what lies outside is veiled. */
  focus: { code: string; geometry: Geometry } | null
  /** From this zoom on a typical grid of the area in view is large enough for its label. */
  gridLabelZoom: number
}

/** Two scenes that draw the same: most changes of the address (the camera, a job) change nothing here. */
export function sameScene(a: Scene, b: Scene): boolean {
  return (Object.keys(a) as (keyof Scene)[]).every((key) => {
    if (key === 'layers') return a.layers.join() === b.layers.join()
    if (key === 'editing')
      return (
        (a.editing === null) === (b.editing === null) &&
        a.editing?.village === b.editing?.village &&
        a.editing?.units.join() === b.editing?.units.join()
      )
    if (key === 'focus') return a.focus?.geometry === b.focus?.geometry
    return Object.is(a[key], b[key])
  })
}

export interface LayerGroup {
  sources(scene: Scene): Record<string, SourceSpecification>
  layers(scene: Scene): LayerSpecification[]
}

export const EMPTY: FeatureCollection = { type: 'FeatureCollection', features: [] }
