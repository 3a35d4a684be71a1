/**
 * Responses to conditional requests: RFC 9110 sections 8.8, 9.3.2, 13 and 15.4.5 (rules H-01 to
 * H-22, H-40 to H-44).
 */
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type CodedBody, createBody, MIN_COMPRESSED_BYTES } from '../../src/http/coding.ts'
import {
  formatCacheControl,
  matchesStrongly,
  matchesWeakly,
  parseEntityTags,
  parseHttpDate,
  type Representation,
  respond,
  wantsBody,
} from '../../src/http/representation.ts'

const MODIFIED = Date.UTC(1994, 10, 6, 8, 49, 37) / 1000
const HEADERS = {
  Link: '<https://news.example/rss.xml>; rel="self"',
  'Access-Control-Allow-Origin': '*',
  Vary: 'Accept',
  'Content-Location': '/rss.xml',
}

const TEXT = 'the body'

async function poll(
  headers: Record<string, string> | [string, string][] = {},
  more: Partial<Representation> = {},
  method = 'GET',
): Promise<Response> {
  const request = new Request('https://news.example/rss.xml', { headers, method })
  const representation: Representation = {
    status: 200,
    type: 'application/rss+xml; charset=utf-8',
    etag: 'W/"current"',
    modified: MODIFIED,
    length: TEXT.length,
    language: 'ar',
    cacheControl: 'public, max-age=60',
    headers: HEADERS,
    body: createBody(TEXT),
    ...more,
  }
  const response = await respond(request, representation)
  expect(response.body !== null, 'only responses that need a body have one').toBe(
    wantsBody(request, representation),
  )
  return response
}
const pollStatus = async (headers: Record<string, string> | [string, string][]): Promise<number> =>
  (await poll(headers)).status

describe('a plain GET', () => {
  it('gets the whole document with its validators (H-01, H-02, R-01)', async () => {
    const response = await poll()
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('the body')
    expect(Object.fromEntries(response.headers)).toEqual({
      'access-control-allow-origin': '*',
      'cache-control': 'public, max-age=60',
      'content-language': 'ar',
      'content-location': '/rss.xml',
      'content-type': 'application/rss+xml; charset=utf-8',
      etag: 'W/"current"',
      'last-modified': 'Sun, 06 Nov 1994 08:49:37 GMT',
      link: HEADERS.Link,
      vary: 'Accept, Accept-Encoding',
      'x-content-type-options': 'nosniff',
    })
  })
})

describe('If-None-Match', () => {
  it.each([
    ['the current tag (H-04)', 'W/"current"'],
    ['the strong form of the current tag, because the comparison is weak (H-05)', '"current"'],
    ['the current tag at the end of a list (H-06)', '"a", W/"b" ,"current"'],
    ['the current tag at the beginning of a list (H-06)', 'W/"current","a"'],
    ['a list with empty members (H-06)', ', ,"a",, W/"current",'],
    ['a list whose other member has a comma inside', '"a,b", W/"current"'],
    ['* (H-07)', '*'],
    ['* between spaces', ' * '],
  ])('with %s gives 304', async (_, value) => {
    expect(await pollStatus({ 'If-None-Match': value })).toBe(304)
  })

  it('in several header lines is read as one list (H-06)', async () => {
    expect(
      await pollStatus([
        ['If-None-Match', '"a"'],
        ['If-None-Match', '"current"'],
      ]),
    ).toBe(304)
    expect(
      await pollStatus([
        ['If-None-Match', '"a"'],
        ['If-None-Match', '"b"'],
      ]),
    ).toBe(200)
  })

  it.each([
    ['another tag', '"other"'],
    ['the tag in another case', '"Current"'],
    ['a longer tag', 'W/"current2"'],
    ['an unquoted tag (H-13)', 'current'],
    ['an unquoted weak tag (H-13)', 'W/current'],
    ['a truncated tag (H-13)', 'W/"current'],
    ['a tag without its beginning', 'current"'],
    ['a tag inside another, after a comma', '"a,current"'],
    ['a tag with white space inside', '" current"'],
    ['an empty tag, as sfeed sends it', '""'],
    ['an empty value', ''],
    ['a star among tags', '"a", *'],
  ])('with %s gives 200 (H-08, H-13)', async (_, value) => {
    expect(await pollStatus({ 'If-None-Match': value })).toBe(200)
  })

  it('matches a current tag that contains commas, or is empty', async () => {
    expect((await poll({ 'If-None-Match': '"x", "a,b"' }, { etag: 'W/"a,b"' })).status).toBe(304)
    expect((await poll({ 'If-None-Match': '"a", "b"' }, { etag: 'W/"a,b"' })).status).toBe(200)
    expect((await poll({ 'If-None-Match': '""' }, { etag: 'W/""' })).status).toBe(304)
  })

  it.each([
    ['a tag that does not match, although the date would give 304 (H-08)', '"other"', 200],
    ['an empty tag, as sfeed sends it (H-08)', '""', 200],
    ['a tag that matches, although the date would give 200', '"current"', 304],
  ])('takes precedence over If-Modified-Since: %s', async (_, tag, status) => {
    const late = 'Sun, 06 Nov 2050 08:49:37 GMT'
    const early = 'Sun, 06 Nov 1983 08:49:37 GMT'
    const since = status === 200 ? late : early
    expect(await pollStatus({ 'If-Modified-Since': since })).toBe(status === 200 ? 304 : 200)
    expect(await pollStatus({ 'If-None-Match': tag, 'If-Modified-Since': since })).toBe(status)
  })
})

describe('If-Modified-Since', () => {
  it.each([
    ['at Last-Modified', 'Sun, 06 Nov 1994 08:49:37 GMT', 304],
    ['a second later', 'Sun, 06 Nov 1994 08:49:38 GMT', 304],
    ['a second earlier', 'Sun, 06 Nov 1994 08:49:36 GMT', 200],
    ['in the form of RFC 850 (H-11)', 'Sunday, 06-Nov-94 08:49:37 GMT', 304],
    ['earlier, in the form of RFC 850', 'Saturday, 05-Nov-94 08:49:37 GMT', 200],
    ['in the form of asctime (H-11)', 'Sun Nov  6 08:49:37 1994', 304],
    ['earlier, in the form of asctime', 'Sat Nov  5 08:49:37 1994', 200],
    ['with the zero time of Go', 'Mon, 01 Jan 0001 00:00:00 GMT', 200],
  ])('%s (%s) gives %i (H-09)', async (_, value, status) => {
    expect(await pollStatus({ 'If-Modified-Since': value })).toBe(status)
  })

  it.each([
    'yesterday',
    '',
    '0',
    '4102444800',
    '2050-11-06T08:49:37Z',
    'Sun, 06 Nov 2050 08:49:37',
    'Sun, 06 Nov 2050 08:49:37 UTC',
    'Sun, 06 Nov 2050 08:49:37 +0000',
    'Sun, 6 Nov 2050 08:49:37 GMT',
    'sun, 06 nov 2050 08:49:37 gmt',
    'Sun, 06 Nov 2050 08:49 GMT',
    'Sun, 31 Feb 2050 08:49:37 GMT',
    'Sun, 06 Nov 2050 24:49:37 GMT',
    'Sun, 06 Nov 2050 08:60:37 GMT',
    'Sun, 06 Nov 2050 08:49:37 GMT, Sun, 06 Nov 2050 08:49:37 GMT',
    'Sun, 06 Nov 2050 08:49:37 GMT; length=500',
  ])('is ignored if it is not an HTTP-date: %j (H-10)', async (value) => {
    expect(await pollStatus({ 'If-Modified-Since': value })).toBe(200)
  })
})

describe('If-Match and If-Unmodified-Since', () => {
  it.each([
    ['If-Match', 'W/"current"', 412],
    ['If-Match', '"current"', 412],
    ['If-Match', '"other"', 412],
    ['If-Match', '*', 200],
    ['If-Unmodified-Since', 'Sun, 06 Nov 1994 08:49:37 GMT', 200],
    ['If-Unmodified-Since', 'Sun, 06 Nov 1994 08:49:36 GMT', 412],
    ['If-Unmodified-Since', 'never', 200],
  ])('in the form %s: %s give %i (sections 13.1.1 and 13.1.4)', async (name, value, status) => {
    expect(await pollStatus({ [name]: value })).toBe(status)
  })

  it('are evaluated first, in the order of section 13.2.2', async () => {
    expect(await pollStatus({ 'If-Match': '"other"', 'If-None-Match': '*' })).toBe(412)
    expect(await pollStatus({ 'If-Match': '*', 'If-None-Match': '*' })).toBe(304)
    expect(
      await pollStatus({ 'If-Match': '*', 'If-Unmodified-Since': 'Sun, 06 Nov 1983 08:49:37 GMT' }),
    ).toBe(200)
  })

  it('give a 412 without body and validators, which must not be stored', async () => {
    const response = await poll({ 'If-Match': '"other"' })
    expect(await response.text()).toBe('')
    expect(response.headers.get('ETag')).toBeNull()
    expect(response.headers.get('Last-Modified')).toBeNull()
    expect(response.headers.get('Cache-Control')).toBe('no-store')
  })
})

describe('a 304', () => {
  it('has no body, so the body of the document need not be read', async () => {
    const response = await poll({ 'If-None-Match': '*' }, { body: undefined })
    expect(response.body).toBeNull()
  })

  it('has the headers of the 200 except those that describe the content (H-15, H-16, H-17)', async () => {
    const full = new Map((await poll()).headers)
    const bare = new Map((await poll({ 'If-None-Match': '*' })).headers)
    expect([...full.keys()].filter((name) => !bare.has(name))).toEqual([
      'content-language',
      'content-type',
    ])
    expect(bare.size).toBeGreaterThan(5)
    for (const [name, value] of bare) expect(full.get(name)).toBe(value)
  })
})

describe('HEAD', () => {
  it('has the status and the headers of GET and no body (H-40, H-41)', async () => {
    const response = await poll({}, { body: undefined }, 'HEAD')
    expect(response.status).toBe(200)
    expect(response.body).toBeNull()
    expect(new Map(response.headers)).toEqual(new Map((await poll()).headers))
  })

  it('evaluates preconditions as GET does (H-42)', async () => {
    expect((await poll({ 'If-None-Match': '"current"' }, {}, 'HEAD')).status).toBe(304)
    expect((await poll({ 'If-None-Match': '"other"' }, {}, 'HEAD')).status).toBe(200)
  })
})

describe('a 410', () => {
  it.each([
    ['If-None-Match', '*'],
    ['If-None-Match', '"current"'],
    ['If-Modified-Since', 'Sun, 06 Nov 2050 08:49:37 GMT'],
    ['If-Match', '"other"'],
    ['If-Unmodified-Since', 'Sun, 06 Nov 1983 08:49:37 GMT'],
  ])('ignores the precondition %s: %s (H-12)', async (name, value) => {
    const response = await poll({ [name]: value }, { status: 410 })
    expect(response.status).toBe(410)
    expect(await response.text()).toBe('the body')
  })

  it('has no body for HEAD', async () => {
    const response = await poll({}, { status: 410 }, 'HEAD')
    expect([response.status, response.body]).toEqual([410, null])
  })
})

describe('the comparison of entity-tags (section 8.8.3.2)', () => {
  it.each([
    ['W/"1"', 'W/"1"', false, true],
    ['W/"1"', 'W/"2"', false, false],
    ['W/"1"', '"1"', false, true],
    ['"1"', '"1"', true, true],
  ])('of %s and %s gives %s if it is strong, and %s if it is weak', (left, right, strong, weak) => {
    for (const [list, current] of [
      [left, right],
      [right, left],
    ] as const) {
      expect(matchesStrongly(list, current)).toBe(strong)
      expect(matchesWeakly(list, current)).toBe(weak)
    }
  })

  it('finds every tag of a list, even with commas and obs-text inside a tag', () => {
    expect(parseEntityTags('"a,b" , W/"c\u00ff",, "", junk, "d')).toEqual([
      { isWeak: false, opaque: 'a,b' },
      { isWeak: true, opaque: 'c\u00ff' },
      { isWeak: false, opaque: '' },
    ])
  })

  it('is fast with a hostile list (X-16)', () => {
    const start = performance.now()
    expect(parseEntityTags('"'.repeat(100_001)).length).toBe(50_000)
    expect(parseEntityTags(`"${'a'.repeat(500_000)}`)).toEqual([])
    expect(parseEntityTags('W/'.repeat(200_000))).toEqual([])
    expect(performance.now() - start).toBeLessThan(10_000)
  })
})

describe('content codings', () => {
  const LONG = 'A headline that comes again and again. '.repeat(200)
  const long = { body: createBody(LONG), length: LONG.length }
  const pollLong = (value: string, more: Partial<Representation> = {}, method = 'GET') =>
    poll({ 'Accept-Encoding': value }, { ...long, ...more }, method)

  it.each([
    ['gzip', 'gzip', gunzipSync],
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['identity', null, Buffer.from],
    ['', null, Buffer.from],
    ['deflate', null, Buffer.from],
    ['gzip;q=0', null, Buffer.from],
  ] as const)(
    'for Accept-Encoding %j are %s, and the body decodes to the same text (H-34, H-36)',
    async (value, coding, decode) => {
      const response = await pollLong(value)
      expect(response.headers.get('Content-Encoding')).toBe(coding)
      const bytes = Buffer.from(await response.arrayBuffer())
      expect(decode(bytes).toString()).toBe(LONG)
      if (coding !== null) expect(bytes.length).toBeLessThan(LONG.length / 5)
    },
  )

  it('have no Content-Length, because the length of another coding would be wrong (H-38)', async () => {
    const response = await pollLong('gzip')
    expect(response.headers.has('Content-Length')).toBe(false)
    const head = await pollLong('gzip', { body: undefined }, 'HEAD')
    expect(head.headers.has('Content-Length')).toBe(false)
    expect(new Map(head.headers)).toEqual(new Map(response.headers))
  })

  it('share one weak entity-tag, which gives a 304 for any coding (H-18, H-19)', async () => {
    const tags = await Promise.all(
      ['br', 'gzip', 'identity'].map(async (value) => (await pollLong(value)).headers.get('ETag')),
    )
    expect(new Set(tags)).toEqual(new Set(['W/"current"']))
    const headers = { 'Accept-Encoding': 'gzip', 'If-None-Match': 'W/"current"' }
    const brief = await poll(headers, long)
    expect([brief.status, brief.headers.has('Content-Encoding')]).toEqual([304, false])
  })

  it('add Accept-Encoding to Vary in every response, whether it is coded or not (H-32, H-37)', async () => {
    for (const response of [
      await pollLong('gzip'),
      await pollLong('identity'),
      await poll(),
      await pollLong('gzip', {}, 'HEAD'),
      await poll({ 'If-None-Match': '*' }),
      await poll({ 'If-Match': '"other"' }),
    ])
      expect(response.headers.get('Vary')).toBe('Accept, Accept-Encoding')
    const bare = await poll({}, { headers: {} })
    expect(bare.headers.get('Vary')).toBe('Accept-Encoding')
  })

  it('are not used for a document that is too short', async () => {
    const short = 'x'.repeat(MIN_COMPRESSED_BYTES - 1)
    const response = await pollLong('gzip', { body: createBody(short), length: short.length })
    expect(response.headers.has('Content-Encoding')).toBe(false)
    const enough = `${short}x`
    const other = await pollLong('gzip', { body: createBody(enough), length: enough.length })
    expect(other.headers.get('Content-Encoding')).toBe('gzip')
  })

  it('are used for a 410 too', async () => {
    const response = await pollLong('gzip', { status: 410 })
    expect([response.status, response.headers.get('Content-Encoding')]).toEqual([410, 'gzip'])
  })
})

describe('a substitute', () => {
  const substitute = async (headers: Record<string, string>, method = 'GET') => {
    const requestedBodies: CodedBody[] = []
    const response = await poll(
      headers,
      {
        findSubstitute: async (body) => {
          requestedBodies.push(body)
          return { status: 226, headers: { IM: 'feed' }, length: 4, body: createBody('part') }
        },
      },
      method,
    )
    return { response, requestedBodies: requestedBodies.length }
  }

  it('is sent instead of the body, with the validators of the full document', async () => {
    const { response, requestedBodies: callCount } = await substitute({
      'If-None-Match': '"older"',
    })
    expect([response.status, response.headers.get('IM'), callCount]).toEqual([226, 'feed', 1])
    expect(await response.text()).toBe('part')
    expect(response.headers.get('ETag')).toBe('W/"current"')
    expect(response.headers.get('Vary')).toBe('Accept, Accept-Encoding')
  })

  it('is not requested if nothing is new, a precondition failed, or the method is HEAD', async () => {
    for (const [headers, method, status] of [
      [{ 'If-None-Match': 'W/"current"' }, 'GET', 304],
      [{ 'If-Match': '"other"' }, 'GET', 412],
      [{}, 'HEAD', 200],
    ] as const) {
      const { response, requestedBodies: callCount } = await substitute({ ...headers }, method)
      expect([response.status, callCount]).toEqual([status, 0])
    }
  })

  it('may be absent: then the body is sent', async () => {
    const response = await poll({}, { findSubstitute: async () => undefined })
    expect([response.status, await response.text()]).toEqual([200, TEXT])
  })
})

describe('a document without a time', () => {
  const pollTimeless = (headers: Record<string, string>) =>
    respond(new Request('https://news.example/', { headers }), {
      status: 200,
      type: 'application/json',
      etag: 'W/"current"',
      length: 2,
      cacheControl: 'public, max-age=60',
      headers: {},
      body: createBody('{}'),
    })

  it('has no Last-Modified, and preconditions with times have no effect on it', async () => {
    expect((await pollTimeless({})).headers.has('Last-Modified')).toBe(false)
    const later = 'Wed, 01 Jan 2070 00:00:00 GMT'
    expect((await pollTimeless({ 'If-Modified-Since': later })).status).toBe(200)
    expect(
      (await pollTimeless({ 'If-Unmodified-Since': 'Thu, 01 Jan 1970 00:00:00 GMT' })).status,
    ).toBe(200)
    expect((await pollTimeless({ 'If-None-Match': 'W/"current"' })).status).toBe(304)
  })
})

describe('parseHttpDate', () => {
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', MODIFIED],
    ['Sunday, 06-Nov-94 08:49:37 GMT', MODIFIED],
    ['Sun Nov  6 08:49:37 1994', MODIFIED],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['Thu, 29 Feb 2024 00:00:00 GMT', Date.UTC(2024, 1, 29) / 1000],
    ['Friday, 01-Jan-27 00:00:00 GMT', Date.UTC(2027, 0, 1) / 1000],
    ['Fri, 30 Jun 2017 23:59:60 GMT', Date.UTC(2017, 6, 1) / 1000],
  ])('reads %s', (text, seconds) => {
    expect(parseHttpDate(text)).toBe(seconds)
  })

  it('reads a year before 100 as that year', () => {
    expect(parseHttpDate('Mon, 01 Jan 0001 00:00:00 GMT')).toBe(-62_135_596_800)
  })
})

it('max-age never exceeds the remaining validity and is never negative', () => {
  expect(formatCacheControl(60, undefined, 10)).toBe('public, max-age=60')
  expect(formatCacheControl(60, 100, 10)).toBe('public, max-age=60')
  expect(formatCacheControl(60, 100, 70)).toBe('public, max-age=30')
  for (const now of [100, 101]) expect(formatCacheControl(60, 100, now)).toBe('public, max-age=0')
})
