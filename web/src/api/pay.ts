/** Subsidies: rules, days on duty, runs of a month and what they pay. Amounts are whole fen. */
import { call } from './client'
import type { AreaType, Job } from './types'
import type { components } from './schema'

type Schemas = components['schemas']
type Signal = AbortSignal | undefined
const id = encodeURIComponent
const area = (code: string, rest: string): string => `/areas/${id(code)}/${rest}`

/** The server sends every member, with null where there is nothing. */
type Sent<Name extends keyof Schemas> = Required<Schemas[Name]>
type With<Base, Narrower> = Omit<Base, keyof Narrower> & Narrower

export type Sentence = Schemas['PayText']
export type Finding = Sent<'PayRulesFinding'>
/** Of a file that was loaded, by its row. */
export type FileFinding = Sent<'DutyFinding'>
export type RulesItem = Sent<'PayRules'>
export type RulesDocument = RulesItem & Pick<Schemas['PayRulesText'], 'text' | 'explained'>
export type DutyRow = Sent<'DutyRow'>
export type DutyEntry = Sent<'DutyAttested'>

export const FUNDERS = ['region', 'league', 'banner', 'township'] as const
export type Funder = keyof Schemas['PayLevels']
export type RunItem = Sent<'PayRun'>
export type RunStatus = RunItem['status']
export type Difference = Sent<'PayDifference'>
export type Run = RunItem &
  Pick<Schemas['PayRunWhole'], 'rules' | 'by_level' | 'by_component' | 'by_area_type'> & {
    checks: With<Sent<'PayChecks'>, { differences: Difference[] }>
  }
export type PayLine = Sent<'PayLine'>
export type Statement = With<Sent<'PayStatement'>, { lines: PayLine[] }>
export type Adjustment = Sent<'PayAdjustment'>
export type RulesChoice = { rules: string } | { text: string }
type Sum<Key> = With<Schemas['PayComparedSum'], { key: Key }>
export type PayComparison = With<
  Schemas['PayComparison'],
  {
    by_area_type: Sum<AreaType>[]
    by_level: Sum<Funder>[]
    largest: Sent<'PayComparedWorker'>[]
  }
>

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
