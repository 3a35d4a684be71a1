/** One answer to one conditional request: RFC 9110 sections 8.8, 9.3.2, 13 and 15.4.5 (RULES H-01 to H-22, H-40 to H-44). */
import { describe, expect, it } from 'vitest'
import {
  entityTags,
  matchesStrongly,
  matchesWeakly,
  parseHttpDate,
  type Representation,
  respond,
} from '../../src/http/representation.ts'

const MODIFIED = Date.UTC(1994, 10, 6, 8, 49, 37) / 1000
const HEADERS = {
  Link: '<https://news.example/rss.xml>; rel="self"',
  'Access-Control-Allow-Origin': '*',
  Vary: 'Accept',
  'Content-Location': '/rss.xml',
}

type Asked = { response: Response; bodies: number; discards: number }

function ask(
  headers: Record<string, string> | [string, string][] = {},
  more: Partial<Representation> = {},
  method = 'GET',
): Asked {
  const asked = { bodies: 0, discards: 0 }
  const response = respond(new Request('https://news.example/rss.xml', { headers, method }), {
    status: 200,
    type: 'application/rss+xml; charset=utf-8',
    etag: 'W/"current"',
    modified: MODIFIED,
    language: 'ar',
    cacheControl: 'public, max-age=60',
    headers: HEADERS,
    body: () => {
      asked.bodies += 1
      return 'the body'
    },
    discard: () => {
      asked.discards += 1
    },
    ...more,
  })
  return { response, ...asked }
}
const statusOf = (headers: Record<string, string> | [string, string][]): number =>
  ask(headers).response.status

describe('a plain GET', () => {
  it('is the whole document with its validators (H-01, H-02, R-01)', async () => {
    const { response, discards } = ask()
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('the body')
    expect(discards).toBe(0)
    expect(Object.fromEntries(response.headers)).toEqual({
      'access-control-allow-origin': '*',
      'cache-control': 'public, max-age=60',
      'content-language': 'ar',
      'content-location': '/rss.xml',
      'content-type': 'application/rss+xml; charset=utf-8',
      etag: 'W/"current"',
      'last-modified': 'Sun, 06 Nov 1994 08:49:37 GMT',
      link: HEADERS.Link,
      vary: 'Accept',
      'x-content-type-options': 'nosniff',
    })
  })
})

describe('If-None-Match', () => {
  it.each([
    ['the current tag (H-04)', 'W/"current"'],
    ['its strong form: the comparison is weak (H-05)', '"current"'],
    ['a list with it at the end (H-06)', '"a", W/"b" ,"current"'],
    ['a list with it at the beginning (H-06)', 'W/"current","a"'],
    ['a list with empty members (H-06)', ', ,"a",, W/"current",'],
    ['a list whose other member has a comma inside', '"a,b", W/"current"'],
    ['* (H-07)', '*'],
    ['* with white space around', ' * '],
  ])('that is %s gives 304', (_, value) => {
    expect(statusOf({ 'If-None-Match': value })).toBe(304)
  })

  it('in several header lines is one list (H-06)', () => {
    expect(
      statusOf([
        ['If-None-Match', '"a"'],
        ['If-None-Match', '"current"'],
      ]),
    ).toBe(304)
    expect(
      statusOf([
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
    ['nothing', ''],
    ['a star among tags', '"a", *'],
  ])('that is %s gives 200 (H-08, H-13)', (_, value) => {
    expect(statusOf({ 'If-None-Match': value })).toBe(200)
  })

  it('matches a current tag that holds commas, or nothing', () => {
    expect(ask({ 'If-None-Match': '"x", "a,b"' }, { etag: 'W/"a,b"' }).response.status).toBe(304)
    expect(ask({ 'If-None-Match': '"a", "b"' }, { etag: 'W/"a,b"' }).response.status).toBe(200)
    expect(ask({ 'If-None-Match': '""' }, { etag: 'W/""' }).response.status).toBe(304)
  })

  it.each([
    ['no match, though the date alone would give 304 (H-08)', '"other"', 200],
    ['no match, empty, as sfeed sends it (H-08)', '""', 200],
    ['a match, though the date alone would give 200', '"current"', 304],
  ])('beats If-Modified-Since: %s', (_, tag, status) => {
    const late = 'Sun, 06 Nov 2050 08:49:37 GMT'
    const early = 'Sun, 06 Nov 1983 08:49:37 GMT'
    const since = status === 200 ? late : early
    expect(statusOf({ 'If-Modified-Since': since })).toBe(status === 200 ? 304 : 200)
    expect(statusOf({ 'If-None-Match': tag, 'If-Modified-Since': since })).toBe(status)
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
    ['the zero time of Go', 'Mon, 01 Jan 0001 00:00:00 GMT', 200],
  ])('%s: %s gives %i (H-09)', (_, value, status) => {
    expect(statusOf({ 'If-Modified-Since': value })).toBe(status)
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
  ])('that is no HTTP-date is ignored: %j (H-10)', (value) => {
    expect(statusOf({ 'If-Modified-Since': value })).toBe(200)
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
  ])('%s: %s gives %i (sections 13.1.1 and 13.1.4)', (name, value, status) => {
    expect(statusOf({ [name]: value })).toBe(status)
  })

  it('come first in the order of section 13.2.2', () => {
    expect(statusOf({ 'If-Match': '"other"', 'If-None-Match': '*' })).toBe(412)
    expect(statusOf({ 'If-Match': '*', 'If-None-Match': '*' })).toBe(304)
    expect(
      statusOf({ 'If-Match': '*', 'If-Unmodified-Since': 'Sun, 06 Nov 1983 08:49:37 GMT' }),
    ).toBe(200)
  })

  it('a 412 has no body, no validators, and is not stored', async () => {
    const { response, bodies, discards } = ask({ 'If-Match': '"other"' })
    expect(await response.text()).toBe('')
    expect([bodies, discards]).toEqual([0, 1])
    expect(response.headers.get('ETag')).toBeNull()
    expect(response.headers.get('Last-Modified')).toBeNull()
    expect(response.headers.get('Cache-Control')).toBe('no-store')
  })
})

describe('a 304', () => {
  it('has no body, and lets the body go unread', async () => {
    const { response, bodies, discards } = ask({ 'If-None-Match': '*' })
    expect(response.body).toBeNull()
    expect([bodies, discards]).toEqual([0, 1])
  })

  it('repeats what the 200 had of caching, links and CORS, and none of the content (H-15, H-16, H-17)', () => {
    const full = new Map(ask().response.headers)
    const bare = new Map(ask({ 'If-None-Match': '*' }).response.headers)
    expect([...full.keys()].filter((name) => !bare.has(name))).toEqual([
      'content-language',
      'content-type',
    ])
    expect(bare.size).toBeGreaterThan(5)
    for (const [name, value] of bare) expect(full.get(name)).toBe(value)
  })
})

describe('HEAD', () => {
  it('has the status and the headers of GET and no body (H-40, H-41)', () => {
    const { response, bodies, discards } = ask({}, {}, 'HEAD')
    expect(response.status).toBe(200)
    expect(response.body).toBeNull()
    expect([bodies, discards]).toEqual([0, 1])
    expect(new Map(response.headers)).toEqual(new Map(ask().response.headers))
  })

  it('evaluates preconditions as GET does (H-42)', () => {
    expect(ask({ 'If-None-Match': '"current"' }, {}, 'HEAD').response.status).toBe(304)
    expect(ask({ 'If-None-Match': '"other"' }, {}, 'HEAD').response.status).toBe(200)
  })
})

describe('a 410', () => {
  it.each([
    ['If-None-Match', '*'],
    ['If-None-Match', '"current"'],
    ['If-Modified-Since', 'Sun, 06 Nov 2050 08:49:37 GMT'],
    ['If-Match', '"other"'],
    ['If-Unmodified-Since', 'Sun, 06 Nov 1983 08:49:37 GMT'],
  ])('ignores preconditions: %s: %s (H-12)', async (name, value) => {
    const { response } = ask({ [name]: value }, { status: 410 })
    expect(response.status).toBe(410)
    expect(await response.text()).toBe('the body')
  })

  it('has no body for HEAD', () => {
    const { response } = ask({}, { status: 410 }, 'HEAD')
    expect([response.status, response.body]).toEqual([410, null])
  })
})

describe('the comparison of entity-tags (section 8.8.3.2)', () => {
  it.each([
    ['W/"1"', 'W/"1"', false, true],
    ['W/"1"', 'W/"2"', false, false],
    ['W/"1"', '"1"', false, true],
    ['"1"', '"1"', true, true],
  ])('%s and %s: strong %s, weak %s', (left, right, strong, weak) => {
    for (const [list, current] of [
      [left, right],
      [right, left],
    ] as const) {
      expect(matchesStrongly(list, current)).toBe(strong)
      expect(matchesWeakly(list, current)).toBe(weak)
    }
  })

  it('finds the tags of a list, commas and obs-text inside them included', () => {
    expect(entityTags('"a,b" , W/"c\u00ff",, "", junk, "d')).toEqual([
      { weak: false, opaque: 'a,b' },
      { weak: true, opaque: 'c\u00ff' },
      { weak: false, opaque: '' },
    ])
  })

  it('costs little on a hostile list (X-16)', () => {
    const start = performance.now()
    expect(entityTags('"'.repeat(100_001)).length).toBe(50_000)
    expect(entityTags(`"${'a'.repeat(500_000)}`)).toEqual([])
    expect(entityTags('W/'.repeat(200_000))).toEqual([])
    expect(performance.now() - start).toBeLessThan(500)
  })
})

describe('a document without a time', () => {
  const timeless = (headers: Record<string, string>) =>
    respond(new Request('https://news.example/', { headers }), {
      status: 200,
      type: 'application/json',
      etag: 'W/"current"',
      cacheControl: 'public, max-age=60',
      headers: {},
      body: () => '{}',
    })

  it('has no Last-Modified, and conditions on times do not hold it back', () => {
    expect(timeless({}).headers.has('Last-Modified')).toBe(false)
    const later = 'Wed, 01 Jan 2070 00:00:00 GMT'
    expect(timeless({ 'If-Modified-Since': later }).status).toBe(200)
    expect(timeless({ 'If-Unmodified-Since': 'Thu, 01 Jan 1970 00:00:00 GMT' }).status).toBe(200)
    expect(timeless({ 'If-None-Match': 'W/"current"' }).status).toBe(304)
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

  it('takes a year before 100 at its word', () => {
    expect(parseHttpDate('Mon, 01 Jan 0001 00:00:00 GMT')).toBe(-62_135_596_800)
  })
})
