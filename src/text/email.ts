/** E-mail addresses in the form that every program can read. */

/** A local part without quotation marks (RFC 5321 section 4.1.2, Dot-string). */
const LOCAL_PART = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/
const MAX_LOCAL_PART_CHARACTERS = 64
const MAX_ADDRESS_CHARACTERS = 254
const DOMAIN = /^(?:(?!-)[a-z\d-]{1,63}(?<!-)\.)+(?!\d+$)(?!-)[a-z\d-]{2,63}(?<!-)$/

/**
 * Returns the address with its domain in lower case and as ASCII (RFC 5890), or why it cannot be
 * used. Letters outside of ASCII before the @ need an extension that few programs know (RFC 6531).
 * One such address made a program lose whole feeds.
 */
export function normalizeEmail(
  text: string,
): { ok: true; address: string } | { ok: false; why: string } {
  const [localPart = '', host, ...rest] = text.split('@')
  if (host === undefined || rest.length > 0 || localPart === '')
    return { ok: false, why: 'is not an e-mail address' }
  const foreignCharacter = /[^\x20-\x7e]/u.exec(localPart)?.[0]
  if (foreignCharacter !== undefined)
    return {
      ok: false,
      why: `has "${foreignCharacter}" before the @, where most programs accept only ASCII; use another address, or leave it out`,
    }
  if (!LOCAL_PART.test(localPart) || localPart.length > MAX_LOCAL_PART_CHARACTERS)
    return { ok: false, why: 'is not an e-mail address: the part before the @ is invalid' }
  const domain = toAsciiDomain(host)
  if (domain === undefined)
    return { ok: false, why: 'is not an e-mail address: the part after the @ is not a domain' }
  const address = `${localPart}@${domain}`
  return address.length <= MAX_ADDRESS_CHARACTERS
    ? { ok: true, address }
    : { ok: false, why: `is longer than ${MAX_ADDRESS_CHARACTERS} characters` }
}

function toAsciiDomain(host: string): string | undefined {
  // The URL parser would also accept ports, escapes and a path.
  if (/[\s\p{C}/\\?#%:[\]<>^|]/u.test(host) || !URL.canParse(`https://${host}`)) return undefined
  const { hostname } = new URL(`https://${host}`)
  return DOMAIN.test(hostname) ? hostname : undefined
}
