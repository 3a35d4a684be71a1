/**
 * Checks slugs, channels and their addresses with random names of sections, tags, authors and
 * places.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FORMATS } from '../../src/feeds/formats.ts'
import { type Channel, FOLDERS, isSlug, MAX_SLUG_BYTES, slugify } from '../../src/model/channel.ts'
import { channelPath, channelTagUri } from '../../src/model/urls.ts'
import { byteLength } from '../../src/text/characters.ts'
import { channelPageTarget, feedTarget, parseTarget } from '../../src/wire/targets.ts'
import { arbitraryHostileText, arbitraryText } from '../support/hostile-texts.ts'
import { runs } from '../support/runs.ts'

const anyName = fc.oneof(
  arbitraryText(6),
  arbitraryHostileText(6),
  fc.string({ unit: 'binary', maxLength: 12 }),
)

const channelArbitrary: fc.Arbitrary<Channel> = fc
  .tuple(
    fc.constantFrom(...(Object.keys(FOLDERS) as (keyof typeof FOLDERS)[])),
    fc.oneof(
      arbitraryText(6),
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.string({
        unit: fc.constantFrom('ع', 'é', '+', '#', '🚀', '東', 'a', '-'),
        minLength: 1,
        maxLength: 60,
      }),
    ),
  )
  .map(([kind, name]) => ({ kind, slug: slugify(name) }))
  .filter(({ slug }) => isSlug(slug))

it('slugify returns its own result unchanged', () => {
  fc.assert(
    fc.property(anyName, (name) => {
      const slug = slugify(name)
      expect(slugify(slug)).toBe(slug)
      expect(isSlug(slug)).toBe(slug !== '' && byteLength(slug) <= MAX_SLUG_BYTES)
    }),
    { numRuns: runs(2000) },
  )
})

it('names that differ only in case, white space or Unicode form have the same slug', () => {
  fc.assert(
    fc.property(arbitraryText(5), (name) => {
      expect(slugify(`  ${name}\t`)).toBe(slugify(name))
      expect(slugify(name.normalize('NFD'))).toBe(slugify(name))
      expect(slugify(name.toUpperCase())).toBe(slugify(name))
    }),
    { numRuns: runs(500) },
  )
})

it('the target of a page or feed of a channel is parsed as the same channel and format', () => {
  fc.assert(
    fc.property(channelArbitrary, (channel) => {
      expect(parseTarget(channelPageTarget(channel))).toEqual({ kind: 'channel-page', channel })
      for (const format of FORMATS)
        expect(parseTarget(feedTarget(channel, format))).toEqual({ kind: 'feed', channel, format })
    }),
    { numRuns: runs(500) },
  )
})

it('the addresses and ids of a channel are ASCII, are not changed by a URL parser, and fit into a KV key', () => {
  fc.assert(
    fc.property(channelArbitrary, (channel) => {
      const path = channelPath(channel)
      expect(path).toMatch(/^\/[a-z]+\/[\x21-\x7e]+$/)
      expect(new URL(path, 'https://news.example').pathname).toBe(path)
      expect(channelTagUri({ authority: 'news.example', date: '2026' }, channel)).toMatch(
        /^[\x21-\x7e]+$/,
      )
      for (const format of FORMATS)
        expect(byteLength(feedTarget(channel, format))).toBeLessThanOrEqual(512)
    }),
    { numRuns: runs(500) },
  )
})

it('two channels never have the same address', () => {
  fc.assert(
    fc.property(channelArbitrary, channelArbitrary, (one, other) => {
      const same = one.kind === other.kind && one.slug === other.slug
      expect(channelPath(one) === channelPath(other)).toBe(same)
    }),
    { numRuns: runs(500) },
  )
})
