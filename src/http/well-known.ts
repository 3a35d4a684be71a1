/**
 * Files that every site has at one place, made from the settings alone: robots.txt (RFC 9309) and security.txt
 * (RFC 9116). No store can fail them (RULES S-22).
 */
import type { Publication } from '../publication.ts'
import { formatTime, startOfMonth } from '../time.ts'
import { pageUrl, ROUTES } from '../urls.ts'

/** Months from the one in which it is asked for: renewed every month, and always less than a year ahead. */
const EXPIRES_AFTER_MONTHS = 11

/** Whether a request came to one of the publication's own hosts; what is printed never depends on it. */
export function isAtHome({ url }: Request, publication: Publication): boolean {
  // Asked for every answer: the runtime has the address in its normal form, so nothing needs to be parsed.
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

/** The robots.txt of a host that is not the publication's (RULES S-25). */
export const KEEP_OUT = 'User-agent: *\nDisallow: /\n'

/** RFC 9309. Feeds, short links, pages and pictures are for everybody; the API is not for reading. */
export function robotsText(publication: Publication | undefined): string {
  const rules = 'User-agent: *\nAllow: /\nDisallow: /api/\nAllow: /api/openapi.json\n'
  if (!publication) return rules
  const sitemaps = [ROUTES.sitemapIndex, ROUTES.newsSitemap].map(
    (path) => `Sitemap: ${pageUrl(publication, path)}\n`,
  )
  return `${rules}\n${sitemaps.join('')}`
}

/** RFC 9116. `now` in seconds. Nothing without an address to write to. */
export function securityText(publication: Publication, now: number): string | undefined {
  if (publication.contact === undefined) return undefined
  const [language] = publication.language.split('-')
  return [
    `Contact: mailto:${publication.contact.split('@').map(encodeURIComponent).join('@')}`,
    `Expires: ${formatTime(startOfMonth(now, EXPIRES_AFTER_MONTHS))}`,
    `Preferred-Languages: ${language}`,
    `Canonical: ${pageUrl(publication, ROUTES.securityContact)}`,
    '',
  ].join('\n')
}
