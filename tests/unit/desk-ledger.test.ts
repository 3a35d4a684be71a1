/**
 * Checks the ledger with the SQLite of Node: migrations, positions, subscription documents, lists,
 * outbox, and query plans.
 */
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import {
  ARCHIVE_PAGE_LENGTH,
  createLedger,
  type Ledger,
  PRIORITY,
  type Sql,
} from '../../src/desk/ledger/ledger.ts'
import { MIGRATIONS, migrate } from '../../src/desk/ledger/migrations.ts'
import { findSimilarCodes, lookUpCode } from '../../src/desk/linking.ts'
import { advanceSweep, beginSweep } from '../../src/desk/sweep.ts'
import type { Channel } from '../../src/model/channel.ts'
import { digest } from '../../src/text/digest.ts'
import {
  FEED_DIRECTORY_TARGET,
  NEWS_SITEMAP_TARGET,
  SITEMAP_INDEX_TARGET,
  SUBSCRIPTION_LIST_TARGET,
  sitemapTarget,
} from '../../src/wire/targets.ts'
import { expectOk, openDesk, PUBLICATION, START, type TestDesk } from '../support/drafts.ts'
import { asSql, createTransaction, undoMigrations } from '../support/sqlite.ts'

/** Passed where texts need no limit. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER
const X: Channel = { kind: 'tag', slug: 'x' }

/**
 * Digests of the shipped migrations. A new migration adds a line. Do not change a line: every
 * existing ledger would refuse to open, because its migrations would differ.
 */
const SHIPPED: Readonly<Record<number, string>> = {
  1: '7uxS4URvC3419Flno1PUPM',
  2: '94wsUvM5kwQgJRg9dSQryQ',
  3: 'PblQ_dYi1rv6gIXqp8B4Jd',
  4: '8ka6VMrUSEYvC06B72ukbS',
  5: 'bxUvt_uY0XE1_dqAU3ptIA',
  6: 'lgb2YI2O5LkrFEAljrnXij',
}

function open(database: DatabaseSync): Ledger {
  const ledger = createLedger(asSql(database), createTransaction(database))
  ledger.migrate()
  return ledger
}

describe('migrations', () => {
  it('have not been edited since they were shipped', () => {
    expect(Object.fromEntries(MIGRATIONS.map(({ id, sql }) => [id, digest(sql)]))).toEqual(SHIPPED)
    expect(MIGRATIONS.map(({ id }) => id)).toEqual(MIGRATIONS.map((_, index) => index + 1))
  })

  it('are applied once: a second start changes nothing', () => {
    const database = new DatabaseSync(':memory:')
    open(database).setSetting('title', 'stored')
    const readSchema = (): unknown => database.prepare('SELECT * FROM sqlite_schema').all()
    const before = readSchema()
    expect(open(database).findSetting('title')).toBe('stored')
    expect(readSchema()).toEqual(before)
    expect(database.prepare('SELECT count(*) AS n FROM migration').get()).toEqual({
      n: MIGRATIONS.length,
    })
  })

  it('reject a ledger whose history was edited', () => {
    const database = new DatabaseSync(':memory:')
    open(database)
    database.exec("UPDATE migration SET sql = sql || ' '")
    expect(() => open(database)).toThrow('migration 1 is not the one that was applied')
  })

  it('reject a ledger that is newer than the program', () => {
    const database = new DatabaseSync(':memory:')
    open(database)
    database.exec("INSERT INTO migration (id, sql) VALUES (99, 'SELECT 1')")
    expect(() => open(database)).toThrow('migration 99 is not the one that was applied')
  })

  it('that are new are applied to an existing ledger, and the old ones are not repeated', () => {
    const database = new DatabaseSync(':memory:')
    open(database).setSetting('title', 'stored')
    const sql = 'CREATE TABLE later (id TEXT)'
    const next = [...MIGRATIONS, { id: MIGRATIONS.length + 1, sql }]
    migrate(asSql(database), createTransaction(database), next)
    migrate(asSql(database), createTransaction(database), next)
    expect(database.prepare('SELECT count(*) AS n FROM later').get()).toEqual({ n: 0 })
    expect(() => open(database)).toThrow('is not the one that was applied')
  })

  it('turn the codes of an older ledger into the rows that the desk would have stored', () => {
    const database = new DatabaseSync(':memory:')
    const desk = openDesk(open(database))
    const long = ['x'.repeat(24), 'y'.repeat(25), 'z'.repeat(26)]
    for (const code of ['Mheng', 'mhenG', 'a', 'aab', ...long])
      expectOk(desk.publish('a', { code }))
    expectOk(desk.withdraw('a'))
    expectOk(desk.publish('soon', { code: 'soon', published: START + 10 }))
    const readRows = (table: string): unknown[] => database.prepare(`SELECT * FROM ${table}`).all()
    const [codes, omissions] = [readRows('code'), readRows('omission')]
    expect(codes).toHaveLength(7 + 1)
    expect(omissions).toHaveLength(6 + 2 + 3 + 2 + 2)
    undoMigrations(database, 6)
    desk.ledger.migrate()
    expect(readRows('code')).toEqual(codes)
    expect(readRows('omission')).toEqual(omissions)
    expectOk(desk.putLink('tour', { url: 'https://news.example/tour' }))
    expect(desk.ledger.findArticle('a')?.code).toBe('z'.repeat(26))
  })

  it('that fail are undone, so the ledger remains as it was', () => {
    const database = new DatabaseSync(':memory:')
    open(database)
    const broken = { id: 2, sql: 'CREATE TABLE half (id TEXT); CREATE TABLE article (id TEXT);' }
    expect(() =>
      migrate(asSql(database), createTransaction(database), [...MIGRATIONS, broken]),
    ).toThrow()
    expect(() => database.prepare('SELECT * FROM half')).toThrow()
    expect(open(database).findArticle('a')).toBeUndefined()
  })
})

describe('positions', () => {
  const listPositions = (database: DatabaseSync): unknown[] =>
    database
      .prepare(
        "SELECT position, article, left_at IS NOT NULL AS hole FROM membership WHERE channel = 'tags/x' ORDER BY position",
      )
      .all()
      .map((row) => ({ ...row }))

  it('are appended when an article joins, become holes when it leaves, and are new when it rejoins', () => {
    const database = new DatabaseSync(':memory:')
    const desk = openDesk(open(database))
    for (const id of ['a', 'b', 'c']) expectOk(desk.publish(id, { tags: ['x'] }))
    expectOk(desk.publish('b', { tags: [] }))
    expectOk(desk.publish('d', { tags: ['x'] }))
    expectOk(desk.publish('b', { tags: ['x'] }))
    expectOk(desk.publish('b', { tags: ['x'], title: 'An edit does not move it' }))
    expectOk(desk.withdraw('a'))
    expectOk(desk.publish('a', { tags: ['x'], republish: true }))
    expect(listPositions(database)).toEqual([
      { position: 1, article: 'a', hole: 1 },
      { position: 2, article: 'b', hole: 1 },
      { position: 3, article: 'c', hole: 0 },
      { position: 4, article: 'd', hole: 0 },
      { position: 5, article: 'b', hole: 0 },
      { position: 6, article: 'a', hole: 0 },
    ])
  })

  it('are assigned in the order of joining, whatever the dates', () => {
    const database = new DatabaseSync(':memory:')
    const desk = openDesk(open(database))
    expectOk(desk.publish('new', { tags: ['x'], published: START - 10 }))
    expectOk(desk.publish('old', { tags: ['x'], published: START - 9999 }))
    expect(listPositions(database)).toMatchObject([{ article: 'new' }, { article: 'old' }])
  })

  it('are counted separately in each channel of an article', () => {
    const database = new DatabaseSync(':memory:')
    const desk = openDesk(open(database))
    expectOk(desk.publish('a', { tags: ['y'] }))
    expectOk(desk.publish('b', { tags: ['x', 'y'] }))
    const found = database
      .prepare("SELECT channel, position FROM membership WHERE article = 'b' ORDER BY channel")
      .all()
      .map((row) => ({ ...row }))
    expect(found).toEqual([
      { channel: 'all', position: 2 },
      { channel: 'languages/en', position: 2 },
      { channel: 'tags/x', position: 1 },
      { channel: 'tags/y', position: 2 },
    ])
  })

  it('are in the same channel if the names have one slug, and its title is the first of the names', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { tags: ['Space Flight'] }))
    expectOk(desk.publish('b', { tags: ['SPACE flight'] }))
    expect(desk.ledger.findChannelTitle({ kind: 'tag', slug: 'space-flight' })).toBe('Space Flight')
  })
})

describe('members', () => {
  it('are counted in their channel when they join, leave, are withdrawn and are republished', () => {
    const database = new DatabaseSync(':memory:')
    const desk = openDesk(open(database))
    const readCounts = (): unknown =>
      database
        .prepare(
          `SELECT key, members, (SELECT count(*) FROM membership
             WHERE membership.channel = key AND left_at IS NULL) AS found FROM channel ORDER BY key`,
        )
        .all()
        .map((row) => ({ ...row }))
    for (const id of ['a', 'b', 'c']) expectOk(desk.publish(id, { tags: ['x'] }))
    expectOk(desk.publish('b', { tags: ['y'] }))
    expectOk(desk.withdraw('a'))
    expectOk(desk.withdraw('c'))
    expectOk(desk.publish('c', { tags: ['x'], republish: true }))
    expect(readCounts()).toEqual([
      { key: 'all', members: 2, found: 2 },
      { key: 'languages/en', members: 2, found: 2 },
      { key: 'tags/x', members: 1, found: 1 },
      { key: 'tags/y', members: 1, found: 1 },
    ])
    database.exec('UPDATE channel SET members = 77')
    desk.ledger.recountMembers()
    expect(readCounts()).toMatchObject([
      { members: 2 },
      { members: 2 },
      { members: 1 },
      { members: 1 },
    ])
  })
})

describe('a document whose content expires', () => {
  it('is returned once after its expiry, earliest first, and not before', () => {
    const { ledger } = openDesk()
    const saveExpiring = (target: string, until: number): void =>
      ledger.saveDocument({ target, etag: 'e', modified: 1, fingerprint: 'f', until })
    saveExpiring('feed:/rss.xml', START + 20)
    saveExpiring('feed:/atom.xml', START + 10)
    ledger.saveDocument({ target: 'page:/', etag: 'e', modified: 1, fingerprint: 'f' })
    expect(ledger.findNextExpiry()).toBe(START + 10)
    expect(ledger.takeExpiredDocuments(START + 9, 10)).toEqual([])
    expect(ledger.takeExpiredDocuments(START + 10, 10)).toEqual(['feed:/atom.xml'])
    expect(ledger.takeExpiredDocuments(START + 10, 10)).toEqual([])
    expect(ledger.findNextExpiry()).toBe(START + 20)
    ledger.setExpiry('feed:/rss.xml', null)
    expect(ledger.findNextExpiry()).toBeUndefined()
  })
})

describe('the articles of a subscription document', () => {
  const listIds = (desk: TestDesk, length = 50): string[] =>
    desk.ledger.listSubscriptionArticles(X, length, NO_LIMIT).map(({ id }) => id)
  const name = (number: number): string => `a${String(number).padStart(4, '0')}`

  /** Publishes articles 1 to `count`, dated one second apart. */
  function openFilled(count: number): TestDesk {
    const desk = openDesk()
    for (let number = 1; number <= count; number += 1) {
      expectOk(desk.publish(name(number), { tags: ['x'], published: START - 10_000 + number }))
    }
    return desk
  }

  it.each([0, 1, 49, 50, 51, 99, 100, 149, 150])(
    'are the newest 50 of %i that were published in order',
    (count) => {
      const newest = Array.from({ length: Math.min(50, count) }, (_, index) => name(count - index))
      expect(listIds(openFilled(count))).toEqual(newest)
    },
  )

  it.each([1, 49, 50, 51, 99, 100, 149, 150])(
    'include back-dated ones of %i until their archive page is complete',
    (count) => {
      const desk = openDesk()
      // Later articles have older dates, so the first article is the newest.
      for (let number = 1; number <= count; number += 1)
        expectOk(desk.publish(name(number), { tags: ['x'], published: START - number }))
      const complete = count - (count % ARCHIVE_PAGE_LENGTH)
      const expected = Array.from({ length: count }, (_, index) => index + 1)
        .filter((number) => number <= 50 || number > complete)
        .map(name)
      expect(listIds(desk)).toEqual(expected)
    },
  )

  it('leave no gap: each member is one of them or on a complete archive page, at every count', () => {
    const desk = openDesk()
    for (let number = 1; number <= 160; number += 1) {
      expectOk(
        desk.publish(name(number), { tags: ['x'], published: START - ((number * 37) % 161) }),
      )
      const complete = number - (number % ARCHIVE_PAGE_LENGTH)
      const listedIds = new Set(listIds(desk))
      for (let member = complete + 1; member <= number; member += 1)
        expect(listedIds.has(name(member))).toBe(true)
      expect(listedIds.size).toBeGreaterThanOrEqual(Math.min(50, number))
    }
  })

  it('are the remaining members, because holes count as positions', () => {
    const desk = openFilled(60)
    for (let number = 1; number <= 20; number += 1) expectOk(desk.withdraw(name(number)))
    expect(listIds(desk)).toHaveLength(40)
    expectOk(desk.publish(name(1), { tags: ['x'], republish: true }))
    expect(listIds(desk).at(-1)).toBe(name(1))
  })

  it('are as many as requested', () => {
    expect(listIds(openFilled(150), 100)).toHaveLength(100)
  })

  it('are ordered by published, newest first, and then by id', () => {
    const desk = openDesk()
    for (const id of ['c', 'a', 'b'])
      expectOk(desk.publish(id, { tags: ['x'], published: START - 5 }))
    expectOk(desk.publish('z', { tags: ['x'], published: START - 1 }))
    expect(listIds(desk)).toEqual(['z', 'a', 'b', 'c'])
  })

  it('have their texts up to a limit, newest first, and empty texts beyond it', () => {
    const desk = openDesk()
    for (let number = 1; number <= 5; number += 1) {
      const html = 'x'.repeat(100)
      expectOk(desk.publish(name(number), { tags: ['x'], published: START - number, html }))
    }
    const listTextLengths = (limit: number): number[] =>
      desk.ledger.listSubscriptionArticles(X, 50, limit).map(({ story }) => story.html.length)
    expect(listTextLengths(500)).toEqual([100, 100, 100, 100, 100])
    expect(listTextLengths(299)).toEqual([100, 100, 0, 0, 0])
    expect(listTextLengths(0)).toEqual([0, 0, 0, 0, 0])
  })
})

describe('a list of articles', () => {
  it('has each article once if it is read by cursor, newest first, however many are published meanwhile', () => {
    const desk = openDesk()
    for (let index = 0; index < 30; index += 1)
      expectOk(desk.publish(`old${index}`, { published: START - (index % 7) }))
    const listedIds: string[] = []
    let after: { published: number; id: string } | undefined
    for (let page = 0; page < 20; page += 1) {
      const articles = desk.ledger.listArticles(after, 7)
      listedIds.push(...articles.map(({ id }) => id))
      const last = articles.at(-1)
      if (!last) break
      after = { published: last.published, id: last.id }
      expectOk(desk.publish(`new${page}`))
    }
    const oldIds = listedIds.filter((id) => id.startsWith('old'))
    expect(oldIds).toHaveLength(30)
    expect(new Set(listedIds).size).toBe(listedIds.length)
    const times = listedIds.map((id) => desk.ledger.findArticle(id)?.published ?? 0)
    expect(times).toEqual([...times].sort((a, b) => b - a))
  })

  it('includes embargoed and withdrawn articles, because only the newsroom can request it', () => {
    const desk = openDesk()
    expectOk(desk.publish('later', { published: START + 100 }))
    expectOk(desk.publish('gone'))
    expectOk(desk.withdraw('gone'))
    expect(desk.ledger.listArticles(undefined, 10).map(({ id, state }) => [id, state])).toEqual([
      ['later', 'embargoed'],
      ['gone', 'withdrawn'],
    ])
  })
})

describe('a stored article', () => {
  it('is read from the ledger as it was written', () => {
    const desk = openDesk()
    const { article } = expectOk(
      desk.publish('a', {
        title: 'العربية ‏"quoted"',
        summary: ['One', 'Two'],
        dateline: 'CAIRO',
        authors: [{ name: 'Desk', url: 'https://news.example/desk' }],
        section: 'World',
        tags: ['C++'],
        language: 'ar',
        image: { url: '/media/a.jpg', alt: 'A' },
        html: "<p>It's</p>",
        source: { form: 'html', text: "<p>It's" },
        canonical: 'https://news.example/a',
        published: START - 5,
        updated: START - 1,
      }),
    )
    expect(desk.ledger.findArticle('a')).toEqual(article)
    const withdrawn = expectOk(desk.withdraw('a', 'Because')).article
    expect(desk.ledger.findArticle('a')).toEqual(withdrawn)
  })
})

describe('the record of what was sent to KV', () => {
  const document = { target: 'feed:/rss.xml', etag: 'e', modified: 1, fingerprint: 'f' }
  const row = { target: document.target, sequence: 7, attempts: 0, due: 0 }

  it('is deleted when the document is rendered again with other content', () => {
    const { ledger } = openDesk()
    ledger.saveDocument(document)
    ledger.enqueue(document.target, 7, 0)
    ledger.markSent(row, 'f', 5)
    expect(ledger.findDocument(document.target)).toMatchObject({ sent: 'f', sentAt: 5 })
    ledger.saveDocument({ ...document, fingerprint: 'g' })
    expect(ledger.findDocument(document.target)?.sent).toBeNull()
  })

  it('is not written if the row was enqueued again during the write', () => {
    const { ledger } = openDesk()
    ledger.saveDocument(document)
    ledger.enqueue(document.target, 8, 0)
    ledger.markSent(row, 'f', 5)
    expect(ledger.findDocument(document.target)?.sent).toBeNull()
  })
})

describe('the outbox', () => {
  it('is empty if it has no row, whether due or not', () => {
    const { ledger, emptyOutbox: settle } = openDesk()
    expect(ledger.isOutboxEmpty()).toBe(true)
    ledger.enqueue('article:a', ledger.incrementSequence(), START * 2000)
    expect(ledger.isOutboxEmpty()).toBe(false)
    settle()
    expect(ledger.isOutboxEmpty()).toBe(true)
  })

  it('has one row for each target, with the last change and the earliest time', () => {
    const { ledger } = openDesk()
    ledger.enqueue('a', 1, 1000)
    ledger.postponeRow({ target: 'a', sequence: 1, attempts: 0, due: 1000 }, 9000, 'KV PUT failed')
    expect(ledger.listDueRows(8999, 9, new Set(), true)).toEqual([])
    ledger.enqueue('a', 2, 2000)
    expect(ledger.listDueRows(2000, 9, new Set(), true)).toEqual([
      { target: 'a', sequence: 2, attempts: 0, due: 2000 },
    ])
    expect(ledger.countOutbox(1000)).toEqual({ rows: 1, backlog: 0, oldestSince: 1000, failing: 1 })
  })

  it('does not apply the back-off of a failing write to a change that is made meanwhile', () => {
    const { ledger } = openDesk()
    ledger.enqueue('a', 1, 1000)
    ledger.enqueue('a', 2, 2000)
    ledger.postponeRow({ target: 'a', sequence: 1, attempts: 8, due: 1000 }, 256_000, 'KV failed')
    expect(ledger.listDueRows(2000, 9, new Set(), true).map(({ sequence }) => sequence)).toEqual([
      2,
    ])
    ledger.postponeRow({ target: 'a', sequence: 2, attempts: 1, due: 1000 }, 9000, 'KV failed')
    expect(ledger.listDueRows(8999, 9, new Set(), true)).toEqual([])
  })

  it('deletes a row only if its sequence is unchanged, and returns when a remaining one is due', () => {
    const { ledger } = openDesk()
    const row = { target: 'a', sequence: 1, attempts: 0, due: 0 }
    ledger.enqueue('a', 1, 0)
    ledger.enqueue('a', 2, 500)
    expect(ledger.completeRow(row, 1500)).toBe(1500)
    expect(ledger.isQueued('a')).toBe(true)
    expect(ledger.completeRow({ ...row, sequence: 2 }, 2500)).toBeUndefined()
    expect(ledger.isQueued('a')).toBe(false)
  })

  it('returns the oldest rows first, without the excluded ones', () => {
    const { ledger } = openDesk()
    for (const [index, target] of ['a', 'b', 'c', 'd'].entries())
      ledger.enqueue(target, index, index)
    const listTargets = (limit: number, except: string[]): string[] =>
      ledger.listDueRows(2, limit, new Set(except), true).map(({ target }) => target)
    expect(listTargets(9, [])).toEqual(['a', 'b', 'c'])
    expect(listTargets(2, ['a'])).toEqual(['b', 'c'])
    expect(listTargets(1, ['a', 'b', 'c'])).toEqual([])
  })

  it('returns news before the backlog, and the backlog only when it may start', () => {
    const { ledger } = openDesk()
    ledger.enqueue('old', 1, 0, PRIORITY.backlog)
    ledger.enqueue('new', 2, 5)
    ledger.enqueue('both', 3, 7, PRIORITY.backlog)
    ledger.enqueue('both', 4, 9)
    const targets = (limit: number, backlogToo: boolean): string[] =>
      ledger.listDueRows(9, limit, new Set(), backlogToo).map(({ target }) => target)
    expect(targets(9, true)).toEqual(['new', 'both', 'old'])
    expect(targets(1, true)).toEqual(['new'])
    expect(targets(9, false)).toEqual(['new', 'both'])
    expect(ledger.countOutbox(1000)).toEqual({ rows: 3, backlog: 1, oldestSince: 5, failing: 0 })
    expect(ledger.findNextDue(PRIORITY.backlog, -1)).toBe(0)
    ledger.enqueue('new', 5, 6, PRIORITY.backlog)
    expect(targets(1, false), 'news is never downgraded to backlog').toEqual(['new'])
  })

  it('returns when the next row after a certain time is due', () => {
    const { ledger } = openDesk()
    expect(ledger.findNextDue(PRIORITY.news, 0)).toBeUndefined()
    ledger.enqueue('a', 1, 100)
    ledger.enqueue('b', 2, 200)
    expect(ledger.findNextDue(PRIORITY.news, 99)).toBe(100)
    expect(ledger.findNextDue(PRIORITY.news, 100)).toBe(200)
    expect(ledger.findNextDue(PRIORITY.news, 200)).toBeUndefined()
  })
})

describe('the cost', () => {
  /** Runs `work`, and returns the query plan of each of its statements. */
  async function recordPlans(
    work: (desk: TestDesk) => Promise<void>,
  ): Promise<Map<string, string[]>> {
    const database = new DatabaseSync(':memory:')
    const plainSql = asSql(database)
    const plans = new Map<string, string[]>()
    let isRecording = false
    const sql: Sql = {
      exec: (query, ...bindings) => {
        if (isRecording && !plans.has(query)) {
          const steps = plainSql.exec(`EXPLAIN QUERY PLAN ${query}`, ...bindings).toArray()
          plans.set(
            query,
            steps.map(({ detail }) => String(detail)),
          )
        }
        return plainSql.exec(query, ...bindings)
      },
    }
    const ledger = createLedger(sql, createTransaction(database))
    ledger.migrate()
    isRecording = true
    await work(openDesk(ledger))
    return plans
  }

  it('of a publish does not grow with the archive: no statement scans a table', async () => {
    const plans = await recordPlans(async (desk) => {
      const { ledger } = desk
      const render = (): void => {
        for (const target of desk.listQueued()) {
          desk.clock.now += 2
          renderTarget(ledger, PUBLICATION, target, desk.clock.now * 1000, false)
        }
        for (const row of ledger.listDueRows(Number.MAX_SAFE_INTEGER, 40, new Set(), true)) {
          ledger.markSent(row, 'f', 1)
          ledger.postponeRow(row, 5, undefined)
          ledger.postponeRow(row, 5, 'error')
          ledger.completeRow(row, 5)
          ledger.isQueued(row.target)
        }
        ledger.findNextDue(PRIORITY.news, 0)
        ledger.findNextEmbargo()
        ledger.findNextExpiry()
        ledger.takeExpiredDocuments(START, 5)
        ledger.setExpiry('feed:/rss.xml', START)
      }
      for (const target of ['feed:/rss.xml', ...DISCOVERY_TARGETS])
        renderTarget(ledger, PUBLICATION, target, desk.clock.now * 1000, true)
      expectOk(desk.publish('a', { tags: ['x'], canonical: 'https://news.example/a' }))
      expectOk(desk.publish('b', { published: START + 1 }))
      render()
      const correction = { corrections: ['One is two'] }
      expectOk(
        desk.publish('a', { tags: ['y'], code: 'mheng', published: START - 5, ...correction }),
      )
      desk.release()
      render()
      for (const target of DISCOVERY_TARGETS)
        renderTarget(ledger, PUBLICATION, target, desk.clock.now * 1000, true)
      expectOk(desk.withdraw('a'))
      render()
      expectOk(desk.publish('a', { republish: true }))
      render()
      ledger.listArticles({ published: START, id: 'a' }, 10)
      ledger.listArchiveArticles(X, 2, 100)
      ledger.getNewestArchivePage(X)
      ledger.listTargetsOfGroups(['tags/x/2'])
      ledger.markUnsent('feed:/rss.xml')
      beginSweep(ledger, 'rebuild', 0)
      for (let page = 0; page < 4; page += 1)
        await advanceSweep(
          ledger,
          () => 0,
          async () => ({ targets: ['link:mheng'] }),
        )
    })
    const queries = [...plans.keys()]
    for (const table of [
      'article',
      'code',
      'membership',
      'document',
      'outbox',
      'channel',
      'setting',
      'month',
    ])
      expect(
        queries.some((query) => new RegExp(`(FROM|INTO|UPDATE) ${table}\\b`).test(query)),
      ).toBe(true)
    expect(plans.size).toBeGreaterThan(35)
    const scans = [...plans].filter(([, steps]) => steps.some((detail) => isScan(detail)))
    expect(scans).toEqual([])
  })

  it('of links does not grow with their number: no statement scans a table', async () => {
    const plans = await recordPlans(async (desk) => {
      const { ledger } = desk
      expectOk(desk.publish('a', { code: 'Mheng', canonical: 'https://news.example/a' }))
      expectOk(desk.publish('soon', { code: 'mhenh', published: START + 1 }))
      expectOk(desk.putLink('tour', { url: 'https://news.example/tour' }))
      expectOk(desk.putLink('tour', { url: 'https://news.example/other' }))
      expectOk(desk.putLink('more', { url: 'https://news.example/a' }))
      expectOk(desk.importLink('old', { url: 'https://news.example/old' }))
      expectOk(desk.removeLink('old'))
      lookUpCode(ledger, 'mhemg', undefined, START * 1000)
      lookUpCode(ledger, 'mhemg', undefined, START * 1000)
      for (const target of ['link:mheng', 'link:tour', 'link:none'])
        renderTarget(ledger, PUBLICATION, target, START * 1000, true)
      ledger.listUnknownCodes(10)
      ledger.listCodes('', 10)
      ledger.listLinks('', 10)
      ledger.listArticleCodes('', 10)
      ledger.listLinksChangedAfter(1, 10)
      ledger.getLastChange()
      ledger.getLastChanges(['a'])
    })
    const tables = ['code', 'omission', 'miss']
    for (const table of tables)
      expect(
        [...plans.keys()].some((query) => new RegExp(`(FROM|INTO|JOIN) ${table}\\b`).test(query)),
        table,
      ).toBe(true)
    expect([...plans].filter(([, steps]) => steps.some((detail) => isScan(detail)))).toEqual([])
  })

  it('of a suggestion is proportional to the similar codes, because each is found through an index', async () => {
    const plans = await recordPlans(async (desk) => {
      expectOk(desk.publish('a', { code: 'mheng' }))
      findSimilarCodes(desk.ledger, 'mhemg')
    })
    const readSteps = (mark: string): string =>
      [...plans].find(([query]) => query.includes(mark))?.[1].join('\n') ?? ''
    expect(readSteps('min(given.key)')).toMatch(
      /SEARCH code USING PRIMARY KEY \(folded=\?\)\nSEARCH article USING INDEX \w+ \(id=\?\)/,
    )
    expect(readSteps('AS near')).toMatch(/SEARCH near USING PRIMARY KEY \(form=\?\)/)
  })

  it('of a look-up of a code is two searches, whatever the length of the texts', async () => {
    const plans = await recordPlans(async (desk) => {
      expectOk(desk.publish('a', { code: 'mheng' }))
      desk.ledger.listPublishedCodes('mheng')
    })
    const [, steps] = [...plans].find(([query]) => query.includes('LEFT JOIN article')) ?? []
    expect(steps).toEqual([
      'SEARCH code USING PRIMARY KEY (folded=?)',
      'SEARCH article USING COVERING INDEX article_known (id=? AND ever_public=?) LEFT-JOIN',
    ])
  })

  it('of a statement that scans a table is detected', async () => {
    const plans = await recordPlans(async (desk) => {
      desk.ledger.countOutbox(0)
    })
    expect([...plans.values()].flat().some((detail) => isScan(detail))).toBe(true)
  })
})

const DISCOVERY_TARGETS = [
  SITEMAP_INDEX_TARGET,
  sitemapTarget('2026-01', 1),
  NEWS_SITEMAP_TARGET,
  SUBSCRIPTION_LIST_TARGET,
  FEED_DIRECTORY_TARGET,
]

/**
 * Returns whether a step of a query plan scans a whole table. Scans of subqueries and lists of
 * values do not count, because those are small.
 */
const isScan = (detail: string): boolean =>
  /^SCAN (?:article|code|membership|document|outbox|channel|setting|audit|edition|link|omission|near)\b/.test(
    detail,
  )
