/**
 * Tests that a reader who follows the chain of archive pages misses no article, whatever editors
 * do.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import { FORMATS, type Format } from '../../src/feeds/formats.ts'
import { ALL_CHANNEL, type Channel } from '../../src/model/channel.ts'
import type { Content } from '../../src/wire/codec.ts'
import {
  archiveFeedTarget,
  archivePageTarget,
  channelPageTarget,
  feedTarget,
  parseTarget,
  type Target,
} from '../../src/wire/targets.ts'
import {
  ATOM,
  getTagUri,
  name,
  PAGE,
  publishArticles,
  readFeedDocument,
  requestTarget,
  X,
} from '../support/archive-desk.ts'
import { expectOk, openDesk, PUBLICATION, type TestDesk } from '../support/drafts.ts'
import type { ParsedFeed } from '../support/history.ts'
import { runs } from '../support/runs.ts'

const isOfChannel = (target: Target): boolean => 'channel' in (parseTarget(target) ?? {})

const NOTICE = 'Withdrawn article'

const getTarget = (url: string): Target => `feed:${url.replace(PUBLICATION.siteUrl, '')}`

/**
 * Follows the chain from the subscription document to the oldest archive document. Throws if a
 * document occurs twice.
 */
function walk(desk: TestDesk, channel: Channel, format: Format): ParsedFeed[] {
  const seen = new Set<string>()
  const found: ParsedFeed[] = []
  let target: Target | undefined = feedTarget(channel, format)
  while (target !== undefined) {
    if (seen.has(target)) throw new Error(`${target} was read twice`)
    seen.add(target)
    const document = readFeedDocument(desk, target)
    expect(getTarget(document.links.self ?? '')).toBe(target)
    found.push(document)
    const older: string | undefined = document.links['prev-archive']
    target = older === undefined ? undefined : getTarget(older)
  }
  return found
}

/**
 * A change of one or more articles, a request of a document, or a drain of the outbox. Many
 * articles are published together, so that archive pages become complete. `first` selects the first
 * changed article, and `past` is how many seconds ago an article is dated.
 */
type Edit =
  | { do: 'publish'; count: number; tags: string[]; past: number }
  | { do: 'edit' | 'retag' | 'withdraw' | 'republish'; first: number; count: number }
  | { do: 'backdate'; first: number; past: number }
  | { do: 'request'; page: number; format: number; channel: number }
  | { do: 'drain' }

const past = fc.constantFrom(0, 1, 5000, 90_000)
const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      count: fc.integer({ min: 1, max: 70 }),
      tags: fc.subarray(['x', 'y']),
      past,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'edit' as const,
        'retag' as const,
        'withdraw' as const,
        'republish' as const,
      ),
      first: fc.nat(400),
      count: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('backdate' as const), first: fc.nat(400), past }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('request' as const),
      page: fc.integer({ min: 1, max: 5 }),
      format: fc.nat(3),
      channel: fc.nat(2),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('drain' as const) }) },
)

type ModelArticle = { public: boolean; tags: string[]; version: number; published: number }
const CHANNELS: Channel[] = [ALL_CHANNEL, X, { kind: 'tag', slug: 'y' }]

/** A desk with its KV, and a plain model of the articles that readers must find. */
class ArchiveSimulation {
  readonly desk = openDesk()
  readonly model = new Map<string, ModelArticle>()
  readonly wire = new Map<Target, Content>()

  #publish(id: string, article: ModelArticle): void {
    const { tags, version, published } = article
    const more = { tags, published, title: `${id} v${version}`, republish: true }
    expectOk(this.desk.publish(id, more))
    this.model.set(id, article)
  }

  #select(first: number, count: number): [string, ModelArticle][] {
    return [...this.model].slice(first % (this.model.size + 1)).slice(0, count)
  }

  perform(next: Edit): void {
    this.desk.clock.now += 1
    const { now } = this.desk.clock
    if (next.do === 'publish') {
      for (let each = 0; each < next.count; each += 1) {
        const published = now - next.past - (each % 3)
        const created = { public: true, tags: next.tags, version: 1, published }
        this.#publish(name(this.model.size), created)
      }
    } else if (next.do === 'request') {
      const channel = CHANNELS[next.channel] ?? ALL_CHANNEL
      const format = FORMATS[next.format]
      this.requestMissing(
        format
          ? archiveFeedTarget(channel, next.page, format)
          : archivePageTarget(channel, next.page),
      )
      this.requestMissing(format ? feedTarget(channel, format) : channelPageTarget(channel))
    } else if (next.do === 'drain') this.drain()
    else {
      for (const [id, article] of this.#select(next.first, 'count' in next ? next.count : 1)) {
        const version = article.version + 1
        if (next.do === 'withdraw') {
          expectOk(this.desk.withdraw(id))
          this.model.set(id, { ...article, public: false })
        } else if (next.do === 'republish' ? !article.public : article.public) {
          const tags = article.tags.includes('x') ? ['y'] : ['x', 'y']
          this.#publish(id, {
            ...article,
            public: true,
            version,
            ...(next.do === 'retag' && { tags }),
            ...(next.do === 'backdate' && { published: now - next.past }),
          })
        }
      }
    }
  }

  /** Requests a document that KV does not have. If it exists, the desk tracks and enqueues it. */
  requestMissing(target: Target): void {
    if (requestTarget(this.desk, target).kind === 'absent') return
    this.desk.ledger.markUnsent(target)
    this.desk.ledger.enqueue(target, this.desk.ledger.incrementSequence(), 0)
  }

  /** Empties the outbox as the desk does. */
  drain(): void {
    const { ledger, clock } = this.desk
    for (;;) {
      const rows = ledger.listDueRows(Number.MAX_SAFE_INTEGER, 100_000, new Set(), true)
      if (rows.length === 0) return
      clock.now += 1
      for (const row of rows) {
        // Other tests check articles and links. Hundreds of them would slow this test down.
        if (!isOfChannel(row.target)) {
          ledger.completeRow(row, 0)
          continue
        }
        const rendering = renderTarget(ledger, PUBLICATION, row.target, clock.now * 1000, false)
        if (rendering.kind === 'too-early') continue
        if (!rendering.wasSent) this.wire.set(row.target, rendering.content)
        if (rendering.fingerprint !== undefined) ledger.markSent(row, rendering.fingerprint, 0)
        ledger.completeRow(row, 0)
      }
    }
  }

  /** Returns the titles of all public articles in the channel, by feed id. */
  listPublic(channel: Channel): Map<string, string> {
    return new Map(
      [...this.model]
        .filter(
          ([, { public: isPublic, tags }]) =>
            isPublic && (channel.kind === 'all' || tags.includes(channel.slug)),
        )
        .map(([id, { version }]) => [getTagUri(id), `${id} v${version}`]),
    )
  }
}

describe('an archive', () => {
  it('lists every public article in its newest version, and no article in two of its pages, after random edits (P-08)', () => {
    let pages = 0
    fc.assert(
      fc.property(
        fc.array(edit, { minLength: 3, maxLength: 16 }),
        fc.nat(FORMATS.length - 1),
        (edits, formatIndex) => {
          const simulation = new ArchiveSimulation()
          // Random edits alone rarely publish enough articles for an archive.
          simulation.perform({ do: 'publish', count: 120, tags: ['x'], past: 0 })
          for (const next of edits) simulation.perform(next)
          const format = FORMATS[formatIndex] ?? expect.fail()
          for (const channel of CHANNELS) {
            if (requestTarget(simulation.desk, feedTarget(channel, format)).kind === 'absent')
              continue
            const [current, ...archives] = walk(simulation.desk, channel, format)
            pages += archives.length
            const publicTitles = simulation.listPublic(channel)
            const archived = archives.flatMap(({ entries }) => entries)
            // The subscription document has a notice for a withdrawn article (decision 015).
            const currentEntries = (current?.entries ?? []).filter(({ title }) => title !== NOTICE)
            const found = [...currentEntries, ...archived]
            for (const { id, title } of found) expect(title).toBe(publicTitles.get(id))
            expect(new Set(found.map(({ id }) => id))).toEqual(new Set(publicTitles.keys()))
            expect(new Set(archived.map(({ id }) => id)).size).toBe(archived.length)
            if (format.name === 'json') continue
            for (const [index, { links }] of archives.entries()) {
              expect(links['next-archive'], 'every pair is symmetric').toBe(
                archives[index - 1]?.links.self,
              )
              expect(links.current).toBe(current?.links.self)
            }
          }
        },
      ),
      { numRuns: runs(12) },
    )
    expect(pages).toBeGreaterThanOrEqual(runs(12))
  })

  it('is the same in KV as in the ledger once the outbox is empty, after random edits', () => {
    let compared = 0
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 12 }), (edits) => {
        const simulation = new ArchiveSimulation()
        simulation.perform({ do: 'publish', count: 2 * PAGE + 30, tags: ['x'], past: 1 })
        for (const channel of CHANNELS)
          for (const page of [1, 2]) {
            simulation.requestMissing(archiveFeedTarget(channel, page, ATOM))
            simulation.requestMissing(archivePageTarget(channel, page))
          }
        for (const next of edits) simulation.perform(next)
        simulation.drain()
        for (const [target, sent] of simulation.wire) {
          const expected = requestTarget(simulation.desk, target)
          expect(sent, target).toEqual(expected)
          if (target.includes('/archive/')) compared += 1
        }
      }),
      { numRuns: runs(8) },
    )
    expect(compared).toBeGreaterThan(25)
  })

  it('has every article that existed when a reader began, even if a page becomes complete before the reader continues', () => {
    const desk = publishArticles(openDesk(), 2 * PAGE - 1)
    const before = readFeedDocument(desk, feedTarget(X, ATOM))
    publishArticles(desk, 2 * PAGE + 20, 2 * PAGE)
    // The old subscription document links to page 1, not to page 2, which is complete now.
    const archives = walk(desk, X, ATOM).slice(2)
    const found = new Set(
      [before, ...archives].flatMap(({ entries }) => entries.map(({ id }) => id)),
    )
    for (let number = 1; number < 2 * PAGE; number += 1)
      expect(found).toContain(getTagUri(name(number)))
  })
})
