/** Tests the sentence and the problem response (RFC 9457) of every failure. */
import { describe, expect, it } from 'vitest'
import { FORMATS } from '../../src/feeds/formats.ts'
import {
  buildProblem,
  buildProblemResponse,
  getFailureCacheControl,
  getFailureHeaders,
  PROBLEMS,
} from '../../src/http/problem.ts'
import { MANUSCRIPT_TYPES, MAX_MANUSCRIPT_BYTES } from '../../src/manuscript/read.ts'
import { ALL_CHANNEL as EVERYTHING } from '../../src/model/channel.ts'
import { ARTICLE_FAILURES } from '../../src/model/failures/articles.ts'
import { DESK_FAILURES } from '../../src/model/failures/desk.ts'
import { LINK_FAILURES } from '../../src/model/failures/links.ts'
import { READING_FAILURES } from '../../src/model/failures/reading.ts'
import { REQUEST_FAILURES } from '../../src/model/failures/requests.ts'
import {
  FAILURE_REASONS,
  type Failure,
  type FailureReason,
  formatFailure,
  getFailureExample,
  getFailureRow,
} from '../../src/model/failures.ts'
import { MIN_TOKEN_LENGTH } from '../../src/model/publication.ts'
import { documentPath } from '../../src/model/urls.ts'

const SITE = 'https://news.example'
const id = 'itcn-asia'

/** At least one for each reason; the type ensures completeness. */
const FAILURES: { [R in FailureReason]: Extract<Failure, { reason: R }>[] } = {
  unparsable: [
    { reason: 'unparsable', action: 'publish', subject: id, why: 'the body is not JSON' },
  ],
  unauthorized: [
    { reason: 'unauthorized', hasToken: true },
    { reason: 'unauthorized', hasToken: false },
  ],
  'not-found': [{ reason: 'not-found', subject: 'this page' }],
  'unknown-code': [
    {
      reason: 'unknown-code',
      near: [{ code: 'mheng', url: `${SITE}/mheng`, title: 'A <b> & "c"', language: 'en' }],
    },
  ],
  'unknown-article': [{ reason: 'unknown-article', action: 'withdraw', id }],
  withdrawn: [{ reason: 'withdrawn', id }],
  'code-taken': [{ reason: 'code-taken', id, code: 'mheng' }],
  'unknown-link': [{ reason: 'unknown-link', action: 'show', code: 'mheng' }],
  'link-taken': [
    { reason: 'link-taken', action: 'change', code: 'mheng', owner: { article: id } },
    { reason: 'link-taken', action: 'import', code: 'mheng', owner: { url: `${SITE}/a` } },
  ],
  'link-removed': [{ reason: 'link-removed', action: 'change', code: 'mheng' }],
  expired: [{ reason: 'expired', subject: 'this short link' }],
  legal: [{ reason: 'legal', subject: 'this short link', why: 'a court forbade showing it' }],
  'canonical-taken': [{ reason: 'canonical-taken', id, canonical: `${SITE}/a` }],
  'moved-into-future': [{ reason: 'moved-into-future', id, published: '2099-01-01T00:00:00Z' }],
  'precondition-failed': [
    { reason: 'precondition-failed', action: 'publish', id, why: 'it has changed since' },
  ],
  'too-large': [{ reason: 'too-large', action: 'publish', subject: id, limit: 1024 }],
  'too-many-lines': [
    { reason: 'too-many-lines', action: 'publish', subject: 'articles', limit: 500 },
  ],
  'unsupported-type': [
    {
      reason: 'unsupported-type',
      action: 'publish',
      subject: id,
      contentType: 'text/plain',
      accepted: ['application/json', 'text/markdown'],
    },
  ],
  'method-not-allowed': [
    { reason: 'method-not-allowed', method: 'POST', allowed: ['GET', 'HEAD', 'OPTIONS'] },
  ],
  'not-acceptable': [
    {
      reason: 'not-acceptable',
      subject: 'this feed',
      alternatives: [
        { type: 'application/rss+xml', url: `${SITE}/rss.xml` },
        { type: 'application/atom+xml', url: `${SITE}/atom.xml` },
      ],
    },
  ],
  'coding-refused': [{ reason: 'coding-refused' }],
  'unsupported-coding': [
    { reason: 'unsupported-coding', action: 'publish', subject: id, contentCoding: 'gzip' },
  ],
  invalid: [
    {
      reason: 'invalid',
      action: 'publish',
      subject: id,
      faults: [{ detail: 'title is empty', pointer: '/title' }],
    },
    {
      reason: 'invalid',
      action: 'publish',
      subject: id,
      faults: [
        { detail: 'title is empty', pointer: '/title', line: 2 },
        { detail: 'body is missing', pointer: '/body', line: 1 },
      ],
    },
    { reason: 'invalid', action: 'publish', subject: id, faults: [] },
  ],
  'bad-query': [{ reason: 'bad-query', action: 'list articles', why: 'after is no cursor' }],
  'import-under-way': [{ reason: 'import-under-way', action: 'publish' }],
  'import-refused': [
    { reason: 'import-refused', action: 'abandon an import', why: 'no import is under way' },
  ],
  'not-empty': [{ reason: 'not-empty', subject: id }],
  gone: [{ reason: 'gone', subject: 'this article' }],
  'too-many-misses': [{ reason: 'too-many-misses', retryAfterSeconds: 60 }],
  'settings-refused': [{ reason: 'settings-refused', why: 'TITLE is empty' }],
  'ledger-damaged': [
    { reason: 'ledger-damaged', action: 'publish', why: 'database disk image is malformed' },
  ],
  'ledger-missing': [{ reason: 'ledger-missing', action: 'rebuild the wire' }],
  'disk-full': [{ reason: 'disk-full', action: `publish "${id}"` }],
  'disk-read-only': [{ reason: 'disk-read-only', action: `publish "${id}"` }],
  unavailable: [{ reason: 'unavailable', retryAfterSeconds: 30 }],
  internal: [{ reason: 'internal' }],
}
const ALL = Object.values(FAILURES).flat()
/** The same failures, and the examples from the API description. */
const WITH_EXAMPLES = [
  ...ALL,
  ...FAILURE_REASONS.map((reason): Failure => getFailureExample(reason)),
]
const CASES = WITH_EXAMPLES.map((failure) => [failure.reason, failure] as const)

describe('the sentence of a failure', () => {
  it.each(CASES)('for %s names what failed, and why', (_, failure) => {
    const text = formatFailure(failure)
    expect(text).toMatch(/^Cannot [a-zA-Z]+\b[^:]*: \S/)
    expect(text).not.toMatch(/[.!?:;\s]$/)
    expect(text).not.toMatch(/n['’]t\b|\b(?:it|that|there|what|who)['’]s\b|['’](?:ll|re|ve|d|m)\b/i)
    expect(text).not.toMatch(/undefined|null|\[object|NaN|[\r\n]/)
  })

  it('counts the faults that it does not list', () => {
    expect(FAILURES.invalid.map(formatFailure)).toEqual([
      'Cannot publish "itcn-asia": title is empty',
      'Cannot publish "itcn-asia": title is empty (and 1 more)',
      'Cannot publish "itcn-asia": it is not valid',
    ])
  })

  it('is different for each failure', () => {
    // The sentence of unknown-code does not contain the similar codes, so it is checked once.
    const otherFailures = ALL.filter(({ reason }) => reason !== 'unknown-code')
    expect(new Set(otherFailures.map(formatFailure)).size).toBe(otherFailures.length)
    expect(otherFailures.map(formatFailure)).not.toContain(
      formatFailure({ reason: 'unknown-code', near: [] }),
    )
  })
})

describe('the table of problems', () => {
  it('has exactly one row for each reason', () => {
    expect(Object.keys(PROBLEMS).sort()).toEqual(Object.keys(FAILURES).sort())
  })

  it.each(Object.entries(PROBLEMS))(
    'has an error status, a title and advice for %s',
    (_, { status, title, advice }) => {
      expect(status).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(600)
      expect(title).toMatch(/^[A-Z][^.!?]*[^.!?\s]$/)
      expect(advice).toMatch(/^[A-Z].*\.$/)
      expect(advice).not.toMatch(/n['’]t\b/)
    },
  )

  it.each([
    ['unparsable', 400],
    ['unauthorized', 401],
    ['not-found', 404],
    ['method-not-allowed', 405],
    ['code-taken', 409],
    ['gone', 410],
    ['precondition-failed', 412],
    ['too-large', 413],
    ['too-many-lines', 413],
    ['unsupported-type', 415],
    ['unsupported-coding', 415],
    ['coding-refused', 406],
    ['invalid', 422],
    ['too-many-misses', 429],
    ['internal', 500],
    ['unavailable', 503],
  ] as const)('gives %s the status %i', (reason, status) => {
    expect(PROBLEMS[reason].status).toBe(status)
  })
})

describe('the rows of failures', () => {
  const LISTED_REASONS = [
    REQUEST_FAILURES,
    READING_FAILURES,
    ARTICLE_FAILURES,
    LINK_FAILURES,
    DESK_FAILURES,
  ].flatMap(Object.keys)

  it('have each reason exactly once', () => {
    expect(LISTED_REASONS).toHaveLength(new Set(LISTED_REASONS).size)
    expect([...FAILURE_REASONS].sort()).toEqual([...LISTED_REASONS].sort())
    expect(FAILURE_REASONS.length).toBeGreaterThan(30)
  })

  it.each(FAILURE_REASONS)(
    'have an example for %s, which has the title of its problem',
    (reason) => {
      const failure: Failure = getFailureExample(reason)
      expect(failure.reason).toBe(reason)
      expect(getFailureRow(failure).title).toBe(PROBLEMS[reason].title)
    },
  )

  // The rows are in a lower layer and cannot import these values, so their examples repeat them.
  it('have the current limits and names in their examples', () => {
    expect(getFailureExample('too-large').limit).toBe(MAX_MANUSCRIPT_BYTES)
    expect(getFailureExample('unsupported-type').accepted).toEqual(MANUSCRIPT_TYPES)
    expect(getFailureExample('settings-refused').why).toContain(` ${MIN_TOKEN_LENGTH} characters`)
    expect(getFailureExample('not-acceptable').alternatives).toEqual(
      FORMATS.map(({ mediaType, file }) => ({
        type: mediaType,
        url: `${SITE}${documentPath(EVERYTHING, file)}`,
      })),
    )
  })
})

describe('a problem response', () => {
  it.each(CASES)(
    'for %s is problem+json with type, title, status and detail (RFC 9457 section 3)',
    async (reason, failure) => {
      const response = buildProblemResponse(failure, SITE)
      expect(response.status).toBe(PROBLEMS[reason].status)
      expect(response.headers.get('Content-Type')).toBe('application/problem+json')
      expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff')
      expect(response.headers.get('Cache-Control')).toBe(getFailureCacheControl(failure))
      const problem: unknown = await response.json()
      expect(problem).toEqual(buildProblem(failure, SITE))
      expect(problem).toMatchObject({
        type: `${SITE}/problems/${reason}`,
        title: PROBLEMS[reason].title,
        status: PROBLEMS[reason].status,
        detail: formatFailure(failure),
      })
    },
  )

  it('lists the faults of an invalid manuscript with JSON Pointers; other failures have no such list', () => {
    expect(buildProblem(FAILURES.invalid[1] ?? { reason: 'internal' }, SITE).errors).toEqual([
      { detail: 'title is empty', pointer: '/title' },
      { detail: 'body is missing', pointer: '/body' },
    ])
    const others = ALL.filter(({ reason }) => reason !== 'invalid')
    expect(others.length).toBeGreaterThan(15)
    for (const failure of others) expect(buildProblem(failure, SITE)).not.toHaveProperty('errors')
  })

  it('has the headers that its status requires', () => {
    const getHeaders = (reason: FailureReason): Record<string, string>[] =>
      FAILURES[reason].map((failure) => getFailureHeaders(failure, SITE))
    expect(getHeaders('unauthorized')).toEqual([
      { 'WWW-Authenticate': 'Bearer realm="desk", error="invalid_token"' },
      { 'WWW-Authenticate': 'Bearer realm="desk"' },
    ])
    expect(getHeaders('method-not-allowed')).toEqual([{ Allow: 'GET, HEAD, OPTIONS' }])
    expect(getHeaders('unsupported-type')).toEqual([{ Accept: 'application/json, text/markdown' }])
    expect(getHeaders('too-many-misses')).toEqual([{ 'Retry-After': '60' }])
    expect(getHeaders('unavailable')).toEqual([{ 'Retry-After': '30' }])
  })

  it('has Retry-After in seconds if its status is 429 or 503 (H-61, H-62)', () => {
    const temporary = ALL.filter(({ reason }) => [429, 503].includes(PROBLEMS[reason].status))
    expect(temporary).toHaveLength(7)
    for (const failure of temporary)
      expect(getFailureHeaders(failure, SITE)['Retry-After']).toMatch(/^[1-9]\d*$/)
  })

  it('may be cached only for failures that are not temporary (H-29)', () => {
    const stored = ALL.filter((failure) => getFailureCacheControl(failure) !== 'no-store').map(
      ({ reason }) => reason,
    )
    expect([...new Set(stored)]).toEqual(['not-found', 'unknown-code', 'expired', 'legal', 'gone'])
    expect(getFailureCacheControl({ reason: 'unavailable', retryAfterSeconds: 1 })).toBe('no-store')
  })
})
