/**
 * Content negotiation on `Accept` (RFC 9110 section 12.5.1): the most specific range that matches an offer
 * gives its weight; offers are ordered by weight, then by how early they are offered. Pure.
 */

type Range = { type: string; subtype: string; parameters: number; weight: number; order: number }

const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/

/**
 * The offers that the client accepts, best first: by weight, then by the order of the client's ranges, then
 * by ours. No header, or none that can be read, accepts everything.
 */
export function acceptable(accept: string | null | undefined, offers: readonly string[]): string[] {
  const ranges = parseAccept(accept ?? '')
  if (ranges.length === 0) return [...offers]
  return offers
    .map((offer, position) => ({ offer, position, range: rangeFor(offer, ranges) }))
    .filter(({ range }) => range !== undefined && range.weight > 0)
    .sort(
      (a, b) =>
        (b.range?.weight ?? 0) - (a.range?.weight ?? 0) ||
        specificity(b.range) - specificity(a.range) ||
        (a.range?.order ?? 0) - (b.range?.order ?? 0) ||
        a.position - b.position,
    )
    .map(({ offer }) => offer)
}

/**
 * The weight that the client gives to one media type, 0 to 1; `undefined` when no range of it matches. No
 * header, or none that can be read, accepts everything.
 */
export function weightOf(accept: string | null | undefined, offer: string): number | undefined {
  const ranges = parseAccept(accept ?? '')
  return ranges.length === 0 ? 1 : rangeFor(offer, ranges)?.weight
}

function parseAccept(accept: string): Range[] {
  return splitOutsideQuotes(accept, ',').flatMap((part, order) => {
    const [range = '', ...parameters] = splitOutsideQuotes(part, ';').map((piece) => piece.trim())
    const [type, subtype, more] = range.toLowerCase().split('/')
    if (!type || !subtype || more !== undefined) return []
    const at = parameters.findIndex((parameter) => /^q=/i.test(parameter))
    const q = parameters[at]?.slice(2)
    if (q !== undefined && !WEIGHT.test(q)) return []
    // What follows the weight is an extension of older standards, and no parameter of the type.
    const own = parameters.slice(0, at === -1 ? undefined : at).filter((each) => each !== '')
    return [
      { type, subtype, parameters: own.length, weight: q === undefined ? 1 : Number(q), order },
    ]
  })
}

/** A separator within a quoted string (section 5.6.4) separates nothing. */
function splitOutsideQuotes(text: string, separator: string): string[] {
  if (!text.includes('"')) return text.split(separator)
  const parts: string[] = []
  let begin = 0
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    if (quoted && text[at] === '\\') at += 1
    else if (text[at] === '"') quoted = !quoted
    else if (!quoted && text[at] === separator) {
      parts.push(text.slice(begin, at))
      begin = at + 1
    }
  }
  return [...parts, text.slice(begin)]
}

/** Parameters other than q never match: none of our types has one that selects. */
function rangeFor(offer: string, ranges: Range[]): Range | undefined {
  const [type, subtype] = offer.split('/')
  return ranges
    .filter((range) => range.parameters === 0)
    .filter((range) => range.type === '*' || range.type === type)
    .filter((range) => range.subtype === '*' || (range.subtype === subtype && range.type === type))
    .sort((a, b) => specificity(b) - specificity(a))[0]
}

const specificity = (range: Range | undefined): number =>
  range === undefined || range.type === '*' ? 0 : range.subtype === '*' ? 1 : 2

/** True when a person with a browser asks: HTML is accepted and JSON is not wanted more. */
export const prefersHtml = (accept: string | null | undefined): boolean =>
  acceptable(accept, ['text/html', 'application/problem+json', 'application/json'])[0] ===
  'text/html'
