/** Subsidies: rules, days on duty, runs of a month and what they pay. Amounts are whole fen. */
import { call } from './client'
import type { AreaType, Job } from './types'
import type { Employment } from './people'

type Signal = AbortSignal | undefined
const id = encodeURIComponent
const area = (code: string, rest: string): string => `/areas/${id(code)}/${rest}`

export interface Sentence {
  zh: string
  en: string
}
export type Finding = Sentence & { line: number | null }

/** Of a file that was loaded, by its row. */
export type FileFinding = Sentence & { row: number | null; error: boolean; code: string }

export interface RulesItem {
  id: string
  area: string
  title: string
  version: string
  valid_from: string
  paper: string
  demo: boolean
  in_force: boolean
  created_at: string
  created_by: string
}
export type RulesDocument = RulesItem & { text: string; explained: Sentence[] }

export interface DutyRow {
  worker: string
  name: string | null
  area: string
  area_name: string | null
  employment: Employment
  duty_days: number | null
  expected_days: number | null
  score: number | null
  attested_by: string | null
}
export interface DutyEntry {
  worker: string
  duty_days: number
  expected_days: number
  score: number | null
}

export const FUNDERS = ['region', 'league', 'banner', 'township'] as const
export type Funder = (typeof FUNDERS)[number]
export type RunStatus = 'draft' | 'approved' | 'locked'

export interface RunItem {
  id: string
  area: string
  month: string
  status: RunStatus
  workers: number
  total_fen: number
  currency: string
  made_by: string
  made_at: string
  approved_by: string | null
  approved_at: string | null
  locked_at: string | null
  demo: boolean
  synthetic: boolean
}
export interface Difference {
  worker: string
  name: string | null
  before_fen: number
  after_fen: number
  reasons: Sentence[]
}
export type Run = RunItem & {
  rules: { id: string; title: string; version: string; demo: boolean }[]
  by_level: Record<Funder, number>
  by_component: { component: string; amount_fen: number }[]
  by_area_type: { area_type: AreaType; amount_fen: number; workers: number }[]
  checks: {
    previous: { id: string; month: string; total_fen: number } | null
    differences: Difference[]
    /** Of which the first are listed. */
    differences_total: number
    warnings: Sentence[]
  }
}
export interface PayLine {
  worker: string
  name: string | null
  grid: string | null
  component: string
  quantity: string
  rate_fen: number
  amount_fen: number
  region_fen: number
  league_fen: number
  banner_fen: number
  township_fen: number
  clause: string
}
export interface Statement {
  worker: string
  name: string | null
  month: string | null
  status: RunStatus | null
  lines: PayLine[]
  total_fen: number
  currency: string
  demo: boolean
  synthetic: boolean
  months: string[]
}
export interface Adjustment {
  id: string
  worker: string
  name: string | null
  about_month: string
  pay_month: string
  amount_fen: number
  reason: string
  created_by: string
  created_at: string
}
export type RulesChoice = { rules: string } | { text: string }
export interface PayComparison {
  months: string[]
  before: { title: string; version: string; demo: boolean; total_fen: number }
  after: { title: string; version: string; demo: boolean; total_fen: number }
  by_area_type: { key: AreaType; before_fen: number; after_fen: number; workers: number }[]
  by_level: { key: Funder; before_fen: number; after_fen: number }[]
  by_banner: { key: string; name?: string | null; before_fen: number; after_fen: number; workers?: number }[]
  gain: { workers: number; fen: number }
  lose: { workers: number; fen: number }
  same: number
  distribution: { from_fen: number; to_fen: number; before: number; after: number }[]
  largest: { worker: string; name: string | null; before_fen: number; after_fen: number }[]
}

export const pay = {
  rules: (code: string, month: string, signal?: Signal) =>
    call<{ rules: RulesItem[] }>('GET', area(code, 'pay-rules'), { query: { month }, signal }),
  rulesOf: (rules: string, signal?: Signal) =>
    call<RulesDocument>('GET', `/pay-rules/${id(rules)}`, { signal }),
  addRules: (code: string, text: string) =>
    call<RulesItem>('POST', area(code, 'pay-rules'), { body: { text } }),
  checkRules: (text: string, signal?: Signal) =>
    call<{ findings: Finding[]; explained: Sentence[] }>('POST', '/pay-rules/check', {
      body: { text },
      signal,
    }),

  duty: (code: string, month: string, signal?: Signal) =>
    call<{ month: string; locked: boolean; rows: DutyRow[] }>('GET', area(code, 'duty'), {
      query: { month },
      signal,
    }),
  attest: (code: string, month: string, rows: DutyEntry[]) =>
    call<unknown>('PUT', area(code, 'duty'), { body: { month, rows } }),
  uploadDuty: (code: string, month: string, file: Blob) =>
    call<{ loaded: number; findings: FileFinding[] }>('POST', area(code, 'duty.csv'), {
      query: { month },
      file: new Blob([file], { type: 'text/csv' }),
    }),

  runs: (code: string, signal?: Signal) =>
    call<{ runs: RunItem[] }>('GET', area(code, 'pay-runs'), { signal }),
  makeRun: (code: string, month: string) => call<Job>('POST', area(code, 'pay-runs'), { body: { month } }),
  run: (run: string, signal?: Signal) => call<Run>('GET', `/pay-runs/${id(run)}`, { signal }),
  lines: (run: string, query: { worker?: string; after?: string; limit?: number }, signal?: Signal) =>
    call<{ lines: PayLine[]; next: string | null }>('GET', `/pay-runs/${id(run)}/lines`, { query, signal }),
  approve: (run: string) => call<unknown>('POST', `/pay-runs/${id(run)}/approval`),
  lock: (run: string) => call<unknown>('POST', `/pay-runs/${id(run)}/lock`),
  discardRun: (run: string) => call<void>('DELETE', `/pay-runs/${id(run)}`),
  file: (run: string, name: string): string => `/api/v1/pay-runs/${id(run)}/${name}`,

  adjust: (
    worker: string,
    body: { about_month: string; pay_month: string; amount_fen: number; reason: string },
  ) => call<unknown>('POST', `/workers/${id(worker)}/adjustments`, { body }),
  adjustments: (code: string, month: string | undefined, signal?: Signal) =>
    call<{ adjustments: Adjustment[] }>('GET', area(code, 'adjustments'), { query: { month }, signal }),
  statement: (worker: string | null, month: string | null, signal?: Signal) =>
    call<Statement>('GET', worker === null ? '/me/statement' : `/workers/${id(worker)}/statement`, {
      query: { month },
      signal,
    }),

  compare: (code: string, body: { from: string; to: string; before: RulesChoice; after: RulesChoice }) =>
    call<Job>('POST', area(code, 'pay-comparisons'), { body }),
  comparison: (comparison: string, signal?: Signal) =>
    call<PayComparison>('GET', `/pay-comparisons/${id(comparison)}`, { signal }),
}
