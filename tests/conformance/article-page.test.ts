/**
 * The page of an article (rules G): HTML, Open Graph, schema.org's NewsArticle, autodiscovery,
 * direction.
 */
import type { Root } from 'hast'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CORPUS_SETTINGS, OWN_PICTURE } from '../support/corpus.ts'
import {
  findElements,
  getTextContent,
  listLinksTo,
  listMetaContents,
  parsePage,
} from '../support/html.ts'
import { type Newsroom, openNewsroom } from '../support/newsroom.ts'

const TITLE = 'A headline </script><script>alert(1)</script> & "quotes"'
const URL_OF_PAGE = 'https://news.example/articles/full'

let newsroom: Newsroom
let page: Root
let response: Response
let html: string

beforeAll(async () => {
  newsroom = await openNewsroom(CORPUS_SETTINGS)
  const published = await newsroom.publish('full', {
    title: TITLE,
    summary: ['The first point', 'The second <point>'],
    body: 'ISLAMABAD: The text.\n\n## A heading\n\n[A link](/articles/arabic) and more.',
    section: 'Pakistan',
    tags: ['space', 'C++'],
    authors: [{ name: 'Desk A', url: 'https://www.news.example/a' }, 'Desk B'],
    image: { ...OWN_PICTURE, width: 1600, height: 900, credit: 'Desk C' },
    code: 'full2',
    published: '2026-03-01T10:00:00+05:00',
    updated: '2026-03-02T10:00:00Z',
  })
  expect(published.status).toBe(201)
  const arabic = await newsroom.publish('arabic', {
    title: 'عنوان عربي',
    body: 'نص الخبر.',
    dateline: 'دبي',
    authors: ['Desk A'],
    language: 'ar',
    published: '2026-03-01T10:00:00Z',
  })
  expect(arabic.status).toBe(201)
  const french = await newsroom.publish('french', {
    title: 'Un titre',
    body: 'Le texte.',
    language: 'fr',
    published: '2026-03-01T09:00:00Z',
  })
  expect(french.status).toBe(201)
  await newsroom.waitForOutbox()
  response = await newsroom.get('/articles/full')
  html = await response.text()
  page = parsePage(html)
})
afterAll(async () => await newsroom.close())

/** Returns the only block of linked data in the page. */
function parseLinkedData(): Record<string, unknown> & { author: { name: string; url: string }[] } {
  const blocks = findElements(page, 'script')
  expect(blocks.map(({ properties }) => properties['type'])).toEqual(['application/ld+json'])
  return JSON.parse(blocks.map(getTextContent).join(''))
}

describe('the page of an article', () => {
  it('G-01: the page is HTML in UTF-8 with a document type and a title', () => {
    expect(response.status).toBe(200)
    expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8')
    expect(html.startsWith('<!doctype html>')).toBe(true)
    expect(findElements(page, 'title').map(getTextContent)).toEqual([`${TITLE} · Test Desk`])
  })

  it('G-12: every other page has Open Graph too, with its own address and a locale', async () => {
    for (const [path, url, locale] of [
      ['/', 'https://news.example/', 'en_US'],
      ['/tags/space', 'https://news.example/tags/space', 'en_US'],
      ['/languages/ar', 'https://news.example/languages/ar', 'ar_EG'],
      ['/corrections', 'https://news.example/corrections', 'en_US'],
      ['/feeds', 'https://news.example/feeds', 'en_US'],
      ['/full2+', 'https://nws.example/full2+', 'en_US'],
      ['/problems/not-found', 'https://news.example/problems/not-found', 'en_US'],
    ] as const) {
      const found = await newsroom.get(path, { headers: { Accept: 'text/html' } })
      const other = parsePage(await found.text())
      expect(listMetaContents(other, 'og:url'), path).toEqual([url])
      expect(listMetaContents(other, 'og:locale'), path).toEqual([locale])
      expect(listMetaContents(other, 'og:type'), path).toEqual(['website'])
      for (const name of ['og:title', 'og:description', 'og:site_name'])
        expect(listMetaContents(other, name)[0]?.length, `${path} ${name}`).toBeGreaterThan(0)
    }
  })

  it('G-02: the canonical address is the same in the page, its metadata and the feed', async () => {
    expect(listLinksTo(page, 'canonical').map(({ href }) => href)).toEqual([URL_OF_PAGE])
    expect(listMetaContents(page, 'og:url')).toEqual([URL_OF_PAGE])
    expect(parseLinkedData()['mainEntityOfPage']).toBe(URL_OF_PAGE)
    expect(await (await newsroom.get('/rss.xml')).text()).toContain(`<link>${URL_OF_PAGE}</link>`)
  })

  it('G-03, G-04: the page links to feeds that exist and have distinct titles, with the feeds of its section first', async () => {
    const feeds = listLinksTo(page, 'alternate')
    expect(feeds.length).toBeGreaterThanOrEqual(6)
    expect(new Set(feeds.map(({ title }) => title)).size).toBe(feeds.length)
    expect(feeds.slice(0, 3)).toEqual([
      {
        href: 'https://news.example/sections/pakistan/rss.xml',
        type: 'application/rss+xml',
        title: 'Pakistan · Test Desk (RSS)',
      },
      {
        href: 'https://news.example/sections/pakistan/atom.xml',
        type: 'application/atom+xml',
        title: 'Pakistan · Test Desk (Atom)',
      },
      {
        href: 'https://news.example/sections/pakistan/feed.json',
        type: 'application/feed+json',
        title: 'Pakistan · Test Desk (JSON Feed)',
      },
    ])
    expect(feeds.at(-1)?.href).toBe('https://news.example/feed.json')
    for (const { href, type } of feeds) {
      const feed = await newsroom.get(href)
      expect(feed.status, href).toBe(200)
      expect(feed.headers.get('Content-Type')).toContain(type)
    }
  })

  it('G-15: everything that link previews need is within the first 32 KB', () => {
    expect(Buffer.byteLength(html.slice(0, html.indexOf('twitter:card')))).toBeLessThan(32 * 1024)
    expect(html).toContain('twitter:card')
  })

  it('G-25: the policy forbids scripts, and the page has none except its linked data', () => {
    expect(response.headers.get('Content-Security-Policy')).toContain("script-src 'none'")
    expect(findElements(page, 'script')).toHaveLength(1)
    expect(html).not.toMatch(/\son\w+=/i)
  })

  it('G-26: headers limit the referrer and forbid media type sniffing', () => {
    expect(response.headers.get('Referrer-Policy')).toBe('strict-origin-when-cross-origin')
    expect(response.headers.get('Permissions-Policy')).not.toBeNull()
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(response.headers.get('Strict-Transport-Security')).toMatch(/^max-age=\d{8}/)
  })

  it('G-27: the page is readable without scripts: it has one h1, one article, main, times, a skip link and alternative texts', () => {
    expect(findElements(page, 'h1').map(getTextContent)).toEqual([TITLE])
    expect(findElements(page, 'article')).toHaveLength(1)
    expect(findElements(page, 'main')[0]?.properties['id']).toBe('text')
    expect(findElements(page, 'a')[0]?.properties['href']).toBe('#text')
    expect(findElements(page, 'img').map(({ properties }) => properties['alt'])).toEqual([
      OWN_PICTURE.alt,
    ])
    const times = findElements(page, 'time').map(({ properties }) => properties['dateTime'])
    expect(times).toEqual(['2026-03-01T05:00:00Z', '2026-03-02T10:00:00Z'])
  })

  it('G-22: the page has validators, and If-None-Match returns 304', async () => {
    const etag = response.headers.get('ETag') ?? ''
    expect(etag).toMatch(/^W\/"/)
    expect(response.headers.get('Last-Modified')).not.toBeNull()
    expect(response.headers.get('Cache-Control')).toContain('max-age=60')
    const again = await newsroom.get('/articles/full', { headers: { 'If-None-Match': etag } })
    expect(again.status).toBe(304)
  })

  it('G-29: another spelling of the address redirects in one hop, and an unknown id returns 404', async () => {
    for (const path of ['/articles/FULL', '/articles/full/']) {
      const other = await newsroom.get(path)
      expect(other.status, path).toBe(301)
      expect(other.headers.get('Location')).toBe(URL_OF_PAGE)
    }
    expect((await newsroom.get('/articles/nobody')).status).toBe(404)
  })

  it('G-30: the page shows its short link, and links to it as shortlink', () => {
    expect(listLinksTo(page, 'shortlink').map(({ href }) => href)).toEqual([
      'https://nws.example/full2',
    ])
    expect(html).toContain('>https://nws.example/full2<')
  })
})

describe('the metadata of an article', () => {
  it('G-05, G-09: the linked data is a NewsArticle with language, section, dateline and publisher', () => {
    expect(parseLinkedData()).toMatchObject({
      '@context': 'https://schema.org',
      '@type': 'NewsArticle',
      inLanguage: 'en',
      isAccessibleForFree: true,
      articleSection: 'Pakistan',
      dateline: 'ISLAMABAD',
      publisher: {
        '@type': 'NewsMediaOrganization',
        name: 'Test Press',
        logo: { '@type': 'ImageObject', url: CORPUS_SETTINGS.LOGO_URL },
      },
    })
  })

  it('G-06: the address of the image is absolute', () => {
    expect(parseLinkedData()['image']).toEqual(['https://news.example/media/feed-timeline.png'])
  })

  it('G-07: datePublished and dateModified have an offset', () => {
    const { datePublished, dateModified } = parseLinkedData()
    expect([datePublished, dateModified]).toEqual(['2026-03-01T05:00:00Z', '2026-03-02T10:00:00Z'])
  })

  it('G-08: each author is one object with a plain name and the address of a page', () => {
    expect(parseLinkedData().author).toEqual([
      { '@type': 'Person', name: 'Desk A', url: 'https://www.news.example/a' },
      { '@type': 'Person', name: 'Desk B', url: 'https://news.example/authors/desk-b' },
    ])
  })

  it('G-10: linked data and visible page have the same headline, authors and dates', () => {
    const visibleText = getTextContent(findElements(page, 'main')[0] ?? page)
    expect(parseLinkedData()['headline']).toBe(getTextContent(findElements(page, 'h1')[0] ?? page))
    for (const { name } of parseLinkedData().author) expect(visibleText).toContain(name)
    expect(visibleText).toContain('March 1, 2026')
    expect(visibleText).toContain('March 2, 2026')
  })

  it('G-11: a headline cannot end the data block', () => {
    expect(parseLinkedData()['headline']).toBe(TITLE)
    expect(html).not.toContain('<script>alert')
  })

  it('G-12: Open Graph has title, description, type, picture with its size, site and language', () => {
    const expected: Record<string, string> = {
      'og:type': 'article',
      'og:title': TITLE,
      'og:description': 'The first point The second <point>',
      'og:site_name': 'Test Desk',
      'og:locale': 'en_US',
      'og:image': 'https://news.example/media/feed-timeline.png',
      'og:image:alt': OWN_PICTURE.alt,
      'og:image:width': '1600',
      'og:image:height': '900',
    }
    for (const [name, value] of Object.entries(expected)) {
      expect(listMetaContents(page, name), name).toEqual([value])
    }
  })

  it('G-13: Open Graph has the times, section, authors and tags of the article', () => {
    expect(listMetaContents(page, 'article:published_time')).toEqual(['2026-03-01T05:00:00Z'])
    expect(listMetaContents(page, 'article:modified_time')).toEqual(['2026-03-02T10:00:00Z'])
    expect(listMetaContents(page, 'article:section')).toEqual(['Pakistan'])
    expect(listMetaContents(page, 'article:tag')).toEqual(['space', 'C++'])
    expect(listMetaContents(page, 'article:author')).toHaveLength(2)
  })

  it('G-14, G-23: the page allows large image previews', () => {
    expect(listMetaContents(page, 'twitter:card')).toEqual(['summary_large_image'])
    expect(listMetaContents(page, 'robots')).toEqual(['max-image-preview:large'])
  })
})

describe('pages in other languages', () => {
  it('G-17, G-21: an Arabic page declares its language in markup and header, and its direction in markup', async () => {
    const arabic = await newsroom.get('/articles/arabic')
    const root = findElements(parsePage(await arabic.text()), 'html')[0]
    expect(root?.properties['lang']).toBe('ar')
    expect(root?.properties['dir']).toBe('rtl')
    expect(arabic.headers.get('Content-Language')).toBe('ar')
  })

  it('G-21: labels that are not in the language of the page declare their own language', async () => {
    const response = await newsroom.get('/articles/french')
    const byline = findElements(parsePage(await response.text()), 'div').find(({ properties }) =>
      [properties['className']].flat().includes('byline'),
    )
    expect(response.headers.get('Content-Language')).toBe('fr')
    expect(byline?.properties['lang']).toBe('en')
  })

  it('G-18: names in another script are isolated, and the style sheet uses logical properties', async () => {
    const text = await (await newsroom.get('/articles/arabic')).text()
    expect(findElements(parsePage(text), 'bdi').map(getTextContent)).toContain('Desk A')
    const style = findElements(parsePage(text), 'style').map(getTextContent).join('')
    expect(style).toContain('padding-inline')
    expect(style).not.toMatch(/(?:margin|padding|border)-(?:left|right)/)
  })
})
