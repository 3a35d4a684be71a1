/**
 * Tests export and import without workerd: a desk that imports an export serves the same bytes,
 * whatever changed on the first desk before and during the export.
 */
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { PAGE_LIMITS, parseCursor } from '../../src/desk/backup/exporting.ts'
import {
  abandonImport,
  getImportStatus,
  importPage,
  isImporting,
} from '../../src/desk/backup/importing.ts'
import { chainDigest, parsePage } from '../../src/desk/backup/records.ts'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import { createLedger, type Ledger } from '../../src/desk/ledger/ledger.ts'
import { findSimilarCodes } from '../../src/desk/linking.ts'
import { advanceSweep, SWEEP_TARGET } from '../../src/desk/sweep.ts'
import { digest } from '../../src/text/digest.ts'
import {
  buildImportPage,
  exportLines,
  exportPages,
  getExportName,
  importLines,
  listAllTargets,
  readContents,
} from '../support/copies.ts'
import { expectOk, openDesk, PUBLICATION, START, type TestDesk } from '../support/drafts.ts'
import { asSql, createTransaction, openMemoryLedger } from '../support/sqlite.ts'

type Row = Record<string, unknown>
const getRows = (lines: string[], kind: string): Row[] =>
  lines.map((line) => JSON.parse(line) as Row).filter((row) => row['record'] === kind)

type OpenedLedger = {
  database: DatabaseSync
  ledger: Ledger
  columns: [table: string, column: string][]
}

/** An empty ledger with access to its tables. */
function openInspectableLedger(): OpenedLedger {
  const database = new DatabaseSync(':memory:')
  const ledger = createLedger(asSql(database), createTransaction(database))
  ledger.migrate()
  const columns = database
    .prepare(
      `SELECT t.name AS name, c.name AS part FROM sqlite_master t, pragma_table_info(t.name) c
       WHERE t.type = 'table' ORDER BY t.name || '.' || c.name`,
    )
    .all()
    .map(({ name, part }): [string, string] => [String(name), String(part)])
  return { database, ledger, columns }
}

/** Tables and columns that are not exported, because every desk has its own. */
const NOT_EXPORTED =
  /^(?:setting|outbox|migration|edition|month|miss|omission)\.|^document\.(?:sent|sent_at)$/

/** A desk with something of every kind. */
function openSampleDesk(ledger = openMemoryLedger()): TestDesk {
  const desk = openDesk(ledger)
  const canonical = 'https://news.example/a'
  expectOk(desk.publish('a', { code: 'Mheng', tags: ['Space', 'C++'], canonical }))
  expectOk(desk.publish('b', { tags: ['space'], dateline: 'إسلام آباد', authors: [{ name: 'Ö' }] }))
  readContents(desk.ledger, desk.clock)
  desk.clock.now += 60
  expectOk(desk.publish('a', { code: 'second', tags: ['C++'], html: '<p>"quoted" \u2028 😀</p>' }))
  expectOk(desk.publish('gone', { code: 'gone', section: 'World' }))
  expectOk(desk.withdraw('gone', 'a reason'))
  expectOk(desk.publish('later', { code: 'later', published: START + 10_000 }))
  expectOk(desk.putLink('Tour', { url: 'https://news.example/tour', title: 'The tour' }))
  expectOk(desk.putLink('Tour', { url: 'https://news.example/new-tour', expires: START + 9000 }))
  expectOk(desk.putLink('was', { url: 'https://news.example/was' }))
  expectOk(desk.removeLink('was'))
  expectOk(desk.putLink('law', { url: 'https://news.example/law' }))
  expectOk(desk.removeLink('law', 'A court demands it'))
  expectOk(desk.putLink('alias', { article: 'a' }))
  expectOk(desk.publish('secret', { code: 'secret' }))
  expectOk(desk.withdraw('secret', { reason: 'a reason', legal: 'A court demands it' }))
  readContents(desk.ledger, desk.clock)
  desk.clock.now += 600
  return desk
}

describe('an export', () => {
  it('includes corrections and their channel; an older export without them can be imported', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    desk.clock.now += 60
    const plain = exportLines(desk.ledger, desk.clock)
    expectOk(desk.publish('a', { corrections: ['One is two'] }))
    const lines = exportLines(desk.ledger, desk.clock)
    expect(getRows(lines, 'article')[0]).toMatchObject({
      corrections: [{ at: START + 60, text: 'One is two' }],
    })
    expect(getRows(lines, 'membership')).toContainEqual(
      expect.objectContaining({ channel: 'corrections', article: 'a', published: START + 60 }),
    )
    const copy = openMemoryLedger()
    expect(importLines(copy, lines)).toMatchObject({ ok: true, value: { state: 'done' } })
    expect(exportLines(copy, desk.clock).slice(1)).toEqual(lines.slice(1))
    expect(copy.findArticle('a')).toEqual(desk.ledger.findArticle('a'))

    const old = openMemoryLedger()
    const before = plain.map((line) =>
      line
        .replace('"version":3', '"version":1')
        .replace('"link":0,', '')
        .replace('"corrections":[],', ''),
    )
    const chainedDigest = before
      .slice(1, -1)
      .reduce((sum, line) => chainDigest(sum, digest(line)), '')
    const end = JSON.parse(before.at(-1) ?? '') as Row
    const oldLines = [...before.slice(0, -1), JSON.stringify({ ...end, digest: chainedDigest })]
    expect(importLines(old, oldLines)).toMatchObject({ ok: true, value: { state: 'done' } })
    expect(old.findArticle('a')).toMatchObject({ corrections: [] })
  })

  it('has everything: states, codes, positions with gaps, changes, documents', () => {
    const lines = exportLines(openSampleDesk().ledger, { now: START + 660 })
    const listRows = (kind: string): Row[] => getRows(lines, kind)
    expect(listRows('desk')).toMatchObject([
      {
        version: 3,
        tag: { authority: 'news.example', date: '2026' },
        exported: '2026-01-15T09:11:00Z',
      },
    ])
    expect(listRows('article').map(({ id, state, revision }) => [id, state, revision])).toEqual([
      ['a', 'public', 2],
      ['b', 'public', 1],
      ['gone', 'withdrawn', 2],
      ['later', 'embargoed', 1],
      ['secret', 'withdrawn', 2],
    ])
    expect(listRows('article')[2]).toMatchObject({
      withdrawn: { when: START + 60, reason: 'a reason' },
    })
    expect(listRows('article')[4]).toMatchObject({
      withdrawn: { when: START + 60, reason: 'a reason', legal: 'A court demands it' },
    })
    const times = { created: START + 60, updated: START + 60 }
    expect(listRows('link')).toEqual([
      {
        ...{ record: 'link', code: 'Tour', url: 'https://news.example/new-tour', ...times },
        ...{ expires: START + 9000, revision: 2, change: 8 },
      },
      {
        ...{ record: 'link', code: 'law', url: 'https://news.example/law', ...times },
        ...{ removed: { when: START + 60, legal: 'A court demands it' }, revision: 2, change: 12 },
      },
      {
        ...{ record: 'link', code: 'was', url: 'https://news.example/was', ...times },
        ...{ removed: { when: START + 60 }, revision: 2, change: 10 },
      },
    ])
    expect(listRows('code').map(({ code, article }) => `${code} ${article}`)).toEqual(
      expect.arrayContaining(['Mheng a', 'second a', 'alias a', 'gone gone', 'later later']),
    )
    const space = { record: 'membership', channel: 'tags/space', published: START }
    expect(listRows('membership').filter(({ channel }) => channel === 'tags/space')).toEqual([
      { ...space, position: 1, article: 'a', left: START + 60 },
      { ...space, position: 2, article: 'b' },
    ])
    expect(listRows('channel')).toContainEqual({
      record: 'channel',
      key: 'tags/space',
      title: 'Space',
      positions: 2,
    })
    expect(listRows('audit').map(({ article, action }) => `${article} ${action}`)).toEqual([
      'a create',
      'b create',
      'a change',
      'gone create',
      'gone withdraw',
      'later create',
      'a alias',
      'secret create',
      'secret withdraw',
    ])
    const documents = listRows('document').map(({ target }) => target)
    expect(documents).toEqual(expect.arrayContaining(['feed:/rss.xml', 'article:b', 'page:/']))
    expect(documents.filter((target) => String(target).startsWith('link:'))).toEqual([])
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      record: 'end',
      lines: lines.length - 1,
      counts: { article: 5, audit: 9, link: 3 },
    })
  })

  it('has the same lines when it is repeated, except the header', () => {
    const desk = openSampleDesk()
    const [, ...first] = exportLines(desk.ledger, desk.clock)
    desk.clock.now += 1000
    const [, ...second] = exportLines(desk.ledger, desk.clock)
    expect(second).toEqual(first)
  })

  it('is split into pages of limited bytes and lines, and has every row exactly once', () => {
    const desk = openDesk()
    const html = `<p>${'"'.repeat(400_000)}</p>`
    for (let index = 0; index < 12; index += 1) expectOk(desk.publish(`long${index}`, { html }))
    for (let index = 0; index < 1500; index += 1) expectOk(desk.publish(`short${index}`))
    const limits = { ...PAGE_LIMITS, lines: 1000 }
    const pages = exportPages(desk.ledger, desk.clock, { limits })
    expect(pages.length).toBeGreaterThan(6)
    for (const text of pages) {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limits.bytes)
      expect(text.split('\n').length - 1).toBeLessThanOrEqual(limits.lines + 2)
    }
    const lines = pages.join('').trimEnd().split('\n')
    for (const [kind, count] of Object.entries(desk.ledger.countRecords()))
      expect(getRows(lines, kind), kind).toHaveLength(count)
  }, 20_000)

  it('repeats its pass over the documents until none is rendered during a pass', () => {
    const desk = openDesk()
    for (let index = 0; index < 30; index += 1)
      expectOk(desk.publish(`a${index}`, { tags: [`t${index}`] }))
    // The targets do not fit on one page, and are in another order than that in which the export
    // reads them.
    const targets = listAllTargets(desk.ledger)
      .filter((target) => target.includes('/tags/t'))
      .sort()
      .reverse()
    expect(targets).toHaveLength(120)
    let page = 0
    const lines = exportLines(desk.ledger, desk.clock, {
      limits: { ...PAGE_LIMITS, lines: 7 },
      meanwhile: () => {
        desk.clock.now += 1
        page += 1
        for (const target of page < 26 ? [] : targets.splice(0, 10))
          renderTarget(desk.ledger, PUBLICATION, target, desk.clock.now * 1000, true)
      },
    })
    expect(targets).toEqual([])
    const second = openMemoryLedger()
    importLines(second, lines)
    const kept = second.listDocuments('', 0, 1000)
    expect(kept).toHaveLength(120)
    expect(kept).toEqual(desk.ledger.listDocuments('', 0, 1000))
  })

  it('repeats links that change during the export, and a link that becomes the code of an article', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    const [old, other] = ['https://news.example/old', 'https://news.example/other']
    for (const code of ['moved', 'removed', 'alias']) expectOk(desk.putLink(code, { url: old }))
    const edits = [
      () => desk.putLink('moved', { url: other }),
      () => desk.putLink('alias', { article: 'a' }),
      () => desk.putLink('fresh', { url: other }),
      () => desk.removeLink('removed', 'A court demands it'),
      () => desk.putLink('moved', { url: old }),
    ]
    let page = 0
    const lines = exportLines(desk.ledger, desk.clock, {
      limits: { ...PAGE_LIMITS, lines: 1 },
      meanwhile: () => {
        // Each step runs after all links were exported once.
        page += 1
        if (page > 6) edits.shift()?.()
      },
    })
    expect(edits).toEqual([])
    const exportedLinks = getRows(lines, 'link').map(({ code, url, removed }) => [
      code,
      url,
      !!removed,
    ])
    expect(exportedLinks.slice(0, 3)).toEqual(
      ['alias', 'moved', 'removed'].map((code) => [code, old, false]),
    )
    expect(exportedLinks.slice(3)).toEqual(expect.arrayContaining([['removed', old, true]]))
    expect(exportedLinks.slice(3).map(([code]) => code)).toEqual(
      expect.arrayContaining(['fresh', 'moved']),
    )
    const copy = openMemoryLedger()
    expect(importLines(copy, lines)).toMatchObject({ value: { state: 'done' } })
    expect(copy.listLinks('', 10)).toEqual(desk.ledger.listLinks('', 10))
    expect(copy.listLinks('', 10).map(({ code }) => code)).toEqual(['fresh', 'moved', 'removed'])
    expect(copy.findCode('alias')).toEqual({ code: 'alias', article: 'a' })
  })

  it('rejects cursors that it did not create', () => {
    for (const text of ['', '{}', 'null', '[]', '{"stage":"articles"}', 'x'.repeat(100)])
      expect(parseCursor(text), text).toBeUndefined()
  })

  it('has every table and column, except those of which every desk has its own', () => {
    const columns = openInspectableLedger().columns.map((names) => names.join('.'))
    // Columns that the desk computes from others, so they are not exported.
    const derived = ['code.folded', 'channel.members', 'document.channel', 'document.until']
    // A new column must be exported and imported, or be added to `NOT_EXPORTED`.
    expect(columns.filter((name) => !NOT_EXPORTED.test(name) && !derived.includes(name))).toEqual([
      ...[
        'canonical',
        'code',
        'corrections',
        'digest',
        'ever_public',
        'html',
        'id',
        'published',
        'revision',
      ].map((name) => `article.${name}`),
      ...['source', 'state', 'story', 'updated', 'withdrawal_legal', 'withdrawal_reason'].map(
        (name) => `article.${name}`,
      ),
      'article.withdrawn_at',
      ...['action', 'article', 'at', 'change', 'digest', 'revision'].map((name) => `audit.${name}`),
      ...['key', 'last_position', 'title'].map((name) => `channel.${name}`),
      ...['article', 'change', 'code', 'created', 'expires', 'removal_legal'].map(
        (name) => `code.${name}`,
      ),
      ...['removed_at', 'revision', 'title', 'updated', 'url'].map((name) => `code.${name}`),
      ...['etag', 'fingerprint', 'modified', 'target'].map((name) => `document.${name}`),
      ...['article', 'channel', 'left_at', 'position', 'published'].map(
        (name) => `membership.${name}`,
      ),
    ])
  })
})

describe('an import', () => {
  it('results in a desk that serves the same bytes with the same validators, and has the same export', () => {
    const first = openSampleDesk()
    const lines = exportLines(first.ledger, first.clock)
    const second = openMemoryLedger()
    expect(importLines(second, lines, 7)).toMatchObject({ ok: true, value: { state: 'done' } })
    const clock = { now: first.clock.now + 86_400 }
    expect(readContents(second, clock)).toEqual(readContents(first.ledger, first.clock))
    expect(exportLines(second, clock).slice(1)).toEqual(lines.slice(1))
  })

  it('writes every row of every table and column, except those of which every desk has its own', () => {
    const [one, two] = [openInspectableLedger(), openInspectableLedger()]
    const desk = openSampleDesk(one.ledger)
    expectOk(desk.publish('b', { corrections: ['One is two'] }))
    expectOk(desk.putLink('titled', { url: 'https://news.example/x', title: 'A title' }))
    importLines(two.ledger, exportLines(desk.ledger, desk.clock))
    const exported = one.columns.filter(
      (names) => !NOT_EXPORTED.test(names.join('.')) && names.join('.') !== 'document.until',
    )
    const tables = Map.groupBy(exported, ([table]) => table)
    expect([...tables.keys()]).toHaveLength(6)
    for (const [table, columns] of tables) {
      // Documents of links, and those never rendered, are not exported.
      const query = `SELECT ${columns.map(([, column]) => `"${column}"`)} FROM ${table}
         ${table === 'document' ? "WHERE modified > 0 AND target NOT LIKE 'link:%'" : ''} ORDER BY 1, 2, 3`
      const rows = one.database.prepare(query).all()
      expect(two.database.prepare(query).all(), table).toEqual(rows)
      for (const [, column] of columns)
        expect(new Set(rows.map((row) => row[column])).size, `${table}.${column}`).toBeGreaterThan(
          1,
        )
    }
  })

  it('that is abandoned leaves nothing: clearing the ledger empties every table except settings and migrations', () => {
    const { database, ledger, columns } = openInspectableLedger()
    const desk = openSampleDesk(ledger)
    ledger.countUnknownCode('nothing', '2026-01-15', '2026-01-01', 10)
    const tables = [...new Set(columns.map(([table]) => table))].filter(
      (table) => !['setting', 'migration'].includes(table),
    )
    const counts = () =>
      tables.map((table) => database.prepare(`SELECT count(*) AS count FROM ${table}`).get())
    expect(desk.listQueued()).not.toEqual([])
    expect(counts()).not.toContainEqual({ count: 0 })
    ledger.clear()
    expect(new Set(counts().map((row) => row?.['count']))).toEqual(new Set([0]))
  })

  it('lets the second desk continue with the change numbers, positions, codes and embargoes of the first', () => {
    const first = openSampleDesk()
    const second = openDesk(openMemoryLedger())
    importLines(second.ledger, exportLines(first.ledger, first.clock))
    for (const desk of [first, second]) {
      desk.clock.now = START + 20_000
      expect(desk.release()).toBe(1)
      expect(desk.publish('c', { code: 'Mheng' })).toMatchObject({ ok: false })
      expectOk(desk.publish('c', { code: 'ccc', tags: ['space'] }))
      expectOk(desk.publish('gone', { republish: true }))
      for (const code of ['Tour', 'was', 'law', 'alias'])
        expect(desk.publish('d', { code })).toMatchObject({ failure: { reason: 'code-taken' } })
      expect(desk.putLink('was', { url: 'https://news.example/tour' })).toMatchObject({
        failure: { reason: 'link-removed' },
      })
      expectOk(desk.putLink('was', { url: 'https://news.example/was', republish: true }))
      expectOk(desk.removeLink('law'))
    }
    for (const kind of ['membership', 'link']) {
      const rows = (desk: TestDesk) =>
        getRows(exportLines(desk.ledger, desk.clock), kind).map(({ change: _, ...row }) => row)
      expect(rows(second)).toEqual(rows(first))
    }
    expect(second.ledger.getLastChange()).toBeGreaterThan(15)
  })

  it('includes codes without a destination, whose records in KV are the same as before', () => {
    const first = openSampleDesk()
    const second = openDesk(openMemoryLedger())
    importLines(second.ledger, exportLines(first.ledger, first.clock))
    const legal = 'A court demands it'
    const withdrawal = { gone: true, when: START + 60 }
    const result = (code: string) => readContents(second.ledger, second.clock).get(`link:${code}`)
    const record = (code: string, value: object) => ({
      kind: 'link',
      record: { codes: { [code]: value } },
    })
    expect(result('was')).toEqual(record('was', { ...withdrawal, page: true }))
    expect(result('law')).toEqual(record('law', { ...withdrawal, page: true, legal }))
    expect(result('gone')).toEqual(record('gone', withdrawal))
    expect(result('secret')).toEqual(record('secret', { ...withdrawal, legal }))
    for (const target of ['article:secret', 'page:/articles/secret'])
      expect(readContents(second.ledger, second.clock).get(target)).toMatchObject({
        validators: { status: 451 },
      })
    expect(findSimilarCodes(second.ledger, 'secon').map(({ code }) => code)).toEqual(['second'])
  })

  it('accepts an export of an earlier version, which has no links', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { code: 'mheng' }))
    expectOk(desk.withdraw('a', 'a reason'))
    const now = exportLines(desk.ledger, desk.clock)
    for (const version of [1, 2]) {
      const old = now.map((line) =>
        line.replace('"version":3', `"version":${version}`).replaceAll('"link":0,', ''),
      )
      expect(old.join()).not.toContain('"link"')
      const copy = openMemoryLedger()
      expect(importLines(copy, old)).toMatchObject({ ok: true, value: { state: 'done' } })
      expect(exportLines(copy, desk.clock).slice(1)).toEqual(now.slice(1))
    }
  })

  it('is refused if links are missing', () => {
    const desk = openSampleDesk()
    const lines = exportLines(desk.ledger, desk.clock)
    const kept = lines.filter((line) => !line.includes('"record":"link","code":"was"'))
    const digests = kept.slice(1, -1).reduce((sum, line) => chainDigest(sum, digest(line)), '')
    const end = { ...JSON.parse(kept.at(-1) ?? ''), lines: kept.length - 1, digest: digests }
    const result = importLines(openMemoryLedger(), [...kept.slice(0, -1), JSON.stringify(end)])
    expect(result).toMatchObject({
      failure: {
        why: expect.stringMatching(
          /^its end record counts 3 records of kind link, but the desk has 2/,
        ),
      },
    })
  })

  it('is refused by a desk that has nothing but links', () => {
    const desk = openDesk()
    expectOk(desk.putLink('tour', { url: 'https://news.example/tour' }))
    expect(
      importLines(desk.ledger, exportLines(openSampleDesk().ledger, desk.clock)),
    ).toMatchObject({
      failure: { reason: 'not-empty' },
    })
  })

  it('enqueues a sweep of all targets at its end, and nothing before', async () => {
    const first = openSampleDesk()
    const lines = exportLines(first.ledger, first.clock)
    const second = openDesk(openMemoryLedger())
    const { ledger } = second
    importLines(ledger, lines.slice(0, -1))
    expect(second.listQueued()).toEqual([])
    expect(isImporting(ledger)).toBe(true)
    importPage(
      ledger,
      PUBLICATION,
      buildImportPage(lines.slice(-1), lines.length, getExportName(lines)),
      0,
    )
    expect(isImporting(ledger)).toBe(false)
    expect(second.listQueued()).toEqual([SWEEP_TARGET])
    const unrelatedTarget = 'feed:/tags/nobody/rss.xml'
    while (
      !(await advanceSweep(
        ledger,
        () => 0,
        async () => ({ targets: [unrelatedTarget] }),
      ))
    )
      continue
    const kept = listAllTargets(ledger).filter(
      (target) =>
        !/later/.test(target) && (!target.includes('/tags/') || ledger.findDocument(target)),
    )
    expect(second.listQueued()).toEqual(expect.arrayContaining([...kept, unrelatedTarget]))
    expect(second.listQueued().join()).not.toContain('later')
  })

  it('changes nothing if a page is sent again, wholly or in part', () => {
    const first = openSampleDesk()
    const lines = exportLines(first.ledger, first.clock)
    const name = getExportName(lines)
    const second = openMemoryLedger()
    for (let at = 0; at < lines.length; at += 5) {
      for (const from of [at, Math.max(0, at - 3)]) {
        const page = buildImportPage(lines.slice(from, at + 5), from + 1, name)
        expect(importPage(second, PUBLICATION, page, 0)).toMatchObject({ ok: true })
      }
    }
    expect(getImportStatus(second)).toEqual({ state: 'done', export: name, lines: lines.length })
    expect(exportLines(second, first.clock).slice(1)).toEqual(lines.slice(1))
    expect(importLines(second, lines)).toMatchObject({ ok: true, value: { state: 'done' } })
  })

  it('resumes after the last imported line, even after the Durable Object has restarted', () => {
    const first = openSampleDesk()
    const lines = exportLines(first.ledger, first.clock)
    const database = new DatabaseSync(':memory:')
    const open = (): Ledger => {
      const ledger = createLedger(asSql(database), createTransaction(database))
      ledger.migrate()
      return ledger
    }
    importLines(open(), lines.slice(0, 11))
    const importStatus = getImportStatus(open())
    expect(importStatus).toEqual({ state: 'under-way', export: getExportName(lines), lines: 11 })
    const gap = importPage(
      open(),
      PUBLICATION,
      buildImportPage(lines.slice(12), 13, getExportName(lines)),
      0,
    )
    expect(gap).toMatchObject({
      failure: { why: 'line 12 was expected next, but line 13 was sent' },
    })
    importPage(open(), PUBLICATION, buildImportPage(lines.slice(11), 12, getExportName(lines)), 0)
    expect(readContents(open(), first.clock)).toEqual(readContents(first.ledger, first.clock))
  })

  it('is refused by a desk that has articles, wherever they came from', () => {
    const first = openSampleDesk()
    const lines = exportLines(first.ledger, first.clock)
    const nonEmpty = openDesk()
    expectOk(nonEmpty.publish('x', { published: START + 1000 }))
    const refusal = { ok: false, failure: { reason: 'not-empty' } }
    expect(importLines(nonEmpty.ledger, lines)).toMatchObject(refusal)
    expect(getImportStatus(nonEmpty.ledger)).toEqual({ state: 'occupied' })
    const second = openMemoryLedger()
    importLines(second, lines)
    first.clock.now += 1
    expect(importLines(second, exportLines(first.ledger, first.clock))).toMatchObject(refusal)
  })

  it('is refused if its feed ids differ (the message has both) or its version is later', () => {
    const lines = exportLines(openSampleDesk().ledger, { now: START })
    const ledger = openMemoryLedger()
    const tag = { authority: 'other.example', date: '2026' }
    expect(importPage(ledger, { ...PUBLICATION, tag }, buildImportPage(lines), 0)).toMatchObject({
      failure: {
        reason: 'import-refused',
        why: 'its TAG_AUTHORITY is "news.example", but this desk has "other.example"; every feed id would change',
      },
    })
    const newer = (lines[0] ?? '').replace('"version":3', '"version":4')
    expect(importPage(ledger, PUBLICATION, buildImportPage([newer]), 0)).toMatchObject({
      failure: { why: 'its format version is 4, but this desk reads versions up to 3' },
    })
    expect(getImportStatus(ledger)).toEqual({ state: 'empty' })
  })

  it('accepts only lines of the export that it began with, and can be abandoned', () => {
    const desk = openSampleDesk()
    const lines = exportLines(desk.ledger, desk.clock)
    desk.clock.now += 1
    const others = exportLines(desk.ledger, desk.clock)
    const second = openMemoryLedger()
    expect(abandonImport(second)).toMatchObject({ ok: false })
    importLines(second, lines.slice(0, 20))
    expect(importLines(second, others)).toMatchObject({
      failure: { why: `the import of "${getExportName(lines)}" is under way` },
    })
    expect(abandonImport(second)).toEqual({ ok: true, value: { state: 'empty' } })
    expect(Object.values(second.countRecords())).toEqual([0, 0, 0, 0, 0, 0, 0])
    expect(second.listSimilarFoldedCodes([], ['second'])).toEqual([])
    expect(importLines(second, others)).toMatchObject({ ok: true, value: { state: 'done' } })
    expect(abandonImport(second)).toMatchObject({ ok: false })
    expect(readContents(second, desk.clock)).toEqual(readContents(desk.ledger, desk.clock))
  })

  it.each<[string, (lines: string[]) => string[], RegExp]>([
    [
      'a changed line',
      (lines) => lines.map((line) => line.replace('"a reason"', '"no reason"')),
      /^its digest differs from the digest of the imported lines/,
    ],
    [
      'a missing line',
      (lines) => lines.filter((line) => !line.includes('"code":"second","article"')),
      /^its end record counts \d+ lines, but \d+ were imported/,
    ],
    [
      'two swapped lines',
      ([header = '', one = '', two = '', ...rest]) => [header, two, one, ...rest],
      /^its digest/,
    ],
  ])(
    'with %s is refused at the end, and can be started again once it is abandoned',
    (_, damage, why) => {
      const desk = openSampleDesk()
      const lines = exportLines(desk.ledger, desk.clock)
      const second = openMemoryLedger()
      const result = importLines(second, damage(lines))
      expect(result).toMatchObject({ failure: { reason: 'import-refused' } })
      expect(!result.ok && 'why' in result.failure && result.failure.why).toMatch(why)
      expect(isImporting(second)).toBe(true)
      abandonImport(second)
      expect(importLines(second, lines)).toMatchObject({ ok: true })
    },
  )

  it('deletes documents that the desk had rendered while it was empty', () => {
    const first = openDesk()
    expectOk(first.publish('a'))
    const second = openDesk(openMemoryLedger())
    const far = (START + 90_000) * 1000
    for (const target of ['feed:/rss.xml', 'page:/'])
      renderTarget(second.ledger, PUBLICATION, target, far, true)
    importLines(second.ledger, exportLines(first.ledger, first.clock))
    expect(readContents(second.ledger, first.clock)).toEqual(
      readContents(first.ledger, first.clock),
    )
  })
})

describe('a page', () => {
  const lines = exportLines(openSampleDesk().ledger, { now: START })
  const parse = (text: string | Uint8Array, line = 1) =>
    parsePage('x', line, typeof text === 'string' ? new TextEncoder().encode(text) : text)
  const article = lines[1] ?? ''

  it.each<[string, string | Uint8Array, number, string]>([
    ['no lines', '\n \n', 2, 'there are no lines'],
    ['invalid JSON', `${article}\n{"record":`, 2, 'line 3: the line is not JSON'],
    [
      'a duplicate key',
      '{"record":"code","code":"a","code":"b"}',
      2,
      'line 2: the key "code" occurs twice in one object',
    ],
    ['invalid UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 9, 'line 9: the line is not UTF-8'],
  ])('with %s is unparsable', (_, text, line, why) => {
    expect(parse(text, line)).toMatchObject({ failure: { reason: 'unparsable', why } })
  })

  it.each<[string, string, number, string]>([
    ['an unknown kind', '{"record":"secret"}', 2, 'line 2: the line is not a record of an export'],
    ['a value that is not an object', '7', 2, 'line 2: the line is not a record of an export'],
    [
      'a header that is not its first line',
      lines[0] ?? '',
      2,
      'line 2: the header must be the first line',
    ],
    [
      'no header at the beginning of the export',
      article,
      1,
      'line 1: the header must be the first line',
    ],
    [
      'a record after the end record',
      `${lines.at(-1)}\n${article}`,
      2,
      'line 3: the line follows the end record',
    ],
    [
      'an unknown key',
      article.replace('"revision"', '"x":1,"revision"'),
      2,
      'line 2: "x" of the article record is missing or invalid',
    ],
    [
      'a time outside of the accepted range',
      article.replace(/"published":\d+/, '"published":1e17'),
      2,
      'line 2: "published" of the article record is missing or invalid',
    ],
    [
      'an address that executes a script',
      article.replace('"https://news', '"javascript://news'),
      2,
      'line 2: "canonical" of the article record is missing or invalid',
    ],
    [
      'a channel key in another spelling',
      '{"record":"channel","key":"tags/A","title":"A","positions":1}',
      2,
      'line 2: "key" of the channel record is missing or invalid',
    ],
    [
      'a document with an unknown target',
      '{"record":"document","target":"sweep:","etag":"","modified":1,"fingerprint":"x"}',
      2,
      'line 2: "target" of the document record is missing or invalid',
    ],
  ])('with %s is invalid', (_, text, line, detail) => {
    expect(parse(text, line)).toMatchObject({
      failure: { reason: 'invalid', faults: [{ detail }] },
    })
  })

  it('may have CR LF line endings', () => {
    const second = openMemoryLedger()
    const page = parsePage(getExportName(lines), 1, new TextEncoder().encode(lines.join('\r\n')))
    expect(page.ok && importPage(second, PUBLICATION, page.value, 0)).toMatchObject({ ok: true })
  })
})
