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
  const own =
    beginningsOf.get(publication) ??
    [publication.siteUrl, publication.shortUrl].flatMap((origin) =>
      ['https', 'http'].map((scheme) => `${scheme}://${new URL(origin).host}/`),
    )
  beginningsOf.set(publication, own)
  // Asked for every answer: the runtime has the address in its normal form, so nothing needs to be parsed.
  return own.some((beginning) => url.startsWith(beginning))
}
const beginningsOf = new WeakMap<Publication, readonly string[]>()

/** Whether a request came to the host of the short links where that is not the site's. */
export function isAtShortHost({ url }: Request, { siteUrl, shortUrl }: Publication): boolean {
  const short = new URL(shortUrl).host
  return short !== new URL(siteUrl).host && short === new URL(url).host
}

/** The hosts of the site and of the short links. */
export function hostsOf(publication: Publication): ReadonlySet<string> {
  const known = hosts.get(publication)
  if (known) return known
  const own = new Set([publication.siteUrl, publication.shortUrl].map((url) => new URL(url).host))
  hosts.set(publication, own)
  return own
}
const hosts = new WeakMap<Publication, ReadonlySet<string>>()

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
