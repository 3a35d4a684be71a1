/**
 * Failures of a request itself, whatever its subject: its method, headers, credentials or body (RFC
 * 9110, RFC 6750).
 */
import { ALL_CHANNEL } from '../channel.ts'
import { documentPath, FEED_FILES } from '../urls.ts'
import { EXAMPLE_ID, row } from './row.ts'

/**
 * One fault of a manuscript: where it is (JSON Pointer, RFC 6901) and what is wrong. `line` counts
 * from 1 in a file.
 */
export type Fault = { detail: string; pointer: string; line?: number }

/** One available form of a resource, and the fixed address of that form. */
export type Alternative = { type: string; url: string }

/** `action` is a verb such as `publish`; `subject` is an id, or the name of a list. */
type RequestSubject = { action: string; subject: string }

const buildExampleUrl = (file: string): string =>
  `https://news.example${documentPath(ALL_CHANNEL, file)}`

export const REQUEST_FAILURES = {
  unparsable: row<RequestSubject & { why: string }>({
    status: 400,
    title: 'The body cannot be read',
    advice:
      'Send UTF-8: a JSON object, or a manuscript as Markdown that begins with front matter between --- lines.',
    sentence: ({ action, subject, why }) => `Cannot ${action} "${subject}": ${why}`,
    example: {
      action: 'publish',
      subject: EXAMPLE_ID,
      why: 'the front matter has no closing --- line',
    },
  }),
  'bad-query': row<{ action: string; why: string }>({
    status: 400,
    title: 'The query cannot be read',
    advice: 'Leave the parameters out, or use the next link of an earlier response.',
    sentence: ({ action, why }) => `Cannot ${action}: ${why}`,
    example: { action: 'list articles', why: 'after is not a cursor of this list' },
  }),
  unauthorized: row<{ hasToken: boolean }>({
    status: 401,
    title: 'A token is needed',
    advice:
      'Send Authorization: Bearer with the token of the desk. The token is not accepted anywhere else.',
    sentence: ({ hasToken }) =>
      hasToken
        ? 'Cannot use the publish API: the bearer token is not the one of this desk'
        : 'Cannot use the publish API: the Authorization header carries no bearer token',
    example: { hasToken: false },
    // The scheme alone is not enough: a parameter must follow it (RFC 6750 section 3).
    headers: ({ hasToken }) => ({
      'WWW-Authenticate': `Bearer realm="desk"${hasToken ? ', error="invalid_token"' : ''}`,
    }),
  }),
  'method-not-allowed': row<{ method: string; allowed: string[] }>({
    status: 405,
    title: 'The method is not allowed here',
    advice: 'Use one of the methods in the Allow header.',
    sentence: ({ method, allowed }) =>
      `Cannot ${method} this address: it allows ${allowed.join(', ')}`,
    example: { method: 'PATCH', allowed: ['GET', 'HEAD'] },
    headers: ({ allowed }) => ({ Allow: allowed.join(', ') }),
  }),
  'not-acceptable': row<{ subject: string; alternatives: Alternative[] }>({
    status: 406,
    title: 'No acceptable format',
    advice: 'Name one of the alternatives in Accept, or use an address with a single format.',
    sentence: ({ subject, alternatives }) =>
      `Cannot show ${subject}: Accept names none of ${alternatives.map(({ type }) => type).join(', ')}`,
    example: {
      subject: 'this feed',
      alternatives: [
        { type: 'application/rss+xml', url: buildExampleUrl(FEED_FILES.rss) },
        { type: 'application/atom+xml', url: buildExampleUrl(FEED_FILES.atom) },
        { type: 'application/feed+json', url: buildExampleUrl(FEED_FILES.json) },
      ],
    },
    members: ({ alternatives }) => ({ alternatives }),
  }),
  'coding-refused': row({
    status: 406,
    title: 'No acceptable content coding',
    advice: 'Allow identity, gzip or br in Accept-Encoding, or leave the header out.',
    sentence: () => 'Cannot show this: Accept-Encoding refuses identity, gzip and br',
    example: {},
  }),
  'precondition-failed': row<{ action: string; id: string; why: string }>({
    status: 412,
    title: 'The precondition failed',
    advice: 'Read the article or link again, and send its current ETag in If-Match.',
    sentence: ({ action, id, why }) => `Cannot ${action} "${id}": ${why}`,
    example: { action: 'publish', id: EXAMPLE_ID, why: 'its revision is "2", not "1"' },
  }),
  'too-large': row<RequestSubject & { limit: number }>({
    status: 413,
    title: 'The body is too large',
    advice: 'Shorten the manuscript. Pictures belong in /media/ or on another host.',
    sentence: ({ action, subject, limit }) =>
      `Cannot ${action} "${subject}": the body is larger than ${limit} bytes`,
    example: { action: 'publish', subject: EXAMPLE_ID, limit: 1_966_080 },
  }),
  'too-many-lines': row<RequestSubject & { limit: number }>({
    status: 413,
    title: 'The body has too many lines',
    advice: 'Send the lines in several requests. None of this request was accepted.',
    sentence: ({ action, subject, limit }) =>
      `Cannot ${action} "${subject}": the body has more than ${limit} lines`,
    example: { action: 'publish', subject: 'articles', limit: 500 },
  }),
  'unsupported-type': row<RequestSubject & { contentType: string; accepted: string[] }>({
    status: 415,
    title: 'Unsupported media type',
    advice: 'Send one of the media types in the Accept header of the response.',
    sentence: ({ action, subject, contentType, accepted }) =>
      `Cannot ${action} "${subject}": Content-Type "${contentType}" is not one of ${accepted.join(', ')}`,
    example: {
      action: 'publish',
      subject: EXAMPLE_ID,
      contentType: 'text/plain',
      accepted: ['application/json', 'text/markdown'],
    },
    headers: ({ accepted }) => ({ Accept: accepted.join(', ') }),
  }),
  'unsupported-coding': row<RequestSubject & { contentCoding: string }>({
    status: 415,
    title: 'Unsupported content coding',
    advice: 'Send the body without Content-Encoding.',
    sentence: ({ action, subject, contentCoding }) =>
      `Cannot ${action} "${subject}": Content-Encoding "${contentCoding}" is not identity`,
    example: { action: 'publish', subject: EXAMPLE_ID, contentCoding: 'gzip' },
    headers: () => ({ 'Accept-Encoding': 'identity' }),
  }),
  invalid: row<RequestSubject & { faults: Fault[] }>({
    status: 422,
    title: 'The input has faults',
    advice: 'Each entry of errors reports what is wrong and where (a JSON Pointer).',
    sentence: ({ action, subject, faults }) =>
      `Cannot ${action} "${subject}": ${faults[0]?.detail ?? 'it is not valid'}${
        faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
      }`,
    example: {
      action: 'publish',
      subject: EXAMPLE_ID,
      faults: [
        { detail: 'title is missing', pointer: '/title' },
        { detail: '"sumary" is not a key; the nearest is "summary"', pointer: '/sumary' },
      ],
    },
    members: ({ faults }) => ({
      errors: faults.map(({ detail, pointer }) => ({ detail, pointer })),
    }),
  }),
}
