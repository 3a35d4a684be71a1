/**
 * Formats the files that every site has at a fixed address: robots.txt (RFC 9309) and security.txt
 * (RFC 9116). They are built from the settings alone, so a failing store does not affect them.
 */
import type { Publication } from '../model/publication.ts'
import { pageUrl, ROUTES } from '../model/urls.ts'
import { formatTime, getMonthStart } from '../text/time.ts'

/**
 * The number of months from the current one to the expiry date. The date is therefore renewed
 * monthly and is less than a year ahead, as RFC 9116 section 2.5.5 advises.
 */
const EXPIRES_AFTER_MONTHS = 11

/** The robots.txt of a host that does not belong to the publication. */
export const DISALLOW_ALL = 'User-agent: *\nDisallow: /\n'

/**
 * Formats robots.txt (RFC 9309), which allows feeds, short links, pages and pictures to all agents,
 * and forbids the API. A crawler reports an empty news sitemap as an error, so it is left out.
 */
export function formatRobotsTxt(
  publication: Publication | undefined,
  hasNews: boolean = true,
): string {
  const rules = 'User-agent: *\nAllow: /\nDisallow: /api/\nAllow: /api/openapi.json\n'
  if (!publication) return rules
  const paths = [ROUTES.sitemapIndex, ...(hasNews ? [ROUTES.newsSitemap] : [])]
  const sitemaps = paths.map((path) => `Sitemap: ${pageUrl(publication, path)}\n`)
  return `${rules}\n${sitemaps.join('')}`
}

/**
 * Formats security.txt (RFC 9116). Returns `undefined` if the publication has no contact. `now` is
 * in seconds.
 */
export function formatSecurityTxt(publication: Publication, now: number): string | undefined {
  if (publication.contact === undefined) return undefined
  const [language] = publication.language.split('-')
  return [
    `Contact: mailto:${publication.contact.split('@').map(encodeURIComponent).join('@')}`,
    `Expires: ${formatTime(getMonthStart(now, EXPIRES_AFTER_MONTHS))}`,
    `Preferred-Languages: ${language}`,
    `Canonical: ${pageUrl(publication, ROUTES.securityContact)}`,
    '',
  ].join('\n')
}
