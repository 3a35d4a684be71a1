/** The headers of every page. */
import type { Publication } from '../model/publication.ts'
import { HEADER_POLICY } from '../views/style.ts'

/** Adds `Strict-Transport-Security` only if the site uses https. */
export const getPageHeaders = (publication: Publication): Record<string, string> => ({
  'Content-Security-Policy': HEADER_POLICY,
  'Referrer-Policy': 'strict-origin-when-cross-origin',
  'Permissions-Policy': 'interest-cohort=()',
  ...(publication.siteUrl.startsWith('https:') && {
    'Strict-Transport-Security': 'max-age=31536000',
  }),
})
