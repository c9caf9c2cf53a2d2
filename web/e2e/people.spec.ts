/** Filling vacancies: by dragging, by the keyboard, by a proposal; and what a worker then sees on their own page. */
import { expect, test, type Page } from '@playwright/test'
import { BANNER, Hand, opened, pageOf, PEOPLE, today, vacanciesOf, WORKER, type Vacancy } from './hands'
import { mapRests, shot, watchOver } from './support'

test.use({ testIdAttribute: 'data-test' })

interface Worker {
  id: string
  username: string | null
  grids: { code: string }[]
}
/** Each story has a township of its own. */
const [DRAGGED, KEYED, PROPOSED] = [`${BANNER}002`, `${BANNER}003`, `${BANNER}004`]
let hand: Hand

test.beforeAll(async ({ baseURL }) => {
  hand = await Hand.of(baseURL, PEOPLE)
})
const vacant = async (area: string): Promise<string[]> =>
  (await vacanciesOf(hand, area)).map((one) => one.grid)
const workersOf = async (area: string): Promise<Worker[]> =>
  (await hand.call<{ items: Worker[] }>('GET', `/areas/${area}/workers?status=on_post&limit=500`)).items

/** A vacancy, and somebody on the post without a grid who lives beside it. */
async function pair(area: string): Promise<{ vacancy: Vacancy; worker: Worker }> {
  const [vacancy] = await opened(hand, area, 1)
  const worker = (await workersOf(area)).find((one) => one.grids.length === 0 && one.username === null)
  if (!vacancy || !worker) throw new Error('the demo has neither a vacancy nor anybody to fill it')
  const [lon, lat] = vacancy.point
  await hand.call('PATCH', `/workers/${worker.id}`, {
    home: { lon: lon + 0.02, lat: lat + 0.01 },
    languages: ['mn', 'zh'],
  })
  return { vacancy, worker }
}
const row = (page: Page, worker: Worker) => page.locator(`[data-worker="${worker.id}"]`)

test('a vacancy is filled by dragging a worker onto its grid', async ({ page, baseURL }) => {
  const { vacancy, worker } = await pair(DRAGGED)
  const settle = watchOver(page, baseURL ?? '')
  const [lon, lat] = vacancy.point
  await pageOf(page, PEOPLE, `/people/map?area=${DRAGGED}&sel=${vacancy.grid}&at=${lon},${lat},14`)
  await expect(page.getByTestId('map-spot')).toContainText(vacancy.village_name)
  await mapRests(page)
  await row(page, worker).scrollIntoViewIfNeeded()
  await shot(page, 'staff-vacancy')

  const from = await row(page, worker).boundingBox()
  const map = await page.getByTestId('map').boundingBox()
  if (!from || !map) throw new Error('there is nothing to drag, or nowhere to drag it')
  await page.mouse.move(from.x + 40, from.y + 12)
  await page.mouse.down()
  await page.mouse.move(from.x, from.y + 12, { steps: 4 })
  await page.mouse.move(map.x + map.width / 2, map.y + map.height / 2, { steps: 6 })
  await expect(page.getByTestId('carried')).toContainText(vacancy.grid.slice(-3))
  await shot(page, 'staff-dragging')
  await page.mouse.up()

  const effect = page.getByTestId('effect')
  await expect(effect).toContainText(vacancy.village_name)
  await expect(effect.getByTestId('effect-km')).toContainText(/[1-9]\d* 公里\/月/)
  await expect(effect.getByTestId('effect-grids')).toContainText('1')
  await shot(page, 'staff-effect')
  await effect.getByTestId('effect-assign').click()
  await expect(effect).toHaveCount(0)

  expect(await vacant(DRAGGED)).not.toContain(vacancy.grid)
  const held = (await workersOf(DRAGGED)).find((one) => one.id === worker.id)
  expect(held?.grids.map((one) => one.code)).toContain(vacancy.grid)
  settle()
})

test('a vacancy is filled without a mouse', async ({ page }) => {
  const { vacancy, worker } = await pair(KEYED)
  await pageOf(page, PEOPLE, `/people/map?area=${KEYED}&sel=${vacancy.grid}`)
  await row(page, worker).getByTestId('map-choose').focus()
  await page.keyboard.press('Enter')
  await expect(page.getByTestId('effect').getByRole('heading')).toBeFocused()
  await expect(page.getByTestId('effect-assign')).toBeEnabled()
  await page.getByTestId('effect-assign').focus()
  await page.keyboard.press('Enter')
  await expect(page.getByTestId('effect')).toHaveCount(0)
  expect(await vacant(KEYED)).not.toContain(vacancy.grid)
})

test('a proposal is made, taken line by line, and then as a whole', async ({ page, baseURL }) => {
  expect((await opened(hand, PROPOSED, 2)).length).toBeGreaterThan(1)
  const settle = watchOver(page, baseURL ?? '')
  await pageOf(page, PEOPLE, `/people/map?area=${PROPOSED}`)
  await page.getByTestId('map-tab-proposals').click()
  await page.getByTestId('propose').click()
  await page.getByTestId('propose-do').click()
  const proposal = page.getByTestId('proposal')
  await expect(proposal).toBeVisible({ timeout: 60_000 })
  await expect(proposal.getByTestId('proposal-km')).toContainText('公里')
  await expect(page).toHaveURL(/proposal=/)
  const lines = proposal.getByTestId('proposal-line')
  const before = await lines.count()
  expect(before).toBeGreaterThan(1)
  await mapRests(page)
  await shot(page, 'staff-proposal')

  const first = lines.first()
  const grid = (await first.getAttribute('data-grid')) ?? ''
  await first.getByTestId('proposal-one').click()
  await expect(first).toContainText('已接受')
  expect(await vacant(PROPOSED)).not.toContain(grid)

  await proposal.getByTestId('proposal-all').click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /全部接受/ })
    .click()
  await expect(proposal.getByTestId('proposal-one')).toHaveCount(0)
  const open = new Set(await vacant(PROPOSED))
  const taken = await lines.evaluateAll((all) => all.map((one) => one.getAttribute('data-grid') ?? ''))
  expect(taken.filter((code) => open.has(code))).toEqual([])
  await shot(page, 'staff-accepted')
  settle()
})

test('a worker begins with their own grids', async ({ browser, baseURL }) => {
  const own = (await workersOf(WORKER.slice(7, 16))).find((one) => one.username === WORKER)
  if (!own) throw new Error('the demo’s worker is not on the post')
  const village = WORKER.replace('worker-', '')
  if (!own.grids.some((one) => one.code.startsWith(village))) {
    const free = (await vacanciesOf(hand, village))[0]
    // Only a helper may come to a grid that somebody looks after already.
    await hand.call('POST', `/grids/${free?.grid ?? `${village}001`}/assignments`, {
      worker: own.id,
      role: free && own.grids.length === 0 ? 'worker' : 'helper',
      from: await today(hand),
    })
  }
  const context = await browser.newContext({
    baseURL,
    viewport: { width: 375, height: 812 },
    locale: 'zh-CN',
    hasTouch: true,
  })
  const page = await context.newPage()
  const settle = watchOver(page, baseURL ?? '')
  const sent: string[] = []
  page.on('request', (one) => {
    if (/\/api\/v1\/(me|areas|workers|grids)\//.test(one.url())) sent.push(new URL(one.url()).pathname)
  })
  await pageOf(page, WORKER, '/')
  await expect(page).toHaveURL(/\/me$/)
  await expect(page.getByTestId('my-grid').first()).toContainText('网格')
  await mapRests(page)
  await shot(page, 'me')
  expect(sent.filter((path) => path.endsWith('/me/territory'))).toHaveLength(1)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth)
  expect(wide, 'nothing lies beyond the edge of the phone').toBeLessThanOrEqual(375)
  await page.getByTestId('my-statement').click()
  await expect(page).toHaveURL(/\/me\/statement/)
  await expect(page.getByTestId('statement')).toBeVisible()
  settle()
  await context.close()
})
