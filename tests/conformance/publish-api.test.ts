/**
 * The publish API: credentials (RFC 6750), problems (RFC 9457) and preconditions (RFC 9110 section
 * 13). A refused request changes nothing (rules U).
 */
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EMBARGOED, openCorpus, PUBLIC, WITHDRAWN } from '../support/corpus.ts'
import { type Exchange, exchange, type RequestOptions } from '../support/exchange.ts'
import { manuscript, type Newsroom, SETTINGS, TOKEN } from '../support/newsroom.ts'

type HeaderLine = readonly [name: string, value: string]
type Problem = {
  type: string
  title: string
  status: number
  detail: string
  errors?: { detail: string; pointer: string }[]
}

const AUTHORIZED: HeaderLine = ['Authorization', `Bearer ${TOKEN}`]
const JSON_TYPE: HeaderLine = ['Content-Type', 'application/json']
const EXISTING = '/api/articles/markup'

let newsroom: Newsroom

beforeAll(async () => {
  newsroom = await openCorpus()
})
afterAll(async () => await newsroom.close())

/** Sends a request with the token, unless its headers have other credentials. */
const callApi = (
  method: string,
  path: string,
  more: Omit<RequestOptions, 'path' | 'method'> = {},
) => {
  const headers = more.headers ?? []
  const hasToken = headers.some(([name]) => name === 'Authorization')
  return exchange(newsroom.url, {
    ...more,
    method,
    path,
    headers: hasToken ? headers : [AUTHORIZED, ...headers],
  })
}
const put = (id: string, body: unknown, ...headers: HeaderLine[]) =>
  callApi('PUT', `/api/articles/${id}`, {
    headers: [JSON_TYPE, ...headers],
    body: JSON.stringify(body),
  })
const remove = (id: string, ...headers: HeaderLine[]) =>
  callApi('DELETE', `/api/articles/${id}`, { headers })

function getProblem(response: Exchange): Problem {
  expect(response.header('Content-Type')).toBe('application/problem+json')
  return JSON.parse(response.text)
}

/**
 * Returns everything that a refused request could change: the list, articles, documents and the
 * outbox.
 */
async function readState(): Promise<string[]> {
  const responses = await Promise.all([
    callApi('GET', '/api/articles'),
    callApi('GET', EXISTING),
    callApi('GET', `/api/articles/${WITHDRAWN.id}`),
    callApi('GET', '/api/articles/refused'),
    ...['/rss.xml', '/atom.xml', '/feed.json', '/tags/space/rss.xml', '/articles/markup'].map(
      (path) => callApi('GET', path),
    ),
  ])
  // The first request for a document enqueues it for KV.
  await newsroom.waitForOutbox()
  responses.push(await callApi('GET', '/api/outbox'))
  return responses.map(({ status, text }) => `${status} ${text}`)
}

/** Sends a request, and expects a problem with this status and no change. */
async function expectProblem(status: number, request: () => Promise<Exchange>): Promise<Problem> {
  await newsroom.waitForOutbox()
  const before = await readState()
  const response = await request()
  expect(response.status, response.text).toBe(status)
  const problem = getProblem(response)
  expect(problem.status).toBe(status)
  await newsroom.waitForOutbox()
  expect(await readState()).toEqual(before)
  return problem
}

describe('credentials', () => {
  it('U-01: a request without credentials returns 401 with a Bearer challenge, and changes nothing', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD', 'POST']) {
      const response = await exchange(newsroom.url, { method, path: EXISTING })
      expect(response.status, method).toBe(401)
      // The scheme must be followed by one or more parameters (RFC 6750 section 3).
      expect(response.header('WWW-Authenticate')).toMatch(/^Bearer [a-z]+="[^"]*"/)
      expect(response.header('WWW-Authenticate')).not.toContain('error=')
    }
    await expectProblem(401, () =>
      exchange(newsroom.url, {
        method: 'PUT',
        path: EXISTING,
        headers: [JSON_TYPE],
        body: JSON.stringify(manuscript()),
      }),
    )
  })

  it('U-02: a wrong token returns 401 with invalid_token, and changes nothing', async () => {
    for (const token of ['wrong', `${TOKEN}x`, TOKEN.slice(1), TOKEN.toUpperCase()]) {
      const response = await callApi('GET', EXISTING, {
        headers: [['Authorization', `Bearer ${token}`]],
      })
      expect(response.status).toBe(401)
      expect(response.header('WWW-Authenticate')).toContain('error="invalid_token"')
    }
    for (const method of ['PUT', 'DELETE']) {
      await expectProblem(401, () =>
        callApi(method, EXISTING, {
          headers: [['Authorization', 'Bearer wrong'], JSON_TYPE],
          body: JSON.stringify(manuscript()),
        }),
      )
    }
  })

  it('U-03: a token in the query, in a cookie or with another scheme is not accepted', async () => {
    for (const headers of [[], [['Cookie', `token=${TOKEN}; access_token=${TOKEN}`]]] as const) {
      const response = await exchange(newsroom.url, {
        path: `${EXISTING}?access_token=${TOKEN}&token=${TOKEN}`,
        headers,
      })
      expect(response.status).toBe(401)
    }
    for (const scheme of ['Basic', 'Token', '']) {
      const headers: HeaderLine[] = [['Authorization', `${scheme} ${TOKEN}`.trim()]]
      expect((await callApi('GET', EXISTING, { headers })).status, scheme).toBe(401)
    }
    const lower: HeaderLine[] = [['Authorization', `bearer ${TOKEN}`]]
    expect((await callApi('GET', EXISTING, { headers: lower })).status).toBe(200)
  })

  it('U-04: a 401 does not reveal whether an article exists', async () => {
    const responses = await Promise.all(
      [EXISTING, `/api/articles/${EMBARGOED.id}`, '/api/articles/nobody', '/api/nowhere'].map(
        (path) => callApi('GET', path, { headers: [['Authorization', 'Bearer wrong']] }),
      ),
    )
    expect(new Set(responses.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
  })
})

describe('problems', () => {
  const cases: [status: number, reason: string, request: () => Promise<Exchange>][] = [
    [
      400,
      'unparsable',
      () => callApi('PUT', EXISTING, { headers: [JSON_TYPE], body: '{"title":' }),
    ],
    [404, 'unknown-article', () => callApi('GET', '/api/articles/nobody')],
    [405, 'method-not-allowed', () => callApi('PATCH', EXISTING)],
    [409, 'code-taken', () => put('refused', manuscript({ code: 'AbC' }))],
    [412, 'precondition-failed', () => put('markup', manuscript(), ['If-Match', '"99"'])],
    [415, 'unsupported-type', () => callApi('PUT', EXISTING, { body: 'x' })],
    [422, 'invalid', () => put('refused', {})],
  ]

  it('U-06: every problem is problem+json with the status of the response', async () => {
    for (const [status, reason, request] of cases) {
      const response = await request()
      expect(response.status, reason).toBe(status)
      expect(getProblem(response)).toMatchObject({ status })
    }
  })

  it('U-07: type is the address of a page with the title of the problem, and detail describes the case', async () => {
    for (const [, reason, request] of cases) {
      const problem = getProblem(await request())
      expect(problem.type).toBe(`${SETTINGS.SITE_URL}/problems/${reason}`)
      expect(problem.detail).toMatch(/^Cannot .*[^.]$/)
      const page = await newsroom.get(problem.type)
      expect(page.status).toBe(200)
      expect(page.headers.get('Content-Type')).toBe('text/html; charset=utf-8')
      expect(await page.text()).toContain(problem.title)
    }
  })

  it('U-08: one 422 lists all faults, each with a JSON Pointer', async () => {
    const problem = await expectProblem(422, () =>
      put('refused', {
        titel: 'x',
        tags: ['fine', ''],
        image: { url: 'x' },
        authors: [{ name: 'A', email: 'nobody' }],
        body: 'Text.',
        'a/b~c': 1,
      }),
    )
    const pointers = problem.errors?.map(({ pointer }) => pointer)
    expect(pointers?.sort()).toEqual([
      '/authors/0/email',
      '/a~1b~0c',
      '/image/alt',
      '/image/url',
      '/tags/1',
      '/titel',
      '/title',
    ])
    expect(problem.errors?.find(({ pointer }) => pointer === '/titel')?.detail).toContain('"title"')
  })

  it('U-09: no problem contains a stack trace, a statement or a secret', async () => {
    for (const [, reason, request] of cases) {
      const { text } = await request()
      expect(text, reason).not.toContain(TOKEN)
      expect(text).not.toMatch(/SELECT|sqlite|\.ts|\.js|127\.0\.0\.1|\n\s+at /i)
    }
  })

  it('U-10: an unknown member returns 422, and a duplicate key returns 400', async () => {
    await expectProblem(422, () => put('refused', manuscript({ colour: 'red' })))
    await expectProblem(400, () =>
      callApi('PUT', '/api/articles/refused', {
        headers: [JSON_TYPE],
        body: '{"title":"one","title":"two","body":"Text."}',
      }),
    )
  })

  it('U-11: invalid JSON returns 400, another media type 415, a body that is too large 413, and nothing changes', async () => {
    const send = (type: string, body: string | Uint8Array) => () =>
      callApi('PUT', EXISTING, { headers: [['Content-Type', type]], body })
    await expectProblem(400, send('application/json', '{"title":'))
    await expectProblem(400, send('application/json', '[]'))
    await expectProblem(400, send('application/json', ''))
    await expectProblem(400, send('application/json', new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])))
    await expectProblem(400, send('text/markdown', '# No front matter'))
    await expectProblem(400, send('text/markdown', '---\ntitle: *alias\n---\nText.'))
    await expectProblem(400, send('application/json', `${'['.repeat(100)}${']'.repeat(100)}`))
    for (const type of ['text/plain', 'application/xml', 'application/json; charset=utf-16', 'x']) {
      await expectProblem(415, send(type, JSON.stringify(manuscript())))
    }
    await expectProblem(413, send('application/json', `{"title":"${'x'.repeat(3_000_000)}"}`))
  })

  it('U-11: a 415 lists the accepted media types, and a 405 the allowed methods', async () => {
    const response = await callApi('PUT', EXISTING, {
      headers: [['Content-Type', 'text/plain']],
      body: 'x',
    })
    expect(response.header('Accept')).toBe('application/json, text/markdown')
    const method = await callApi('PATCH', EXISTING)
    expect(method.header('Allow')?.split(', ')).toEqual(['GET', 'HEAD', 'PUT', 'DELETE'])
  })

  it('U-11: a compressed body returns 415 and asks for identity, at every address that reads a body', async () => {
    const body = gzipSync(JSON.stringify(manuscript()))
    const lines: HeaderLine = ['Content-Type', 'application/x-ndjson']
    for (const coding of ['gzip', 'br', 'deflate', 'x', 'gzip, identity', 'GZIP'])
      for (const [method, path, type] of [
        ['PUT', EXISTING, JSON_TYPE],
        ['PUT', EXISTING, ['Content-Type', 'text/markdown']],
        ['DELETE', EXISTING, JSON_TYPE],
        ['POST', '/api/articles', lines],
        ['PUT', '/api/links/coding', JSON_TYPE],
        ['DELETE', '/api/links/AbC', JSON_TYPE],
        ['POST', '/api/links', lines],
        ['POST', '/api/import?export=yMhU0hGzIZTAOgp4cTnT9Q&line=1', lines],
      ] as const) {
        const send = () =>
          callApi(method, path, { headers: [type, ['Content-Encoding', coding]], body })
        const problem = await expectProblem(415, send)
        expect(problem.type, `${method} ${path}`).toContain('/problems/unsupported-coding')
        expect((await send()).header('Accept-Encoding')).toBe('identity')
      }
    const plain = await callApi('PUT', EXISTING, {
      headers: [JSON_TYPE, ['Content-Encoding', 'Identity'], ['If-Match', '"99"']],
      body: JSON.stringify(manuscript()),
    })
    expect(plain.status).toBe(412)
  })

  it('U-27: a conflict returns 409 and changes nothing', async () => {
    await expectProblem(409, () => put('refused', manuscript({ code: 'AbC' })))
    await expectProblem(409, () =>
      put(
        'refused',
        manuscript({ canonical: PUBLIC.find(({ canonical }) => canonical)?.canonical }),
      ),
    )
    await expectProblem(409, () => put(WITHDRAWN.id, manuscript()))
    await expectProblem(409, () => put('markup', manuscript({ published: '2099-01-01T00:00:00Z' })))
  })

  it('U-32: a time without an offset and a time that does not exist return 422', async () => {
    for (const published of ['2026-01-15T09:00:00', '2026-02-30', 'yesterday', 1768467600, null]) {
      const problem = await expectProblem(422, () => put('refused', manuscript({ published })))
      expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(['/published'])
    }
    const response = await put('offset', manuscript({ published: '2026-01-15T09:00:00+05:00' }))
    expect(JSON.parse(response.text)).toMatchObject({ published: '2026-01-15T04:00:00Z' })
  })

  it('U-33: control and bidi-override characters return 422, and other text is stored as NFC', async () => {
    for (const title of ['a\u0000b', 'a\u202eb', 'a\u2066b', 'a\ufffeb', 'a\ud800b', 'a\u001bb']) {
      const problem = await expectProblem(422, () => put('refused', manuscript({ title })))
      expect(problem.errors?.[0]?.pointer).toBe('/title')
      expect(problem.errors?.[0]?.detail).toMatch(/U\+[0-9A-F]{4}/)
    }
    const response = await put('composed', manuscript({ title: 'Cafe\u0301 \u2067عربي\u2069' }))
    expect(JSON.parse(response.text)).toMatchObject({ title: 'Caf\u00e9 \u2067عربي\u2069' })
  })
})

describe('writing articles', () => {
  it('U-12: creating an article returns 201 with Location and ETag, and changing it returns 200', async () => {
    const created = await put('created', manuscript())
    expect([created.status, created.header('Location')]).toEqual([201, '/api/articles/created'])
    expect(created.header('ETag')).toBe('"1"')
    const changed = await put('created', manuscript({ title: 'Changed' }))
    expect([changed.status, changed.header('Location'), changed.header('ETag')]).toEqual([
      200,
      undefined,
      '"2"',
    ])
    const repeated = await put('created', manuscript({ title: 'Changed' }))
    expect([repeated.status, repeated.header('ETag')]).toEqual([200, '"2"'])
  })

  it('U-20: entity-tags are strong, and a stale If-Match returns 412 and changes nothing', async () => {
    const etag = (await callApi('GET', EXISTING)).header('ETag') ?? 'none'
    expect(etag).toMatch(/^"\d+"$/)
    await expectProblem(412, () => put('markup', manuscript(), ['If-Match', '"99"']))
    await expectProblem(412, () => remove('markup', ['If-Match', '"99"']))
    await expectProblem(412, () => put('refused', manuscript(), ['If-Match', '*']))
    expect((await put('created', manuscript(), ['If-Match', '"7", "2"'])).status).toBe(200)
    expect((await put('created', manuscript(), ['If-Match', '*'])).status).toBe(200)
  })

  it('U-21: If-Match uses strong comparison, and Cache-Control forbids transformation', async () => {
    const response = await callApi('GET', EXISTING)
    await expectProblem(412, () => remove('markup', ['If-Match', `W/${response.header('ETag')}`]))
    expect(response.header('Cache-Control')).toContain('no-transform')
  })

  it('U-23: If-None-Match: * only creates articles, and a current entity-tag returns 412, even in weak form', async () => {
    expect((await put('only-new', manuscript(), ['If-None-Match', '*'])).status).toBe(201)
    await expectProblem(412, () =>
      put('only-new', manuscript({ title: 'x' }), ['If-None-Match', '*']),
    )
    await expectProblem(412, () =>
      put('only-new', manuscript({ title: 'x' }), ['If-None-Match', '"1"']),
    )
    // If-None-Match uses weak comparison for every method (RFC 9110 section 13.1.2).
    await expectProblem(412, () =>
      put('only-new', manuscript({ title: 'x' }), ['If-None-Match', 'W/"1"']),
    )
    expect(
      (await put('only-new', manuscript({ title: 'x' }), ['If-None-Match', '"9"'])).status,
    ).toBe(200)
  })

  it('U-24: authorisation is checked before preconditions, and If-Match before If-None-Match', async () => {
    const response = await callApi('PUT', EXISTING, {
      headers: [['Authorization', 'Bearer wrong'], ['If-Match', '"99"'], JSON_TYPE],
      body: '{}',
    })
    expect(response.status).toBe(401)
    const problem = await expectProblem(412, () =>
      put('markup', manuscript(), ['If-None-Match', '*'], ['If-Match', '"99"']),
    )
    expect(problem.detail).toContain('revision')
  })

  it('U-25: of many concurrent writes with the same If-Match, exactly one succeeds', async () => {
    await put('raced', manuscript())
    const responses = await Promise.all(
      Array.from({ length: 8 }, (_, number) =>
        put('raced', manuscript({ title: `Racer ${number}` }), ['If-Match', '"1"']),
      ),
    )
    const statuses = responses.map(({ status }) => status).sort()
    expect(statuses).toEqual([200, ...Array.from({ length: 7 }, () => 412)])
    const winner = responses.find(({ status }) => status === 200)
    const now = await callApi('GET', '/api/articles/raced')
    expect(now.header('ETag')).toBe('"2"')
    expect(JSON.parse(now.text).title).toBe(JSON.parse(winner?.text ?? '{}').title)
  })

  it('U-27: a second withdrawal returns the same result and time, and an unknown article returns 404', async () => {
    const first = await callApi('GET', `/api/articles/${WITHDRAWN.id}`)
    const second = await remove(WITHDRAWN.id)
    expect(second.status).toBe(200)
    expect(second.header('ETag')).toBe(first.header('ETag'))
    expect(JSON.parse(second.text).withdrawn).toBe(JSON.parse(first.text).withdrawn)
    await expectProblem(404, () => remove('nobody'))
  })

  it('U-30: as soon as a write has succeeded, the API shows the new state', async () => {
    for (const title of ['First', 'Second', 'Third']) {
      const written = await put('read-back', manuscript({ title }))
      const read = await callApi('GET', '/api/articles/read-back')
      expect(read.header('ETag')).toBe(written.header('ETag'))
      expect(JSON.parse(read.text).title).toBe(title)
      expect((await callApi('GET', '/api/articles')).text).toContain(title)
    }
  })

  it('U-20: a read with the current entity-tag returns 304', async () => {
    const etag = (await callApi('GET', EXISTING)).header('ETag') ?? 'none'
    const response = await callApi('GET', EXISTING, { headers: [['If-None-Match', `W/${etag}`]] })
    expect([response.status, response.body.length, response.header('ETag')]).toEqual([304, 0, etag])
  })

  it('U-34: the response reports what cleaning removed', async () => {
    const html = '<p onclick="x()">Kept</p><script>alert(1)</script><a href="javascript:x">y</a>'
    const { title, section } = manuscript()
    const response = await put('cleaned', { title, section, html })
    expect(response.status).toBe(201)
    const removed: string[] = JSON.parse(response.text).removed
    expect(removed.join('\n')).toMatch(/onclick/)
    expect(removed.join('\n')).toMatch(/<script>/)
    expect(removed.join('\n')).toMatch(/javascript:/)
  })

  it('U-36: no response of the API may be cached or read across origins', async () => {
    for (const response of [
      await callApi('GET', '/api/articles', { headers: [['Origin', 'https://evil.example']] }),
      await callApi('GET', '/api/articles/nobody', {
        headers: [['Origin', 'https://evil.example']],
      }),
      await callApi('OPTIONS', EXISTING, { headers: [['Origin', 'https://evil.example']] }),
      await put('created', manuscript()),
      await exchange(newsroom.url, { path: EXISTING }),
    ]) {
      expect(response.header('Cache-Control')).toContain('no-store')
      expect(response.header('Access-Control-Allow-Origin')).toBeUndefined()
    }
  })

  it('U-11: a request can wait 1 to 30 seconds for the outbox, and other values of wait return 400', async () => {
    for (const wait of ['', '0', '31', '-1', '1.5', '1e1', ' 1', 'long'])
      await expectProblem(400, () => callApi('GET', `/api/outbox?wait=${encodeURIComponent(wait)}`))
    expect((await put('waited-for', manuscript())).status).toBe(201)
    const response = await callApi('GET', '/api/outbox?wait=30')
    expect([response.status, JSON.parse(response.text).owed]).toEqual([200, 0])
    const [now] = await Promise.all([
      callApi('GET', '/api/outbox'),
      callApi('GET', '/api/outbox?wait=1'),
    ])
    expect(Object.keys(JSON.parse(response.text))).toEqual(Object.keys(JSON.parse(now.text)))
  })

  it('U-37: the list is paged by a cursor, and a new article does not disturb it', async () => {
    const stories = Array.from({ length: 110 }, (_, number) => {
      const minute = String(number % 60).padStart(2, '0')
      const hour = String(Math.floor(number / 60)).padStart(2, '0')
      const published = `2026-01-01T${hour}:${minute}:00Z`
      return JSON.stringify({ id: `paged-${number}`, ...manuscript({ published }) })
    })
    const headers = { 'Content-Type': 'application/x-ndjson' }
    const body = stories.join('\n')
    const response = await newsroom.api('/api/articles', { method: 'POST', headers, body })
    expect(await response.json()).toMatchObject({ accepted: 110 })
    const getIds = (response: Exchange): string[] =>
      JSON.parse(response.text).articles.map(({ id }: { id: string }) => id)
    const first = await callApi('GET', '/api/articles')
    const next = /^<([^>]+)>; rel="next"$/.exec(first.header('Link') ?? '')?.[1] ?? 'none'
    expect(JSON.parse(first.text).next).toBe(next)
    await put('inserted', manuscript())
    const second = await callApi('GET', next)
    expect(second.header('Link')).toBeUndefined()
    const ids = [...getIds(first), ...getIds(second)]
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => id.startsWith('paged-'))).toHaveLength(110)
    expect(ids).not.toContain('inserted')
    await expectProblem(400, () => callApi('GET', '/api/articles?after=nonsense'))
  })
})
