/** The endpoints the screens use, one line each. */
import { call } from './client'
import type {
  Account,
  Area,
  AreaItem,
  AreaLevel,
  AuditChain,
  AuditEntry,
  Changed,
  Comparison,
  Figures,
  GivenGrant,
  Givens,
  Grant,
  Grid,
  GridDetail,
  Job,
  ManagedAccount,
  Meta,
  NewAccount,
  OwnSession,
  OwnToken,
  Plan,
  PlanSummary,
  Policy,
  SearchHit,
  SignInWays,
} from './types'

type Items<T> = { items: T[] }
type Signal = AbortSignal | undefined
const id = encodeURIComponent

export const khot = {
  signIn: (username: string, password: string) =>
    call<{ account: Account }>('POST', '/session', { body: { username, password } }),
  session: () => call<{ account: Account }>('GET', '/session'),
  signOut: () => call<void>('DELETE', '/session'),
  signInWays: () => call<SignInWays>('GET', '/sign-in'),
  meta: () => call<Meta>('GET', '/meta'),

  area: (code: string, signal?: Signal, geometry = false) =>
    call<Area>('GET', `/areas/${id(code)}`, { query: { geometry: geometry || undefined }, signal }),
  children: (code: string, signal?: Signal, level?: AreaLevel) =>
    call<Items<AreaItem>>('GET', `/areas/${id(code)}/children`, { query: { level }, signal }),
  figures: (code: string, of: { on?: string; plan?: string }, signal?: Signal) =>
    call<Figures>('GET', `/areas/${id(code)}/figures`, { query: of, signal }),
  grid: (code: string, of: { on?: string; plan?: string }, signal?: Signal) =>
    call<GridDetail>('GET', `/grids/${id(code)}`, { query: of, signal }),
  search: (q: string, signal?: Signal) =>
    call<Items<SearchHit>>('GET', '/search', { query: { q, limit: 8 }, signal }),
  policy: (area: string, signal?: Signal) => call<Policy>('GET', '/policy', { query: { area }, signal }),
  comparison: (area: string, on: string, signal?: Signal) =>
    call<Comparison>('GET', '/comparison', { query: { area, by: 'area_type', on }, signal }),

  plans: (area: string, signal?: Signal) =>
    call<Items<PlanSummary>>('GET', `/areas/${id(area)}/plans`, { signal }),
  plan: (plan: string, signal?: Signal) => call<Plan>('GET', `/plans/${id(plan)}`, { signal }),
  divide: (
    area: string,
    body: {
      seed?: number
      title?: string
      /** The plan to start from; left out, the one in force. */
      from?: string
      ceilings?: Record<string, number>
      counts?: Record<string, number>
    },
  ) => call<Job>('POST', `/areas/${id(area)}/plans`, { body }),
  publish: (plan: string, valid_from: string) =>
    call<Job>('POST', `/plans/${id(plan)}/publication`, { body: { valid_from } }),
  gridsOf: (area: string, plan: string, signal?: Signal) =>
    call<Items<Grid>>('GET', `/areas/${id(area)}/grids`, { query: { plan, limit: 1000 }, signal }),
  moveUnits: (
    plan: string,
    body: { version: number; village: string; moves: { units: string[]; to: string | null }[] },
  ) => call<Changed>('POST', `/plans/${id(plan)}/moves`, { body }),
  redivide: (
    plan: string,
    body: { version: number; village: string; seed: number; count: number | null; stable: boolean },
  ) => call<Changed>('POST', `/plans/${id(plan)}/redivision`, { body }),
  undo: (plan: string, version: number) =>
    call<Changed>('POST', `/plans/${id(plan)}/undo`, { body: { version } }),
  setGivens: (plan: string, body: { version: number; givens: Givens }) =>
    call<Changed>('PUT', `/plans/${id(plan)}/givens`, { body }),
  discard: (plan: string) => call<void>('DELETE', `/plans/${id(plan)}`),

  job: (job: string, signal?: Signal) => call<Job>('GET', `/jobs/${id(job)}`, { signal }),
  jobs: (area: string, signal?: Signal) =>
    call<Items<Job>>('GET', '/jobs', { query: { area, limit: 20 }, signal }),
  audit: (
    query: { area?: string; actor?: string; action?: string; from?: string; to?: string; after?: number },
    signal?: Signal,
  ) => call<{ items: AuditEntry[]; next: string | null }>('GET', '/audit', { query, signal }),
  auditChain: (signal?: Signal) => call<AuditChain>('GET', '/audit/chain', { signal }),

  changePassword: (current: string, fresh: string) =>
    call<void>('PUT', '/me/password', { body: { current, new: fresh } }),
  ownSessions: (signal?: Signal) => call<{ sessions: OwnSession[] }>('GET', '/me/sessions', { signal }),
  endSession: (session: string) => call<void>('DELETE', `/me/sessions/${id(session)}`),
  ownTokens: (signal?: Signal) => call<{ tokens: OwnToken[] }>('GET', '/me/tokens', { signal }),
  makeToken: (name: string, days: number) =>
    call<OwnToken & { token: string }>('POST', '/me/tokens', { body: { name, days } }),
  revokeToken: (token: string) => call<void>('DELETE', `/me/tokens/${id(token)}`),

  accounts: (query: { area?: string; search?: string; limit?: number; after?: string }, signal?: Signal) =>
    call<{ accounts: ManagedAccount[]; next: string | null }>('GET', '/accounts', { query, signal }),
  account: (username: string, signal?: Signal) =>
    call<ManagedAccount>('GET', `/accounts/${id(username)}`, { signal }),
  makeAccount: (body: NewAccount) =>
    call<{ account: ManagedAccount; password: string }>('POST', '/accounts', { body }),
  changeAccount: (
    username: string,
    body: { name?: string; disabled?: boolean; oidc_subject?: string | null },
  ) => call<ManagedAccount>('PATCH', `/accounts/${id(username)}`, { body }),
  resetPassword: (username: string) =>
    call<{ password: string }>('POST', `/accounts/${id(username)}/password-reset`),
  unlock: (username: string) => call<void>('POST', `/accounts/${id(username)}/unlock`),
  give: (username: string, grant: Grant) =>
    call<GivenGrant>('POST', `/accounts/${id(username)}/grants`, { body: grant }),
  endGrant: (username: string, grant: string, until: string | null) =>
    call<GivenGrant>('PATCH', `/accounts/${id(username)}/grants/${id(grant)}`, { body: { until } }),
  takeBack: (username: string, grant: string) =>
    call<void>('DELETE', `/accounts/${id(username)}/grants/${id(grant)}`),

  cancelJob: (job: string) => call<Job>('POST', `/jobs/${id(job)}/cancellation`),
}
