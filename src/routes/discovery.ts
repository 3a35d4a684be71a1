/**
 * What crawlers and aggregators look for. Sitemaps, the directory of feeds and the subscription
 * list come from the wire like every document; robots.txt and security.txt from the settings alone,
 * so that no store can fail them.
 */
import { Hono } from 'hono'
import { CORS } from '../http/cors.ts'
import { problemResponse } from '../http/problem.ts'
import { ofText, respond } from '../http/representation.ts'
import { isAtHome } from '../model/hosts.ts'
import type { Publication } from '../model/publication.ts'
import { ROUTES } from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import type { App } from '../serving/app-type.ts'
import { answerFailure } from '../serving/failure-answer.ts'
import { pageHeaders } from '../serving/page-headers.ts'
import {
  FEED_DIRECTORY_TARGET,
  NEWS_SITEMAP_TARGET,
  SITEMAP_INDEX_TARGET,
  SUBSCRIPTION_LIST_TARGET,
  sitemapTargetOf,
  type Target,
} from '../wire/targets.ts'
import { KEEP_OUT, robotsText, securityText } from './well-known.ts'

/** As for feeds: what is new shall be found as soon in a sitemap. */
const CACHE_CONTROL = 'public, max-age=300'
const PAGE_CACHE_CONTROL = 'public, max-age=60'
/** Both change with the settings, or from month to month. */
const PLAIN_CACHE_CONTROL = 'public, max-age=3600'
const PLAIN_TYPE = 'text/plain; charset=utf-8'

/** A host that is not the publication's asks to be left out of every index (rule S-25). */
export const askForNoIndex = (headers: Headers): void => headers.set('X-Robots-Tag', 'noindex')

/** `now` in milliseconds. */
export function discovery(now: () => number): Hono<App> {
  const app = new Hono<App>()
  app.get(ROUTES.sitemapIndex, (c) =>
    answerFile(c.req.raw, c.get('reader'), SITEMAP_INDEX_TARGET, 'this sitemap'),
  )
  app.get(ROUTES.newsSitemap, (c) =>
    answerFile(c.req.raw, c.get('reader'), NEWS_SITEMAP_TARGET, 'this sitemap'),
  )
  app.get(ROUTES.sitemap, (c) => {
    // Grammar comes first, so that a stranger's noise never reaches wire or desk.
    const target = sitemapTargetOf(new URL(c.req.url).pathname)
    return target === undefined
      ? unknown(c.get('publication'), 'this sitemap')
      : answerFile(c.req.raw, c.get('reader'), target, 'this sitemap')
  })
  app.get(ROUTES.subscriptionList, (c) =>
    answerFile(c.req.raw, c.get('reader'), SUBSCRIPTION_LIST_TARGET, 'this list', {
      'Content-Disposition': 'inline; filename="feeds.opml"',
    }),
  )
  app.get(ROUTES.feedDirectory, async (c) => {
    const { raw: request } = c.req
    const { reader, publication } = c.var
    const what = 'the directory of feeds'
    const found = await reader.findDocument(request, FEED_DIRECTORY_TARGET, what)
    if (!found.ok) return answerFailure(request, publication, found.failure)
    if (found.value.kind !== 'document') return unknown(publication, what)
    const { validators, body } = found.value
    return await respond(request, {
      ...validators,
      cacheControl: PAGE_CACHE_CONTROL,
      headers: { ...pageHeaders(publication), ...CORS },
      body,
    })
  })
  app.get(ROUTES.securityContact, (c) => {
    const text = securityText(c.var.publication, Math.floor(now() / 1000))
    return text === undefined
      ? answerFailure(c.req.raw, c.var.publication, {
          reason: 'not-found',
          what: 'a contact for security',
        })
      : answerPlain(c.req.raw, text)
  })
  return app
}

async function answerFile(
  request: Request,
  reader: Reader,
  target: Target,
  what: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const { publication } = reader
  const found = await reader.findDocument(request, target, what)
  if (!found.ok) return problemResponse(found.failure, publication.siteUrl, CORS)
  if (found.value.kind !== 'document') return unknown(publication, what)
  const { validators, body } = found.value
  return await respond(request, {
    ...validators,
    cacheControl: CACHE_CONTROL,
    headers: { ...headers, ...CORS },
    body,
  })
}

const unknown = ({ siteUrl }: Publication, what: string): Response =>
  problemResponse({ reason: 'not-found', what }, siteUrl, CORS)

const answerPlain = (request: Request, text: string): Promise<Response> =>
  respond(request, {
    status: 200,
    type: PLAIN_TYPE,
    ...ofText(text),
    cacheControl: PLAIN_CACHE_CONTROL,
    headers: CORS,
  })

/**
 * `/robots.txt`; without good settings it forbids nothing: a crawler takes a 5xx for "keep out"
 * (rule S-22).
 */
export function answerRobots(
  request: Request,
  publication: Publication | undefined,
): Promise<Response> {
  return publication === undefined || isAtHome(request, publication)
    ? answerPlain(request, robotsText(publication))
    : answerPlain(request, KEEP_OUT)
}
