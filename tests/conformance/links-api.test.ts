/**
 * The API of short links (rules L and U): codes for pages of the publisher and for articles,
 * refused requests, and removal and expiry of codes.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exchange } from '../support/exchange.ts'
import { manuscript, type Newsroom, openNewsroom, SETTINGS } from '../support/newsroom.ts'
import { runs } from '../support/runs.ts'
import { until } from '../support/until.ts'

type Fault = { pointer: string; detail: string }
type Link = {
  code: string
  short_url: string
  status: string
  url: string
  article?: string
  primary?: boolean
  title?: string
  created: string
  updated: string
  expires?: string
  removed?: string
  legal?: string
  revision: number
  folds: boolean
  alike?: string[]
  changed?: boolean
  detail?: string
  errors?: Fault[]
}
type Line = { line: number; code?: string; status: number; receipt?: Link; problem?: Link }

const MAP = 'https://www.news.example/expo/map'
const PLAN = 'https://www.news.example/expo/plan'

let newsroom: Newsroom

beforeAll(async () => {
  newsroom = await openNewsroom()
  const canonical = 'https://www.news.example/2026/story'
  await newsroom.publish('story', manuscript({ code: 'story', canonical, title: 'A story' }))
  await newsroom.publish('here', manuscript({ code: 'here' }))
  await newsroom.publish('hidden', manuscript({ code: 'hidden', published: '2099-01-01' }))
})
afterAll(async () => await newsroom.close())

const summarise = async (response: Response) => ({
  status: response.status,
  etag: response.headers.get('ETag'),
  location: response.headers.get('Location'),
  link: JSON.parse((await response.text()) || '{}') as Link,
})
const putLink = async (code: string, body: unknown, headers: Record<string, string> = {}) =>
  await summarise(
    await newsroom.api(`/api/links/${code}`, {
      method: 'PUT',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', ...headers },
    }),
  )
const removeLink = async (code: string, body?: unknown, headers: Record<string, string> = {}) =>
  await summarise(
    await newsroom.api(`/api/links/${code}`, {
      method: 'DELETE',
      ...(body !== undefined && { body: JSON.stringify(body) }),
      headers,
    }),
  )
const readLink = async (code: string, headers: Record<string, string> = {}) =>
  await summarise(await newsroom.api(`/api/links/${code}`, { headers }))
const sendLines = async (lines: unknown[], query = '') => {
  const response = await newsroom.api(`/api/links${query}`, {
    method: 'POST',
    body: lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
    headers: { 'Content-Type': 'application/x-ndjson' },
  })
  const body = (await response.json()) as { results: Line[]; accepted: number; refused: number }
  return { status: response.status, ...body }
}
const requestLink = async (code: string) => {
  const response = await exchange(newsroom.url, { path: `/${code}` })
  return [response.status, response.header('Location')]
}
const waitForResponse = async (
  code: string,
  expected: [number, string | undefined],
): Promise<void> => {
  await until(`/${code} returns ${expected}`, async () => {
    const found = await requestLink(code)
    return found[0] === expected[0] && found[1] === expected[1]
  })
}

describe('a code for a page', () => {
  it('L-21: a code is created once, returns its short link and redirects; a repeated request changes nothing', async () => {
    const created = await putLink('map', { url: MAP, title: 'Map of the expo' })
    expect(created).toMatchObject({ status: 201, etag: '"1"', location: '/api/links/map' })
    expect(created.link).toMatchObject({
      code: 'map',
      short_url: `${SETTINGS.SHORT_URL}/map`,
      status: 'live',
      url: MAP,
      title: 'Map of the expo',
      revision: 1,
      folds: true,
      changed: true,
    })
    expect(created.link.article).toBeUndefined()
    const again = await putLink('map', { url: MAP, title: 'Map of the expo' })
    expect(again).toMatchObject({ status: 200, etag: '"1"', location: null })
    expect(again.link).toEqual({ ...created.link, changed: false })
    await waitForResponse('map', [302, MAP])
    await waitForResponse('MAP', [302, MAP])
  })

  it('U-30, U-36: a code is read as it was written, and the API forbids caching', async () => {
    const { link } = await putLink('read', { url: MAP, title: 'A map' })
    const { changed, ...rest } = link
    expect([changed, (await readLink('read')).link]).toEqual([true, rest])
    for (const path of ['/api/links/read', '/api/links/nobody', '/api/links', '/api/misses']) {
      const { headers } = await newsroom.api(path)
      expect(headers.get('Cache-Control'), path).toBe('no-store, no-transform')
      expect(headers.has('Access-Control-Allow-Origin'), path).toBe(false)
    }
  })

  it('L-06: after a change a code redirects to its new destination, and omitted keys are removed', async () => {
    await putLink('moved', { url: MAP, title: 'Old', expires: '2099-01-01' })
    await waitForResponse('moved', [302, MAP])
    const { status, etag, link } = await putLink('moved', { url: PLAN })
    expect([status, etag]).toEqual([200, '"2"'])
    expect(link).toMatchObject({ url: PLAN, revision: 2, changed: true })
    expect([link.title, link.expires]).toEqual([undefined, undefined])
    await waitForResponse('moved', [302, PLAN])
  })

  it('U-20, U-21, U-23: If-Match and If-None-Match prevent lost updates', async () => {
    const only = { 'If-None-Match': '*' }
    expect((await putLink('both', { url: MAP }, only)).status).toBe(201)
    expect((await putLink('both', { url: PLAN }, only)).status).toBe(412)
    expect((await putLink('both', { url: PLAN }, { 'If-Match': '"1"' })).etag).toBe('"2"')
    for (const stale of ['"1"', 'W/"2"'])
      expect((await putLink('both', { url: MAP }, { 'If-Match': stale })).status, stale).toBe(412)
    expect((await putLink('nobody', { url: MAP }, { 'If-Match': '*' })).status).toBe(412)
    expect((await removeLink('both', undefined, { 'If-Match': '"1"' })).status).toBe(412)
    const notModified = await readLink('both', { 'If-None-Match': 'W/"2"' })
    // The status is never 304, because a new code that differs only in case changes the response,
    // but not the revision.
    expect([notModified.status, notModified.etag]).toEqual([200, '"2"'])
    expect((await readLink('both', { 'If-None-Match': '"1"' })).link).toMatchObject({ url: PLAN })
  })

  it('L-05: a code expires at its time, and cannot be created with a time in the past', async () => {
    const expired = await putLink('late', { url: MAP, expires: '2020-01-01' })
    expect([expired.status, expired.link.errors]).toEqual([
      422,
      [{ pointer: '/expires', detail: 'expires is in the past' }],
    ])
    const soon = new Date(Date.now() + 3000).toISOString()
    const { link } = await putLink('brief', { url: MAP, expires: soon })
    expect(link).toMatchObject({ status: 'live', expires: `${soon.slice(0, 19)}Z` })
    await until(
      'the code has expired',
      async () => (await readLink('brief')).link.status === 'expired',
    )
    await waitForResponse('brief', [410, undefined])
  })

  it('L-19, U-27: a removed code cannot be reused, only restored to the same destination', async () => {
    await putLink('gone', { url: MAP })
    const { status, etag, link } = await removeLink('gone')
    expect([status, etag, link.status, link.changed]).toEqual([200, '"2"', 'removed', true])
    expect(link.removed).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect((await removeLink('gone')).link).toEqual({ ...link, changed: false })
    await waitForResponse('gone', [410, undefined])
    for (const body of [{ url: MAP }, { url: PLAN }, { url: PLAN, republish: true }])
      expect((await putLink('gone', body)).status, JSON.stringify(body)).toBe(409)
    expect((await putLink('gone', { article: 'here' })).status).toBe(409)
    const response = await newsroom.publish('thief', manuscript({ code: 'gone' }))
    expect(response.status).toBe(409)
    const restored = await putLink('gone', { url: MAP, republish: true })
    expect([restored.status, restored.link.status]).toEqual([200, 'live'])
    await waitForResponse('gone', [302, MAP])
  })

  it('L-08: a code removed for a legal demand returns 451, and a later demand replaces the text of the first', async () => {
    await putLink('forbidden', { url: MAP })
    expect((await removeLink('forbidden', { legal: 'A court forbids it' })).link).toMatchObject({
      status: 'removed',
      legal: 'A court forbids it',
      revision: 2,
    })
    await waitForResponse('forbidden', [451, undefined])
    expect((await removeLink('forbidden', { legal: 'Another court too' })).link).toMatchObject({
      legal: 'Another court too',
      revision: 3,
    })
    expect((await removeLink('forbidden', { reason: 'x' })).link.errors).toEqual([
      { pointer: '/reason', detail: expect.stringContaining('"reason" is not a key') },
    ])
  })
})

describe('a code of an article', () => {
  it('L-18: an article can have several codes, which follow it and report its withdrawal', async () => {
    const { status, link } = await putLink('alias', { article: 'story' })
    expect(status).toBe(201)
    expect(link).toMatchObject({ article: 'story', primary: false, title: 'A story' })
    expect((await readLink('story')).link).toMatchObject({ article: 'story', primary: true })
    await waitForResponse('alias', [302, 'https://www.news.example/2026/story'])
    await newsroom.publish(
      'story',
      manuscript({ canonical: 'https://www.news.example/2027/story' }),
    )
    await waitForResponse('alias', [302, 'https://www.news.example/2027/story'])
    await newsroom.api('/api/articles/story', {
      method: 'DELETE',
      body: JSON.stringify({ legal: 'A court forbids it' }),
    })
    expect((await readLink('alias')).link).toMatchObject({
      status: 'withdrawn',
      legal: 'A court forbids it',
    })
    await waitForResponse('alias', [451, undefined])
    await newsroom.publish('story', manuscript({ republish: true }))
    await waitForResponse('alias', [302, 'https://www.news.example/2027/story'])
  })

  it('L-18: a code for the address of an article becomes a code of this article', async () => {
    const { link } = await putLink('by-address', { url: `${SETTINGS.SITE_URL}/articles/here` })
    expect(link).toMatchObject({ article: 'here', url: `${SETTINGS.SITE_URL}/articles/here` })
    expect((await putLink('by-address', { article: 'here' })).link.changed).toBe(false)
    const unknown = await putLink('no-address', { url: `${SETTINGS.SITE_URL}/articles/nowhere` })
    expect([unknown.status, unknown.link.errors?.[0]?.pointer]).toEqual([422, '/url'])
    expect((await putLink('no-article', { article: 'nowhere' })).link.errors?.[0]?.pointer).toBe(
      '/article',
    )
  })

  it('L-19: a code of an article can neither be removed nor redirected elsewhere', async () => {
    for (const { status, link } of [
      await removeLink('here'),
      await putLink('here', { url: MAP }),
      await putLink('here', { article: 'story' }),
    ]) {
      expect(status).toBe(409)
      expect(link.detail).toMatch(/^Cannot (?:remove|change) "here": it is a code of the article/)
    }
    expect((await readLink('here')).link).toMatchObject({ article: 'here', status: 'live' })
  })

  it('L-08: a code of an embargoed article is invisible to readers', async () => {
    expect((await putLink('early', { article: 'hidden' })).link.status).toBe('embargoed')
    await newsroom.waitForOutbox()
    expect(await requestLink('early')).toEqual([404, undefined])
  })
})

describe('invalid requests', () => {
  const INVALID_DESTINATIONS = [
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\tscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    'ftp://www.news.example/x',
    '//evil.example/x',
    '/expo/map',
    'expo/map',
    '',
    ' ',
    'https://evil.example/',
    'https://www.news.example@evil.example/',
    'https://user:secret@www.news.example/x',
    'https://www.news.example.evil.example/x',
    'https://evil.example/?https://www.news.example/',
    'https://www.news.example:8443/x',
    'https:\\\\www.news.example\\x',
    'https://www.news.example\\@evil.example/',
    'https://www.news.example/x\r\nSet-Cookie: a=b',
    'https://www.news.example/x\u0000',
    'https://www.news.example/\u202ex',
    'https://www。evil。example/',
    'https://wwẉ.news.example/x',
    'https://',
    `https://www.news.example/${'x'.repeat(2048)}`,
    `${SETTINGS.SHORT_URL}/mheng`,
    `${SETTINGS.SITE_URL}/mheng`,
    `${SETTINGS.SITE_URL}/mheng.`,
    `${SETTINGS.SHORT_URL}/%6Dheng`,
  ]

  it('L-11, L-12: a destination outside our hosts returns 422, in single and bulk requests, and creates no code', async () => {
    for (const [index, url] of INVALID_DESTINATIONS.entries()) {
      const code = `evil-${index}`
      const { status, link } = await putLink(code, { url })
      expect([status, link.errors?.map(({ pointer }) => pointer)], url).toEqual([422, ['/url']])
      expect((await readLink(code)).status).toBe(404)
    }
    const { results } = await sendLines(
      INVALID_DESTINATIONS.map((url, index) => ({ code: `evil-${index}`, url })),
    )
    expect(results.map(({ status }) => status)).toEqual(INVALID_DESTINATIONS.map(() => 422))
    expect((await readLink('evil-0')).status).toBe(404)
  })

  it('L-11: no part of a request changes the destination of a link', async () => {
    await putLink('fast', { url: MAP })
    await waitForResponse('fast', [302, MAP])
    for (const [path, ...headers] of [
      ['/fast?url=//evil.example'],
      ['/fast?to=https://evil.example/'],
      ['/fast', 'X-Forwarded-Host', 'evil.example'],
      ['/fast', 'Host', 'evil.example'],
      ['/fast', 'X-Original-URL', '/story'],
    ] as const) {
      const [name, value] = headers
      const lines = name !== undefined && value !== undefined ? [[name, value] as const] : []
      const response = await exchange(newsroom.url, { path, headers: lines })
      expect([response.status, response.header('Location')], path).toEqual([302, MAP])
    }
  })

  it('L-12, L-01: every accepted destination is ASCII and on one of our hosts', async () => {
    const hosts = ['news.example', 'www.news.example', 'evil.example', '127.0.0.1', 'نص.example']
    const address = fc
      .tuple(
        fc.constantFrom('https://', 'http://', 'HTTPS://', '//', 'javascript:', 'https:'),
        fc.constantFrom('', 'a@', 'a:b@'),
        fc.constantFrom(...hosts),
        fc.constantFrom('', ':443', ':8080', '.'),
        fc.string({ unit: 'binary', maxLength: 12 }),
      )
      .map(([scheme, user, host, port, rest]) => `${scheme}${user}${host}${port}/a/${rest}`)
    await fc.assert(
      fc.asyncProperty(fc.array(address, { minLength: 200, maxLength: 200 }), async (urls) => {
        const { status, results } = await sendLines(
          urls.map((url, index) => ({ code: `p${index}`, url })),
          '?check=true',
        )
        expect(status).toBe(200)
        for (const { receipt, problem } of results) {
          expect(receipt === undefined ? problem?.status : 200).toBeOneOf([200, 422])
          if (!receipt) continue
          expect(receipt.url).toMatch(/^[\x21-\x7e]+$/)
          const { protocol, host, username } = new URL(receipt.url)
          expect(['https:', 'http:']).toContain(protocol)
          expect(['news.example', 'www.news.example']).toContain(host)
          expect(username).toBe('')
        }
      }),
      { numRuns: runs(10) },
    )
  })

  it('L-20: reserved names, rude words and invalid codes return 422', async () => {
    for (const code of ['api', 'HUB', 'feed', 'articles', 'Robots', 'shit', 'x-SHIT']) {
      const { status, link } = await putLink(code, { url: MAP })
      expect([status, link.errors?.map(({ pointer }) => pointer)], code).toEqual([422, ['/code']])
    }
    for (const code of ['a%20b', 'x'.repeat(65), '%D8%AE', 'a.b', '%00']) {
      expect((await putLink(code, { url: MAP })).status, code).toBe(422)
      expect((await readLink(code)).status, code).toBe(404)
      expect((await removeLink(code)).status, code).toBe(404)
    }
  })

  it('U-08, U-10, U-11: another media type returns 415, a body that is not a JSON object 400, and each fault has a pointer', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'text/markdown', ''])
      expect((await putLink('typed', { url: MAP }, { 'Content-Type': type })).status, type).toBe(
        415,
      )
    for (const body of ['{', '[]', '"x"', 'null', '{"url":"x","url":"y"}'])
      expect((await putLink('typed', body)).status, body).toBe(400)
    for (const [body, ...pointers] of [
      [{}, '/url'],
      [{ url: MAP, article: 'here' }, '/url'],
      [{ uri: MAP }, '/uri', '/url'],
      [{ url: MAP, title: '' }, '/title'],
      [{ url: MAP, title: 'x'.repeat(301) }, '/title'],
      [{ url: MAP, title: 'x\u0000' }, '/title'],
      [{ url: MAP, expires: 'tomorrow' }, '/expires'],
      [{ article: 'here', expires: '2099-01-01' }, '/expires'],
      [{ article: 'No Id' }, '/article'],
      [{ url: MAP, republish: 'yes' }, '/republish'],
      [{ url: MAP, created: '2014-01-01' }, '/created'],
      [{ url: 7 }, '/url'],
    ] as const) {
      const { status, link } = await putLink('typed', body)
      expect(status, JSON.stringify(body)).toBe(422)
      const found = link.errors?.map(({ pointer }) => pointer) ?? []
      expect(pointers as readonly string[], JSON.stringify(found)).toEqual(
        expect.arrayContaining(found),
      )
    }
    expect((await readLink('typed')).status).toBe(404)
  })

  it('X-20: a request without the token reads and changes nothing', async () => {
    for (const [path, method] of [
      ['/api/links/map', 'GET'],
      ['/api/links/map', 'PUT'],
      ['/api/links/map', 'DELETE'],
      ['/api/links', 'GET'],
      ['/api/links', 'POST'],
      ['/api/misses', 'GET'],
    ] as const)
      expect((await newsroom.get(path, { method })).status, `${method} ${path}`).toBe(401)
  })
})

describe('a bulk request for links', () => {
  it('U-28: each line gets its own result, and check=true changes nothing', async () => {
    const lines = [
      { code: 'AbC', url: MAP, title: 'Upper', created: '2014-03-01T09:00:00+05:00' },
      '{"code": "broken", ',
      { code: 'here', url: MAP },
      { code: 'here', url: `${SETTINGS.SITE_URL}/articles/here` },
      '',
      { code: 'abc', url: PLAN },
      { code: 'api', url: MAP },
      { code: 'shit', url: MAP },
      { code: 'map', url: PLAN },
      { code: 'old-1', article: 'here' },
      { url: MAP },
      { code: 'x', url: MAP, colour: 'red' },
    ]
    const expected = [
      [1, 'AbC', 201],
      [2, undefined, 400],
      [3, 'here', 409],
      [4, 'here', 200],
      [6, 'abc', 201],
      [7, 'api', 422],
      [8, 'shit', 201],
      [9, 'map', 409],
      [10, 'old-1', 201],
      [11, undefined, 422],
      [12, 'x', 422],
    ]
    const summariseLines = (results: Line[]) =>
      results.map(({ line, code, status }) => [line, code, status])
    const checked = await sendLines(lines, '?check=true')
    expect(summariseLines(checked.results)).toEqual(expected)
    expect(checked).toMatchObject({ status: 200, accepted: 5, refused: 6 })
    for (const code of ['AbC', 'abc', 'shit', 'old-1'])
      expect((await readLink(code)).status, code).toBe(404)
    const imported = await sendLines(lines)
    expect(summariseLines(imported.results)).toEqual(expected)
    expect(imported.results[0]?.receipt).toMatchObject({
      created: '2014-03-01T04:00:00Z',
      folds: true,
    })
    expect(imported.results[4]?.receipt).toMatchObject({ folds: false, alike: ['AbC'] })
    expect(imported.results[2]?.problem?.detail).toBe(
      'Cannot import "here": it is a code of the article "here", and stays with the article',
    )
    const again = await sendLines(lines)
    expect(again.results.map(({ status }) => status)).toEqual(
      expected.map(([, , status]) => (status === 201 ? 200 : status)),
    )
    expect(again.results.every(({ receipt }) => receipt?.changed !== true)).toBe(true)
  })

  it('L-15: an exact match takes precedence; otherwise case is ignored if only one code matches', async () => {
    await sendLines([
      { code: 'KaPPa', url: MAP },
      { code: 'Twin', url: MAP },
      { code: 'tWin', url: PLAN },
    ])
    await waitForResponse('kappa', [302, MAP])
    await waitForResponse('Twin', [302, MAP])
    await waitForResponse('tWin', [302, PLAN])
    expect(await requestLink('twin')).toEqual([404, undefined])
    expect((await readLink('kappa')).status, 'the API requires the exact case').toBe(404)
    expect((await readLink('Twin')).link).toMatchObject({ folds: false, alike: ['tWin'] })
  })

  it('L-19: a removed code cannot be imported again', async () => {
    await putLink('lost', { url: MAP })
    await removeLink('lost')
    const { results } = await sendLines([{ code: 'lost', url: MAP }])
    expect(results[0]).toMatchObject({ status: 409, code: 'lost' })
  })
})

describe('lists of codes', () => {
  it('U-37: every code of articles and pages is listed once, and pages of the list are linked', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({
      code: `many-${String(index).padStart(4, '0')}`,
      url: `${MAP}/${index}`,
    }))
    expect(await sendLines(many)).toMatchObject({ accepted: 1000, refused: 0 })
    const codes: string[] = []
    let pages = 0
    for (let next: string | undefined = '/api/links'; next !== undefined; pages += 1) {
      const response: Response = await newsroom.api(next)
      const page = (await response.json()) as { links: Link[]; next?: string }
      expect(page.links.length).toBeLessThanOrEqual(1000)
      codes.push(...page.links.map(({ code }) => code))
      next = page.next
      expect(response.headers.get('Link')).toBe(next === undefined ? null : `<${next}>; rel="next"`)
    }
    expect(pages).toBe(2)
    expect(codes).toEqual([...new Set(codes)].sort())
    expect(codes).toEqual(expect.arrayContaining(['alias', 'story', 'hidden', 'map', 'many-0999']))
  })

  it('L-28: unknown codes are listed with a count and a day, and without anything about readers', async () => {
    for (const code of ['mhenq', 'Typo7']) expect(await requestLink(code)).toEqual([404, undefined])
    const listUnknownCodes = async (query = '') =>
      (await (await newsroom.api(`/api/misses${query}`)).json()) as {
        misses: { code: string; asked: number; last: string }[]
      }
    const found = (await listUnknownCodes()).misses
    const today = new Date().toISOString().slice(0, 10)
    for (const code of ['mhenq', 'typo7'])
      expect(found.find((miss) => miss.code === code)).toEqual({ code, asked: 1, last: today })
    expect((await listUnknownCodes('?limit=1')).misses).toHaveLength(1)
    for (const limit of ['0', '1001', '-1', 'x', '1.5', ''])
      expect((await newsroom.api(`/api/misses?limit=${limit}`)).status, limit).toBe(400)
    await putLink('mhenq', { url: MAP })
    expect((await listUnknownCodes()).misses.map(({ code }) => code)).not.toContain('mhenq')
  })
})
