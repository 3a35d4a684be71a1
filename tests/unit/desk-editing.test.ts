/**
 * Checks what the desk decides about drafts, withdrawals and embargoes, with the SQLite of Node.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import { acceptDraft } from '../../src/desk/editing.ts'
import { FORMATS, type Format } from '../../src/feeds/formats.ts'
import { ALL_CHANNEL, type Channel } from '../../src/model/channel.ts'
import { formatTime } from '../../src/text/time.ts'
import { feedTarget } from '../../src/wire/targets.ts'
import {
  buildDraft,
  expectFailure,
  expectOk,
  openDesk,
  PUBLICATION,
  START,
  type TestDesk,
} from '../support/drafts.ts'

const RSS = FORMATS[0] as Format
const buildTag = (slug: string): Channel => ({ kind: 'tag', slug })
const rss = (channel: Channel): string => feedTarget(channel, RSS)

const buildContext = (desk: TestDesk) => ({
  now: desk.clock.now * 1000,
  randomBytes: (count: number) => new Uint8Array(count),
})

/**
 * Saves a document of the channel's RSS, as if a reader had requested it, so that it is tracked.
 */
function trackRss(desk: TestDesk, channel: Channel): string {
  const target = rss(channel)
  desk.ledger.saveDocument({ target, etag: 'e', modified: 1, fingerprint: 'f' })
  return target
}

const listIds = (desk: TestDesk, channel: Channel): string[] =>
  desk.ledger.listSubscriptionArticles(channel, 50, 1e6).map(({ id }) => id)

describe('a reserved code', () => {
  const publishWithCode = (desk: TestDesk, id: string, code: string) =>
    acceptDraft(desk.ledger, PUBLICATION, buildDraft(id, { code }), {}, buildContext(desk))

  it.each(['live', 'search', 'newsroom', 'Contact'])('is refused for a new article: %s', (code) => {
    const desk = openDesk()
    expect(expectFailure(publishWithCode(desk, 'a', code))).toMatchObject({
      reason: 'invalid',
      action: 'publish',
      subject: 'a',
      faults: [{ detail: 'code is reserved for an address of the site', pointer: '/code' }],
    })
    expect(desk.ledger.findArticle('a')).toBeUndefined()
  })

  it('stays with the article that had it before it was reserved, and is refused for others', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { code: 'live' }))
    desk.clock.now += 10
    expect(
      expectOk(
        acceptDraft(
          desk.ledger,
          PUBLICATION,
          buildDraft('a', { code: 'live', title: 'New' }),
          {},
          buildContext(desk),
        ),
      ),
    ).toMatchObject({ changed: true, article: { code: 'live' } })
    expect(expectFailure(publishWithCode(desk, 'b', 'live')).reason).toBe('code-taken')
  })
})

describe('publishing a draft', () => {
  it('creates a new article that is public at once, with revision 1, a minted code and the current time', () => {
    const desk = openDesk()
    const { article, created, changed } = expectOk(desk.publish('a'))
    expect({ created, changed }).toEqual({ created: true, changed: true })
    expect(article).toMatchObject({
      revision: 1,
      state: 'public',
      everPublic: true,
      published: START,
      updated: START,
    })
    expect(article.code).toMatch(/^[23456789abcdefghjkmnpqrstuvwxyz]{5}$/)
    expect(article).not.toHaveProperty('canonical')
    expect(desk.ledger.findArticle('a')).toEqual(article)
    expect(desk.listQueued()).toEqual(['article:a', `link:${article.code}`, 'page:/articles/a'])
  })

  it('changes nothing if the same draft is sent again: no new revision, outbox row or sequence number', () => {
    const desk = openDesk()
    const more = { tags: ['Space'], canonical: 'https://news.example/x', code: 'Mheng' }
    const first = expectOk(desk.publish('a', more))
    desk.emptyOutbox()
    const sequence = desk.ledger.incrementSequence()
    desk.clock.now += 100
    const second = expectOk(desk.publish('a', more))
    expect(second).toEqual({ article: first.article, created: false, changed: false })
    expect(expectOk(desk.publish('a', { tags: ['Space'] })).changed).toBe(false)
    expect(desk.listQueued()).toEqual([])
    expect(desk.ledger.incrementSequence()).toBe(sequence + 1)
  })

  it('changes an existing article: the revision increases by one, and its times do not change', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    desk.clock.now += 100
    const { article, created, changed } = expectOk(desk.publish('a', { title: 'Another' }))
    expect({ created, changed }).toEqual({ created: false, changed: true })
    expect(article).toMatchObject({ revision: 2, published: START, updated: START })
    expect(desk.ledger.findArticle('a')?.story.title).toBe('Another')
  })

  it('preserves code, canonical and published if a draft does not name them', () => {
    const desk = openDesk()
    const options = { code: 'mheng', canonical: 'https://news.example/x', published: START - 500 }
    expectOk(desk.publish('a', options))
    expect(expectOk(desk.publish('a', { title: 'Another' })).article).toMatchObject(options)
  })

  it('keeps the old code of the article when the draft has another', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { code: 'old' }))
    desk.emptyOutbox()
    expect(expectOk(desk.publish('a', { code: 'NEW' })).article.code).toBe('NEW')
    expect(desk.ledger.findCode('old')).toEqual({ code: 'old', article: 'a' })
    expect(desk.ledger.findCode('NEW')).toEqual({ code: 'NEW', article: 'a' })
    expect(desk.listQueued()).toContain('link:old')
    expect(desk.listQueued()).toContain('link:new')
  })

  it('moves the article back to its own page when canonical is null', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { canonical: 'https://news.example/x' }))
    const { article } = expectOk(desk.publish('a', { canonical: null }))
    expect(article.canonical).toBeUndefined()
    expect(desk.ledger.findArticle('a')).not.toHaveProperty('canonical')
    expect(expectOk(desk.publish('b', { canonical: 'https://news.example/x' })).created).toBe(true)
  })

  it('refuses a code that any article ever had, including withdrawn and embargoed articles', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { code: 'first' }))
    expectOk(desk.publish('a', { code: 'second' }))
    expectOk(desk.publish('later', { code: 'third', published: START + 500 }))
    expectOk(desk.withdraw('a'))
    for (const code of ['first', 'second', 'third'])
      expect(expectFailure(desk.publish('b', { code }))).toEqual({
        reason: 'code-taken',
        id: 'b',
        code,
      })
    expect(desk.ledger.findArticle('b')).toBeUndefined()
  })

  it('accepts a code that differs from another only in case', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { code: 'Mheng' }))
    expect(expectOk(desk.publish('b', { code: 'mheng' })).article.code).toBe('mheng')
  })

  it('refuses the canonical of another article until that one is withdrawn', () => {
    const desk = openDesk()
    const canonical = 'https://news.example/x'
    expectOk(desk.publish('a', { canonical }))
    expect(expectFailure(desk.publish('b', { canonical }))).toEqual({
      reason: 'canonical-taken',
      id: 'b',
      canonical,
    })
    expectOk(desk.withdraw('a'))
    expectOk(desk.publish('b', { canonical }))
    expect(expectFailure(desk.publish('a', { republish: true })).reason).toBe('canonical-taken')
  })

  it('mints codes that are unique even when folded, and skips reserved ones', () => {
    const codes = ['mheng', 'feeds', 'abcde']
    const alphabet = '23456789abcdefghjkmnpqrstuvwxyz'
    const bytes = codes.flatMap((code) => [...code].map((letter) => alphabet.indexOf(letter)))
    const desk = openDesk(undefined, (count) => Uint8Array.from(bytes.splice(0, count)))
    expectOk(desk.publish('a', { code: 'MHENG' }))
    expect(expectOk(desk.publish('b')).article.code).toBe('abcde')
    expect(bytes).toEqual([])
  })

  it('mints a thousand different codes for a thousand articles', () => {
    const desk = openDesk()
    const codes = new Set<string>()
    for (let index = 0; index < 1000; index += 1)
      codes.add(expectOk(desk.publish(`a${index}`)).article.code)
    expect(codes.size).toBe(1000)
  })

  it('refuses to move a public article into the future, but may move it into the past', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    expect(expectFailure(desk.publish('a', { published: START + 1 }))).toEqual({
      reason: 'moved-into-future',
      id: 'a',
      published: '2026-01-15T09:00:01Z',
    })
    expect(desk.ledger.findArticle('a')).toMatchObject({ revision: 1, published: START })
    expect(expectOk(desk.publish('a', { published: START - 86_400 })).article.published).toBe(
      START - 86_400,
    )
    expect(desk.ledger.listSubscriptionArticles(ALL_CHANNEL, 50, 1e6)[0]?.published).toBe(
      START - 86_400,
    )
  })

  it('orders a channel by the new time of a back-dated article', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { published: START - 10, tags: ['x'] }))
    expectOk(desk.publish('b', { published: START - 20, tags: ['x'] }))
    expect(listIds(desk, buildTag('x'))).toEqual(['a', 'b'])
    expectOk(desk.publish('a', { published: START - 30, tags: ['x'] }))
    expect(listIds(desk, buildTag('x'))).toEqual(['b', 'a'])
    expect(listIds(desk, ALL_CHANNEL)).toEqual(['b', 'a'])
  })

  it('refuses an updated time before published or after now, and changes nothing', () => {
    const desk = openDesk()
    for (const [updated, detail] of [
      [START - 101, 'updated is earlier than published'],
      [START + 1, 'updated is in the future'],
    ] as const) {
      expect(expectFailure(desk.publish('a', { published: START - 100, updated }))).toEqual({
        reason: 'invalid',
        action: 'publish',
        subject: 'a',
        faults: [{ detail, pointer: '/updated' }],
      })
    }
    expect(desk.ledger.findArticle('a')).toBeUndefined()
    expect(desk.listQueued()).toEqual([])
    for (const updated of [START - 100, START])
      expect(expectOk(desk.publish('a', { published: START - 100, updated })).article.updated).toBe(
        updated,
      )
  })

  it('reports an earlier updated, keeps the stored one, and changes nothing when it is repeated', () => {
    const desk = openDesk()
    const published = START - 1000
    expectOk(desk.publish('a', { published, updated: START - 100 }))
    const again = expectOk(desk.publish('a', { published, updated: START - 500 }))
    expect(again).toMatchObject({ changed: false, article: { revision: 1, updated: START - 100 } })
    expect(again.warnings).toEqual([
      `updated stays ${formatTime(START - 100)}, because ${formatTime(START - 500)} in the manuscript is earlier`,
    ])
    const edited = expectOk(desk.publish('a', { title: 'Edited', updated: START - 500 }))
    expect(edited).toMatchObject({ changed: true, article: { updated: START - 100 } })
    expect(edited.warnings).toHaveLength(1)
    const later = expectOk(desk.publish('a', { title: 'Edited', updated: START - 50 }))
    expect(later).not.toHaveProperty('warnings')
    expect(later.article.updated).toBe(START - 50)
  })

  it('may set an earlier updated if published changes too', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { published: START - 100, updated: START - 50 }))
    const { article, warnings } = expectOk(
      desk.publish('a', { published: START - 9000, updated: START - 8000 }),
    )
    expect(article).toMatchObject({ published: START - 9000, updated: START - 8000 })
    expect(warnings).toBeUndefined()
  })

  it('never moves updated back while published is unchanged', () => {
    const edit = fc.record({
      updated: fc.option(fc.integer({ min: START - 1000, max: START }), { nil: undefined }),
      correction: fc.boolean(),
      withdraw: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 8 }), (edits) => {
        const desk = openDesk()
        expectOk(desk.publish('a', { published: START - 1000 }))
        let last = START - 1000
        for (const [index, { updated, correction, withdraw }] of edits.entries()) {
          if (withdraw) expectOk(desk.withdraw('a'))
          const more = {
            title: `Edit ${index}`,
            republish: true,
            ...(updated !== undefined && { updated }),
            ...(correction && { corrections: [`Correction ${index}`] }),
          }
          const { article, warnings } = expectOk(desk.publish('a', more))
          expect(article.updated).toBeGreaterThanOrEqual(last)
          expect(warnings !== undefined).toBe(updated !== undefined && updated < article.updated)
          last = article.updated
        }
      }),
    )
  })

  it('warns of an embargo of more than a year each time it is sent, and not of a shorter one', () => {
    const desk = openDesk()
    const year = 366 * 86_400
    const longEmbargo = { published: START + year + 1 }
    const warning = `published is more than a year in the future: readers do not see the story before ${formatTime(longEmbargo.published)}`
    expect(expectOk(desk.publish('a', longEmbargo)).warnings).toEqual([warning])
    expect(expectOk(desk.publish('a', longEmbargo))).toMatchObject({
      changed: false,
      warnings: [warning],
    })
    expect(expectOk(desk.publish('b', { published: START + year }))).not.toHaveProperty('warnings')
    expect(expectOk(desk.publish('c'))).not.toHaveProperty('warnings')
  })

  it('compares updated with the stored published if the draft has no published', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { published: START - 100 }))
    expect(expectFailure(desk.publish('a', { updated: START - 101 })).reason).toBe('invalid')
  })

  it('increases the revision with every accepted change, and with nothing else', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    expectOk(desk.publish('a'))
    expectFailure(desk.publish('a', { published: START + 1 }))
    expectOk(desk.publish('a', { title: 'Another' }))
    expectOk(desk.withdraw('a'))
    expectOk(desk.withdraw('a'))
    expect(expectOk(desk.publish('a', { republish: true })).article.revision).toBe(4)
  })
})

describe('an embargoed article', () => {
  it('is in no channel, and nothing is enqueued for it', () => {
    const desk = openDesk()
    const tracked = trackRss(desk, ALL_CHANNEL)
    const { article } = expectOk(
      desk.publish('a', { published: START + 60, tags: ['x'], code: 'soon' }),
    )
    expect(article).toMatchObject({ state: 'embargoed', everPublic: false, updated: START + 60 })
    expect(desk.listQueued()).toEqual([])
    expect(desk.ledger.findChannelTitle(buildTag('x'))).toBeUndefined()
    expect(listIds(desk, ALL_CHANNEL)).toEqual([])
    expect(desk.ledger.listPublishedCodes('soon')).toEqual([])
    expect(desk.ledger.listPublishedArticleIds('', 10)).toEqual([])
    expect(desk.ledger.findNextEmbargo()).toBe(START + 60)
    expect(tracked).toBe('feed:/rss.xml')
  })

  it('is not released before its second; then it joins its channels and is enqueued', () => {
    const desk = openDesk()
    trackRss(desk, ALL_CHANNEL)
    expectOk(desk.publish('a', { published: START + 60, tags: ['X'], code: 'soon' }))
    desk.clock.now = START + 59
    expect(desk.release()).toBe(0)
    expect(desk.listQueued()).toEqual([])
    desk.clock.now = START + 60
    expect(desk.release()).toBe(1)
    expect(desk.release()).toBe(0)
    expect(desk.ledger.findArticle('a')).toMatchObject({
      state: 'public',
      everPublic: true,
      revision: 2,
      published: START + 60,
    })
    expect(listIds(desk, buildTag('x'))).toEqual(['a'])
    expect(desk.ledger.findChannelTitle(buildTag('x'))).toBe('X')
    expect(desk.listQueued()).toEqual([
      'article:a',
      'feed:/rss.xml',
      'link:soon',
      'page:/articles/a',
    ])
    expect(desk.ledger.findNextEmbargo()).toBeUndefined()
    expect(expectOk(desk.publish('a', { tags: ['X'] })).changed).toBe(false)
  })

  it('is released in turns of at most fifty articles, the earliest first', () => {
    const desk = openDesk()
    for (let index = 0; index < 60; index += 1)
      expectOk(desk.publish(`a${index}`, { published: START + 60 - index }))
    desk.clock.now += 100
    expect(desk.release()).toBe(50)
    expect(desk.ledger.findArticle('a59')?.state).toBe('public')
    expect(desk.ledger.findArticle('a0')?.state).toBe('embargoed')
    expect(desk.release()).toBe(10)
  })

  it('may be moved to a later time, or to now; then updated is not in the future', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { published: START + 6000 }))
    expect(expectOk(desk.publish('a', { published: START + 9000 })).article).toMatchObject({
      state: 'embargoed',
      updated: START + 9000,
    })
    expect(expectOk(desk.publish('a', { published: START })).article).toMatchObject({
      state: 'public',
      published: START,
      updated: START,
    })
    expect(desk.listQueued()).toContain('article:a')
  })

  it('is never revealed to readers if it is withdrawn', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { published: START + 60, code: 'soon', tags: ['x'] }))
    const { article } = expectOk(desk.withdraw('a'))
    expect(article).toMatchObject({
      state: 'withdrawn',
      everPublic: false,
      withdrawn: { when: START },
    })
    expect(desk.listQueued()).toEqual([])
    desk.clock.now += 100
    expect(desk.release()).toBe(0)
    expect(desk.listQueued()).toEqual([])
    expect(desk.ledger.listPublishedCodes('soon')).toEqual([])
  })

  it('has no updated in the future if it is withdrawn and then published at once', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { published: START + 9000 }))
    expectOk(desk.withdraw('a'))
    const { article } = expectOk(desk.publish('a', { published: START, republish: true }))
    expect(article).toMatchObject({ state: 'public', published: START, updated: START })
  })
})

describe('withdrawing an article', () => {
  it('removes the article from its channels and enqueues all their tracked documents', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { tags: ['x'], code: 'mheng' }))
    const tracked = [trackRss(desk, ALL_CHANNEL), trackRss(desk, buildTag('x'))]
    desk.emptyOutbox()
    desk.clock.now += 10
    const { article, changed } = expectOk(desk.withdraw('a', 'It was wrong'))
    expect(changed).toBe(true)
    expect(article).toMatchObject({
      state: 'withdrawn',
      revision: 2,
      withdrawn: { when: START + 10, reason: 'It was wrong' },
    })
    expect(listIds(desk, buildTag('x'))).toEqual([])
    expect(desk.ledger.listChannelsOfArticle('a')).toEqual([])
    expect(desk.listQueued()).toEqual(
      ['article:a', ...tracked, 'link:mheng', 'page:/articles/a'].sort(),
    )
  })

  it('changes nothing the second time, and returns the same result', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    const first = expectOk(desk.withdraw('a', 'One'))
    desk.emptyOutbox()
    expect(expectOk(desk.withdraw('a', 'Two'))).toEqual({ ...first, changed: false })
    expect(desk.listQueued()).toEqual([])
  })

  it('stores a legal demand, sent at once or later, and keeps the time of the first withdrawal', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { code: 'mheng' }))
    expectOk(desk.publish('b'))
    const legal = 'A court demands it'
    const withdrawnAtOnce = expectOk(desk.withdraw('b', { reason: 'One', legal })).article
    expect(withdrawnAtOnce.withdrawn).toEqual({ when: START, reason: 'One', legal })
    expectOk(desk.withdraw('a', 'One'))
    desk.emptyOutbox()
    desk.clock.now += 60
    const second = expectOk(desk.withdraw('a', { legal }))
    expect(second).toMatchObject({ created: false, changed: true, article: { revision: 3 } })
    expect(second.article.withdrawn).toEqual({ when: START, reason: 'One', legal })
    expect(desk.ledger.findArticle('a')).toEqual(second.article)
    expect(desk.listQueued()).toEqual(['article:a', 'link:mheng', 'page:/articles/a'])
    desk.emptyOutbox()
    for (const again of [{ legal }, { reason: 'Two' }, {}, { reason: 'Two', legal }])
      expect(expectOk(desk.withdraw('a', again))).toEqual({ ...second, changed: false })
    expect(desk.listQueued()).toEqual([])
    const third = expectOk(desk.withdraw('a', { reason: 'Two', legal: 'A law demands it' }))
    expect(third.article.withdrawn).toEqual({
      when: START,
      reason: 'Two',
      legal: 'A law demands it',
    })
  })

  it('makes its page and JSON 451 if there is a legal demand, and republication makes them 200 again', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    const getStatus = (target: string): unknown => {
      desk.clock.now += 2
      const at = desk.clock.now * 1000
      const rendering = renderTarget(desk.ledger, PUBLICATION, target, at, true)
      if (rendering.kind !== 'content' || rendering.content.kind !== 'document')
        return rendering.kind
      return rendering.content.validators.status
    }
    for (const [withdrawal, status] of [
      [{ reason: 'One' }, 410],
      [{ legal: 'A court demands it' }, 451],
    ] as const) {
      expectOk(desk.withdraw('a', withdrawal))
      for (const target of ['article:a', 'page:/articles/a']) expect(getStatus(target)).toBe(status)
    }
    expectOk(desk.publish('a', { republish: true }))
    for (const target of ['article:a', 'page:/articles/a']) expect(getStatus(target)).toBe(200)
    expectOk(desk.withdraw('a'))
    expect(getStatus('page:/articles/a')).toBe(410)
  })

  it('changes no entry, tombstone or position in feeds if it only adds a legal demand', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { tags: ['x'] }))
    expectOk(desk.publish('a', { tags: ['x'], corrections: ['One is two'] }))
    expectOk(desk.publish('b', { tags: ['x'] }))
    expectOk(desk.withdraw('a', 'One'))
    const renderFeeds = (): string[] =>
      FORMATS.map((format) => {
        const at = (desk.clock.now + 5) * 1000
        const target = feedTarget(buildTag('x'), format)
        const rendering = renderTarget(desk.ledger, PUBLICATION, target, at, true)
        if (rendering.kind !== 'content' || rendering.content.kind !== 'document')
          return rendering.kind
        return rendering.content.body.replace(/<lastBuildDate>.*<\/lastBuildDate>/, '')
      })
    const before = renderFeeds()
    expect(before.join()).toContain('deleted-entry')
    const positions = desk.ledger.listMemberships('', 0, 100)
    desk.clock.now += 600
    expectOk(desk.withdraw('a', { legal: 'A court demands it' }))
    expect(desk.ledger.listMemberships('', 0, 100)).toEqual(positions)
    expect(renderFeeds()).toEqual(before)
  })

  it('is refused if the article is unknown', () => {
    expect(expectFailure(openDesk().withdraw('a'))).toEqual({
      reason: 'unknown-article',
      action: 'withdraw',
      id: 'a',
    })
  })

  it('uses a time that is not before the last update that readers have received', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    desk.clock.now -= 50
    expect(expectOk(desk.withdraw('a')).article.withdrawn?.when).toBe(START)
  })

  it('blocks publishing unless the draft has republish', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { code: 'mheng' }))
    expectOk(desk.withdraw('a'))
    expect(expectFailure(desk.publish('a'))).toEqual({ reason: 'withdrawn', id: 'a' })
    const { article, created } = expectOk(desk.publish('a', { republish: true }))
    expect(created).toBe(false)
    expect(article).toMatchObject({ state: 'public', revision: 3, code: 'mheng', published: START })
    expect(article).not.toHaveProperty('withdrawn')
  })

  it('has an earlier time than the republication, even within the same second', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    expectOk(desk.withdraw('a'))
    const { article } = expectOk(desk.publish('a', { republish: true }))
    expect(article.updated).toBe(START + 1)
    desk.clock.now += 500
    expectOk(desk.withdraw('a'))
    desk.clock.now += 500
    const again = expectOk(desk.publish('a', { republish: true, updated: START + 2 }))
    expect(again.article.updated).toBe(START + 501)
  })
})

describe('the channels of a change', () => {
  it('are the old and the new ones; only tracked documents are enqueued', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { tags: ['old', 'both'], section: 'World' }))
    expectOk(desk.publish('b', { tags: ['elsewhere'] }))
    const tracked = [
      trackRss(desk, buildTag('old')),
      trackRss(desk, buildTag('both')),
      trackRss(desk, buildTag('new')),
    ]
    trackRss(desk, buildTag('elsewhere'))
    desk.emptyOutbox()
    expectOk(desk.publish('a', { tags: ['both', 'new'], section: 'World' }))
    expect(desk.listQueued().filter((target) => target.startsWith('feed:'))).toEqual(tracked.sort())
    expect(listIds(desk, buildTag('old'))).toEqual([])
    expect(listIds(desk, buildTag('new'))).toEqual(['a'])
  })

  it('are those of section, tags, authors, place and language, and equal slugs give one channel', () => {
    const desk = openDesk()
    expectOk(
      desk.publish('a', {
        section: 'Pakistan',
        tags: ['C++', 'c++', 'C#'],
        authors: [{ name: 'Aïcha Khan' }],
        dateline: 'ISLAMABAD',
        language: 'ar-EG',
      }),
    )
    expect(
      desk.ledger.listChannelsOfArticle('a').map(({ kind, slug }) => `${kind}/${slug}`),
    ).toEqual([
      'all/',
      'author/aïcha-khan',
      'language/ar-eg',
      'place/islamabad',
      'section/pakistan',
      'tag/c#',
      'tag/c++',
    ])
  })
})

describe('the precondition', () => {
  const desk = openDesk()
  expectOk(desk.publish('a'))
  expectOk(desk.publish('a', { title: 'Second' }))
  const attempt = (conditions: { ifMatch?: string; ifNoneMatch?: string }, id = 'a'): string => {
    const result = desk.withdraw(id, undefined, conditions)
    if (result.ok) throw new Error('The article was withdrawn')
    return result.failure.reason
  }

  it.each(['"1"', 'W/"2"', '2', '"3"', '', 'W/"1", "1"', '"22"'])(
    'If-Match %s does not match revision "2"',
    (ifMatch) => {
      expect(attempt({ ifMatch })).toBe('precondition-failed')
      expect(expectFailure(desk.publish('a', {}, { ifMatch })).reason).toBe('precondition-failed')
    },
  )

  it.each(['"2"', '*', '"1", "2"', '"1","2" , "3"', ' * '])(
    'If-Match %s matches revision "2"',
    (ifMatch) => {
      expect(expectOk(desk.publish('a', { title: 'Second' }, { ifMatch })).changed).toBe(false)
    },
  )

  it('If-Match fails for an article that does not exist', () => {
    expect(attempt({ ifMatch: '*' }, 'unknown')).toBe('precondition-failed')
    expect(expectFailure(desk.publish('new', {}, { ifMatch: '"1"' })).reason).toBe(
      'precondition-failed',
    )
  })

  it('If-None-Match: * allows creating an article, and never overwrites one', () => {
    expect(expectFailure(desk.publish('a', {}, { ifNoneMatch: '*' })).reason).toBe(
      'precondition-failed',
    )
    expect(expectOk(desk.publish('new', {}, { ifNoneMatch: '*' })).created).toBe(true)
  })

  it.each(['"2"', 'W/"2"', '"1", W/"2"'])(
    'If-None-Match %s matches revision "2", compared weakly (RFC 9110 section 13.1.2)',
    (ifNoneMatch) => {
      expect(attempt({ ifNoneMatch })).toBe('precondition-failed')
      expect(expectFailure(desk.publish('a', {}, { ifNoneMatch })).reason).toBe(
        'precondition-failed',
      )
    },
  )

  it('If-None-Match of another revision has no effect', () => {
    const other = expectOk(desk.publish('a', { title: 'Second' }, { ifNoneMatch: 'W/"1", "22"' }))
    expect(other.changed).toBe(false)
  })

  it('is checked before anything else, and the failure has the revision', () => {
    const withdrawnDesk = openDesk()
    expectOk(withdrawnDesk.publish('a'))
    expectOk(withdrawnDesk.withdraw('a'))
    expect(expectFailure(withdrawnDesk.publish('a', {}, { ifMatch: '"1"' }))).toEqual({
      reason: 'precondition-failed',
      action: 'publish',
      id: 'a',
      why: 'its revision is "2", not "1"',
    })
  })
})

describe('a change that throws midway', () => {
  it('leaves nothing behind: no article, code, membership, position or outbox row', () => {
    const desk = openDesk()
    trackRss(desk, ALL_CHANNEL)
    const { ledger } = desk
    const enqueueAll = ledger.enqueueAll.bind(ledger)
    let calls = 0
    ledger.enqueueAll = (...options) => {
      calls += 1
      if (calls === 2) throw new Error('disk full')
      enqueueAll(...options)
    }
    expect(() => desk.publish('a', { code: 'mheng', tags: ['x'] })).toThrow('disk full')
    expect(calls).toBe(2)
    ledger.enqueueAll = enqueueAll
    expect(ledger.findArticle('a')).toBeUndefined()
    expect(ledger.findCode('mheng')).toBeUndefined()
    expect(ledger.findChannelTitle(buildTag('x'))).toBeUndefined()
    expect(desk.listQueued()).toEqual([])
    expect(expectOk(desk.publish('a', { code: 'mheng', tags: ['x'] })).article.revision).toBe(1)
  })

  it('does not change the article that it should withdraw or release', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { tags: ['x'] }))
    expectOk(desk.publish('b', { tags: ['x'], published: START + 5 }))
    desk.emptyOutbox()
    desk.clock.now += 10
    const { ledger } = desk
    const enqueueAll = ledger.enqueueAll.bind(ledger)
    ledger.enqueueAll = () => {
      throw new Error('disk full')
    }
    expect(() => desk.withdraw('a')).toThrow('disk full')
    expect(() => desk.release()).toThrow('disk full')
    ledger.enqueueAll = enqueueAll
    expect(ledger.findArticle('a')).toMatchObject({ state: 'public', revision: 1 })
    expect(ledger.findArticle('b')).toMatchObject({ state: 'embargoed', everPublic: false })
    expect(listIds(desk, buildTag('x'))).toEqual(['a'])
    expect(desk.release()).toBe(1)
  })
})
