/**
 * Security against hostile input: headers do not change addresses, texts do not break documents,
 * paths do not reach other files or hosts, and an embargoed article is indistinguishable from one
 * that does not exist (rules X, T-16).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeAddress } from '../../src/text/addresses.ts'
import { EMBARGOED, listDocumentPaths, openCorpus, PUBLIC } from '../support/corpus.ts'
import { exchange, withoutClock } from '../support/exchange.ts'
import { type Manuscript, type Newsroom, SETTINGS, TOKEN } from '../support/newsroom.ts'
import { getOnlyChild, getText, listChildren, listElements, parseRoot } from '../support/xml.ts'

type HeaderLine = readonly [name: string, value: string]

const PAGES = ['/', '/articles/arabic', '/articles/markup', '/tags/space']
const DOCUMENTS = [...Object.values(listDocumentPaths('')), ...PAGES, '/articles/markup.json']
const ALL_PATHS = [
  ...DOCUMENTS,
  '/AbC',
  '/else-where',
  '/articles/elsewhere',
  '/articles/withdrawn',
  '/tags/SPACE/rss.xml',
  '/sections/nobody/rss.xml',
  '/nobody9',
  '/oops22',
  '/problems/gone',
]

let newsroom: Newsroom

beforeAll(async () => {
  newsroom = await openCorpus()
})
afterAll(async () => await newsroom.close())

const request = (method: string, path: string, ...headers: HeaderLine[]) =>
  exchange(newsroom.url, { method, path, headers })
const get = (path: string, ...headers: HeaderLine[]) => request('GET', path, ...headers)

/** Returns status, headers and bytes of a response, without headers that depend on the clock. */
async function getResponse(path: string, ...headers: HeaderLine[]): Promise<unknown[]> {
  const response = await get(path, ...headers)
  return [response.status, withoutClock(response), response.body]
}

/** Removes the header that is added to responses on other hosts. */
const removeNoindex = ([status, lines, body]: unknown[]): unknown[] => [
  status,
  (lines as string[]).filter((line) => line !== 'x-robots-tag: noindex'),
  body,
]

describe('misleading requests', () => {
  it('X-18: the Host header changes nothing except whether the response may be indexed (S-25)', async () => {
    for (const path of ALL_PATHS) {
      const plain = await getResponse(path)
      for (const host of ['evil.example', 'nws.example', 'news.example:8080', 'localhost']) {
        // The short host has no front page of its own (X-18 in short-link-forms.test.ts).
        if (path === '/' && host === 'nws.example') continue
        const response = await getResponse(path, ['Host', host])
        expect(removeNoindex(response), `${path} at ${host}`).toEqual(removeNoindex(plain))
      }
    }
  })

  it('X-17: X-Forwarded-Host, X-Original-URL and method overrides have no effect', async () => {
    for (const path of ALL_PATHS) {
      const plain = await getResponse(path)
      const response = await getResponse(
        path,
        ['X-Forwarded-Host', 'evil.example'],
        ['X-Forwarded-Proto', 'http'],
        ['X-Forwarded-Server', 'evil.example'],
        ['Forwarded', 'for=192.0.2.1;host=evil.example;proto=http'],
        ['X-Original-URL', '/api/articles'],
        ['X-Rewrite-URL', '/api/articles'],
        ['X-HTTP-Method-Override', 'DELETE'],
        ['X-Method-Override', 'DELETE'],
      )
      expect(response, path).toEqual(plain)
    }
  })

  it('X-20: reading changes nothing, and writing needs the token', async () => {
    const before = await getResponse('/rss.xml')
    for (const path of ['/api/articles/markup?_method=DELETE', '/api/rebuild', '/api/wake']) {
      expect((await get(path, ['Cookie', `token=${TOKEN}`])).status, path).toBe(401)
    }
    const authorized: HeaderLine = ['Authorization', `Bearer ${TOKEN}`]
    expect((await get('/api/rebuild', authorized)).status).toBe(405)
    expect((await request('DELETE', '/api/articles/markup')).status).toBe(401)
    expect(await getResponse('/rss.xml')).toEqual(before)
  })

  it('X-19: no response allows credentials across origins', async () => {
    for (const path of ALL_PATHS) {
      const response = await get(path, ['Origin', 'https://evil.example'], ['Cookie', 'a=b'])
      expect(response.header('Access-Control-Allow-Credentials'), path).toBeUndefined()
      expect(response.header('Access-Control-Allow-Origin') ?? '*').toBe('*')
    }
  })
})

describe('headers', () => {
  it('X-07, X-08: every header value is printable ASCII, even if titles and addresses are not', async () => {
    const arabic = `/sections/${encodeURIComponent('الإمارات')}`
    for (const path of [...ALL_PATHS, arabic, `${arabic}/rss.xml`, `${arabic}%20/atom.xml`]) {
      const { lines } = await get(path)
      expect(lines.length).toBeGreaterThan(3)
      for (const [name, value] of lines) expect(value, `${path} ${name}`).toMatch(/^[\x20-\x7e]*$/)
    }
  })

  it('X-07: line breaks in a text become spaces and add no header', async () => {
    const response = await newsroom.publish('crlf', {
      title: 'One\r\nSet-Cookie: a=b\r\n\r\n<script>',
      body: 'Text.',
      section: 'head\r\ners',
      published: '2026-01-01T00:00:00Z',
    })
    expect(response.status).toBe(201)
    await newsroom.waitForOutbox()
    const feed = await get('/sections/head-ers/rss.xml')
    expect(feed.status).toBe(200)
    expect(feed.lines.map(([name]) => name)).not.toContain('set-cookie')
    expect(
      getText(getOnlyChild(getOnlyChild(parseRoot(feed.text), 'channel'), 'item'), 'title'),
    ).toBe('One Set-Cookie: a=b <script>')
    expect((await get('/articles/crlf')).status).toBe(200)
  })

  it('X-25: the policy forbids scripts, frames and base elements, and pages have none', async () => {
    for (const path of [...PAGES, '/articles/withdrawn', '/problems/gone']) {
      const page = await get(path)
      const policy = page.header('Content-Security-Policy') ?? ''
      expect(policy, path).toContain("script-src 'none'")
      expect(policy).toContain("base-uri 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/unsafe|\*/)
      // A page also has a policy in its markup, because it may be older than the worker.
      const own =
        /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page.text)?.[1] ?? ''
      expect(own, path).toContain('default-src &#39;none&#39;')
      expect(own).not.toMatch(/unsafe|script-src|\*/)
      expect(page.header('X-Content-Type-Options')).toBe('nosniff')
      expect(page.header('Referrer-Policy')).toBeDefined()
      // Linked data is not executed.
      const markup = page.text.replaceAll('<script type="application/ld+json">', '')
      expect(markup).not.toMatch(/<script|\son\w+=|<iframe|<object|<embed|<base/i)
    }
    const notice = await get('/nobody9', ['Accept', 'text/html'])
    expect(notice.header('Content-Security-Policy')).toContain("script-src 'none'")
  })
})

describe('hostile texts', () => {
  /** Texts that could break an XML, HTML or JSON document, as far as a title may contain them. */
  const TRAPS = [
    ']]>',
    '<![CDATA[',
    '--',
    '-->',
    '<!--',
    '<?xml?>',
    '</title>',
    '</script><script>alert(1)</script>',
    '&amp;amp;',
    '&#x26;',
    '&nbsp;',
    '"><img src=x onerror=alert(1)>',
    "' onload='x",
    '\\u003c\\"',
    '${7*7}{{7*7}}',
    '\u2028\u2029\u0085',
    '\u00a0\u3000',
    '\u{1f680}\u{10fffd}',
    'e\u0301',
    '%00%2e',
    '$&$1$`',
    '__proto__',
  ]
  const HOSTILE = `a ${TRAPS.join(' b ')} z`
  /**
   * Returns the text as one-line fields store it: in NFC, with white space (including U+0085)
   * collapsed.
   */
  const normalise = (text: string): string =>
    text
      .normalize('NFC')
      .replace(/[\s\u0085]+/g, ' ')
      .trim()
  /** Decodes the character references of HTML once. */
  const unescape = (html: string): string =>
    html.replace(
      /&(lt|gt|quot|amp);/g,
      (_, name: string) => ({ lt: '<', gt: '>', quot: '"', amp: '&' })[name] ?? '?',
    )
  const EXPECTED = normalise(HOSTILE)
  const joinTraps = (from: number, to: number): string => `x ${TRAPS.slice(from, to).join(' ')} y`

  it('X-01, X-02: with hostile text in every field, all documents can be parsed and contain the text', async () => {
    const [section, tag, author, place] = [
      joinTraps(0, 6),
      joinTraps(6, 9),
      joinTraps(9, 13),
      joinTraps(13, 17),
    ]
    const credit = joinTraps(9, 12)
    const response = await newsroom.publish('hostile', {
      title: HOSTILE,
      summary: [HOSTILE, HOSTILE],
      body: `Text ${HOSTILE}\n\n    ${HOSTILE}\n`,
      section,
      tags: [tag],
      authors: [
        { name: author, email: `a'&@news.example`, url: 'https://news.example/?a=1&b="<\'>' },
      ],
      dateline: place,
      image: {
        url: 'https://pictures.example/x.jpg?a=1&b="<\'>]]>',
        alt: HOSTILE,
        credit,
        type: 'image/jpeg',
        length: 1,
      },
      canonical: 'https://www.news.example/x?a=1&b="<\'>]]>&amp;#]]>&"',
    })
    expect(response.status, await response.clone().text()).toBe(201)
    const receipt: { feeds: Record<string, string>[] } = JSON.parse(await response.text())
    expect(receipt.feeds).toHaveLength(6)
    await newsroom.waitForOutbox()
    const [canonical, picture] = [
      encodeAddress(new URL('https://www.news.example/x?a=1&b="<\'>]]>&amp;#]]>&"').href),
      encodeAddress(new URL('https://pictures.example/x.jpg?a=1&b="<\'>]]>').href),
    ]
    for (const { rss = '', atom = '', json = '', page = '' } of receipt.feeds) {
      const channel = getOnlyChild(parseRoot(await (await newsroom.get(rss)).text()), 'channel')
      const item = listChildren(channel, 'item')[0]
      if (!item) throw new Error(`${rss} has no item`)
      const feed = parseRoot(await (await newsroom.get(atom)).text())
      const entry = listChildren(feed, 'entry')[0]
      if (!entry) throw new Error(`${atom} has no entry`)
      const document = JSON.parse(await (await newsroom.get(json)).text())
      const firstItem = document.items[0]

      expect([getText(item, 'title'), getText(entry, 'title'), firstItem.title]).toEqual([
        EXPECTED,
        EXPECTED,
        EXPECTED,
      ])
      const summary = `${EXPECTED} • ${EXPECTED}`
      expect([getText(entry, 'summary'), firstItem.summary]).toEqual([summary, summary])
      expect(unescape(getText(item, 'description'))).toBe(summary)
      const html = getText(entry, 'content')
      expect([getText(item, 'content:encoded'), firstItem.content_html]).toEqual([html, html])
      const names = [section, tag].map(normalise)
      expect(listChildren(item, 'category').map(({ text }) => text)).toEqual(names)
      expect(listChildren(entry, 'category').map(({ attributes }) => attributes['term'])).toEqual(
        names,
      )
      expect(firstItem.tags).toEqual(names)
      expect(getText(item, 'dc:creator')).toBe(normalise(author))
      expect(getText(getOnlyChild(entry, 'author'), 'name')).toBe(normalise(author))
      expect(firstItem.authors[0].name).toBe(normalise(author))
      expect([getText(item, 'link'), firstItem.url]).toEqual([canonical, canonical])
      expect(listChildren(entry, 'link')[0]?.attributes['href']).toBe(canonical)
      expect(getOnlyChild(item, 'enclosure').attributes['url']).toBe(picture)
      expect(firstItem.image).toBe(picture)
      for (const parent of [item, entry]) {
        const media = getOnlyChild(parent, 'media:content')
        expect(media.attributes['url']).toBe(picture)
        expect(getText(media, 'media:description')).toBe(EXPECTED)
        expect(getText(media, 'media:credit')).toBe(normalise(credit))
      }
      expect(getText(channel, 'title')).toBe(document.title)
      expect(getText(feed, 'title')).toBe(document.title)
      const front = await newsroom.get(page)
      expect(front.status).toBe(200)
      expect(await front.text()).not.toMatch(/<script|<img|onerror=alert\(1\)>/i)
    }
    for (const element of listElements(parseRoot((await get('/rss.xml')).text))) {
      expect(element.name).not.toMatch(/^(?:script|img|b)$/)
    }
    await newsroom.withdraw('hostile')
    await newsroom.waitForOutbox()
  })

  it('X-02: forbidden characters are refused in every one-line field, and removed from the text', async () => {
    const forbidden = [
      ...Array.from({ length: 32 }, (_, point) => String.fromCharCode(point)).filter(
        (character) => !/[\t\n\r]/.test(character),
      ),
      '\u007f',
      '\u0080',
      '\ud800',
      '\udfff',
      '\ufdd0',
      '\ufdd1',
      '\ufffe',
      '\uffff',
      '\u{1fffe}',
      '\u202e',
    ]
    for (const character of forbidden) {
      const text = `a${character}b`
      const fields: Manuscript[] = [
        { title: text },
        { title: 'x', summary: text },
        { title: 'x', section: text },
        { title: 'x', tags: [text] },
        { title: 'x', authors: [text] },
        { title: 'x', dateline: text },
        { title: 'x', image: { url: 'https://news.example/x.jpg', alt: text } },
      ]
      const statuses = await Promise.all(
        fields.map(
          async (field) => (await newsroom.publish('bad', { body: 'x', ...field })).status,
        ),
      )
      const name = character.codePointAt(0)?.toString(16)
      expect(new Set(statuses), `U+${name}`).toEqual(new Set([422]))
    }
    const response = await newsroom.publish('scrubbed', {
      title: 'Scrubbed',
      body: `before${forbidden.join('-')}after`,
      section: 'scrubbed',
    })
    expect(response.status).toBe(201)
    await newsroom.waitForOutbox()
    const item = getOnlyChild(
      getOnlyChild(parseRoot((await get('/sections/scrubbed/rss.xml')).text), 'channel'),
      'item',
    )
    expect(getText(item, 'content:encoded')).toBe(
      `<p>before${'-'.repeat(forbidden.length - 1)}after</p>`,
    )
  })

  it('X-04, X-05, X-06: cleaned HTML is the same in the feed and on the page, and nothing in it can be executed', async () => {
    const feed = JSON.parse((await get('/feed.json')).text)
    const item = feed.items.find(({ id }: { id: string }) => id.endsWith(':hostile-html'))
    const html: string = item.content_html
    expect(html).toContain('Text kept.')
    expect(html).toContain('href="mailto:desk@news.example"')
    expect(html).not.toMatch(/script|alert|evil|<(?:svg|math|form|input|iframe|style)/i)
    expect(html).not.toMatch(/<[^>]*\s(?:on\w+|style|class|id|name|srcset|target)\s*=/i)
    const addresses = [...html.matchAll(/\s(?:href|src|cite)="([^"]*)"/g)].map(([, url]) => url)
    expect(addresses.length).toBeGreaterThan(3)
    for (const address of addresses) expect(address).toMatch(/^(?:https?:\/\/|mailto:)/)
    expect((await get('/articles/hostile-html')).text).toContain(html)
  })

  it('X-16: a hostile text of 250 KB is refused or accepted within seconds, and the desk keeps working', async () => {
    for (const body of [
      '['.repeat(250_000),
      '*_'.repeat(125_000),
      '> '.repeat(125_000),
      '<a '.repeat(80_000),
      'a '.repeat(125_000),
    ]) {
      const started = performance.now()
      const response = await newsroom.publish('heavy', { title: 'Heavy', body })
      expect([200, 201, 422], await response.text()).toContain(response.status)
      expect(performance.now() - started).toBeLessThan(15_000)
    }
    expect((await get('/rss.xml')).status).toBe(200)
    await newsroom.withdraw('heavy')
    await newsroom.waitForOutbox()
  })

  it('X-15: title, tags, nesting, body, address and id have limits', async () => {
    const status = async (manuscript: Manuscript) =>
      (await newsroom.publish('limits', { title: 'x', body: 'x', ...manuscript })).status
    expect(await status({ title: 'x'.repeat(301) })).toBe(422)
    expect(await status({ tags: Array.from({ length: 33 }, (_, tag) => `t${tag}`) })).toBe(422)
    expect(await status({ body: 'x'.repeat(256 * 1024 + 1) })).toBe(422)
    expect(await status({ body: '<div>'.repeat(500) })).toBe(422)
    const open = `<p><b title="${'x'.repeat(60_000)}"></p>${'<p>x'.repeat(9000)}`
    expect(await status({ body: open })).toBe(422)
    expect(await status({ body: undefined, html: open })).toBe(422)
    expect(await status({ canonical: `https://news.example/${'x'.repeat(2100)}` })).toBe(422)
    expect((await newsroom.publish('x'.repeat(97), { title: 'x', body: 'x' })).status).toBe(422)
    expect((await get('/articles/limits')).status).toBe(404)
  })
})

describe('paths', () => {
  it('X-21: a response does not repeat the requested address', async () => {
    for (const path of ['/%3Cscript%3Ealert(1)%3C%2Fscript%3E', '/tags/%22%3E%3Cb%3E', '/xyzzy9']) {
      for (const accept of ['text/html', 'application/json', '*/*']) {
        const response = await get(path, ['Accept', accept])
        expect(response.status).not.toBe(200)
        expect(response.text).not.toMatch(/<script|alert\(1\)|xyzzy9|"><b>/)
      }
    }
  })

  it('X-24: only pictures are served from the folder of articles', async () => {
    for (const path of [
      '/2025-10-14-cpp-at-40.md',
      '/.assetsignore',
      '/media/../2025-10-14-cpp-at-40.md',
      '/media/%2e%2e/2025-10-14-cpp-at-40.md',
      '/media/..%2f2025-10-14-cpp-at-40.md',
      '/media/x.svg',
      '/../wrangler.toml',
      '/media/../../package.json',
    ]) {
      expect((await get(path)).status, path).toBe(404)
    }
    const picture = await get('/media/feed-timeline.png')
    expect([picture.status, picture.header('Content-Type')]).toEqual([200, 'image/png'])
    expect(picture.header('X-Content-Type-Options')).toBe('nosniff')
    const response = await newsroom.publish('drawing', {
      title: 'x',
      body: 'x',
      image: { url: 'https://news.example/x.SVG?y', alt: 'x' },
    })
    expect(response.status).toBe(422)
  })

  it('X-03: no malformed path causes a 5xx or a redirect to another host', async () => {
    for (const path of [
      '//',
      '///evil.example',
      '/\\evil.example',
      '/;/',
      '/..;/',
      '/%5c%5cevil.example',
      '/articles//markup',
      '/articles/markup/',
      '/articles/MARKUP',
      '/articles/markup.xml',
      '/tags//rss.xml',
      '/tags/space/rss.xml/',
      '/tags/../rss.xml/x',
      '/tags/%2F%2Fevil.example',
      '/tags/http:%2F%2Fevil.example/rss.xml',
      '/?x=%ff',
      '/rss.xml?%',
      '/problems/__proto__',
      '/problems/constructor',
      '/languages/xx-%F0%9F%98%80',
      `/languages/${'a'.repeat(300)}`,
    ]) {
      const response = await get(path)
      expect(response.status, path).toBeLessThan(500)
      const location = response.header('Location') ?? `${SETTINGS.SITE_URL}/`
      expect(new URL(location, 'https://relative.invalid').origin, path).toBe(SETTINGS.SITE_URL)
    }
  })
})

describe('an embargoed article', () => {
  const EMBARGOED_AND_UNKNOWN: [secret: string, unknown: string][] = [
    [`/${EMBARGOED.code}`, '/nobody'],
    [`/${EMBARGOED.code.toUpperCase()}`, '/NOBODY'],
    [`/articles/${EMBARGOED.id}`, '/articles/nobody'],
    [`/articles/${EMBARGOED.id}.json`, '/articles/nobody.json'],
    ...['sections/embargoed-section', 'tags/embargoed-tag', 'authors/embargoed-author'].flatMap(
      pairWithUnknown,
    ),
    ...['places/embargoed-place', 'languages/fi'].flatMap(pairWithUnknown),
  ]
  function pairWithUnknown(channel: string): [string, string][] {
    const [folder = ''] = channel.split('/')
    const nobody = folder === 'languages' ? 'sv' : 'nobody'
    return ['', '/rss.xml', '/atom.xml', '/feed.json'].map((file) => [
      `/${channel}${file}`,
      `/${folder}/${nobody}${file}`,
    ])
  }

  it('T-16, J-25: an embargoed article is indistinguishable from one that does not exist, byte for byte', async () => {
    expect(EMBARGOED_AND_UNKNOWN).toHaveLength(24)
    for (const [secret, unknown] of EMBARGOED_AND_UNKNOWN) {
      for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
        for (const more of [
          [],
          [['Accept', 'text/html']],
          [['If-None-Match', '*']],
        ] as HeaderLine[][]) {
          const [hidden, absent] = await Promise.all([
            request(method, secret, ...more),
            request(method, unknown, ...more),
          ])
          expect(hidden.status, `${method} ${secret}`).toBe(absent.status)
          expect(withoutClock(hidden), `${method} ${secret}`).toEqual(withoutClock(absent))
          expect(hidden.body, `${method} ${secret}`).toEqual(absent.body)
          if (method === 'GET') expect(hidden.status).toBe(404)
        }
      }
    }
  })

  it('T-16: no public document contains anything of an embargoed article', async () => {
    const words = [EMBARGOED.id, EMBARGOED.title, EMBARGOED.code, 'Not before its time']
    for (const path of [...DOCUMENTS, ...Object.values(listDocumentPaths('/tags/space'))]) {
      const { text } = await get(path)
      expect(text.length).toBeGreaterThan(100)
      for (const word of words) expect(text, path).not.toContain(word)
    }
    const space = JSON.parse((await get('/tags/space/feed.json')).text)
    expect(space.items.length).toBeGreaterThan(0)
    expect(space.items.length).toBeLessThan(PUBLIC.length)
  })
})
