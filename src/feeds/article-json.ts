/**
 * One article as JSON at `/articles/:id.json`: the public part of what the desk stores, and the
 * facts that a preview parses from it.
 */
import * as v from 'valibot'
import type { Article } from '../model/article.ts'
import type { Publication } from '../model/publication.ts'
import { formatTime, parseTime } from '../text/time.ts'
import { buildEntry } from './entry.ts'

/** Renders an article. A withdrawn one has only its time and legal demand, nothing of the story. */
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

/** The facts in the JSON besides the text. Times become seconds. */
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

/** Parses what `renderArticleJson` wrote. Returns `undefined` for anything else. */
export function parseArticleJson(text: string): ArticleFacts | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), ArticleFactsSchema), text)
  return parsed.success ? parsed.output : undefined
}
