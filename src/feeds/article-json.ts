/**
 * Renders an article as JSON for `/articles/:id.json`, with the public part of what the desk
 * stores. The preview of a short link parses this JSON.
 */
import * as v from 'valibot'
import type { Article } from '../model/article.ts'
import type { Publication } from '../model/publication.ts'
import { formatTime, parseTime } from '../text/time.ts'
import { buildEntry } from './entry.ts'

/**
 * Renders an article. Of a withdrawn article it shows only the time and the legal demand, and
 * nothing of the story.
 */
export function renderArticleJson(article: Article, publication: Publication): string {
  const entry = buildEntry(article, publication)
  if (article.withdrawn) {
    return JSON.stringify({
      id: article.id,
      tag: entry.tagUri,
      status: 'withdrawn',
      withdrawn: formatTime(article.withdrawn.when),
      legal: article.withdrawn.legal,
    })
  }
  const { story } = article
  return JSON.stringify({
    id: article.id,
    tag: entry.tagUri,
    status: article.state,
    revision: article.revision,
    code: article.code,
    short_url: entry.shortUrl,
    url: entry.url,
    title: story.title,
    summary: story.summary,
    dateline: story.dateline,
    authors: story.authors,
    section: story.section,
    tags: story.tags,
    language: story.language,
    image: entry.image,
    published: formatTime(article.published),
    updated: formatTime(article.updated),
    corrections:
      article.corrections.length > 0
        ? article.corrections.map(({ at, text }) => ({ at: formatTime(at), text }))
        : undefined,
    html: entry.html,
  })
}

const time = v.pipe(v.string(), v.transform(parseTime), v.number())

/** What a preview needs from the JSON. It does not include the text. Times become seconds. */
const ArticleFactsSchema = v.variant('status', [
  v.object({
    status: v.literal('public'),
    id: v.string(),
    title: v.string(),
    section: v.exactOptional(v.string()),
    language: v.string(),
    published: time,
    updated: time,
    corrections: v.optional(v.array(v.object({ at: time, text: v.string() })), []),
  }),
  v.object({
    status: v.literal('withdrawn'),
    withdrawn: v.exactOptional(time),
    legal: v.exactOptional(v.string()),
  }),
])
export type ArticleFacts = v.InferOutput<typeof ArticleFactsSchema>

/** Parses the output of `renderArticleJson`. Returns `undefined` for any other text. */
export function parseArticleJson(text: string): ArticleFacts | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), ArticleFactsSchema), text)
  return parsed.success ? parsed.output : undefined
}
