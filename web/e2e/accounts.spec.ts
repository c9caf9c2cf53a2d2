/** An account's first day, told at a desk in Chinese and on a phone in English, against a real server. */
import { expect, test, type Locator, type Page } from '@playwright/test'
import { BANNER, mapRests, shot, signedIn, signInByForm, USER, watchOver } from './support'

test.use({ testIdAttribute: 'data-test' })
test.describe.configure({ mode: 'serial' })

const LEAGUE = { code: '1508', name: '巴彦淖尔市' }
const WEAK = 'password1234'
const GOOD = 'a camel walks far 7'
const run = Date.now().toString(36)

const TELLINGS = [
  { where: 'at a desk', language: 'zh', size: { width: 1440, height: 900 } },
  { where: 'on a phone', language: 'en', size: { width: 375, height: 812 } },
] as const

const WORDS = {
  zh: { barred: '您没有查看此页的权限', planner: '规划员', inForce: '生效中', disabled: '已停用' },
  en: { barred: 'You may not see this page', planner: 'Planner', inForce: 'In force', disabled: 'Disabled' },
}

for (const { where, language, size } of TELLINGS) {
  test.describe(where, () => {
    test.use({ viewport: size })
    const username = `e2e-${language}-${run}`
    const words = WORDS[language]
    let temporary = ''

    test.beforeEach(async ({ page }) => {
      await page.addInitScript((choice) => localStorage.setItem('khot.language', choice), language)
    })

    test('an administrator makes an account that plans one banner', async ({ page, baseURL }) => {
      const settle = watchOver(page, baseURL ?? '')
      await signedIn(page)
      await page.getByTestId('account').click()
      await page.getByTestId('menu-accounts').click()
      await expect(page.getByTestId('accounts')).toContainText(USER)
      await noWider(page)
      await shot(page, `accounts-${language}`)

      await page.getByTestId('account-new').click()
      const dialog = page.getByTestId('new-account')
      await dialog.getByTestId('account-make').click()
      await expect(dialog.getByRole('alert')).toHaveCount(2)
      await dialog.locator('#new-username').fill(username)
      await dialog.locator('#new-name').fill('乌云其木格')
      await choose(dialog.getByTestId('role'), page.locator('[data-role=planner]'))
      await chooseArea(page, dialog, '#new-within', [LEAGUE.name, BANNER.name])
      await shot(page, `account-new-${language}`)
      await dialog.getByTestId('account-make').click()

      temporary = (await page.getByTestId('once-secret').textContent())?.trim() ?? ''
      expect(temporary.length).toBeGreaterThanOrEqual(10)
      await page.keyboard.press('Escape')
      await expect(page.getByTestId('once'), 'what is shown once goes only when told to').toBeVisible()
      await shot(page, `account-once-${language}`)
      await page.getByTestId('once-done').click()

      await expect(page).toHaveURL(new RegExp(`/admin/accounts/${username}`))
      const grant = page.getByTestId('grants').locator('tbody tr')
      await expect(grant).toHaveCount(1)
      await expect(grant).toContainText(words.planner)
      await expect(grant).toContainText(BANNER.name)
      await expect(grant).toContainText(words.inForce)
      const tree = page.getByTestId('grant-tree')
      await expect(tree.locator(`[data-code="${BANNER.code}"]`)).toContainText(words.planner)
      await noWider(page)
      await shot(page, `account-${language}`)
      settle()
    })

    test('its owner changes the password before anything else', async ({ page, baseURL }) => {
      const settle = watchOver(page, baseURL ?? '')
      await page.goto('/signin')
      await signInByForm(page, temporary, username)
      await expect(page.getByTestId('new-password')).toBeVisible()
      await page.goto('/plans')
      await expect(page).toHaveURL(/\/account\/new-password\?back=\/plans/)
      await page.goto('/account/new-password')

      await changePassword(page, temporary, 'short')
      await expect(page.locator('.el-form-item__error')).toBeVisible()
      await changePassword(page, temporary, WEAK)
      await expect(page.locator('.el-form-item__error')).toBeVisible()
      await noWider(page)
      await shot(page, `new-password-${language}`)
      await changePassword(page, temporary, GOOD)
      await expect(page).toHaveURL(new RegExp(`area=${BANNER.code}`))
      await expect(page.getByTestId('area-panel')).toContainText(BANNER.name)
      await mapRests(page)
      await shot(page, `own-banner-${language}`)
      settle()
    })

    test('and sees that banner and nothing beside it', async ({ page, baseURL }) => {
      const settle = watchOver(page, baseURL ?? '')
      await page.goto('/signin')
      await signInByForm(page, GOOD, username)
      await expect(page.getByTestId('area-panel')).toContainText(BANNER.name)
      await expect(page.getByTestId('rail-plans')).toBeVisible()
      await expect(page.getByTestId('rail-admin')).toHaveCount(0)

      await page.goto(`/?area=${LEAGUE.code}`)
      await expect(page.getByTestId('area-panel')).toContainText(LEAGUE.name)
      const below = page.getByTestId('children').getByRole('listitem')
      await expect(below).toHaveCount(1)
      await expect(below).toContainText(BANNER.name)

      for (const path of ['/admin/accounts', `/admin/accounts/${USER}`, '/admin/audit']) {
        await page.goto(path)
        await expect(page.getByTestId('barred')).toContainText(words.barred)
      }
      await shot(page, `barred-${language}`)
      settle()
    })

    test('makes a token for a program, revokes it, and signs out', async ({ page, baseURL, playwright }) => {
      const settle = watchOver(page, baseURL ?? '')
      await page.goto('/signin')
      await signInByForm(page, GOOD, username)
      await expect(page).not.toHaveURL(/signin/)
      await page.getByTestId('account').click()
      await page.getByTestId('menu-account').click()
      const own = page.getByTestId('my-account')
      await expect(own).toContainText(username)
      await expect(own.getByTestId('grants')).toContainText(BANNER.name)

      await own.getByTestId('token-new').click()
      await page.locator('#token-name').fill('周报脚本')
      await page.getByTestId('token-make').click()
      const token = (await page.getByTestId('once-secret').textContent())?.trim() ?? ''
      await shot(page, `token-${language}`)
      await page.getByTestId('once-done').click()
      await expect(own.getByTestId('tokens')).toContainText('周报脚本')
      await expect(page.locator('body')).not.toContainText(token)
      await noWider(page)
      await shot(page, `my-account-${language}`)

      const program = await playwright.request.newContext({
        baseURL,
        extraHTTPHeaders: { Authorization: `Bearer ${token}` },
      })
      expect(await (await program.get('/api/v1/session')).json()).toMatchObject({ account: { username } })
      await own.getByTestId('token-revoke').click()
      await page.getByRole('dialog').locator('.el-button--danger').click()
      await expect(own.getByTestId('tokens')).toHaveCount(0)
      expect((await program.get('/api/v1/session')).status()).toBe(401)
      await program.dispose()

      await page.getByTestId('account').click()
      await page.getByTestId('sign-out').click()
      await expect(page.getByTestId('go-sign-in').or(page.locator('#username')).first()).toBeVisible()
      await page.goto('/account')
      await expect(page).toHaveURL(/\/signin\?back=\/account/)
      settle()
    })

    test('until the administrator takes the grant back and disables the account', async ({
      page,
      baseURL,
    }) => {
      const settle = watchOver(page, baseURL ?? '')
      await signedIn(page, `/admin/accounts?search=${username}`)
      await page.getByTestId('accounts').getByRole('link', { name: '乌云其木格' }).click()
      const account = page.getByTestId('managed-account')
      await account.getByTestId('grant-take-back').click()
      await page.getByRole('dialog').locator('.el-button--danger').click()
      await expect(account.getByTestId('grants')).toHaveCount(0)
      await account.getByTestId('disable').click()
      await shot(page, `disable-${language}`)
      await page.getByRole('dialog').locator('.el-button--danger').click()
      await expect(account).toContainText(words.disabled)
      await expect(account.getByTestId('enable')).toBeVisible()
      settle()

      await page.context().clearCookies()
      await page.goto('/signin')
      await signInByForm(page, GOOD, username)
      await expect(page.getByTestId('signin-error')).toBeVisible()
      await expect(page).toHaveURL(/signin/)
    })
  })
}

test('whoever comes by sees outlines on the public map, and no figures', async ({ page, baseURL }) => {
  const settle = watchOver(page, baseURL ?? '')
  await page.goto(`/?area=${BANNER.code}&layers=types.grids.units.places`)
  await expect(page.getByTestId('area-panel')).toContainText(BANNER.name)
  await mapRests(page)
  for (const absent of ['divide', 'rail-plans', 'rail-analysis', 'sign-out']) {
    await expect(page.getByTestId(absent)).toHaveCount(0)
  }
  await expect(page.getByTestId('area-panel')).not.toContainText('户数')
  await shot(page, 'visitor')
  await page.getByTestId('go-sign-in').click()
  await expect(page).toHaveURL(/\/signin\?back=/)
  await page.getByTestId('public-map').click()
  await expect(page.getByTestId('go-sign-in')).toBeVisible()
  settle()
})

async function choose(select: Locator, option: Locator): Promise<void> {
  await select.click()
  await option.locator('visible=true').click()
}

/** Opens the tree step by step and takes the last of these. */
async function chooseArea(page: Page, dialog: Locator, field: string, names: string[]): Promise<void> {
  await dialog
    .locator('.el-form-item')
    .filter({ has: page.locator(field) })
    .locator('.el-select')
    .click()
  const tree = page.locator('.el-select-dropdown').locator('visible=true').getByRole('tree')
  for (const [i, name] of names.entries()) {
    const row = tree.locator('.el-tree-node__content').filter({ has: page.getByText(name, { exact: true }) })
    if (i === names.length - 1) await row.getByText(name, { exact: true }).click()
    else await row.locator('.el-tree-node__expand-icon').click()
  }
}

async function changePassword(page: Page, current: string, fresh: string): Promise<void> {
  await page.locator('#current-password').fill(current)
  await page.locator('#new-password').fill(fresh)
  await page.locator('#new-password-again').fill(fresh)
  await page.getByTestId('password-save').click()
}

async function noWider(page: Page): Promise<void> {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  expect(over, 'the page is no wider than the window').toBeLessThanOrEqual(0)
}
