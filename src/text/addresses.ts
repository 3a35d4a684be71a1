/**
 * Encodes addresses as RFC 3986 requires, so that every program can read them. URL parsers allow
 * more characters.
 */

/**
 * Encodes the characters of a parsed address that RFC 3986 (section 3.3 and later) does not allow:
 * `[`, `]`, `|`, `^`, a stray `%`, and `#` in a fragment. `address` is the `href` of a parsed URL,
 * or its path, query and fragment. Encoding it again changes nothing.
 */
export function encodeAddress(address: string): string {
  const [authority = ''] = /^(?:[a-z][a-z0-9+.-]*:)?\/\/[^/?#]*/i.exec(address) ?? []
  const rest = address.slice(authority.length)
  const fragmentAt = rest.indexOf('#')
  if (fragmentAt === -1) return escapePercent(authority) + encodePart(rest)
  return `${escapePercent(authority)}${encodePart(rest.slice(0, fragmentAt))}#${encodePart(rest.slice(fragmentAt + 1))}`
}

const escapePercent = (part: string): string => part.replace(/%(?![0-9a-f]{2})/gi, '%25')

const encodePart = (part: string): string =>
  escapePercent(part).replace(/[^\w\-.~!$&'()*+,;=:@/?%]+/g, (characters) =>
    encodeURIComponent(characters),
  )
