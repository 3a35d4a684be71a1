/**
 * What a careful person wants to know before following a short link: its preview, as a page or as
 * JSON, and its QR code. All is made here of what is on the wire; nothing is written for it
 * (docs/decisions/019-previews.md).
 */
import { type ArticleFacts, readArticleJson } from '../feeds/article-json.ts'
import { bytesIn } from '../http/coding.ts'
import { CORS } from '../http/cors.ts'
import { keptUntil, ofText, respond } from '../http/representation.ts'
import { type Failure, fail, ok, type Result } from '../model/failures.ts'
import type { LinkAnswer } from '../model/link.ts'
import type { Publication } from '../model/publication.ts'
import { type Origins, pictureUrl, previewJsonUrl, shortLink } from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import { answerFailure, wantsPage } from '../serving/failure-answer.ts'
import { pageHeaders } from '../serving/page-headers.ts'
import { defined } from '../text/json.ts'
import { formatTime } from '../text/time.ts'
import { HTML_TYPE } from '../views/layout.tsx'
import { type Preview, renderPreviewPage } from '../views/preview-page.tsx'
import { drawQr, PICTURE_TYPE } from '../views/qr.ts'
import { articleTarget } from '../wire/targets.ts'

/** The code itself, whatever case was typed, with its answer while it leads somewhere. */
export type Live = { code: string; answer: Extract<LinkAnswer, { to: string }> }

/** A story may move or be corrected; its short link stays. In seconds. */
const PREVIEW_MAX_AGE = 60
const PICTURE_MAX_AGE = 86_400

/** Nothing of a link is kept longer than it lives; `most` in seconds, `now` in milliseconds. */
export function cachedFor(most: number, { answer: { until } }: Live, now: () => number): string {
  return keptUntil(most, until, Math.floor(now() / 1000))
}

export async function answerPreview(
  request: Request,
  reader: Reader,
  live: Live,
  form: 'preview' | 'preview-json',
  now: () => number,
): Promise<Response> {
  const { publication } = reader
  const found = await previewOf(request, reader, live)
  if (!found.ok) return answerFailure(request, publication, found.failure)
  const preview = found.value
  const asPage = form === 'preview' && wantsPage(request)
  const text = asPage
    ? renderPreviewPage(preview, publication)
    : JSON.stringify(jsonOf(preview, publication))
  return await respond(request, {
    status: 200,
    type: asPage ? HTML_TYPE : 'application/json',
    ...ofText(text),
    ...(asPage && { language: preview.article?.language ?? publication.language }),
    cacheControl: cachedFor(PREVIEW_MAX_AGE, live, now),
    headers: {
      ...pageHeaders(publication),
      ...CORS,
      Link: `<${preview.url}>; rel="canonical"`,
      'X-Robots-Tag': 'noindex',
      ...(form === 'preview' && { Vary: 'Accept' }),
      ...(form === 'preview' &&
        !asPage && { 'Content-Location': previewJsonUrl(publication, preview.code) }),
    },
  })
}

/**
 * What the wire says of the link; of an article that was withdrawn meanwhile what its own address
 * would say.
 */
async function previewOf(
  request: Request,
  reader: Reader,
  { code, answer: { to, id, title, made, until } }: Live,
): Promise<Result<Preview>> {
  const link = defined({ code, url: to, title, made, until })
  if (id === undefined) return ok(link)
  const facts = await factsOf(request, reader, id)
  if (!facts.ok) return facts
  const article = facts.value
  if (article.status === 'public') return ok({ ...link, article })
  return fail(takenBack(STORY_BEHIND_LINK, { when: article.withdrawn, legal: article.legal }))
}

/** What is shown to nobody any more when a short link has lost its story. */
export const STORY_BEHIND_LINK = 'the story behind this short link'

/**
 * That it was taken back, since when (seconds) and on which legal demand, as far as that is known.
 */
export function takenBack(
  what: string,
  { when, legal }: { when?: number | undefined; legal?: string | undefined },
): Failure {
  const since = defined({ when })
  return legal === undefined
    ? { reason: 'gone', what, ...since }
    : { reason: 'legal', what, why: legal, ...since }
}

/**
 * The facts of an article from its JSON, which readers get too: whatever the request says, its text
 * is needed.
 */
async function factsOf(
  request: Request,
  reader: Reader,
  id: string,
): Promise<Result<ArticleFacts>> {
  const target = articleTarget(id)
  const found = await reader.findDocument(request, target, 'this short link', () => true)
  if (!found.ok) return found
  const body = found.value.kind === 'document' ? found.value.body : undefined
  const facts = body && readArticleJson(await (await bytesIn(body, undefined)).text())
  return facts ? ok(facts) : fail({ reason: 'unavailable', retryAfterSeconds: 30 })
}

/** Times are RFC 3339 in UTC; what is not known is left out. */
function jsonOf({ code, url, article, title, made, until }: Preview, origins: Origins) {
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
    qr: pictureUrl(origins, code),
  }
}

export async function answerPicture(
  request: Request,
  publication: Publication,
  live: Live,
  now: () => number,
): Promise<Response> {
  return await respond(request, {
    status: 200,
    type: PICTURE_TYPE,
    ...ofText(drawQr(shortLink(publication, live.code))),
    cacheControl: cachedFor(PICTURE_MAX_AGE, live, now),
    headers: {
      ...CORS,
      // It may be opened as a document: then nothing in it runs, and it loads nothing (rule X-24).
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'Cross-Origin-Resource-Policy': 'cross-origin',
    },
  })
}
