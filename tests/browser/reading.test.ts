/** The pages and feeds of a small newsroom in Debian's Chromium. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openBrowser, openPage } from '../support/browser.ts'
import { manuscript, type Newsroom, openReachableNewsroom } from '../support/newsroom.ts'

let newsroom: Newsroom
let browser: Browser
let page: Page
let complaints: string[]

beforeAll(async () => {
  newsroom = await openReachableNewsroom()
  const stories = {
    moon: manuscript({
      code: 'mheng',
      title: 'China is "ready" & <willing>',
      body: 'ISLAMABAD: The first paragraph.\n\n## A part\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n> Quoted.\n\n`code`\n',
    }),
    arabic: manuscript({
      title: 'خمس سنوات في المدار',
      language: 'ar',
      body: 'نص الخبر.',
      tags: ['فضاء'],
    }),
    withdrawn: manuscript({ code: 'pulled', title: 'Pulled headline' }),
    later: manuscript({ code: 'later', title: 'Not yet', published: '2999-01-01T00:00:00Z' }),
  }
  for (const [id, story] of Object.entries(stories))
    expect((await newsroom.publish(id, story)).status).toBe(201)
  await newsroom.withdraw('withdrawn')
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
const texts = (selector: string): Promise<string[]> => page.locator(selector).allTextContents()

describe('a story', () => {
  it('opens through its short link, and shows its headline as the only h1, and its text', async () => {
    expect(await go('/mheng')).toBe(200)
    expect(page.url()).toBe(`${newsroom.url}/articles/moon`)
    expect(await texts('h1')).toEqual(['China is "ready" & <willing>'])
    expect(await page.title()).toContain('China is "ready" & <willing>')
    expect(await page.locator('article').innerText()).toContain('ISLAMABAD: The first paragraph.')
    expect(await texts('article h2')).toContain('A part')
    expect(await page.locator('html').getAttribute('dir')).toBe('ltr')
    expect(complaints).toEqual([])
  })

  it('shows its short link for copying, and links to the front page', async () => {
    await go('/articles/moon')
    expect(await page.locator('article').innerText()).toContain(`${newsroom.url}/mheng`)
    await page.locator('header a[href="/"]').first().click()
    await page.waitForURL(`${newsroom.url}/`)
    expect(complaints).toEqual([])
  })

  it('in Arabic is right to left, and so is its headline', async () => {
    expect(await go('/articles/arabic')).toBe(200)
    const html = page.locator('html')
    expect(await html.getAttribute('lang')).toBe('ar')
    expect(await html.getAttribute('dir')).toBe('rtl')
    const direction = await page.evaluate<string>(
      "getComputedStyle(document.querySelector('h1')).direction",
    )
    expect(direction).toBe('rtl')
    expect(await texts('h1')).toEqual(['خمس سنوات في المدار'])
    expect(complaints).toEqual([])
  })
})

describe('the front page', () => {
  it('lists public stories and no others, and its links open them', async () => {
    expect(await go('/')).toBe(200)
    expect((await texts('main ol h2')).sort()).toEqual(
      ['China is "ready" & <willing>', 'خمس سنوات في المدار'].sort(),
    )
    expect(await page.locator('h1').count()).toBe(1)
    const body = await page.locator('body').innerText()
    expect(body).not.toContain('Pulled headline')
    expect(body).not.toContain('Not yet')
    await page.getByRole('link', { name: 'China is' }).first().click()
    await page.waitForURL(`${newsroom.url}/articles/moon`)
    await go('/')
    await page.locator(`main ol a[href="${newsroom.url}/mheng"]`).click()
    await page.waitForURL(`${newsroom.url}/articles/moon`)
    expect(complaints).toEqual([])
  })

  it('links to the three feeds with their media types, so that feed readers discover them', async () => {
    await go('/')
    const feeds = await page
      .locator('link[rel="alternate"]')
      .evaluateAll((links) =>
        links.map((link) => [link.getAttribute('type'), link.getAttribute('href')]),
      )
    expect(feeds).toEqual([
      ['application/rss+xml', `${newsroom.url}/rss.xml`],
      ['application/atom+xml', `${newsroom.url}/atom.xml`],
      ['application/feed+json', `${newsroom.url}/feed.json`],
    ])
    for (const [type, href] of feeds) {
      const response = await fetch(href ?? '')
      expect(response.status).toBe(200)
      expect(response.headers.get('Content-Type')).toBe(`${type}; charset=utf-8`)
    }
  })
})

describe('a feed', () => {
  type RenderedStyle = { display: string; direction: string; size: number; before: string }
  const readStyle = (selector: string): Promise<RenderedStyle> =>
    page.evaluate(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)})
      const style = getComputedStyle(element)
      return {
        display: style.display,
        direction: style.direction,
        size: parseFloat(style.fontSize),
        before: getComputedStyle(element, '::before').content,
      }
    })()`)

  it.each([
    ['/rss.xml', 'rss', 'item', 'description', 'encoded'],
    ['/atom.xml', 'feed', 'entry', 'summary', 'content'],
    ['/feed', 'rss', 'item', 'description', 'encoded'],
  ])(
    'at %s is displayed with its style: large headlines and summaries, but no full texts (R-48, H-56)',
    async (path, root, item, summary, text) => {
      expect(await go(path)).toBe(200)
      expect((await readStyle(root)).before).toContain('This is a feed')
      const title = await readStyle(`${item} > title`)
      expect(title.display).toBe('block')
      expect(title.size).toBeGreaterThan((await readStyle(`${item} > ${summary}`)).size)
      expect((await readStyle(`${item} > ${summary}`)).display).toBe('block')
      expect((await readStyle(`${item} > ${text}`)).display).toBe('none')
      for (const hidden of ['guid', 'id', 'category', 'updated'])
        if ((await page.locator(`${item} > ${hidden}`).count()) > 0)
          expect((await readStyle(`${item} > ${hidden}`)).display, hidden).toBe('none')
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
      expect(wide).toBeLessThanOrEqual(0)
      expect(complaints).toEqual([])
    },
  )

  it.each(['/languages/ar/rss.xml', '/languages/ar/atom.xml'])(
    'at %s is displayed from right to left, with its banner in Arabic',
    async (path) => {
      expect(await go(path)).toBe(200)
      const root = await readStyle(':root')
      expect(root.direction).toBe('rtl')
      expect(root.before).toContain('خلاصة')
      expect(complaints).toEqual([])
    },
  )
})

describe('the page of a channel', () => {
  it('lists its stories and links to its own feeds first, in any script', async () => {
    expect(await go(`/tags/${encodeURIComponent('فضاء')}`)).toBe(200)
    expect(await texts('main ol h2')).toEqual(['خمس سنوات في المدار'])
    const [first] = await page
      .locator('link[rel="alternate"]')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href')))
    expect(first).toBe(`${newsroom.url}/tags/${encodeURIComponent('فضاء')}/rss.xml`)
    expect(complaints).toEqual([])
  })
})

describe('the directory of feeds', () => {
  it('is linked in the footer of pages, and links to every channel and its feeds', async () => {
    await go('/articles/moon')
    await page.locator('footer a[href="/feeds"]').click()
    await page.waitForURL(`${newsroom.url}/feeds`)
    expect(await texts('h1')).toEqual(['Feeds'])
    expect(await texts('#tags .name bdi')).toEqual(['space', 'فضاء'])
    expect(await texts('#tags .count')).toEqual(['1', '1'])
    const row = page.locator('#tags li').filter({ hasText: 'فضاء' })
    expect(await row.locator('.formats a').allTextContents()).toEqual(['RSS', 'Atom', 'JSON'])
    const feed = await fetch((await row.locator('.formats a').first().getAttribute('href')) ?? '')
    expect(feed.status).toBe(200)
    await row.locator('.name').click()
    await page.waitForURL(`${newsroom.url}/tags/${encodeURIComponent('فضاء')}`)
    expect(complaints).toEqual([])
  })

  it('fits a phone, and explains the extensions of our JSON feeds in a section of its own', async () => {
    await page.setViewportSize({ width: 320, height: 640 })
    await go('/feeds#tombstones')
    const tooWide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
    expect(await page.evaluate<number>(tooWide)).toBe(0)
    expect(await page.locator('#tombstones').innerText()).toContain('_tombstones')
    expect(complaints).toEqual([])
  })
})

describe('older stories', () => {
  it('are linked from the page of a channel, and link back to it', async () => {
    const stories = Array.from({ length: 101 }, (_, index) =>
      JSON.stringify({
        id: `past-${index}`,
        title: `Past ${index}`,
        html: '<p>x</p>',
        tags: ['past'],
      }),
    )
    const headers = { 'Content-Type': 'application/x-ndjson' }
    const body = stories.join('\n')
    await newsroom.api('/api/articles', { method: 'POST', headers, body })
    expect(await go('/tags/past')).toBe(200)
    await page.getByRole('link', { name: 'Older' }).click()
    await page.waitForURL(`${newsroom.url}/tags/past/archive/2`)
    expect(await texts('main ol h2')).toHaveLength(50)
    expect(await page.title()).toContain('Archive page 2')
    await page.getByRole('link', { name: 'Older' }).click()
    await page.waitForURL(`${newsroom.url}/tags/past/archive/1`)
    expect(await page.getByRole('link', { name: 'Older' }).count()).toBe(0)
    await page.getByRole('link', { name: 'Newer' }).click()
    await page.waitForURL(`${newsroom.url}/tags/past/archive/2`)
    await page.getByRole('link', { name: 'Latest' }).click()
    await page.waitForURL(`${newsroom.url}/tags/past`)
    expect(complaints).toEqual([])
  })
})

describe('an address without content', () => {
  /**
   * Returns the complaints except those about the status, which Chromium logs for a page that is
   * 404 or 410.
   */
  const listOtherComplaints = (status: number): string[] =>
    complaints.filter((complaint) => !complaint.includes(`status of ${status}`))

  it.each([
    ['/nobody', 404],
    ['/articles/nobody', 404],
    ['/tags/nobody', 404],
    ['/no/such/page', 404],
    ['/later', 404],
    ['/articles/later', 404],
    ['/pulled', 410],
    ['/articles/withdrawn', 410],
  ])(
    'such as %s returns a page with status %d that links to the front page',
    async (path, status) => {
      expect(await go(path)).toBe(status)
      expect(await page.locator('h1').count()).toBe(1)
      expect(await texts('h1')).not.toEqual([''])
      const body = await page.locator('body').innerText()
      expect(body).not.toContain('Pulled headline')
      expect(body).not.toContain('Not yet')
      if (status === 410)
        expect(body).toMatch(/withdrawn|took this article back|took the article back/i)
      await page.locator('main a[href="/"], header a[href="/"]').first().click()
      await page.waitForURL(`${newsroom.url}/`)
      expect(listOtherComplaints(status)).toEqual([])
    },
  )
})
