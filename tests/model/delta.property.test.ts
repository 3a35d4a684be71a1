/**
 * Tests deltas through desk and renderers: applying them gives the entries of the full document,
 * whatever is published, changed, withdrawn and polled (rules D-11 to D-14, D-21).
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import { buildDelta, parseDeltaNotes } from '../../src/feeds/delta.ts'
import { FORMATS, type Format, type FormatName } from '../../src/feeds/formats.ts'
import type { Channel } from '../../src/model/channel.ts'
import { feedTarget } from '../../src/wire/targets.ts'
import { openDesk, PUBLICATION, START, type TestDesk } from '../support/drafts.ts'
import { runs } from '../support/runs.ts'
import { getText, listChildren, parseRoot, type XmlElement } from '../support/xml.ts'

const CHANNEL: Channel = { kind: 'tag', slug: 'x' }
const WITH_SHORT_FEEDS = { ...PUBLICATION, feedLength: 5 }

type FeedState = { entries: Map<string, string>; deleted: string[] }

const serialise = (element: XmlElement): string => JSON.stringify(element)

/** Reads the entries of a document as strings, by id. Equal entries have equal strings. */
const ENTRY_READERS: Readonly<Record<FormatName, (document: string) => FeedState>> = {
  rss: (document) => {
    const items = listChildren(
      listChildren(parseRoot(document), 'channel')[0] ?? parseRoot(document),
      'item',
    )
    return {
      entries: new Map(items.map((item) => [getText(item, 'guid'), serialise(item)])),
      deleted: [],
    }
  },
  atom: (document) => {
    const feed = parseRoot(document)
    return {
      entries: new Map(
        listChildren(feed, 'entry').map((entry) => [getText(entry, 'id'), serialise(entry)]),
      ),
      deleted: listChildren(feed, 'at:deleted-entry').map(
        ({ attributes }) => attributes['ref'] ?? '',
      ),
    }
  },
  json: (document) => {
    const { items } = JSON.parse(document) as { items: { id: string }[] }
    return { entries: new Map(items.map((item) => [item.id, JSON.stringify(item)])), deleted: [] }
  },
}

/** The edition that a reader has, and its entries. */
type Reader = { etag: string; entries: Map<string, string> }
type PollResult = { kind: 'full' | 'delta' | 'unchanged'; bytes: number; full: number }

class Newsroom {
  readonly desk: TestDesk = openDesk()
  readonly #readers = new Map<string, Reader>()

  render(format: Format): { body: string; etag: string; notes: string } {
    const target = feedTarget(CHANNEL, format)
    for (;;) {
      const rendering = renderTarget(
        this.desk.ledger,
        WITH_SHORT_FEEDS,
        target,
        this.desk.clock.now * 1000,
        true,
      )
      if (rendering.kind === 'too-early') {
        this.desk.clock.now += 1
        continue
      }
      if (rendering.content.kind !== 'document') throw new Error('The channel does not exist yet')
      const { body, validators, notes = '' } = rendering.content
      return { body, etag: validators.etag, notes }
    }
  }

  /**
   * Polls as the reader `name`, applies the response, and compares the entries with the full
   * document.
   */
  async poll(name: string, format: Format): Promise<PollResult> {
    const { body, etag, notes } = this.render(format)
    const full = ENTRY_READERS[format.name](body)
    const edition = this.#readers.get(`${name} ${format.name}`)
    const document = new Blob([body])
    if (edition?.etag === etag) return { kind: 'unchanged', bytes: 0, full: document.size }
    const delta =
      edition && buildDelta(document, parseDeltaNotes(notes), [edition.etag.slice(3, -1)])
    const entries = new Map(delta ? edition.entries : [])
    if (delta) {
      const change = ENTRY_READERS[format.name](await delta.body.text())
      for (const [id, entry] of change.entries) entries.set(id, entry)
      for (const id of change.deleted) entries.delete(id)
      // A reader that supports tombstones deletes the entry instead of showing its notice.
      for (const id of full.deleted) full.entries.delete(id)
      // The reader may have entries that are too old for the document, but none that left the
      // channel.
      for (const id of entries.keys())
        if (!full.entries.has(id) && this.#isMember(id)) entries.delete(id)
      expect(delta.base).toBe(edition.etag)
      expect([...entries].sort()).toEqual([...full.entries].sort())
    } else {
      for (const [id, entry] of full.entries) entries.set(id, entry)
      for (const id of full.deleted) entries.delete(id)
    }
    this.#readers.set(`${name} ${format.name}`, { etag, entries })
    return {
      kind: delta ? 'delta' : 'full',
      bytes: delta?.body.size ?? document.size,
      full: document.size,
    }
  }

  #isMember(tag: string): boolean {
    const id = tag.slice(tag.lastIndexOf(':') + 1)
    return this.desk.ledger.listChannelsOfArticle(id).some(({ slug }) => slug === CHANNEL.slug)
  }
}

const story = (id: string, title = `Story ${id}`) => ({
  title,
  tags: ['x'],
  html: `<p>${id} <item> ]]]]&gt; "items":[</p>`,
})

describe('applying deltas (D-21)', () => {
  const id = fc.integer({ min: 0, max: 70 }).map((number) => `s${number}`)
  const command = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        act: fc.constant('publish' as const),
        id,
        title: fc.string({
          minLength: 1,
          maxLength: 5,
          unit: fc.constantFrom('a', '&', '<', ']', '"'),
        }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('withdraw' as const), id }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('retag' as const), id }) },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant('date' as const),
        id,
        back: fc.integer({ min: 0, max: 5000 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant('pass' as const),
        seconds: fc.constantFrom(1, 60, 86_400, 8 * 86_400),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        act: fc.constant('poll' as const),
        reader: fc.constantFrom('a', 'b'),
        format: fc.constantFrom(...FORMATS),
      }),
    },
  )

  /** Twelve polls, each after a change, so that every run applies some deltas. */
  const POLLS_AFTER_CHANGES = [0, 1].flatMap((round) =>
    FORMATS.flatMap((format) =>
      (['a', 'b'] as const).flatMap((reader) => [
        {
          act: 'publish' as const,
          id: `s${50 + round}`,
          title: `a${reader}${format.name}`.slice(0, 5),
        },
        { act: 'poll' as const, reader, format },
      ]),
    ),
  )

  it('gives the entries of the full document after any sequence of changes and polls', async () => {
    let deltas = 0
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 60 }), async (commands) => {
        const newsroom = new Newsroom()
        for (let index = 0; index < 55; index += 1) {
          newsroom.desk.clock.now += 1
          newsroom.desk.publish(`s${index}`, story(`s${index}`))
        }
        for (const reader of ['a', 'b'])
          for (const format of FORMATS) await newsroom.poll(reader, format)
        for (const each of commands) {
          newsroom.desk.clock.now += 1
          if (each.act === 'publish')
            newsroom.desk.publish(each.id, { ...story(each.id, each.title), republish: true })
          else if (each.act === 'withdraw') newsroom.desk.withdraw(each.id)
          else if (each.act === 'retag')
            newsroom.desk.publish(each.id, { ...story(each.id), tags: [] })
          else if (each.act === 'date')
            newsroom.desk.publish(each.id, { ...story(each.id), published: START - each.back })
          else if (each.act === 'pass') newsroom.desk.clock.now += each.seconds
          else if ((await newsroom.poll(each.reader, each.format)).kind === 'delta') deltas += 1
        }
      }),
      { numRuns: runs(20), examples: [[POLLS_AFTER_CHANGES]] },
    )
    expect(deltas, 'number of applied deltas').toBeGreaterThanOrEqual(12)
  })
})
