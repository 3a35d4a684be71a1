/**
 * Tests that a feed document is at most 1.5 MB in every format, that all formats have the same full
 * texts, and that a longer feed has at least as many full texts at its beginning as a feed of fifty
 * articles (docs/decisions/026-full-texts-in-feeds.md).
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import type { FeedEntry } from '../../src/feeds/entry.ts'
import { FORMATS, type FormatName } from '../../src/feeds/formats.ts'
import type { Article } from '../../src/model/article.ts'
import { ALL_CHANNEL } from '../../src/model/channel.ts'
import { byteLength } from '../../src/text/characters.ts'
import { feedTarget } from '../../src/wire/targets.ts'
import { expectOk, openDesk } from '../support/drafts.ts'
import { runs } from '../support/runs.ts'
import {
  buildArticle,
  buildPublication,
  buildTestFeed,
  PUBLICATION,
  renderTestDocument,
} from '../support/stories.ts'
import { getOnlyChild, getText, listChildren, parseRoot } from '../support/xml.ts'

const LIMIT_BYTES = 1_500_000
const TEMPLATE = buildArticle({})

/** Counts the entries with full texts before the first entry without one. */
function countLeadingFullTexts(entries: FeedEntry[]): number {
  const first = entries.findIndex(({ html }) => html === undefined)
  return first === -1 ? entries.length : first
}

const UNITS = {
  latin: 'Some words of a story. ',
  arabic: 'خبر طويل عن الفضاء. ',
  urdu: 'خلا کے بارے میں ایک لمبی خبر۔ ',
  chinese: '关于太空的长篇报道。',
  emoji: '🚀👩‍🚀 ',
  markup: '<b>"R&amp;D"</b>\n',
  apostrophes: "'",
  quotes: '"\\',
} as const

const fill = (unit: string, bytes: number): string =>
  unit.repeat(Math.max(1, Math.floor(bytes / byteLength(unit))))

type Kind = {
  unit: string
  textBytes: number
  summaryBytes: number
  titleBytes: number
  names: number
  picture: boolean
  canonical: number
  corrections: number
}

const getTextUnit = (unit: string): string => (unit.startsWith('<') ? 'R&D <b> "x" ' : unit)

/**
 * Builds a stored article of this kind directly, because preparing manuscripts would take minutes.
 */
function story(kind: Kind, index: number): Article {
  const text = getTextUnit(kind.unit)
  return {
    ...TEMPLATE,
    id: `story-${index}`,
    code: `c${index}`,
    ...(kind.canonical > 0 && {
      canonical: `https://www.news.example/?a=1&b=${'%D8%AE'.repeat(kind.canonical)}`,
    }),
    corrections: Array.from({ length: kind.corrections }, (_, at) => ({
      at: 1_773_223_200 + at,
      text: fill(text, 200),
    })),
    story: {
      ...TEMPLATE.story,
      title: fill(text, kind.titleBytes).trim(),
      summary: [fill(text, kind.summaryBytes).trim()],
      html: `<p>${fill(kind.unit, kind.textBytes)}</p>`,
      language: kind.unit === UNITS.arabic ? 'ar' : 'en',
      tags: Array.from({ length: kind.names }, (_, at) => `${text.trim()} ${at}`),
      authors: Array.from({ length: kind.names }, (_, at) => ({
        name: `${text.trim()} ${at}`,
        url: `https://a.example/?b&c=${at}`,
      })),
      ...(kind.picture && {
        image: { url: '/media/a.jpg', alt: fill(text, 100), type: 'image/jpeg', length: 4000 },
      }),
    },
  }
}

const kindArbitrary: fc.Arbitrary<Kind> = fc.record({
  unit: fc.constantFrom(...Object.values(UNITS)),
  textBytes: fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 100, max: 20_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 20_000, max: 300_000 }) },
  ),
  summaryBytes: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 400, max: 10_000 })),
  titleBytes: fc.integer({ min: 1, max: 300 }),
  names: fc.integer({ min: 0, max: 16 }),
  picture: fc.boolean(),
  canonical: fc.constantFrom(0, 0, 0, 5, 2000),
  corrections: fc.constantFrom(0, 0, 0, 1, 20),
})

/** Generates `length` stories of up to five kinds, which alternate. */
const generateStories = (length: number): fc.Arbitrary<Article[]> =>
  fc
    .array(kindArbitrary, { minLength: 1, maxLength: 5 })
    .map((kinds) =>
      Array.from({ length }, (_, index) => story(kinds[index % kinds.length] ?? fail(), index)),
    )
const fail = (): never => {
  throw new Error('There is no kind')
}

const WITHDRAWN = Array.from({ length: 500 }, (_, index) => ({
  ...story({ ...createKind(), textBytes: 1 }, 1_000 + index),
  state: 'withdrawn' as const,
  withdrawn: { when: 1_773_223_200 + index },
}))
function createKind(): Kind {
  return {
    unit: UNITS.latin,
    textBytes: 1,
    summaryBytes: 1,
    titleBytes: 10,
    names: 0,
    picture: false,
    canonical: 0,
    corrections: 0,
  }
}

/** Lists for each item of a document whether it has its full text. */
const LIST_FULL_TEXTS: Readonly<Record<FormatName, (document: string) => boolean[]>> = {
  rss: (document) =>
    listChildren(getOnlyChild(parseRoot(document), 'channel'), 'item').map(
      (item) => listChildren(item, 'content:encoded').length === 1,
    ),
  atom: (document) =>
    listChildren(parseRoot(document), 'entry').map(
      (entry) => listChildren(entry, 'content').length === 1,
    ),
  json: (document) => {
    const { items } = JSON.parse(document) as { items: { _dateline: Record<string, unknown> }[] }
    return items.map((item) => item._dateline['summary_only'] !== true)
  },
}

describe('a feed document of arbitrary stories', () => {
  it('is at most 1.5 MB in every format, at every length, with or without withdrawals', () => {
    fc.assert(
      fc.property(
        generateStories(500),
        fc.integer({ min: 50, max: 500 }),
        fc.boolean(),
        (articles, length, withdrawals) => {
          const withdrawn = withdrawals ? WITHDRAWN : []
          const entries = [...articles.slice(0, length), ...withdrawn.slice(0, 100)]
          for (const { name } of FORMATS) {
            const document = renderTestDocument(
              name,
              entries,
              PUBLICATION,
              ALL_CHANNEL,
              '',
              withdrawn,
            )
            expect(byteLength(document)).toBeLessThanOrEqual(LIMIT_BYTES)
          }
        },
      ),
      { numRuns: runs(8) },
    )
  })

  it('has every entry, and at least as many full texts at its beginning as a document of fifty entries', () => {
    fc.assert(
      fc.property(generateStories(500), fc.integer({ min: 50, max: 500 }), (articles, length) => {
        const long = buildTestFeed(articles.slice(0, length)).entries
        expect(long.map(({ id }) => id)).toEqual(articles.slice(0, length).map(({ id }) => id))
        expect(countLeadingFullTexts(long)).toBeGreaterThanOrEqual(
          countLeadingFullTexts(buildTestFeed(articles.slice(0, 50)).entries),
        )
      }),
      { numRuns: runs(15) },
    )
  })

  it('has the same full texts in every format, and none after the first one that is left out', () => {
    fc.assert(
      fc.property(generateStories(120), (articles) => {
        const entries = buildTestFeed(articles).entries
        const count = countLeadingFullTexts(entries)
        const full = articles.map((_, index) => index < count)
        for (const { name } of FORMATS)
          expect(LIST_FULL_TEXTS[name](renderTestDocument(name, articles))).toEqual(full)
      }),
      { numRuns: runs(5) },
    )
  })
})

describe('a feed of hundreds of usual Arabic stories', () => {
  const kind: Kind = {
    ...createKind(),
    unit: UNITS.arabic,
    textBytes: 13_000,
    summaryBytes: 200,
    titleBytes: 90,
  }
  const articles = Array.from({ length: 500 }, (_, index) => story(kind, index))

  it('has the full texts of more than 75 stories, and a summary of every story', () => {
    const entries = buildTestFeed(articles).entries
    expect(countLeadingFullTexts(entries)).toBeGreaterThan(75)
    expect(entries.filter(({ summary }) => summary === '')).toEqual([])
    for (const { name } of FORMATS)
      expect(byteLength(renderTestDocument(name, articles))).toBeGreaterThan(0.8 * LIMIT_BYTES)
  })

  it('has at least as many full texts with a longer FEED_LENGTH, if the desk renders it', () => {
    const desk = openDesk()
    const html = `<p>${fill(UNITS.arabic, 17_000)}</p>`
    for (let index = 0; index < 320; index += 1) {
      desk.clock.now += 1
      expectOk(desk.publish(`s${index}`, { html, tags: [] }))
    }
    desk.clock.now += 10
    const counts = [50, 200, 500].map((length) => {
      const publication = buildPublication({ FEED_LENGTH: String(length) })
      return FORMATS.map((format) => {
        const target = feedTarget(ALL_CHANNEL, format)
        desk.clock.now += 10
        const rendering = renderTarget(
          desk.ledger,
          publication,
          target,
          desk.clock.now * 1000,
          true,
        )
        if (rendering.kind !== 'content' || rendering.content.kind !== 'document')
          throw new Error('There is no document')
        expect(byteLength(rendering.content.body)).toBeLessThanOrEqual(LIMIT_BYTES)
        const full = LIST_FULL_TEXTS[format.name](rendering.content.body)
        expect(full.length).toBeGreaterThanOrEqual(Math.min(length, 320))
        return full.indexOf(false) === -1 ? full.length : full.indexOf(false)
      })
    })
    const [fifty = [], ...longer] = counts
    expect(fifty.every((count) => count >= 50)).toBe(true)
    for (const each of longer)
      for (const [index, count] of each.entries())
        expect(count).toBeGreaterThanOrEqual(fifty[index] ?? 0)
  })
})

describe('an entry without its full text', () => {
  const [long] = [story({ ...createKind(), textBytes: 1000, summaryBytes: 30 }, 1)]
  const withoutText: Article = { ...long, story: { ...long.story, html: '' } }

  it('is marked in JSON Feed, and has its summary as content', () => {
    const getItem = (article: Article) =>
      JSON.parse(renderTestDocument('json', [article])).items[0] as {
        content_html: string
        summary: string
        _dateline: Record<string, unknown>
      }
    expect(getItem(withoutText)._dateline).toMatchObject({ id: 'story-1', summary_only: true })
    expect(getItem(withoutText).content_html).toBe(`<p>${getItem(withoutText).summary}</p>`)
    expect(getItem(long)._dateline).not.toHaveProperty('summary_only')
  })

  it('is the same if its text is too long as if its text was not read', () => {
    const corrected = { ...long, corrections: [{ at: 1_773_223_200, text: 'Two is three.' }] }
    const huge = story({ ...createKind(), textBytes: 1_200_000 }, 0)
    const [, tooLong] = buildTestFeed([huge, corrected]).entries
    const [notRead] = buildTestFeed([
      { ...corrected, story: { ...corrected.story, html: '' } },
    ]).entries
    expect(tooLong).toEqual(notRead)
    expect(notRead?.corrections).toHaveLength(1)
  })

  it('has only title, link and a few words if a very long document has no space for summaries', () => {
    const kind = { ...createKind(), summaryBytes: 9_000, titleBytes: 280, canonical: 2_000 }
    const articles = Array.from({ length: 500 }, (_, index) => story(kind, index))
    const entries = buildTestFeed(articles).entries
    const last = entries.at(-1)
    expect(entries).toHaveLength(500)
    expect(last).toMatchObject({
      shortenedTo: 'brief',
      url: 'https://news.example/articles/story-499',
    })
    const texts = renderTestDocument('atom', articles)
    expect(
      getText(listChildren(parseRoot(texts), 'entry').at(-1) ?? parseRoot(texts), 'title'),
    ).toMatch(/^Some words .*…$/)
  })
})
