/**
 * Responds to conditional requests for one resource. Only this file decides between 200, 304 and
 * 412, and how to respond to HEAD (RFC 9110 sections 8.4, 9.3, 12.5.3, 13.1, 13.2.2, 15.4.5; RFC
 * 9111 section 5.2).
 */
import { byteLength } from '../text/characters.ts'
import { digest } from '../text/digest.ts'
import { formatHttpDate } from '../text/time.ts'
import {
  CODINGS,
  type CodedBody,
  type Coding,
  createBody,
  getEncodedBody,
  listCodings,
} from './coding.ts'
import { chooseCoding, getClientAcceptEncoding, refusesIdentity } from './negotiation.ts'

/**
 * The document is available (200), withdrawn (410), or withdrawn because of a legal demand (451,
 * RFC 7725).
 */
export type DocumentStatus = 200 | 410 | 451

/** A document with its validators. It does not depend on a request. */
export type Representation = {
  status: DocumentStatus
  type: string
  /**
   * A weak entity-tag with its quotes. It is the same for all codings (RFC 9110 section 8.8.3.3).
   */
  etag: string
  /**
   * The time of the last change in seconds. It increases with every change of the bytes. If it is
   * absent, the entity-tag is the only validator.
   */
  modified?: number
  /** The number of bytes of the body without a coding. */
  length: number
  language?: string
  cacheControl: string
  /** Headers of 200 and 304, such as Link and those of CORS. `Vary` is extended. */
  headers: Record<string, string>
  /** The body may be absent if `wantsBody` returned false. */
  body?: CodedBody | undefined
  /**
   * Called before the body is sent in response to a GET. If it returns a substitute, such as a
   * delta, that is sent instead, with the same validators.
   */
  findSubstitute?: (body: CodedBody) => Promise<Substitute | undefined>
}

/** Computes the entity-tag of a text. Equal bytes have equal tags. */
export const computeEtag = (text: string): string => `W/"${digest(text)}"`

/** Returns the parts of a representation that follow from its text: entity-tag, length and body. */
export const representText = (text: string) => ({
  etag: computeEtag(text),
  length: byteLength(text),
  body: createBody(text),
})

/**
 * What is sent instead of the document. `headers` are added to the headers of the representation.
 * `length` is the number of bytes without a coding.
 */
export type Substitute = {
  status: number
  headers: Record<string, string>
  length: number
  body: CodedBody
}

/**
 * Responds to GET and HEAD. Preconditions are evaluated only if the response would be 200 without
 * them (section 13.2.1).
 */
export async function respond(request: Request, representation: Representation): Promise<Response> {
  const decision = decideResponse(request, representation)
  const { status, modified, language, length, body } = representation
  // Headers are collected in a plain record, because each call of a `Headers` method leaves
  // JavaScript, and a poll does little else.
  const commonHeaders = {
    ...representation.headers,
    // Uncompressed responses need `Vary` too, because the next response at this address may be
    // compressed (section 12.5.5).
    Vary: addToVary(representation.headers['Vary']),
    'X-Content-Type-Options': 'nosniff',
  }
  if (decision === 'failed')
    return new Response(null, {
      status: 412,
      headers: { ...commonHeaders, 'Cache-Control': 'no-store' },
    })
  const validatorHeaders = {
    ...commonHeaders,
    'Cache-Control': representation.cacheControl,
    ETag: representation.etag,
    ...(modified !== undefined && { 'Last-Modified': formatHttpDate(modified) }),
  }
  if (decision === 'not-modified')
    return new Response(null, { status: 304, headers: validatorHeaders })
  const headers: Record<string, string> = {
    ...validatorHeaders,
    'Content-Type': representation.type,
    ...(language && { 'Content-Language': language }),
  }
  if (request.method === 'HEAD') {
    const coding = chooseResponseCoding(request, length)
    if (coding) headers['Content-Encoding'] = coding
    return new Response(null, { status, headers, encodeBody: 'manual' })
  }
  if (!body) throw new Error('Cannot send a document: its body was not read')
  const substitute = await representation.findSubstitute?.(body)
  return substitute
    ? await buildResponse(request, substitute, { ...headers, ...substitute.headers })
    : await buildResponse(request, { status, length, body }, headers)
}

const addToVary = (vary: string | undefined): string =>
  vary ? `${vary}, Accept-Encoding` : 'Accept-Encoding'

async function buildResponse(
  request: Request,
  { status, length, body }: { status: number; length: number; body: CodedBody },
  headers: Record<string, string>,
): Promise<Response> {
  const coding = chooseResponseCoding(request, length)
  const codedHeaders = coding ? { ...headers, 'Content-Encoding': coding } : headers
  return new Response(await getEncodedBody(body, coding), {
    status,
    headers: codedHeaders,
    encodeBody: 'manual',
  })
}

/**
 * Compresses a response in a coding that the client accepts. The response was built for this
 * request alone.
 */
export async function encodeResponse(request: Request, response: Response): Promise<Response> {
  const { status } = response
  const { vary, ...rest } = Object.fromEntries(response.headers)
  const headers = { ...rest, Vary: addToVary(vary) }
  const identity = await response.blob()
  return await buildResponse(
    request,
    { status, length: identity.size, body: { identity } },
    headers,
  )
}

/**
 * Chooses the coding of a response. Even a short body is compressed if the client refuses identity.
 */
function chooseResponseCoding(request: Request, length: number): Coding | undefined {
  const acceptEncoding = getClientAcceptEncoding(request)
  return chooseCoding(
    acceptEncoding,
    refusesIdentity(acceptEncoding) ? CODINGS : listCodings(length),
  )
}

/**
 * Decides how a response is sent to a client that may refuse identity (section 12.5.3). `fits`
 * means that it is sent unchanged, and `encode` that it is compressed. `refused` means that a 406
 * is sent instead, because the client also refuses all our codings.
 *
 * Responses with `no-transform` are never compressed. The API sends `no-transform`, because its
 * strong entity-tags identify the exact bytes. Errors and results of changes are sent even if they
 * cannot be compressed, because they are more useful to the client than a 406.
 */
export function decideEncoding(
  request: Request,
  { status, headers }: Response,
): 'fits' | 'encode' | 'refused' {
  if (status < 200 || status === 204 || (status >= 300 && status < 400)) return 'fits'
  const acceptEncoding = getClientAcceptEncoding(request)
  if (!refusesIdentity(acceptEncoding) || headers.has('Content-Encoding')) return 'fits'
  if (headers.get('Cache-Control')?.includes('no-transform')) return 'fits'
  if (chooseCoding(acceptEncoding, CODINGS)) return request.method === 'HEAD' ? 'fits' : 'encode'
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  return status < 300 && isRead ? 'refused' : 'fits'
}

/** Returns whether the response to this request contains the document's body. */
export const wantsBody = (
  request: Request,
  validators: { status: DocumentStatus; etag: string; modified?: number },
): boolean => request.method !== 'HEAD' && decideResponse(request, validators) === 'send'

/**
 * Formats Cache-Control with a lifetime of `maxSeconds`, which ends at `expiresAt` at the latest.
 * `expiresAt` and `now` are in seconds. If the document expired while it was read, the lifetime is
 * 0 and not negative (RFC 9111 section 1.2.2).
 */
export function formatCacheControl(
  maxSeconds: number,
  expiresAt: number | undefined,
  now: number,
): string {
  const seconds =
    expiresAt === undefined ? maxSeconds : Math.min(maxSeconds, Math.max(expiresAt - now, 0))
  return `public, max-age=${seconds}`
}

type ResponseDecision = 'send' | 'not-modified' | 'failed'

const decideResponse = (
  { headers }: Request,
  validators: { status: DocumentStatus; etag: string; modified?: number },
): ResponseDecision =>
  validators.status === 200 ? evaluatePreconditions(headers, validators) : 'send'

/**
 * Evaluates preconditions in the order of section 13.2.2. The entity-tags of public documents are
 * weak, so If-Match, which compares strongly, only succeeds with `*`.
 */
function evaluatePreconditions(
  headers: Headers,
  { etag, modified }: { etag: string; modified?: number },
): ResponseDecision {
  const ifMatch = headers.get('If-Match')
  const ifUnmodifiedSince = headers.get('If-Unmodified-Since')
  if (ifMatch !== null) {
    if (!matchesStrongly(ifMatch, etag)) return 'failed'
  } else if (ifUnmodifiedSince !== null) {
    const since = parseHttpDate(ifUnmodifiedSince)
    if (since !== undefined && modified !== undefined && modified > since) return 'failed'
  }
  const ifNoneMatch = headers.get('If-None-Match')
  if (ifNoneMatch !== null) return matchesWeakly(ifNoneMatch, etag) ? 'not-modified' : 'send'
  const ifModifiedSince = headers.get('If-Modified-Since')
  if (ifModifiedSince !== null) {
    const since = parseHttpDate(ifModifiedSince)
    if (since !== undefined && modified !== undefined && modified <= since) return 'not-modified'
  }
  return 'send'
}

/** Matches `W/"x"` and `"x"`. Characters between the members of a list are ignored. */
const ENTITY_TAG = /(?<weak>W\/)?"(?<opaque>[\x21\x23-\x7e\x80-\u{10ffff}]*)"/gu

type EntityTag = { isWeak: boolean; opaque: string }

/**
 * Parses all entity-tags of a list. The list is not split at commas, because a tag may contain
 * commas.
 */
export const parseEntityTags = (list: string): EntityTag[] =>
  [...list.matchAll(ENTITY_TAG)].map(({ groups }) => ({
    isWeak: groups?.['weak'] !== undefined,
    opaque: groups?.['opaque'] ?? '',
  }))

/**
 * Compares entity-tags weakly (section 8.8.3.2): their opaque parts have to be equal. `*` matches
 * an existing document.
 */
export function matchesWeakly(list: string, etag: string): boolean {
  // Most readers send exactly the tag that they received.
  if (list === etag || list.trim() === '*') return true
  const current = parseEntityTags(etag)[0]
  return parseEntityTags(list).some((tag) => tag.opaque === current?.opaque)
}

/**
 * Compares entity-tags strongly: they have to be equal, and neither may be weak. `*` matches an
 * existing document.
 */
export function matchesStrongly(list: string, etag: string): boolean {
  if (list.trim() === '*') return true
  const current = parseEntityTags(etag)[0]
  return parseEntityTags(list).some(
    (tag) => !tag.isWeak && !current?.isWeak && tag.opaque === current?.opaque,
  )
}

const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const MONTH = `(?<month>${MONTHS.join('|')})`
const TIME = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})'
const IMF_FIXDATE = new RegExp(`^${DAY}, (?<day>\\d{2}) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`)
const RFC_850 = new RegExp(`^${DAY}[a-z]*, (?<day>\\d{2})-${MONTH}-(?<year>\\d{2}) ${TIME} GMT$`)
const ASCTIME = new RegExp(`^${DAY} ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`)

/**
 * Parses an HTTP date in any of its three forms (section 5.6.7). Returns seconds, or `undefined` if
 * the date is invalid.
 */
export function parseHttpDate(text: string): number | undefined {
  const trimmed = text.trim()
  const groups = [IMF_FIXDATE, RFC_850, ASCTIME]
    .map((pattern) => pattern.exec(trimmed)?.groups)
    .find(Boolean)
  if (!groups) return undefined
  const getNumber = (name: string): number => Number(groups[name])
  const year = groups['year']?.length === 2 ? expandYear(getNumber('year')) : getNumber('year')
  const month = MONTHS.indexOf(groups['month'] ?? '')
  // `Date.UTC` would interpret a year below 100 as a year of the 1900s.
  const date = new Date(0)
  date.setUTCFullYear(year, month, getNumber('day'))
  const isReal =
    date.getUTCDate() === getNumber('day') &&
    getNumber('hour') < 24 &&
    getNumber('minute') < 60 &&
    getNumber('second') < 61
  if (!isReal) return undefined
  return (
    date.getTime() / 1000 +
    getNumber('hour') * 3600 +
    getNumber('minute') * 60 +
    getNumber('second')
  )
}

/**
 * Expands the two digits of a year in RFC 850 dates. The years 70 to 99 belong to the 1900s,
 * because nothing on the web is older.
 */
const expandYear = (year: number): number => (year >= 70 ? 1900 + year : 2000 + year)
