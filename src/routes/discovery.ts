/**
 * Serves files for crawlers and aggregators. Sitemaps, the directory of feeds and the subscription
 * list come from KV like all documents. robots.txt and security.txt are built from the settings.
 * Only whether robots.txt names the news sitemap depends on KV, and a failing store names it.
 */
import { Hono } from 'hono'
import { renderNewsSitemap } from '../feeds/sitemap.ts'
import { CORS_HEADERS } from '../http/cors.ts'
import { buildProblemResponse } from '../http/problem.ts'
import { representText, respond } from '../http/representation.ts'
import { isForOwnHost } from '../model/hosts.ts'
import type { Publication } from '../model/publication.ts'
import { ROUTES } from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import type { AppEnv } from '../serving/app-type.ts'
import { respondWithFailure } from '../serving/failure-response.ts'
import { getPageHeaders } from '../serving/page-headers.ts'
import { byteLength } from '../text/characters.ts'
import {
  FEED_DIRECTORY_TARGET,
  findSitemapTarget,
  NEWS_SITEMAP_TARGET,
  SITEMAP_INDEX_TARGET,
  SUBSCRIPTION_LIST_TARGET,
  type Target,
} from '../wire/targets.ts'
import { DISALLOW_ALL, formatRobotsTxt, formatSecurityTxt } from './well-known.ts'

/** The same as for feeds, so that crawlers find news as early as feed readers do. */
const CACHE_CONTROL = 'public, max-age=300'
const PAGE_CACHE_CONTROL = 'public, max-age=60'
/** robots.txt and security.txt change only when the settings or the month change. */
const PLAIN_CACHE_CONTROL = 'public, max-age=3600'
const PLAIN_TYPE = 'text/plain; charset=utf-8'

/** Excludes a response from search engines, because its host does not belong to the publication. */
export const setNoIndex = (headers: Headers): void => headers.set('X-Robots-Tag', 'noindex')

/** `now` returns milliseconds. */
export function createDiscoveryRoutes(now: () => number): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  app.get(ROUTES.sitemapIndex, (c) =>
    respondWithFile(c.req.raw, c.get('reader'), SITEMAP_INDEX_TARGET, 'this sitemap'),
  )
  app.get(ROUTES.newsSitemap, (c) =>
    respondWithFile(c.req.raw, c.get('reader'), NEWS_SITEMAP_TARGET, 'this sitemap'),
  )
  app.get(ROUTES.sitemap, (c) => {
    // Checks the form of the address first, so that invalid addresses cause no calls to KV or the
    // desk.
    const target = findSitemapTarget(new URL(c.req.url).pathname)
    return target === undefined
      ? respondUnknown(c.get('publication'), 'this sitemap')
      : respondWithFile(c.req.raw, c.get('reader'), target, 'this sitemap')
  })
  app.get(ROUTES.subscriptionList, (c) =>
    respondWithFile(c.req.raw, c.get('reader'), SUBSCRIPTION_LIST_TARGET, 'this list', {
      'Content-Disposition': 'inline; filename="feeds.opml"',
    }),
  )
  app.get(ROUTES.feedDirectory, async (c) => {
    const { raw: request } = c.req
    const { reader, publication } = c.var
    const subject = 'the directory of feeds'
    const found = await reader.findDocument(request, FEED_DIRECTORY_TARGET, subject)
    if (!found.ok) return respondWithFailure(request, publication, found.failure)
    if (found.value.kind !== 'document') return respondUnknown(publication, subject)
    const { validators, body } = found.value
    return await respond(request, {
      ...validators,
      cacheControl: PAGE_CACHE_CONTROL,
      headers: { ...getPageHeaders(publication), ...CORS_HEADERS },
      body,
    })
  })
  app.get(ROUTES.securityContact, (c) => {
    const text = formatSecurityTxt(c.var.publication, Math.floor(now() / 1000))
    return text === undefined
      ? respondWithFailure(c.req.raw, c.var.publication, {
          reason: 'not-found',
          subject: 'a security contact',
        })
      : respondWithText(c.req.raw, text)
  })
  return app
}

async function respondWithFile(
  request: Request,
  reader: Reader,
  target: Target,
  subject: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const { publication } = reader
  const found = await reader.findDocument(request, target, subject)
  if (!found.ok) return buildProblemResponse(found.failure, publication.siteUrl, CORS_HEADERS)
  if (found.value.kind !== 'document') return respondUnknown(publication, subject)
  const { validators, body } = found.value
  return await respond(request, {
    ...validators,
    cacheControl: CACHE_CONTROL,
    headers: { ...headers, ...CORS_HEADERS },
    body,
  })
}

const respondUnknown = ({ siteUrl }: Publication, subject: string): Response =>
  buildProblemResponse({ reason: 'not-found', subject }, siteUrl, CORS_HEADERS)

const respondWithText = (
  request: Request,
  text: string,
  cacheControl = PLAIN_CACHE_CONTROL,
): Promise<Response> =>
  respond(request, {
    status: 200,
    type: PLAIN_TYPE,
    ...representText(text),
    cacheControl,
    headers: CORS_HEADERS,
  })

/**
 * Responds to `/robots.txt`. If the settings are invalid (`reader` is absent), the response forbids
 * nothing, because crawlers treat a 5xx as "disallow everything" (RFC 9309 section 2.3.1.4).
 */
export async function respondWithRobotsTxt(
  request: Request,
  reader: Reader | undefined,
): Promise<Response> {
  if (reader === undefined) return respondWithText(request, formatRobotsTxt(undefined))
  const { publication } = reader
  if (!isForOwnHost(request, publication)) return respondWithText(request, DISALLOW_ALL)
  const hasNews = await mayHaveNews(request, reader)
  const cacheControl = hasNews ? PLAIN_CACHE_CONTROL : CACHE_CONTROL
  return respondWithText(request, formatRobotsTxt(publication, hasNews), cacheControl)
}

/** Returns whether the news sitemap lists an article, or cannot be read. */
async function mayHaveNews(request: Request, reader: Reader): Promise<boolean> {
  const found = await reader.findDocument(request, NEWS_SITEMAP_TARGET, 'this sitemap')
  if (!found.ok || found.value.kind !== 'document') return true
  const emptySitemap = renderNewsSitemap([], reader.publication)
  return found.value.validators.length !== byteLength(emptySitemap)
}
