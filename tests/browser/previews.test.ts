/**
 * Previews and QR codes of short links in Chromium. A library reads the QR codes as a camera would.
 */
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openBrowser, openPage } from '../support/browser.ts'
import { manuscript, type Newsroom, openReachableNewsroom } from '../support/newsroom.ts'
import { readQr } from '../support/qr-reader.ts'

const LONG = `${'Aa0_-'.repeat(12)}zZ9-`
const STORIES = {
  moon: {
    code: 'mheng',
    title: 'China is "ready" & <willing>',
    section: 'Science',
    correction: 'The year is 2029, not 2028.',
  },
  arabic: {
    code: 'amal2',
    title: 'خمس سنوات في المدار',
    language: 'ar',
    section: 'فضاء',
    correction: ['كان العام ٢٠٢٩.', 'تصحيح آخر.'],
    // This address is long and has no place for a line break.
    canonical: `http://127.0.0.1/${'%D8%AE%D8%A8%D8%B1'.repeat(12)}`,
  },
  urdu: { code: 'chand', title: 'پاکستان کا نیا سیٹلائٹ خلا میں', language: 'ur' },
  long: { code: LONG, title: 'A code of 64 characters' },
  one: { code: 'X', title: 'A code of one' },
}

let newsroom: Newsroom
let browser: Browser
let page: Page
let complaints: string[]

beforeAll(async () => {
  newsroom = await openReachableNewsroom({ ALLOWED_HOSTS: '127.0.0.1' })
  for (const [id, story] of Object.entries(STORIES))
    expect((await newsroom.publish(id, manuscript(story))).status, id).toBe(201)
  await newsroom.waitForOutbox()
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await newsroom?.close()
})
beforeEach(async () => {
  ;({ page, complaints } = await openPage(browser))
})
afterEach(async () => await page.close())

const go = async (path: string): Promise<number> => {
  const response = await page.goto(newsroom.url + path)
  return response?.status() ?? 0
}
const measureOverflow = (): Promise<number> =>
  page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )

/** Draws a QR code in Chromium, at `size` pixels or at its own size, and decodes it with jsQR. */
async function decodeDrawn(path: string, size?: number): Promise<string | undefined> {
  // Returns one number for each pixel, because all pixels are grey.
  const { side, grey } = await page.evaluate<{ side: number; grey: number[] }>(`(async () => {
    const image = new Image()
    image.src = ${JSON.stringify(path)}
    await image.decode()
    const side = ${size ?? 'image.naturalWidth'}
    const canvas = Object.assign(document.createElement('canvas'), { width: side, height: side })
    const context = canvas.getContext('2d')
    context.drawImage(image, 0, 0, side, side)
    const { data } = context.getImageData(0, 0, side, side)
    return { side, grey: [...data.filter((_, index) => index % 4 === 0)] }
  })()`)
  return readQr(Uint8ClampedArray.from(grey.flatMap((each) => [each, each, each, 255])), side)
}

describe('a preview', () => {
  it('shows headline, host and correction, and its link opens the story', async () => {
    expect(await go('/mheng+')).toBe(200)
    expect(await page.locator('h1').allTextContents()).toEqual(['China is "ready" & <willing>'])
    const { host } = new URL(newsroom.url)
    expect(await page.locator('.address strong').innerText()).toBe(host)
    const weight = (selector: string): Promise<number> =>
      page.evaluate<number>(
        `Number(getComputedStyle(document.querySelector('${selector}')).fontWeight)`,
      )
    expect(await weight('.address strong')).toBeGreaterThan(await weight('.address'))
    expect(await page.locator('main').innerText()).toContain('The year is 2029, not 2028.')
    expect(await page.locator('main a').count()).toBe(1)
    await page.locator('main a').click()
    await page.waitForURL(`${newsroom.url}/articles/moon`)
    expect(complaints).toEqual([])
  })

  it('selects the whole short link after one click', async () => {
    await go('/mheng+')
    await page.locator('.keep .copy').click()
    expect(await page.evaluate<string>('String(getSelection())')).toBe(`${newsroom.url}/mheng`)
  })

  it.each(['light', 'dark'] as const)(
    'shows the QR code dark on white on a %s page, so that a camera can read it',
    async (scheme) => {
      await page.close()
      ;({ page, complaints } = await openPage(browser, scheme))
      await go('/mheng+')
      const image = page.locator('main img')
      const [width, height] = await image.evaluate((element) => {
        const { width, height } = element.getBoundingClientRect()
        return [width, height]
      })
      expect(width).toBe(200)
      expect(height).toBe(width)
      const corner = await page.evaluate<number[]>(`(() => {
        const canvas = document.createElement('canvas')
        const context = canvas.getContext('2d')
        context.drawImage(document.querySelector('main img'), 0, 0)
        return [...context.getImageData(0, 0, 1, 1).data]
      })()`)
      expect(corner).toEqual([255, 255, 255, 255])
      expect(await decodeDrawn('/mheng.svg', width)).toBe(`${newsroom.url}/mheng`)
      expect(complaints).toEqual([])
    },
  )

  it.each([
    ['/mheng+', 'ltr'],
    ['/amal2+', 'rtl'],
    ['/chand+', 'rtl'],
    [`/${LONG}+`, 'ltr'],
  ])('at %s fits a phone and has the direction %s', async (path, direction) => {
    await page.setViewportSize({ width: 320, height: 640 })
    expect(await go(path)).toBe(200)
    expect(await measureOverflow()).toBe(0)
    expect(await page.locator('html').getAttribute('dir')).toBe(direction)
    expect(
      await page.evaluate<string>("getComputedStyle(document.querySelector('h1')).direction"),
    ).toBe(direction)
    expect(
      await page.evaluate<string>("getComputedStyle(document.querySelector('.address')).direction"),
    ).toBe('ltr')
    expect(complaints).toEqual([])
  })
})

describe('a QR code', () => {
  it.each(['mheng', 'amal2', 'chand', 'X', LONG])(
    'of %s, drawn by Chromium, is decoded by another library to the short link',
    async (code) => {
      await go('/mheng+')
      expect(await decodeDrawn(`/${code}.svg`)).toBe(`${newsroom.url}/${code}`)
      expect(complaints).toEqual([])
    },
  )

  it('contains the code in its original case, whatever case is requested', async () => {
    await go('/mheng+')
    expect(await decodeDrawn('/MHENG.svg')).toBe(`${newsroom.url}/mheng`)
    expect(await decodeDrawn('/x.svg')).toBe(`${newsroom.url}/X`)
  })

  it('can be opened as a page of its own', async () => {
    expect(await go('/mheng.svg')).toBe(200)
    expect(await page.locator('svg title').textContent()).toBe(`${newsroom.url}/mheng`)
    expect(complaints).toEqual([])
  })
})
