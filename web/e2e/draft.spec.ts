/** A planner's afternoon with a draft: locks, moves, givens, dividing a village again, taking back, publishing. */
import { expect, test, type Locator, type Page } from '@playwright/test'
import { BANNER, dayForPlan, mapRests, shot, signedIn, watchOver } from './support'

test.use({ testIdAttribute: 'data-test' })
test.describe.configure({ mode: 'serial' })

interface Village {
  code: string
  name: string
  households: number
}
interface Grid {
  code: string
  name: string | null
  households: number
}

let draft = ''
let village: Village

async function read<T>(page: Page, path: string): Promise<T> {
  const response = await page.request.get(`/api/v1${path}`)
  expect(response.ok(), path).toBe(true)
  return (await response.json()) as T
}
const gridsNow = async (page: Page): Promise<Grid[]> =>
  (await read<{ items: Grid[] }>(page, `/areas/${village.code}/grids?plan=${draft}&limit=1000`)).items
const told = (grids: Grid[]) => grids.map(({ code, households }) => `${code} ${households}`).sort()

/** Opens the draft's editor at the village, so near that its units can be picked. */
async function editing(page: Page): Promise<void> {
  await signedIn(page, `/?area=${BANNER.code}&draft=${draft}`)
  await page.getByTestId('edit').click()
  await page.getByTestId('edit-village').click()
  await page.keyboard.type(village.name)
  await page
    .locator('.el-select-dropdown__item')
    .filter({ hasText: new RegExp(`^${village.name}$`) })
    .locator('visible=true')
    .click()
  await expect(page.getByTestId('edit-grids').getByRole('listitem').first()).toBeVisible()
  await mapRests(page)
  if (!(page.viewportSize()?.width === 375)) await page.mouse.move(600, 450)
}

/** Drags a box of about so many pixels around the middle of the map. */
async function box(page: Page, half: number, dx = 0, dy = 0): Promise<void> {
  const map = await page.locator('canvas.maplibregl-canvas').boundingBox()
  if (!map) throw new Error('the map has no size')
  const [x, y] = [map.x + map.width / 2 + dx, map.y + map.height / 2 + dy]
  await page.keyboard.down('Shift')
  await page.mouse.move(x - half, y - half)
  await page.mouse.down()
  await page.mouse.move(x + half, y + half, { steps: 4 })
  await page.mouse.up()
  await page.keyboard.up('Shift')
}
/** Presses at the first of these places, counted from the middle of the map, and draws to the others. */
async function stroke(page: Page, ...to: [number, number][]): Promise<void> {
  const map = await page.locator('canvas.maplibregl-canvas').boundingBox()
  if (!map) throw new Error('the map has no size')
  for (const [i, [dx, dy]] of to.entries()) {
    await page.mouse.move(map.x + map.width / 2 + dx, map.y + map.height / 2 + dy, { steps: 8 })
    if (i === 0) await page.mouse.down()
  }
  await page.mouse.up()
}
const numberIn = async (button: Locator): Promise<number> =>
  Number((await button.textContent())?.replaceAll(/\D/g, ''))
const picked = async (page: Page): Promise<number> =>
  Number((await page.getByTestId('picked-units').textContent())?.replaceAll(/\D/g, ''))

test('divides a banner with a number of grids fixed for one village', async ({ page, baseURL }) => {
  test.setTimeout(300_000)
  const settle = watchOver(page, baseURL ?? '')
  await signedIn(page, `/?area=${BANNER.code}`)
  const { items } = await read<{ items: Village[] }>(page, `/areas/${BANNER.code}/children?level=village`)
  // One that three grids suit, so that there is something to move, to lock and to divide.
  const suits = items.find(({ households }) => households > 640 && households < 860)
  if (!suits) throw new Error('no village of the banner is of the size that this story needs')
  village = suits

  await mapRests(page)
  await page.getByTestId('divide').click()
  await page.getByTestId('number-add').click()
  await page.getByTestId('number-area').click()
  await page.keyboard.type(items.at(-1)?.name ?? '')
  await page.locator('.el-select-dropdown__item').locator('visible=true').first().click()
  await page.getByTestId('number-count').locator('input').fill('2')
  await shot(page, 'divide-numbers')
  await page.getByTestId('divide-start').click()
  await expect(page.getByTestId('draft-panel')).toBeVisible({ timeout: 90_000 })
  await expect(page).toHaveURL(/draft=/)
  draft = new URL(page.url()).searchParams.get('draft') ?? ''
  await expect(page.getByTestId('draft-numbers')).toContainText('2')
  settle()
})

test('divides again from a draft, with the price of change told', async ({ page, baseURL }) => {
  const settle = watchOver(page, baseURL ?? '')
  await signedIn(page, `/?area=${BANNER.code}&draft=${draft}`)
  await page.getByTestId('divide-again').click()
  const from = page.getByTestId('divide-from')
  await expect(from).toContainText('换格')
  await shot(page, 'divide-from')
  const sent = page.waitForRequest((one) => one.method() === 'POST' && one.url().endsWith('/plans'))
  await page.getByTestId('divide-start').click()
  expect((await sent).postDataJSON()).toMatchObject({ from: draft })
  await expect(page).toHaveURL(new RegExp(`draft=(?!${draft})`), { timeout: 90_000 })
  draft = new URL(page.url()).searchParams.get('draft') ?? ''
  await expect(page.getByTestId('draft-numbers')).toContainText('2')
  settle()
})

test('picks units by a box with one finger on a phone, and moves the map with two', async ({
  browser,
  baseURL,
}) => {
  const context = await browser.newContext({
    baseURL,
    viewport: { width: 375, height: 812 },
    locale: 'zh-CN',
    hasTouch: true,
    isMobile: true,
  })
  const page = await context.newPage()
  await editing(page)
  await page.getByTestId('tool-box').tap()
  const map = await page.locator('canvas.maplibregl-canvas').boundingBox()
  if (!map) throw new Error('the map has no size')
  const touch = await context.newCDPSession(page)
  const at = (x: number, y: number, id = 0) => ({ x: map.x + x, y: map.y + y, id })
  const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...points: ReturnType<typeof at>[]) =>
    touch.send('Input.dispatchTouchEvent', { type, touchPoints: points })
  await send('touchStart', at(160, 250))
  for (const step of [10, 30, 50]) await send('touchMove', at(160 + step, 250 + step))
  await shot(page, 'draft-touch')
  await send('touchEnd')
  await expect.poll(() => picked(page)).toBeGreaterThan(1)
  const before = [await picked(page), page.url()] as const
  await send('touchStart', at(120, 300))
  await send('touchStart', at(120, 300), at(220, 300, 1))
  for (const step of [10, 40, 80]) await send('touchMove', at(120, 300 - step), at(220, 300 - step, 1))
  await send('touchEnd')
  await expect(page).not.toHaveURL(before[1])
  expect(await picked(page)).toBe(before[0])
  await context.close()
})

test('changes the grids of one village by hand, and publishes the draft', async ({ page, baseURL }) => {
  test.setTimeout(300_000)
  const settle = watchOver(page, baseURL ?? '')
  await editing(page)
  await test.step('locks a grid, and a locked one is not changed', async () => {
    const before = await gridsNow(page)
    await page.getByTestId('lock').first().click()
    await expect(page.getByTestId('lock').first()).toHaveAttribute('aria-pressed', 'true')
    await shot(page, 'draft-locked')
    await page.getByTestId('redivide').click()
    await expect(page.locator('.el-message--success')).toBeVisible()
    const after = await gridsNow(page)
    const locked = before[0]?.code
    expect(after.find(({ code }) => code === locked)).toEqual(before.find(({ code }) => code === locked))
    await page.getByTestId('lock').first().click()
    await expect(page.getByTestId('lock').first()).toHaveAttribute('aria-pressed', 'false')
  })
  await test.step('moves units into a new grid and takes that back', async () => {
    const before = await gridsNow(page)
    await box(page, 18)
    await expect.poll(() => picked(page)).toBeGreaterThan(1)
    await shot(page, 'draft-picked')
    await page.getByTestId('move-units').click()
    await expect.poll(async () => (await gridsNow(page)).length).toBe(before.length + 1)
    await expect(page.getByTestId('picked-units')).toContainText('0')
    await expect(page.getByTestId('edit-grids').getByRole('listitem')).toHaveCount(before.length + 1)
    await mapRests(page)
    await shot(page, 'draft-moved')
    await page.getByTestId('undo').click()
    await expect.poll(async () => told(await gridsNow(page))).toEqual(told(before))
  })
  await test.step('sets a dedicated grid, divides the village again around it, and takes it away', async () => {
    await box(page, 18)
    await expect.poll(() => picked(page)).toBeGreaterThan(1)
    await page.getByTestId('dedicate').click()
    await page.getByTestId('dedicated-name').fill('农贸市场')
    await page.getByTestId('dedicate-do').click()
    await expect(page.getByTestId('givens').getByRole('listitem')).toContainText('农贸市场')
    await page.getByTestId('redivide').click()
    await expect.poll(async () => (await gridsNow(page)).map(({ name }) => name)).toContain('农贸市场')
    await mapRests(page)
    await shot(page, 'draft-dedicated')
    await page.getByTestId('take-away').click()
    await expect(page.getByTestId('givens')).toHaveCount(0)
  })
  await test.step('ties units together, and a click on a unit picks it and puts it back', async () => {
    const map = await page.locator('canvas.maplibregl-canvas').boundingBox()
    if (!map) throw new Error('the map has no size')
    const middle = [map.x + map.width / 2, map.y + map.height / 2] as const
    await page.mouse.click(...middle)
    await expect.poll(() => picked(page)).toBe(1)
    await page.mouse.click(...middle)
    await expect.poll(() => picked(page)).toBe(0)
    await box(page, 18)
    await expect.poll(() => picked(page)).toBeGreaterThan(1)
    await page.getByTestId('tie').click()
    await expect(page.getByTestId('givens').getByRole('listitem')).toHaveCount(1)
    await page.getByTestId('redivide').click()
    await expect(page.locator('.el-message--success').last()).toBeVisible()
    await page.getByTestId('take-away').click()
    await expect(page.getByTestId('givens')).toHaveCount(0)
  })
  await test.step('draws a barrier by hand and by keyboard, divides along it, and takes it away', async () => {
    await page.getByTestId('tool-barrier').click()
    // Well inside of the village: cells that its border cuts may touch nowhere.
    await stroke(page, [-60, -30], [-10, 20], [60, 40])
    const set = page.getByTestId('barrier-set')
    await expect(set).toBeEnabled()
    const drawn = await numberIn(set)
    // With the map's keys: a point in its middle, the map moved, and another.
    await page.locator('canvas.maplibregl-canvas').focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('ArrowLeft')
    await mapRests(page)
    await page.keyboard.press('Enter')
    await expect.poll(() => numberIn(set)).toBeGreaterThan(drawn)
    await shot(page, 'draft-barrier-drawn')
    const all = await numberIn(set)
    await set.click()
    await expect(page.getByTestId('givens')).toContainText('屏障')
    const { givens } = await read<{ givens: { barriers: { strength: number }[] } }>(page, `/plans/${draft}`)
    expect(givens.barriers.map((one) => one.strength)).toEqual(Array.from({ length: all }, () => 1))
    await page.getByTestId('redivide').click()
    await expect(page.locator('.el-message--success').last()).toBeVisible()
    await mapRests(page)
    await shot(page, 'draft-barrier')
    for (const given of await page.getByTestId('take-away').all()) await given.click()
    await expect(page.getByTestId('givens')).toHaveCount(0)
    await page.getByTestId('tool-pick').click()
  })
  // What is refused shows as an error of the network on the console.
  settle()
  await test.step('says why a change is refused, and publishes the draft', async () => {
    // Everything that is on the map of the village: what is left can't be.
    await page.getByTestId('lock').first().click()
    await expect(page.getByTestId('lock').first()).toHaveAttribute('aria-pressed', 'true')
    await box(page, 220)
    await expect.poll(() => picked(page)).toBeGreaterThan(5)
    await page.getByTestId('move-units').click()
    await expect(page.getByTestId('draft-editor').getByRole('alert')).toBeVisible()
    await shot(page, 'draft-refused')
    await page.keyboard.press('Escape')
    await expect.poll(() => picked(page)).toBe(0)
    await page.getByTestId('edit-done').click()
    await expect(page.getByTestId('draft-editor')).toHaveCount(0)

    const day = await dayForPlan(page)
    await page.getByTestId('publish').click()
    const from = page.getByTestId('publish-dialog').locator('.el-date-editor input')
    await from.fill(day)
    await from.press('Enter')
    await expect(page.getByTestId('publish-do')).toContainText(day)
    await page.getByTestId('publish-do').click()
    await expect(page).not.toHaveURL(/draft=/, { timeout: 60_000 })
  })
})
