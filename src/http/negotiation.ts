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

function parseAccept(accept: string): Range[] {
  return accept.split(',').flatMap((part, order) => {
    const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim())
    const [type, subtype, more] = range.toLowerCase().split('/')
    if (!type || !subtype || more !== undefined) return []
    const q = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2)
    if (q !== undefined && !WEIGHT.test(q)) return []
    const own = parameters.filter((parameter) => !/^q=/i.test(parameter) && parameter !== '')
    return [
      { type, subtype, parameters: own.length, weight: q === undefined ? 1 : Number(q), order },
    ]
  })
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
