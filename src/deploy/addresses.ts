/** Derives the addresses of a deployed worker from what wrangler printed. */
import type { Publication } from '../model/publication.ts'

export type WorkerAddresses = {
  /**
   * The address at which the desk is opened. The platform's own is preferred, because it needs no
   * new certificate.
   */
  deskUrl: string | undefined
  /**
   * The address that readers use: SITE_URL if it is routed to this worker, else the platform's
   * address.
   */
  readerUrl: string | undefined
  /** Hosts in the settings that are not routed to this worker. */
  unroutedHosts: string[]
}

/**
 * Reads targets as wrangler prints them: `https://x.y.workers.dev`, `news.com (custom domain)`,
 * `news.com/* (zone name: news.com)`.
 */
export function resolveAddresses(
  targets: readonly string[],
  { siteUrl, shortUrl }: Pick<Publication, 'siteUrl' | 'shortUrl'>,
): WorkerAddresses {
  const platformUrl = targets.find((target) => /^https:\/\/[^/\s]+\.workers\.dev$/.test(target))
  const unroutedHosts = [...new Set([siteUrl, shortUrl].map((url) => new URL(url).host))].filter(
    (host) => !targets.some((target) => isHostRouted(host, target)),
  )
  const readerUrl = unroutedHosts.includes(new URL(siteUrl).host) ? platformUrl : siteUrl
  return { deskUrl: platformUrl ?? readerUrl, readerUrl, unroutedHosts }
}

/** Returns whether all paths of the host are routed to the worker. */
function isHostRouted(host: string, target: string): boolean {
  const [pattern = ''] = target.replace(/^https?:\/\//, '').split(' ')
  const [, hostPattern = '', pathPattern = ''] = /^([^/]*)(.*)$/.exec(pattern) ?? []
  if (pathPattern !== '' && pathPattern !== '/*') return false
  if (!hostPattern.startsWith('*')) return hostPattern === host
  const suffix = hostPattern.slice(1)
  return host.endsWith(suffix) && (suffix !== '' || host !== '')
}
