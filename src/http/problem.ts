/** Failures on the wire: status and problem+json (RFC 9457), or a small page for people with a browser. */
import type { Problem } from '../model/answers.ts'
import type { Failure, Reason } from '../model/failures.ts'
import { sentence } from '../model/failures.ts'
import { problemPath } from '../model/urls.ts'
import { formatTime } from '../text/time.ts'

type Kind = { status: number; title: string; advice: string }

/** One row a reason: its status, its constant title, and what somebody who meets it can do. */
export const PROBLEMS: Readonly<Record<Reason, Kind>> = {
  unparsable: {
    status: 400,
    title: 'The body cannot be read',
    advice:
      'Send UTF-8: a JSON object, or a manuscript as Markdown that begins with front matter between --- lines.',
  },
  'bad-query': {
    status: 400,
    title: 'The query cannot be read',
    advice: 'Leave the parameters out, or take them from the next link of an earlier answer.',
  },
  unauthorized: {
    status: 401,
    title: 'A token is needed',
    advice: "Send Authorization: Bearer with the desk's token. It is read from that header only.",
  },
  'not-found': {
    status: 404,
    title: 'Nothing is here',
    advice: 'Check the address; the front page lists what is out.',
  },
  'unknown-code': {
    status: 404,
    title: 'No such short link',
    advice: 'No story has this code. Check each letter and digit of it.',
  },
  'unknown-article': {
    status: 404,
    title: 'No such article',
    advice: 'Check the id; GET /api/articles lists all of them.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The method is not allowed here',
    advice: 'Use one of the methods that the Allow header names.',
  },
  'not-acceptable': {
    status: 406,
    title: 'No form of it is acceptable',
    advice: 'Name one of the media types in Accept, or use an address that has one form only.',
  },
  'coding-refused': {
    status: 406,
    title: 'No acceptable content coding',
    advice: 'Allow identity, gzip or br in Accept-Encoding, or leave the header out.',
  },
  withdrawn: {
    status: 409,
    title: 'The article was withdrawn',
    advice: 'Say republish: true in the manuscript to bring it back under the same id and code.',
  },
  'code-taken': {
    status: 409,
    title: 'The code is taken',
    advice: 'Leave the code out and one is made, or choose another. Codes are never used again.',
  },
  'unknown-link': {
    status: 404,
    title: 'No such link',
    advice: 'Check the code, upper and lower case too; GET /api/links lists all of them.',
  },
  'link-taken': {
    status: 409,
    title: 'The code is taken',
    advice:
      'Choose another code. That of an article stays with it: to move the article, publish it with another canonical; to take it back, withdraw it.',
  },
  'link-removed': {
    status: 409,
    title: 'The link was removed',
    advice:
      'Choose another code, or say republish: true (dateline links put --republish) with the address that it led to, to bring the link back.',
  },
  'canonical-taken': {
    status: 409,
    title: 'The canonical address is taken',
    advice: 'Give the address that this article alone has.',
  },
  'moved-into-future': {
    status: 409,
    title: 'A public article cannot be embargoed',
    advice: 'Withdraw it, or leave published as it is.',
  },
  'import-under-way': {
    status: 409,
    title: 'An import is under way',
    advice: 'Wait until it has ended; GET /api/import tells where it stands.',
  },
  'import-refused': {
    status: 409,
    title: 'The import does not fit this desk',
    advice: 'GET /api/import tells what the desk waits for; DELETE there abandons an import.',
  },
  'not-empty': {
    status: 409,
    title: 'The desk is not empty',
    advice: 'Import into a new desk: an import never mixes with articles that are there.',
  },
  gone: {
    status: 410,
    title: 'This was withdrawn',
    advice: 'The newsroom took it back. Its short link will not be used for another story.',
  },
  expired: {
    status: 410,
    title: 'This link has expired',
    advice: 'It was made for a time, which is over, and will not be used for another page.',
  },
  legal: {
    status: 451,
    title: 'Unavailable for legal reasons',
    advice: 'The newsroom had to take it back. What it may say about that stands in the answer.',
  },
  'precondition-failed': {
    status: 412,
    title: 'It is not in the state you expect',
    advice: 'Read it again and send If-Match with the ETag you got.',
  },
  'too-large': {
    status: 413,
    title: 'The body is too large',
    advice: 'Shorten the manuscript; figures belong in /media/ or on another host.',
  },
  'too-many-lines': {
    status: 413,
    title: 'The body has too many lines',
    advice: 'Send them in several requests; nothing of this one was taken.',
  },
  'unsupported-type': {
    status: 415,
    title: 'The media type is not one of ours',
    advice: 'Send one of the media types that the Accept header of the answer names.',
  },
  'unsupported-coding': {
    status: 415,
    title: 'The body comes in a content coding',
    advice: 'Send the body as it is, without Content-Encoding.',
  },
  invalid: {
    status: 422,
    title: 'What was sent has faults',
    advice: 'Each entry of errors says what is wrong and where (a JSON Pointer).',
  },
  'too-many-misses': {
    status: 429,
    title: 'Too many new addresses',
    advice: 'Wait as long as Retry-After says. Documents that are already in KV are not limited.',
  },
  internal: {
    status: 500,
    title: 'Something unexpected went wrong',
    advice: 'Nothing was acknowledged that is not kept. Try again later.',
  },
  'settings-refused': {
    status: 503,
    title: 'The settings are refused',
    advice: 'The operator must correct the setting that is named and deploy again.',
  },
  'ledger-damaged': {
    status: 503,
    title: 'The ledger is damaged',
    advice:
      'The operator must restore it: stop the desk, move the damaged ledger away, and import a backup (docs/operate.md).',
  },
  'ledger-missing': {
    status: 503,
    title: 'The ledger is missing',
    advice:
      'The operator must import a backup. A new desk begins with an empty KV namespace or state folder.',
  },
  'disk-full': {
    status: 503,
    title: 'The disk is full',
    advice: 'The operator must make room. Then send it again: nothing of it was kept.',
  },
  'disk-read-only': {
    status: 503,
    title: 'The disk is read-only',
    advice: 'The operator must make it writable. Then send it again: nothing of it was kept.',
  },
  unavailable: {
    status: 503,
    title: 'The store did not answer',
    advice: 'Try again when Retry-After says.',
  },
}

export function problemOf(failure: Failure, siteUrl: string): Problem {
  const { status, title } = PROBLEMS[failure.reason]
  return {
    type: `${siteUrl}${problemPath(failure.reason)}`,
    title,
    status,
    detail: sentence(failure),
    ...(failure.reason === 'invalid' && {
      errors: failure.faults.map(({ detail, pointer }) => ({ detail, pointer })),
    }),
    ...(failure.reason === 'not-acceptable' && { alternatives: failure.alternatives }),
    ...('when' in failure && failure.when !== undefined && { withdrawn: formatTime(failure.when) }),
    ...(failure.reason === 'unknown-code' &&
      failure.near.length > 0 && {
        near: failure.near.map(({ code, url, title }) => ({ code, short_url: url, title })),
      }),
  }
}

/** Who blocks what is answered 451: the publisher, who took it back (RFC 7725 section 4). */
export const blockedBy = (siteUrl: string): Record<string, string> => ({
  Link: `<${siteUrl}>; rel="blocked-by"`,
})

/** Headers that a failure brings with it: how long, which methods, which credentials, who blocks. */
export function failureHeaders(failure: Failure, siteUrl: string): Record<string, string> {
  switch (failure.reason) {
    case 'unauthorized':
      // The scheme alone is not enough: a parameter must follow it (RFC 6750 section 3).
      return {
        'WWW-Authenticate': `Bearer realm="desk"${failure.tokenGiven ? ', error="invalid_token"' : ''}`,
      }
    case 'method-not-allowed':
      return { Allow: failure.allowed.join(', ') }
    case 'too-many-misses':
    case 'unavailable':
      return { 'Retry-After': String(failure.retryAfterSeconds) }
    case 'disk-full':
    case 'disk-read-only':
      return { 'Retry-After': '60' }
    case 'settings-refused':
    case 'ledger-damaged':
    case 'ledger-missing':
      return { 'Retry-After': '300' }
    case 'unsupported-type':
      return { Accept: failure.accepted.join(', ') }
    case 'unsupported-coding':
      return { 'Accept-Encoding': 'identity' }
    case 'legal':
      return blockedBy(siteUrl)
    default:
      return {}
  }
}

const GONE: readonly Reason[] = ['gone', 'expired', 'legal']

/** How long an answer of this kind may be kept: unknown briefly, withdrawn some minutes, the rest not at all. */
export function failureCaching(failure: Failure): string {
  if (failure.reason === 'not-found' || failure.reason === 'unknown-code')
    return 'public, max-age=10'
  if (GONE.includes(failure.reason)) return 'public, max-age=120'
  return 'no-store'
}

/** The failure as problem+json. */
export function problemResponse(
  failure: Failure,
  siteUrl: string,
  headers: Record<string, string> = {},
): Response {
  const problem = problemOf(failure, siteUrl)
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': failureCaching(failure),
      'X-Content-Type-Options': 'nosniff',
      ...failureHeaders(failure, siteUrl),
      ...headers,
    },
  })
}
