/** A planner's afternoon with a draft: locks, moves, givens, dividing a village again, taking back, publishing. */
import { expect, test, type Page } from '@playwright/test'
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
  await page.mouse.move(600, 450)
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
