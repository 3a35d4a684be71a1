/** Tables of cases for content negotiation (RFC 9110 section 12.5; rules H-50 to H-54). */
import fc from 'fast-check'
import Negotiator from 'negotiator'
import { describe, expect, it } from 'vitest'
import { chooseFormat } from '../../src/feeds/formats.ts'
import { CODINGS } from '../../src/http/coding.ts'
import {
  chooseCoding,
  getClientAcceptEncoding,
  getMediaTypeWeight,
  listAcceptable,
  prefersHtml,
} from '../../src/http/negotiation.ts'
import { runs } from '../support/runs.ts'

const RSS = 'application/rss+xml'
const ATOM = 'application/atom+xml'
const JSON_FEED = 'application/feed+json'
const OFFERS = [RSS, ATOM, JSON_FEED]

describe('listAcceptable', () => {
  it.each<[string | null | undefined, string[]]>([
    // No header
    [undefined, OFFERS],
    [null, OFFERS],
    ['', OFFERS],
    ['  ', OFFERS],
    ['*/*', OFFERS],
    // One type
    [ATOM, [ATOM]],
    [RSS, [RSS]],
    [JSON_FEED, [JSON_FEED]],
    ['APPLICATION/ATOM+XML', [ATOM]],
    [`  ${ATOM}  `, [ATOM]],
    ['application/*', OFFERS],
    ['text/html', []],
    ['text/*', []],
    ['application/json', []],
    // Weights (H-51)
    [`${RSS};q=0.1, ${JSON_FEED}`, [JSON_FEED, RSS]],
    [`${RSS};q=0.8, ${ATOM};q=0.9`, [ATOM, RSS]],
    [`${RSS};q=0`, []],
    [`${RSS};q=0, */*`, [ATOM, JSON_FEED]],
    ['*/*;q=0', []],
    [`${RSS};q=0.000, ${ATOM};q=0.001`, [ATOM]],
    [`${RSS};q=1.000, ${ATOM};q=1`, [RSS, ATOM]],
    [`${ATOM} ; q=0.5 , ${RSS} ; Q=0.7`, [RSS, ATOM]],
    [`${ATOM};q=1, ${RSS};q=1`, [ATOM, RSS]],
    // The more specific range gives the weight (H-52)
    ['*/*;q=0.1, application/*;q=0.5, application/atom+xml', [ATOM, RSS, JSON_FEED]],
    [`application/*;q=0.9, ${RSS};q=0.2`, [ATOM, JSON_FEED, RSS]],
    [`*/*, ${RSS};q=0.5`, [ATOM, JSON_FEED, RSS]],
    [`*/*, ${ATOM}`, [ATOM, RSS, JSON_FEED]],
    ['application/*;q=0, */*;q=1', []],
    [`application/*;q=0, ${ATOM}`, [ATOM]],
    // Equal weights: the order is the client's, then ours
    [`${JSON_FEED}, ${ATOM}, ${RSS}`, [JSON_FEED, ATOM, RSS]],
    [`${JSON_FEED}, */*;q=0.5`, [JSON_FEED, RSS, ATOM]],
    // Real readers (H-53)
    [
      'application/atom+xml,application/rdf+xml,application/rss+xml,application/x-netcdf,application/xml;q=0.9,text/xml;q=0.2,*/*;q=0.1',
      [ATOM, RSS, JSON_FEED],
    ],
    [
      'application/rss+xml, application/rdf+xml;q=0.8, application/atom+xml;q=0.6, application/xml;q=0.4, text/xml;q=0.4',
      [RSS, ATOM],
    ],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', OFFERS],
    ['application/atom+xml,application/xml,text/xml', [ATOM]],
    // Parameters do not exclude a range, except Atom's type=entry
    [`${RSS};charset=utf-8, ${ATOM}`, [RSS, ATOM]],
    [`${RSS}; Charset="UTF-8"; q=0.5, ${ATOM};type=feed`, [ATOM, RSS]],
    [`${ATOM};type=entry, ${RSS};charset=iso-8859-1`, [RSS]],
    [`${ATOM}; Type = "entry"`, []],
    [`${RSS};version=2, */*;q=0.1`, OFFERS],
    [`${JSON_FEED};version=1.1, */*;q=0.1`, [JSON_FEED, RSS, ATOM]],
    [`${RSS};version=2.0, ${ATOM}`, [RSS, ATOM]],
    [`${RSS};level=1;q=0.5`, [RSS]],
    [`${RSS};charset='utf-8'`, [RSS]],
    [`${RSS}; profile="http://x.example/y"`, [RSS]],
    // A range without parameters is more specific for our types; one with them refuses only others
    [`${RSS};level=1, ${RSS};q=0.2, ${ATOM};q=0.5`, [ATOM, RSS]],
    [`${RSS};level=1;q=0, */*;q=0.5`, OFFERS],
    [`${RSS};charset=utf-8;q=0, */*;q=0.5`, [ATOM, JSON_FEED]],
    [`${RSS};level=1;q=0`, []],
    // What follows the weight is an extension of older standards; a quoted string is one value
    [`${ATOM};q=0.5;level=1, ${RSS};q=0.4`, [ATOM, RSS]],
    [`${ATOM};profile="a,b;q=0", ${RSS};q=0.4`, [ATOM, RSS]],
    [`text/x;p="\\", ${ATOM}, ", ${RSS}`, [RSS]],
    [`${RSS}, text/x;p="never closed, ${ATOM}`, [RSS]],
    // Weights with spaces or a decimal comma
    [`${RSS}; q = 0.4, ${ATOM};q =0.5`, [ATOM, RSS]],
    [`${RSS};q=0,8`, [RSS]],
    [`${RSS};q=0,4,${ATOM}; q=0,5, ${JSON_FEED};q=1,0`, [JSON_FEED, ATOM, RSS]],
    [`${RSS};q=0,0, ${ATOM}`, [ATOM]],
    // Ranges with an unreadable weight come last; other unreadable ranges are ignored
    [`${ATOM};q=2, ${RSS}`, [RSS, ATOM]],
    [`${ATOM};q=, ${RSS}`, [RSS, ATOM]],
    [`${ATOM};q=-1, ${RSS}`, [RSS, ATOM]],
    [`${ATOM};q=0.1234, ${RSS}`, [RSS, ATOM]],
    [`${ATOM};q=high, ${RSS}`, [RSS, ATOM]],
    [`, ,${ATOM},`, [ATOM]],
    [`application, /, a/b/c, ${ATOM}`, [ATOM]],
    ['*', OFFERS],
    ['garbage', OFFERS],
    ['*/xml', []],
  ])('Accept %j selects %j', (accept, offers) => {
    expect(listAcceptable(accept, OFFERS)).toEqual(offers)
  })

  it('is fast with a hostile header (X-16)', () => {
    const start = performance.now()
    expect(listAcceptable(`${'a/b;q=0.1,'.repeat(20_000)}${ATOM}`, OFFERS)).toEqual([ATOM])
    expect(listAcceptable(`${ATOM}${';x'.repeat(100_000)}, ${RSS}`, OFFERS)).toEqual([ATOM, RSS])
    expect(performance.now() - start).toBeLessThan(10_000)
  })
})

describe('listAcceptable, for generated headers,', () => {
  const range = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(...OFFERS, 'application/xml', 'text/xml', 'text/html'),
    },
    { weight: 3, arbitrary: fc.constantFrom('*/*', 'application/*', 'text/*', 'image/png') },
  )
  const weight = fc.option(fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10))
  const spaces = fc.constantFrom('', ' ', '  ')
  /** Every range is unique: the standard does not say which of two equal ranges counts. */
  const accept = fc
    .uniqueArray(fc.tuple(range, weight, spaces, fc.boolean()), {
      minLength: 1,
      maxLength: 8,
      selector: ([name]) => name,
    })
    .map((ranges) =>
      ranges
        .map(([name, q, space, loud]) => {
          const type = loud ? name.toUpperCase() : name
          return q === null ? type : `${type}${space};${space}q=${q}`
        })
        .join(','),
    )
  const ALL_OFFERS = [...OFFERS, 'application/xml', 'text/xml', 'application/json']

  it('orders offers as negotiator does, the package that most Node servers use (H-51, H-52)', () => {
    fc.assert(
      fc.property(accept, fc.shuffledSubarray(ALL_OFFERS, { minLength: 1 }), (header, offers) => {
        const theirs = new Negotiator({ headers: { accept: header } }).mediaTypes(offers)
        expect(listAcceptable(header, offers)).toEqual(theirs)
      }),
      { numRuns: runs(1000) },
    )
  })

  it('never refuses a type whose parameters it does not know', () => {
    const parameter = fc
      .tuple(
        fc.stringMatching(/^[a-pr-z][a-z-]{0,8}$/).filter((name) => name !== 'type'),
        fc.constantFrom('=', ' = '),
        fc.oneof(
          fc.stringMatching(/^[a-z0-9.'+-]{1,8}$/),
          fc.stringMatching(/^[a-z0-9 ,;=/.]{0,12}$/).map((text) => `"${text}"`),
        ),
      )
      .map((parts) => `;${parts.join('')}`)
    const q = fc.constantFrom('', ';q=0.5', '; q = 1', ';q=0,8', ';q=high', ';q=7')
    fc.assert(
      fc.property(
        fc.constantFrom(...ALL_OFFERS),
        fc.array(parameter, { maxLength: 3 }),
        q,
        fc.constantFrom('', ', image/png', ', text/plain;x="a,b"'),
        (offer, parameters, weightPart, others) => {
          const header = `${offer}${parameters.join('')}${weightPart}${others}`
          expect(listAcceptable(header, ALL_OFFERS), header).toEqual([offer])
        },
      ),
      { numRuns: runs(1000) },
    )
  })

  it('accepts exactly the types to which getMediaTypeWeight gives a weight above 0', () => {
    fc.assert(
      fc.property(accept, fc.constantFrom(...ALL_OFFERS), (header, offer) => {
        expect((getMediaTypeWeight(header, offer) ?? 0) > 0).toBe(
          listAcceptable(header, [offer]).length === 1,
        )
      }),
    )
  })

  it('returns only offers, and never throws, for any text as a header', () => {
    const piece = fc.constantFrom(...'*/,;=q"\\ 01.', 'application', 'rss+xml', 'x', 'é', '\0')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        for (const offer of listAcceptable(pieces.join(''), OFFERS)) expect(OFFERS).toContain(offer)
      }),
    )
  })
})

describe('chooseFormat', () => {
  const BROWSERS = [
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/jxl,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
  ]
  it.each<[string | undefined, string | undefined]>([
    // No header: RSS (H-53)
    [undefined, 'rss'],
    ['', 'rss'],
    ['*/*', 'rss'],
    ['application/*', 'rss'],
    ...BROWSERS.map((accept): [string, string] => [accept, 'rss']),
    // By name (H-50)
    [RSS, 'rss'],
    [ATOM, 'atom'],
    [JSON_FEED, 'json'],
    // By a generic type
    ['application/xml', 'rss'],
    ['text/xml', 'rss'],
    ['text/*', 'rss'],
    ['application/json', 'json'],
    ['application/json, text/plain, */*', 'json'],
    ['application/json;odata=verbose', 'json'],
    ['text/xml;charset=iso-8859-1', 'rss'],
    // By a name that was never registered, or by that of an older RSS
    ...['application/rdf+xml', 'text/rss', 'text/rss+xml', 'application/x-rss+xml'].map(
      (accept): [string, string] => [accept, 'rss'],
    ),
    ...['application/rss', 'application/x-rss', 'text/x-rss'].map((accept): [string, string] => [
      accept,
      'rss',
    ]),
    ...['text/atom', 'text/atom+xml', 'application/x-atom+xml', 'application/atom'].map(
      (accept): [string, string] => [accept, 'atom'],
    ),
    ['text/json', 'json'],
    ['application/rdf+xml;q=0.5, application/json', 'json'],
    [`application/xml;q=0.9, ${ATOM}`, 'atom'],
    [`application/json, ${RSS};q=0.9`, 'json'],
    // Weights (H-51, H-52)
    [`${RSS};q=0.1, ${JSON_FEED}`, 'json'],
    ['*/*;q=0.1, application/*;q=0.5, application/atom+xml', 'atom'],
    [`${RSS};q=0, */*`, 'atom'],
    [`${RSS};q=0, ${ATOM};q=0, */*`, 'json'],
    // A type that is excluded by its name is not selected by its generic type
    [`${RSS};q=0, application/xml`, undefined],
    [`${JSON_FEED};q=0, application/json, ${ATOM};q=0.1`, 'atom'],
    // A real reader
    [
      'application/atom+xml,application/rdf+xml,application/rss+xml,application/x-netcdf,application/xml;q=0.9,text/xml;q=0.2,*/*;q=0.1',
      'atom',
    ],
    // No match (H-54)
    ['text/html', undefined],
    ['image/png, text/plain;q=0.5', undefined],
    ['*/*;q=0', undefined],
  ])('for Accept %j returns %s', (accept, format) => {
    expect(chooseFormat(accept)?.name).toBe(format)
  })
})

describe('prefersHtml', () => {
  it.each([
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
    ['text/html', true],
    ['*/*', true],
    [null, true],
    ['application/json', false],
    ['application/problem+json, text/html;q=0.5', false],
    ['application/json, */*;q=0.1', false],
    ['text/html;q=0', false],
    ['image/png', false],
  ])('for Accept %j returns %s', (accept, html) => {
    expect(prefersHtml(accept)).toBe(html)
  })
})

describe('chooseCoding', () => {
  it.each<[string | null | undefined, 'br' | 'gzip' | undefined]>([
    // No header, or no supported coding: identity (H-36)
    [undefined, undefined],
    [null, undefined],
    ['', undefined],
    [' ', undefined],
    ['identity', undefined],
    ['deflate', undefined],
    ['zstd, deflate', undefined],
    ['identity;q=1', undefined],
    // One supported coding
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['x-gzip', 'gzip'],
    ['GZip', 'gzip'],
    ['  gzip  ', 'gzip'],
    ['gzip;q=0.001', 'gzip'],
    // Both: br, which is smaller, whatever their order
    ['gzip, br', 'br'],
    ['br, gzip', 'br'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip;q=1.0, deflate;q=0.8, br;q=1', 'br'],
    // Weights
    ['gzip;q=1, br;q=0.9', 'gzip'],
    ['br;q=0.1, gzip;q=0.2', 'gzip'],
    ['gzip; q=0.5 , br ; Q=0.7', 'br'],
    ['gzip; q = 0.5, br;q =0.4', 'gzip'],
    ['gzip;q = 0', undefined],
    ['gzip;q=0', undefined],
    ['gzip;q=0, br;q=0', undefined],
    ['gzip;q=0.000, br', 'br'],
    ['br;q=0, gzip', 'gzip'],
    // Identity has a weight only if it is named
    ['gzip;q=0.5, identity', undefined],
    ['gzip;q=0.5, identity;q=0.4', 'gzip'],
    ['gzip;q=0.5, identity;q=0.5', 'gzip'],
    ['identity;q=0.5, gzip;q=1.0, *;q=0', 'gzip'],
    // Everything is excluded: identity, which is readable, instead of an error
    ['identity;q=0', undefined],
    ['*;q=0', undefined],
    ['identity;q=0, gzip', 'gzip'],
    ['identity;q=0, deflate', undefined],
    // The wildcard covers the codings that are not named
    ['*', 'gzip'],
    ['*;q=0.5', 'gzip'],
    ['gzip, *', 'gzip'],
    ['br, *', 'br'],
    ['*, br;q=0', 'gzip'],
    ['*, gzip;q=0', 'br'],
    ['br;q=0.5, *;q=0.8', 'gzip'],
    ['identity, *;q=0.5', undefined],
    ['deflate, *;q=0', undefined],
    // Invalid codings are ignored
    ['gzip;q=2', undefined],
    ['gzip;q=', undefined],
    ['gzip;q=high, br', 'br'],
    ['gzip;q=-1, br;q=0.1', 'br'],
    ['gzip;q=0.1234', undefined],
    [', ,gzip,,', 'gzip'],
    ['gzip br', undefined],
    ['gzip/br', undefined],
    ['"gzip"', undefined],
    [';q=1', undefined],
    ['gzipp, xgzip', undefined],
    // Duplicates: the lower weight applies
    ['gzip, gzip;q=0', undefined],
    ['gzip;q=0, x-gzip', undefined],
    // Unknown parameters are ignored
    ['gzip;level=9', 'gzip'],
    // Real clients
    ['deflate, gzip, br, zstd', 'br'],
    ['gzip, deflate', 'gzip'],
    ['gzip,deflate,compress', 'gzip'],
  ])('Accept-Encoding %j selects %s', (acceptEncoding, coding) => {
    expect(chooseCoding(acceptEncoding, CODINGS)).toBe(coding)
  })

  it('chooses nothing if nothing is offered', () => {
    expect(chooseCoding('gzip, br, *', [])).toBeUndefined()
  })

  it('is fast with a hostile header (X-16)', () => {
    const start = performance.now()
    expect(chooseCoding('gzip;q=0.5,'.repeat(5000), CODINGS)).toBe('gzip')
    expect(chooseCoding(';'.repeat(20_000), CODINGS)).toBeUndefined()
    expect(performance.now() - start).toBeLessThan(500)
  })
})

describe('getClientAcceptEncoding', () => {
  const requestWith = (header: string | undefined, cf?: object): Request =>
    Object.assign(
      new Request('https://news.example/', {
        headers: header === undefined ? {} : { 'Accept-Encoding': header },
      }),
      cf && { cf },
    )

  it("returns the client's own header, not the one that the platform sets", () => {
    expect(
      getClientAcceptEncoding(requestWith('br, gzip', { clientAcceptEncoding: 'identity' })),
    ).toBe('identity')
    expect(getClientAcceptEncoding(requestWith('br, gzip', { clientAcceptEncoding: '' }))).toBe('')
  })

  it("returns the request's header if the platform does not report the client's", () => {
    expect(getClientAcceptEncoding(requestWith('gzip'))).toBe('gzip')
    expect(getClientAcceptEncoding(requestWith('gzip', { colo: 'DXB' }))).toBe('gzip')
    expect(getClientAcceptEncoding(requestWith(undefined))).toBeNull()
  })
})
