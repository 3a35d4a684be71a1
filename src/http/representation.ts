/**
 * One answer to one conditional request: 200, 304, 412 and HEAD of what is read are decided here
 * and nowhere else (RFC 9110 sections 8.4, 9.3, 12.5.3, 13.1, 13.2.2, 15.4.5; RFC 9111 section
 * 5.2).
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

/** It is there, was withdrawn, or was withdrawn on a legal demand (RFC 7725). */
export type DocumentStatus = 200 | 410 | 451

/**
 * What a document is, before anybody has asked for it in some way. Validators come from rendering.
 */
export type Representation = {
  status: DocumentStatus
  type: string
  /** A weak entity-tag, quotes included: one for all codings (RFC 9110 section 8.8.3.3). */
  etag: string
  /**
   * Seconds; rises strictly whenever the bytes change. Absent: the entity-tag is the only
   * validator.
   */
  modified?: number
  /** Bytes of the body in no coding. */
  length: number
  language?: string
  cacheControl: string
  /** Headers that go on 200 and 304 alike: Link, CORS. `Vary` is completed. */
  headers: Record<string, string>
  /** May be left out when `wantsBody` said that none is wanted. */
  body?: CodedBody | undefined
  /**
   * Asked of a GET that is going to be answered with the body, and that alone: something else to
   * send in its place, such as the difference to what the client has. It has the same validators.
   */
  findSubstitute?: (body: CodedBody) => Promise<Substitute | undefined>
}

/** The entity-tag of a text: the same bytes have the same one. */
export const computeEtag = (text: string): string => `W/"${digest(text)}"`

/**
 * What a representation takes from the whole text of a document: what names it, how long it is, and
 * the body.
 */
export const representText = (text: string) => ({
  etag: computeEtag(text),
  length: byteLength(text),
  body: createBody(text),
})

/** `headers` come on top of the representation's; `length` in bytes, in no coding. */
export type Substitute = {
  status: number
  headers: Record<string, string>
  length: number
  body: CodedBody
}

/**
 * Answers GET and HEAD; evaluates preconditions only where the plain answer is 200 (section
 * 13.2.1).
 */
export async function respond(request: Request, representation: Representation): Promise<Response> {
  const decision = decideResponse(request, representation)
  const { status, modified, language, length, body } = representation
  // A plain record: every call into `Headers` leaves the isolate's own code, and a poll is little
  // else.
  const commonHeaders = {
    ...representation.headers,
    // Also where nothing is coded: the next answer at this address may be (section 12.5.5).
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
  if (!body) throw new Error('A body is wanted and was not read')
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
 * An answer that was made for this request alone, in the coding that is wanted: it is compressed
 * here and now.
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

/** A short body is coded too where the client refuses it as it is. */
function chooseResponseCoding(request: Request, length: number): Coding | undefined {
  const acceptEncoding = getClientAcceptEncoding(request)
  return chooseCoding(
    acceptEncoding,
    refusesIdentity(acceptEncoding) ? CODINGS : listCodings(length),
  )
}

/**
 * Whether an answer can go out as it is to a client that refuses a body in no coding (section
 * 12.5.3); else whether it is to be encoded, or is 406 since the client refuses each coding of
 * ours. An answer of the API stays as it is: its strong entity-tag names these bytes, and an error
 * is better read than refused.
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

/** Whether the answer to this request has the document's body. */
export const wantsBody = (
  request: Request,
  validators: { status: DocumentStatus; etag: string; modified?: number },
): boolean => request.method !== 'HEAD' && decideResponse(request, validators) === 'send'

/**
 * Caching for `most` seconds, but for nothing longer than it lives: `until` and `now` in seconds.
 * What ended while it was looked up is kept for none, never for less (RFC 9111 section 1.2.2).
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
 * Section 13.2.2, in its order. Our public tags are weak, so If-Match (strong comparison) only
 * takes `*`.
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

/**
 * `W/"x"` or `"x"`, one after another; what stands between members of a list does not matter to a
 * match.
 */
const ENTITY_TAG = /(?<weak>W\/)?"(?<opaque>[\x21\x23-\x7e\x80-\u{10ffff}]*)"/gu

type EntityTag = { isWeak: boolean; opaque: string }

/** All entity-tags of a list. Commas may stand inside a tag, so the list is never split at them. */
export const parseEntityTags = (list: string): EntityTag[] =>
  [...list.matchAll(ENTITY_TAG)].map(({ groups }) => ({
    isWeak: groups?.['weak'] !== undefined,
    opaque: groups?.['opaque'] ?? '',
  }))

/** Weak comparison (section 8.8.3.2): the opaque parts are equal. `*` matches what exists. */
export function matchesWeakly(list: string, etag: string): boolean {
  // What most readers send: the one tag that they were given.
  if (list === etag || list.trim() === '*') return true
  const current = parseEntityTags(etag)[0]
  return parseEntityTags(list).some((tag) => tag.opaque === current?.opaque)
}

/** Strong comparison: neither is weak. `*` matches what exists. */
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
 * Seconds of an HTTP-date in any of its three forms (section 5.6.7); `undefined` when it is none.
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
  // Set so, because `Date.UTC` takes a year below 100 for one of the 1900s.
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

/** Two digits of RFC 850: HTTP dates name the past of the web, so 70-99 are of the 1900s. */
const expandYear = (year: number): number => (year >= 70 ? 1900 + year : 2000 + year)
