/**
 * Previews of short links, as a page and as JSON, and their QR codes, for people who want to know
 * the destination first. They are built from values in KV, and nothing is stored for them
 * (docs/decisions/019-previews.md).
 */
import { type ArticleFacts, parseArticleJson } from '../feeds/article-json.ts'
import { getEncodedBody } from '../http/coding.ts'
import { CORS_HEADERS } from '../http/cors.ts'
import { formatCacheControl, representText, respond } from '../http/representation.ts'
import { type Failure, fail, ok, type Result } from '../model/failures.ts'
import type { LinkAnswer } from '../model/link.ts'
import type { Publication } from '../model/publication.ts'
import { type Origins, previewJsonUrl, qrCodeUrl, shortLink } from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import { respondWithFailure, wantsPage } from '../serving/failure-response.ts'
import { getPageHeaders } from '../serving/page-headers.ts'
import { omitUndefined } from '../text/json.ts'
import { formatTime } from '../text/time.ts'
import { HTML_TYPE } from '../views/layout.tsx'
import { type Preview, renderPreviewPage } from '../views/preview-page.tsx'
import { drawQr, QR_MEDIA_TYPE } from '../views/qr.ts'
import { articleTarget } from '../wire/targets.ts'

/**
 * A code in its exact spelling, and its answer. The link redirects: it is neither withdrawn nor
 * expired.
 */
export type LiveLink = { code: string; answer: Extract<LinkAnswer, { to: string }> }

/**
 * Both are in seconds. A preview is cached more briefly, because its story may be moved or
 * corrected, while the QR code of a link never changes.
 */
const PREVIEW_MAX_AGE_SECONDS = 60
const QR_CODE_MAX_AGE_SECONDS = 86_400

/**
 * Formats Cache-Control so that nothing is cached for longer than the link is valid. `maxSeconds`
 * is in seconds, and `now` returns milliseconds.
 */
export function formatLinkCacheControl(
  maxSeconds: number,
  { answer: { until } }: LiveLink,
  now: () => number,
): string {
  return formatCacheControl(maxSeconds, until, Math.floor(now() / 1000))
}

export async function respondWithPreview(
  request: Request,
  reader: Reader,
  live: LiveLink,
  form: 'preview' | 'preview-json',
  now: () => number,
): Promise<Response> {
  const { publication } = reader
  const found = await readPreview(request, reader, live)
  if (!found.ok) return respondWithFailure(request, publication, found.failure)
  const preview = found.value
  const isPage = form === 'preview' && wantsPage(request)
  const text = isPage
    ? renderPreviewPage(preview, publication)
    : JSON.stringify(toPreviewJson(preview, publication))
  return await respond(request, {
    status: 200,
    type: isPage ? HTML_TYPE : 'application/json',
    ...representText(text),
    ...(isPage && { language: preview.article?.language ?? publication.language }),
    cacheControl: formatLinkCacheControl(PREVIEW_MAX_AGE_SECONDS, live, now),
    headers: {
      ...getPageHeaders(publication),
      ...CORS_HEADERS,
      Link: `<${preview.url}>; rel="canonical"`,
      'X-Robots-Tag': 'noindex',
      ...(form === 'preview' && { Vary: 'Accept' }),
      ...(form === 'preview' &&
        !isPage && { 'Content-Location': previewJsonUrl(publication, preview.code) }),
    },
  })
}

/**
 * Reads what the preview of a link contains. If the article was withdrawn after the link was read,
 * fails like the link of a withdrawn story.
 */
async function readPreview(
  request: Request,
  reader: Reader,
  { code, answer: { to, id, title, made, until } }: LiveLink,
): Promise<Result<Preview>> {
  const link = omitUndefined({ code, url: to, title, made, until })
  if (id === undefined) return ok(link)
  const facts = await readArticleFacts(request, reader, id)
  if (!facts.ok) return facts
  const article = facts.value
  if (article.status === 'public') return ok({ ...link, article })
  return fail(
    toWithdrawnFailure(STORY_BEHIND_LINK, { when: article.withdrawn, legal: article.legal }),
  )
}

/** The subject of a failure of a short link whose story was withdrawn. */
export const STORY_BEHIND_LINK = 'the story behind this short link'

/**
 * Builds the failure of a withdrawn story or link, with its time (seconds) and legal demand if they
 * are stored.
 */
export function toWithdrawnFailure(
  subject: string,
  { when, legal }: { when?: number | undefined; legal?: string | undefined },
): Failure {
  const since = omitUndefined({ when })
  return legal === undefined
    ? { reason: 'gone', subject, ...since }
    : { reason: 'legal', subject, why: legal, ...since }
}

/**
 * Reads the facts of an article from its JSON. Reads the body even if the request is conditional.
 */
async function readArticleFacts(
  request: Request,
  reader: Reader,
  id: string,
): Promise<Result<ArticleFacts>> {
  const target = articleTarget(id)
  const found = await reader.findDocument(request, target, 'this short link', () => true)
  if (!found.ok) return found
  const body = found.value.kind === 'document' ? found.value.body : undefined
  const facts = body && parseArticleJson(await (await getEncodedBody(body, undefined)).text())
  return facts ? ok(facts) : fail({ reason: 'unavailable', retryAfterSeconds: 30 })
}

/**
 * Builds the JSON of a preview. Times are RFC 3339 in UTC, and members without a value are omitted.
 */
function toPreviewJson({ code, url, article, title, made, until }: Preview, origins: Origins) {
  return {
    code,
    short_url: shortLink(origins, code),
    url,
    title: article?.title ?? title,
    article: article?.id,
    section: article?.section,
    language: article?.language,
    published: article && formatTime(article.published),
    updated: article && formatTime(article.updated),
    corrections: article?.corrections.map(({ at, text }) => ({ at: formatTime(at), text })),
    created: made === undefined ? undefined : formatTime(made),
    expires: until === undefined ? undefined : formatTime(until),
    qr: qrCodeUrl(origins, code),
  }
}

export async function respondWithQrCode(
  request: Request,
  publication: Publication,
  live: LiveLink,
  now: () => number,
): Promise<Response> {
  return await respond(request, {
    status: 200,
    type: QR_MEDIA_TYPE,
    ...representText(drawQr(shortLink(publication, live.code))),
    cacheControl: formatLinkCacheControl(QR_CODE_MAX_AGE_SECONDS, live, now),
    headers: {
      ...CORS_HEADERS,
      // If the picture is opened as a document, it can neither run scripts nor load anything.
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'Cross-Origin-Resource-Policy': 'cross-origin',
    },
  })
}
