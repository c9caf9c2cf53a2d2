/** A planner's day, from signing in to seeing a published grid, against a real server. */
import { expect, test } from '@playwright/test'
import {
  BANNER,
  dayForPlan,
  drawsChinese,
  mapRests,
  password,
  pixelsLike,
  shot,
  signedIn,
  signInByForm,
  watchOver,
} from './support'

test.use({ testIdAttribute: 'data-test' })
test.describe.configure({ mode: 'serial' })

const LABEL: [number, number, number] = [0x22, 0x26, 0x2b]
let published = ''

test('signs in, and is told of a wrong password', async ({ page, baseURL }) => {
  const settle = watchOver(page, baseURL ?? '')
  await page.goto('/signin')
  await expect(page.getByRole('heading', { level: 1 })).toContainText('浩特网格')
  await shot(page, 'signin')
  await signInByForm(page, 'not-the-password')
  await expect(page.getByTestId('signin-error')).toBeVisible()
  await shot(page, 'signin-wrong')
  await signInByForm(page, password())
  await expect(page.getByTestId('area-panel')).toContainText('内蒙古自治区')
  settle()
})

test('shows the region with Chinese labels', async ({ page, baseURL }) => {
  const settle = watchOver(page, baseURL ?? '')
  await signedIn(page)
  await mapRests(page)
  expect(await drawsChinese(page)).toBe(true)
  expect(await pixelsLike(page, LABEL)).toBeGreaterThan(300)
  await shot(page, 'region')
  settle()
})

test('searches a banner, divides it, reads the draft and publishes it', async ({ page, baseURL }) => {
  test.setTimeout(600_000)
  const settle = watchOver(page, baseURL ?? '')
  await signedIn(page)
  await mapRests(page)

  await page.keyboard.press('/')
  await page.keyboard.type(BANNER.name)
  await page.locator(`.search-list [data-code="${BANNER.code}"]`).click()
  await expect(page).toHaveURL(new RegExp(`area=${BANNER.code}`))
  await expect(page.getByTestId('area-panel')).toContainText(BANNER.name)
  await mapRests(page)
  await shot(page, 'banner')

  await page.getByTestId('divide').click()
  await expect(page.getByTestId('divide-start')).toBeVisible()
  await shot(page, 'divide')
  await page.getByTestId('divide-start').click()
  await expect(page.getByTestId('job').or(page.getByTestId('draft-panel')).first()).toBeVisible()
  if (await page.getByTestId('progress').isVisible()) await shot(page, 'progress')
  await expect(page.getByTestId('draft-panel')).toBeVisible({ timeout: 540_000 })
  await expect(page).toHaveURL(/draft=/)
  await expect(page.getByTestId('draft-scores')).toContainText(/\d/)
  await expect(page.getByTestId('draft-scores')).toContainText('%')
  await mapRests(page)
  await shot(page, 'draft')

  const reason = page.getByTestId('reasons').getByRole('button').first()
  if (await reason.count()) {
    await reason.click()
    await expect(page).toHaveURL(/sel=\d+.*at=[\d.]+,[\d.]+,[\d.]+/)
    await mapRests(page)
    await shot(page, 'reason')
    await page.goBack()
    await expect(page.getByTestId('draft-panel')).toBeVisible()
  }

  published = await dayForPlan(page)
  await page.getByTestId('publish').click()
  const from = page.getByTestId('publish-dialog').locator('.el-date-editor input')
  await from.fill(published)
  await from.press('Enter')
  await expect(page.getByTestId('publish-do')).toContainText(published)
  await shot(page, 'publish')
  await page.getByTestId('publish-do').click()
  await expect(page).not.toHaveURL(/draft=|job=/, { timeout: 120_000 })

  await page.goto(`/?area=${BANNER.code}&on=${published}`)
  await expect(page.getByTestId('area-panel')).toContainText(published)
  await mapRests(page)
  await shot(page, 'published')
  settle()
})

test('picks a published grid on the map and shows its code', async ({ page, baseURL }) => {
  const settle = watchOver(page, baseURL ?? '')
  await signedIn(page, `/?area=${BANNER.code}&on=${published}`)
  await mapRests(page)
  const canvas = page.locator('canvas.maplibregl-canvas')
  const box = await canvas.boundingBox()
  if (!box) throw new Error('the map has no size')
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  await page.mouse.dblclick(box.x + box.width / 2, box.y + box.height / 2)
  await expect(page).toHaveURL(new RegExp(`area=${BANNER.code}\\d{3}&`))
  await mapRests(page)
  await page.mouse.move(box.x + box.width / 2 + 30, box.y + box.height / 2 + 12)
  await expect(page.getByTestId('hover-card')).toBeVisible()
  await page.mouse.click(box.x + box.width / 2 + 30, box.y + box.height / 2 + 12)
  await expect(page).toHaveURL(/sel=\d{15}/)
  const code = new URL(page.url()).searchParams.get('sel') ?? ''
  const shown = await page.getByTestId('grid-code').textContent()
  expect(shown?.replaceAll(/\D/g, '')).toBe(code)
  await shot(page, 'grid')
  await page.keyboard.press('Escape')
  await expect(page).not.toHaveURL(/sel=/)
  settle()
})

test('compares area types, in both languages', async ({ page, baseURL }) => {
  const settle = watchOver(page, baseURL ?? '')
  await signedIn(page, `/analysis?on=${published}`)
  await expect(page.getByTestId('boxplot').first().locator('svg')).toBeVisible()
  await shot(page, 'analysis')
  const download = page.waitForEvent('download')
  await page.getByTestId('csv').click()
  expect((await download).suggestedFilename()).toMatch(/\.csv$/)
  await page.getByTestId('language-en').click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Area types compared')
  await page.reload()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Area types compared')
  await shot(page, 'analysis-en')
  await page.getByTestId('rail-plans').click()
  await expect(page.getByTestId('plans')).toBeVisible()
  await shot(page, 'plans-en')
  settle()
})

test('works on a phone', async ({ page, baseURL }) => {
  const settle = watchOver(page, baseURL ?? '')
  await page.setViewportSize({ width: 375, height: 812 })
  await page.goto('/signin')
  await shot(page, 'signin')
  await signedIn(page)
  await mapRests(page)
  await shot(page, 'region')
  await page.goto(`/?area=${BANNER.code}&on=${published}`)
  await mapRests(page)
  await page.getByTestId('sheet-handle').click()
  await page.waitForTimeout(300)
  await shot(page, 'banner')
  for (const name of ['plans', 'analysis']) {
    await page.getByTestId(`rail-${name}`).click()
    await expect(page).toHaveURL(new RegExp(`/${name}`))
    await expect(page.getByTestId(name === 'plans' ? 'plans' : 'boxplot').first()).toBeVisible()
    await shot(page, name)
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(overflow, `${name} is no wider than the phone`).toBeLessThanOrEqual(0)
  }
  settle()
})
