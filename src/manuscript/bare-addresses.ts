/**
 * Finds addresses in plain text: `https://…`, `www.…` and e-mail addresses, by the rules of GFM. In
 * addition, an address ends before punctuation of any script, and the search never takes quadratic
 * time.
 */

/** `start` and `end` are indexes in the text; `end` is exclusive. */
export type BareAddress = { start: number; end: number; href: string }

const SCHEMES = ['https://', 'http://']
/** Matches the beginning of a web address, or the `@` of an e-mail address. */
const BEGINNING = /https?:\/\/|www\.|@/gi
/**
 * Matches characters of an address: letters, marks and digits of any script, and most ASCII
 * punctuation.
 */
const ADDRESS = /(?:[!#$%&'()*+,\-./:;=?@[\]_~\w]|[\p{L}\p{M}\p{N}])+/uy
const WORD_BEFORE = /\w$/
const HOST = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}._-]*[\p{L}\p{M}\p{N}])?(?::\d{1,5})?(?=[/?#]|$)/u
const MAIL_USER = /[\w.+-]{1,64}$/
const MAIL_HOST =
  /(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?/iy
const MAX_ADDRESS = 8192

/** Lists the addresses in the order of the text. They do not overlap. */
export function findBareAddresses(text: string): BareAddress[] {
  const found: BareAddress[] = []
  BEGINNING.lastIndex = 0
  for (let match = BEGINNING.exec(text); match; match = BEGINNING.exec(text)) {
    const minStart = found.at(-1)?.end ?? 0
    const address =
      match[0] === '@'
        ? findMailAddress(text, match.index, minStart)
        : findWebAddress(text, match.index, match[0])
    if (!address) continue
    found.push(address)
    BEGINNING.lastIndex = address.end
  }
  return found
}

function findWebAddress(text: string, start: number, beginning: string): BareAddress | undefined {
  if (WORD_BEFORE.test(text.slice(Math.max(0, start - 1), start))) return undefined
  ADDRESS.lastIndex = start
  const longest = ADDRESS.exec(text)?.[0] ?? ''
  if (longest.length > MAX_ADDRESS) return undefined
  const address = trimEnd(longest)
  const hasScheme = SCHEMES.includes(beginning.toLowerCase())
  const rest = hasScheme ? address.slice(beginning.length) : address
  const host = HOST.exec(rest)?.[0]
  if (!host || (!hasScheme && !/^www\.[^.]+\.[^.]/i.test(host))) return undefined
  const href = hasScheme ? address : `http://${address}`
  return URL.canParse(href) ? { start, end: start + address.length, href } : undefined
}

function findMailAddress(text: string, at: number, minStart: number): BareAddress | undefined {
  const user = MAIL_USER.exec(text.slice(Math.max(minStart, at - 65), at))?.[0]
  if (!user || user.startsWith('.')) return undefined
  MAIL_HOST.lastIndex = at + 1
  const host = MAIL_HOST.exec(text)?.[0]
  if (!host) return undefined
  const end = at + 1 + host.length
  if (/[\w-]/.test(text[end] ?? '')) return undefined
  const start = at - user.length
  return { start, end, href: `mailto:${text.slice(start, end)}` }
}

/** Removes punctuation from the end, and closing brackets that the address does not open. */
function trimEnd(address: string): string {
  const unopened = { ')': countUnopened(address, '(', ')'), ']': countUnopened(address, '[', ']') }
  let end = address.length
  for (;;) {
    const last = address[end - 1]
    if ((last === ')' || last === ']') && unopened[last] > 0) unopened[last] -= 1
    else if (last === undefined || !TRAILING_PUNCTUATION.includes(last)) break
    else if (last === '(') unopened[')'] += 1
    else if (last === '[') unopened[']'] += 1
    end -= 1
  }
  return address.slice(0, end)
}
const TRAILING_PUNCTUATION = `!,.:;?*_~'([`

const countUnopened = (text: string, opening: string, closing: string): number =>
  text.split(closing).length - text.split(opening).length
