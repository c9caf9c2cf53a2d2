/** What the stories of people and pay set up through the API before they begin, each for itself. */
import { readFileSync } from 'node:fs'
import { expect, request, type APIRequestContext, type Page } from '@playwright/test'

/** A banner where the demo has somebody for each part. */
export const BANNER = '150102'
export const WORKER = 'worker-150102001001'
export const PEOPLE = 'people-150102'
export const FINANCE = 'finance-150102'
export const SECOND = 'finance2-150102'

export function passwordOf(user: string): string {
  const file = process.env.KHOT_LOGINS
  if (!file) throw new Error('KHOT_LOGINS must name the JSON file of user names and passwords')
  const found = (JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>)[user]
  if (!found) throw new Error(`there is no login for ${user} in KHOT_LOGINS`)
  return found
}

/** Signs a page in without the form, which has a story of its own. */
export async function pageOf(page: Page, user: string, path: string): Promise<void> {
  const answer = await page.request.post('/api/v1/session', {
    data: { username: user, password: passwordOf(user) },
  })
  expect(answer.ok(), `${user} signs in`).toBe(true)
  await page.goto(path)
}

/** Somebody's way to the API. */
export class Hand {
  private constructor(
    private readonly context: APIRequestContext,
    private readonly token: string,
  ) {}

  static async of(baseURL: string | undefined, user: string): Promise<Hand> {
    const context = await request.newContext({ baseURL })
    const answer = await context.post('/api/v1/session', {
      data: { username: user, password: passwordOf(user) },
    })
    return new Hand(context, ((await answer.json()) as { token: string }).token)
  }

  async call<T>(method: string, path: string, data?: unknown): Promise<T> {
    const answer = await this.context.fetch(`/api/v1${path}`, {
      method,
      data,
      headers: { Authorization: `Bearer ${this.token}` },
    })
    const text = await answer.text()
    expect(answer.ok(), `${method} ${path}: ${text}`).toBe(true)
    return (text ? JSON.parse(text) : undefined) as T
  }
}

interface Rules {
  rules: { in_force: boolean }[]
}
interface Run {
  id: string
  month: string
  status: string
}

const monthAfter = (month: string): string => {
  const [year = 0, of = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, of, 1)).toISOString().slice(0, 7)
}

/** Rules that hold in the area; the shipped demo's where it has none. */
export async function rulesFor(hand: Hand, area: string, month: string): Promise<void> {
  const { rules } = await hand.call<Rules>('GET', `/areas/${area}/pay-rules?month=${month}`)
  if (rules.some((one) => one.in_force)) return
  const text = readFileSync(new URL('../../src/subsidy/defaults.toml', import.meta.url), 'utf8')
  await hand.call('POST', `/areas/${area}/pay-rules`, { text })
}

/** The first month from `month` on that isn't locked, without a run of it. */
export async function freeMonth(hand: Hand, area: string, month: string): Promise<string> {
  const { runs } = await hand.call<{ runs: Run[] }>('GET', `/areas/${area}/pay-runs`)
  let free = month
  while (runs.some((run) => run.month === free && run.status === 'locked')) free = monthAfter(free)
  for (const run of runs) if (run.month === free) await hand.call('DELETE', `/pay-runs/${run.id}`)
  return free
}

export const today = async (hand: Hand): Promise<string> =>
  (await hand.call<{ today: string }>('GET', '/meta')).today

export interface Vacancy {
  grid: string
  village_name: string
  point: [number, number]
}

export const vacanciesOf = async (hand: Hand, area: string): Promise<Vacancy[]> =>
  (await hand.call<{ vacancies: Vacancy[] }>('GET', `/areas/${area}/vacancies`)).vacancies

/** As many vacancies at least; where there are fewer, somebody's assignment ends today. */
export async function opened(hand: Hand, area: string, count: number): Promise<Vacancy[]> {
  const day = await today(hand)
  const missing = count - (await vacanciesOf(hand, area)).length
  if (missing > 0) {
    const { assignments } = await hand.call<{ assignments: { id: string; role: string; from: string }[] }>(
      'GET',
      `/areas/${area}/assignments`,
    )
    const endable = assignments.filter((one) => one.role === 'worker' && one.from < day)
    for (const one of endable.slice(0, missing)) {
      await hand.call('PATCH', `/assignments/${one.id}`, { until: day })
    }
  }
  return vacanciesOf(hand, area)
}

interface Own {
  id: string
  username: string | null
  grids: unknown[]
}
/** The worker who has a login. */
export async function ownWorker(hand: Hand): Promise<Own> {
  const { items } = await hand.call<{ items: Own[] }>(
    'GET',
    `/areas/${WORKER.slice(7, 16)}/workers?limit=500`,
  )
  const own = items.find((one) => one.username === WORKER)
  if (!own) throw new Error('the demo’s worker is not in the roster')
  return own
}

interface Duty {
  rows: { worker: string; duty_days: number | null }[]
}
/** Rules that hold, a month that is free, and everybody's days on duty in it. */
export async function prepared(baseURL: string | undefined): Promise<{ finance: Hand; month: string }> {
  const [finance, people] = [await Hand.of(baseURL, FINANCE), await Hand.of(baseURL, PEOPLE)]
  const day = await today(finance)
  const month = await freeMonth(finance, BANNER, day.slice(0, 7))
  await rulesFor(finance, BANNER, month)
  await grid(people, day)
  const { rows } = await people.call<Duty>('GET', `/areas/${BANNER}/duty?month=${month}`)
  const due = rows.filter((row) => row.duty_days === null)
  const attested = due.map(({ worker }) => ({ worker, duty_days: 21, expected_days: 22, score: 90 }))
  if (attested.length) await people.call('PUT', `/areas/${BANNER}/duty`, { month, rows: attested })
  return { finance, month }
}

/** The worker with a login has a grid: there is something to pay. */
async function grid(people: Hand, from: string): Promise<void> {
  const own = await ownWorker(people)
  if (own.grids.length) return
  const village = WORKER.replace('worker-', '')
  const open = await vacanciesOf(people, village)
  await people.call('POST', `/grids/${open[0]?.grid ?? `${village}001`}/assignments`, {
    worker: own.id,
    role: open.length ? 'worker' : 'helper',
    from,
  })
}

/** The dialog of Element Plus for a month is a calendar: the month is typed. */
export async function typeMonth(page: Page, id: string, month: string): Promise<void> {
  await page.locator(id).fill(month)
  await page.locator(id).press('Enter')
}
export const say = (page: Page, name: RegExp) => page.getByRole('dialog').getByRole('button', { name })
