/**
 * The whole past is reachable, gapless (RFC 5005; RULES group 4; docs/decisions/014-archives.md): whatever the newsroom
 * does, who walks through the archives finds every live article, and what is on the wire is what the ledger says.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { channelIsOpen } from '../../src/desk/documents/planners.ts'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import { ARCHIVE_PAGE_LENGTH } from '../../src/desk/ledger/ledger.ts'
import { advanceSweep, beginSweep } from '../../src/desk/sweep.ts'
import { FORMATS, type Format } from '../../src/feeds/formats.ts'
import { ALL, type Channel } from '../../src/model/channel.ts'
import type { Content } from '../../src/wire/store.ts'
import {
  archiveFeedTarget,
  archivePageTarget,
  channelPageTarget,
  feedTarget,
  parseTarget,
  type Target,
} from '../../src/wire/targets.ts'
import { exportLines, importLines } from '../support/copies.ts'
import { openDesk, PUBLICATION, START, type TestDesk, taken } from '../support/drafts.ts'
import { readHistory, type Told } from '../support/history.ts'
import { runs } from '../support/runs.ts'

const X: Channel = { kind: 'tag', slug: 'x' }
const [RSS, ATOM] = FORMATS as [Format, Format, Format]
const PAGE = ARCHIVE_PAGE_LENGTH
const name = (number: number): string => `a${String(number).padStart(4, '0')}`
const tagOf = (id: string): string => `tag:news.example,2026:${id}`

/** Articles `from` … `to` join in order, one second apart, all of them in x. */
function fill(desk: TestDesk, to: number, from = 1): TestDesk {
  for (let number = from; number <= to; number += 1)
    taken(desk.publish(name(number), { tags: ['x'], published: START - 100_000 + number }))
  return desk
}

/** What a target holds for a reader who asks for it now, and keeps it from then on. */
function ask(desk: TestDesk, target: Target): Content {
  for (;;) {
    const now = desk.clock.now * 1000
    const found = renderTarget(desk.ledger, PUBLICATION, target, now, true)
    if (found.kind === 'content') return found.content
    desk.clock.now += 1
  }
}

function documentOf(desk: TestDesk, target: Target) {
  const content = ask(desk, target)
  if (content.kind !== 'document') throw new Error(`${target} is ${content.kind}`)
  return content
}

const told = (desk: TestDesk, target: Target): Told => {
  const parsed = parseTarget(target)
  if (!parsed || !('format' in parsed)) throw new Error(target)
  return readHistory(parsed.format.name, documentOf(desk, target).body)
}

const ofChannel = (target: Target): boolean => 'channel' in (parseTarget(target) ?? {})

const NOTICE = 'Withdrawn article'

const targetOf = (url: string): Target => `feed:${url.replace(PUBLICATION.siteUrl, '')}`

/** From what one subscribes to, back to the oldest. Throws when a document is met twice. */
function walk(desk: TestDesk, channel: Channel, format: Format): Told[] {
  const seen = new Set<string>()
  const found: Told[] = []
  let target: Target | undefined = feedTarget(channel, format)
  while (target !== undefined) {
    if (seen.has(target)) throw new Error(`${target} is met twice`)
    seen.add(target)
    const document = told(desk, target)
    expect(targetOf(document.links.self ?? '')).toBe(target)
    found.push(document)
    const older: string | undefined = document.links['prev-archive']
    target = older === undefined ? undefined : targetOf(older)
  }
  return found
}

describe('an archive page', () => {
  it.each([0, 1, 49, 50, 51, 99, 100, 101, 150])(
    'P-01, P-06, P-16: is there and is linked once all its positions were given (%i articles)',
    (count) => {
      const desk = fill(openDesk(), count)
      const newest = Math.floor(count / PAGE)
      expect(desk.ledger.newestArchive(X)).toBe(newest)
      for (const format of FORMATS) {
        const older = told(desk, feedTarget(ALL, format)).links['prev-archive']
        const linked =
          newest === 0 ? undefined : `https://news.example/archive/${newest}/${format.file}`
        expect(older).toBe(linked)
        for (const channel of [ALL, X]) {
          expect(ask(desk, archiveFeedTarget(channel, newest + 1, format)).kind).toBe('absent')
          if (newest > 0)
            expect(ask(desk, archiveFeedTarget(channel, newest, format)).kind).toBe('document')
        }
      }
      expect(ask(desk, archivePageTarget(X, newest + 1)).kind).toBe('absent')
    },
  )

  it('P-02, P-03, P-04, P-05, P-20, P-24: links both ways and to the present, is marked, keeps id and title', () => {
    const desk = fill(openDesk(), 3 * PAGE)
    for (const channel of [ALL, X])
      for (const format of FORMATS) {
        const current = told(desk, feedTarget(channel, format))
        expect(current.archive ?? false).toBe(false)
        const pages = [1, 2, 3].map((page) => told(desk, archiveFeedTarget(channel, page, format)))
        const url = (page: number): string => pages[page - 1]?.links.self ?? expect.fail()
        expect(pages.map(({ links }) => links['prev-archive'])).toEqual([undefined, url(1), url(2)])
        for (const page of pages) expect([page.id, page.title]).toEqual([current.id, current.title])
        if (format.name === 'json') continue
        expect(pages.map(({ links }) => links['next-archive'])).toEqual([url(2), url(3), undefined])
        expect(pages.map(({ links }) => links.current)).toEqual(Array(3).fill(current.links.self))
        expect(pages.map(({ archive }) => archive)).toEqual([true, true, true])
      }
  })

  it('P-22: tells the numbers of its neighbours beside its validators', () => {
    const desk = fill(openDesk(), 2 * PAGE)
    const beside = (target: Target) => {
      const { older, newer } = documentOf(desk, target).validators
      return { older, newer }
    }
    expect(beside(feedTarget(X, RSS))).toEqual({ older: 2 })
    expect(beside(archiveFeedTarget(X, 2, RSS))).toEqual({ older: 1 })
    expect(beside(archiveFeedTarget(X, 1, RSS))).toEqual({ newer: 2 })
  })

  it('P-07, P-12, P-13: never shifts; who leaves is missed, and the page stays, even without anybody', () => {
    const desk = fill(openDesk(), 2 * PAGE)
    const idsOn = (page: number): string[] =>
      told(desk, archiveFeedTarget(X, page, ATOM)).entries.map(({ id }) => id)
    const second = idsOn(2)
    const first = idsOn(1)
    expect(first).toEqual(Array.from({ length: PAGE }, (_, index) => tagOf(name(PAGE - index))))
    const { etag } = documentOf(desk, archiveFeedTarget(X, 1, ATOM)).validators
    taken(desk.withdraw(name(7)))
    taken(desk.publish(name(8), { tags: ['y'], published: START - 99_992 }))
    expect(idsOn(1)).toEqual(first.filter((id) => ![tagOf(name(7)), tagOf(name(8))].includes(id)))
    expect(documentOf(desk, archiveFeedTarget(X, 1, ATOM)).validators.etag).not.toBe(etag)
    taken(desk.publish(name(7), { tags: ['x'], republish: true }))
    expect(idsOn(1)).not.toContain(tagOf(name(7)))
    expect(idsOn(2)).toEqual(second)
    for (let number = 1; number <= PAGE; number += 1) desk.withdraw(name(number))
    for (const format of FORMATS) {
      const empty = told(desk, archiveFeedTarget(X, 1, format))
      expect(empty.entries).toEqual([])
      expect(told(desk, archiveFeedTarget(X, 2, format)).links['prev-archive']).toBe(
        empty.links.self,
      )
    }
    expect(documentOf(desk, archivePageTarget(X, 1)).validators.status).toBe(200)
  })

  it('P-11: is cut by position: back-dating and editing move nothing between pages, they only order within one', () => {
    const desk = fill(openDesk(), 2 * PAGE)
    const idsOn = (page: number): string[] =>
      told(desk, archiveFeedTarget(ALL, page, RSS)).entries.map(({ id }) => id)
    taken(desk.publish(name(60), { tags: ['x'], published: START - 900_000 }))
    taken(desk.publish(name(10), { tags: ['x'], published: START - 1, title: 'Another' }))
    expect(idsOn(1)[0]).toBe(tagOf(name(10)))
    expect(idsOn(2).at(-1)).toBe(tagOf(name(60)))
    expect(idsOn(1)).toHaveLength(PAGE)
  })

  it('as HTML lists the same stories, names which it is, and leads to older and newer ones', () => {
    const desk = fill(openDesk(), 3 * PAGE)
    const page = (number: number): string => documentOf(desk, archivePageTarget(X, number)).body
    expect(documentOf(desk, channelPageTarget(X)).body).toMatch(
      /<a href="\/tags\/x\/archive\/3" rel="prev">Older<\/a>/,
    )
    const second = page(2)
    expect(second).toContain('<title>Archive page 2 · x · Test Desk</title>')
    expect(second).toContain('<link rel="canonical" href="https://news.example/tags/x/archive/2"/>')
    expect(second).toContain('<link rel="prev" href="https://news.example/tags/x/archive/1"/>')
    expect(second).toContain('<link rel="next" href="https://news.example/tags/x/archive/3"/>')
    expect([...second.matchAll(/<h2><a href/g)]).toHaveLength(PAGE)
    expect(page(3)).toContain('<a href="/tags/x">Latest</a>')
    expect(page(3)).not.toContain('<link rel="next"')
    expect(page(1)).not.toContain('rel="prev"')
    expect(page(1)).toContain('<a href="/tags/x/archive/2" rel="next">Newer</a>')
    expect(documentOf(openDesk(), channelPageTarget(ALL)).body).not.toContain('Older')
  })

  it.each([
    ['ar', 'صفحة الأرشيف', 'أقدم', 'أحدث'],
    ['ur', 'محفوظات کا صفحہ', 'پرانی خبریں', 'نئی خبریں'],
  ])('as HTML says it in %s', (language, which, older, newer) => {
    const desk = openDesk()
    for (let number = 1; number <= 3 * PAGE; number += 1)
      taken(desk.publish(name(number), { language, published: START - number }))
    const { body } = documentOf(desk, archivePageTarget({ kind: 'language', slug: language }, 2))
    expect(body).toContain(`<html lang="${language}" dir="rtl">`)
    expect(body).toContain(which)
    expect(body).toContain(`>${older}</a>`)
    expect(body).toContain(`>${newer}</a>`)
  })
})

describe('what wakes an archive page', () => {
  const kept = (desk: TestDesk, pages: number): void => {
    for (let page = 1; page <= pages; page += 1) ask(desk, archiveFeedTarget(X, page, RSS))
    desk.settle()
    desk.clock.now += 5
  }
  const woken = (desk: TestDesk): string[] =>
    desk.owed().flatMap((target) => /^feed:\/tags\/x\/archive\/(\d+)/.exec(target)?.[1] ?? [])

  it('is no publish, but the one that completes the next page', () => {
    const desk = fill(openDesk(), 2 * PAGE)
    kept(desk, 2)
    fill(desk, 3 * PAGE - 1, 2 * PAGE + 1)
    expect(woken(desk)).toEqual([])
    fill(desk, 3 * PAGE, 3 * PAGE)
    expect(woken(desk)).toEqual(['2'])
  })

  it('is a change, a withdrawal or a retagging of an article on it, and a republication is not', () => {
    const desk = fill(openDesk(), 3 * PAGE)
    kept(desk, 3)
    taken(desk.publish(name(7), { tags: ['x'], title: 'Another' }))
    expect(woken(desk)).toEqual(['1'])
    desk.settle()
    taken(desk.publish(name(60), { tags: ['y'] }))
    expect(woken(desk)).toEqual(['2'])
    desk.settle()
    taken(desk.withdraw(name(120)))
    expect(woken(desk)).toEqual(['3'])
    desk.settle()
    taken(desk.publish(name(120), { tags: ['x'], republish: true }))
    expect(woken(desk)).toEqual([])
  })

  it('of another channel is not woken, and one subscribes to what is woken as before', () => {
    const desk = fill(openDesk(), PAGE)
    for (const channel of [ALL, X]) ask(desk, archiveFeedTarget(channel, 1, RSS))
    ask(desk, feedTarget(X, RSS))
    desk.settle()
    taken(desk.publish('other', { tags: ['y'] }))
    expect(desk.owed().filter((target) => target.startsWith('feed:'))).toEqual([])
    taken(desk.publish('more', { tags: ['x'] }))
    expect(desk.owed().filter((target) => target.startsWith('feed:'))).toEqual([
      'feed:/tags/x/rss.xml',
    ])
  })

  it('an imported page is woken as well', () => {
    const desk = fill(openDesk(), 2 * PAGE)
    kept(desk, 2)
    const copy = openDesk()
    expect(importLines(copy.ledger, exportLines(desk.ledger, desk.clock))).toMatchObject({
      ok: true,
      value: { state: 'done' },
    })
    copy.settle()
    copy.clock.now = desk.clock.now + 5
    expect(documentOf(copy, archiveFeedTarget(X, 1, RSS))).toEqual(
      documentOf(desk, archiveFeedTarget(X, 1, RSS)),
    )
    taken(copy.publish(name(7), { tags: ['x'], title: 'Another' }))
    expect(woken(copy)).toEqual(['1'])
  })

  it('was asked for in vain until it is complete, and then is answerable', () => {
    const desk = fill(openDesk(), PAGE - 1)
    const targets = [archiveFeedTarget(X, 1, RSS), archivePageTarget(X, 1)]
    expect(targets.map((target) => channelIsOpen(desk.ledger, target))).toEqual([false, false])
    fill(desk, PAGE, PAGE)
    expect(targets.map((target) => channelIsOpen(desk.ledger, target))).toEqual([true, true])
    expect(channelIsOpen(desk.ledger, archivePageTarget(X, 2))).toBe(false)
  })

  it('is a sweep, which knows its keys and those that are none', async () => {
    const desk = fill(openDesk(), PAGE)
    kept(desk, 1)
    beginSweep(desk.ledger, 'rebuild', 0)
    const stray = 'feed:/tags/x/archive/9/rss.xml'
    const wire = [archiveFeedTarget(X, 1, RSS), stray]
    while (
      !(await advanceSweep(
        desk.ledger,
        () => 0,
        async () => ({ targets: wire }),
      ))
    );
    expect(woken(desk)).toEqual(['1', '9'])
    expect(ask(desk, stray)).toEqual({ kind: 'absent' })
  })
})

/** What the newsroom does, many at a time, so that pages fill. Numbers choose among the articles there are. */
type Deed =
  | { do: 'publish'; count: number; tags: string[]; past: number }
  | { do: 'edit' | 'retag' | 'withdraw' | 'republish'; first: number; count: number }
  | { do: 'backdate'; first: number; past: number }
  | { do: 'ask'; page: number; format: number; channel: number }
  | { do: 'drain' }

const past = fc.constantFrom(0, 1, 5000, 90_000)
const deed: fc.Arbitrary<Deed> = fc.oneof(
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
      do: fc.constant('ask' as const),
      page: fc.integer({ min: 1, max: 5 }),
      format: fc.nat(3),
      channel: fc.nat(2),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('drain' as const) }) },
)

type Known = { public: boolean; tags: string[]; version: number; published: number }
const CHANNELS: Channel[] = [ALL, X, { kind: 'tag', slug: 'y' }]

/** A newsroom, its wire, and beside them what must be found, kept by hand. */
class World {
  readonly desk = openDesk()
  readonly model = new Map<string, Known>()
  readonly wire = new Map<Target, Content>()

  #publish(id: string, known: Known): void {
    const { tags, version, published } = known
    const more = { tags, published, title: `${id} v${version}`, republish: true }
    taken(this.desk.publish(id, more))
    this.model.set(id, known)
  }

  #some(first: number, count: number): [string, Known][] {
    return [...this.model].slice(first % (this.model.size + 1)).slice(0, count)
  }

  perform(next: Deed): void {
    this.desk.clock.now += 1
    const { now } = this.desk.clock
    if (next.do === 'publish') {
      for (let each = 0; each < next.count; each += 1) {
        const published = now - next.past - (each % 3)
        const known = { public: true, tags: next.tags, version: 1, published }
        this.#publish(name(this.model.size), known)
      }
    } else if (next.do === 'ask') {
      const channel = CHANNELS[next.channel] ?? ALL
      const format = FORMATS[next.format]
      this.demand(
        format
          ? archiveFeedTarget(channel, next.page, format)
          : archivePageTarget(channel, next.page),
      )
      this.demand(format ? feedTarget(channel, format) : channelPageTarget(channel))
    } else if (next.do === 'drain') this.drain()
    else {
      for (const [id, known] of this.#some(next.first, 'count' in next ? next.count : 1)) {
        const version = known.version + 1
        if (next.do === 'withdraw') {
          taken(this.desk.withdraw(id))
          this.model.set(id, { ...known, public: false })
        } else if (next.do === 'republish' ? !known.public : known.public) {
          const tags = known.tags.includes('x') ? ['y'] : ['x', 'y']
          this.#publish(id, {
            ...known,
            public: true,
            version,
            ...(next.do === 'retag' && { tags }),
            ...(next.do === 'backdate' && { published: now - next.past }),
          })
        }
      }
    }
  }

  /** A reader who misses it on the wire: what is there is kept, and owed to the wire. */
  demand(target: Target): void {
    if (ask(this.desk, target).kind === 'absent') return
    this.desk.ledger.markUnsent(target)
    this.desk.ledger.owe(target, this.desk.ledger.nextSequence(), 0)
  }

  /** As the desk does it, until nothing is owed. */
  drain(): void {
    const { ledger, clock } = this.desk
    for (;;) {
      const rows = ledger.dueRows(Number.MAX_SAFE_INTEGER, 100_000, new Set(), true)
      if (rows.length === 0) return
      clock.now += 1
      for (const row of rows) {
        // Articles and links have their own test of the law, and there are hundreds of them here.
        if (!ofChannel(row.target)) {
          ledger.settleRow(row, 0)
          continue
        }
        const found = renderTarget(ledger, PUBLICATION, row.target, clock.now * 1000, false)
        if (found.kind === 'too-early') continue
        if (!found.unchanged) this.wire.set(row.target, found.content)
        if (found.fingerprint !== undefined) ledger.markSent(row, found.fingerprint, 0)
        ledger.settleRow(row, 0)
      }
    }
  }

  /** Title by feed id of all that the channel carries. */
  live(channel: Channel): Map<string, string> {
    return new Map(
      [...this.model]
        .filter(
          ([, { public: out, tags }]) =>
            out && (channel.kind === 'all' || tags.includes(channel.slug)),
        )
        .map(([id, { version }]) => [tagOf(id), `${id} v${version}`]),
    )
  }
}

describe('whatever the newsroom does', () => {
  it('P-08: who walks finds every live article, once among the archives, in its newest version, and no gap', () => {
    let pages = 0
    fc.assert(
      fc.property(
        fc.array(deed, { minLength: 3, maxLength: 16 }),
        fc.nat(FORMATS.length - 1),
        (deeds, which) => {
          const world = new World()
          for (const next of deeds) world.perform(next)
          const format = FORMATS[which] ?? expect.fail()
          for (const channel of CHANNELS) {
            if (ask(world.desk, feedTarget(channel, format)).kind === 'absent') continue
            const [current, ...archives] = walk(world.desk, channel, format)
            pages += archives.length
            const live = world.live(channel)
            const archived = archives.flatMap(({ entries }) => entries)
            // A notice stands in the subscription document for what is no longer there (decision 015).
            const shown = (current?.entries ?? []).filter(({ title }) => title !== NOTICE)
            const found = [...shown, ...archived]
            for (const { id, title } of found) expect(title).toBe(live.get(id))
            expect(new Set(found.map(({ id }) => id))).toEqual(new Set(live.keys()))
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
    expect(pages).toBeGreaterThan(10)
  }, 120_000)

  it('behind an empty outbox the wire is what the ledger says, archive documents included', () => {
    let compared = 0
    fc.assert(
      fc.property(fc.array(deed, { minLength: 1, maxLength: 12 }), (deeds) => {
        const world = new World()
        world.perform({ do: 'publish', count: 2 * PAGE + 30, tags: ['x'], past: 1 })
        for (const channel of CHANNELS)
          for (const page of [1, 2]) {
            world.demand(archiveFeedTarget(channel, page, ATOM))
            world.demand(archivePageTarget(channel, page))
          }
        for (const next of deeds) world.perform(next)
        world.drain()
        for (const [target, sent] of world.wire) {
          const truth = ask(world.desk, target)
          expect(sent, target).toEqual(truth)
          if (target.includes('/archive/')) compared += 1
        }
      }),
      { numRuns: runs(8) },
    )
    expect(compared).toBeGreaterThan(25)
  }, 120_000)

  it('a walk that began before a page was complete misses nothing of what was there', () => {
    const desk = fill(openDesk(), 2 * PAGE - 1)
    const before = told(desk, feedTarget(X, ATOM))
    fill(desk, 2 * PAGE + 20, 2 * PAGE)
    const archives = walk(desk, X, ATOM).slice(2)
    const found = new Set(
      [before, ...archives].flatMap(({ entries }) => entries.map(({ id }) => id)),
    )
    for (let number = 1; number < 2 * PAGE; number += 1)
      expect(found).toContain(tagOf(name(number)))
  })
})
