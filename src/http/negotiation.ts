/**
 * Content negotiation on `Accept` (RFC 9110 section 12.5.1) and `Accept-Encoding` (section 12.5.3).
 * The most specific range that matches an offer gives its weight. Offers are ordered by weight,
 * then by our order.
 */
import { isRecord } from '../text/json.ts'

type MediaRange = {
  type: string
  subtype: string
  parameterCount: number
  weight: number
  order: number
}

const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/
/** A token (RFC 9110 section 5.6.2), `*` included. */
const CODING_TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/

/**
 * Lists the offers that the client accepts, best first: by weight, then by how specific the
 * matching range is, then by the order of the client's ranges, then by ours. A missing or invalid
 * header accepts everything.
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
 * Returns the weight of one media type, 0 to 1, or `undefined` if no range matches it. A missing or
 * invalid header accepts everything.
 */
export function getMediaTypeWeight(
  accept: string | null | undefined,
  offer: string,
): number | undefined {
  const ranges = parseAccept(accept ?? '')
  return ranges.length === 0 ? 1 : findRange(offer, ranges)?.weight
}

function parseAccept(accept: string): MediaRange[] {
  return splitOutsideQuotes(accept, ',').flatMap((part, order) => {
    const [range = '', ...parameters] = splitOutsideQuotes(part, ';').map((piece) => piece.trim())
    const [type, subtype, extra] = range.toLowerCase().split('/')
    if (!type || !subtype || extra !== undefined) return []
    const weightIndex = parameters.findIndex((parameter) => /^q=/i.test(parameter))
    const q = parameters[weightIndex]?.slice(2)
    if (q !== undefined && !WEIGHT.test(q)) return []
    // What follows the weight is an extension of older standards, not a parameter of the type.
    const typeParameters = parameters
      .slice(0, weightIndex === -1 ? undefined : weightIndex)
      .filter((parameter) => parameter !== '')
    return [
      {
        type,
        subtype,
        parameterCount: typeParameters.length,
        weight: q === undefined ? 1 : Number(q),
        order,
      },
    ]
  })
}

/** Splits at separators outside quoted strings (RFC 9110 section 5.6.4). */
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

/** Ignores ranges with parameters other than q, because none of our types has one. */
function findRange(offer: string, ranges: MediaRange[]): MediaRange | undefined {
  const [type, subtype] = offer.split('/')
  return ranges
    .filter((range) => range.parameterCount === 0)
    .filter((range) => range.type === '*' || range.type === type)
    .filter((range) => range.subtype === '*' || (range.subtype === subtype && range.type === type))
    .sort((a, b) => getSpecificity(b) - getSpecificity(a))[0]
}

const getSpecificity = (range: MediaRange | undefined): number =>
  range === undefined || range.type === '*' ? 0 : range.subtype === '*' ? 1 : 2

/**
 * Returns whether a person with a browser sent the request: HTML is accepted and JSON not
 * preferred.
 */
export const prefersHtml = (accept: string | null | undefined): boolean =>
  listAcceptable(accept, ['text/html', 'application/problem+json', 'application/json'])[0] ===
  'text/html'

/**
 * Chooses the offered coding with the highest weight (RFC 9110 section 12.5.3). Of equal weights, a
 * named coding precedes one that only `*` allows. Named codings keep our order; the others are
 * taken in reverse order. Returns `undefined` (identity) if the client names no offered coding,
 * prefers identity, or excludes everything.
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
      // A client that names none may be old, so gzip, our last offer, comes first: all clients know
      // it.
      const order = namedWeight === undefined ? offers.length * 2 - position : position
      return { offer, weight: namedWeight ?? wildcardWeight ?? 0, order }
    })
    .filter(({ weight }) => weight > 0 && weight >= identityWeight)
    .sort((a, b) => b.weight - a.weight || a.order - b.order)
  return accepted[0]?.offer
}

/** Returns whether identity is refused (section 12.5.3): by name, or by `*` without being named. */
export function refusesIdentity(acceptEncoding: string | null | undefined): boolean {
  // Most headers have no weights.
  if (!acceptEncoding?.includes(';')) return false
  const weights = parseAcceptEncoding(acceptEncoding)
  return (weights.get('identity') ?? weights.get('*')) === 0
}

/** Returns weights by coding. Ignores invalid members; of duplicates the lower weight counts. */
function parseAcceptEncoding(header: string): Map<string, number> {
  const weights = new Map<string, number>()
  for (const part of header.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase())
    const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    if (!CODING_TOKEN.test(name) || (q !== undefined && !WEIGHT.test(q))) continue
    // The old name of the same coding (RFC 9110 section 8.4.1.3).
    const coding = name === 'x-gzip' ? 'gzip' : name
    const weight = q === undefined ? 1 : Number(q)
    weights.set(coding, Math.min(weight, weights.get(coding) ?? 1))
  }
  return weights
}

/**
 * Returns the client's own header. Cloudflare rewrites it for the worker and keeps the original in
 * `cf`.
 */
export function getClientAcceptEncoding(request: Request): string | null {
  const cf: unknown = 'cf' in request ? request.cf : undefined
  const clientValue = isRecord(cf) ? cf['clientAcceptEncoding'] : undefined
  return typeof clientValue === 'string' ? clientValue : request.headers.get('Accept-Encoding')
}
