/** Problems as the description of the API shows them: an answer and an example of each kind. */
import { FORMATS } from '../../feeds/formats.ts'
import { failureHeaders, PROBLEMS, problemOf } from '../../http/problem.ts'
import { MANUSCRIPT_TYPES, MAX_BODY_BYTES } from '../../manuscript/read.ts'
import { ALL } from '../../model/channel.ts'
import type { Failure, Reason } from '../../model/failures.ts'
import { MIN_TOKEN_LENGTH } from '../../model/publication.ts'
import { STORAGE_REASONS } from '../../model/storage-failures.ts'
import { documentPath } from '../../model/urls.ts'
import { MAX_LINES } from '../articles-bulk.ts'
import { HEADER_NAMES, type HeaderName, headersOf } from './headers.ts'
import { schemaOf } from './schemas.ts'

const id = 'technology-expo'

/** One failure of each kind, for the example of its problem. */
const FAILURES: { readonly [R in Reason]: Extract<Failure, { reason: R }> } = {
  unparsable: {
    reason: 'unparsable',
    action: 'publish',
    subject: id,
    why: 'the front matter has no closing --- line',
  },
  'bad-query': {
    reason: 'bad-query',
    action: 'list articles',
    why: 'after is not a cursor of this list',
  },
  'import-under-way': { reason: 'import-under-way', action: 'publish' },
  'import-refused': {
    reason: 'import-refused',
    action: 'import "yMhU0hGzIZTAOgp4cTnT9Q"',
    why: 'its line 3 comes next, not line 9',
  },
  'not-empty': { reason: 'not-empty', subject: 'yMhU0hGzIZTAOgp4cTnT9Q' },
  unauthorized: { reason: 'unauthorized', tokenGiven: false },
  'not-found': { reason: 'not-found', what: 'this part of the publish API' },
  'unknown-code': {
    reason: 'unknown-code',
    near: [
      {
        code: 'expo25',
        url: 'https://news.example/expo25',
        title: 'Technology expo opens in Lahore with a national pavilion',
        language: 'en',
      },
    ],
  },
  'unknown-article': { reason: 'unknown-article', action: 'show', id },
  'method-not-allowed': { reason: 'method-not-allowed', method: 'PATCH', allowed: ['GET', 'HEAD'] },
  'not-acceptable': {
    reason: 'not-acceptable',
    subject: 'this feed',
    alternatives: FORMATS.map(({ mediaType: type, file }) => ({
      type,
      url: `https://news.example${documentPath(ALL, file)}`,
    })),
  },
  'coding-refused': { reason: 'coding-refused' },
  withdrawn: { reason: 'withdrawn', id },
  'code-taken': { reason: 'code-taken', id, code: 'expo25' },
  'canonical-taken': {
    reason: 'canonical-taken',
    id,
    canonical: 'https://news.example/2025/technology-expo',
  },
  'moved-into-future': { reason: 'moved-into-future', id, published: '2099-03-01T11:00:00Z' },
  'unknown-link': { reason: 'unknown-link', action: 'show', code: 'expo25' },
  'link-taken': {
    reason: 'link-taken',
    action: 'change',
    code: 'expo25',
    holder: { article: 'technology-expo' },
  },
  'link-removed': { reason: 'link-removed', action: 'change', code: 'expo-map' },
  gone: { reason: 'gone', what: 'the story behind this short link', when: 1_760_500_800 },
  expired: { reason: 'expired', what: 'this short link' },
  legal: {
    reason: 'legal',
    what: 'this short link',
    why: 'a court in Karachi forbade to show it on 3 March 2026',
  },
  'precondition-failed': {
    reason: 'precondition-failed',
    action: 'publish',
    id,
    why: 'its revision is "2", not "1"',
  },
  'too-large': { reason: 'too-large', action: 'publish', subject: id, limit: MAX_BODY_BYTES },
  'too-many-lines': {
    reason: 'too-many-lines',
    action: 'publish',
    subject: 'articles',
    limit: MAX_LINES,
  },
  'unsupported-type': {
    reason: 'unsupported-type',
    action: 'publish',
    subject: id,
    given: 'text/plain',
    accepted: [...MANUSCRIPT_TYPES],
  },
  'unsupported-coding': {
    reason: 'unsupported-coding',
    action: 'publish',
    subject: id,
    given: 'gzip',
  },
  invalid: {
    reason: 'invalid',
    action: 'publish',
    subject: id,
    faults: [
      { detail: 'title is missing', pointer: '/title' },
      { detail: '"sumary" is not a key; the nearest is "summary"', pointer: '/sumary' },
    ],
  },
  'too-many-misses': { reason: 'too-many-misses', retryAfterSeconds: 60 },
  internal: { reason: 'internal' },
  'settings-refused': {
    reason: 'settings-refused',
    why: `DESK_TOKEN is shorter than ${MIN_TOKEN_LENGTH} characters`,
  },
  'ledger-damaged': {
    reason: 'ledger-damaged',
    action: 'publish',
    why: 'database disk image is malformed',
  },
  'ledger-missing': { reason: 'ledger-missing', action: 'publish' },
  'disk-full': { reason: 'disk-full', action: `publish "${id}"` },
  'disk-read-only': { reason: 'disk-read-only', action: `publish "${id}"` },
  unavailable: { reason: 'unavailable', retryAfterSeconds: 30 },
}

export const REASONS = Object.keys(FAILURES) as Reason[]

/** What every address that wants the token may answer. */
export const ALWAYS: readonly Reason[] = [
  'unauthorized',
  'internal',
  'settings-refused',
  ...STORAGE_REASONS,
  'unavailable',
]

export const statusOf = (reason: Reason): number => PROBLEMS[reason].status

/** One example a kind, for the components. */
export const problemExamples = (siteUrl: string) =>
  Object.fromEntries(
    REASONS.map((reason) => [
      reason,
      { summary: PROBLEMS[reason].title, value: problemOf(FAILURES[reason], siteUrl) },
    ]),
  )

/** Headers that all of these kinds bring, and those that only some do. */
function headersOfProblems(reasons: readonly Reason[]): [HeaderName[], HeaderName[]] {
  const brought = reasons.map((reason) =>
    Object.keys(failureHeaders(FAILURES[reason], 'https://news.example')),
  )
  const always = HEADER_NAMES.filter((name) => brought.every((names) => names.includes(name)))
  const some = HEADER_NAMES.filter((name) => brought.some((names) => names.includes(name)))
  return [always, some.filter((name) => !always.includes(name))]
}

/** An answer whose problem is one of these kinds, which have one status. */
export function problemAnswer(reasons: readonly Reason[]) {
  const references = reasons.map((reason) => schemaOf(`problem-${reason}`))
  const headers = headersOf(...headersOfProblems(reasons))
  return {
    description: reasons.map((reason) => PROBLEMS[reason].title).join('; or: '),
    ...(Object.keys(headers).length > 0 && { headers }),
    content: {
      'application/problem+json': {
        schema: references.length === 1 ? references[0] : { oneOf: references },
        examples: Object.fromEntries(
          reasons.map((reason) => [reason, { $ref: `#/components/examples/${reason}` }]),
        ),
      },
    },
  }
}
