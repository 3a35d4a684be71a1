/** Content negotiation on `Accept` (RFC 9110 section 12.5.1; RULES H-50 to H-54), as a table of cases. */
import { describe, expect, it } from 'vitest'
import { acceptable, prefersHtml } from '../../src/http/negotiation.ts'

const RSS = 'application/rss+xml'
const ATOM = 'application/atom+xml'
const JSON_FEED = 'application/feed+json'
const OFFERS = [RSS, ATOM, JSON_FEED]

describe('acceptable', () => {
  it.each<[string | null | undefined, string[]]>([
    // Nothing said
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
    // Equal weights: the client's order, then ours
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
    // Parameters do not select; they exclude their own range only
    [`${RSS};charset=utf-8, ${ATOM}`, [ATOM]],
    [`${RSS};version=2, */*;q=0.1`, OFFERS],
    // What cannot be read is passed over
    [`${ATOM};q=2, ${RSS}`, [RSS]],
    [`${ATOM};q=, ${RSS}`, [RSS]],
    [`${ATOM};q=-1, ${RSS}`, [RSS]],
    [`${ATOM};q=0.1234, ${RSS}`, [RSS]],
    [`${ATOM};q=high, ${RSS}`, [RSS]],
    [`, ,${ATOM},`, [ATOM]],
    [`application, /, a/b/c, ${ATOM}`, [ATOM]],
    ['*', OFFERS],
    ['garbage', OFFERS],
    ['*/xml', []],
  ])('%j takes %j', (accept, offers) => {
    expect(acceptable(accept, OFFERS)).toEqual(offers)
  })

  it('costs little on a hostile header (X-16)', () => {
    const start = performance.now()
    expect(acceptable(`${'a/b;q=0.1,'.repeat(20_000)}${ATOM}`, OFFERS)).toEqual([ATOM])
    expect(acceptable(`${ATOM}${';x'.repeat(100_000)}, ${RSS}`, OFFERS)).toEqual([RSS])
    expect(performance.now() - start).toBeLessThan(500)
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
  ])('%j: %s', (accept, html) => {
    expect(prefersHtml(accept)).toBe(html)
  })
})
