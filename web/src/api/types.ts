/**
 * The wire form of /api/v1 under the names that the app uses. It comes from the server's own OpenAPI
 * document (`npm run api:types` makes schema.d.ts); here only what that can't say is made narrower: that
 * an absent value is sent as null, that a bounding box has four numbers, and which words a text may be.
 */
import type { Geometry } from 'geojson'
import type { components } from './schema'

type Schemas = components['schemas']
/** The server sends every member, with null where there is nothing. */
type Sent<Name extends keyof Schemas> = Required<Schemas[Name]>
type With<Base, Narrower> = Omit<Base, keyof Narrower> & Narrower

export type AreaLevel = Schemas['Level']
export type AreaType = Schemas['AreaType']
export type VillageKind = Schemas['VillageKind']
export type GridKind = Schemas['GridKind']
export type PlanStatus = Schemas['PlanStatus']
export type JobKind =
  'division' | 'import' | 'publication' | 'proposal' | 'pay_run' | 'pay_comparison' | 'links' | 'placement'
export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
export type Bbox = [west: number, south: number, east: number, north: number]

export type Role = Schemas['Role']
export type Capability = Schemas['Capability']
export type Grant = Sent<'Grant'>
/** Who is signed in. */
export type Account = With<Sent<'Account'>, { grants: Grant[] }>
export type AreaRef = Sent<'NamedArea'>
export type AreaItem = With<Sent<'Area'>, { bbox: Bbox }>
export type Area = AreaItem & { ancestors: AreaRef[]; geometry?: Geometry }
export type Meta = With<Sent<'Meta'>, { region: AreaItem | null }>
export type PlanRef = Sent<'PlanRef'>

export type TypeFigures = Sent<'TypeFigures'>
export type Figures = With<Sent<'Figures'>, { plan: PlanRef | null; by_area_type: TypeFigures[] }>

export type Reason = Pick<Sent<'ReasonWire'>, 'code' | 'zh' | 'en'>
export type PlanReason = Sent<'ReasonWire'>
export type Grid = With<Sent<'Grid'>, { reasons: PlanReason[] }>
export type GridDetail = Grid & {
  bbox: Bbox
  ancestors: AreaRef[]
  plan: PlanRef
  geometry: Geometry
}

export type SearchHit = With<
  Sent<'Hit'>,
  { kind: 'area' | 'grid' | 'place'; bbox: Bbox | null; point: [number, number] | null }
>

export type Profile = Sent<'Profile'>
export type Policy = With<Sent<'PolicyWire'>, { profiles: Partial<Record<AreaType, Profile>> }>

export type PlanTypeScores = Sent<'TypeScores'>
export type PlanScores = With<Sent<'Scores'>, { by_area_type: PlanTypeScores[] }>
export type PlanSummary = With<Sent<'Plan'>, { bbox: Bbox; scores: PlanScores }>
export type Givens = Sent<'Givens'>
export type GridNumbers = Sent<'GridNumbers'>
export type Plan = PlanSummary & {
  reasons: PlanReason[]
  version: number
  givens: Givens | null
  numbers: GridNumbers | null
}
export type Changed = With<Sent<'ChangedWire'>, { plan: PlanSummary; givens: Givens }>

export type Job = With<
  Sent<'Job'>,
  {
    kind: JobKind
    state: JobState
    note: { zh: string; en: string } | null
    /** A division makes drafts (`plans`); other work names what it made. */
    result: {
      plan?: string
      plans?: string[]
      findings?: unknown[]
      proposal?: string
      run?: string
      comparison?: string
    } | null
    error: Reason | null
  }
>

export type Spread = Sent<'SpreadWire'>
export type ComparisonItem = Sent<'ComparisonItem'>
export type Comparison = Sent<'Comparison'>

export type AuditEntry = Sent<'AuditEntry'>
export type AuditChain = Sent<'Chain'>

export type SignInWays = Sent<'SignInWays'>
export type OwnSession = Sent<'OwnSession'>
export type OwnToken = Sent<'OwnToken'>
export type GivenGrant = Sent<'HeldGrant'>
/** An account as its administrators see it. */
export type ManagedAccount = With<Sent<'ManagedAccount'>, { grants: GivenGrant[] }>
export type NewAccount = With<Sent<'NewAccountWire'>, { grants: Grant[] }>
