/** Checks channels: slugs in many scripts, channel keys, and the channels of an article. */
import { describe, expect, it } from 'vitest'
import {
  ALL_CHANNEL,
  FOLDERS,
  formatChannelKey,
  isSlug,
  listArticleChannels,
  parseChannelKey,
  slugify,
  slugifyLanguage,
} from '../../src/model/channel.ts'

describe('slugify', () => {
  it.each([
    ['Pakistan', 'pakistan'],
    ['  World   News ', 'world-news'],
    ['C++', 'c++'],
    ['C#', 'c#'],
    ["Chang'e 8", 'change-8'],
    ['R&D', 'rd'],
    ['STRASSE', 'strasse'],
    ['Straße', 'strasse'],
    ['STRAẞE', 'strasse'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['οδος', 'οδοσ'],
    ['ﬁnance', 'finance'],
    ['الإمارات', 'الإمارات'],
    ['ابو ظبي', 'ابو-ظبي'],
    ['हिन्दी', 'हिन्दी'],
    ['東京', '東京'],
    ['ＡＢＣ', 'abc'],
    ['a_b–c—d−e', 'a-b-c-de'],
    ['--a--b--', 'a-b'],
    ['../..', ''],
    ['a/b?c%d', 'abcd'],
    ['🚀', ''],
    ['!!!', ''],
    ['پاکستان\u200cنیوز', 'پاکستاننیوز'],
  ])('turns %j into %j', (name, slug) => {
    expect(slugify(name)).toBe(slug)
  })

  it.each([
    'e!\u0301',
    'I\u200d\u0307',
    'a\u0300!\u0323',
    'İstanbul',
    'ΐ',
    'ẖ',
    'ŉ',
    'ǰ',
    '\u0345Α',
  ])('returns a slug that does not change when it is slugified again: %j', (name) => {
    expect(slugify(slugify(name))).toBe(slugify(name))
    expect(isSlug(slugify(name))).toBe(true)
  })
})

it('slugify returns one slug for all forms of a character that has case or a compatibility form', () => {
  const points = Array.from({ length: 0x30000 }, (_, point) => point)
  const characters = points
    .filter((point) => point < 0xd800 || point > 0xdfff)
    .map((point) => String.fromCodePoint(point))
    .filter(
      (one) =>
        /[\p{Cased}\p{Changes_When_NFKC_Casefolded}]/u.test(one) && /[\p{L}\p{M}\p{N}]/u.test(one),
    )
  expect(characters.length).toBeGreaterThan(5000)
  const unstable = characters.filter((one) => {
    const slug = slugify(one)
    const forms = [slug, one.toUpperCase(), one.toLowerCase(), one.normalize('NFD')]
    return forms.some((form) => slugify(form) !== slug)
  })
  expect(unstable).toEqual([])
})

describe('isSlug', () => {
  it('accepts 100 bytes of UTF-8 and no more', () => {
    expect(isSlug('a'.repeat(100))).toBe(true)
    expect(isSlug('a'.repeat(101))).toBe(false)
    expect(isSlug('ع'.repeat(50))).toBe(true)
    expect(isSlug('ع'.repeat(51))).toBe(false)
  })

  it.each(['', 'A', 'a b', '-a', 'a--b', 'a/b', '..', 'ς'])('rejects %j', (slug) => {
    expect(isSlug(slug)).toBe(false)
  })
})

describe('a channel key', () => {
  it('of every kind is parsed as the channel from which it was formatted', () => {
    const kinds = Object.keys(FOLDERS) as (keyof typeof FOLDERS)[]
    const channels = [ALL_CHANNEL, ...kinds.map((kind) => ({ kind, slug: 'c++' }))]
    expect(channels).toHaveLength(6)
    for (const channel of channels)
      expect(parseChannelKey(formatChannelKey(channel))).toEqual(channel)
  })

  it.each(['', 'tags', 'tags/', 'tags/A', 'tag/a', 'tags/a/b', '/a', 'constructor/a', 'ALL'])(
    'is invalid when it is %j',
    (key) => {
      expect(parseChannelKey(key)).toBeUndefined()
    },
  )
})

describe('listArticleChannels', () => {
  const membership = {
    section: 'World News',
    tags: ['Space', 'SPACE', 'C++'],
    authors: [{ name: 'Sana Khan' }, { name: 'sana  khan' }],
    dateline: 'أبوظبي',
    language: 'ar-EG',
  }

  it('lists each channel once, with the first title that it has in the article', () => {
    expect(
      listArticleChannels(membership).map(({ channel, title }) => [
        formatChannelKey(channel),
        title,
      ]),
    ).toEqual([
      ['all', ''],
      ['sections/world-news', 'World News'],
      ['tags/space', 'Space'],
      ['tags/c++', 'C++'],
      ['authors/sana-khan', 'Sana Khan'],
      ['places/أبوظبي', 'أبوظبي'],
      ['languages/ar-eg', 'ar-EG'],
    ])
  })

  it('lists the channels of all articles and of the language for an article without other channels', () => {
    expect(
      listArticleChannels({ tags: [], authors: [], language: 'en' }).map(({ channel }) => channel),
    ).toEqual([ALL_CHANNEL, { kind: 'language', slug: 'en' }])
  })

  it('returns keys that parse as channels', () => {
    for (const { channel } of listArticleChannels(membership))
      expect(parseChannelKey(formatChannelKey(channel))).toEqual(channel)
  })
})

it('slugifyLanguage returns the tag in lower case', () => {
  expect(slugifyLanguage('zh-Hant-TW')).toBe('zh-hant-tw')
})
