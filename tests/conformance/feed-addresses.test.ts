/**
 * Feed addresses: /feed, which negotiates (RFC 9110 section 12.5.1; rules H-50 to H-58), the feed
 * addresses of other systems, and feeds in a browser.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openFaultyCorpus } from '../support/corpus.ts'
import { type Exchange, exchange } from '../support/exchange.ts'
import { type FaultyNewsroom, SETTINGS } from '../support/newsroom.ts'

type HeaderLine = readonly [name: string, value: string]

const RSS = 'application/rss+xml'
const ATOM = 'application/atom+xml'
const JSON_FEED = 'application/feed+json'
const FILES: Readonly<Record<string, string>> = {
  [RSS]: 'rss.xml',
  [ATOM]: 'atom.xml',
  [JSON_FEED]: 'feed.json',
}
/** The values of Accept that Chromium and Firefox send. */
const BROWSER_ACCEPTS = [
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
  'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
]
const FEEDPARSER_ACCEPT =
  'application/atom+xml,application/rdf+xml,application/rss+xml,application/x-netcdf,application/xml;q=0.9,text/xml;q=0.2,*/*;q=0.1'
const NEGOTIATED_VARY = 'Accept, Sec-Fetch-Dest, Accept-Encoding'
/**
 * The folders of four channels: the main channel, a section, a tag that must be encoded, and an
 * Arabic tag.
 */
const FOLDERS = ['', '/sections/pakistan', '/tags/c%2B%2B', `/tags/${encodeURIComponent('فضاء')}`]

let newsroom: FaultyNewsroom
beforeAll(async () => {
  newsroom = await openFaultyCorpus()
})
afterAll(async () => await newsroom?.close())

const request = (method: string, path: string, ...headers: HeaderLine[]): Promise<Exchange> =>
  exchange(newsroom.url, { method, path, headers })
const get = (path: string, ...headers: HeaderLine[]): Promise<Exchange> =>
  request('GET', path, ...headers)
const getAccepting = (path: string, accept: string): Promise<Exchange> =>
  get(path, ['Accept', accept])
const getSelf = (response: Exchange): string | undefined =>
  /<([^>]+)>; rel="self"/.exec(response.header('Link') ?? '')?.[1]

describe('the address /feed', () => {
  it('H-50, H-55: /feed serves each format by its media type, with the fixed address in Content-Location and self', async () => {
    for (const folder of FOLDERS) {
      for (const [type, file] of Object.entries(FILES)) {
        const response = await getAccepting(`${folder}/feed`, type)
        const fixedResponse = await get(`${folder}/${file}`)
        expect(response.status, `${folder} ${type}`).toBe(200)
        expect(response.header('Content-Type')).toBe(`${type}; charset=utf-8`)
        expect(response.header('Vary')).toBe(NEGOTIATED_VARY)
        expect(response.header('Content-Location')).toBe(`${SETTINGS.SITE_URL}${folder}/${file}`)
        expect(getSelf(response)).toBe(response.header('Content-Location'))
        expect(response.body).toEqual(fixedResponse.body)
        for (const name of ['ETag', 'Last-Modified', 'Link', 'Cache-Control', 'Content-Language'])
          expect(response.header(name), name).toBe(fixedResponse.header(name))
      }
    }
  })

  it('H-50, H-53: a generic media type selects RSS or JSON Feed', async () => {
    for (const [accept, type] of [
      ['application/xml', RSS],
      ['text/xml', RSS],
      ['application/json', JSON_FEED],
      ['application/rdf+xml', RSS],
      ['text/xml;charset=iso-8859-1', RSS],
      [`${RSS};version=2.0`, RSS],
      [`${ATOM}; profile="http://x.example/y"; q = 0.8`, ATOM],
      [`${JSON_FEED};version=1.1;q=0,8`, JSON_FEED],
    ] as const)
      expect((await getAccepting('/feed', accept)).header('Content-Type')).toContain(type)
  })

  it('H-51: the highest weight wins, and a weight of 0 excludes a media type', async () => {
    for (const [accept, type] of [
      [`${RSS};q=0.1, ${JSON_FEED}`, JSON_FEED],
      [`${RSS};q=0, */*;q=0.5`, ATOM],
      [`${RSS};q=0, ${ATOM};q=0, */*`, JSON_FEED],
      [`${ATOM};q=0.3, application/xml;q=0.9`, RSS],
    ] as const)
      expect((await getAccepting('/feed', accept)).header('Content-Type'), accept).toContain(type)
  })

  it('H-52: a specific range overrides a wildcard', async () => {
    const accept = '*/*;q=0.1, application/*;q=0.5, application/atom+xml'
    expect((await getAccepting('/feed', accept)).header('Content-Type')).toContain(ATOM)
  })

  it('H-53: a request without preferences gets RSS; if several formats have the same weight, the first in Accept wins', async () => {
    const withoutPreference = [
      await get('/feed'),
      await getAccepting('/feed', '*/*'),
      await getAccepting('/feed', ''),
    ]
    for (const response of withoutPreference) {
      expect(response.status).toBe(200)
      expect(response.header('Content-Type')).toContain(RSS)
    }
    expect((await getAccepting('/feed', FEEDPARSER_ACCEPT)).header('Content-Type')).toContain(ATOM)
  })

  it('H-54: if no format is acceptable, /feed returns 406 with the alternatives; fixed addresses ignore Accept', async () => {
    for (const accept of [
      'image/png',
      'text/html',
      '*/*;q=0',
      `${RSS};q=0, application/xml`,
      `${ATOM};type=entry`,
    ]) {
      const response = await getAccepting('/tags/space/feed', accept)
      expect(response.status, accept).toBe(406)
      expect(response.header('Content-Type')).toBe('application/problem+json')
      expect(response.header('Vary')).toBe(NEGOTIATED_VARY)
      expect(response.header('Access-Control-Allow-Origin')).toBe('*')
      const alternatives = Object.entries(FILES).map(([type, file]) => ({
        type,
        url: `${SETTINGS.SITE_URL}/tags/space/${file}`,
      }))
      expect(JSON.parse(response.text)).toMatchObject({
        type: `${SETTINGS.SITE_URL}/problems/not-acceptable`,
        status: 406,
        alternatives,
      })
      for (const { type, url } of alternatives)
        expect(response.header('Link')).toContain(`<${url}>; rel="alternate"; type="${type}"`)
    }
    for (const [type, file] of Object.entries(FILES)) {
      const response = await getAccepting(`/${file}`, 'image/png')
      expect([response.status, response.header('Content-Type')]).toEqual([
        200,
        `${type}; charset=utf-8`,
      ])
    }
  })

  it('H-50, H-15: the entity-tag of a format matches this format only, and its 304 has the headers of the 200', async () => {
    const tags = new Map<string, string>()
    for (const type of Object.keys(FILES))
      tags.set(type, (await getAccepting('/feed', type)).header('ETag') ?? '')
    expect(new Set(tags.values()).size).toBe(3)
    for (const [type, tag] of tags) {
      for (const method of ['GET', 'HEAD']) {
        const full = await request(method, '/feed', ['Accept', type])
        const notModified = await request(method, '/feed', ['Accept', type], ['If-None-Match', tag])
        expect([notModified.status, notModified.body.length]).toEqual([304, 0])
        for (const name of ['Vary', 'Content-Location', 'Link', 'ETag', 'Cache-Control'])
          expect(notModified.header(name), name).toBe(full.header(name))
      }
      const others = [...tags.keys()].filter((other) => other !== type)
      for (const other of others)
        expect((await get('/feed', ['Accept', other], ['If-None-Match', tag])).status).toBe(200)
    }
  })

  it('H-50, H-58: another spelling of a channel redirects to the canonical one, and an unknown channel returns 404', async () => {
    const response = await getAccepting('/tags/SPACE/feed', ATOM)
    expect([response.status, response.header('Location')]).toEqual([
      301,
      `${SETTINGS.SITE_URL}/tags/space/feed`,
    ])
    for (const path of ['/tags/nobody/feed', '/tags/%ff/feed'])
      expect((await getAccepting(path, ATOM)).status).toBe(404)
  })

  it('H-56: a browser gets RSS in a media type that it displays instead of saving', async () => {
    const plain = await get('/rss.xml')
    for (const accept of BROWSER_ACCEPTS) {
      const response = await getAccepting('/feed', accept)
      expect(response.status).toBe(200)
      expect(response.header('Content-Type')).toBe('application/xml; charset=utf-8')
      expect(response.header('Content-Disposition')).toBeUndefined()
      expect(response.header('Content-Security-Policy')).toContain("script-src 'none'")
      expect(response.header('Vary')).toBe(NEGOTIATED_VARY)
      expect(response.body).toEqual(plain.body)
    }
  })
})

describe('a feed in a browser', () => {
  it('R-48, H-56: a fixed address sends a browser the same bytes and entity-tag, in a media type that it displays', async () => {
    for (const path of ['/rss.xml', '/atom.xml', '/feed.json', '/tags/space/rss.xml']) {
      const plain = await get(path)
      const response = await get(
        path,
        ['Accept', BROWSER_ACCEPTS[0] ?? ''],
        ['Sec-Fetch-Dest', 'document'],
      )
      const type = path.endsWith('json') ? 'application/json' : 'application/xml'
      expect(response.header('Content-Type')).toBe(`${type}; charset=utf-8`)
      expect(response.body).toEqual(plain.body)
      for (const name of ['ETag', 'Vary', 'Link'])
        expect(response.header(name)).toBe(plain.header(name))
      expect(plain.header('Vary')).toBe('Sec-Fetch-Dest, Accept-Encoding')
      for (const destination of ['empty', 'script', ''])
        expect((await get(path, ['Sec-Fetch-Dest', destination])).header('Content-Type')).toBe(
          plain.header('Content-Type'),
        )
    }
  })

  it('R-48: RSS and Atom link to our style sheet, which is CSS and can be cached', async () => {
    for (const path of ['/rss.xml', '/atom.xml', '/sections/pakistan/rss.xml']) {
      const { text } = await get(path)
      expect(text.match(/<\?xml-stylesheet[^>]*>/g)).toEqual([
        '<?xml-stylesheet type="text/css" href="/feed.css"?>',
      ])
    }
    const sheet = await get('/feed.css')
    expect([sheet.status, sheet.header('Content-Type')]).toEqual([200, 'text/css; charset=utf-8'])
    expect(sheet.header('Cache-Control')).toBe('public, max-age=86400')
    expect(sheet.header('X-Content-Type-Options')).toBe('nosniff')
    expect(sheet.text).not.toMatch(/@import|url\((?!'http:\/\/(?:www\.w3\.org|purl\.org)\/)/)
    const again = await get('/feed.css', ['If-None-Match', sheet.header('ETag') ?? ''])
    expect([again.status, again.body.length]).toEqual([304, 0])
  })
})

describe('feed addresses of other systems', () => {
  const arabic = encodeURIComponent('فضاء')
  const ADDRESSES: readonly [path: string, to: string][] = [
    ...['/rss', '/rss/', '/rss2', '/rss2/', '/feed/', '/feed.xml', '/index.xml'].map(
      (path): [string, string] => [path, '/rss.xml'],
    ),
    ['/feed/rss/', '/rss.xml'],
    ['/feed/rss2/', '/rss.xml'],
    ['/feed/rss2', '/rss.xml'],
    ['/feed/rdf/', '/rss.xml'],
    ['/atom', '/atom.xml'],
    ['/atom/', '/atom.xml'],
    ['/feed/atom/', '/atom.xml'],
    ['/feed/json', '/feed.json'],
    ['/?feed=rss2', '/rss.xml'],
    ['/?feed=rss', '/rss.xml'],
    ['/?feed=feed', '/rss.xml'],
    ['/?feed=atom&utm_source=x', '/atom.xml'],
    ['/pakistan/feed/', '/sections/pakistan/rss.xml'],
    ['/Pakistan/feed', '/sections/pakistan/rss.xml'],
    ['/pakistan/feed/atom/', '/sections/pakistan/atom.xml'],
    ['/pakistan/index.xml', '/sections/pakistan/rss.xml'],
    ['/sections/pakistan/feed/', '/sections/pakistan/rss.xml'],
    ['/sections/PAKISTAN/feed/atom/', '/sections/pakistan/atom.xml'],
    ['/sections/pakistan/rss', '/sections/pakistan/rss.xml'],
    ['/sections/pakistan?feed=atom', '/sections/pakistan/atom.xml'],
    ['/tags/SPACE?feed=rss2', '/tags/space/rss.xml'],
    ['/tags/space/index.xml', '/tags/space/rss.xml'],
    ['/category/pakistan/feed/', '/sections/pakistan/rss.xml'],
    ['/tag/space/feed/', '/tags/space/rss.xml'],
    ['/tag/c%2b%2b/rss/', '/tags/c%2B%2B/rss.xml'],
    [`/tag/${arabic}/feed/`, `/tags/${arabic}/rss.xml`],
    ['/author/desk/feed/', '/authors/desk/rss.xml'],
  ]

  it('H-57, H-58: each address redirects in one hop to the matching document, without the query', async () => {
    for (const [path, to] of ADDRESSES) {
      for (const method of ['GET', 'HEAD']) {
        const response = await request(method, path, ['Accept', FEEDPARSER_ACCEPT])
        expect([response.status, response.header('Location')], path).toEqual([
          301,
          `${SETTINGS.SITE_URL}${to}`,
        ])
        expect(response.body).toHaveLength(0)
        expect(response.header('Cache-Control')).toBe('public, max-age=300')
        expect(response.header('Access-Control-Allow-Origin')).toBe('*')
      }
      const target = await get(to)
      expect(target.status, to).toBe(200)
      expect(getSelf(target)).toBe(`${SETTINGS.SITE_URL}${to}`)
    }
  })

  it('H-58: an address of an unknown channel returns 404, never a redirect', async () => {
    for (const path of [
      '/nobody/feed/',
      '/sections/nobody/feed/',
      '/category/nobody/feed/',
      '/tag/nobody/rss/',
      '/author/%ff/feed/',
      '/tags/nobody?feed=rss2',
    ]) {
      const response = await get(path)
      expect([response.status, response.header('Location')], path).toEqual([404, undefined])
      expect(response.header('Access-Control-Allow-Origin')).toBe('*')
    }
  })

  it('H-58, H-60: if the stores fail, an address returns 503, never a permanent redirect', async () => {
    await newsroom.faults({ failReads: [''], deskDown: true })
    try {
      for (const path of [
        '/feed',
        '/feed/',
        '/pakistan/feed/',
        '/tag/space/feed/',
        '/?feed=atom',
      ]) {
        const response = await get(path)
        expect([response.status, response.header('Location')], path).toEqual([503, undefined])
      }
    } finally {
      await newsroom.faults({})
    }
  })

  it('H-33, L-19: these addresses hide no page, article or short link', async () => {
    for (const path of [
      '/?feed=',
      '/?feed=comments-rss2',
      '/?feed=constructor',
      '/tags/space?feed=x',
    ])
      expect((await get(path)).header('Content-Type'), path).toContain('text/html')
    for (const path of ['/articles/feed', '/tags/feed', '/problems/feed'])
      expect((await get(path)).status, path).toBe(404)
    expect((await get('/articles/Feed/')).header('Location')).toBeUndefined()
    expect((await get('/api/feed/')).status).toBe(401)
    expect((await get('/media/feed/')).status).toBe(404)
    for (const code of ['feed', 'rss2', 'atom', 'category', 'tag', 'author']) {
      const response = await newsroom.publish('shadow', { title: 'A', body: 'Text.', code })
      expect(response.status, code).toBe(422)
    }
  })
})
