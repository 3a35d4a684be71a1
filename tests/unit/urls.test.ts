/** Addresses: the router matches every address that we build (docs/decisions/005-urls.md). */
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { FORMATS } from '../../src/feeds/formats.ts'
import { ALL_CHANNEL, type Channel, FOLDERS } from '../../src/model/channel.ts'
import {
  anyFeedPath,
  apiArticlePath,
  apiArticlesPath,
  articleJsonPath,
  articlePath,
  articleTagUri,
  canonicalUrl,
  channelPath,
  channelTagUri,
  documentPath,
  FEED_STYLE_PATH,
  ID_GRAMMAR,
  isHiddenCode,
  isOwnPath,
  isReservedCode,
  OLDER_CODE_PATTERN,
  pageUrl,
  problemPath,
  ROUTES,
  shortLink,
} from '../../src/model/urls.ts'

const ORIGINS = { siteUrl: 'https://news.example', shortUrl: 'https://nws.example' }
const TAG = { authority: 'news.example', date: '2026' }
const CPP: Channel = { kind: 'tag', slug: 'c++' }
const ARABIC: Channel = { kind: 'section', slug: 'الإمارات' }

/** Returns the name of the first pattern that matches a path, with its decoded parameters. */
async function findRoute(path: string): Promise<unknown> {
  const app = new Hono()
  for (const [name, pattern] of Object.entries(ROUTES))
    app.get(pattern, (context) => context.json({ name, ...context.req.param() }))
  app.notFound((context) => context.json({ name: 'none' }))
  return await (await app.request(pageUrl(ORIGINS, path))).json()
}

describe('the router', () => {
  it.each<[string, unknown]>([
    ['/', { name: 'front' }],
    [documentPath(ALL_CHANNEL, 'rss.xml'), { name: 'feed', file: 'rss.xml' }],
    [documentPath(ALL_CHANNEL, 'feed.json'), { name: 'feed', file: 'feed.json' }],
    [channelPath(CPP), { name: 'channel', folder: 'tags', slug: 'c++' }],
    [
      documentPath(CPP, 'atom.xml'),
      { name: 'channelFeed', folder: 'tags', slug: 'c++', file: 'atom.xml' },
    ],
    [
      documentPath(ARABIC, 'rss.xml'),
      { name: 'channelFeed', folder: 'sections', slug: 'الإمارات', file: 'rss.xml' },
    ],
    [anyFeedPath(ALL_CHANNEL), { name: 'anyFeed' }],
    [anyFeedPath(ARABIC), { name: 'anyChannelFeed', folder: 'sections', slug: 'الإمارات' }],
    [FEED_STYLE_PATH, { name: 'feedStyle' }],
    [articlePath('itcn-asia'), { name: 'article', id: 'itcn-asia' }],
    [articleJsonPath('itcn-asia'), { name: 'articleJson', file: 'itcn-asia.json' }],
    [problemPath('not-found'), { name: 'problem', reason: 'not-found' }],
    [apiArticlePath('itcn-asia'), { name: 'api' }],
    [new URL(shortLink(ORIGINS, 'AbC-_9')).pathname, { name: 'link', code: 'AbC-_9' }],
  ])('matches %s, which we build', async (path, route) => {
    expect(await findRoute(path)).toMatchObject(route as object)
  })

  it.each([
    '/rssxml',
    '/rss.xml/x',
    '/xrss.xml',
    '/tag/x',
    '/tags',
    '/tagsx/y/z',
    '/articles/A_b',
    '/articles/a/b',
  ])('matches %s at most as a short link', async (path) => {
    expect(['any', 'link', 'linkSlash']).toContain(
      ((await findRoute(path)) as { name: string }).name,
    )
  })

  it.each<[string, unknown]>([
    ['/tags/feed', { name: 'channel', slug: 'feed' }],
    ['/articles/feed', { name: 'article', id: 'feed' }],
    ['/problems/feed', { name: 'problem', reason: 'feed' }],
    ['/feedxxml', { name: 'link', code: 'feedxxml' }],
    ['/mheng/', { name: 'linkSlash', code: 'mheng' }],
  ])('finds the route of %s even beside old feed addresses', async (path, route) => {
    expect(await findRoute(path)).toMatchObject(route as object)
  })

  it('has a route for the file of every format, in every folder', async () => {
    const folders = Object.keys(FOLDERS) as (keyof typeof FOLDERS)[]
    expect(folders).toHaveLength(5)
    for (const { file } of FORMATS) {
      expect(await findRoute(documentPath(ALL_CHANNEL, file))).toMatchObject({ name: 'feed' })
      for (const kind of folders)
        expect(await findRoute(documentPath({ kind, slug: 'x' }, file))).toMatchObject({
          name: 'channelFeed',
        })
    }
  })
})

describe('addresses', () => {
  it('are ASCII, and URLs are absolute on the site or on the short host', () => {
    expect(pageUrl(ORIGINS, '/')).toBe('https://news.example/')
    expect(pageUrl(ORIGINS, channelPath(ARABIC))).toBe(
      'https://news.example/sections/%D8%A7%D9%84%D8%A5%D9%85%D8%A7%D8%B1%D8%A7%D8%AA',
    )
    expect(channelPath(CPP)).toBe('/tags/c%2B%2B')
    expect(channelPath({ kind: 'tag', slug: 'c#' })).toBe('/tags/c%23')
    expect(shortLink(ORIGINS, 'mheng')).toBe('https://nws.example/mheng')
    expect(apiArticlesPath('a b&c')).toBe('/api/articles?after=a%20b%26c')
  })

  it('of an article are the canonical address, or else its page on our site', () => {
    expect(canonicalUrl(ORIGINS, { id: 'a' })).toBe('https://news.example/articles/a')
    expect(canonicalUrl(ORIGINS, { id: 'a', canonical: 'https://x.example/b' })).toBe(
      'https://x.example/b',
    )
  })
})

describe('feed ids (RFC 4151)', () => {
  it('do not depend on host, headline or address (R-17, A-09)', () => {
    expect(articleTagUri(TAG, 'itcn-asia')).toBe('tag:news.example,2026:itcn-asia')
  })

  it('of channels are the same for all formats, and never equal the id of an article (A-04)', () => {
    expect(channelTagUri(TAG, ALL_CHANNEL)).toBe('tag:news.example,2026:channel/all')
    expect(channelTagUri(TAG, CPP)).toBe('tag:news.example,2026:channel/tags/c%2B%2B')
    expect('channel/all').not.toMatch(ID_GRAMMAR)
  })
})

describe('ID_GRAMMAR', () => {
  it.each(['a', '0', 'itcn-asia', 'a--b', 'a'.repeat(96)])('accepts %s', (id) => {
    expect(id).toMatch(ID_GRAMMAR)
  })

  it.each(['', '-', '-a', 'a-', 'A', 'a_b', 'a.b', 'a/b', 'é', 'a\n', 'a'.repeat(97)])(
    'rejects %j',
    (id) => {
      expect(id).not.toMatch(ID_GRAMMAR)
    },
  )
})

describe('isReservedCode', () => {
  it('is true for the first segment of every route, in any case', () => {
    const firsts = Object.values(ROUTES)
      .map((pattern) => /^\/([a-z-]+)(?:\/|$)/.exec(pattern)?.[1])
      .filter((first) => first !== undefined)
    expect(firsts).toEqual(
      expect.arrayContaining(['articles', 'media', 'healthz', 'problems', 'api']),
    )
    for (const first of [
      ...firsts,
      ...Object.values(FOLDERS),
      'feed',
      'hub',
      'newsroom',
      'sitemap',
      'rss',
    ]) {
      expect(isReservedCode(first)).toBe(true)
      expect(isReservedCode(first.toUpperCase())).toBe(true)
    }
  })

  it('is true for every planned segment, whether its page exists or not', () => {
    const names = `sections tags authors places languages articles archive media feeds feed rss atom
      api hub newsroom search live about contact healthz corrections problems sitemaps index sitemap
      news-sitemap robots favicon well-known category tag author admin assets static www`
    for (const name of names.split(/\s+/)) {
      expect(isReservedCode(name), name).toBe(true)
      expect(isOwnPath(`/${name}`), name).toBe(true)
    }
  })

  it('is true for every folder of old feed addresses', () => {
    for (const name of ['rss2', 'atom', 'index', 'category', 'tag', 'author'])
      expect(isReservedCode(name)).toBe(true)
  })

  it.each(['mheng', 'article', 'AbC', '2026', 'constructor'])('is false for %s', (code) => {
    expect(isReservedCode(code)).toBe(false)
  })
})

describe('isHiddenCode', () => {
  const oneHost = { siteUrl: 'https://news.example', shortUrl: 'https://news.example' }
  const twoHosts = { ...oneHost, shortUrl: 'https://nws.example' }

  it('is true for the name of a route, unless the site and its short links have one host', () => {
    for (const name of ['feeds', 'feed', 'rss', 'atom', 'corrections', 'healthz', 'api']) {
      expect(isHiddenCode(twoHosts, name), name).toBe(true)
      expect(isHiddenCode(oneHost, name), name).toBe(false)
      expect(name).toMatch(new RegExp(`^${OLDER_CODE_PATTERN.slice('/:code{'.length, -1)}$`))
    }
  })

  it.each(['Feeds', 'live', 'search', 'archive', 'sections', 'mheng'])(
    'is false for %s',
    (code) => {
      expect(isHiddenCode(twoHosts, code)).toBe(false)
    },
  )
})

describe('isOwnPath', () => {
  it.each([
    '/',
    '/mheng',
    '/mheng/',
    '/articles/x',
    '/Articles/x',
    '/tags/space',
    '/api/x',
    '/media/x.png',
    '/hub/x',
    '/feed',
    '/feed.css',
    '/feed/atom/',
    '/world/feed/',
    '/world/index.xml',
    '/category/world/feed/',
    '/category/news/world/feed/atom',
    '/tag/space/rss',
  ])('is true for %s', (path) => {
    expect(isOwnPath(path)).toBe(true)
  })

  it.each([
    '/2026/01/story',
    '/world/story',
    '/story.html',
    '/node/1',
    '/category/story',
    '/tag/world/story',
    '/tag/world/story/feed',
    '/2026/01/feed',
    '/world/feeds',
  ])('is false for %s, which may be the address of an article', (path) => {
    expect(isOwnPath(path)).toBe(false)
  })
})

describe('isOwnPath with a percent-encoded path', () => {
  it.each(['/mhen%67', '/%61rticles/x', '/rss.xml', '/feed.json', '/favicon.ico', '/mheng/'])(
    'is true for %j',
    (path) => {
      expect(isOwnPath(path)).toBe(true)
    },
  )

  it('is false if the path cannot be decoded', () => {
    expect(isOwnPath('/%zz/story')).toBe(false)
  })
})
