/**
 * Files that every site has at one place, made from the settings alone: robots.txt (RFC 9309) and
 * security.txt (RFC 9116). No store can fail them (rule S-22).
 */
import type { Publication } from '../model/publication.ts'
import { pageUrl, ROUTES } from '../model/urls.ts'
import { formatTime, getMonthStart } from '../text/time.ts'

/**
 * Months from the one in which it is asked for: renewed every month, and always less than a year
 * ahead.
 */
const EXPIRES_AFTER_MONTHS = 11

/** The robots.txt of a host that is not the publication's (rule S-25). */
export const DISALLOW_ALL = 'User-agent: *\nDisallow: /\n'

/**
 * RFC 9309. Feeds, short links, pages and pictures are for everybody; the API is not for reading.
 */
export function formatRobotsTxt(publication: Publication | undefined): string {
  const rules = 'User-agent: *\nAllow: /\nDisallow: /api/\nAllow: /api/openapi.json\n'
  if (!publication) return rules
  const sitemaps = [ROUTES.sitemapIndex, ROUTES.newsSitemap].map(
    (path) => `Sitemap: ${pageUrl(publication, path)}\n`,
  )
  return `${rules}\n${sitemaps.join('')}`
}

/** RFC 9116. `now` in seconds. Nothing without an address to write to. */
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
