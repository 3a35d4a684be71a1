/** The computed size of an entry equals the size of the rendered entry, or is slightly larger. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FORMATS, renderFeed } from '../../src/feeds/formats.ts'
import { listPieces } from '../../src/feeds/pieces.ts'
import { measureEntry, measureHead, measureTombstone, shorten } from '../../src/feeds/size.ts'
import type { Article } from '../../src/model/article.ts'
import { byteLength } from '../../src/text/characters.ts'
import { arbitraryText, manuscriptArbitrary } from '../support/hostile-texts.ts'
import { runs } from '../support/runs.ts'
import {
  buildArticle,
  buildTestFeed,
  PUBLICATION,
  prepareStory,
  storeDraft,
} from '../support/stories.ts'

/** The bytes of optional elements that are always counted: a language, an address, numbers. */
const MARGIN_BYTES = 250

function prepareAccepted(manuscript: Record<string, unknown>, id: string): Article[] {
  const prepared = prepareStory({ ...manuscript, id })
  return prepared.ok ? [storeDraft(prepared.value)] : []
}

const withoutText = (article: Article): Article => ({
  ...article,
  story: { ...article.story, html: '' },
})

const articles = fc
  .array(fc.record({ manuscript: manuscriptArbitrary, hasText: fc.boolean() }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((drafts) =>
    drafts.flatMap(({ manuscript, hasText }, index) =>
      prepareAccepted(manuscript, `s${index}`).map((article) =>
        hasText ? article : withoutText(article),
      ),
    ),
  )

/** Returns the bytes of each rendered entry, including the separator before it. */
const measureRendered = (
  format: (typeof FORMATS)[number],
  feed: ReturnType<typeof buildTestFeed>,
): number[] => {
  const document = renderFeed(format, feed, PUBLICATION)
  const between = { rss: '\n        ', atom: '', json: ',' }[format.name].length
  return listPieces(format.name, document).map(([start, end]) => end - start + between)
}

describe('measureEntry', () => {
  it.each(FORMATS)(
    'returns a size that is never too small for $title, and only slightly too large',
    (format) => {
      fc.assert(
        fc.property(articles, (accepted) => {
          const feed = buildTestFeed(accepted)
          const sizes = feed.entries.map((entry) => measureEntry(entry)[format.name])
          for (const [index, bytes] of measureRendered(format, feed).entries()) {
            const size = sizes[index] ?? 0
            expect(size).toBeGreaterThanOrEqual(bytes)
            // In titles and summaries, escaped characters are counted in their longest form.
            const { summary, title } = feed.entries[index] ?? { summary: '', title: '' }
            const quotes = `${summary}${title}`.match(/["'<&\r]/g)?.length ?? 0
            expect(size - bytes).toBeLessThanOrEqual(MARGIN_BYTES + 0.1 * bytes + 15 * quotes)
          }
        }),
        { numRuns: runs(60) },
      )
    },
  )

  it.each(FORMATS)(
    'returns at most a tenth too much for a usual Arabic story in $title',
    (format) => {
      const article = buildArticle({
        title: 'مسبار الأمل يكمل خمسة أعوام في مدار المريخ',
        summary: ['أعلنت الوكالة النتائج', 'البيانات متاحة للجميع'],
        body: 'أبوظبي: خبر طويل عن المريخ. '.repeat(40),
        language: 'ar',
        tags: ['فضاء', 'المريخ'],
        authors: [
          { name: 'أمل الحربي', url: 'https://news.example/amal', email: 'a@news.example' },
        ],
        image: {
          url: '/media/hope.jpg',
          alt: 'المسبار',
          type: 'image/jpeg',
          length: 48_213,
          width: 1200,
          height: 630,
          credit: 'الوكالة',
        },
        correction: 'المدة خمسة أعوام، لا أربعة.',
      })
      for (const each of [article, withoutText(article)]) {
        const feed = buildTestFeed([each])
        const [bytes = 0] = measureRendered(format, feed)
        const size = feed.entries.map((entry) => measureEntry(entry)[format.name])[0] ?? 0
        expect(size).toBeGreaterThanOrEqual(bytes)
        expect(size).toBeLessThanOrEqual(1.1 * bytes)
      }
    },
  )

  it('together with measureTombstone and measureHead counts notices, tombstones and the rest of the document', () => {
    const article = buildArticle({ id: 'gone' })
    const gone = { ...article, state: 'withdrawn' as const, withdrawn: { when: 1_773_223_200 } }
    const feed = buildTestFeed([gone], PUBLICATION, undefined, undefined, [gone])
    const [entry] = feed.entries
    const [tombstone] = feed.tombstones
    if (!entry || !tombstone) throw new Error('The feed has no withdrawal')
    for (const format of FORMATS) {
      const document = renderFeed(format, feed, PUBLICATION)
      const [notice = 0] = measureRendered(format, feed)
      expect(measureEntry(entry)[format.name]).toBeGreaterThanOrEqual(notice)
      const around = byteLength(document) - notice
      const head = measureHead(feed, [])[format.name]
      expect(head + measureTombstone(tombstone)[format.name]).toBeGreaterThanOrEqual(around)
    }
  })
})

describe('shorten', () => {
  it('returns a text that fits unchanged, and cuts a longer one between two characters', () => {
    expect(shorten('Short', 5)).toBe('Short')
    expect(shorten('Longer', 5)).toBe('Lo…')
    expect(shorten('🚀🚀🚀', 11)).toBe('🚀🚀…')
    expect(shorten('"""', 12)).toBe('"…')
  })

  it('returns a text that has at most the permitted bytes in every format', () => {
    fc.assert(
      fc.property(arbitraryText(200), fc.integer({ min: 10, max: 300 }), (text, limit) => {
        const short = shorten(text, limit)
        expect(short).toBe(short.toWellFormed())
        expect(byteLength(JSON.stringify(short)) - 2).toBeLessThanOrEqual(limit)
        const references = short.replace(/["&<]/g, '123456').replace(/>/g, '1234')
        expect(byteLength(references)).toBeLessThanOrEqual(limit)
      }),
    )
  })
})
