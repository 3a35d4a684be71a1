/** Where a worker is reached, from what wrangler says it deployed to. */
import type { Publication } from '../model/publication.ts'

export type Places = {
  /**
   * Where the desk is woken: the platform's own address is there first, without waiting for a
   * certificate.
   */
  wake: string | undefined
  /** What readers use: SITE_URL when it leads here, else the platform's address. */
  site: string | undefined
  /** Hosts of the settings that do not lead here. */
  unrouted: string[]
}

/**
 * `targets` as wrangler prints them: `https://x.y.workers.dev`, `news.com (custom domain)`,
 * `news.com/* (zone name: news.com)`.
 */
export function placesOf(
  targets: readonly string[],
  { siteUrl, shortUrl }: Pick<Publication, 'siteUrl' | 'shortUrl'>,
): Places {
  const platform = targets.find((target) => /^https:\/\/[^/\s]+\.workers\.dev$/.test(target))
  const unrouted = [...new Set([siteUrl, shortUrl].map((url) => new URL(url).host))].filter(
    (host) => !targets.some((target) => leadsFrom(host, target)),
  )
  const site = unrouted.includes(new URL(siteUrl).host) ? platform : siteUrl
  return { wake: platform ?? site, site, unrouted }
}

/** Whether every path of the host is the worker's; one of another pattern serves a part only. */
function leadsFrom(host: string, target: string): boolean {
  const [pattern = ''] = target.replace(/^https?:\/\//, '').split(' ')
  const [, name = '', path = ''] = /^([^/]*)(.*)$/.exec(pattern) ?? []
  if (path !== '' && path !== '/*') return false
  if (!name.startsWith('*')) return name === host
  const rest = name.slice(1)
  return host.endsWith(rest) && (rest !== '' || host !== '')
}
