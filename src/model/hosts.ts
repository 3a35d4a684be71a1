/**
 * The hosts of a publication: that of the site and, if the short links have another host, that of
 * the short links. Both hosts serve everything. Rendered documents never depend on the requested
 * host.
 */
import type { Publication } from './publication.ts'

/** Returns whether a request was sent to one of the publication's hosts. */
export function isForOwnHost({ url }: Request, publication: Publication): boolean {
  // This runs for every response, so it avoids parsing. The prefixes match, because the runtime
  // normalises the address of a request.
  return getPublicationHosts(publication).urlPrefixes.some((prefix) => url.startsWith(prefix))
}

/**
 * Returns whether a request was sent to the host of the short links. Always false if the site has
 * the same host.
 */
export const isForShortHost = ({ url }: Request, publication: Publication): boolean =>
  getPublicationHosts(publication).shortHost === new URL(url).host

/** Returns the hosts of the site and of the short links. */
export const getOwnHosts = (publication: Publication): ReadonlySet<string> =>
  getPublicationHosts(publication).hosts

/** `shortHost` is set if it differs from the site's host. */
type PublicationHosts = {
  hosts: ReadonlySet<string>
  urlPrefixes: readonly string[]
  shortHost?: string
}
const hostsByPublication = new WeakMap<Publication, PublicationHosts>()

/** Parses the addresses in the settings, once for each publication object. */
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
