/** Files that are refused with their bad lines named, and taken in once these are mended. */
import { expect, test } from '@playwright/test'
import { BANNER, FINANCE, freeMonth, Hand, ownWorker, pageOf, PEOPLE, today, WORKER } from './hands'
import { shot, watchOver } from './support'

test.use({ testIdAttribute: 'data-test' })

const csv = (name: string, lines: string[]) => ({
  name,
  mimeType: 'text/csv',
  buffer: Buffer.from(`${lines.join('\n')}\n`),
})

test('a table of duty days with a bad line is refused as a whole, then taken in', async ({
  page,
  baseURL,
}) => {
  const finance = await Hand.of(baseURL, FINANCE)
  const month = await freeMonth(finance, BANNER, (await today(finance)).slice(0, 7))
  const { id } = await ownWorker(finance)
  const township = WORKER.slice(7, 16)
  const settle = watchOver(page, baseURL ?? '')
  await pageOf(page, PEOPLE, `/pay/duty?area=${township}&month=${month}`)
  const days = page.locator(`[data-worker="${id}"]`).getByTestId('duty_days').locator('input')
  await expect(days).toBeVisible()
  const before = await days.inputValue()
  const head = 'worker,duty_days,expected_days,score'
  const fresh = before === '17' ? '18' : '17'
  await page
    .getByTestId('duty-file')
    .setInputFiles(csv('duty.csv', [head, `${id},${fresh},22,90`, 'nobody,3,22,']))
  const findings = page.getByTestId('duty-findings')
  await expect(findings).toContainText('整个文件没有读入')
  await expect(findings.getByRole('listitem')).toHaveCount(1)
  await expect(findings).toContainText('第 2 行')
  await expect(days).toHaveValue(before)
  await shot(page, 'duty-findings')
  await page.getByTestId('duty-file').setInputFiles(csv('duty.csv', [head, `${id},${fresh},22,90`]))
  await expect(findings).toHaveCount(0)
  await expect(days).toHaveValue(fresh)
  settle()
})

test('a roster is looked through with its findings, mended, and its worker is in the list', async ({
  page,
  baseURL,
}) => {
  const village = WORKER.replace('worker-', '')
  const last = String(Date.now()).slice(-8)
  const settle = watchOver(page, baseURL ?? '')
  await pageOf(page, PEOPLE, `/people/roster?area=${village}`)
  await page.getByTestId('roster-import').click()
  const head = '姓名,区划代码,用工形式,电话,语言'
  const good = `斯琴高娃,${village},专职,139${last},mn;zh`
  const file = page.getByTestId('import-file')
  await file.setInputFiles(csv('roster.csv', [head, good, `巴图,${village},按小时,13800000000,zh`]))
  await page.getByTestId('import-check').click()
  const dialog = page.getByTestId('import-dialog')
  await expect(dialog.getByTestId('import-result')).toBeVisible({ timeout: 30_000 })
  await expect(dialog.locator('tbody tr')).toHaveCount(1)
  await expect(dialog.locator('tbody tr')).toContainText('2')
  await expect(dialog, 'a finding never says a name').not.toContainText('巴图')
  await expect(page.getByTestId('import-do')).toBeDisabled()
  await shot(page, 'roster-findings')

  await file.setInputFiles(csv('roster.csv', [head, good]))
  await page.getByTestId('import-check').click()
  await expect(page.getByTestId('import-do')).toBeEnabled({ timeout: 30_000 })
  await page.getByTestId('import-do').click()
  await expect(dialog.getByTestId('import-result')).toContainText('1', { timeout: 30_000 })
  await page.keyboard.press('Escape')
  const row = page
    .getByTestId('roster')
    .getByRole('row')
    .filter({ hasText: `139****${last.slice(-4)}` })
  await expect(row).toContainText('斯**')
  await row.getByRole('link').first().click()
  await expect(page.getByTestId('worker-details')).toContainText('蒙古语')
  settle()
})
