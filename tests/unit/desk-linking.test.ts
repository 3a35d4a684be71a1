/**
 * Checks what the desk decides about links to pages, further codes of articles, and unknown codes
 * (rules L).
 */
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import {
  createLedger,
  type Ledger,
  PRIORITY,
  type SimilarCode,
  type Sql,
} from '../../src/desk/ledger/ledger.ts'
import {
  findLink,
  findSimilarCodes,
  getAffectedLinks,
  importLink,
  lookUpCode,
} from '../../src/desk/linking.ts'
import { FORMATS } from '../../src/feeds/formats.ts'
import { ALL_CHANNEL } from '../../src/model/channel.ts'
import { type LinkAnswer, type LinkRecord, resolveLink } from '../../src/model/link.ts'
import { feedTarget, linkTarget } from '../../src/wire/targets.ts'
import type { TestDesk } from '../support/drafts.ts'
import {
  buildLinkDraft,
  countingBytes,
  expectFailure,
  expectOk,
  openDesk,
  PUBLICATION,
  START,
} from '../support/drafts.ts'
import { asSql, createTransaction, openMemoryLedger } from '../support/sqlite.ts'

const SITE = 'https://news.example'
const ABOUT = `${SITE}/about-us`
const SHOP = `${SITE}/shop`

function getRecord({ ledger, clock }: TestDesk, code: string): LinkRecord | undefined {
  const target = linkTarget(code.toLowerCase())
  const rendering = renderTarget(ledger, PUBLICATION, target, clock.now * 1000, true)
  if (rendering.kind !== 'content') throw new Error(rendering.kind)
  return rendering.content.kind === 'link' ? rendering.content.record : undefined
}

/** Returns the destination of a code, or the reason why it has none. */
function resolveExact(desk: TestDesk, code: string): LinkAnswer | undefined {
  const record = getRecord(desk, code)
  return record && resolveLink(record, code)
}

/** Looks up a code that does not exist, at `now` in milliseconds. */
const lookUpUnknown = (ledger: Ledger, code: string, now: number): SimilarCode[] =>
  lookUpCode(ledger, code, undefined, now).similarCodes

/** Returns every row of every table as text. */
function readLedger(database: DatabaseSync): string {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
  return JSON.stringify(
    tables.map(({ name }) => [name, database.prepare(`SELECT * FROM ${name}`).all()]),
  )
}

function openWithDatabase(): TestDesk & { database: DatabaseSync } {
  const database = new DatabaseSync(':memory:')
  const ledger = createLedger(asSql(database), createTransaction(database))
  ledger.migrate()
  return { ...openDesk(ledger), database }
}

describe('a link to a page', () => {
  it('is created with revision 1, enqueued as news, and served to readers', () => {
    const desk = openDesk()
    const outcome = expectOk(desk.putLink('Tour', { url: ABOUT, title: 'About us' }))
    expect(outcome).toEqual({
      created: true,
      changed: true,
      link: {
        code: 'Tour',
        alike: [],
        page: {
          code: 'Tour',
          url: ABOUT,
          title: 'About us',
          created: START,
          updated: START,
          revision: 1,
          change: 1,
        },
      },
    })
    expect(desk.listQueued()).toEqual(['link:tour'])
    expect(desk.ledger.listDueRows(START * 1000, 5, new Set(), false)).toHaveLength(1)
    const expectedRecord = { to: ABOUT, title: 'About us', made: START }
    for (const code of ['Tour', 'tour', 'TOUR'])
      expect(resolveExact(desk, code)).toEqual(expectedRecord)
  })

  it('does not change when it is sent again, and nothing is enqueued', () => {
    const desk = openDesk()
    const first = expectOk(desk.putLink('tour', { url: ABOUT, title: 'About', expires: START + 9 }))
    desk.emptyOutbox()
    desk.clock.now += 5
    const again = desk.putLink('tour', { url: ABOUT, title: 'About', expires: START + 9 })
    expect(expectOk(again)).toEqual({ link: first.link, created: false, changed: false })
    expect(desk.listQueued()).toEqual([])
  })

  it('is replaced as a whole: keys that are omitted are removed, but its creation time remains', () => {
    const desk = openDesk()
    expectOk(desk.putLink('tour', { url: ABOUT, title: 'About', expires: START + 500 }))
    desk.clock.now += 100
    const { link, created } = expectOk(desk.putLink('tour', { url: SHOP, created: 5 }))
    expect(created).toBe(false)
    expect(link).toMatchObject({
      page: { url: SHOP, created: START, updated: START + 100, revision: 2 },
    })
    expect(Object.keys('page' in link ? link.page : {})).not.toContain('title')
    expect(resolveExact(desk, 'tour')).toEqual({ to: SHOP, made: START })
  })

  it('has the time of its last change, which increases however fast it changes', () => {
    const desk = openDesk()
    const times = [ABOUT, SHOP, ABOUT, SHOP, SHOP].map((url) => {
      expectOk(desk.putLink('tour', { url }))
      const rendering = renderTarget(desk.ledger, PUBLICATION, 'link:tour', START * 1000, true)
      if (rendering.kind !== 'content' || rendering.content.kind !== 'link')
        throw new Error(rendering.kind)
      return rendering.content.record.at
    })
    expect(times).toEqual([START, START + 1, START + 2, START + 3, START + 3])
  })

  it('expires at its stated time, which must be in the future', () => {
    const desk = openDesk()
    for (const expires of [START - 1, START])
      expect(expectFailure(desk.putLink('tour', { url: ABOUT, expires }))).toMatchObject({
        reason: 'invalid',
        faults: [{ detail: 'expires is in the past', pointer: '/expires' }],
      })
    expect(findLink(desk.ledger, 'tour')).toBeUndefined()
    expectOk(desk.putLink('tour', { url: ABOUT, expires: START + 1 }))
    expect(resolveExact(desk, 'tour')).toEqual({ to: ABOUT, made: START, until: START + 1 })
    desk.clock.now += 1000
    // Each request checks the expiry, so the record in KV does not change.
    expect(resolveExact(desk, 'tour')).toMatchObject({ until: START + 1 })
    expect(expectFailure(desk.publish('a', { code: 'tour' }))).toMatchObject({
      reason: 'code-taken',
    })
  })

  it('has change numbers that no other change has', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    expectOk(desk.putLink('one', { url: ABOUT }))
    expectOk(desk.putLink('two', { url: ABOUT }))
    expectOk(desk.putLink('one', { url: SHOP }))
    expectOk(desk.publish('a', { title: 'Another' }))
    expectOk(desk.removeLink('two'))
    const links = desk.ledger.listLinksChangedAfter(0, 10)
    expect(links.map(({ code, change }) => [code, change])).toEqual([
      ['one', 4],
      ['two', 6],
    ])
    expect(desk.ledger.listChanges(0, 10).map(({ change }) => change)).toEqual([1, 5])
    expect(desk.ledger.getLastChange()).toBe(6)
    expect(desk.ledger.listLinksChangedAfter(4, 10).map(({ code }) => code)).toEqual(['two'])
  })

  it('is stored, numbered and enqueued together or not at all', () => {
    const { database, ...desk } = openWithDatabase()
    expectOk(desk.putLink('tour', { url: ABOUT }))
    expectOk(desk.publish('a'))
    desk.emptyOutbox()
    for (const change of [
      () => desk.putLink('new', { url: ABOUT }),
      () => desk.putLink('tour', { url: SHOP }),
      () => desk.putLink('tour', { article: 'a' }),
      () => desk.removeLink('tour'),
      () => desk.importLink('old', { url: SHOP }),
    ]) {
      const before = readLedger(database)
      database.exec(
        "CREATE TEMP TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT raise(ABORT, 'disk full'); END",
      )
      expect(change).toThrow('disk full')
      database.exec('DROP TRIGGER full')
      expect(readLedger(database)).toBe(before)
    }
  })
})

describe('codes that differ only in case', () => {
  it('match in any case while there is only one of them, and only exactly when there are more', () => {
    const desk = openDesk()
    expectOk(desk.putLink('Tour', { url: ABOUT }))
    expect(resolveExact(desk, 'TOUR')).toMatchObject({ to: ABOUT })
    expect(expectOk(desk.putLink('toUR', { url: SHOP })).link).toMatchObject({ alike: ['Tour'] })
    expectOk(desk.publish('a', { code: 'TOUR' }))
    expect(findLink(desk.ledger, 'Tour')).toMatchObject({ alike: ['TOUR', 'toUR'] })
    expect(resolveExact(desk, 'Tour')).toMatchObject({ to: ABOUT })
    expect(resolveExact(desk, 'toUR')).toMatchObject({ to: SHOP })
    expect(resolveExact(desk, 'TOUR')).toMatchObject({ id: 'a' })
    expect(resolveExact(desk, 'tour')).toBeUndefined()
  })

  it.each(['__proto__', 'constructor', 'toString'])('may be %s', (code) => {
    const desk = openDesk()
    expectOk(desk.putLink(code, { url: ABOUT }))
    expect(resolveExact(desk, code)).toMatchObject({ to: ABOUT })
  })
})

describe('a further code of an article', () => {
  it.each<[string, { url: string } | { article: string }]>([
    ['its id', { article: 'a' }],
    ['the page that Dateline serves', { url: `${SITE}/articles/a` }],
    ['that page on the short host', { url: `${PUBLICATION.shortUrl}/articles/a` }],
    ['its canonical address', { url: `${SITE}/2026/story?x=1#y` }],
  ])('is created by %s, and then follows the article', (_, to) => {
    const desk = openDesk()
    expectOk(desk.publish('a', { code: 'mheng', canonical: `${SITE}/2026/story?x=1#y` }))
    desk.emptyOutbox()
    const { link, created } = expectOk(desk.putLink('tour', to))
    expect(created).toBe(true)
    expect(link).toMatchObject({ code: 'tour', article: { id: 'a', code: 'mheng', revision: 1 } })
    expect(desk.listQueued()).toEqual(['link:tour'])
    expect(resolveExact(desk, 'tour')).toEqual({ to: `${SITE}/2026/story?x=1#y`, id: 'a' })
    desk.emptyOutbox()
    expectOk(desk.publish('a', { canonical: SHOP }))
    expect(desk.listQueued()).toContain('link:tour')
    expect(resolveExact(desk, 'tour')).toEqual({ to: SHOP, id: 'a' })
    expectOk(desk.withdraw('a'))
    expect(resolveExact(desk, 'tour')).toEqual({ gone: true, when: START })
    expectOk(desk.withdraw('a', { legal: 'A court demands it' }))
    expect(resolveExact(desk, 'tour')).toEqual({
      gone: true,
      when: START,
      legal: 'A court demands it',
    })
    expectOk(desk.publish('a', { republish: true }))
    expect(resolveExact(desk, 'tour')).toEqual({ to: SHOP, id: 'a' })
  })

  it('changes nothing in the article, is logged once, and changes nothing when it is repeated', () => {
    const desk = openDesk()
    const { article } = expectOk(desk.publish('a', { code: 'mheng' }))
    expectOk(desk.putLink('tour', { article: 'a' }))
    expect(desk.ledger.findArticle('a')).toEqual(article)
    expect(desk.ledger.listChanges(0, 5).map(({ action }) => action)).toEqual(['create', 'alias'])
    desk.emptyOutbox()
    for (const code of ['tour', 'mheng'])
      for (const to of [{ article: 'a' }, { url: `${SITE}/articles/a` }])
        expect(expectOk(desk.putLink(code, to))).toMatchObject({ created: false, changed: false })
    expect(desk.listQueued()).toEqual([])
    expect(expectOk(desk.publish('a', { code: 'mheng' })).changed).toBe(false)
  })

  it('is not a change of the article in deltas', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    expectOk(desk.publish('b'))
    expectOk(desk.publish('a', { title: 'Another' }))
    const before = desk.ledger.getLastChanges(['a', 'b', 'c'])
    expectOk(desk.putLink('tour', { article: 'a' }))
    expect([...before]).toEqual([
      ['a', 3],
      ['b', 2],
      ['c', 0],
    ])
    expect(desk.ledger.getLastChanges(['a', 'b', 'c'])).toEqual(before)
  })

  it('can become the primary code', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { code: 'mheng' }))
    expectOk(desk.putLink('tour', { article: 'a' }))
    expect(expectOk(desk.publish('a', { code: 'tour' })).article.code).toBe('tour')
    expect(resolveExact(desk, 'mheng')).toMatchObject({ id: 'a' })
  })

  it('is unknown to readers until the embargo of the article ends', () => {
    const desk = openDesk()
    expectOk(desk.publish('soon', { code: 'mheng', published: START + 50, canonical: SHOP }))
    desk.emptyOutbox()
    expect(expectOk(desk.putLink('tour', { url: SHOP })).link).toMatchObject({
      article: { id: 'soon', state: 'embargoed' },
    })
    expect(resolveExact(desk, 'tour')).toBeUndefined()
    expect(resolveExact(desk, 'tour')).toEqual(resolveExact(desk, 'never'))
    expect(lookUpUnknown(desk.ledger, 'tour', START * 1000)).toEqual([])
    desk.clock.now += 50
    desk.emptyOutbox()
    expect(desk.release()).toBe(1)
    expect(desk.listQueued()).toContain('link:tour')
    expect(resolveExact(desk, 'tour')).toEqual({ to: SHOP, id: 'soon' })
    // The code was requested while it was unknown, but exists now.
    expect(desk.ledger.listUnknownCodes(5)).toEqual([])
  })

  it('replaces a link to a page, which is deleted', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    expectOk(desk.putLink('tour', { url: ABOUT, title: 'About', expires: START + 10 }))
    const { link, created } = expectOk(desk.putLink('tour', { article: 'a' }))
    expect(created).toBe(false)
    expect(link).toMatchObject({ article: { id: 'a' } })
    expect(desk.ledger.listCodesByFolded('tour')).toEqual([{ code: 'tour', article: 'a' }])
    expect(desk.ledger.listLinks('', 10)).toEqual([])
    desk.clock.now += 100
    expect(resolveExact(desk, 'tour')).toEqual({ to: `${SITE}/articles/a`, id: 'a' })
  })

  it('is refused for an article that does not exist', () => {
    const desk = openDesk()
    expectOk(desk.publish('gone', { canonical: SHOP }))
    expectOk(desk.withdraw('gone'))
    for (const to of [{ article: 'nobody' }, { url: `${SITE}/articles/nobody` }])
      expect(expectFailure(desk.putLink('tour', to))).toMatchObject({ reason: 'invalid' })
    // The article was withdrawn, so its canonical address counts as an ordinary page.
    expect(expectOk(desk.putLink('shop', { url: SHOP })).link).toMatchObject({
      page: { url: SHOP },
    })
  })

  it('never expires', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    const url = `${SITE}/articles/a`
    expect(expectFailure(desk.putLink('tour', { url, expires: START + 10 }))).toMatchObject({
      reason: 'invalid',
      faults: [{ pointer: '/expires' }],
    })
  })
})

describe('a code of an article', () => {
  it('is never redirected, removed, or replaced by a link', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { code: 'first' }))
    expectOk(desk.publish('a', { code: 'mheng' }))
    expectOk(desk.publish('b', { code: 'other' }))
    expectOk(desk.publish('soon', { code: 'soon', published: START + 500 }))
    for (const code of ['first', 'mheng', 'soon'])
      for (const to of [{ url: ABOUT }, { article: 'b' }])
        for (const attempt of [desk.putLink, desk.importLink])
          expect(expectFailure(attempt(code, { ...to, republish: true }))).toMatchObject({
            reason: 'link-taken',
            code,
            owner: { article: code === 'soon' ? 'soon' : 'a' },
          })
    expect(expectFailure(desk.removeLink('mheng'))).toMatchObject({ reason: 'link-taken' })
    expect(expectFailure(desk.removeLink('mheng', 'legal'))).toMatchObject({ reason: 'link-taken' })
    expectOk(desk.withdraw('a'))
    expect(expectFailure(desk.putLink('mheng', { url: ABOUT }))).toMatchObject({
      reason: 'link-taken',
    })
    expect(resolveExact(desk, 'mheng')).toMatchObject({ gone: true })
  })

  it('cannot be the code of a link, not even of a removed one', () => {
    const desk = openDesk()
    expectOk(desk.putLink('tour', { url: ABOUT }))
    expect(expectFailure(desk.publish('a', { code: 'tour' }))).toEqual({
      reason: 'code-taken',
      id: 'a',
      code: 'tour',
    })
    expectOk(desk.removeLink('tour'))
    expect(expectFailure(desk.publish('a', { code: 'tour' }))).toMatchObject({
      reason: 'code-taken',
    })
    expect(expectOk(desk.publish('a', { code: 'TOUR' })).created).toBe(true)
  })

  it('is not minted if a link has it, even a removed one', () => {
    const sequences = [1, 1, 1, 2, 3]
    const nextBytes = (count: number) => new Uint8Array(count).fill(sequences.shift() ?? 4)
    const desk = openDesk(openMemoryLedger(), nextBytes)
    expectOk(desk.putLink('33333', { url: ABOUT }))
    expectOk(desk.putLink('44444', { url: ABOUT }))
    expectOk(desk.removeLink('44444'))
    expect(expectOk(desk.publish('a')).article.code).toBe('55555')
  })

  it('is protected by the ledger, and so is the code of a link', () => {
    const { database, ...desk } = openWithDatabase()
    expectOk(desk.publish('a', { code: 'mheng' }))
    const page = { code: 'mheng', url: ABOUT, created: 1, updated: 1, revision: 1, change: 1 }
    desk.ledger.saveLink(page)
    desk.ledger.deleteLink('mheng')
    desk.ledger.saveCode('mheng', 'b')
    expect(desk.ledger.listCodesByFolded('mheng')).toEqual([{ code: 'mheng', article: 'a' }])
    desk.ledger.saveLink({ ...page, code: 'tour' })
    desk.ledger.saveCode('tour', 'a')
    expect(desk.ledger.listCodesByFolded('tour')).toMatchObject([{ url: ABOUT }])
    const setBothColumns = "UPDATE code SET article = 'a' WHERE code = 'tour'"
    expect(() => database.exec(setBothColumns)).toThrow('CHECK constraint failed')
    const insertUnfolded = "INSERT INTO code (folded, code, article) VALUES ('Mheng', 'mheng', 'b')"
    expect(() => database.exec(insertUnfolded)).toThrow('CHECK constraint failed')
  })
})

describe('a removed link', () => {
  it('has the time of its removal, and does not change when it is removed again', () => {
    const desk = openDesk()
    expectOk(desk.putLink('tour', { url: ABOUT, title: 'About' }))
    desk.emptyOutbox()
    desk.clock.now += 10
    const { link, changed, created } = expectOk(desk.removeLink('tour'))
    expect({ changed, created }).toEqual({ changed: true, created: false })
    expect(link).toMatchObject({
      page: { url: ABOUT, title: 'About', removed: { when: START + 10 }, revision: 2 },
    })
    expect(desk.listQueued()).toEqual(['link:tour'])
    expect(resolveExact(desk, 'tour')).toEqual({ gone: true, page: true, when: START + 10 })
    desk.emptyOutbox()
    desk.clock.now += 10
    expect(expectOk(desk.removeLink('tour'))).toEqual({ link, created: false, changed: false })
    expect(desk.listQueued()).toEqual([])
  })

  it('may get a legal demand later, and its time does not change', () => {
    const desk = openDesk()
    expectOk(desk.putLink('tour', { url: ABOUT }))
    expectOk(desk.removeLink('tour'))
    desk.clock.now += 10
    expect(expectOk(desk.removeLink('tour', 'A court demands it')).changed).toBe(true)
    const expectedRemoved = {
      gone: true,
      page: true,
      when: START,
      legal: 'A court demands it',
    }
    expect(resolveExact(desk, 'tour')).toEqual(expectedRemoved)
    expect(expectOk(desk.removeLink('tour', 'A court demands it')).changed).toBe(false)
    expect(expectOk(desk.removeLink('tour')).changed).toBe(false)
    expect(resolveExact(desk, 'tour')).toEqual(expectedRemoved)
  })

  it('can be restored only with republish and its old address', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    expectOk(desk.putLink('tour', { url: ABOUT, title: 'About' }))
    expectOk(desk.removeLink('tour', 'A court demands it'))
    for (const to of [
      { url: ABOUT },
      { url: SHOP },
      { url: SHOP, republish: true },
      { article: 'a' },
      { article: 'a', republish: true },
    ])
      expect(expectFailure(desk.putLink('tour', to))).toEqual({
        reason: 'link-removed',
        action: 'change',
        code: 'tour',
      })
    expect(expectFailure(desk.importLink('tour', { url: ABOUT }))).toMatchObject({
      reason: 'link-removed',
    })
    desk.clock.now += 10
    const { link, created } = expectOk(desk.putLink('tour', { url: ABOUT, republish: true }))
    expect(created).toBe(false)
    expect(link).toMatchObject({ page: { created: START, updated: START + 10, revision: 3 } })
    expect(resolveExact(desk, 'tour')).toEqual({ to: ABOUT, made: START })
    expect(expectOk(desk.putLink('tour', { url: SHOP })).changed).toBe(true)
  })

  it('must exist: an unknown link cannot be removed', () => {
    expect(expectFailure(openDesk().removeLink('tour'))).toEqual({
      reason: 'unknown-link',
      action: 'remove',
      code: 'tour',
    })
  })
})

describe('a reserved or rude code', () => {
  it.each(['api', 'FEED', 'robots'])(
    'is refused, even in an import, because the site needs it: %s',
    (code) => {
      const desk = openDesk()
      expectOk(desk.publish('a'))
      for (const to of [{ url: ABOUT }, { article: 'a' }])
        for (const attempt of [desk.putLink, desk.importLink])
          expect(expectFailure(attempt(code, to))).toMatchObject({
            reason: 'invalid',
            faults: [{ pointer: '/code' }],
          })
      expect(findLink(desk.ledger, code)).toBeUndefined()
    },
  )

  it('can be changed and removed if it was a link before it was reserved', () => {
    const desk = openDesk()
    const page = { code: 'search', url: ABOUT, created: 1, updated: 1, revision: 1, change: 1 }
    desk.ledger.saveLink(page)
    expect(expectOk(desk.putLink('search', { url: SHOP })).changed).toBe(true)
    expect(expectOk(desk.importLink('search', { url: SHOP })).changed).toBe(false)
    expect(resolveExact(desk, 'search')).toMatchObject({ to: SHOP })
    expect(expectOk(desk.removeLink('search')).changed).toBe(true)
  })

  it('is refused if it is rude, unless it is imported', () => {
    const desk = openDesk()
    expect(expectFailure(desk.putLink('sh1t-shit', { url: ABOUT }))).toMatchObject({
      reason: 'invalid',
      faults: [{ detail: 'code is a rude word', pointer: '/code' }],
    })
    expectOk(desk.importLink('sh1t-shit', { url: ABOUT }))
    expect(expectOk(desk.putLink('sh1t-shit', { url: SHOP })).changed).toBe(true)
  })
})

describe('preconditions', () => {
  const buildAttempts = (desk: TestDesk) => [
    (conditions: object) => desk.putLink('tour', { url: SHOP }, conditions),
    (conditions: object) => desk.removeLink('tour', undefined, conditions),
  ]

  it('compare with the revision of the link, or with that of the article for its codes', () => {
    const desk = openDesk()
    expectOk(desk.putLink('tour', { url: ABOUT }))
    for (const attempt of buildAttempts(desk)) {
      for (const conditions of [{ ifMatch: '"7"' }, { ifNoneMatch: '*' }, { ifNoneMatch: '"1"' }])
        expect(expectFailure(attempt(conditions))).toMatchObject({
          reason: 'precondition-failed',
          id: 'tour',
        })
    }
    expect(expectOk(desk.putLink('tour', { url: SHOP }, { ifMatch: '"1"' })).changed).toBe(true)
    expect(expectOk(desk.removeLink('tour', undefined, { ifMatch: '"2"' })).changed).toBe(true)
    expectOk(desk.publish('a', { code: 'mheng' }))
    expectOk(desk.publish('a', { title: 'Another' }))
    const same = (conditions: object) => desk.putLink('mheng', { article: 'a' }, conditions)
    expect(expectFailure(same({ ifMatch: '"1"' }))).toMatchObject({ reason: 'precondition-failed' })
    expect(expectOk(same({ ifMatch: '"2"' })).changed).toBe(false)
  })

  it('never match an unknown code, but If-None-Match: * permits creating it', () => {
    const desk = openDesk()
    for (const attempt of buildAttempts(desk))
      expect(expectFailure(attempt({ ifMatch: '*' }))).toMatchObject({
        reason: 'precondition-failed',
      })
    expect(expectOk(desk.putLink('tour', { url: SHOP }, { ifNoneMatch: '*' })).created).toBe(true)
  })
})

describe('an imported link', () => {
  it('has its own creation time, and is enqueued as backlog if it is one of many', () => {
    const desk = openDesk()
    const moment = {
      now: START * 1000,
      randomBytes: (count: number) => new Uint8Array(count),
      bulk: { feedDelayMs: 1 },
    }
    const draft = buildLinkDraft('AbC', { url: ABOUT, title: 'About', created: 1000 })
    expectOk(importLink(desk.ledger, PUBLICATION, draft, moment, false))
    expect(desk.ledger.findNextDue(PRIORITY.news, 0)).toBeUndefined()
    expect(desk.ledger.findNextDue(PRIORITY.backlog, 0)).toBe(START * 1000)
    expect(resolveExact(desk, 'abc')).toEqual({ to: ABOUT, title: 'About', made: 1000 })
  })

  it('is unchanged if the code already has its destination, and collides if the code has another', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { code: 'mheng' }))
    expectOk(desk.putLink('tour', { url: ABOUT, title: 'About' }))
    desk.emptyOutbox()
    const same = expectOk(desk.importLink('tour', { url: ABOUT, title: 'Else', created: 1 }))
    expect(same).toMatchObject({ changed: false, link: { page: { title: 'About' } } })
    expect(expectOk(desk.importLink('mheng', { article: 'a' })).changed).toBe(false)
    expect(expectOk(desk.importLink('mheng', { url: `${SITE}/articles/a` })).changed).toBe(false)
    const action = 'import'
    for (const to of [{ url: SHOP }, { article: 'a' }])
      expect(expectFailure(desk.importLink('tour', to))).toEqual({
        ...{ reason: 'link-taken', action, code: 'tour', owner: { url: ABOUT } },
      })
    expect(expectFailure(desk.importLink('mheng', { url: SHOP }))).toEqual({
      ...{ reason: 'link-taken', action, code: 'mheng', owner: { article: 'a' } },
    })
    expect(desk.listQueued()).toEqual([])
  })

  it('may have expired already', () => {
    const desk = openDesk()
    expectOk(desk.importLink('tour', { url: ABOUT, created: 100, expires: 200 }))
    expect(resolveExact(desk, 'tour')).toEqual({ to: ABOUT, made: 100, until: 200 })
  })

  it('is only validated in a dry run, and nothing changes', () => {
    const { database, ...desk } = openWithDatabase()
    expectOk(desk.publish('a', { code: 'mheng' }))
    expectOk(desk.putLink('tour', { url: ABOUT }))
    expectOk(desk.putLink('was', { url: ABOUT }))
    expectOk(desk.removeLink('was'))
    lookUpUnknown(desk.ledger, 'new', START * 1000)
    const attempts = [
      ['new', { url: SHOP, title: 'Shop', created: 7 }],
      ['new', { article: 'a' }],
      ['new', { url: `${SITE}/articles/a` }],
      ['MHENG', { url: SHOP }],
      ['mheng', { url: SHOP }],
      ['mheng', { article: 'a' }],
      ['tour', { url: SHOP }],
      ['tour', { url: ABOUT }],
      ['was', { url: ABOUT }],
      ['api', { url: ABOUT }],
      ['new', { article: 'nobody' }],
    ] as const
    const before = readLedger(database)
    const results = attempts.map(([code, to]) => desk.importLink(code, to, true))
    expect(readLedger(database)).toBe(before)
    expect(
      results.map((each) =>
        each.ok ? [each.value.created, each.value.changed] : each.failure.reason,
      ),
    ).toEqual([
      ...[
        [true, true],
        [true, true],
        [true, true],
        [true, true],
      ],
      ...['link-taken', [false, false], 'link-taken', [false, false], 'link-removed'],
      ...['invalid', 'invalid'],
    ])
    expect(results[0]).toMatchObject({
      value: { link: { code: 'new', alike: [], page: { url: SHOP, title: 'Shop', created: 7 } } },
    })
    expect(results[1]).toMatchObject({ value: { link: { article: { id: 'a' } } } })
    // With two such codes, each redirects only in its exact spelling.
    expect(results[3]).toMatchObject({ value: { link: { alike: ['mheng'] } } })
    const done = attempts.map(([code, to]) => desk.importLink(code, to))
    expect(done[0]).toMatchObject({ value: { created: true, changed: true } })
  })
})

describe('unknown codes that readers tried', () => {
  const formatDay = (index: number): string =>
    new Date(index * 86_400_000).toISOString().slice(0, 10)

  it('are counted regardless of case, with the last day, and listed most requested first', () => {
    const { ledger } = openDesk()
    const at = Date.parse('2026-03-01T10:00:00Z')
    for (const code of ['mhenf', 'MHENF', 'zzz', 'Mhenf', 'aaa']) lookUpUnknown(ledger, code, at)
    lookUpUnknown(ledger, 'zzz', at + 86_400_000)
    expect(ledger.listUnknownCodes(10)).toEqual([
      { code: 'mhenf', asked: 3, day: '2026-03-01' },
      { code: 'zzz', asked: 2, day: '2026-03-02' },
      { code: 'aaa', asked: 1, day: '2026-03-01' },
    ])
    expect(ledger.listUnknownCodes(1)).toHaveLength(1)
  })

  it('do not include other cases of existing codes', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { code: 'OldA' }))
    expectOk(desk.publish('b', { code: 'olda' }))
    const record = getRecord(desk, 'olda')
    expect(lookUpCode(desk.ledger, 'OldA', record, START)).toEqual({ record, similarCodes: [] })
    const similarCodes = [{ code: 'OldA' }, { code: 'olda' }]
    expect(lookUpCode(desk.ledger, 'OLDA', record, START)).toMatchObject({ record, similarCodes })
    expect(desk.ledger.listUnknownCodes(10)).toEqual([])
  })

  it('are at most a thousand: the one that was requested least and longest ago is evicted', () => {
    const { ledger } = openDesk()
    const now = 86_400_000
    ledger.transaction(() => {
      for (let index = 0; index < 1000; index += 1) lookUpUnknown(ledger, `code-${index}`, now)
      for (let index = 0; index < 1000; index += 1)
        if (index !== 7) lookUpUnknown(ledger, `code-${index}`, now)
      lookUpUnknown(ledger, 'code-7', now)
      lookUpUnknown(ledger, 'code-7', now)
    })
    lookUpUnknown(ledger, 'first', now)
    expect(ledger.listUnknownCodes(2000)).toHaveLength(1000)
    expect(ledger.listUnknownCodes(1)).toMatchObject([{ code: 'code-7', asked: 3 }])
    // If several codes were requested equally often and last on the same day, the first one in the
    // alphabet is evicted.
    expect(ledger.listUnknownCodes(2000).map(({ code }) => code)).not.toContain('code-0')
    lookUpUnknown(ledger, 'second', now)
    const stored = ledger.listUnknownCodes(2000).map(({ code }) => code)
    expect(stored).toHaveLength(1000)
    expect(stored).toContain('second')
    expect(stored).not.toContain('first')
  })

  it('are deleted after 90 days', () => {
    const { ledger } = openDesk()
    ledger.countUnknownCode('old', formatDay(10), formatDay(0), 1000)
    lookUpUnknown(ledger, 'new', 100 * 86_400_000)
    expect(ledger.listUnknownCodes(5).map(({ code }) => code)).toEqual(['new', 'old'])
    lookUpUnknown(ledger, 'new', 101 * 86_400_000)
    expect(ledger.listUnknownCodes(5).map(({ code }) => code)).toEqual(['new'])
  })

  it('are deleted when they become codes of an article or a page', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    for (const code of ['One', 'two', 'three', 'four', 'five'])
      lookUpUnknown(desk.ledger, code, START * 1000)
    expectOk(desk.publish('b', { code: 'one' }))
    expectOk(desk.putLink('Two', { url: ABOUT }))
    expectOk(desk.putLink('three', { article: 'a' }))
    expectOk(desk.importLink('four', { url: ABOUT }))
    expect(desk.ledger.listUnknownCodes(5).map(({ code }) => code)).toEqual(['five'])
  })
})

describe('suggested codes', () => {
  const listSimilar = (desk: TestDesk, code: string): string[] =>
    findSimilarCodes(desk.ledger, code).map((row) => row.code)

  it('have only the id, title and language of their article', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { code: 'Mheng', title: 'A "story"', language: 'ar' }))
    expect(lookUpUnknown(desk.ledger, 'mhemg', START * 1000)).toEqual([
      { code: 'Mheng', id: 'a', title: 'A "story"', language: 'ar' },
    ])
  })

  it('are codes of public articles only', () => {
    const desk = openDesk()
    expectOk(desk.publish('soon', { code: 'mhen2', published: START + 10 }))
    expectOk(desk.publish('gone', { code: 'mhen3' }))
    expectOk(desk.withdraw('gone'))
    expectOk(desk.publish('law', { code: 'mhen4' }))
    expectOk(desk.withdraw('law', { legal: 'A court' }))
    expectOk(desk.putLink('mhen5', { url: ABOUT }))
    expect(listSimilar(desk, 'mheng')).toEqual([])
    desk.clock.now += 10
    desk.release()
    expectOk(desk.publish('gone', { republish: true }))
    expect(listSimilar(desk, 'mheng').sort()).toEqual(['mhen2', 'mhen3'])
  })

  it('are indexed for public articles only, so response times do not reveal embargoed ones (L-08)', () => {
    const { database, ...desk } = openWithDatabase()
    const readStored = (): unknown[] =>
      database.prepare('SELECT DISTINCT folded FROM omission ORDER BY 1').all()
    expectOk(desk.publish('soon', { code: 'first', published: START + 10 }))
    expectOk(desk.publish('soon', { code: 'Second', published: START + 10 }))
    expectOk(desk.putLink('third', { article: 'soon' }))
    expect(readStored()).toEqual([])
    desk.clock.now += 10
    desk.release()
    expect(readStored()).toMatchObject([
      { folded: 'first' },
      { folded: 'second' },
      { folded: 'third' },
    ])
    expectOk(desk.publish('soon', { code: 'fourth' }))
    expectOk(desk.putLink('fifth', { article: 'soon' }))
    expect(readStored()).toHaveLength(5)
    expect(listSimilar(desk, 'firts')).toEqual(['first'])
  })

  it('begin with codes that differ only in case, followed by the most similar ones of at most three articles', () => {
    const desk = openDesk()
    for (const code of ['mhengs', 'mhemg', 'MHENO', 'mHeno', 'mhen0', 'mhene', 'mhen'])
      expectOk(
        desk.publish(`a-${code.toLowerCase()}-${code.length}${code[0] === 'M' ? 1 : 2}`, { code }),
      )
    expect(listSimilar(desk, 'mheno')).toHaveLength(3)
    expect(listSimilar(desk, 'mheno').slice(0, 2).sort()).toEqual(['MHENO', 'mHeno'])
    expect(listSimilar(desk, 'mheno')[2]).toBe('mhen0')
  })

  it('name each article once, by its most similar code', () => {
    const desk = openDesk()
    for (const code of ['mhenf', 'mhengs', 'mhen', 'mhneg']) expectOk(desk.publish('a', { code }))
    expectOk(desk.publish('b', { code: 'mhengx' }))
    expect(listSimilar(desk, 'mheng')).toEqual(['mhneg', 'mhengx'])
  })

  it('are found for long codes too, but beyond 25 characters a missing character is not recognised', () => {
    const desk = openDesk()
    const word = 'the-whole-story-of-a-port'
    expect(word).toHaveLength(25)
    expectOk(desk.publish('a', { code: word }))
    expectOk(desk.publish('b', { code: `${word}-and-a-ship` }))
    expect(listSimilar(desk, word.slice(0, -1))).toEqual([word])
    expect(listSimilar(desk, word.replace('port', 'prot'))).toEqual([word])
    expect(listSimilar(desk, `${word}-and-a-shi`)).toEqual([])
    expect(listSimilar(desk, `${word}-and-a-hsip`)).toEqual([`${word}-and-a-ship`])
  })

  it('do not exist for the empty code', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { code: 'a' }))
    expect(listSimilar(desk, '')).toEqual([])
    expect(listSimilar(desk, 'b')).toEqual(['a'])
  })
})

describe('many links in one request', () => {
  const bulk = { now: START * 1000, randomBytes: countingBytes(), bulk: { feedDelayMs: 1000 } }
  const importOne = ({ ledger }: TestDesk, code: string) =>
    expectOk(importLink(ledger, PUBLICATION, buildLinkDraft(code, { url: ABOUT }), bulk, false))
  const listNews = ({ ledger }: TestDesk) =>
    ledger.listDueRows(START * 1000, 9, new Set(), false).map(({ target }) => target)

  it('have a lower priority than news, except codes that would otherwise redirect to another story', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { code: 'AbC' }))
    desk.emptyOutbox()
    importOne(desk, 'other')
    expect(listNews(desk)).toEqual([])
    importOne(desk, 'abc')
    expect(listNews(desk)).toEqual(['link:abc'])
  })

  it('cost the same for the last link as for the first, even if all redirect to one article', () => {
    const database = new DatabaseSync(':memory:')
    let statements = 0
    const sql = asSql(database)
    const countingSql: Sql = {
      exec: (query, ...bindings) => {
        statements += 1
        return sql.exec(query, ...bindings)
      },
    }
    const ledger = createLedger(countingSql, createTransaction(database))
    ledger.migrate()
    const desk = openDesk(ledger)
    expectOk(desk.publish('a', { code: 'story' }))
    const costs = Array.from({ length: 50 }, (_, n) => {
      statements = 0
      expectOk(desk.importLink(`more-${n}`, { article: 'a' }))
      return statements
    })
    expect(costs.at(-1)).toBe(costs[0])
  })
})

describe('feeds', () => {
  it('do not change for links and further codes', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    const rss = FORMATS[0] ?? expect.fail()
    const target = feedTarget(ALL_CHANNEL, rss)
    renderTarget(desk.ledger, PUBLICATION, target, START * 1000, true)
    desk.emptyOutbox()
    expectOk(desk.putLink('tour', { article: 'a' }))
    expectOk(desk.putLink('shop', { url: SHOP }))
    expectOk(desk.removeLink('shop'))
    expect(desk.listQueued()).toEqual(['link:shop', 'link:tour'])
  })
})

describe('the links that a change returns', () => {
  it('are omitted if they cannot be read any more, because the change is durable already', () => {
    const desk = openDesk()
    const outcome = expectOk(desk.publish('a', { code: 'Mheng' }))
    const now = desk.clock.now * 1000
    expect(getAffectedLinks(desk.ledger, PUBLICATION, outcome, now)).toMatchObject([
      { folded: 'mheng', record: { codes: { Mheng: { id: 'a' } } } },
    ])
    for (const statement of ['listFoldedCodesOfArticle', 'listPublishedCodes'] as const) {
      const damaged = {
        ...desk.ledger,
        [statement]: () => {
          throw new Error('database disk image is malformed: SQLITE_CORRUPT')
        },
      }
      expect(getAffectedLinks(damaged, PUBLICATION, outcome, now)).toEqual([{ folded: 'mheng' }])
    }
  })
})
