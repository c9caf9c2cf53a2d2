/** The wire form of /api/v1, written by hand until `npm run api:types` has a snapshot to read. */
import type { Geometry } from 'geojson'

export type AreaLevel = 'region' | 'league' | 'banner' | 'township' | 'village'
export type AreaType = 'urban' | 'agricultural' | 'pastoral' | 'mixed'
export type VillageKind = 'gacha' | 'village' | 'community' | 'farm'
export type GridKind = 'general' | 'dedicated'
export type PlanStatus = 'draft' | 'published' | 'superseded'
export type JobKind = 'division' | 'import' | 'publication'
export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
export type Bbox = [west: number, south: number, east: number, north: number]

export interface Account {
  username: string
  name: string
  role: string
}

export interface Meta {
  version: string
  today: string
  synthetic: boolean
  region: { code: string; name: string; bbox: Bbox } | null
  areas_version: string
  grids_version: string
}

export interface AreaRef {
  /** Its own digits only: 15, 1508, 150821, 150821100, 150821100001. */
  code: string
  name: string
  level: AreaLevel
}

export interface AreaItem extends AreaRef {
  area_type: AreaType | null
  kind: VillageKind | null
  parent: string | null
  bbox: Bbox
  area_m2: number
  households: number
  people: number
  villages: number
  synthetic: boolean
}

export interface Area extends AreaItem {
  ancestors: AreaRef[]
  geometry?: Geometry
}

export interface PlanRef {
  id: string
  status: PlanStatus
  valid_from: string | null
  valid_to?: string | null
}

export interface TypeFigures {
  area_type: AreaType
  villages: number
  grids: number
  households: number
  people: number
  area_m2: number
  in_band_share: number | null
}

export interface Figures extends Omit<TypeFigures, 'area_type'> {
  area: string
  on: string
  plan: PlanRef | null
  by_area_type: TypeFigures[]
  synthetic: boolean
}

export interface Reason {
  code: string
  zh: string
  en: string
}

export interface Grid {
  code: string
  village: string
  village_name: string
  area_type: AreaType
  kind: GridKind
  households: number | null
  people: number | null
  area_m2: number
  units: number
  compactness: number
  travel_min: number | null
  in_band: boolean
  reasons: Reason[]
}

export interface GridDetail extends Grid {
  geometry: Geometry
  bbox: Bbox
  ancestors: AreaRef[]
  plan: PlanRef | null
  synthetic: boolean
}

export interface SearchHit {
  kind: 'area' | 'grid' | 'place'
  code: string | null
  name: string
  name_zh?: string
  level: AreaLevel | null
  path: string
  bbox: Bbox | null
  point: [number, number] | null
}

export interface Profile {
  households_min: number
  households_target: number
  households_max: number
  people_max: number | null
  area_max_km2: number | null
  travel_max_min: number | null
  speed_kmh: number | null
  source: string
  demo: boolean
}

export interface Policy {
  code: string
  version: string
  title: string
  valid_from: string
  profiles: Partial<Record<AreaType, Profile>>
  overrides: { area: string }[]
  toml: string
}

export interface PlanScores {
  grids: number
  villages: number
  households: number
  in_band: number
  in_band_share: number | null
  compactness_mean: number | null
  out_of_band_named: number
  worst_deviation: number | null
  by_area_type: PlanTypeScores[]
}

export type PlanTypeScores = Omit<TypeFigures, 'people' | 'area_m2'>

export interface PlanSummary {
  id: string
  area: string
  area_name: string
  title: string | null
  status: PlanStatus
  valid_from: string | null
  valid_to: string | null
  seed: number
  engine_version: string
  policy_version: string
  created_at: string
  created_by: string
  scores: PlanScores | null
}

export interface PlanReason extends Reason {
  village: string
  village_name: string
  grid: string | null
}

export interface Plan extends PlanSummary {
  bbox: Bbox
  reasons_total: number
  reasons: PlanReason[]
  synthetic: boolean
}

export interface Job {
  id: string
  kind: JobKind
  state: JobState
  area: string | null
  done: number
  total: number
  note: { zh: string; en: string } | null
  /** A division makes drafts (`plans`), a publication names its plan. */
  result: { plan?: string; plans?: string[]; findings?: unknown[] } | null
  error: Reason | null
  created_at: string
  started_at: string | null
  finished_at: string | null
}

export interface Spread {
  min: number
  q1: number
  median: number
  q3: number
  max: number
  mean: number
}

export interface ComparisonItem extends TypeFigures {
  households_per_grid: Spread
  area_km2_per_grid: Spread
  compactness: Spread
}

export interface Comparison {
  area: string
  on: string
  synthetic: boolean
  items: ComparisonItem[]
}
