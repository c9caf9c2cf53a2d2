/** Posts, workers and who looks after which grid. */
import { call } from './client'
import type { Job } from './types'
import type { components } from './schema'
import type { Geometry } from 'geojson'

type Schemas = components['schemas']
type Signal = AbortSignal | undefined
const id = encodeURIComponent

/** The server sends every member, with null where there is nothing. */
type Sent<Name extends keyof Schemas> = Required<Schemas[Name]>

export type Employment = Schemas['Employment']
export type WorkerStatus = Schemas['WorkerStatus']
export type PersonalField = Schemas['PersonalField']
export type PostKind = Schemas['PostKind']
export type GridRole = Schemas['GridRole']
export type Point = [lon: number, lat: number]

export const EMPLOYMENTS: readonly Employment[] = ['full_time', 'part_time']
export const STATUSES: readonly WorkerStatus[] = ['on_post', 'seconded', 'on_leave', 'left']
export const POST_KINDS: readonly PostKind[] = ['full_time', 'part_time', 'lead']
export const GRID_ROLES: readonly GridRole[] = ['worker', 'lead', 'helper', 'contact']
/** Those that are offered; others that a list holds are shown by their code. */
export const LANGUAGES = ['mn', 'zh'] as const

export type Worker = Sent<'Worker'>
export type WorkerFields = Schemas['WorkerChange']
export interface WorkerHistory {
  statuses: Sent<'StatusDays'>[]
  assignments: Sent<'AssignmentDays'>[]
}
export type PostsRow = Sent<'AreaPosts'>
export type PostMove = Sent<'PostMove'>
export type Assignment = Sent<'Assignment'>
export type VacancyWhy = Schemas['VacancyReason']
export type Vacancy = Omit<Sent<'Vacancy'>, 'point'> & { point: Point }
export type Effect = Sent<'Effect'>
export type ProposalLine = Omit<Sent<'ProposalLine'>, 'at' | 'home' | 'change'> & {
  at: Point
  home: Point | null
  change: 'new' | 'moved' | 'kept'
}
export type ProposalSummary = Omit<Sent<'ProposalHead'>, 'status'> & {
  status: 'open' | 'accepted' | 'discarded'
}
export type Proposal = ProposalSummary & { costs: Sent<'ConstraintCost'>[]; lines: ProposalLine[] }
export type MyGrid = Omit<Sent<'OwnGrid'>, 'geometry'> & {
  geometry: Geometry
  outlets: Sent<'GridOutlet'>[]
}
export type Territory = Omit<Sent<'Territory'>, 'grids'> & {
  worker: Sent<'OwnWorker'>
  grids: MyGrid[]
}

/** The server names the whole address of the next page; its cursor is what to ask with. */
const cursorIn = (next: string | null): string | null =>
  next && new URL(next, 'http://next').searchParams.get('cursor')

const area = (code: string, rest: string): string => `/areas/${id(code)}/${rest}`

export const people = {
  workers: (
    code: string,
    query: { status?: string; employment?: string; limit?: number; cursor?: string },
    signal?: Signal,
  ) =>
    call<{ items: Worker[]; next: string | null }>('GET', area(code, 'workers'), { query, signal }).then(
      ({ items, next }) => ({ items, next: cursorIn(next) }),
    ),
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
  /** With `replace`, whoever is its main worker ends the day before, in the same step. */
  assign: (grid: string, body: Schemas['NewAssignment']) =>
    call<unknown>('POST', `/grids/${id(grid)}/assignments`, { body }),
  /** Until null: it goes on. */
  endAssignment: (assignment: string, until: string | null) =>
    call<unknown>('PATCH', `/assignments/${id(assignment)}`, { body: { until } }),
  dropAssignment: (assignment: string) => call<void>('DELETE', `/assignments/${id(assignment)}`),
  vacancies: (code: string, on: string, signal?: Signal) =>
    call<{ vacancies: Vacancy[] }>('GET', area(code, 'vacancies'), { query: { on }, signal }),
  effect: (code: string, body: { grid: string; worker: string; on: string }, signal?: Signal) =>
    call<Effect>('POST', area(code, 'assignments/effect'), { body, signal }),

  propose: (code: string, body: Schemas['ProposalWanted']) =>
    call<Job>('POST', area(code, 'proposals'), { body }),
  proposals: (code: string, signal?: Signal) =>
    call<{ proposals: ProposalSummary[] }>('GET', area(code, 'proposals'), { signal }),
  proposal: (proposal: string, signal?: Signal) =>
    call<Proposal>('GET', `/proposals/${id(proposal)}`, { signal }),
  accept: (proposal: string, grids: string[] | null, from: string) =>
    call<{ accepted: number }>('POST', `/proposals/${id(proposal)}/acceptance`, { body: { grids, from } }),
  discardProposal: (proposal: string) => call<void>('DELETE', `/proposals/${id(proposal)}`),

  territory: (signal?: Signal) => call<Territory>('GET', '/me/territory', { signal }),
}
