/** One article as JSON at `/articles/:id.json`: the public half of what the desk keeps. */
import type { Article } from '../article.ts'
import type { Publication } from '../publication.ts'
import { formatTime } from '../time.ts'
import { entryOf } from './entry.ts'

/** A withdrawn article says that it is, and when; nothing of the story. */
export function articleJson(article: Article, publication: Publication): string {
  const entry = entryOf(article, publication)
  if (article.withdrawn) {
    return JSON.stringify({
      id: article.id,
      tag: entry.tag,
      status: 'withdrawn',
      withdrawn: formatTime(article.withdrawn.when),
    })
  }
  const { story } = article
  return JSON.stringify({
    id: article.id,
    tag: entry.tag,
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
