/**
 * Checks documents for crawlers without workerd: months, addresses in sitemaps, expiry of news, the
 * directory, and plain files.
 */
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import { createLedger } from '../../src/desk/ledger/ledger.ts'
import { buildDirectory } from '../../src/feeds/directory.ts'
import { renderOpml } from '../../src/feeds/opml.ts'
import {
  formatNewsLanguage,
  formatNewsName,
  MAX_SITEMAP_ARTICLES,
  renderNewsSitemap,
  renderSitemap,
} from '../../src/feeds/sitemap.ts'
import { DISALLOW_ALL, formatRobotsTxt, formatSecurityTxt } from '../../src/routes/well-known.ts'
import { collapseWhiteSpace } from '../../src/text/characters.ts'
import {
  formatMonth,
  formatTime,
  getMonthSpan,
  getMonthStart,
  isValidTime,
  parseTime,
} from '../../src/text/time.ts'
import { getWords } from '../../src/views/words.ts'
import {
  FEED_DIRECTORY_TARGET,
  findGroup,
  NEWS_SITEMAP_TARGET,
  parseTarget,
  SITEMAP_INDEX_TARGET,
  SUBSCRIPTION_LIST_TARGET,
  sitemapTarget,
} from '../../src/wire/targets.ts'
import { exportLines, importLines } from '../support/copies.ts'
import {
  type DraftOptions,
  expectOk,
  openDesk,
  PUBLICATION,
  START,
  type TestDesk,
} from '../support/drafts.ts'
import { arbitraryText as textsUpTo } from '../support/hostile-texts.ts'
import { runs } from '../support/runs.ts'
import { asSql, createTransaction, undoMigrations } from '../support/sqlite.ts'
import { getOnlyChild, getText, listChildren, listElements, parseRoot } from '../support/xml.ts'

const HOUR = 3600
const HOME = 'https://news.example'

/** Renders the target and returns its body, or undefined if it is absent. */
function renderBody(desk: TestDesk, target: string): string | undefined {
  for (;;) {
    const rendering = renderTarget(desk.ledger, PUBLICATION, target, desk.clock.now * 1000, true)
    if (rendering.kind === 'content')
      return rendering.content.kind === 'document' ? rendering.content.body : undefined
    desk.clock.now += 1
  }
}
const listLocations = (body: string | undefined): string[] =>
  listElements(parseRoot(body ?? '<none/>'))
    .filter(({ name }) => name === 'loc')
    .map(({ text }) => text)
const findExpiry = (desk: TestDesk): number | null | undefined =>
  desk.ledger.findDocument(NEWS_SITEMAP_TARGET)?.until

/** Opens a desk, and returns its database too. */
function openWithDatabase(): { desk: TestDesk; database: DatabaseSync } {
  const database = new DatabaseSync(':memory:')
  const ledger = createLedger(asSql(database), createTransaction(database))
  ledger.migrate()
  return { desk: openDesk(ledger), database }
}

/**
 * Copies an article directly in the database, with dates one second apart, because publishing so
 * many articles would take long.
 */
function copyArticle(database: DatabaseSync, id: string, copies: number, from: number): void {
  const columns = `state, revision, digest, code, canonical, updated, ever_public, withdrawn_at,
    withdrawal_reason, story, html, source`
  database
    .prepare(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO article (id, published, ${columns})
       SELECT id || '-' || i, ? + i, ${columns} FROM article, n WHERE id = ?`,
    )
    .run(copies, from, id)
}

describe('a month', () => {
  const seconds = fc
    .integer({ min: Date.UTC(1000, 0, 1) / 1000, max: Date.UTC(9999, 11, 31) / 1000 })
    .filter(isValidTime)

  it('has exactly the seconds of its span, and the next one begins where it ends', () => {
    fc.assert(
      fc.property(seconds, (second) => {
        const { from, to } = getMonthSpan(formatMonth(second))
        expect(from <= second && second < to).toBe(true)
        expect(formatMonth(from)).toBe(formatMonth(second))
        expect(formatMonth(to - 1)).toBe(formatMonth(second))
        expect(getMonthStart(second)).toBe(from)
        expect(getMonthStart(second, 1)).toBe(to)
        expect([28, 29, 30, 31]).toContain((to - from) / 86_400)
      }),
    )
  })

  it('begins and ends in UTC', () => {
    expect(formatMonth(parseTime('2026-12-01T01:00:00+05:00') ?? 0)).toBe('2026-11')
    expect(getMonthStart(parseTime('2026-11-30T23:59:59Z') ?? 0, 2)).toBe(parseTime('2027-01-01'))
  })
})

describe('targets for crawlers', () => {
  it('are parsed from their keys, and each has its group', () => {
    const targets = [
      [SITEMAP_INDEX_TARGET, { kind: 'sitemap-index' }, 'sitemap'],
      [
        sitemapTarget('2026-11', 1),
        { kind: 'sitemap', month: '2026-11', file: 1 },
        'sitemap/2026-11',
      ],
      [
        sitemapTarget('1000-01', 12),
        { kind: 'sitemap', month: '1000-01', file: 12 },
        'sitemap/1000-01',
      ],
      [NEWS_SITEMAP_TARGET, { kind: 'news-sitemap' }, 'news'],
      [SUBSCRIPTION_LIST_TARGET, { kind: 'subscription-list' }, 'directory'],
      [FEED_DIRECTORY_TARGET, { kind: 'feed-directory' }, 'directory'],
    ] as const
    for (const [target, parsed, group] of targets) {
      expect(parseTarget(target), target).toEqual(parsed)
      expect(findGroup(target)).toBe(group)
    }
    expect(findGroup('feed:/tags/c%2B%2B/rss.xml')).toBe('tags/c++')
    expect(findGroup('page:/')).toBe('all')
    for (const target of ['article:a', 'page:/articles/a', 'link:a', 'junk'])
      expect(findGroup(target), target).toBeUndefined()
  })

  it.each([
    'file:/sitemaps/2026-11-1.xml',
    'file:/sitemaps/2026-11-0.xml',
    'file:/sitemaps/2026-11-02.xml',
    'file:/sitemaps/2026-13.xml',
    'file:/sitemaps/2026-00.xml',
    'file:/sitemaps/0999-12.xml',
    'file:/sitemaps/2026-11-12345.xml',
    'file:/sitemaps/2026-11.xml\n',
    'file:/',
    'page:/feeds/',
  ])('do not include %j', (target) => {
    expect(parseTarget(target)).toBeUndefined()
  })
})

describe('sitemaps', () => {
  it('S-04, T-16: list exactly the articles that are public and have an address on our host', () => {
    const { desk } = openWithDatabase()
    const canonicals: Record<string, string | undefined> = {
      here: undefined,
      home: `${HOME}/2026/a`,
      'other-host': 'https://www.news.example/2026/a',
      'other-port': 'https://news.example:8443/2026/a',
      'other-scheme': 'http://news.example/2026/a',
      longer: 'https://news.example.evil/2026/a',
      part: `${HOME}/2026/b#c`,
      'too-long': `${HOME}/2026/${'x'.repeat(2040)}`,
      'too-long-in-xml': `${HOME}/2026/?${'&'.repeat(500)}`,
    }
    for (const [id, canonical] of Object.entries(canonicals))
      expectOk(desk.publish(id, { ...(canonical !== undefined && { canonical }) }))
    expectOk(desk.publish('gone'))
    expectOk(desk.withdraw('gone'))
    expectOk(desk.publish('later', { published: START + 60 }))
    const expected = [`${HOME}/2026/a`, `${HOME}/articles/here`]
    expect(listLocations(renderBody(desk, sitemapTarget('2026-01', 1))).sort()).toEqual(expected)
    expect(listLocations(renderBody(desk, NEWS_SITEMAP_TARGET)).sort()).toEqual(expected)
    expect(listLocations(renderBody(desk, SITEMAP_INDEX_TARGET))).toEqual([
      `${HOME}/sitemaps/2026-01.xml`,
    ])
  })

  it('S-02: have several files for a month with more articles, each within the limit of KV', () => {
    const { desk, database } = openWithDatabase()
    expectOk(desk.publish('a', { published: START - 20_000 }))
    copyArticle(database, 'a', MAX_SITEMAP_ARTICLES, START - 20_000)
    desk.ledger.recountMonths()
    expect(listLocations(renderBody(desk, SITEMAP_INDEX_TARGET))).toEqual([
      `${HOME}/sitemaps/2026-01.xml`,
      `${HOME}/sitemaps/2026-01-2.xml`,
    ])
    const first = listLocations(renderBody(desk, sitemapTarget('2026-01', 1)))
    const second = listLocations(renderBody(desk, sitemapTarget('2026-01', 2)))
    expect(first).toHaveLength(MAX_SITEMAP_ARTICLES)
    expect(second).toEqual([`${HOME}/articles/a-${MAX_SITEMAP_ARTICLES}`])
    expect(new Set([...first, ...second]).size).toBe(MAX_SITEMAP_ARTICLES + 1)
    expect(renderBody(desk, sitemapTarget('2026-01', 3))).toBeUndefined()
    // Later articles are added at the end, so the first file does not change.
    expectOk(desk.publish('b'))
    expect(listLocations(renderBody(desk, sitemapTarget('2026-01', 1)))).toEqual(first)

    const longest = { url: `${HOME}/${'x'.repeat(2047 - HOME.length - 1)}`, updated: START }
    const largest = renderSitemap(Array.from({ length: MAX_SITEMAP_ARTICLES }, () => longest))
    expect(largest.length).toBeLessThan(25 * 1024 * 1024)
  })

  it('S-08: are enqueued for the months that a change affects, if they were requested, and for no others', () => {
    const { desk } = openWithDatabase()
    const january = sitemapTarget('2026-01', 1)
    const march = sitemapTarget('2016-03', 1)
    const may = sitemapTarget('2016-05', 1)
    expectOk(desk.publish('march', { published: parseTime('2016-03-01') ?? 0 }))
    expectOk(desk.publish('may', { published: parseTime('2016-05-01') ?? 0 }))
    expectOk(desk.publish('a'))
    const listQueuedSitemaps = (): string[] =>
      desk.listQueued().filter((target) => target.includes('sitemap'))
    expect(listQueuedSitemaps()).toEqual([])
    for (const target of [january, march, may]) renderBody(desk, target)
    desk.emptyOutbox()
    expectOk(desk.publish('b'))
    expect(listQueuedSitemaps()).toEqual([january])
    desk.emptyOutbox()
    expectOk(desk.publish('a', { published: parseTime('2016-03-31T23:59:59Z') ?? 0 }))
    expect(listQueuedSitemaps()).toEqual([march, january])
    desk.emptyOutbox()
    expectOk(desk.withdraw('may'))
    expect(listQueuedSitemaps()).toEqual([may])
    expect(renderBody(desk, may)).toBeUndefined()
    desk.emptyOutbox()
    expectOk(desk.publish('later', { published: START + 30 }))
    expect(listQueuedSitemaps()).toEqual([])
    desk.clock.now += 60
    desk.release()
    expect(listQueuedSitemaps()).toEqual([january])
  })

  it('count the articles of each month, whatever the newsroom does', () => {
    const canonical = fc.constantFrom(
      null,
      `${HOME}/x`,
      'http://a/y',
      `${HOME}/z#part`,
      'https://b.example/',
    )
    const published = fc.constantFrom(
      undefined,
      '1000-01-01',
      '2016-02-29',
      '2016-03-01',
      '2026-01-15T09:30:00Z',
    )
    const id = fc.constantFrom('a', 'b', 'c')
    const step = fc.oneof(
      fc.record({ do: fc.constant('publish' as const), id, canonical, published }),
      fc.record({ do: fc.constant('withdraw' as const), id }),
      fc.record({ do: fc.constant('release' as const) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const { desk, database } = openWithDatabase()
        for (const next of steps) {
          desk.clock.now += 300
          if (next.do === 'release') desk.release()
          else if (next.do === 'withdraw') desk.withdraw(next.id)
          else {
            const seconds = parseTime(next.published ?? '')
            const more: DraftOptions = {
              // Each article needs a canonical address of its own.
              canonical:
                next.canonical && next.canonical.replace(/([xyz]|\/)(#|$)/, `$1${next.id}$2`),
              republish: true,
              ...(seconds !== undefined && { published: seconds }),
            }
            desk.publish(next.id, more)
          }
        }
        const readCounts = (): unknown[] =>
          database
            .prepare('SELECT * FROM month WHERE articles <> 0 ORDER BY month, origin')
            .all()
            .map((row) => ({ ...row }))
        const countsBefore = readCounts()
        const expected = new Map<string, number>()
        for (const article of desk.ledger.listArticles(undefined, 100)) {
          if (article.state !== 'public' || article.canonical?.includes('#')) continue
          const origin = article.canonical === undefined ? '' : new URL(article.canonical).origin
          const key = `${formatMonth(article.published)} ${origin}`
          expected.set(key, (expected.get(key) ?? 0) + 1)
        }
        expect(
          Object.fromEntries(
            countsBefore.map((row) => {
              const { month, origin, articles } = row as Record<string, unknown>
              return [`${month} ${origin}`, articles]
            }),
          ),
        ).toEqual(Object.fromEntries(expected))
        desk.ledger.recountMonths()
        expect(readCounts()).toEqual(countsBefore)
      }),
      { numRuns: runs(25) },
    )
  })

  it('are read in the order of an index, so none of their queries sorts', () => {
    const { desk, database } = openWithDatabase()
    const steps: string[] = []
    const plainSql = asSql(database)
    const countingLedger = createLedger(
      {
        exec: (query, ...bindings) => {
          const plan = plainSql.exec(`EXPLAIN QUERY PLAN ${query}`, ...bindings).toArray()
          steps.push(...plan.map(({ detail }) => String(detail)))
          return plainSql.exec(query, ...bindings)
        },
      },
      desk.ledger.transaction,
    )
    countingLedger.listSitemapMonths(HOME)
    countingLedger.countArticlesInMonth(HOME, '2026-01')
    countingLedger.listSitemapArticles(HOME, getMonthSpan('2026-01'), 0, 10)
    countingLedger.listNewsSitemapArticles(HOME, START - 10, START, 10)
    countingLedger.listLargestChannels(10)
    expect(steps.length).toBeGreaterThan(5)
    expect(
      steps.filter((step) => /TEMP B-TREE|SCAN (?:article|channel|membership)\b/.test(step)),
    ).toEqual([])
  })
})

describe('a migrated or imported ledger', () => {
  it('has the counts of months that the desk would have stored', () => {
    const { desk, database } = openWithDatabase()
    for (const [id, more] of Object.entries<DraftOptions>({
      here: {},
      old: { published: parseTime('1851-10-14') ?? 0, canonical: 'http://a/x' },
      home: { canonical: `${HOME}/2026/a` },
      part: { canonical: `${HOME}/2026/b#c` },
      long: { canonical: `${HOME}/2026/?${"&'".repeat(250)}` },
      later: { published: START + 60 },
      gone: {},
    }))
      expectOk(desk.publish(id, more))
    expectOk(desk.withdraw('gone'))
    const readMonths = (): unknown[] =>
      database
        .prepare('SELECT * FROM month WHERE articles <> 0 ORDER BY month, origin')
        .all()
        .map((row) => ({ ...row }))
    const before = readMonths()
    expect(before).toEqual([
      { month: '1851-10', origin: 'http://a', articles: 1 },
      { month: '2026-01', origin: '', articles: 1 },
      { month: '2026-01', origin: HOME, articles: 1 },
    ])
    undoMigrations(database, 5)
    desk.ledger.migrate()
    expect(readMonths()).toEqual(before)
  })

  it('enqueues the same documents as before', () => {
    const first = openDesk()
    expectOk(first.publish('a'))
    for (const target of [sitemapTarget('2026-01', 1), NEWS_SITEMAP_TARGET, FEED_DIRECTORY_TARGET])
      renderBody(first, target)
    const second = openDesk()
    importLines(second.ledger, exportLines(first.ledger, first.clock))
    second.emptyOutbox()
    expectOk(second.publish('b'))
    expect(second.listQueued()).toEqual(
      expect.arrayContaining([
        'file:/news-sitemap.xml',
        'file:/sitemaps/2026-01.xml',
        'page:/feeds',
      ]),
    )
    second.clock.now += 5
    expect(listLocations(renderBody(second, sitemapTarget('2026-01', 1)))).toHaveLength(2)
  })
})

describe('the news sitemap', () => {
  it('S-09: has an article for 48 hours by the clock, and then expires', () => {
    const { desk } = openWithDatabase()
    expectOk(desk.publish('first'))
    desk.clock.now += HOUR
    expectOk(desk.publish('second'))
    const listAddresses = (): string[] => listLocations(renderBody(desk, NEWS_SITEMAP_TARGET))
    const [first, second] = ['first', 'second'].map((id) => `${HOME}/articles/${id}`)
    expect(listAddresses()).toEqual([second, first])
    expect(findExpiry(desk)).toBe(START + 48 * HOUR)
    desk.clock.now = START + 48 * HOUR - 60
    expect(listAddresses()).toEqual([second, first])
    desk.clock.now = START + 48 * HOUR
    expect(desk.ledger.takeExpiredDocuments(desk.clock.now, 10)).toEqual([NEWS_SITEMAP_TARGET])
    expect(listAddresses()).toEqual([second])
    expect(findExpiry(desk)).toBe(START + 49 * HOUR)
    desk.clock.now = START + 49 * HOUR
    expect(listAddresses()).toEqual([])
    expect(findExpiry(desk)).toBeNull()
  })

  it('S-10: has only the newest 1,000 articles if there are more', () => {
    const { desk, database } = openWithDatabase()
    expectOk(desk.publish('a', { published: START - 2000 }))
    copyArticle(database, 'a', 1200, START - 2000)
    const addresses = listLocations(renderBody(desk, NEWS_SITEMAP_TARGET))
    expect(addresses).toHaveLength(1000)
    expect(addresses[0]).toBe(`${HOME}/articles/a-1200`)
    expect(addresses).not.toContain(`${HOME}/articles/a`)
  })

  it.each([
    ['The Example Times', 'The Example Times'],
    ['The Example Times (subscription)', 'The Example Times'],
    ['A (b (c) d) e', 'A e'],
    ['اليوم （تجريبي）', 'اليوم'],
    ['Half (open', 'Half open'],
    ['(All of it)', 'All of it'],
    ['()', '-'],
  ])('S-12: names a publication titled %j as %j', (title, name) => {
    expect(formatNewsName(title)).toBe(name)
  })

  it.each([
    ['en-GB', 'en'],
    ['ar-EG', 'ar'],
    ['ur-Latn', 'ur'],
    ['haw', 'haw'],
    ['zh', 'zh-cn'],
    ['zh-Hans-HK', 'zh-cn'],
    ['zh-TW', 'zh-tw'],
    ['zh-Hant', 'zh-tw'],
  ])('S-12: writes the language %s as %s', (tag, language) => {
    expect(formatNewsLanguage(tag)).toBe(language)
  })

  it('S-14: has titles that a parser reads unchanged, whatever they contain', () => {
    fc.assert(
      fc.property(textsUpTo(60), (text) => {
        const title = collapseWhiteSpace(text)
        const page = { url: `${HOME}/a?b&c`, published: START, title, language: 'en' }
        const [url] = listChildren(parseRoot(renderNewsSitemap([page], PUBLICATION)))
        if (!url) throw new Error('no page')
        expect(getText(getOnlyChild(url, 'news:news'), 'news:title')).toBe(title)
        expect(getText(url, 'loc')).toBe(page.url)
      }),
    )
  })
})

describe('the directory', () => {
  const listOutlines = (body: string | undefined): (string | undefined)[] =>
    listElements(parseRoot(body ?? '<none/>'))
      .filter(({ name }) => name === 'outline')
      .map(({ attributes }) => attributes['text'])

  it('T-06: lists the channels that have members, by kind, with their number of articles', () => {
    const { desk } = openWithDatabase()
    expectOk(desk.publish('a', { tags: ['Space', 'Moon'], section: 'World' }))
    expectOk(desk.publish('b', { tags: ['Moon'], authors: [{ name: 'Sana Khan' }] }))
    expectOk(desk.publish('gone', { tags: ['Lost'] }))
    expectOk(desk.withdraw('gone'))
    expectOk(desk.publish('later', { tags: ['Secret'], published: START + 60 }))
    expect(listOutlines(renderBody(desk, SUBSCRIPTION_LIST_TARGET))).toEqual([
      'Test Desk',
      'Corrections',
      ...['Sections', 'World'],
      ...['Tags', 'Moon', 'Space'],
      ...['Authors', 'Sana Khan'],
      ...['Languages', 'English'],
    ])
    const page = renderBody(desk, FEED_DIRECTORY_TARGET) ?? ''
    expect(page).not.toMatch(/Lost|Secret/)
    expect(page.indexOf('/tags/moon')).toBeLessThan(page.indexOf('/tags/space'))
    expect(page).toMatch(/>Moon<\/bdi><\/a> <span class="count" title="Stories: 2">2<\/span>/)
  })

  it('changes the subscription list only when a channel is added or removed, not with every article', () => {
    const { desk } = openWithDatabase()
    expectOk(desk.publish('a', { tags: ['x', 'y'] }))
    const before = renderBody(desk, SUBSCRIPTION_LIST_TARGET)
    desk.clock.now += 10
    expectOk(desk.publish('b', { tags: ['y'] }))
    expect(renderBody(desk, SUBSCRIPTION_LIST_TARGET)).toBe(before)
    expectOk(desk.publish('c', { tags: ['z'] }))
    expect(renderBody(desk, SUBSCRIPTION_LIST_TARGET)).not.toBe(before)
  })

  it('has for each channel the language of the article that gave the channel its title', () => {
    const { desk } = openWithDatabase()
    expectOk(desk.publish('a', { tags: ['خلا'], language: 'ur' }))
    expectOk(desk.publish('b', { tags: ['خلا'], language: 'ar' }))
    const found = desk.ledger.listLargestChannels(10).find(({ key }) => key === 'tags/خلا')
    expect(found).toMatchObject({ members: 2, language: 'ur' })
    expect(renderBody(desk, FEED_DIRECTORY_TARGET)).toContain('<bdi lang="ur">خلا</bdi>')
  })

  it('lists the 1,000 largest channels, and says when there are more', () => {
    const { desk, database } = openWithDatabase()
    expectOk(desk.publish('a', { tags: ['z'] }))
    expectOk(desk.publish('b', { tags: ['z'] }))
    database.exec(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
       INSERT INTO channel (key, title, last_position, members) SELECT printf('tags/t%04d', i), 'T' || i, 1, 1 FROM n`,
    )
    // The channel of corrections is listed separately. The channel of all articles, one language
    // and `z` come first, because they have the most members. The tags follow in the order of their
    // keys.
    const page = renderBody(desk, FEED_DIRECTORY_TARGET) ?? ''
    expect(page.match(/ class="name"/g)).toHaveLength(1000)
    expect(page).toContain('href="/tags/z"')
    expect(page).toContain('href="/tags/t0997"')
    expect(page).not.toContain('href="/tags/t0998"')
    expect(page).toContain('There are more channels')
    expect(listOutlines(renderBody(desk, SUBSCRIPTION_LIST_TARGET))).toHaveLength(1000 + 3)
    database.exec("DELETE FROM channel WHERE key > 'tags/t0997' AND key < 'tags/u'")
    desk.clock.now += 10
    expect(renderBody(desk, FEED_DIRECTORY_TARGET)).not.toContain('There are more channels')
  })

  it('S-26, S-27: has a well-formed subscription list, whatever the names of channels contain', () => {
    fc.assert(
      fc.property(textsUpTo(60), (text) => {
        const title = collapseWhiteSpace(text) || 'x'
        const channel = { kind: 'tag' as const, slug: 'x' }
        const channelRows = [{ channel, title, members: 1, language: 'ar' }]
        const directory = buildDirectory(channelRows, false, { ...PUBLICATION, title })
        const root = parseRoot(renderOpml(directory, getWords('ur').kinds, START, PUBLICATION))
        const last = listElements(root).at(-1)
        expect(last?.attributes['text']).toBe(title)
        expect(last?.attributes['title']).toBe(`${title} · ${title}`)
      }),
    )
  })
})

describe('files with fixed addresses', () => {
  const contact = { ...PUBLICATION, contact: 'sec@news.example' }
  const parseExpiry = (now: number): number =>
    parseTime(/^Expires: (.*)$/m.exec(formatSecurityTxt(contact, now) ?? '')?.[1] ?? '') ?? 0

  it('S-33: include a security.txt that expires in the future, within a year, and is the same for a whole month', () => {
    fc.assert(
      fc.property(fc.integer({ min: START, max: START + 50 * 365 * 86_400 }), (now) => {
        const days = (parseExpiry(now) - now) / 86_400
        expect(days).toBeGreaterThan(300)
        expect(days).toBeLessThan(365)
        const { from, to } = getMonthSpan(formatMonth(now))
        expect(formatSecurityTxt(contact, from)).toBe(formatSecurityTxt(contact, now))
        expect(formatSecurityTxt(contact, to - 1)).toBe(formatSecurityTxt(contact, now))
      }),
    )
    expect(formatTime(parseExpiry(START))).toBe('2026-12-01T00:00:00Z')
    expect(formatSecurityTxt(PUBLICATION, START)).toBeUndefined()
  })

  it('S-33: include a security.txt whose contact is a valid address for every allowed setting', () => {
    const unusual = { ...PUBLICATION, contact: 'ü%<x>+y@bücher.example' }
    const address = /^Contact: (.*)$/m.exec(formatSecurityTxt(unusual, START) ?? '')?.[1] ?? ''
    expect(address).toMatch(/^mailto:[\x21-\x7e]+$/)
    expect(decodeURIComponent(address)).toBe(`mailto:${unusual.contact}`)
  })

  it('S-23, S-25: include a robots.txt that forbids everything on foreign hosts and only the API on our own', () => {
    expect(DISALLOW_ALL).toBe('User-agent: *\nDisallow: /\n')
    expect(formatRobotsTxt(PUBLICATION).match(/^Disallow: .*$/gm)).toEqual(['Disallow: /api/'])
    expect(formatRobotsTxt(undefined)).not.toContain('Sitemap')
  })
})
