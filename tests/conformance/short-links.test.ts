/**
 * Short links: their destinations, and the responses for unknown, withdrawn and embargoed codes
 * (rules L).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EMBARGOED, openCorpus, WITHDRAWN } from '../support/corpus.ts'
import { exchange, withoutClock } from '../support/exchange.ts'
import { manuscript, type Newsroom, SETTINGS } from '../support/newsroom.ts'
import { until } from '../support/until.ts'

type HeaderLine = readonly [name: string, value: string]
type Receipt = { code: string; short_url: string; canonical: string }

const PICTURED = `${SETTINGS.SITE_URL}/articles/pictured`
const OTHER_PAGE = 'https://www.news.example/2026/%D8%AE%D8%A8%D8%B1?edition=uae&page=2#story'

let newsroom: Newsroom

beforeAll(async () => {
  newsroom = await openCorpus()
})
afterAll(async () => await newsroom.close())

const request = (method: string, path: string, ...headers: HeaderLine[]) =>
  exchange(newsroom.url, { method, path, headers })
const get = (path: string, ...headers: HeaderLine[]) => request('GET', path, ...headers)
const publish = async (id: string, more: Record<string, unknown>) => {
  const response = await newsroom.publish(id, manuscript(more))
  const receipt: Receipt & { errors?: { detail: string; pointer: string }[] } = JSON.parse(
    await response.text(),
  )
  return { status: response.status, receipt }
}

describe('a short link of a public story', () => {
  it('L-01, L-02: a short link returns 302 with an absolute address in ASCII', async () => {
    const plain = await get('/AbC')
    expect([plain.status, plain.header('Location')]).toEqual([302, PICTURED])
    const arabic = await get('/else-where')
    expect([arabic.status, arabic.header('Location')]).toEqual([302, OTHER_PAGE])
    expect(arabic.header('Location')).toMatch(/^[\x21-\x7e]+$/)
  })

  it('L-03: other methods return 405 with Allow', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const response = await request(method, '/AbC')
      expect(response.status).toBe(405)
      expect(response.header('Allow')).toMatch(/^GET, HEAD/)
      expect(response.header('Location')).toBeUndefined()
    }
  })

  it('L-04: HEAD returns the same status and Location without a body', async () => {
    for (const code of ['AbC', 'else-where']) {
      const [full, head] = [await get(`/${code}`), await request('HEAD', `/${code}`)]
      expect([head.status, head.header('Location')]).toEqual([full.status, full.header('Location')])
      expect(head.body).toHaveLength(0)
    }
  })

  it('L-05: the redirect is cached for at most five minutes, because a story can move', async () => {
    const age = /^public, max-age=(\d+)$/.exec((await get('/AbC')).header('Cache-Control') ?? '')
    expect(Number(age?.[1])).toBeGreaterThan(0)
    expect(Number(age?.[1])).toBeLessThanOrEqual(300)
  })

  it('L-06: a short link follows a story that moves', async () => {
    await publish('moves', { code: 'mover' })
    await newsroom.waitForOutbox()
    expect((await get('/mover')).header('Location')).toBe(`${SETTINGS.SITE_URL}/articles/moves`)
    await publish('moves', { canonical: 'https://news.example/2026/03/moves' })
    await until(
      'the link redirects to the new address',
      async () => (await get('/mover')).header('Location') === 'https://news.example/2026/03/moves',
    )
  })

  it('L-07: a short link works within two seconds even if somebody requested its code before it existed', async () => {
    expect((await get('/probed')).status).toBe(404)
    expect((await publish('probed', { code: 'probed' })).status).toBe(201)
    await until('the link works', async () => (await get('/probed')).status === 302, 2000)
  })

  it('L-11: no part of the request changes the destination', async () => {
    for (const path of ['/AbC?url=//evil.example', '/AbC?next=https://evil.example/', '/AbC?']) {
      expect((await get(path)).header('Location'), path).toBe(PICTURED)
    }
    for (const lines of [
      [['Host', 'evil.example']],
      [['X-Forwarded-Host', 'evil.example']],
      [['X-Original-URL', '//evil.example/']],
      [['X-Forwarded-Proto', 'javascript']],
      [['Forwarded', 'host=evil.example;proto=http']],
    ] as const) {
      expect((await get('/AbC', ...lines)).header('Location')).toBe(PICTURED)
    }
    for (const path of ['/AbC//evil.example', '/AbC%2f%2fevil.example', '//evil.example/AbC']) {
      const response = await get(path)
      expect([response.status, response.header('Location')], path).toEqual([404, undefined])
    }
  })

  it('L-12: a foreign, scripted or disguised destination returns 422', async () => {
    for (const canonical of [
      'javascript:alert(1)',
      'data:text/html,x',
      'https://evil.example/x',
      'https://news.example.evil.example/x',
      'https://news.example@evil.example/x',
      'https://user:secret@news.example/x',
      'https://news.example\\@evil.example/x',
      'https://news.example/a\nb',
      'https://news.example:8443/x',
      '//news.example/x',
      '/x',
      'ftp://news.example/x',
    ]) {
      const { status, receipt } = await publish('foreign', { canonical })
      expect(status, canonical).toBe(422)
      expect(receipt.errors?.map(({ pointer }) => pointer)).toEqual(['/canonical'])
    }
  })

  it('L-13, L-14: the query of the request is dropped, and the destination keeps its own query and fragment', async () => {
    const response = await get('/else-where?page=7&edition=evil&utm_source=x')
    expect(response.header('Location')).toBe(OTHER_PAGE)
  })

  it('L-15: a code in a case that several codes have lists the pages to which they lead', async () => {
    await publish('story-of-case', { code: 'Casey', title: 'The story' })
    for (const [code, link] of [
      ['cAsey', { url: 'https://news.example/pages/1', title: 'صفحة' }],
      ['caSey', { url: 'https://news.example/pages/2' }],
    ] as const) {
      const headers = { 'Content-Type': 'application/json' }
      const init = { method: 'PUT', headers, body: JSON.stringify(link) }
      expect((await newsroom.api(`/api/links/${code}`, init)).status, code).toBe(201)
    }
    await newsroom.waitForOutbox()
    const problem = await get('/CASEY', ['Accept', 'application/json'])
    expect(problem.status).toBe(404)
    const near = [
      { code: 'Casey', short_url: `${SETTINGS.SHORT_URL}/Casey`, title: 'The story' },
      { code: 'cAsey', short_url: `${SETTINGS.SHORT_URL}/cAsey`, title: 'صفحة' },
      {
        code: 'caSey',
        short_url: `${SETTINGS.SHORT_URL}/caSey`,
        title: 'https://news.example/pages/2',
      },
    ]
    const body = JSON.parse(problem.text)
    expect(body.near).toHaveLength(near.length)
    expect(body.near).toEqual(expect.arrayContaining(near))
    const page = (await get('/CASEY', ['Accept', 'text/html'])).text
    for (const { short_url, title } of near) {
      expect(page).toContain(`href="${short_url}"`)
      expect(page).toContain(title)
    }
  })

  it('L-15: an exact match takes precedence over codes in another case, and minted codes have no characters that look alike', async () => {
    for (const code of ['AbC', 'abc', 'ABC']) {
      expect((await get(`/${code}`)).header('Location'), code).toBe(PICTURED)
    }
    await publish('other-case', { code: 'aBc' })
    await newsroom.waitForOutbox()
    expect((await get('/AbC')).header('Location')).toBe(PICTURED)
    expect((await get('/aBc')).header('Location')).toBe(`${SETTINGS.SITE_URL}/articles/other-case`)
    expect((await get('/abc')).status).toBe(404)
    await newsroom.withdraw('other-case')
    await newsroom.waitForOutbox()
    for (let number = 0; number < 10; number += 1) {
      const { receipt } = await publish(`minted-${number}`, {})
      expect(receipt.code).toMatch(/^[23456789abcdefghjkmnpqrstuvwxyz]{5}$/)
      expect(receipt.short_url).toBe(`${SETTINGS.SHORT_URL}/${receipt.code}`)
    }
  })

  it('L-17: a trailing slash gives the same response without another redirect', async () => {
    for (const code of ['AbC', 'else-where', WITHDRAWN.code, 'nobody9']) {
      const [plain, slashed] = [await get(`/${code}`), await get(`/${code}/`)]
      expect(withoutClock(slashed), code).toEqual(withoutClock(plain))
      expect([slashed.status, slashed.text]).toEqual([plain.status, plain.text])
    }
  })

  it('L-18: the canonical page is one redirect away', async () => {
    for (const code of ['AbC', 'amal2', 'probed']) {
      const location = (await get(`/${code}`)).header('Location') ?? ''
      const page = await newsroom.get(location)
      expect([page.status, page.headers.get('Content-Type')], code).toEqual([
        200,
        'text/html; charset=utf-8',
      ])
    }
  })

  it('L-25, L-26, L-27: the redirect sets no cookie, has a referrer policy and a canonical link, and has no body', async () => {
    for (const code of ['AbC', 'else-where']) {
      const response = await get(`/${code}`)
      expect(response.header('Set-Cookie')).toBeUndefined()
      expect(response.header('Referrer-Policy')).toBe('strict-origin-when-cross-origin')
      expect(response.header('Link')).toBe(`<${response.header('Location')}>; rel="canonical"`)
      expect(response.body).toHaveLength(0)
    }
  })

  it('L-22, L-23, L-30: preview services get the same redirect, and crawlers are not blocked', async () => {
    // Requests have the Host of short links, because responses for other hosts have noindex.
    const own = ['Host', new URL(SETTINGS.SHORT_URL).host] as const
    const plain = await get('/AbC', own)
    for (const agent of ['facebookexternalhit/1.1', 'Slackbot-LinkExpanding 1.0', 'WhatsApp/2']) {
      const response = await get('/AbC', own, ['User-Agent', agent], ['Range', 'bytes=0-32768'])
      expect(withoutClock(response)).toEqual(withoutClock(plain))
      expect(response.status).toBe(302)
    }
    expect(plain.header('Vary')).toBeUndefined()
    expect(plain.header('X-Robots-Tag')).toBeUndefined()
  })
})

describe('a code without a destination', () => {
  it('L-08: an unknown code returns 404, a withdrawn one 410, and neither redirects', async () => {
    const unknown = await get('/nobody9')
    expect([unknown.status, unknown.header('Location')]).toEqual([404, undefined])
    const withdrawn = await get(`/${WITHDRAWN.code}`)
    expect([withdrawn.status, withdrawn.header('Location')]).toEqual([410, undefined])
    expect(withdrawn.text).not.toContain('headline')
  })

  it('L-08: the responses for an embargoed code equal those for an unknown code, byte for byte', async () => {
    for (const accept of ['*/*', 'text/html', 'application/json']) {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST']) {
        for (const suffix of ['', '/', '?x=1', '+', '.svg']) {
          const secret = await request(method, `/${EMBARGOED.code}${suffix}`, ['Accept', accept])
          const unknown = await request(method, `/nobody${suffix}`, ['Accept', accept])
          expect(secret.status).toBe(unknown.status)
          expect(withoutClock(secret)).toEqual(withoutClock(unknown))
          expect(secret.body).toEqual(unknown.body)
        }
      }
    }
    expect((await newsroom.api(`/api/articles/${EMBARGOED.id}`)).status).toBe(200)
  })

  it('L-09: a browser gets a page with noindex, and a program gets problem+json', async () => {
    for (const [path, status] of [
      ['/nobody9', 404],
      [`/${WITHDRAWN.code}`, 410],
    ] as const) {
      const page = await get(path, ['Accept', 'text/html,application/xhtml+xml,*/*;q=0.8'])
      expect([page.status, page.header('Content-Type')]).toEqual([
        status,
        'text/html; charset=utf-8',
      ])
      expect(page.text).toContain('<meta name="robots" content="noindex"/>')
      for (const accept of ['application/json', 'application/problem+json']) {
        const problem = await get(path, ['Accept', accept])
        expect(problem.header('Content-Type')).toBe('application/problem+json')
        expect(JSON.parse(problem.text)).toMatchObject({ status })
      }
    }
  })

  it('L-10: a 404 is cached for at most 30 seconds, and a 410 for at most ten minutes', async () => {
    const readMaxAge = async (path: string) =>
      Number(/max-age=(\d+)/.exec((await get(path)).header('Cache-Control') ?? '')?.[1])
    expect(await readMaxAge('/nobody9')).toBeLessThanOrEqual(30)
    expect(await readMaxAge(`/${WITHDRAWN.code}`)).toBeLessThanOrEqual(600)
    expect(await readMaxAge(`/${WITHDRAWN.code}`)).toBeGreaterThan(30)
  })

  it('L-19: a code is never reused, even if its article is withdrawn or embargoed', async () => {
    for (const code of [WITHDRAWN.code, EMBARGOED.code, 'AbC']) {
      const { status } = await publish('thief', { code })
      expect(status, code).toBe(409)
    }
    expect((await get(`/${WITHDRAWN.code}`)).status).toBe(410)
    expect((await newsroom.api('/api/articles/thief')).status).toBe(404)
  })

  it('L-20: reserved names and rude words return 422', async () => {
    for (const code of ['api', 'HUB', 'feed', 'robots', 'tags', 'healthz', 'articles', 'shit']) {
      const { status, receipt } = await publish('refused', { code })
      expect(status, code).toBe(422)
      expect(receipt.errors?.map(({ pointer }) => pointer)).toEqual(['/code'])
    }
  })

  it('L-21: an article that is published again keeps its code', async () => {
    const first = await publish('again', {})
    const second = await publish('again', { title: 'Changed' })
    expect([first.status, second.status]).toEqual([201, 200])
    expect(second.receipt.code).toBe(first.receipt.code)
  })

  it('L-29: an invalid code returns 404, never 500', async () => {
    for (const path of [
      '/%00',
      '/%ff',
      '/%c0%ae',
      '/..%2f..%2fetc',
      '/%2e%2e%2f',
      `/${'a'.repeat(65)}`,
      `/${'a'.repeat(5000)}`,
      `/${encodeURIComponent('٢٣٤')}`,
      '/a%20b',
      '/__proto__',
      '/constructor',
      '/toString',
      '/AbC/x',
    ]) {
      expect((await get(path)).status, path.slice(0, 40)).toBe(404)
    }
  })

  it('L-28, H-61: too many unknown codes return 429 with Retry-After, while existing codes keep working', async () => {
    const client = ['CF-Connecting-IP', '192.0.2.77'] as const
    let response = await get('/nobody9', client)
    for (let batch = 0; batch < 40 && response.status !== 429; batch += 1) {
      const responses = await Promise.all(
        Array.from({ length: 40 }, (_, index) => get(`/none-${batch}-${index}`, client)),
      )
      response = responses.find(({ status }) => status === 429) ?? response
    }
    expect(response.status).toBe(429)
    expect(response.header('Retry-After')).toMatch(/^\d+$/)
    expect(response.header('Cache-Control')).toBe('no-store')
    expect(response.header('Access-Control-Allow-Origin')).toBe('*')
    for (const code of ['AbC', 'else-where', 'amal2']) {
      expect((await get(`/${code}`, client)).status).toBe(302)
    }
  })
})
