/** Where a worker is reached, from what wrangler says it deployed to. */
import type { Publication } from '../model/publication.ts'

export type WorkerAddresses = {
  /**
   * Where the desk is woken: the platform's own address is there first, without waiting for a
   * certificate.
   */
  deskUrl: string | undefined
  /** What readers use: SITE_URL when it leads here, else the platform's address. */
  readerUrl: string | undefined
  /** Hosts of the settings that do not lead here. */
  unroutedHosts: string[]
}

/**
 * `targets` as wrangler prints them: `https://x.y.workers.dev`, `news.com (custom domain)`,
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

/** Whether every path of the host is the worker's; one of another pattern serves a part only. */
function isHostRouted(host: string, target: string): boolean {
  const [pattern = ''] = target.replace(/^https?:\/\//, '').split(' ')
  const [, hostPattern = '', pathPattern = ''] = /^([^/]*)(.*)$/.exec(pattern) ?? []
  if (pathPattern !== '' && pathPattern !== '/*') return false
  if (!hostPattern.startsWith('*')) return hostPattern === host
  const suffix = hostPattern.slice(1)
  return host.endsWith(suffix) && (suffix !== '' || host !== '')
}
