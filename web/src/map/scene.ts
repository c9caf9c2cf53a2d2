/** Everything the map's style depends on, as one plain value: style = f(scene). */
import type { FeatureCollection, Geometry } from 'geojson'
import type { LayerSpecification, SourceSpecification } from 'maplibre-gl'
import type { CoverClass, Point } from '@/api/outlets'
import type { Border } from '@/plan/barriers'
import type { LayerName } from '@/url/state'
import type { Breaks } from './bands'
import type { Theme } from './palette'

export interface Editing {
  village: string | null
  /** Units that are picked. */
  units: readonly string[]
  /** Units of the village that something is given of. */
  given: readonly string[]
  /** Grids that stay as they are. */
  locked: readonly string[]
  /** The grid that picked units go to. */
  target: string | null
  /** Borders that are barriers, and those along a line that was just drawn. */
  barriers: readonly Border[]
  crossed: readonly Border[]
}

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
  /** What is picked, given and locked while a draft is changed; null when none is. */
  editing: Editing | null
  selected: string | null
  /** The area in view, when it is smaller than the region: what lies outside is veiled. */
  focus: { code: string; geometry: Geometry } | null
  /** From this zoom on a typical grid of the area in view is large enough for its label. */
  gridLabelZoom: number
  /** Outlets of the area in view. */
  outlets: FeatureCollection | null
  /** The selected outlet. */
  outlet: string | null
  /** Proposed places for outlets. */
  sites: FeatureCollection | null
  /** Cells by travel time. */
  bands: FeatureCollection | null
  /** Minutes at which one band ends and the next begins. */
  breaks: Breaks
  /** Are the minutes estimated, or by imported roads? Null where none are known. */
  estimated: boolean | null
  /** How each village is served, by its code. */
  villages: Readonly<Record<string, CoverClass>> | null
  /** The same as points, for when villages are too small for their outlines. */
  villagePoints: FeatureCollection | null
  /** The place that is asked about. */
  spot: Point | null
  /** Who looks after which grid; null where that isn't shown. */
  staff: Staffing | null
}

/** Which grids have a worker on the post, where workers live, and who is proposed for what. */
export interface Staffing {
  /** Codes of grids. */
  vacant: readonly string[]
  filled: readonly string[]
  /** Points: the vacant grids, for when they are too small for their outlines. */
  spots: FeatureCollection
  homes: FeatureCollection
  /** From homes to grids. */
  lines: FeatureCollection
  /** Somebody's own grids, as outlines. */
  own: FeatureCollection
}

/** What fills the map by itself: then the area types step back. */
export const filled = (scene: Pick<Scene, 'layers'>): boolean =>
  scene.layers.includes('reach') || scene.layers.includes('coverage')

/** Two scenes that draw the same: most changes of the address (the camera, a job) change nothing here. */
export function sameScene(a: Scene, b: Scene): boolean {
  return (Object.keys(a) as (keyof Scene)[]).every((key) => {
    if (key === 'layers') return a.layers.join() === b.layers.join()
    if (key === 'editing') return JSON.stringify(a.editing) === JSON.stringify(b.editing)
    if (key === 'focus') return a.focus?.geometry === b.focus?.geometry
    if (key === 'spot') return a.spot?.join() === b.spot?.join()
    return Object.is(a[key], b[key])
  })
}

/** What a page shows that is about none of this: it names only what it wants. */
export const BARE: Omit<
  Scene,
  'theme' | 'language' | 'origin' | 'day' | 'areasVersion' | 'gridsVersion' | 'layers' | 'breaks'
> = {
  draft: null,
  draftVersion: 0,
  editing: null,
  selected: null,
  focus: null,
  gridLabelZoom: 24,
  outlets: null,
  outlet: null,
  sites: null,
  bands: null,
  estimated: null,
  villages: null,
  villagePoints: null,
  spot: null,
  staff: null,
}

export interface LayerGroup {
  sources(scene: Scene): Record<string, SourceSpecification>
  layers(scene: Scene): LayerSpecification[]
}

export const EMPTY: FeatureCollection = { type: 'FeatureCollection', features: [] }
