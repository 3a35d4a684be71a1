/**
 * Short links with typing errors and remains of pasting, on both hosts (rules L-11, L-16, L-17,
 * L-28, X-18, X-21).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EMBARGO_END } from '../support/corpus.ts'
import { exchange, withoutClock } from '../support/exchange.ts'
import { manuscript, type Newsroom, openNewsroom, SETTINGS } from '../support/newsroom.ts'
import { until } from '../support/until.ts'

type HeaderLine = readonly [name: string, value: string]
const HTML: HeaderLine = ['Accept', 'text/html,application/xhtml+xml,*/*;q=0.8']
const SITE: HeaderLine = ['Host', new URL(SETTINGS.SITE_URL).host]
const SHORT: HeaderLine = ['Host', new URL(SETTINGS.SHORT_URL).host]

let newsroom: Newsroom

beforeAll(async () => {
  newsroom = await openNewsroom()
  const stories: [id: string, code: string, more?: Record<string, unknown>][] = [
    ['rocket', 'mheng'],
    ['tail', 'mheng-', { title: 'A code that ends with a hyphen' }],
    ['cased', 'AbC'],
    ['lower', 'abc', { title: 'The same in lower case' }],
    ['arabic', 'qamar', { title: 'إطلاق <القمر> & "الأمل"', language: 'ar' }],
    ['withdrawn', 'qamat'],
    ['embargoed', 'qamas', { published: EMBARGO_END }],
    ['far', 'zzzzzz'],
  ]
  for (const [id, code, more] of stories)
    await newsroom.publish(id, manuscript({ title: `The story ${id}`, code, ...more }))
  await newsroom.withdraw('withdrawn')
  await newsroom.waitForOutbox()
})
afterAll(async () => await newsroom.close())

let clientCount = 0
/**
 * Sends each request from another client, because all requests of one client would exceed the limit
 * on unknown codes.
 */
const get = (path: string, ...headers: HeaderLine[]) => {
  clientCount += 1
  const client = ['CF-Connecting-IP', `192.0.2.${clientCount % 250}`] as const
  return exchange(newsroom.url, { path, headers: [client, ...headers] })
}
const formatArticleUrl = (id: string): string => `${SETTINGS.SITE_URL}/articles/${id}`
const readRedirect = async (path: string) => {
  const response = await get(path)
  return [response.status, response.header('Location')]
}

const PASTED_CODES: readonly (readonly [how: string, path: string])[] = [
  ['in another case', '/MHENG'],
  ['with a slash', '/mheng/'],
  ['with a full stop', '/mheng.'],
  ['with a comma and a bracket', '/mheng),'],
  ['with closing quotes', `/${encodeURIComponent('mheng”')}`],
  ['with guillemets', `/${encodeURIComponent('«mheng»')}`],
  ['with an ellipsis', `/${encodeURIComponent('mheng…')}`],
  ['with an Arabic comma', `/${encodeURIComponent('mheng،')}`],
  ['with an Arabic semicolon', `/${encodeURIComponent('mheng؛')}`],
  ['with an Arabic question mark', `/${encodeURIComponent('mheng؟')}`],
  ['with a CJK full stop', `/${encodeURIComponent('mheng。')}`],
  ['in CJK brackets', `/${encodeURIComponent('「mheng」')}`],
  ['with a space', '/mheng%20'],
  ['with a space encoded twice', '/mheng%2520'],
  ['with a right-to-left mark', `/${encodeURIComponent('\u200fmheng\u200e')}`],
  ['in isolates', `/${encodeURIComponent('\u2066mheng\u2069')}`],
  ['with a zero-width space inside', `/${encodeURIComponent('mh\u200beng')}`],
  ['in full-width letters', `/${encodeURIComponent('ｍｈｅｎｇ')}`],
  ['with parameters that lost their mark', '/mheng&utm_source=x'],
  ['with an encoded query', '/mheng%3Futm_source=x'],
  ['with a scheme twice', '/https://nws.example/mheng'],
  ['with a scheme twice, a slash lost', '/https:/nws.example/mheng'],
  ['with a scheme twice, encoded', '/http%3A%2F%2Fnws.example%2Fmheng'],
  ['with the host of the site twice', '/news.example/mheng'],
]

describe('a pasted code', () => {
  it('L-16, L-17: a pasted code redirects to its story in one hop, whatever was pasted with it', async () => {
    for (const [how, path] of PASTED_CODES)
      expect([how, ...(await readRedirect(path))]).toEqual([how, 302, formatArticleUrl('rocket')])
  })

  it('L-16: a code that ends in punctuation is tried as typed first, and without the punctuation if it is unknown', async () => {
    expect(await readRedirect('/mheng-')).toEqual([302, formatArticleUrl('tail')])
    expect(await readRedirect('/mheng_')).toEqual([302, formatArticleUrl('rocket')])
    expect(await readRedirect('/_qamar_')).toEqual([302, formatArticleUrl('arabic')])
  })

  it('L-11, L-29: an address that only resembles a short link does not redirect', async () => {
    for (const path of [
      '//evil.example/mheng',
      '/mheng//evil.example',
      '/mheng%2f%2fevil.example',
      '/https://evil.example/mheng',
      '/https://nws.example.evil.example/mheng',
      '/https://nws.example@evil.example/mheng',
      '/mheng/x',
      '/mh%20eng',
      '/mheng%00',
      '/%E0%A4%A',
    ]) {
      expect(await readRedirect(path), path).toEqual([404, undefined])
    }
  })
})

describe('an unknown code', () => {
  it('L-08, X-21: a browser gets similar codes with their headlines, but the page does not repeat the requested code', async () => {
    for (const path of ['/qamsr', '/qmaar', '/qama', '/qamarz', '/xamar']) {
      const page = await get(path, HTML)
      expect(page.status, path).toBe(404)
      expect(page.text, path).toContain(`href="${SETTINGS.SHORT_URL}/qamar"`)
      expect(page.text).toContain(
        '<bdi lang="ar" dir="rtl">إطلاق &lt;القمر&gt; &amp; &quot;الأمل&quot;</bdi>',
      )
      expect(page.text).toContain('<meta name="robots" content="noindex"/>')
      const words = page.text.toLowerCase().replaceAll('qamar', '')
      expect(words.includes(path.slice(1)), path).toBe(false)
    }
    const none = await get('/wwwwwwww%3Cscript%3E', HTML)
    expect([none.status, none.text.includes('script>')]).toEqual([404, false])
  })

  it('L-08, L-09: a program gets similar codes in the problem', async () => {
    const response = await get('/qamsr', ['Accept', 'application/json'])
    expect(JSON.parse(response.text)).toEqual({
      type: `${SETTINGS.SITE_URL}/problems/unknown-code`,
      title: 'No such short link',
      status: 404,
      detail: 'Cannot find this short link: no story has this code',
      near: [
        {
          code: 'qamar',
          short_url: `${SETTINGS.SHORT_URL}/qamar`,
          title: 'إطلاق <القمر> & "الأمل"',
        },
      ],
    })
  })

  it('L-08: withdrawn and embargoed stories are never suggested', async () => {
    for (const path of ['/qamaq', '/qamax', '/qamas', '/qama5']) {
      const { text, status } = await get(path, ['Accept', 'application/json'])
      expect([status, text.includes('qamat'), text.includes('qamas')]).toEqual([404, false, false])
    }
  })

  it('L-08: the responses for an embargoed code and for an unknown code with the same similar codes are equal', async () => {
    for (const accept of ['text/html', 'application/json']) {
      const [secret, unknown] = [
        await get('/qamas', ['Accept', accept]),
        await get('/qamaq', ['Accept', accept]),
      ]
      expect(withoutClock(secret)).toEqual(withoutClock(unknown))
      expect(secret.text).toBe(unknown.text)
    }
  })

  it('L-15: a code that matches several codes in other cases gets these as suggestions', async () => {
    expect(await readRedirect('/AbC')).toEqual([302, formatArticleUrl('cased')])
    expect(await readRedirect('/abc')).toEqual([302, formatArticleUrl('lower')])
    const response = await get('/aBC', ['Accept', 'application/json'])
    expect(response.status).toBe(404)
    expect(
      JSON.parse(response.text)
        .near.map(({ code }: { code: string }) => code)
        .sort(),
    ).toEqual(['AbC', 'abc'])
  })
})

describe('the two hosts', () => {
  it('L-11, X-18: both hosts serve everything and print the same addresses', async () => {
    for (const path of [
      '/mheng',
      '/qamar',
      '/nobody9',
      '/rss.xml',
      '/articles/rocket',
      '/robots.txt',
    ]) {
      const [site, short] = [await get(path, SITE, HTML), await get(path, SHORT, HTML)]
      expect(withoutClock(short), path).toEqual(withoutClock(site))
      expect([short.status, short.text]).toEqual([site.status, site.text])
    }
    const page = await get('/articles/rocket', SHORT)
    expect(page.text).toContain(`<link rel="canonical" href="${formatArticleUrl('rocket')}"/>`)
    expect(page.text).toContain(`<link rel="shortlink" href="${SETTINGS.SHORT_URL}/mheng"/>`)
  })

  it('X-18: the front page of the short host redirects to the site, and the front page of the site does not redirect', async () => {
    const front = await get('/', SHORT)
    expect([front.status, front.header('Location')]).toEqual([302, `${SETTINGS.SITE_URL}/`])
    expect((await get('/', SITE)).status).toBe(200)
    // The host of the test server and evil.example are neither the site's nor the short host.
    expect((await get('/')).status).toBe(200)
    expect(
      (await get('/', ['Host', 'evil.example'], ['X-Forwarded-Host', 'nws.example'])).status,
    ).toBe(200)
  })

  it('H-57: well-known feed addresses on the short host redirect to the feeds, and /feed serves RSS', async () => {
    for (const [path, target] of [
      ['/rss', '/rss.xml'],
      ['/feed/', '/rss.xml'],
      ['/feed.xml', '/rss.xml'],
    ] as const) {
      const response = await get(path, SHORT)
      expect([response.status, response.header('Location')], path).toEqual([
        301,
        `${SETTINGS.SITE_URL}${target}`,
      ])
    }
    const feed = await get('/feed', SHORT)
    expect([feed.status, feed.header('Content-Type')]).toEqual([
      200,
      'application/rss+xml; charset=utf-8',
    ])
  })
})

describe('reserved names', () => {
  it('L-20: reserved names in another spelling are unknown codes', async () => {
    for (const path of ['/feeds%20', '/Feeds', '/HEALTHZ']) {
      const response = await get(path, ['Accept', 'application/json'])
      expect([response.status, JSON.parse(response.text).type], path).toEqual([
        404,
        `${SETTINGS.SITE_URL}/problems/unknown-code`,
      ])
    }
  })
})

describe('a link that expires', () => {
  it('L-05: a link that expires is cached no longer than it is valid, and then returns 410', async () => {
    const put = async (code: string, expires: string) =>
      await newsroom.api(`/api/links/${code}`, {
        method: 'PUT',
        body: JSON.stringify({ url: `${SETTINGS.SITE_URL}/tags/space`, expires }),
        headers: { 'Content-Type': 'application/json' },
      })
    const soon = new Date(Date.now() + 20_000).toISOString()
    expect((await put('offer', soon)).status).toBe(201)
    await until('the link exists', async () => (await get('/offer')).status === 302)
    const age = /^public, max-age=(\d+)$/.exec((await get('/offer')).header('Cache-Control') ?? '')
    expect(Number(age?.[1])).toBeLessThanOrEqual(20)
    const now = new Date(Date.now() + 1500).toISOString()
    expect((await put('offer', now)).status).toBe(200)
    await until('the link has expired', async () => (await get('/offer')).status === 410, 5000)
    const expired = await get('/offer', ['Accept', 'application/json'])
    expect(JSON.parse(expired.text)).toMatchObject({ status: 410, title: 'This link has expired' })
  })
})
