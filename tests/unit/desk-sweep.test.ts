/**
 * Checks the sweep: page by page, it enqueues everything in the ledger and every unknown key in KV,
 * while publishing continues.
 */
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import { createLedger, type Ledger } from '../../src/desk/ledger/ledger.ts'
import { advanceSweep, beginSweep, type ListWire, SWEEP_TARGET } from '../../src/desk/sweep.ts'
import { ALL_CHANNEL, formatChannelKey } from '../../src/model/channel.ts'
import { foldCode } from '../../src/model/code.ts'
import { expectOk, openDesk, PUBLICATION, START, type TestDesk } from '../support/drafts.ts'
import { asSql, createTransaction } from '../support/sqlite.ts'

const failToList: ListWire = async () => {
  throw new Error('KV was listed')
}
const listNothing: ListWire = async () => ({ targets: [] })

/** Simulates KV with these keys, listed in pages of ten. */
function createWireList(keys: string[]): { list: ListWire; cursors: (string | undefined)[] } {
  const cursors: (string | undefined)[] = []
  return {
    cursors,
    list: async (cursor) => {
      cursors.push(cursor)
      const from = Number(cursor ?? 0)
      const targets = keys.slice(from, from + 10)
      return from + 10 >= keys.length ? { targets } : { targets, cursor: String(from + 10) }
    },
  }
}

const NOW = START * 1000
const advance = (ledger: Ledger, list: ListWire): Promise<boolean> =>
  advanceSweep(ledger, () => NOW, list)

/** Runs the sweep until it ends, and returns the number of pages. */
async function runToEnd(ledger: Ledger, list: ListWire): Promise<number> {
  for (let page = 1; page <= 100; page += 1) if (await advance(ledger, list)) return page
  throw new Error('The sweep does not end')
}

/**
 * Opens a desk with public, withdrawn and embargoed articles, some tracked documents, and an empty
 * outbox.
 */
function openFilled(count: number, database = new DatabaseSync(':memory:')): TestDesk {
  const ledger = createLedger(asSql(database), createTransaction(database))
  ledger.migrate()
  const desk = openDesk(ledger)
  for (let index = 0; index < count; index += 1)
    expectOk(desk.publish(`a${index}`, { code: `Code${index}`, tags: ['x'] }))
  expectOk(desk.publish('gone', { code: 'gone' }))
  expectOk(desk.withdraw('gone'))
  expectOk(desk.publish('later', { code: 'later', published: START + 1000 }))
  for (const target of ['feed:/rss.xml', 'page:/', 'feed:/tags/x/atom.xml', 'page:/articles/a0'])
    renderTarget(ledger, PUBLICATION, target, NOW, true)
  desk.emptyOutbox()
  return desk
}

const listTargets = (count: number): string[] => [
  ...Array.from({ length: count }, (_, index) => `a${index}`).flatMap((id) => [
    `article:${id}`,
    `page:/articles/${id}`,
    `link:${foldCode(`Code${id.slice(1)}`)}`,
  ]),
  'article:gone',
  'page:/articles/gone',
  'link:gone',
  'feed:/rss.xml',
  'page:/',
  'feed:/tags/x/atom.xml',
]

describe('a rebuild', () => {
  it('enqueues every article, page, link and document over several pages, and nothing embargoed', async () => {
    const desk = openFilled(410)
    beginSweep(desk.ledger, 'rebuild', NOW)
    expect(await runToEnd(desk.ledger, listNothing)).toBeGreaterThan(4)
    expect(desk.listQueued()).toEqual([...listTargets(410), SWEEP_TARGET].sort())
    expect(await advance(desk.ledger, failToList)).toBe(true)
  })

  it('enqueues everything again, including what was sent before', async () => {
    const desk = openFilled(1)
    const target = 'feed:/rss.xml'
    desk.ledger.enqueue(target, 7, NOW)
    const rendering = renderTarget(desk.ledger, PUBLICATION, target, NOW, false)
    if (rendering.kind !== 'content' || rendering.fingerprint === undefined)
      throw new Error(rendering.kind)
    desk.ledger.markSent({ target, sequence: 7, attempts: 0, due: 0 }, rendering.fingerprint, NOW)
    const wasSent = (): boolean => {
      const again = renderTarget(desk.ledger, PUBLICATION, target, NOW, false)
      return again.kind === 'content' && again.wasSent
    }
    expect(wasSent()).toBe(true)
    beginSweep(desk.ledger, 'rebuild', NOW)
    await runToEnd(desk.ledger, listNothing)
    expect(wasSent()).toBe(false)
    expect(desk.ledger.findDocument(target)?.modified).toBe(START)
  })

  it('enqueues unknown keys, which are then deleted, and does not enqueue tracked keys', async () => {
    const desk = openFilled(3)
    const unknownKeys = [
      'article:nobody',
      'article:later',
      'page:/articles/later',
      'link:later',
      'link:Code1',
      'page:/tags/%78',
      'feed:/tags/nobody/rss.xml',
      'junk',
      'unknown-prefix:x',
    ]
    const trackedKeys = listTargets(3)
    const { list, cursors } = createWireList([...trackedKeys, ...unknownKeys])
    beginSweep(desk.ledger, 'rebuild', NOW)
    for (let page = 0; page < 3; page += 1) await advance(desk.ledger, list)
    expect(cursors).toEqual([])
    desk.emptyOutbox()
    await runToEnd(desk.ledger, list)
    expect(cursors).toEqual([undefined, '10', '20'])
    expect(desk.listQueued()).toEqual([...unknownKeys].sort())
    for (const target of unknownKeys) {
      const rendering = renderTarget(desk.ledger, PUBLICATION, target, NOW, false)
      expect(rendering).toMatchObject({ kind: 'content', content: { kind: 'absent' } })
    }
  })

  it('resumes after a restart, both among the articles and among the unknown keys', async () => {
    const database = new DatabaseSync(':memory:')
    const desk = openFilled(410, database)
    const unknownKeys = Array.from({ length: 25 }, (_, index) => `junk${index}`)
    const { list, cursors } = createWireList(unknownKeys)
    beginSweep(desk.ledger, 'rebuild', NOW)
    let hasEnded = false
    let restarts = 0
    let ledger = desk.ledger
    while (!hasEnded) {
      hasEnded = await advance(ledger, list)
      ledger = createLedger(asSql(database), createTransaction(database))
      ledger.migrate()
      restarts += 1
    }
    expect(restarts).toBeGreaterThan(6)
    expect(cursors).toEqual([undefined, '10', '20'])
    expect(desk.listQueued()).toEqual([...listTargets(410), ...unknownKeys, SWEEP_TARGET].sort())
  })

  it('keeps its position if KV cannot be listed', async () => {
    const desk = openFilled(1)
    beginSweep(desk.ledger, 'rebuild', NOW)
    for (let page = 0; page < 3; page += 1) await advance(desk.ledger, failToList)
    await expect(advance(desk.ledger, failToList)).rejects.toThrow('KV was listed')
    const { list } = createWireList(['junk'])
    expect(await runToEnd(desk.ledger, list)).toBe(1)
    expect(desk.listQueued()).toContain('junk')
  })

  it('does not stop publishing: changes are enqueued meanwhile, and the rebuild still ends', async () => {
    const desk = openFilled(410)
    beginSweep(desk.ledger, 'rebuild', NOW)
    let hasEnded = false
    for (let page = 0; !hasEnded && page < 50; page += 1) {
      hasEnded = await advance(desk.ledger, listNothing)
      expectOk(desk.publish(`b${page}`, { code: `new${page}` }))
      expectOk(desk.publish('a1', { title: `Edit ${page}` }))
    }
    expect(hasEnded).toBe(true)
    const queued = desk.listQueued()
    expect(queued).toEqual(
      expect.arrayContaining([...listTargets(410), 'article:b0', 'link:new0', 'article:b4']),
    )
  })

  it('starts from the beginning if it is started again during a page', async () => {
    const desk = openFilled(1)
    beginSweep(desk.ledger, 'rebuild', NOW)
    for (let page = 0; page < 3; page += 1) await advance(desk.ledger, failToList)
    const listLate: ListWire = async () => {
      beginSweep(desk.ledger, 'rebuild', NOW)
      desk.emptyOutbox()
      return { targets: ['junk'] }
    }
    expect(await advance(desk.ledger, listLate)).toBe(false)
    expect(desk.listQueued()).toEqual([])
    await runToEnd(desk.ledger, listNothing)
    expect(desk.listQueued()).toEqual(listTargets(1).sort())
  })
})

describe('links to pages', () => {
  const LINKS = Array.from({ length: 405 }, (_, index) => `Page-${index}`)

  function openWithLinks(): TestDesk {
    const desk = openFilled(1)
    for (const code of LINKS) expectOk(desk.putLink(code, { url: 'https://news.example/about' }))
    expectOk(desk.putLink('was', { url: 'https://news.example/was' }))
    expectOk(desk.removeLink('was', 'A court demands it'))
    expectOk(desk.putLink('again', { article: 'a0' }))
    desk.emptyOutbox()
    return desk
  }
  const linkTargets = [...LINKS.map((code) => `link:${foldCode(code)}`), 'link:was', 'link:again']

  it.each(['rebuild', 'renew'] as const)(
    'are enqueued by a %s page by page, including removed ones',
    async (kind) => {
      const desk = openWithLinks()
      beginSweep(desk.ledger, kind, NOW)
      await runToEnd(desk.ledger, listNothing)
      expect(desk.listQueued()).toEqual([...listTargets(1), ...linkTargets, SWEEP_TARGET].sort())
    },
  )

  it('are sent again by a rebuild, including those sent before', async () => {
    const desk = openWithLinks()
    const target = 'link:was'
    desk.ledger.enqueue(target, 7, NOW)
    const sent = renderTarget(desk.ledger, PUBLICATION, target, NOW, false)
    if (sent.kind !== 'content' || sent.fingerprint === undefined) throw new Error(sent.kind)
    desk.ledger.markSent({ target, sequence: 7, attempts: 0, due: 0 }, sent.fingerprint, NOW)
    const renderAt = (at: number) => renderTarget(desk.ledger, PUBLICATION, target, at, false)
    expect(renderAt(NOW)).toMatchObject({ wasSent: true })
    beginSweep(desk.ledger, 'rebuild', NOW)
    await runToEnd(desk.ledger, listNothing)
    // The record is the same, including its time.
    expect(renderAt(NOW + 90_000)).toEqual({ ...sent, wasSent: false })
  })

  it('have keys that a rebuild does not enqueue as unknown, unlike the keys of unknown codes', async () => {
    const desk = openWithLinks()
    beginSweep(desk.ledger, 'rebuild', NOW)
    const { list, cursors } = createWireList([
      'link:page-1',
      'link:was',
      'link:again',
      'link:Page-1',
      'link:page',
    ])
    while (cursors.length === 0) {
      desk.emptyOutbox()
      await advance(desk.ledger, list)
    }
    expect(desk.listQueued()).toEqual(['link:Page-1', 'link:page'])
  })
})

describe('a renewal', () => {
  it('enqueues everything in the ledger and does not list KV', async () => {
    const desk = openFilled(210)
    beginSweep(desk.ledger, 'renew', NOW)
    await runToEnd(desk.ledger, failToList)
    expect(desk.listQueued()).toEqual([...listTargets(210), SWEEP_TARGET].sort())
  })

  it('does not end a rebuild that is running', async () => {
    const desk = openFilled(1)
    beginSweep(desk.ledger, 'rebuild', NOW)
    beginSweep(desk.ledger, 'renew', NOW)
    const { list, cursors } = createWireList(['junk'])
    await runToEnd(desk.ledger, list)
    expect(cursors).toEqual([undefined])
    expect(desk.listQueued()).toContain('junk')
  })

  it('does not repeat a rebuild that has ended', async () => {
    const desk = openFilled(1)
    beginSweep(desk.ledger, 'rebuild', NOW)
    await runToEnd(desk.ledger, listNothing)
    beginSweep(desk.ledger, 'renew', NOW)
    await runToEnd(desk.ledger, failToList)
    expect(desk.ledger.listTargetsOfGroups([formatChannelKey(ALL_CHANNEL)])).toContain(
      'feed:/rss.xml',
    )
  })
})
