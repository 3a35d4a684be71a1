/**
 * Checks corrections and withdrawals: what the desk decides, and what documents contain (rules T
 * and P).
 */
import { describe, expect, it } from 'vitest'
import { MAX_NOTICES, MAX_TOMBSTONES } from '../../src/desk/documents/channels.ts'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import { MAX_CORRECTED_ARTICLES } from '../../src/desk/ledger/ledger.ts'
import { FORMATS, type Format, type FormatName } from '../../src/feeds/formats.ts'
import { ALL_CHANNEL, type Channel, CORRECTIONS_CHANNEL } from '../../src/model/channel.ts'
import { LIMITS } from '../../src/model/rules.ts'
import { formatTime } from '../../src/text/time.ts'
import { channelPageTarget, feedTarget, type Target } from '../../src/wire/targets.ts'
import {
  expectFailure,
  expectOk,
  openDesk,
  PUBLICATION,
  START,
  type TestDesk,
} from '../support/drafts.ts'

const DAY = 86_400
const X: Channel = { kind: 'tag', slug: 'x' }
const Y: Channel = { kind: 'tag', slug: 'y' }
const findFormat = (name: FormatName): Format => {
  const format = FORMATS.find((each) => each.name === name)
  if (!format) throw new Error(`There is no format ${name}`)
  return format
}
const [ATOM, JSON_FEED] = [findFormat('atom'), findFormat('json')] as const

/**
 * Renders the target. If it was already rendered in this second, waits until Last-Modified can be
 * later.
 */
function render(desk: TestDesk, target: Target, settings = PUBLICATION): string {
  for (;;) {
    const rendering = renderTarget(desk.ledger, settings, target, desk.clock.now * 1000, true)
    if (rendering.kind === 'too-early') desk.clock.now += 1
    else if (rendering.content.kind === 'document') return rendering.content.body
    else return rendering.content.kind
  }
}

type Item = { id: string; title: string; date_published: string; date_modified: string }
type FeedJson = { items: Item[]; _tombstones?: { items: { id: string; when: string }[] } }
const readFeed = (desk: TestDesk, channel: Channel, settings = PUBLICATION): FeedJson =>
  JSON.parse(
    render(desk, feedTarget(channel, JSON_FEED), settings).replaceAll('.000Z', 'Z'),
  ) as FeedJson
const getId = (tag: string): string => tag.replace(/^.*:/, '')
const listIds = (desk: TestDesk, channel: Channel): string[] =>
  readFeed(desk, channel).items.map(({ id }) => getId(id))
const listTombstones = (desk: TestDesk, channel: Channel): string[] =>
  (readFeed(desk, channel)._tombstones?.items ?? []).map(({ id }) => getId(id))

describe('a correction', () => {
  it('T-14: is dated with the new `updated`, whether or not the draft has one, and leaves `published` unchanged', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    desk.clock.now += 100
    const first = expectOk(desk.publish('a', { corrections: ['One is two'] })).article
    expect(first).toMatchObject({ published: START, updated: START + 100 })
    expect(first.corrections).toEqual([{ at: START + 100, text: 'One is two' }])
    desk.clock.now += 100
    const draft = { corrections: ['One is two', 'Two is three'], updated: START + 150 }
    const second = expectOk(desk.publish('a', draft)).article
    expect(second.updated).toBe(START + 150)
    expect(second.corrections.map(({ at }) => at)).toEqual([START + 100, START + 150])
  })

  it('changes nothing when it is sent again, and remains when a later draft omits it', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    desk.clock.now += 100
    const repeated = { corrections: ['One is two'], updated: START + 50 }
    expectOk(desk.publish('a', repeated))
    desk.clock.now += 100
    expect(expectOk(desk.publish('a', repeated)).changed).toBe(false)
    expect(expectOk(desk.publish('a', { corrections: ['One is two'] })).changed).toBe(false)
    expect(expectOk(desk.publish('a')).changed).toBe(false)
    const { article } = expectOk(desk.publish('a', { title: 'Another' }))
    expect(article).toMatchObject({ updated: START + 50, corrections: [{ text: 'One is two' }] })
  })

  it('is dated after the last update that readers have, even if `updated` in the draft is older', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { published: START - 100, updated: START - 50 }))
    const stale = { updated: START - 50, corrections: ['One is two'] }
    expect(expectOk(desk.publish('a', stale)).article.updated).toBe(START)
    expect(expectOk(desk.publish('a', stale)).changed).toBe(false)
    const { article } = expectOk(desk.publish('a', { corrections: ['Two is three'] }))
    expect(article.corrections.at(-1)).toEqual({ at: START + 1, text: 'Two is three' })
    expect(article.updated).toBe(START + 1)
  })

  it('A-16: changes `updated`, unlike a silent edit', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    desk.clock.now += 100
    const { article, changed } = expectOk(desk.publish('a', { html: '<p>A typo less.</p>' }))
    expect(changed).toBe(true)
    expect(article).toMatchObject({ updated: START, corrections: [] })
  })

  it('is refused for an article that was never public, and accepted for a new one that is public at once', () => {
    const desk = openDesk()
    const corrections = ['One is two']
    const failure = expectFailure(desk.publish('a', { published: START + 10, corrections }))
    expect(failure).toMatchObject({
      reason: 'invalid',
      faults: [{ pointer: '/correction', detail: expect.stringContaining('was never public') }],
    })
    expect(desk.ledger.findArticle('a')).toBeUndefined()
    const past = { published: START - 1000, updated: START - 500, corrections }
    const { article } = expectOk(desk.publish('b', past))
    expect(article.corrections).toEqual([{ at: START - 500, text: 'One is two' }])
    expect(expectOk(desk.publish('b', past)).changed).toBe(false)
  })

  it('is refused if the article has too many corrections', () => {
    const desk = openDesk()
    const texts = Array.from({ length: LIMITS.corrections }, (_, index) => `Number ${index}`)
    expectOk(desk.publish('a', { corrections: texts }))
    expect(expectFailure(desk.publish('a', { corrections: ['One more'] }))).toMatchObject({
      reason: 'invalid',
      faults: [{ pointer: '/correction' }],
    })
    expect(expectOk(desk.publish('a', { corrections: texts })).changed).toBe(false)
  })

  it('remains after a withdrawal, and a correction in the republication is dated after the withdrawal', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { corrections: ['One is two'] }))
    expectOk(desk.withdraw('a'))
    const again = { republish: true, corrections: ['Two is three'] }
    const { article } = expectOk(desk.publish('a', again))
    expect(article.corrections).toEqual([
      { at: START, text: 'One is two' },
      { at: START + 1, text: 'Two is three' },
    ])
    expect(article.updated).toBe(START + 1)
  })

  it('does not change the digest if the list is empty, so an upgrade changes no article', () => {
    const desk = openDesk()
    const { digest } = expectOk(desk.publish('a', { code: 'mheng' })).article
    expect(digest).toBe('GZznlMlLuG-7gNi4WRRqzI')
  })
})

describe('the channel of corrections', () => {
  it('exists before the first correction, and is empty then', () => {
    const desk = openDesk()
    expect(readFeed(desk, CORRECTIONS_CHANNEL).items).toEqual([])
    expect(render(desk, channelPageTarget(CORRECTIONS_CHANNEL))).toContain(
      'Corrections · Test Desk',
    )
  })

  it('is ordered by the last correction of each article, not by `published`', () => {
    const desk = openDesk()
    for (const id of ['a', 'b']) expectOk(desk.publish(id, { published: START - 100 }))
    for (const [id, text] of [
      ['a', 'One is two'],
      ['b', 'Two is three'],
      ['a', 'Three is four'],
    ] as const) {
      desk.clock.now += 100
      expectOk(desk.publish(id, { corrections: [text] }))
    }
    expectOk(desk.publish('b', { published: START - 50 }))
    expect(listIds(desk, CORRECTIONS_CHANNEL)).toEqual(['a', 'b'])
    expect(desk.ledger.listMemberships('corrections', 0, 3)).toMatchObject([
      { position: 1, article: 'a', published: START + 100, left: START + 300 },
      { position: 2, article: 'b', published: START + 200 },
      { position: 3, article: 'a', published: START + 300 },
    ])
    const page = render(desk, channelPageTarget(CORRECTIONS_CHANNEL))
    expect(page.indexOf('Three is four')).toBeLessThan(page.indexOf('One is two'))
    expect(page).toContain(`datetime="${formatTime(START + 300)}"`)
    expect(listIds(desk, ALL_CHANNEL)).toEqual(['b', 'a'])
  })

  it('does not list a withdrawn article, and lists it again after its republication', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { corrections: ['One is two'] }))
    expectOk(desk.withdraw('a'))
    expect(desk.ledger.listChannelsOfArticle('a')).toEqual([])
    desk.clock.now += 10
    expectOk(desk.publish('a', { republish: true }))
    expect(desk.ledger.listChannelsOfArticle('a')).toContainEqual(CORRECTIONS_CHANNEL)
    expect(readFeed(desk, CORRECTIONS_CHANNEL).items[0]?.title).toBe('Story a')
  })
})

/**
 * Publishes articles of a channel until archive page 1 is complete and the article `old` is only on
 * that page.
 */
function publishArchive(desk: TestDesk): void {
  expectOk(desk.publish('old', { tags: ['x'], published: START - 10 * DAY }))
  for (let index = 0; index < 100; index += 1) expectOk(desk.publish(`n${index}`, { tags: ['x'] }))
}

describe('an old article', () => {
  it('P-09: is in the subscription document until 30 days after a correction', () => {
    const desk = openDesk()
    publishArchive(desk)
    expect(listIds(desk, X)).not.toContain('old')
    desk.clock.now += 10
    expectOk(desk.publish('old', { tags: ['x'], corrections: ['One is two'] }))
    const at = desk.clock.now
    expect(listIds(desk, X).at(-1)).toBe('old')
    const target = feedTarget(X, JSON_FEED)
    expect(desk.ledger.findDocument(target)?.until).toBe(at + 30 * DAY)
    expect(listIds(desk, CORRECTIONS_CHANNEL)).toEqual(['old'])
    expect(render(desk, feedTarget(Y, JSON_FEED))).toBe('absent')
    desk.clock.now = at + 30 * DAY - 1
    expect(listIds(desk, X)).toContain('old')
    desk.clock.now = at + 30 * DAY
    expect(listIds(desk, X)).not.toContain('old')
    expect(desk.ledger.findDocument(target)?.until).toBeNull()
    expect(listIds(desk, CORRECTIONS_CHANNEL)).toEqual(['old'])
  })

  it('P-09: is in the subscription document only if it is one of the 100 that were corrected last', () => {
    const desk = openDesk()
    for (let index = 0; index < 250; index += 1)
      expectOk(desk.publish(`n${index}`, { published: START - index - 1000 }))
    for (let index = 100; index < 240; index += 1) {
      desk.clock.now += 1
      expectOk(desk.publish(`n${index}`, { corrections: ['One is two'] }))
    }
    const ids = new Set(listIds(desk, ALL_CHANNEL))
    expect(ids.size).toBe(50 + MAX_CORRECTED_ARTICLES)
    expect(ids).toContain('n140')
    expect(ids).not.toContain('n139')
  })
})

describe('a withdrawn article', () => {
  it('T-12: has a notice and a tombstone in all its former channels, and they reveal nothing of the story', () => {
    const desk = openDesk()
    const secret = {
      title: 'SECRET',
      html: '<p>SECRET</p>',
      excerpt: 'SECRET',
      summary: ['SECRET'],
    }
    const more = { authors: [{ name: 'SECRET' }], canonical: 'https://news.example/SECRET' }
    expectOk(desk.publish('a', { ...secret, ...more, tags: ['x'], code: 'SECRET' }))
    expectOk(desk.publish('a', { ...secret, ...more, tags: ['y'], corrections: ['SECRET'] }))
    for (const channel of [ALL_CHANNEL, X, Y, CORRECTIONS_CHANNEL])
      render(desk, feedTarget(channel, ATOM))
    desk.emptyOutbox()
    desk.clock.now += 100
    expectOk(desk.withdraw('a', 'SECRET'))
    const when = formatTime(desk.clock.now)
    expect(desk.listQueued()).toEqual(
      expect.arrayContaining(
        [ALL_CHANNEL, X, Y, CORRECTIONS_CHANNEL].map((each) => feedTarget(each, ATOM)),
      ),
    )
    for (const channel of [ALL_CHANNEL, X, Y, CORRECTIONS_CHANNEL]) {
      const all = FORMATS.map((format) => render(desk, feedTarget(channel, format)))
      for (const document of all) {
        expect(document).not.toContain('SECRET')
        expect(document).toContain('Withdrawn article')
        expect(document).toContain('https://news.example/articles/a')
      }
      expect(all[1]).toContain(
        `<at:deleted-entry ref="tag:news.example,2026:a" when="${when}"/><entry`,
      )
      expect(readFeed(desk, channel)).toMatchObject({
        items: [{ date_published: formatTime(START), date_modified: when }],
        _tombstones: {
          about: 'https://news.example/feeds#tombstones',
          items: [{ id: 'tag:news.example,2026:a', when }],
        },
      })
      expect(render(desk, channelPageTarget(channel))).not.toMatch(/SECRET|Withdrawn/)
    }
  })

  it('T-05: is dated after its tombstone when it is republished, and tombstone and notice are removed from every channel', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { tags: ['x'] }))
    expectOk(desk.withdraw('a'))
    for (const channel of [ALL_CHANNEL, X]) render(desk, feedTarget(channel, JSON_FEED))
    desk.emptyOutbox()
    expectOk(desk.publish('a', { tags: ['y'], republish: true }))
    expect(desk.listQueued()).toEqual(
      expect.arrayContaining([feedTarget(ALL_CHANNEL, JSON_FEED), feedTarget(X, JSON_FEED)]),
    )
    expect(readFeed(desk, X)).toMatchObject({ items: [] })
    expect(listTombstones(desk, X)).toEqual([])
    expect(readFeed(desk, ALL_CHANNEL).items[0]?.date_modified).toBe(formatTime(START + 1))
  })

  it('T-11: has a tombstone for 30 days, and a notice for the number of days in the settings', () => {
    for (const days of [0, 3, 30, 60]) {
      const desk = openDesk()
      const settings = { ...PUBLICATION, withdrawalNoticeDays: days }
      expectOk(desk.publish('a'))
      expectOk(desk.withdraw('a'))
      const readState = (): [number, number, number | null | undefined] => {
        const { items, _tombstones } = readFeed(desk, ALL_CHANNEL, settings)
        const until = desk.ledger.findDocument(feedTarget(ALL_CHANNEL, JSON_FEED))?.until
        return [items.length, _tombstones?.items.length ?? 0, until]
      }
      const ends = [...new Set([days, 30])].filter((end) => end > 0).sort((a, b) => a - b)
      for (const end of ends) {
        expect(readState()).toEqual([Number(end <= days), Number(end <= 30), START + end * DAY])
        desk.clock.now = START + end * DAY
      }
      expect(readState()).toEqual([0, 0, null])
    }
  })

  it('has a tombstone if it is one of the last 500, and a notice if it is one of the last 100', () => {
    const desk = openDesk()
    for (let index = 0; index < MAX_TOMBSTONES + 3; index += 1) {
      expectOk(desk.publish(`n${index}`))
      desk.clock.now += 1
      expectOk(desk.withdraw(`n${index}`))
    }
    const tombstones = listTombstones(desk, ALL_CHANNEL)
    expect(tombstones).toHaveLength(MAX_TOMBSTONES)
    expect(tombstones.slice(0, 2)).toEqual(['n502', 'n501'])
    expect(listIds(desk, ALL_CHANNEL)).toHaveLength(MAX_NOTICES)
    expect(listIds(desk, ALL_CHANNEL)).toContain('n403')
  }, 20_000)

  it('has no tombstone and no notice if it was never public', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { published: START + 10 }))
    expectOk(desk.withdraw('a'))
    expect(readFeed(desk, ALL_CHANNEL)).not.toHaveProperty('_tombstones')
    expect(listIds(desk, ALL_CHANNEL)).toEqual([])
  })
})
