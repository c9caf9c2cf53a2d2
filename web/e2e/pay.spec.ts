/** A month of subsidies: days on duty, a run, two people for it, and the statement that comes of it. */
import { expect, test, type Page } from '@playwright/test'
import {
  BANNER,
  FINANCE,
  Hand,
  ownWorker,
  pageOf,
  prepared,
  rulesFor,
  say,
  SECOND,
  today,
  typeMonth,
  WORKER,
} from './hands'
import { shot, watchOver } from './support'

test.use({ testIdAttribute: 'data-test' })

interface Line {
  worker: string
  amount_fen: number
}

const totalOf = async (page: Page): Promise<string> =>
  ((await page.getByTestId('statement-total').textContent()) ?? '').trim()

test('a month is run, approved by a second person, locked, and read by its worker', async ({
  page,
  browser,
  baseURL,
}) => {
  const { finance, month } = await prepared(baseURL)
  const settle = watchOver(page, baseURL ?? '')
  await pageOf(page, FINANCE, `/pay/runs?area=${BANNER}`)
  await page.getByTestId('run-new').click()
  await typeMonth(page, '#run-month', month)
  await page.getByTestId('run-make').click()
  await expect(page).toHaveURL(/\/pay\/runs\/[\w-]+/, { timeout: 60_000 })
  const run = new URL(page.url()).pathname.split('/').at(-1) ?? ''
  await expect(page.getByTestId('by-level')).toContainText('旗县区')
  await expect(page.getByTestId('run-checks')).toBeVisible()
  await shot(page, 'pay-draft')

  // Whoever made it is told that a second person has to approve it, here and by the server.
  await expect(page.getByTestId('own-run')).toContainText('另一人')
  await expect(page.getByTestId('run-approve')).toBeDisabled()
  const refused = await page.request.post(`/api/v1/pay-runs/${run}/approval`, {
    headers: { 'X-Khot-Request': '1' },
  })
  expect(refused.status()).toBe(409)
  settle()

  const second = await (await browser.newContext({ baseURL, locale: 'zh-CN' })).newPage()
  await pageOf(second, SECOND, `/pay/runs?area=${BANNER}`)
  await second.locator(`[data-run="${run}"] a`).first().click()
  await second.getByTestId('run-approve').click()
  await say(second, /批准/).click()
  await second.getByTestId('run-lock').click()
  await shot(second, 'pay-lock')
  await say(second, /锁定/).click()
  await expect(second.getByTestId('run-lock')).toHaveCount(0)
  await expect(second.getByTestId('run-discard')).toHaveCount(0)
  await expect(second.getByTestId('pay-run')).toContainText('已锁定')

  // The files say what the page says, to the fen.
  const { total_fen } = await finance.call<{ total_fen: number }>('GET', `/pay-runs/${run}`)
  expect(total_fen).toBeGreaterThan(0)
  const csv = async (name: string): Promise<string[][]> => {
    const text = await (await second.request.get(`/api/v1/pay-runs/${run}/${name}.csv`)).text()
    return text
      .trim()
      .split(/\r?\n/)
      .map((line) => line.split(','))
  }
  const [head = [], ...payroll] = await csv('payroll')
  const amount = head.indexOf('amount_fen')
  expect(payroll.reduce((sum, line) => sum + Number(line[amount]), 0)).toBe(total_fen)
  expect((await csv('transfers')).at(-1)?.at(-1)).toBe(String(total_fen))

  const { id: own } = await ownWorker(finance)
  const { lines } = await finance.call<{ lines: Line[] }>('GET', `/pay-runs/${run}/lines?worker=${own}`)
  const fen = lines.reduce((sum, line) => sum + line.amount_fen, 0)
  await second.goto(`/pay/statements/${own}?month=${month}`)
  const told = await totalOf(second)
  expect(Number(told.replaceAll(/[^\d.-]/g, ''))).toBe(fen / 100)
  await shot(second, 'pay-statement')

  const phone = await browser.newContext({
    baseURL,
    viewport: { width: 375, height: 812 },
    locale: 'zh-CN',
  })
  const mine = await phone.newPage()
  await pageOf(mine, WORKER, '/me')
  await mine.getByTestId('my-statement').click()
  await expect(mine).toHaveURL(/\/me\/statement/)
  await expect(mine.getByTestId('statement')).toBeVisible()
  await mine.goto(`/me/statement?month=${month}`)
  expect(await totalOf(mine)).toBe(told)
  await shot(mine, 'pay-my-statement')
  await phone.close()
  await second.context().close()
})

test('rules are checked while they are written, and said in plain words', async ({ page, baseURL }) => {
  const finance = await Hand.of(baseURL, FINANCE)
  await rulesFor(finance, BANNER, (await today(finance)).slice(0, 7))
  await pageOf(page, FINANCE, `/pay/rules?area=${BANNER}`)
  await page.locator('[data-rules] a').first().click()
  await expect(page.getByTestId('rules-explained')).toContainText('元')
  await page.getByTestId('rules-copy').click()
  const text = page.getByTestId('rules-text').locator('textarea').or(page.locator('textarea')).first()
  await expect(text).toHaveValue(/version/)
  await text.fill((await text.inputValue()).replace(/monthly = "2400.00"/, 'monthly = "2400.005"'))
  await expect(page.getByTestId('rules-findings')).toContainText(/第 \d+ 行/)
  await expect(page.getByTestId('rules-save')).toBeDisabled()
  await shot(page, 'pay-rules-findings')
})
