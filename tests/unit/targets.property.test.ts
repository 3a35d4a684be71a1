/** Keys of KV: parsing is the inverse of formatting (docs/storage.md). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FORMATS } from '../../src/feeds/formats.ts'
import {
  ALL_CHANNEL,
  type Channel,
  CORRECTIONS_CHANNEL,
  FOLDERS,
  isSlug,
  slugify,
} from '../../src/model/channel.ts'
import { byteLength } from '../../src/text/characters.ts'
import {
  findGroup,
  formatTarget,
  type ParsedTarget,
  parseTarget,
  type TargetKind,
} from '../../src/wire/targets.ts'
import { arbitraryHostileText, arbitraryText } from '../support/hostile-texts.ts'
import { runs } from '../support/runs.ts'

const inFolder: fc.Arbitrary<Channel> = fc
  .record({
    kind: fc.constantFrom(...(Object.keys(FOLDERS) as (keyof typeof FOLDERS)[])),
    slug: fc.oneof(arbitraryText(6), fc.stringMatching(/^[a-z0-9é+#ع-]{1,12}$/)).map(slugify),
  })
  .filter(({ slug }) => isSlug(slug))
const channel: fc.Arbitrary<Channel> = fc.oneof(
  { arbitrary: fc.constantFrom(ALL_CHANNEL, CORRECTIONS_CHANNEL), weight: 1 },
  { arbitrary: inFolder, weight: 4 },
)
const format = fc.constantFrom(...FORMATS)
const page = fc.integer({ min: 1, max: 999_999 })
const id = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/)
const month = fc
  .record({ year: fc.integer({ min: 1000, max: 9999 }), month: fc.integer({ min: 1, max: 12 }) })
  .map((date) => `${date.year}-${String(date.month).padStart(2, '0')}`)
const kind = <K extends TargetKind>(name: K) => ({ kind: fc.constant(name) })

/** Targets of each kind; the type ensures completeness. */
const TARGETS_BY_KIND: { readonly [K in TargetKind]: fc.Arbitrary<ParsedTarget<K>> } = {
  article: fc.record({ ...kind('article'), id }),
  'article-page': fc.record({ ...kind('article-page'), id }),
  link: fc.record({ ...kind('link'), folded: fc.stringMatching(/^[a-z0-9-]{1,20}$/) }),
  'sitemap-index': fc.record(kind('sitemap-index')),
  sitemap: fc.record({ ...kind('sitemap'), month, file: fc.integer({ min: 1, max: 9999 }) }),
  'news-sitemap': fc.record(kind('news-sitemap')),
  'subscription-list': fc.record(kind('subscription-list')),
  'feed-directory': fc.record(kind('feed-directory')),
  feed: fc.record({ ...kind('feed'), channel, format }),
  'channel-page': fc.record({ ...kind('channel-page'), channel }),
  'archive-feed': fc.record({ ...kind('archive-feed'), channel, page, format }),
  'archive-page': fc.record({ ...kind('archive-page'), channel, page }),
}
const parsedTarget: fc.Arbitrary<ParsedTarget> = fc.oneof(...Object.values(TARGETS_BY_KIND))
const key = parsedTarget.map((each) => formatTarget(each))

/** A key with one changed character. */
const changedKey = fc
  .tuple(
    key,
    fc.nat(),
    fc.constantFrom(
      (character: string) => `%${(character.codePointAt(0) ?? 0).toString(16)}`,
      (character: string) => character.toUpperCase(),
      (character: string) => character.toLowerCase(),
      (character: string) => character.repeat(2),
      (character: string) => `${character}0`,
      (character: string) => `${character}/`,
      (character: string) => `${character} `,
      () => '',
    ),
  )
  .map(([text, place, change]) => {
    const at = place % text.length
    return `${text.slice(0, at)}${change(text[at] ?? '')}${text.slice(at + 1)}`
  })
const noise = fc
  .tuple(fc.constantFrom('article', 'page', 'feed', 'link', 'file', ''), arbitraryHostileText(8))
  .map(([prefix, text]) => `${prefix}:/${text}`)

describe('a KV key', () => {
  it.each(Object.entries(TARGETS_BY_KIND))(
    'of %s is parsed to the target from which it was formatted',
    (_, targets) => {
      fc.assert(
        fc.property(targets, (each) => {
          const target = formatTarget(each)
          expect(parseTarget(target)).toEqual(each)
          expect(byteLength(target)).toBeLessThanOrEqual(512)
        }),
        { numRuns: runs(100) },
      )
    },
  )

  it('has only one spelling: a text that can be parsed equals its formatted target', () => {
    fc.assert(
      fc.property(fc.oneof(changedKey, noise, fc.string()), (text) => {
        const parsed = parseTarget(text)
        if (parsed) expect(formatTarget(parsed)).toBe(text)
      }),
      { numRuns: runs(3000) },
    )
  })

  it.each([
    'article',
    'articles',
    'linkabc',
    'page:/corrections/',
    'page:/Corrections',
    'page:/tags/%73pace',
    'page:/tags/c%2b%2b',
    'feed:/tags/c%2b%2b/rss.xml',
    'feed:/tags/%73pace/archive/2/rss.xml',
    'page:/tags/space/archive/02',
    'file:/sitemaps/2026-11-1.xml',
  ])('cannot be %j', (text) => {
    expect(parseTarget(text)).toBeUndefined()
  })

  it('determines whether a group of articles affects the value, or only one article or link', () => {
    fc.assert(
      fc.property(parsedTarget, (each) => {
        const withoutGroup: TargetKind[] = ['article', 'article-page', 'link']
        expect(findGroup(formatTarget(each)) === undefined).toBe(withoutGroup.includes(each.kind))
      }),
    )
  })
})
