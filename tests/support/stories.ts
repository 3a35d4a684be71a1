/**
 * Builds articles without a desk: a manuscript is prepared as in the API, and becomes a stored
 * article.
 */
import { buildFeed, type DatedFeed } from '../../src/feeds/entry.ts'
import { FORMATS, type FormatName, renderFeed } from '../../src/feeds/formats.ts'
import { type PreparedManuscript, prepareManuscript } from '../../src/manuscript/prepare.ts'
import type { Article } from '../../src/model/article.ts'
import { ALL_CHANNEL, type Channel } from '../../src/model/channel.ts'
import type { Result } from '../../src/model/failures.ts'
import { type Publication, parsePublication } from '../../src/model/publication.ts'

/** Settings as an operator sets them. */
export const STORY_SETTINGS = {
  TITLE: 'Test Desk',
  DESCRIPTION: 'What tests publish',
  LANGUAGE: 'en',
  SITE_URL: 'https://news.example',
  SHORT_URL: 'https://nws.example',
  ALLOWED_HOSTS: 'news.example www.news.example',
  TAG_AUTHORITY: 'news.example',
  TAG_DATE: '2026',
  PUBLISHER: 'Test Press',
}

export function buildPublication(settings: Record<string, string> = {}): Publication {
  const parsed = parsePublication({ ...STORY_SETTINGS, ...settings })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.failure))
  return parsed.value
}

export const PUBLICATION = buildPublication()

/** Prepares a JSON manuscript as the API does. */
export function prepareStory(
  manuscript: Record<string, unknown>,
  publication: Publication = PUBLICATION,
): Result<PreparedManuscript> {
  const { id = 'story', ...rest } = manuscript
  const bytes = new TextEncoder().encode(JSON.stringify(rest))
  return prepareManuscript(bytes, 'application/json', String(id), publication)
}

export const PUBLISHED = Date.UTC(2026, 2, 11, 10) / 1000
export const UPDATED = Date.UTC(2026, 2, 11, 12, 30) / 1000
/** Last-Modified of rendered documents; it differs from all times of articles. */
export const MODIFIED = Date.UTC(2026, 2, 12, 7, 1, 2) / 1000

/**
 * Returns the article that the desk would store; throws with the faults of an invalid manuscript.
 */
export function buildArticle(
  manuscript: Record<string, unknown> = {},
  publication: Publication = PUBLICATION,
): Article {
  const text = manuscript['html'] === undefined ? { body: 'A text.' } : {}
  const prepared = prepareStory({ title: 'A headline', ...text, ...manuscript }, publication)
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.failure))
  return storeDraft(prepared.value)
}

/** Adds the properties that the desk adds to a new draft. */
export function storeDraft({ draft }: PreparedManuscript): Article {
  const published = draft.published ?? PUBLISHED
  const updated = draft.updated ?? Math.max(published, UPDATED)
  return {
    id: draft.id,
    state: 'public',
    revision: 1,
    code: draft.code ?? 'mheng',
    ...(typeof draft.canonical === 'string' && { canonical: draft.canonical }),
    published,
    updated,
    everPublic: true,
    corrections: (draft.corrections ?? []).map((text) => ({ at: updated, text })),
    story: draft.story,
  }
}

export const buildTestFeed = (
  articles: Article[],
  publication: Publication = PUBLICATION,
  channel: Channel = ALL_CHANNEL,
  channelTitle = '',
  withdrawn: Article[] = [],
): DatedFeed => ({
  ...buildFeed(channel, channelTitle, articles, publication, withdrawn),
  modified: MODIFIED,
})

/** Renders these articles in one format. */
export function renderTestDocument(
  name: FormatName,
  articles: Article[],
  publication: Publication = PUBLICATION,
  channel: Channel = ALL_CHANNEL,
  channelTitle = '',
  withdrawn: Article[] = [],
): string {
  const format = FORMATS.find((row) => row.name === name)
  if (!format) throw new Error(`There is no format ${name}`)
  return renderFeed(
    format,
    buildTestFeed(articles, publication, channel, channelTitle, withdrawn),
    publication,
  )
}
