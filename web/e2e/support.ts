/** What every story needs: logins, a watch over requests and console, shots, and a look at the map's pixels. */
import { readFileSync } from 'node:fs'
import { expect, type Page } from '@playwright/test'

export const USER = process.env.KHOT_USER ?? 'region-admin'
export const BANNER = { code: '150821', name: '五原县' }

export function password(): string {
  const file = process.env.KHOT_LOGINS
  if (!file) throw new Error('KHOT_LOGINS must name the JSON file of user names and passwords')
  const logins = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
  const found = logins[USER]
  if (!found) throw new Error(`there is no login for ${USER} in KHOT_LOGINS`)
  return found
}

/** Collects what must not happen: a request that leaves the origin, an error on the console. */
export function watchOver(page: Page, base: string) {
  const strangers: string[] = []
  const errors: string[] = []
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== new URL(base).origin) {
      strangers.push(request.url())
    }
  })
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() !== 'error') return
    const { url } = message.location()
    // Chromium reports every 4xx: asking who is signed in, a refused password and an absent basemap file are no errors.
    if (/\/api\/v1\/(session|meta|me\/password)$|\/basemap\//.test(url)) return
    errors.push(`${message.text()} ${url}`)
  })
  return () => {
    expect(strangers, 'no request leaves the origin').toEqual([])
    expect(errors, 'no errors on the console').toEqual([])
  }
}

export async function signInByForm(page: Page, secret: string, user = USER): Promise<void> {
  await page.locator('#username').fill(user)
  await page.locator('#password').fill(secret)
  await page.locator('button[type=submit]').click()
}

export async function signedIn(page: Page, path = '/'): Promise<void> {
  await page.goto('/signin')
  await signInByForm(page, password())
  await expect(page).not.toHaveURL(/signin/)
  if (path !== '/') await page.goto(path)
}

/** The map is drawn: nothing is being fetched and its camera has come to rest. */
export async function mapRests(page: Page): Promise<void> {
  await expect(page.locator('canvas.maplibregl-canvas')).toBeVisible()
  await page.waitForLoadState('networkidle')
  await page.waitForTimeout(700)
  await expect(page.getByTestId('map-loading')).toHaveCount(0)
}

export async function shot(page: Page, name: string): Promise<void> {
  const width = page.viewportSize()?.width ?? 0
  // What fades or slides in is shown as a person sees it: at rest.
  await page.evaluate(async () => {
    const ending = document
      .getAnimations()
      .filter((animation) => animation.effect?.getTiming().iterations !== Infinity)
    await Promise.allSettled(ending.map((animation) => animation.finished))
  })
  await page.screenshot({ path: `e2e/shots/${name}-${width}.png` })
}

/** How many pixels of the map have about this colour. */
export async function pixelsLike(
  page: Page,
  [r, g, b]: [number, number, number],
  within = 20,
): Promise<number> {
  const picture = (await page.locator('canvas.maplibregl-canvas').screenshot()).toString('base64')
  return page.evaluate(
    async ({ picture, r, g, b, within }) => {
      const image = new Image()
      image.src = `data:image/png;base64,${picture}`
      await image.decode()
      const canvas = document.createElement('canvas')
      canvas.width = image.width
      canvas.height = image.height
      const pen = canvas.getContext('2d')
      if (!pen) return 0
      pen.drawImage(image, 0, 0)
      const { data } = pen.getImageData(0, 0, canvas.width, canvas.height)
      let n = 0
      for (let i = 0; i < data.length; i += 4) {
        const near = (k: number, want: number) => Math.abs((data[i + k] ?? 0) - want) <= within
        if (near(0, r) && near(1, g) && near(2, b)) n++
      }
      return n
    },
    { picture, r, g, b, within },
  )
}

/** Do this machine's fonts draw Chinese, or the same empty box for every character? */
export async function drawsChinese(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const draw = (text: string): string => {
      const canvas = document.createElement('canvas')
      canvas.width = canvas.height = 32
      const pen = canvas.getContext('2d')
      if (!pen) return ''
      pen.font = '24px Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif'
      pen.fillText(text, 2, 26)
      return canvas.toDataURL()
    }
    const characters = ['内', '蒙', '古', '旗', '嘎'].map(draw)
    const missing = draw('\u{10FFFE}')
    return new Set(characters).size === characters.length && !characters.includes(missing)
  })
}

/** The day after every published plan of the banner began, so that the story can be told again. */
export async function dayForPlan(page: Page): Promise<string> {
  const answer = await page.request.get(`/api/v1/areas/${BANNER.code}/plans`)
  const { items } = (await answer.json()) as { items: { valid_from: string | null }[] }
  const latest = items.map((plan) => plan.valid_from ?? '').reduce((a, b) => (a > b ? a : b), '2026-11-30')
  const next = new Date(`${latest}T00:00:00Z`)
  next.setUTCDate(next.getUTCDate() + 1)
  return next.toISOString().slice(0, 10)
}
