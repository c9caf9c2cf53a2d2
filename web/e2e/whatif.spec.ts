/** What other rules would pay, and what is paid later for a month that was wrong. */
import { readFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import { BANNER, FINANCE, Hand, ownWorker, pageOf, prepared, rulesFor, today, typeMonth } from './hands'
import { shot, watchOver } from './support'

test.use({ testIdAttribute: 'data-test' })

interface Compared {
  before: { total_fen: number }
  after: { total_fen: number }
  gain: { workers: number }
  lose: { workers: number }
}

test('two rule documents are compared, with who gains and how pay is spread', async ({ page, baseURL }) => {
  const finance = await Hand.of(baseURL, FINANCE)
  const month = (await today(finance)).slice(0, 7)
  await rulesFor(finance, BANNER, month)
  const shipped = readFileSync(new URL('../../src/subsidy/defaults.toml', import.meta.url), 'utf8')
  const raised = shipped
    .replace('demo-2026-1', 'demo-raised')
    .replace('monthly = "2400.00"', 'monthly = "2500.00"')
    .replace('monthly = "2000.00"', 'monthly = "2100.00"')
    .replace('monthly = "2200.00"', 'monthly = "2300.00"')
  const settle = watchOver(page, baseURL ?? '')
  await pageOf(page, FINANCE, `/pay/compare?area=${BANNER}`)
  const form = page.getByTestId('compare-form')
  for (const end of ['from', 'to']) await typeMonth(page, `#compare-${end}`, month)
  await page.getByTestId('compare-do').click()
  await expect(form.getByRole('alert'), 'the second document is still missing').toBeVisible()
  await page.getByTestId('compare-after').click()
  await page.locator('.el-select-dropdown__item').locator('visible=true').last().click()
  await page.locator('[data-test=compare-after-text]').fill(raised)
  await page.getByTestId('compare-do').click()
  await expect(page).toHaveURL(/\/pay\/compare\/[\w-]+/, { timeout: 60_000 })

  const id = new URL(page.url()).pathname.split('/').at(-1) ?? ''
  const told = await finance.call<Compared>('GET', `/pay-comparisons/${id}`)
  expect(told.gain.workers).toBeGreaterThan(0)
  expect(told.lose.workers).toBe(0)
  const result = page.getByTestId('compare-result')
  await expect(result).toContainText('demo-raised')
  const yuan = ((told.after.total_fen - told.before.total_fen) / 100).toLocaleString('en', {
    minimumFractionDigits: 2,
  })
  await expect(result).toContainText(`+${yuan}`)
  const chart = page.getByTestId('distribution')
  await expect(chart.locator('svg path[fill^="#"]')).not.toHaveCount(0)
  await shot(page, 'pay-compare')
  await chart.getByRole('button').click()
  const counts = await chart.locator('tbody td').allTextContents()
  expect(counts.map(Number).reduce((a, b) => a + b, 0)).toBeGreaterThan(0)
  await page.setViewportSize({ width: 375, height: 812 })
  await shot(page, 'pay-compare')
  settle()
})

test('a correction is made on the worker’s card and paid with a later month', async ({ page, baseURL }) => {
  const { finance, month } = await prepared(baseURL)
  const own = await ownWorker(finance)
  const reason = `补发 ${Date.now().toString(36)}`
  const settle = watchOver(page, baseURL ?? '')
  await pageOf(page, FINANCE, `/people/roster/${own.id}?area=${BANNER}`)
  await page.getByTestId('adjust').click()
  const dialog = page.getByTestId('adjust-dialog')
  await typeMonth(page, '#adjust-about', month)
  await typeMonth(page, '#adjust-paid', month)
  await page.locator('#adjust-amount').fill('36.50')
  await page.locator('#adjust-reason').fill(reason)
  await dialog.getByTestId('adjust-do').click()
  await expect(dialog.getByRole('alert'), 'not in the month that it is about').toBeVisible()
  const [year = 0, of = 1] = month.split('-').map(Number)
  await typeMonth(page, '#adjust-about', new Date(Date.UTC(year, of - 2, 1)).toISOString().slice(0, 7))
  await dialog.getByTestId('adjust-do').click()
  await expect(page.getByTestId('worker')).toContainText(reason)
  await shot(page, 'pay-adjusted')

  await page.goto(`/pay/runs?area=${BANNER}`)
  await page.getByTestId('run-new').click()
  await typeMonth(page, '#run-month', month)
  await page.getByTestId('run-make').click()
  await expect(page).toHaveURL(/\/pay\/runs\/[\w-]+/, { timeout: 60_000 })
  const paid = page.getByTestId('run-adjustments').getByRole('row').filter({ hasText: reason })
  await expect(paid).toContainText('+36.50')
  const run = new URL(page.url()).pathname.split('/').at(-1) ?? ''
  const { lines } = await finance.call<{ lines: { component: string; amount_fen: number }[] }>(
    'GET',
    `/pay-runs/${run}/lines?worker=${own.id}`,
  )
  expect(lines.map((line) => line.amount_fen)).toContain(3650)
  await paid.scrollIntoViewIfNeeded()
  await shot(page, 'pay-run-adjustment')
  settle()
})
