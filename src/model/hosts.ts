/** The hosts of a publication: that of the site and, if it differs, that of the short links. */
import type { Publication } from './publication.ts'

/**
 * Whether a request came to one of the publication's own hosts; what is printed never depends on
 * it.
 */
export function isForOwnHost({ url }: Request, publication: Publication): boolean {
  // Asked for every answer: the runtime has the address in its normal form, so nothing needs to be
  // parsed.
  return getPublicationHosts(publication).urlPrefixes.some((prefix) => url.startsWith(prefix))
}

/** Whether a request came to the host of the short links where that is not the site's. */
export const isForShortHost = ({ url }: Request, publication: Publication): boolean =>
  getPublicationHosts(publication).shortHost === new URL(url).host

/** The hosts of the site and of the short links. */
export const getOwnHosts = (publication: Publication): ReadonlySet<string> =>
  getPublicationHosts(publication).hosts

/** `shortHost`: where it is another than the site's. */
type PublicationHosts = {
  hosts: ReadonlySet<string>
  urlPrefixes: readonly string[]
  shortHost?: string
}
const hostsByPublication = new WeakMap<Publication, PublicationHosts>()

/** Settings last as long as their isolate: their addresses are taken apart once. */
function getPublicationHosts(publication: Publication): PublicationHosts {
  const cached = hostsByPublication.get(publication)
  if (cached) return cached
  const site = new URL(publication.siteUrl).host
  const short = new URL(publication.shortUrl).host
  const hosts = new Set([site, short])
  const urlPrefixes = [...hosts].flatMap((host) => [`https://${host}/`, `http://${host}/`])
  const publicationHosts = { hosts, urlPrefixes, ...(short !== site && { shortHost: short }) }
  hostsByPublication.set(publication, publicationHosts)
  return publicationHosts
}
