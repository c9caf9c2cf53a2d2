/** Who is served, and how far it is: on the map, in the tables, and what a further outlet would change. */
import { expect, test, type Page } from '@playwright/test'
import { BANNER, mapRests, pixelsLike, shot, signedIn, watchOver } from './support'

test.use({ testIdAttribute: 'data-test' })

const STATION: [number, number, number] = [0x1f, 0x5f, 0xbf]
type Bbox = [number, number, number, number]

async function read<T>(page: Page, path: string): Promise<T> {
  const response = await page.request.get(`/api/v1${path}`)
  expect(response.ok(), path).toBe(true)
  return (await response.json()) as T
}

test('shows outlets and the time to them, by season, and what a mobile stop would change', async ({
  page,
  baseURL,
}) => {
  test.setTimeout(300_000)
  const settle = watchOver(page, baseURL ?? '')
  await signedIn(page, `/?area=${BANNER.code}`)
  await mapRests(page)
  expect(await pixelsLike(page, STATION), 'stations are drawn').toBeGreaterThan(200)
  await shot(page, 'outlets-map')

  await test.step('bands of time, with a legend, said to be estimated', async () => {
    await page.getByTestId('show-times').click()
    await expect(page.getByTestId('legend-reach')).toBeVisible()
    await expect(page.getByTestId('estimated')).toContainText('估算')
    await page.getByTestId('season').getByText('泥泞期').click()
    await expect(page).toHaveURL(/season=mud/)
    await mapRests(page)
    await shot(page, 'outlets-reach')
  })

  await test.step('a click on a place tells what serves it', async () => {
    const map = await page.locator('canvas.maplibregl-canvas').boundingBox()
    if (!map) throw new Error('the map has no size')
    await page.mouse.click(map.x + map.width / 2 + 20, map.y + map.height / 2 + 45)
    const spot = page.getByTestId('spot-panel')
    await expect(spot.getByTestId('spot-grid')).toBeVisible()
    await expect(spot.getByTestId('spot-post')).toContainText(/有人|空缺|在岗/)
    await expect(spot.getByTestId('spot-outlets').getByRole('listitem').first()).toContainText('分钟')
    await shot(page, 'outlets-spot')
  })

  await test.step('a stop dropped where nobody is served leaves fewer unserved', async () => {
    const { villages } = await read<{
      villages: { code: string; class: string | null; households: number }[]
    }>(page, `/areas/${BANNER.code}/coverage?season=mud`)
    const unserved = villages.filter((village) => village.class === 'uncovered')
    const farthest = unserved.sort((a, b) => b.households - a.households)[0]
    if (!farthest) throw new Error('every village is served: the story needs one that is not')
    const { bbox } = await read<{ bbox: Bbox }>(page, `/areas/${farthest.code}`)
    const [lon, lat] = [(bbox[0] + bbox[2]) / 2, (bbox[1] + bbox[3]) / 2]
    await page.goto(
      `/?area=${BANNER.code}&layers=outlets.reach.places&season=mud&at=${lon.toFixed(4)},${lat.toFixed(4)},11`,
    )
    await mapRests(page)
    await page.getByTestId('try-stop').click()
    await page.getByTestId('try-centre').click()
    const change = page.getByTestId('try-change').locator('b')
    await expect(change).toHaveCount(2)
    const number = async (i: number) =>
      Number((await change.nth(i).textContent())?.replaceAll(/\D/g, '') ?? NaN)
    expect(await number(1)).toBeLessThan(await number(0))
    await expect(page.locator('.tried-stop')).toHaveCount(1)
    await mapRests(page)
    await shot(page, 'outlets-try')
    await page.getByTestId('try-clear').click()
    await expect(page.locator('.tried-stop')).toHaveCount(0)
  })
  settle()
})

test('lists outlets, changes one from a day on, and takes its own file in again', async ({
  page,
  baseURL,
}) => {
  const settle = watchOver(page, baseURL ?? '')
  await signedIn(page, `/outlets/list?area=${BANNER.code}`)
  const row = page.getByTestId('outlets').locator('tbody tr').first()
  await expect(row).toContainText('合成')
  await shot(page, 'outlets-list')
  await row.getByTestId('outlet-edit').click()
  const windows = page.locator('#outlet-windows')
  const before = Number(await windows.inputValue())
  await windows.fill(String((before + 1) % 20))
  await windows.press('Tab')
  await shot(page, 'outlets-edit')
  await page.getByTestId('outlet-save').click()
  await expect(page.locator('#outlet-windows')).toBeHidden()
  await expect(row.locator('.number').first()).toHaveText(String((before + 1) % 20))

  const csv = await page.request.get(`/api/v1/areas/${BANNER.code}/outlets.csv`)
  await page.getByTestId('outlets-import').click()
  await page
    .getByTestId('import-file')
    .setInputFiles({ name: 'outlets.csv', mimeType: 'text/csv', buffer: await csv.body() })
  await page.getByTestId('import-check').click()
  await expect(page.getByTestId('import-result')).toBeVisible({ timeout: 60_000 })
  await expect(page.getByTestId('import-do')).toBeEnabled()
  await shot(page, 'outlets-import')
  settle()
})

test('tells who is covered, decides a link by hand, and opens the checklist', async ({ page, baseURL }) => {
  const settle = watchOver(page, baseURL ?? '')
  await signedIn(page, `/outlets/coverage?area=${BANNER.code}&season=mud`)
  await expect(page.getByTestId('class-uncovered')).toContainText('%')
  await expect(page.getByTestId('villages')).toBeVisible()
  await expect(page.getByTestId('cover-bars').locator('svg').last()).toBeVisible()
  await expect(page.getByTestId('missing')).toBeVisible()
  await shot(page, 'outlets-coverage')

  await page.goto(`/outlets/links?area=${BANNER.code}`)
  const link = page.getByTestId('links').locator('tbody tr').first()
  await link.getByTestId('link-change').click()
  await page.locator('#link-reason').fill('群众习惯到这里办事')
  await page.getByTestId('link-save').click()
  await expect(link).toContainText('群众习惯到这里办事')
  await shot(page, 'outlets-links')
  await link.getByTestId('link-free').click()
  await page.getByRole('dialog').locator('.el-button--primary, .el-button--danger').click()
  await expect(link).not.toContainText('群众习惯到这里办事')

  await page.goto(`/outlets/checklist?area=${BANNER.code}`)
  await expect(page.getByTestId('checklist').locator('tbody tr').first()).toBeVisible()
  await expect(page.getByTestId('checklist')).toContainText(/齐全|没有|应为/)
  await shot(page, 'outlets-checklist')
  settle()
})

test('asks where the next stations should be, and accepts the places', async ({ page, baseURL }) => {
  const settle = watchOver(page, baseURL ?? '')
  await signedIn(page, `/outlets/placement?area=${BANNER.code}&season=mud`)
  await page.locator('#place-within').fill('30')
  await page.locator('#place-capacity').fill('800')
  await page.getByTestId('place-start').click()
  await expect(page.getByTestId('placement')).toBeVisible({ timeout: 90_000 })
  await expect(page.getByTestId('bound')).toContainText(/\d/)
  await shot(page, 'outlets-placement')
  const asked = page.getByTestId('earlier-placements').locator('tbody tr').first()
  await expect(asked).toContainText('每处至多 800 户')
  await page.getByTestId('place-accept').click()
  await expect(page.getByTestId('place-accept')).toHaveCount(0)
  await expect(asked).toContainText('已采纳')
  await page.goto(`/outlets/list?area=${BANNER.code}`)
  await page.getByTestId('outlet-state').click()
  await page.locator('.el-select-dropdown__item', { hasText: '草案' }).locator('visible=true').click()
  await expect(page.getByTestId('outlet-enable').first()).toBeVisible()
  settle()
})

test('goes by roads once they are imported, and estimates when they are taken away', async ({
  page,
  baseURL,
}) => {
  const settle = watchOver(page, baseURL ?? '')
  await signedIn(page, `/outlets/coverage?area=${BANNER.code}`)
  const roads = page.getByTestId('roads')
  await expect(roads.getByTestId('estimated')).toBeVisible()
  await roads.getByTestId('roads-import').click()
  const line = '"LINESTRING(108.10 41.08, 108.20 41.08, 108.30 41.09)"'
  await page.getByTestId('import-file').setInputFiles({
    name: 'roads.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(`code,class,wkt\nr1,second,${line}\n`),
  })
  await page.getByTestId('import-check').click()
  await expect(page.getByTestId('import-do')).toBeEnabled({ timeout: 30_000 })
  await page.getByTestId('import-do').click()
  await expect(page.getByTestId('import-result')).toContainText('已导入', { timeout: 30_000 })
  await page.keyboard.press('Escape')
  await expect(roads.getByTestId('byRoads')).toBeVisible()
  await shot(page, 'outlets-roads')
  await page.goto(`/?area=${BANNER.code}&layers=outlets.reach`)
  await expect(page.getByTestId('legend-by')).toContainText('按导入的道路', { timeout: 60_000 })
  await page.goto(`/outlets/coverage?area=${BANNER.code}`)
  await roads.getByTestId('roads-remove').click()
  await page.getByRole('dialog').locator('.el-button--danger').click()
  await expect(roads.getByTestId('estimated')).toBeVisible()
  settle()
})
