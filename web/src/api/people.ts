/** Posts, workers and who looks after which grid. */
import { call } from './client'
import type { AreaLevel, AreaType, Job } from './types'
import type { components } from './schema'
import type { Count } from '@/format/numbers'
import type { Geometry } from 'geojson'

type Schemas = components['schemas']
type Signal = AbortSignal | undefined
const id = encodeURIComponent

export type Employment = Schemas['Employment']
export type WorkerStatus = Schemas['WorkerStatus']
export type PersonalField = Schemas['PersonalField']
export type PostKind = 'full_time' | 'part_time' | 'lead'
export type GridRole = 'worker' | 'lead' | 'helper' | 'contact'
export type Point = [lon: number, lat: number]

export const EMPLOYMENTS: readonly Employment[] = ['full_time', 'part_time']
export const STATUSES: readonly WorkerStatus[] = ['on_post', 'seconded', 'on_leave', 'left']
export const POST_KINDS: readonly PostKind[] = ['full_time', 'part_time', 'lead']
export const GRID_ROLES: readonly GridRole[] = ['worker', 'lead', 'helper', 'contact']
/** Those that are offered; others that a list holds are shown by their code. */
export const LANGUAGES = ['mn', 'zh'] as const

export type Worker = Required<Schemas['Worker']> & {
  /** An H3 cell of about a kilometre. */
  home: string | null
  languages: string[]
  skills: string[]
  status_since: string | null
  grids: { code: string; role: GridRole; from: string }[]
}
export interface WorkerFields {
  name?: string
  phone?: string | null
  bank?: string | null
  employment?: Employment
  area?: string
  username?: string | null
  home?: { lon: number; lat: number } | null
  languages?: string[]
  skills?: string[]
  status?: WorkerStatus
  status_from?: string
}
export interface WorkerHistory {
  statuses: { status: WorkerStatus; from: string; until: string | null }[]
  assignments: { id: string; grid: string; role: GridRole; from: string; until: string | null }[]
}
export interface PostsRow {
  area: string
  name: string
  level: AreaLevel
  kind: PostKind
  ceiling: number | null
  posts: number
  /** Without those of its townships. */
  own: number
  on_books: number
  on_post: number
  vacant: number
}
export interface PostMove {
  id: string
  from_area: string
  to: string
  kind: PostKind
  count: number
  from: string
  reason: string
  moved_by: string
  moved_at: string
}
export interface Assignment {
  id: string
  grid: string
  village_name: string
  worker: string
  worker_name: string | null
  role: GridRole
  from: string
  until: string | null
}
export type VacancyWhy = 'never_filled' | 'ended' | 'seconded' | 'on_leave' | 'left'
export interface Vacancy {
  grid: string
  village: string
  village_name: string
  area_type: AreaType
  households: Count
  language: string | null
  point: Point
  why: VacancyWhy
  worker: string | null
}
export interface Effect {
  km_month_before: number
  km_month_after: number
  grids_before: number
  grids_after: number
  households_before: number | null
  households_after: number | null
  hindrances: { code: string; zh: string; en: string }[]
}
export interface ProposalLine {
  grid: string
  village_name: string
  at: Point
  worker: string
  worker_name: string | null
  home: Point | null
  km: number | null
  change: 'new' | 'moved' | 'kept'
  accepted: boolean
}
export interface ProposalTotals {
  grids: number
  filled: number
  vacant: number
  moved: number
  km_month_before: number
  km_month_after: number
}
export interface ProposalSummary {
  id: string
  area: string
  on: string
  status: 'open' | 'accepted' | 'discarded'
  totals: ProposalTotals
}
export type Proposal = ProposalSummary & {
  costs: { constraint: string; km_month: number; zh: string; en: string }[]
  lines: ProposalLine[]
}
export interface MyGrid {
  code: string
  village: string
  village_name: string
  area_type: AreaType
  role: GridRole
  from: string
  households: Count
  people: Count
  area_m2: number
  geometry: Geometry
  lead: { name: string | null } | null
  /** Not every server tells them. */
  outlets?: { id: string; name: string; kind: string }[]
  neighbours: string[]
}
export interface Territory {
  worker: { name?: string | null; status: WorkerStatus; employment: Employment }
  as_of: string
  grids: MyGrid[]
  statement?: { month: string; total_fen: number } | null
  synthetic: boolean
}

const area = (code: string, rest: string): string => `/areas/${id(code)}/${rest}`

export const people = {
  workers: (
    code: string,
    query: { status?: string; employment?: string; limit?: number; cursor?: string },
    signal?: Signal,
  ) => call<{ items: Worker[]; next: string | null }>('GET', area(code, 'workers'), { query, signal }),
  worker: (worker: string, signal?: Signal) => call<Worker>('GET', `/workers/${id(worker)}`, { signal }),
  history: (worker: string, signal?: Signal) =>
    call<WorkerHistory>('GET', `/workers/${id(worker)}/history`, { signal }),
  add: (code: string, body: WorkerFields) => call<Worker>('POST', area(code, 'workers'), { body }),
  change: (worker: string, body: WorkerFields) => call<Worker>('PATCH', `/workers/${id(worker)}`, { body }),
  reveal: (worker: string, reason: string) =>
    call<{ values: Partial<Record<PersonalField, string | null>> }>('POST', `/workers/${id(worker)}/reveal`, {
      body: { reason },
    }),
  rosterFile: (code: string): string => `/api/v1${area(code, 'workers.xlsx')}`,

  posts: (code: string, on: string, signal?: Signal) =>
    call<{ on: string; areas: PostsRow[] }>('GET', area(code, 'posts'), { query: { on }, signal }),
  setNumber: (
    what: 'ceilings' | 'posts',
    code: string,
    kind: PostKind,
    body: { count: number; from: string; reason: string },
  ) => call<unknown>('PUT', area(code, `${what}/${kind}`), { body }),
  postMoves: (code: string, signal?: Signal) =>
    call<{ moves: PostMove[] }>('GET', area(code, 'post-moves'), { signal }),
  movePosts: (
    code: string,
    body: { to: string; kind: PostKind; count: number; from: string; reason: string },
  ) => call<unknown>('POST', area(code, 'post-moves'), { body }),

  assignments: (code: string, query: { on?: string; worker?: string }, signal?: Signal) =>
    call<{ assignments: Assignment[] }>('GET', area(code, 'assignments'), { query, signal }),
  assign: (grid: string, body: { worker: string; role: GridRole; from: string; until?: string }) =>
    call<unknown>('POST', `/grids/${id(grid)}/assignments`, { body }),
  endAssignment: (assignment: string, until: string) =>
    call<unknown>('PATCH', `/assignments/${id(assignment)}`, { body: { until } }),
  dropAssignment: (assignment: string) => call<void>('DELETE', `/assignments/${id(assignment)}`),
  vacancies: (code: string, on: string, signal?: Signal) =>
    call<{ vacancies: Vacancy[] }>('GET', area(code, 'vacancies'), { query: { on }, signal }),
  effect: (code: string, body: { grid: string; worker: string; on: string }, signal?: Signal) =>
    call<Effect>('POST', area(code, 'assignments/effect'), { body, signal }),

  propose: (
    code: string,
    body: { on: string; language: boolean; threshold_km?: number; max_grids?: number },
  ) => call<Job>('POST', area(code, 'proposals'), { body }),
  proposals: (code: string, signal?: Signal) =>
    call<{ proposals: ProposalSummary[] }>('GET', area(code, 'proposals'), { signal }),
  proposal: (proposal: string, signal?: Signal) =>
    call<Proposal>('GET', `/proposals/${id(proposal)}`, { signal }),
  accept: (proposal: string, grids: string[] | null, from: string) =>
    call<{ accepted: number }>('POST', `/proposals/${id(proposal)}/acceptance`, { body: { grids, from } }),
  discardProposal: (proposal: string) => call<void>('DELETE', `/proposals/${id(proposal)}`),

  territory: (signal?: Signal) => call<Territory>('GET', '/me/territory', { signal }),
}
