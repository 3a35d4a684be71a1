/** The hosts of a publication: that of the site and, if it differs, that of the short links. */
import type { Publication } from './publication.ts'

/**
 * Whether a request came to one of the publication's own hosts; what is printed never depends on
 * it.
 */
export function isAtHome({ url }: Request, publication: Publication): boolean {
  // Asked for every answer: the runtime has the address in its normal form, so nothing needs to be
  // parsed.
  return ownOf(publication).beginnings.some((beginning) => url.startsWith(beginning))
}

/** Whether a request came to the host of the short links where that is not the site's. */
export const isAtShortHost = ({ url }: Request, publication: Publication): boolean =>
  ownOf(publication).shortHost === new URL(url).host

/** The hosts of the site and of the short links. */
export const hostsOf = (publication: Publication): ReadonlySet<string> => ownOf(publication).hosts

/** `shortHost`: where it is another than the site's. */
type Own = { hosts: ReadonlySet<string>; beginnings: readonly string[]; shortHost?: string }
const owns = new WeakMap<Publication, Own>()

/** Settings last as long as their isolate: their addresses are taken apart once. */
function ownOf(publication: Publication): Own {
  const known = owns.get(publication)
  if (known) return known
  const site = new URL(publication.siteUrl).host
  const short = new URL(publication.shortUrl).host
  const hosts = new Set([site, short])
  const beginnings = [...hosts].flatMap((host) => [`https://${host}/`, `http://${host}/`])
  const own = { hosts, beginnings, ...(short !== site && { shortHost: short }) }
  owns.set(publication, own)
  return own
}
