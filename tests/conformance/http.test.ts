/**
 * HTTP: validators, conditional requests, caching, methods and headers (RFC 9110, RFC 9111; rules
 * H). Requests go through `node:http`, which sends and returns every header line unchanged.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHANNELS, listDocumentPaths, openFaultyCorpus } from '../support/corpus.ts'
import { type Exchange, exchange } from '../support/exchange.ts'
import { type FaultyNewsroom, manuscript, SETTINGS } from '../support/newsroom.ts'
import { until } from '../support/until.ts'

type HeaderLine = readonly [name: string, value: string]

const FEEDS = ['/rss.xml', '/atom.xml', '/feed.json', '/tags/c%2B%2B/rss.xml']
/** Addresses whose responses have validators. */
const DOCUMENTS = [...FEEDS, '/', '/tags/space', '/articles/arabic', '/articles/arabic.json']
const UNKNOWN_PATHS = ['/sections/nobody/rss.xml', '/articles/nobody', '/nobody9', '/no/such/place']
const REDIRECTING_PATHS = ['/AbC', '/articles/elsewhere', '/tags/SPACE/rss.xml']
const YEAR_2000 = 'Sat, 01 Jan 2000 00:00:00 GMT'

let newsroom: FaultyNewsroom

beforeAll(async () => {
  newsroom = await openFaultyCorpus()
})
afterAll(async () => await newsroom.close())

const request = (method: string, path: string, ...headers: HeaderLine[]) =>
  exchange(newsroom.url, { method, path, headers })
const get = (path: string, ...headers: HeaderLine[]) => request('GET', path, ...headers)

/** Returns the current validators of a document. */
async function readValidators(path: string): Promise<{ etag: string; modified: string }> {
  const response = await get(path)
  expect(response.status, path).toBe(200)
  return {
    etag: response.header('ETag') ?? 'none',
    modified: response.header('Last-Modified') ?? 'none',
  }
}

const listLinesExcept = (response: Exchange, ...names: string[]): string[] =>
  response.lines
    .filter(([name]) => !['date', 'connection', ...names].includes(name))
    .map(([name, value]) => `${name}: ${value}`)
    .sort()

const removeWeakPrefix = (etag: string): string => etag.replace(/^W\//, '')
const shiftDate = (date: string, seconds: number): string =>
  new Date(Date.parse(date) + seconds * 1000).toUTCString()

describe('validators', () => {
  it('H-01, H-19: every document has one weak entity-tag in quotes', async () => {
    for (const path of DOCUMENTS) {
      expect((await readValidators(path)).etag, path).toMatch(/^W\/"[\x21\x23-\x5b\x5d-\x7e]+"$/)
    }
  })

  it('H-02: Last-Modified is an IMF-fixdate that is not in the future', async () => {
    for (const path of DOCUMENTS) {
      const { modified } = await readValidators(path)
      expect(new Date(modified).toUTCString()).toBe(modified)
      expect(Date.parse(modified)).toBeLessThanOrEqual(Date.now())
    }
  })

  it('H-03: Last-Modified increases whenever the entity-tag changes', async () => {
    const path = '/sections/rising/rss.xml'
    const seen: { etag: string; modified: string }[] = []
    for (const round of ['one', 'two', 'three', 'four']) {
      await newsroom.publish('rising', manuscript({ section: 'rising', title: round }))
      await until('the edit is published', async () =>
        (await get(path)).text.includes(`<title>${round}<`),
      )
      seen.push(await readValidators(path))
    }
    expect(new Set(seen.map(({ etag }) => etag)).size).toBe(4)
    const times = seen.map(({ modified }) => Date.parse(modified))
    for (const [index, time] of times.slice(1).entries()) {
      expect(time).toBeGreaterThan(times[index] ?? Number.POSITIVE_INFINITY)
    }
  })

  it('H-20: documents of different formats or channels have different entity-tags', async () => {
    const paths = CHANNELS.flatMap((channel) => Object.values(listDocumentPaths(channel)))
    const tags = await Promise.all(paths.map(async (path) => (await readValidators(path)).etag))
    expect(new Set(tags).size).toBe(paths.length)
  })

  it('H-21: an unchanged entity-tag means unchanged bytes, even after a restart', async () => {
    for (const path of FEEDS) expect((await get(path)).body).toEqual((await get(path)).body)
    const before = await Promise.all(DOCUMENTS.map((path) => get(path)))
    await newsroom.restart()
    for (const [index, path] of DOCUMENTS.entries()) {
      const after = await get(path)
      expect(after.header('ETag'), path).toBe(before[index]?.header('ETag'))
      expect(after.header('Last-Modified'), path).toBe(before[index]?.header('Last-Modified'))
      expect(after.body, path).toEqual(before[index]?.body)
    }
  })

  it('H-22: once a newer document was served, the older one is never served again', async () => {
    const { etag: old } = await readValidators('/sections/pakistan/rss.xml')
    const response = await newsroom.publish('newer', manuscript({ code: 'newer' }))
    expect(response.status).toBe(201)
    const seen: string[] = []
    await until('the newer document is served', async () => {
      seen.push((await readValidators('/sections/pakistan/rss.xml')).etag)
      return seen.at(-1) !== old
    })
    for (let more = 0; more < 20; more += 1) {
      seen.push((await readValidators('/sections/pakistan/rss.xml')).etag)
    }
    const first = seen.findIndex((etag) => etag !== old)
    expect(new Set(seen.slice(first)).size).toBe(1)
  })
})

describe('conditional requests', () => {
  it('H-04: If-None-Match with the current entity-tag always returns 304', async () => {
    for (const path of DOCUMENTS) {
      const { etag } = await readValidators(path)
      for (const _ of [1, 2, 3]) {
        expect((await get(path, ['If-None-Match', etag])).status, path).toBe(304)
      }
    }
  })

  it('H-05: If-None-Match uses weak comparison', async () => {
    const { etag } = await readValidators('/rss.xml')
    expect((await get('/rss.xml', ['If-None-Match', removeWeakPrefix(etag)])).status).toBe(304)
    expect((await get('/rss.xml', ['If-None-Match', `W/${removeWeakPrefix(etag)}`])).status).toBe(
      304,
    )
  })

  it('H-06: If-None-Match matches if any tag in its list matches, in one line or several, even if a tag contains a comma', async () => {
    const { etag } = await readValidators('/atom.xml')
    expect((await get('/atom.xml', ['If-None-Match', `"a", ${etag} ,"b"`])).status).toBe(304)
    expect((await get('/atom.xml', ['If-None-Match', `"a,b",,${etag}`])).status).toBe(304)
    const lines = await get(
      '/atom.xml',
      ['If-None-Match', '"a"'],
      ['If-None-Match', etag],
      ['If-None-Match', 'W/"b"'],
    )
    expect(lines.status).toBe(304)
    const none = await get('/atom.xml', ['If-None-Match', '"a"'], ['If-None-Match', 'W/"b"'])
    expect(none.status).toBe(200)
  })

  it('H-07: If-None-Match: * returns 304 if the document exists', async () => {
    for (const path of DOCUMENTS) {
      expect((await get(path, ['If-None-Match', '*'])).status, path).toBe(304)
    }
  })

  it('H-08: If-None-Match takes precedence over If-Modified-Since, even if its tag is empty', async () => {
    const { etag, modified } = await readValidators('/rss.xml')
    const later = shiftDate(modified, 3600)
    for (const tag of ['"other"', '""']) {
      const response = await get('/rss.xml', ['If-None-Match', tag], ['If-Modified-Since', later])
      expect(response.status, tag).toBe(200)
      expect(response.body.length).toBeGreaterThan(0)
    }
    const matching = await get(
      '/rss.xml',
      ['If-None-Match', etag],
      ['If-Modified-Since', YEAR_2000],
    )
    expect(matching.status).toBe(304)
  })

  it('H-09: If-Modified-Since alone returns 304 for an equal or later date, and 200 for an earlier one', async () => {
    for (const path of FEEDS) {
      const { modified } = await readValidators(path)
      const status = async (date: string) => (await get(path, ['If-Modified-Since', date])).status
      expect(await status(modified)).toBe(304)
      expect(await status(shiftDate(modified, 1))).toBe(304)
      expect(await status(shiftDate(modified, -1))).toBe(200)
    }
  })

  it('H-10: If-Modified-Since is ignored if it is invalid, repeated, or sent with an unsafe method', async () => {
    const { modified } = await readValidators('/rss.xml')
    for (const date of ['yesterday', '0', '', '2099-01-01T00:00:00Z', `${modified}, ${modified}`]) {
      expect((await get('/rss.xml', ['If-Modified-Since', date])).status, date).toBe(200)
    }
    const twice = await get(
      '/rss.xml',
      ['If-Modified-Since', modified],
      ['If-Modified-Since', modified],
    )
    expect(twice.status).toBe(200)
    expect((await request('POST', '/rss.xml', ['If-Modified-Since', modified])).status).toBe(405)
  })

  it('H-11: obsolete date formats are accepted, but never sent', async () => {
    const { modified } = await readValidators('/rss.xml')
    const date = new Date(modified)
    const [, day = '', month = '', year = '', time = ''] =
      /^\w+, (\d+) (\w+) (\d+) (\S+) GMT$/.exec(modified) ?? []
    const weekday = date.toLocaleDateString('en-GB', { weekday: 'long', timeZone: 'UTC' })
    const rfc850 = `${weekday}, ${day}-${month}-${year.slice(2)} ${time} GMT`
    const asctime = `${weekday.slice(0, 3)} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`
    for (const form of [rfc850, asctime]) {
      const response = await get('/rss.xml', ['If-Modified-Since', form])
      expect(response.status, form).toBe(304)
      expect(response.header('Last-Modified')).toBe(modified)
    }
    const old = await get('/rss.xml', ['If-Modified-Since', 'Sat Jan  1 00:00:00 2000'])
    expect(old.status).toBe(200)
  })

  it('H-12: preconditions do not change the status of 404, 410 and redirects', async () => {
    for (const path of UNKNOWN_PATHS) {
      expect((await get(path, ['If-None-Match', '*'])).status, path).toBe(404)
      expect((await get(path, ['If-Match', '"x"'])).status, path).toBe(404)
    }
    for (const path of ['/articles/withdrawn', '/articles/withdrawn.json', '/oops22']) {
      expect((await get(path, ['If-None-Match', '*'])).status, path).toBe(410)
    }
    for (const path of REDIRECTING_PATHS) {
      const plain = await get(path)
      expect([301, 302]).toContain(plain.status)
      expect((await get(path, ['If-None-Match', '*'])).status, path).toBe(plain.status)
    }
  })

  it('H-13: an unquoted or truncated entity-tag does not match, and causes no error', async () => {
    const { etag } = await readValidators('/rss.xml')
    const unquoted = removeWeakPrefix(etag).replaceAll('"', '')
    for (const tag of [
      unquoted,
      `"${unquoted}`,
      `${unquoted}"`,
      'W/',
      'x',
      `"${unquoted.slice(0, 5)}"`,
      ',,',
    ]) {
      expect((await get('/rss.xml', ['If-None-Match', tag])).status, tag).toBe(200)
    }
  })

  it('H-14: a 304 has no body', async () => {
    for (const path of DOCUMENTS) {
      const response = await get(path, ['If-None-Match', '*'])
      expect(response.status).toBe(304)
      expect(response.body).toHaveLength(0)
      expect(response.header('Transfer-Encoding')).toBeUndefined()
    }
  })

  it('H-15, H-16, H-17: a 304 has the headers of the 200 except those that describe the body', async () => {
    for (const path of DOCUMENTS) {
      const full = await get(path)
      const response = await get(path, ['If-None-Match', full.header('ETag') ?? ''])
      expect(response.status).toBe(304)
      const ofBody = ['content-type', 'content-length', 'content-encoding', 'content-language']
      expect(listLinesExcept(response), path).toEqual(listLinesExcept(full, ...ofBody))
      expect(response.header('Cache-Control')).toMatch(/^public, max-age=\d+$/)
      expect(response.header('ETag')).toBe(full.header('ETag'))
    }
  })

  it('H-05: If-Match uses strong comparison, so * is the only value that matches a feed', async () => {
    const { etag, modified } = await readValidators('/rss.xml')
    expect((await get('/rss.xml', ['If-Match', etag])).status).toBe(412)
    expect((await get('/rss.xml', ['If-Match', '*'])).status).toBe(200)
    expect((await get('/rss.xml', ['If-Unmodified-Since', modified])).status).toBe(200)
    expect((await get('/rss.xml', ['If-Unmodified-Since', YEAR_2000])).status).toBe(412)
  })
})

describe('freshness', () => {
  it('H-23: every response has Cache-Control', async () => {
    const paths = [
      ...DOCUMENTS,
      ...UNKNOWN_PATHS,
      ...REDIRECTING_PATHS,
      '/oops22',
      '/healthz',
      '/api/articles',
    ]
    for (const path of [...paths, '/articles/withdrawn', '/problems/gone', '/media/nobody.png']) {
      expect((await get(path)).header('Cache-Control'), path).toMatch(/max-age=\d+|no-store/)
    }
    for (const method of ['POST', 'OPTIONS', 'HEAD']) {
      const response = await request(method, '/rss.xml')
      expect(response.header('Cache-Control'), method).toMatch(/max-age=\d+|no-store/)
    }
  })

  it('H-24: max-age of a feed is at most 300 seconds', async () => {
    for (const path of FEEDS) {
      const age = /max-age=(\d+)/.exec((await get(path)).header('Cache-Control') ?? '')?.[1]
      expect(Number(age)).toBeGreaterThan(0)
      expect(Number(age)).toBeLessThanOrEqual(300)
    }
  })

  it('H-25, H-27: directives of Cache-Control do not contradict each other, and there is no Expires', async () => {
    for (const path of DOCUMENTS) {
      const response = await get(path)
      expect(response.header('Cache-Control')).not.toMatch(/s-maxage|revalidate|immutable/)
      expect(response.header('Expires')).toBeUndefined()
    }
  })

  it('H-31: no response sets a cookie', async () => {
    for (const path of [...DOCUMENTS, ...UNKNOWN_PATHS, ...REDIRECTING_PATHS, '/api/articles']) {
      expect((await get(path)).header('Set-Cookie'), path).toBeUndefined()
    }
  })

  it('H-32: Vary names exactly the headers that select the response, and is the same on 200 and 304', async () => {
    for (const path of DOCUMENTS) {
      const full = await get(path)
      const notModified = await get(path, ['If-None-Match', '*'])
      expect(notModified.header('Vary')).toBe(full.header('Vary'))
    }
    // In a browser window the same bytes have another media type (rule H-56), so feeds vary on
    // Sec-Fetch-Dest.
    for (const path of DOCUMENTS) {
      const selects = FEEDS.includes(path) ? 'Sec-Fetch-Dest, Accept-Encoding' : 'Accept-Encoding'
      expect((await get(path)).header('Vary'), path).toBe(selects)
    }
    for (const path of [...UNKNOWN_PATHS, ...REDIRECTING_PATHS, '/oops22']) {
      expect((await get(path)).header('Vary') ?? 'Accept', path).toBe('Accept')
    }
    expect((await get('/nobody9')).header('Vary')).toBe('Accept')
  })

  it('H-33: an unknown query parameter changes nothing', async () => {
    for (const path of ['/rss.xml', '/articles/arabic', '/AbC']) {
      const plain = await get(path)
      const response = await get(`${path}?utm_source=x&t=123&url=//evil.example`)
      expect(response.status).toBe(plain.status)
      expect(listLinesExcept(response)).toEqual(listLinesExcept(plain))
      expect(response.body).toEqual(plain.body)
    }
  })
})

describe('methods', () => {
  it('H-40, H-41: HEAD returns the status and headers of GET without a body', async () => {
    for (const path of [
      ...DOCUMENTS,
      ...UNKNOWN_PATHS,
      ...REDIRECTING_PATHS,
      '/oops22',
      '/articles/withdrawn',
    ]) {
      const full = await get(path)
      const head = await request('HEAD', path)
      expect(head.status, path).toBe(full.status)
      expect(head.body).toHaveLength(0)
      expect(listLinesExcept(head, 'content-length'), path).toEqual(
        listLinesExcept(full, 'content-length'),
      )
      // Content-Length must be absent or equal that of GET, never 0 for the missing body (RFC 9110
      // section 8.6).
      const length = head.header('Content-Length') ?? full.header('Content-Length')
      expect(length, path).toBe(full.header('Content-Length'))
    }
  })

  it('H-42: HEAD with a matching If-None-Match returns 304', async () => {
    for (const path of DOCUMENTS) {
      const { etag } = await readValidators(path)
      const response = await request('HEAD', path, ['If-None-Match', etag])
      expect([response.status, response.header('ETag')]).toEqual([304, etag])
    }
  })

  it('H-43: other methods return 405 with Allow, and change nothing', async () => {
    const before = await get('/rss.xml')
    for (const path of ['/rss.xml', '/AbC', '/', '/articles/arabic', '/no/such/place']) {
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND']) {
        const response = await request(method, path)
        expect(response.status, `${method} ${path}`).toBe(405)
        expect(response.header('Allow')).toBe('GET, HEAD, OPTIONS')
      }
    }
    expect((await get('/rss.xml')).body).toEqual(before.body)
  })

  it('H-44: OPTIONS returns 204 with Allow and without a body', async () => {
    for (const path of ['/rss.xml', '/', '/AbC', '/articles/arabic.json']) {
      const response = await request('OPTIONS', path)
      expect([response.status, response.header('Allow'), response.body.length]).toEqual([
        204,
        'GET, HEAD, OPTIONS',
        0,
      ])
    }
  })

  it('H-45, H-46, H-48: Range is ignored, and the full document is served', async () => {
    const full = await get('/rss.xml')
    const etag = full.header('ETag') ?? ''
    for (const range of ['bytes=0-9', 'bytes=-5', 'bytes=99999999-', 'lines=1-2', 'nonsense']) {
      for (const more of [[], [['If-Range', etag] as const]]) {
        const response = await get('/rss.xml', ['Range', range], ...more)
        expect(response.status, range).toBe(200)
        expect(response.body).toEqual(full.body)
        expect(response.header('Content-Range')).toBeUndefined()
      }
    }
  })
})

describe('headers', () => {
  it('H-64: Link names self and the alternates in ASCII, with addresses in brackets and parameters in quotes', async () => {
    const arabic = `/sections/${encodeURIComponent('الإمارات')}`
    for (const folder of ['', arabic]) {
      const { rss, atom, json } = listDocumentPaths(folder)
      const link = (await get(rss)).header('Link') ?? ''
      expect(link).toMatch(/^[\x20-\x7e]+$/)
      expect(link.split(', ')).toEqual([
        `<${SETTINGS.SITE_URL}${rss}>; rel="self"`,
        `<${SETTINGS.SITE_URL}${atom}>; rel="alternate"; type="application/atom+xml"`,
        `<${SETTINGS.SITE_URL}${json}>; rel="alternate"; type="application/feed+json"`,
        `<${SETTINGS.SITE_URL}${folder || '/'}>; rel="alternate"; type="text/html"`,
      ])
    }
  })

  it('H-65: feeds can be read across origins, without credentials, and so can a 304 or 404', async () => {
    for (const response of [
      await get('/rss.xml', ['Origin', 'https://reader.example']),
      await get('/feed.json', ['If-None-Match', '*'], ['Origin', 'https://reader.example']),
      await get('/sections/nobody/rss.xml', ['Origin', 'https://reader.example']),
    ]) {
      expect(response.header('Access-Control-Allow-Origin')).toBe('*')
      expect(response.header('Access-Control-Allow-Credentials')).toBeUndefined()
      const exposed = response.header('Access-Control-Expose-Headers')?.split(', ')
      expect(exposed).toEqual(expect.arrayContaining(['ETag', 'Link']))
    }
  })

  it('H-66: a preflight request for if-none-match and a-im is allowed', async () => {
    const response = await request(
      'OPTIONS',
      '/feed.json',
      ['Origin', 'https://reader.example'],
      ['Access-Control-Request-Method', 'GET'],
      ['Access-Control-Request-Headers', 'if-none-match, a-im'],
    )
    expect(response.status).toBe(204)
    const allowed = response.header('Access-Control-Allow-Headers')?.toLowerCase().split(', ')
    expect(allowed).toEqual(expect.arrayContaining(['if-none-match', 'a-im']))
    expect(response.header('Access-Control-Allow-Methods')).toContain('GET')
    expect(Number(response.header('Access-Control-Max-Age'))).toBeGreaterThan(0)
  })

  it('H-67: every response has X-Content-Type-Options: nosniff', async () => {
    const paths = [
      ...DOCUMENTS,
      ...UNKNOWN_PATHS,
      ...REDIRECTING_PATHS,
      '/oops22',
      '/healthz',
      '/api/articles',
    ]
    for (const path of [...paths, '/articles/withdrawn', '/problems/gone']) {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST']) {
        const response = await request(method, path)
        expect(response.header('X-Content-Type-Options'), `${method} ${path}`).toBe('nosniff')
      }
      const notModified = await get(path, ['If-None-Match', '*'])
      expect(notModified.header('X-Content-Type-Options'), path).toBe('nosniff')
    }
  })

  it('H-68: every response has one Date with the current time', async () => {
    for (const path of [
      ...DOCUMENTS,
      ...UNKNOWN_PATHS,
      ...REDIRECTING_PATHS,
      '/oops22',
      '/api/articles',
    ]) {
      for (const response of [await get(path), await get(path, ['If-None-Match', '*'])]) {
        const date = response.header('Date') ?? 'none'
        expect(new Date(date).toUTCString(), path).toBe(date)
        expect(Math.abs(Date.parse(date) - Date.now())).toBeLessThan(10_000)
      }
    }
  })

  it('H-69: overlong and undecodable paths return a 4xx', async () => {
    for (const path of [
      `/${'x'.repeat(9000)}`,
      `/tags/${'%D8%A7'.repeat(1000)}/rss.xml`,
      '/%00',
      '/%ff',
      '/%c0%ae%c0%ae/',
      '/%e2%28%a1',
      '/%',
      '/%zz',
      '/tags/%00/rss.xml',
      '/tags/%ff/rss.xml',
      '/tags/%c0%af/rss.xml',
      '/articles/%2e%2e%2f',
      '/articles/x%00.json',
    ]) {
      expect([400, 404, 414], path.slice(0, 60)).toContain((await get(path)).status)
    }
  })
})

describe('addresses of subscriptions', () => {
  it('H-58: another spelling of the address redirects in one hop to the feed', async () => {
    for (const [path, to] of [
      ['/tags/SPACE/rss.xml', '/tags/space/rss.xml'],
      ['/tags/C%2b%2b/atom.xml', '/tags/c%2B%2B/atom.xml'],
      [
        `/tags/${encodeURIComponent('فضاء')}%20/feed.json`,
        `/tags/${encodeURIComponent('فضاء')}/feed.json`,
      ],
    ] as const) {
      const response = await get(path)
      expect([response.status, response.header('Location')]).toEqual([
        301,
        `${SETTINGS.SITE_URL}${to}`,
      ])
      expect((await get(to)).status).toBe(200)
    }
    for (const path of FEEDS) expect((await get(path)).header('Location')).toBeUndefined()
  })

  it('H-59: a feed that lost its last article returns 200, not 410', async () => {
    for (const path of Object.values(listDocumentPaths('/sections/withdrawn-section'))) {
      expect((await get(path)).status).toBe(200)
    }
  })

  it('H-29, H-60, H-62: when the stores fail, the response is 503 with Retry-After and no-store, never a 4xx', async () => {
    await newsroom.faults({ failReads: [''], deskDown: true })
    try {
      for (const path of ['/rss.xml', '/AbC', '/articles/arabic', '/sections/nobody/rss.xml']) {
        const response = await get(path)
        expect(response.status, path).toBe(503)
        expect(response.header('Retry-After')).toMatch(/^\d+$/)
        expect(response.header('Cache-Control')).toBe('no-store')
        expect(response.text).not.toMatch(/KV|Error|at /)
      }
    } finally {
      await newsroom.faults({})
    }
    expect((await get('/rss.xml')).status).toBe(200)
  })
})
