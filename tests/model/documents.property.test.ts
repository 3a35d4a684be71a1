/**
 * Tests that every manuscript that the schema accepts becomes documents that strict parsers accept,
 * with the same content in every format and the same bytes each time (rules,
 *
 */
import fc from 'fast-check'
import { parseAtomFeed, parseJsonFeed, parseRssFeed } from 'feedsmith'
import { expect, it } from 'vitest'
import { buildEntry } from '../../src/feeds/entry.ts'
import { cleanMarkup } from '../../src/manuscript/sanitize.ts'
import type { Article } from '../../src/model/article.ts'
import { collapseWhiteSpace, findForbidden, replaceMarks } from '../../src/text/characters.ts'
import { formatTime } from '../../src/text/time.ts'
import { renderArticlePage } from '../../src/views/article-page.tsx'
import { manuscriptArbitrary, markupArbitrary } from '../support/hostile-texts.ts'
import { runs } from '../support/runs.ts'
import { findUnsafeHtml, findUnsafePage } from '../support/safe-html.ts'
import { PUBLICATION, prepareStory, renderTestDocument, storeDraft } from '../support/stories.ts'
import { getOnlyChild, getText, listChildren, parseRoot, type XmlElement } from '../support/xml.ts'

/**
 * Prepares an article. Returns `undefined` if the manuscript is refused. Throws any other error.
 */
function prepareAccepted(manuscript: Record<string, unknown>, id: string): Article | undefined {
  const prepared = prepareStory({ ...manuscript, id })
  return prepared.ok ? storeDraft(prepared.value) : undefined
}

const articlesArbitrary = fc
  .array(manuscriptArbitrary, { minLength: 1, maxLength: 3 })
  .map((manuscripts) =>
    manuscripts.map((manuscript, index) => prepareAccepted(manuscript, `story-${index}`)),
  )
  .map((articles) => articles.filter((article) => article !== undefined))

/** The content of one item in a form in which all formats can be compared. */
type ComparableEntry = {
  id: string | undefined
  title: string | undefined
  url: string | undefined
  summary: string | undefined
  html: string | undefined
  published: string | undefined
  categories: (string | undefined)[]
  authors: (string | undefined)[]
}

const getDate = (text: string | undefined): string =>
  new Date(text ?? '').toISOString().replace('.000Z', 'Z')

const getTexts = (parent: XmlElement, name: string): string[] =>
  listChildren(parent, name).map(({ text }) => text)

const UNESCAPED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' }
/** Unescapes an RSS description, which in our feeds is plain text that is escaped as HTML. */
const unescapeHtml = (html: string): string =>
  html.replace(/&(amp|lt|gt|quot);/g, (_, name: string) => UNESCAPED[name] ?? '')

function readRssEntries(document: string): ComparableEntry[] {
  return listChildren(getOnlyChild(parseRoot(document), 'channel'), 'item').map((item) => ({
    id: getText(item, 'guid'),
    title: getText(item, 'title'),
    url: getText(item, 'link'),
    summary: unescapeHtml(getText(item, 'description')),
    html: getText(item, 'content:encoded'),
    published: getDate(getText(item, 'pubDate')),
    categories: getTexts(item, 'category'),
    authors: getTexts(item, 'dc:creator'),
  }))
}

function readAtomEntries(document: string): ComparableEntry[] {
  return listChildren(parseRoot(document), 'entry').map((entry) => ({
    id: getText(entry, 'id'),
    title: getText(entry, 'title'),
    url: listChildren(entry, 'link').find(({ attributes }) => attributes['rel'] === 'alternate')
      ?.attributes['href'],
    summary: getText(entry, 'summary'),
    html: getText(entry, 'content'),
    published: getDate(getText(entry, 'published')),
    categories: listChildren(entry, 'category').map(({ attributes }) => attributes['term']),
    authors: listChildren(entry, 'author').map((author) => getText(author, 'name')),
  }))
}

function readJsonEntries(document: string): ComparableEntry[] {
  const { items } = JSON.parse(document) as {
    items: Record<string, string>[] & Record<string, { name: string }[]>[]
  }
  return items.map((item) => ({
    id: item['id'],
    title: item['title'],
    url: item['url'],
    summary: item['summary'],
    html: item['content_html'],
    published: getDate(item['date_published']),
    categories: [...(item['tags'] ?? [])] as string[],
    authors: ((item['authors'] ?? []) as { name: string }[]).map(({ name }) => name),
  }))
}

/** Returns the expected content of the items, from the same entries that the renderers get. */
const listExpectedEntries = (articles: Article[]): ComparableEntry[] =>
  articles.map((article) => {
    const entry = buildEntry(article, PUBLICATION)
    return {
      id: entry.tagUri,
      title: entry.title,
      url: entry.url,
      summary: entry.summary,
      html: entry.html,
      published: formatTime(entry.published),
      categories: entry.categories,
      authors: entry.authors.map(({ name }) => name),
    }
  })

type EntryTexts = (string | undefined)[]

const readRssWithFeedsmith = (document: string): EntryTexts[] =>
  (parseRssFeed(document).items ?? []).map(({ guid, title, link, pubDate }) => [
    guid?.value,
    title,
    link,
    getDate(pubDate),
  ])
const readAtomWithFeedsmith = (document: string): EntryTexts[] =>
  (parseAtomFeed(document).entries ?? []).map(({ id, title, links, published }) => [
    id,
    typeof title === 'string' ? title : title?.value,
    links?.[0]?.href,
    getDate(published),
  ])
const readJsonWithFeedsmith = (document: string): EntryTexts[] =>
  (parseJsonFeed(document).items ?? []).map(({ id, title, url, date_published }) => [
    id,
    title,
    url,
    getDate(date_published),
  ])

it('most arbitrary manuscripts are accepted, and some are refused', () => {
  const samples = fc.sample(manuscriptArbitrary, { numRuns: 100, seed: 1 })
  const acceptedCount = samples.filter(
    (manuscript) => prepareAccepted(manuscript, 'story') !== undefined,
  ).length
  expect(acceptedCount).toBeGreaterThan(50)
  expect(acceptedCount).toBeLessThan(100)
})

it('strict parsers and a feed library read the published articles from every format', () => {
  fc.assert(
    fc.property(articlesArbitrary, (articles) => {
      const expectedEntries = listExpectedEntries(articles)
      const documents = {
        rss: renderTestDocument('rss', articles),
        atom: renderTestDocument('atom', articles),
        json: renderTestDocument('json', articles),
      }
      expect(readRssEntries(documents.rss)).toEqual(expectedEntries)
      expect(readAtomEntries(documents.atom)).toEqual(expectedEntries)
      expect(readJsonEntries(documents.json)).toEqual(expectedEntries)
      const expected = expectedEntries.map(({ id, title, url, published }) => [
        id,
        title,
        url,
        published,
      ])
      expect(readRssWithFeedsmith(documents.rss)).toEqual(expected)
      expect(readAtomWithFeedsmith(documents.atom)).toEqual(expected)
      expect(readJsonWithFeedsmith(documents.json)).toEqual(expected)
    }),
    { numRuns: runs(120) },
  )
})

it('no plain text of an accepted article, except the excerpt, contains a forbidden character', () => {
  fc.assert(
    fc.property(articlesArbitrary, (articles) => {
      for (const { story } of articles) {
        const plain = [
          story.title,
          story.excerpt,
          ...story.summary,
          ...story.tags,
          ...story.authors.map(({ name }) => name),
          ...[story.section, story.dateline, story.image?.alt].filter((text) => text !== undefined),
        ]
        // Cleaning keeps unpaired bidi isolates in the text, from which the excerpt is taken.
        for (const text of plain.filter((one) => one !== story.excerpt))
          expect(findForbidden(text)).toBeUndefined()
        for (const text of plain) expect(collapseWhiteSpace(text)).toBe(text)
        expect(story.html).toBe(story.html.toWellFormed())
        expect(story.html.replace(/[\ufdd0\ufdd1]/g, '')).toMatch(
          /^[\t\n\u0020-\u007e\u0085\u00a0-\u{d7ff}\u{e000}-\u{fdcf}\u{fdf0}-\u{fffd}\u{10000}-\u{10ffff}]*$/u,
        )
        expect(story.html).not.toContain(']]>')
      }
    }),
    { numRuns: runs(60) },
  )
})

it('the same articles give the same bytes', () => {
  fc.assert(
    fc.property(articlesArbitrary, (articles) => {
      const copy = structuredClone(articles)
      for (const name of ['rss', 'atom', 'json'] as const)
        expect(renderTestDocument(name, copy)).toBe(renderTestDocument(name, articles))
    }),
    { numRuns: runs(25) },
  )
})

it('feeds and pages contain nothing executable, and all their addresses are absolute', () => {
  fc.assert(
    fc.property(articlesArbitrary, (articles) => {
      for (const article of articles) {
        const { html = '' } = buildEntry(article, PUBLICATION)
        expect(findUnsafeHtml(html)).toEqual([])
        const page = renderArticlePage(article, PUBLICATION)
        // The page shows corrections separately, so its text is that of an article without
        // corrections.
        expect(page).toContain(buildEntry({ ...article, corrections: [] }, PUBLICATION).html)
        expect(findUnsafePage(page)).toEqual([])
      }
    }),
    { numRuns: runs(60) },
  )
})

it('cleaned HTML and Markdown contain nothing executable, and cleaning them again changes nothing', () => {
  const options = { origins: [PUBLICATION.siteUrl] }
  fc.assert(
    fc.property(fc.constantFrom('html', 'markdown'), markupArbitrary, (form, source) => {
      const once = cleanMarkup(form, source, options)
      fc.pre(!('detail' in once))
      expect(
        findUnsafeHtml(replaceMarks(once.html, 'https://s.example', 'https://p.example/a')),
      ).toEqual([])
      // The dateline is invalid, so that the second cleaning does not extract another one.
      expect(cleanMarkup('html', once.html, { ...options, dateline: '-' })).toMatchObject({
        html: once.html,
      })
    }),
    { numRuns: runs(250) },
  )
})
