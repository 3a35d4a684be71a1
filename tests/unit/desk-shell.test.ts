/**
 * Simulates the desk without workerd: its alarm, its RPC and its outbox. KV writes run until the
 * test ends them, and only the test moves the clock.
 */

import { describe, expect, it, vi } from 'vitest'
import { Desk } from '../../src/desk/desk.ts'
import type { FoldedLink } from '../../src/desk/protocol.ts'
import { foldCode } from '../../src/model/code.ts'
import type { Result } from '../../src/model/failures.ts'
import { buildImportPage, exportLines, getExportName } from '../support/copies.ts'
import { buildDraft, expectOk, openDesk, START } from '../support/drafts.ts'
import { runPending, SETTINGS, SimulatedDesk, useFakeClock } from '../support/simulated-desk.ts'

useFakeClock()

describe('a bulk run', () => {
  const sendBulk = async (
    simulation: SimulatedDesk,
    from: number,
    count: number,
  ): Promise<void> => {
    const drafts = Array.from({ length: count }, (_, index) => buildDraft(`b${from + index}`))
    const result = await simulation.desk.publishAll(drafts, true)
    expect(result.ok && result.value.every(({ ok }) => ok)).toBe(true)
    await runPending()
  }
  const expectRendered = async (simulation: SimulatedDesk): Promise<void> => {
    expect((await simulation.desk.getContent('feed:/rss.xml')).ok).toBe(true)
    expect(await simulation.drainAll()).toBe(true)
  }

  it('publishes each draft separately, in order, and returns no texts', async () => {
    const simulation = new SimulatedDesk(Desk)
    const drafts = [
      buildDraft('a', { code: 'same' }),
      buildDraft('b', { code: 'same' }),
      buildDraft('c'),
    ]
    const result = await simulation.desk.publishAll(drafts, false)
    if (!result.ok) throw new Error(result.failure.reason)
    expect(
      result.value.map((outcome) =>
        outcome.ok ? outcome.value.article.id : outcome.failure.reason,
      ),
    ).toEqual(['a', 'code-taken', 'c'])
    const [first] = result.value
    expect(first?.ok && first.value.article.story).toMatchObject({ html: '', source: { text: '' } })
    expect(simulation.ledger.findArticle('a')?.story.html).not.toBe('')
  })

  it('sends its articles to KV after its end, but sends news at once', async () => {
    const simulation = new SimulatedDesk(Desk)
    for (let call = 0; call < 10; call += 1) {
      await sendBulk(simulation, call * 5, 5)
      await simulation.advanceClock(500)
    }
    expect(simulation.writes).toEqual([])
    await simulation.publish('news')
    expect(simulation.writes.map(({ key }) => key)).toContain('article:news')
    expect(simulation.writes.map(({ key }) => key)).not.toContain('article:b0')
    expect(simulation.ledger.countOutbox(Date.now())).toMatchObject({ backlog: 150 })
    expect(await simulation.drainAll()).toBe(true)
    expect(simulation.kv.get('article:b0')).toBeDefined()
    expect(simulation.listDifferingKeys()).toEqual([])
  })

  it('renders a feed document once for all changes within some seconds', async () => {
    const simulation = new SimulatedDesk(Desk)
    await expectRendered(simulation)
    let renderings = 0
    for (let call = 0; call < 40; call += 1) {
      await sendBulk(simulation, call * 5, 5)
      await simulation.advanceClock(250)
      renderings += simulation.writes.filter(({ key }) => key === 'feed:/rss.xml').length
      await simulation.completeWrites('succeeds')
    }
    expect(renderings).toBeGreaterThanOrEqual(2)
    expect(renderings).toBeLessThanOrEqual(4)
    expect(simulation.kv.get('feed:/rss.xml')).toContain('2026:b1')
    expect(await simulation.drainAll()).toBe(true)
    expect(simulation.kv.get('feed:/rss.xml')).toContain('2026:b199')
    expect(simulation.listDifferingKeys()).toEqual([])
  })

  it('does not delay its articles for ever if it takes long', async () => {
    const simulation = new SimulatedDesk(Desk)
    for (let call = 0; call < 700; call += 1) {
      if (call % 100 === 0) await sendBulk(simulation, call, 1)
      else await simulation.desk.publishAll([], true)
      await simulation.advanceClock(500)
      await simulation.completeWrites('succeeds')
    }
    expect(simulation.kv.get('article:b0')).toBeDefined()
    expect(await simulation.drainAll()).toBe(true)
  })

  it('resumes after an eviction', async () => {
    const simulation = new SimulatedDesk(Desk)
    await sendBulk(simulation, 0, 30)
    await simulation.evict(() => false)
    expect(await simulation.drainAll()).toBe(true)
    expect(simulation.kv.get('article:b29')).toBeDefined()
    expect(simulation.listDifferingKeys()).toEqual([])
  })
})

describe('the links that a change returns', () => {
  const CODE = { code: 'Own' }
  const readLinksAfter = async (
    simulation: SimulatedDesk,
    change: Promise<Result<{ links: FoldedLink[] }>>,
  ): Promise<FoldedLink[]> => {
    const outcome = await change
    if (!outcome.ok) throw new Error(outcome.failure.reason)
    // KV must get the bytes of the returned record.
    expect(await simulation.drainAll()).toBe(true)
    for (const { folded, record } of outcome.value.links)
      expect(simulation.kv.get(`link:${folded}`)).toBe(record && JSON.stringify(record))
    return outcome.value.links
  }
  const buildMovedDraft = (canonical: string) => buildDraft('a', { ...CODE, canonical })

  it('are those of all codes of an article, its primary code first', async () => {
    const simulation = new SimulatedDesk(Desk)
    const { desk } = simulation
    const [first] = await readLinksAfter(simulation, desk.publish(buildDraft('a', CODE), {}))
    expect(first).toMatchObject({
      folded: foldCode('Own'),
      record: { codes: { Own: { id: 'a' } } },
    })
    const alias = { code: 'abc', to: { article: 'a' }, republish: false }
    expect(await readLinksAfter(simulation, desk.putLink(alias, {}))).toMatchObject([
      { folded: foldCode('abc'), record: { codes: { abc: { id: 'a' } } } },
    ])
    const to = 'https://news.example/moved'
    const moved = await readLinksAfter(simulation, desk.publish(buildMovedDraft(to), {}))
    expect(moved).toMatchObject([
      { folded: foldCode('Own'), record: { codes: { Own: { to } } } },
      { folded: foldCode('abc'), record: { codes: { abc: { to } } } },
    ])
    expect(moved[0]?.record?.at).toBeGreaterThan(first?.record?.at ?? Number.POSITIVE_INFINITY)
    const repeated = await desk.publish(buildMovedDraft(to), {})
    expect(repeated).toMatchObject({ ok: true, value: { changed: false, links: [] } })
    expect(await readLinksAfter(simulation, desk.withdraw('a', {}, {}))).toMatchObject([
      { record: { codes: { Own: { gone: true } } } },
      { record: { codes: { abc: { gone: true } } } },
    ])
  })

  it('have the record of the link that changed, and no record of a code that is not public yet', async () => {
    const simulation = new SimulatedDesk(Desk)
    const { desk } = simulation
    const url = 'https://news.example/page'
    const page = { code: 'Tour', to: { url }, republish: false }
    expect(await readLinksAfter(simulation, desk.putLink(page, {}))).toMatchObject([
      { folded: foldCode('Tour'), record: { codes: { Tour: { to: url } } } },
    ])
    expect(await readLinksAfter(simulation, desk.removeLink('Tour', undefined, {}))).toMatchObject([
      { record: { codes: { Tour: { gone: true, page: true } } } },
    ])
    const embargoed = buildDraft('later', { code: 'soon', published: START + 60 })
    expect(await readLinksAfter(simulation, desk.publish(embargoed, {}))).toEqual([
      { folded: foldCode('soon') },
    ])
  })
})

describe('the overview', () => {
  it('counts an embargoed article as waiting from the end of its embargo, and reports refused settings', async () => {
    const simulation = new SimulatedDesk(Desk)
    await simulation.publish('later', { published: START + 60 })
    const readOverview = async () => {
      const overview = await simulation.desk.getOverview()
      if (!overview.ok) return overview.failure
      const { rows, oldestSince, now } = overview.value
      return { rows, age: oldestSince === null ? null : now - oldestSince }
    }
    expect(await readOverview()).toEqual({ rows: 0, age: null })
    vi.setSystemTime((START + 360) * 1000)
    expect(await readOverview()).toEqual({ rows: 0, age: 300_000 })
    simulation.restart({ ...SETTINGS, TAG_AUTHORITY: 'other.example' })
    expect(await readOverview()).toMatchObject({ reason: 'settings-refused' })
  })
})

describe('the alarm', () => {
  it('is set again by the next request if it was lost', async () => {
    const simulation = new SimulatedDesk(Desk)
    await simulation.publish('a')
    await simulation.publish('later', { published: START + 3600 })
    simulation.alarm = undefined
    await simulation.evict(() => false)
    expect(simulation.alarm).toBeLessThanOrEqual(Date.now())
    expect(await simulation.drainAll()).toBe(true)
    simulation.alarm = undefined
    await simulation.evict(() => false)
    expect(simulation.alarm).toBe((START + 3600) * 1000)
  })

  it('is set in the turn of the commit, before the response', async () => {
    const simulation = new SimulatedDesk(Desk)
    const result = simulation.desk.publish(buildDraft('a'), {})
    expect(simulation.ledger.countOutbox(Date.now()).rows).toBe(3)
    expect(simulation.alarm).toBeLessThanOrEqual(Date.now() + 1000)
    expect((await result).ok).toBe(true)
  })

  it('is set as long as something is enqueued or embargoed, and not longer', async () => {
    const simulation = new SimulatedDesk(Desk)
    await simulation.publish('a')
    await simulation.publish('later', { published: START + 3600 })
    expect(simulation.alarm).toBeDefined()
    expect(await simulation.drainAll()).toBe(true)
    expect(simulation.alarm).toBe((START + 3600) * 1000)
    await simulation.advanceClock(3600_000)
    expect(await simulation.drainAll()).toBe(true)
    expect(simulation.alarm).toBeUndefined()
    expect(JSON.parse(simulation.kv.get('article:later') ?? '{}')).toMatchObject({
      status: 'public',
    })
  })

  it('fires when the content of a document expires, and then the document is rendered again', async () => {
    const simulation = new SimulatedDesk(Desk)
    await simulation.publish('a')
    expect(await simulation.drainAll()).toBe(true)
    const soon = Math.floor(Date.now() / 1000) + 3600
    const old = { target: 'page:/', etag: 'old', modified: 1, fingerprint: 'old' }
    simulation.ledger.saveDocument({ ...old, until: soon })
    await simulation.evict(() => false)
    expect(await simulation.drainAll()).toBe(true)
    expect(simulation.alarm).toBe(soon * 1000)
    await simulation.advanceClock(3600_000)
    expect(await simulation.drainAll()).toBe(true)
    expect(simulation.alarm).toBeUndefined()
    expect(simulation.kv.get('page:/')).toContain('Story a')
  })

  it('does not fire repeatedly while rows wait for slow writes', async () => {
    const simulation = new SimulatedDesk(Desk)
    for (let index = 0; index < 30; index += 1) await simulation.publish(`a${index}`)
    simulation.fired = 0
    simulation.armed = 0
    await simulation.advanceClock(60_000)
    expect(simulation.writes).toHaveLength(6)
    expect(simulation.fired).toBeGreaterThan(0)
    expect(simulation.fired).toBeLessThanOrEqual(6)
    expect(simulation.armed).toBeLessThan(30)
    expect(await simulation.drainAll()).toBe(true)
    expect(simulation.listDifferingKeys()).toEqual([])
  })

  it('fires for a key that changed during its write, although another write hangs', async () => {
    const simulation = new SimulatedDesk(Desk)
    await simulation.publish('hung')
    expect(simulation.writes.length).toBe(3)
    await simulation.publish('a')
    await simulation.publish('a', { title: 'Second' })
    await simulation.completeWrites('succeeds', 'article:a')
    expect(simulation.kv.get('article:a')).not.toContain('Second')
    await simulation.advanceClock(1200)
    await simulation.completeWrites('succeeds', 'article:a')
    expect(simulation.kv.get('article:a')).toContain('Second')
  })

  it('fires for a failed key, although another write hangs', async () => {
    const simulation = new SimulatedDesk(Desk)
    await simulation.publish('hung')
    await simulation.publish('a')
    await simulation.completeWrites('fails', 'article:a')
    await simulation.advanceClock(1100)
    expect(simulation.writes.map(({ key }) => key)).toContain('article:a')
  })

  it('continues after an eviction at any moment, without a request', async () => {
    const simulation = new SimulatedDesk(Desk)
    await simulation.publish('a')
    await simulation.evict(() => false)
    expect(simulation.kv.size).toBe(0)
    expect(await simulation.drainAll()).toBe(true)
    expect(simulation.kv.size).toBe(3)
  })

  it("is set when a reader's request starts an object whose settings have changed", async () => {
    const simulation = new SimulatedDesk(Desk)
    await simulation.publish('a')
    await simulation.desk.getContent('feed:/rss.xml')
    expect(await simulation.drainAll()).toBe(true)
    const desk = simulation.restart({ ...SETTINGS, TITLE: 'A new name' })
    await desk.getOverview()
    expect(simulation.alarm).toBeDefined()
    await simulation.advanceClock(5000)
    expect(await simulation.drainAll()).toBe(true)
    expect(simulation.kv.get('feed:/rss.xml')).toContain('A new name')
  })

  it('never throws, and is set again when its work throws', async () => {
    const simulation = new SimulatedDesk(Desk)
    await simulation.publish('later', { published: START + 5 })
    simulation.database.exec('ALTER TABLE membership RENAME TO hidden')
    simulation.alarm = undefined
    vi.setSystemTime((START + 10) * 1000)
    await simulation.desk.alarm()
    expect(simulation.alarm).toBe(Date.now() + 15_000)
    simulation.database.exec('ALTER TABLE hidden RENAME TO membership')
    await simulation.advanceClock(20_000)
    expect(await simulation.drainAll()).toBe(true)
    expect(simulation.kv.has('article:later')).toBe(true)
  })
})

describe('an import', () => {
  it('disables the alarm and the release of embargoes until its end, even in a new object', async () => {
    const first = openDesk()
    expectOk(first.publish('a'))
    expectOk(first.publish('later', { published: START + 60 }))
    const lines = exportLines(first.ledger, first.clock)
    const simulation = new SimulatedDesk(Desk)
    await simulation.desk.getContent('feed:/rss.xml')
    await simulation.advanceClock(5)
    const refusal = { ok: false, failure: { reason: 'import-under-way' } }
    expect(await simulation.desk.importPage(buildImportPage(lines.slice(0, -1)))).toMatchObject({
      ok: true,
    })
    expect(await simulation.desk.publish(buildDraft('b'), {})).toMatchObject(refusal)
    expect(await simulation.desk.publishAll([buildDraft('b')], true)).toMatchObject(refusal)
    expect(await simulation.desk.getContent('article:a')).toMatchObject(refusal)
    simulation.restart()
    expect(await simulation.desk.open()).toMatchObject({ ok: true })
    simulation.fired = 0
    await simulation.advanceClock(120_000)
    expect(simulation.fired).toBeLessThan(3)
    expect(simulation.alarm).toBeUndefined()
    expect(simulation.ledger.findArticle('later')?.state).toBe('embargoed')
    expect([...simulation.kv.keys(), ...simulation.writes.map(({ key }) => key)]).not.toContain(
      'article:a',
    )

    const end = buildImportPage(lines.slice(-1), lines.length, getExportName(lines))
    expect(await simulation.desk.importPage(end)).toMatchObject({ value: { state: 'done' } })
    expect(simulation.alarm).toBeLessThanOrEqual(Date.now() + 1000)
    expect(await simulation.drainAll()).toBe(true)
    expect(simulation.listDifferingKeys()).toEqual([])
    expect(simulation.kv.get('article:later')).toContain('public')
    expect((await simulation.desk.publish(buildDraft('b'), {})).ok).toBe(true)
  })
})

describe('settings', () => {
  it('that are part of feed ids are refused if they change, and then nothing is done', async () => {
    const simulation = new SimulatedDesk(Desk)
    await simulation.publish('a')
    expect(await simulation.drainAll()).toBe(true)
    const desk = simulation.restart({ ...SETTINGS, TAG_DATE: '2027' })
    const result = await desk.publish(buildDraft('b'), {})
    expect(result).toMatchObject({ ok: false, failure: { reason: 'settings-refused' } })
    expect(await desk.getContent('feed:/rss.xml')).toMatchObject({ ok: false })
    expect(simulation.ledger.findArticle('b')).toBeUndefined()
    expect((await simulation.restart().publish(buildDraft('b'), {})).ok).toBe(true)
  })
})
