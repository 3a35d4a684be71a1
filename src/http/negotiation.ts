/**
 * Content negotiation on `Accept` (RFC 9110 section 12.5.1) and `Accept-Encoding` (section 12.5.3).
 * The weight of an offer comes from the most specific range that matches it.
 */
import { isRecord } from '../text/json.ts'

type MediaRange = {
  type: string
  subtype: string
  hasOtherParameters: boolean
  /** Whether the range only concerns documents that we do not have. */
  isForOthers: boolean
  weight: number
  order: number
}

/** The client knows such a type, so it is better than no response. */
const UNREADABLE_WEIGHT = 0.001
const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/
const WEIGHT_PARAMETER = /^q\s*=\s*/i
/** An Atom document is a feed or an entry (RFC 5023 section 12.1). */
const ENTRY_PARAMETER = /^type\s*=\s*"?entry"?$/i
/** Matches the end of a part that was split within a number, because of its decimal comma. */
const SPLIT_WEIGHT = /;\s*q\s*=\s*[01]$/i
/** Matches a token (RFC 9110 section 5.6.2), including `*`. */
const CODING_TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/

/**
 * Lists the offers that the client accepts, best first. They are ordered by weight, then by how
 * specific the matching range is, then by the order of the client's ranges, then by the order of
 * `offers`. If the header is missing or has no readable range, every offer is accepted.
 */
export function listAcceptable(
  accept: string | null | undefined,
  offers: readonly string[],
): string[] {
  const ranges = parseAccept(accept ?? '')
  if (ranges.length === 0) return [...offers]
  return offers
    .map((offer, position) => ({ offer, position, range: findRange(offer, ranges) }))
    .filter(({ range }) => range !== undefined && range.weight > 0)
    .sort(
      (a, b) =>
        (b.range?.weight ?? 0) - (a.range?.weight ?? 0) ||
        getSpecificity(b.range) - getSpecificity(a.range) ||
        (a.range?.order ?? 0) - (b.range?.order ?? 0) ||
        a.position - b.position,
    )
    .map(({ offer }) => offer)
}

/**
 * Returns the weight of one media type, from 0 to 1, or `undefined` if no range matches it. If the
 * header is missing or has no valid range, the weight is 1.
 */
export function getMediaTypeWeight(
  accept: string | null | undefined,
  offer: string,
): number | undefined {
  const ranges = parseAccept(accept ?? '')
  return ranges.length === 0 ? 1 : findRange(offer, ranges)?.weight
}

function parseAccept(accept: string): MediaRange[] {
  return joinDecimals(splitOutsideQuotes(accept, ',')).flatMap((part, order) => {
    const [range = '', ...parameters] = splitOutsideQuotes(part, ';').map((piece) => piece.trim())
    const [type, subtype, extra] = range.toLowerCase().split('/')
    if (!type || !subtype || extra !== undefined) return []
    const weightIndex = parameters.findIndex((parameter) => WEIGHT_PARAMETER.test(parameter))
    // Parameters after the weight are extensions of older standards. They do not belong to the
    // media type.
    const typeParameters = parameters
      .slice(0, weightIndex === -1 ? undefined : weightIndex)
      .filter((parameter) => parameter !== '' && !isOwnParameter(subtype, parameter))
    const hasOtherParameters = typeParameters.length > 0
    const weight = parseWeight(parameters[weightIndex]) ?? UNREADABLE_WEIGHT
    // Clients that name a version or a charset still read our documents. A refusal, however, only
    // concerns documents with these parameters.
    const isForOthers =
      (hasOtherParameters && weight === 0) ||
      (subtype === 'atom+xml' && typeParameters.some((each) => ENTRY_PARAMETER.test(each)))
    return [{ type, subtype, hasOtherParameters, isForOthers, weight, order }]
  })
}

/** Joins numbers that were split at a decimal comma: `q=0,8`. */
function joinDecimals(parts: readonly string[]): string[] {
  const joined: string[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    if (last !== undefined && /^\d{1,3}\s*$/.test(part) && SPLIT_WEIGHT.test(last))
      joined.splice(-1, 1, `${last}.${part}`)
    else joined.push(part)
  }
  return joined
}

/**
 * Parses the parameter with the weight. Without one the weight is 1. Returns `undefined` if it is
 * unreadable.
 */
function parseWeight(parameter: string | undefined): number | undefined {
  const text = parameter?.replace(WEIGHT_PARAMETER, '') ?? '1'
  return WEIGHT.test(text) ? Number(text) : undefined
}

/** Returns whether our documents have this parameter: all are UTF-8, and Atom's are feeds. */
const isOwnParameter = (subtype: string, parameter: string): boolean =>
  /^charset\s*=\s*"?utf-?8"?$/i.test(parameter) ||
  (subtype === 'atom+xml' && /^type\s*=\s*"?feed"?$/i.test(parameter))

/** Splits a text at separators, but not inside quoted strings (RFC 9110 section 5.6.4). */
function splitOutsideQuotes(text: string, separator: string): string[] {
  if (!text.includes('"')) return text.split(separator)
  const parts: string[] = []
  let start = 0
  let isQuoted = false
  for (let index = 0; index < text.length; index += 1) {
    if (isQuoted && text[index] === '\\') index += 1
    else if (text[index] === '"') isQuoted = !isQuoted
    else if (!isQuoted && text[index] === separator) {
      parts.push(text.slice(start, index))
      start = index + 1
    }
  }
  return [...parts, text.slice(start)]
}

/**
 * Returns the most specific range that matches an offer. A range with parameters that our types do
 * not have is less specific than one without.
 */
function findRange(offer: string, ranges: MediaRange[]): MediaRange | undefined {
  const [type, subtype] = offer.split('/')
  return ranges
    .filter((range) => !range.isForOthers)
    .filter((range) => range.type === '*' || range.type === type)
    .filter((range) => range.subtype === '*' || (range.subtype === subtype && range.type === type))
    .sort(
      (a, b) =>
        getSpecificity(b) - getSpecificity(a) ||
        Number(a.hasOtherParameters) - Number(b.hasOtherParameters),
    )[0]
}

const getSpecificity = (range: MediaRange | undefined): number =>
  range === undefined || range.type === '*' ? 0 : range.subtype === '*' ? 1 : 2

/**
 * Returns whether a person with a browser sent the request: the client accepts HTML and does not
 * prefer JSON.
 */
export const prefersHtml = (accept: string | null | undefined): boolean =>
  listAcceptable(accept, ['text/html', 'application/problem+json', 'application/json'])[0] ===
  'text/html'

/**
 * Chooses the offered coding with the highest weight (RFC 9110 section 12.5.3). Among equal
 * weights, a coding that the client names precedes a coding that only `*` allows. Named codings
 * keep the order of `offers`, all others have the reverse order. Returns `undefined` (identity) if
 * the client names no offered coding, prefers identity, or excludes everything.
 */
export function chooseCoding<T extends string>(
  acceptEncoding: string | null | undefined,
  offers: readonly T[],
): T | undefined {
  const weights = parseAcceptEncoding(acceptEncoding ?? '')
  const wildcardWeight = weights.get('*')
  const identityWeight = weights.get('identity') ?? 0
  const accepted = offers
    .map((offer, position) => {
      const namedWeight = weights.get(offer)
      // A client that names no coding may be old. Every client supports gzip, our last offer, so
      // the order is reversed.
      const order = namedWeight === undefined ? offers.length * 2 - position : position
      return { offer, weight: namedWeight ?? wildcardWeight ?? 0, order }
    })
    .filter(({ weight }) => weight > 0 && weight >= identityWeight)
    .sort((a, b) => b.weight - a.weight || a.order - b.order)
  return accepted[0]?.offer
}

/**
 * Returns whether the client refuses identity (section 12.5.3): it gives weight 0 to `identity`, or
 * to `*` without naming `identity`.
 */
export function refusesIdentity(acceptEncoding: string | null | undefined): boolean {
  // A refusal needs a weight, and most headers have none.
  if (!acceptEncoding?.includes(';')) return false
  const weights = parseAcceptEncoding(acceptEncoding)
  return (weights.get('identity') ?? weights.get('*')) === 0
}

/**
 * Returns weights by coding. Invalid members are ignored. If a coding occurs twice, its lower
 * weight applies.
 */
function parseAcceptEncoding(header: string): Map<string, number> {
  const weights = new Map<string, number>()
  for (const part of header.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase())
    const weight = parseWeight(parameters.find((parameter) => WEIGHT_PARAMETER.test(parameter)))
    if (!CODING_TOKEN.test(name) || weight === undefined) continue
    // `x-gzip` is an old name of gzip (RFC 9110 section 8.4.1.3).
    const coding = name === 'x-gzip' ? 'gzip' : name
    weights.set(coding, Math.min(weight, weights.get(coding) ?? 1))
  }
  return weights
}

/**
 * Returns the `Accept-Encoding` header that the client sent. Cloudflare changes it for the worker,
 * and has the original in `cf`.
 */
export function getClientAcceptEncoding(request: Request): string | null {
  const cf: unknown = 'cf' in request ? request.cf : undefined
  const clientValue = isRecord(cf) ? cf['clientAcceptEncoding'] : undefined
  return typeof clientValue === 'string' ? clientValue : request.headers.get('Accept-Encoding')
}
