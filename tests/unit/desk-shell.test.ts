/**
 * The desk without workerd: its alarm, its RPC and its outbox, with KV writes that run until the
 * test ends them and a clock that only the test moves.
 */

import { describe, expect, it, vi } from 'vitest'
import { Desk } from '../../src/desk/desk.ts'
import type { FoldedLink } from '../../src/desk/protocol.ts'
import { foldCode } from '../../src/model/code.ts'
import type { Result } from '../../src/model/failures.ts'
import { buildImportPage, exportLines, getExportName } from '../support/copies.ts'
import { runPending, SETTINGS, SimulatedDesk, useFakeClock } from '../support/desk-world.ts'
import { buildDraft, expectOk, openDesk, START } from '../support/drafts.ts'

useFakeClock()

describe('a bulk run', () => {
  const send = async (world: SimulatedDesk, from: number, count: number): Promise<void> => {
    const drafts = Array.from({ length: count }, (_, index) => buildDraft(`b${from + index}`))
    const answer = await world.desk.publishAll(drafts, true)
    expect(answer.ok && answer.value.every(({ ok }) => ok)).toBe(true)
    await runPending()
  }
  const rendered = async (world: SimulatedDesk): Promise<void> => {
    expect((await world.desk.getContent('feed:/rss.xml')).ok).toBe(true)
    expect(await world.drainAll()).toBe(true)
  }

  it('publishes each draft on its own, in order, and returns no texts', async () => {
    const world = new SimulatedDesk(Desk)
    const drafts = [
      buildDraft('a', { code: 'same' }),
      buildDraft('b', { code: 'same' }),
      buildDraft('c'),
    ]
    const answer = await world.desk.publishAll(drafts, false)
    if (!answer.ok) throw new Error('refused')
    expect(
      answer.value.map((outcome) =>
        outcome.ok ? outcome.value.article.id : outcome.failure.reason,
      ),
    ).toEqual(['a', 'code-taken', 'c'])
    const [first] = answer.value
    expect(first?.ok && first.value.article.story).toMatchObject({ html: '', source: { text: '' } })
    expect(world.ledger.findArticle('a')?.story.html).not.toBe('')
  })

  it('sends its articles to KV after its end, and news at once', async () => {
    const world = new SimulatedDesk(Desk)
    for (let call = 0; call < 10; call += 1) {
      await send(world, call * 5, 5)
      await world.pass(500)
    }
    expect(world.writes).toEqual([])
    await world.publish('news')
    expect(world.writes.map(({ key }) => key)).toContain('article:news')
    expect(world.writes.map(({ key }) => key)).not.toContain('article:b0')
    expect(world.ledger.countOutbox(Date.now())).toMatchObject({ backlog: 150 })
    expect(await world.drainAll()).toBe(true)
    expect(world.kv.get('article:b0')).toBeDefined()
    expect(world.listDifferingKeys()).toEqual([])
  })

  it('renders a feed document once for all changes within seconds', async () => {
    const world = new SimulatedDesk(Desk)
    await rendered(world)
    let feeds = 0
    for (let call = 0; call < 40; call += 1) {
      await send(world, call * 5, 5)
      await world.pass(250)
      feeds += world.writes.filter(({ key }) => key === 'feed:/rss.xml').length
      await world.end('well')
    }
    expect(feeds).toBeGreaterThanOrEqual(2)
    expect(feeds).toBeLessThanOrEqual(4)
    expect(world.kv.get('feed:/rss.xml')).toContain('2026:b1')
    expect(await world.drainAll()).toBe(true)
    expect(world.kv.get('feed:/rss.xml')).toContain('2026:b199')
    expect(world.listDifferingKeys()).toEqual([])
  })

  it('that takes long does not delay its articles for ever', async () => {
    const world = new SimulatedDesk(Desk)
    for (let call = 0; call < 700; call += 1) {
      if (call % 100 === 0) await send(world, call, 1)
      else await world.desk.publishAll([], true)
      await world.pass(500)
      await world.end('well')
    }
    expect(world.kv.get('article:b0')).toBeDefined()
    expect(await world.drainAll()).toBe(true)
  })

  it('resumes after an eviction', async () => {
    const world = new SimulatedDesk(Desk)
    await send(world, 0, 30)
    await world.evict(() => false)
    expect(await world.drainAll()).toBe(true)
    expect(world.kv.get('article:b29')).toBeDefined()
    expect(world.listDifferingKeys()).toEqual([])
  })
})

describe('the links that a change returns', () => {
  const CODE = { code: 'Own' }
  const linksAfter = async (
    world: SimulatedDesk,
    change: Promise<Result<{ links: FoldedLink[] }>>,
  ): Promise<FoldedLink[]> => {
    const outcome = await change
    if (!outcome.ok) throw new Error(outcome.failure.reason)
    // The exact bytes in KV.
    expect(await world.drainAll()).toBe(true)
    for (const { folded, record } of outcome.value.links)
      expect(world.kv.get(`link:${folded}`)).toBe(record && JSON.stringify(record))
    return outcome.value.links
  }
  const elsewhere = (canonical: string) => buildDraft('a', { ...CODE, canonical })

  it('are all current codes of an article, its primary one first', async () => {
    const world = new SimulatedDesk(Desk)
    const { desk } = world
    const [first] = await linksAfter(world, desk.publish(buildDraft('a', CODE), {}))
    expect(first).toMatchObject({
      folded: foldCode('Own'),
      record: { codes: { Own: { id: 'a' } } },
    })
    const alias = { code: 'abc', to: { article: 'a' }, republish: false }
    expect(await linksAfter(world, desk.putLink(alias, {}))).toMatchObject([
      { folded: foldCode('abc'), record: { codes: { abc: { id: 'a' } } } },
    ])
    const to = 'https://news.example/moved'
    const moved = await linksAfter(world, desk.publish(elsewhere(to), {}))
    expect(moved).toMatchObject([
      { folded: foldCode('Own'), record: { codes: { Own: { to } } } },
      { folded: foldCode('abc'), record: { codes: { abc: { to } } } },
    ])
    expect(moved[0]?.record?.at).toBeGreaterThan(first?.record?.at ?? Number.POSITIVE_INFINITY)
    const again = await desk.publish(elsewhere(to), {})
    expect(again).toMatchObject({ ok: true, value: { changed: false, links: [] } })
    expect(await linksAfter(world, desk.withdraw('a', {}, {}))).toMatchObject([
      { record: { codes: { Own: { gone: true } } } },
      { record: { codes: { abc: { gone: true } } } },
    ])
  })

  it('have the link that changed, and no code that is not public yet', async () => {
    const world = new SimulatedDesk(Desk)
    const { desk } = world
    const url = 'https://news.example/page'
    const page = { code: 'Tour', to: { url }, republish: false }
    expect(await linksAfter(world, desk.putLink(page, {}))).toMatchObject([
      { folded: foldCode('Tour'), record: { codes: { Tour: { to: url } } } },
    ])
    expect(await linksAfter(world, desk.removeLink('Tour', undefined, {}))).toMatchObject([
      { record: { codes: { Tour: { gone: true, page: true } } } },
    ])
    const embargoed = buildDraft('later', { code: 'soon', published: START + 60 })
    expect(await linksAfter(world, desk.publish(embargoed, {}))).toEqual([
      { folded: foldCode('soon') },
    ])
  })
})

describe('the overview', () => {
  it('counts an embargo as waiting from its end, and reports refused settings', async () => {
    const world = new SimulatedDesk(Desk)
    await world.publish('later', { published: START + 60 })
    const told = async () => {
      const overview = await world.desk.getOverview()
      if (!overview.ok) return overview.failure
      const { rows, oldestSince, now } = overview.value
      return { rows, age: oldestSince === null ? null : now - oldestSince }
    }
    expect(await told()).toEqual({ rows: 0, age: null })
    vi.setSystemTime((START + 360) * 1000)
    expect(await told()).toEqual({ rows: 0, age: 300_000 })
    world.restart({ ...SETTINGS, TAG_AUTHORITY: 'other.example' })
    expect(await told()).toMatchObject({ reason: 'settings-refused' })
  })
})

describe('the alarm', () => {
  it('that was lost is set again by the next request', async () => {
    const world = new SimulatedDesk(Desk)
    await world.publish('a')
    await world.publish('later', { published: START + 3600 })
    world.alarm = undefined
    await world.evict(() => false)
    expect(world.alarm).toBeLessThanOrEqual(Date.now())
    expect(await world.drainAll()).toBe(true)
    world.alarm = undefined
    await world.evict(() => false)
    expect(world.alarm).toBe((START + 3600) * 1000)
  })

  it('is set in the turn of the commit, before the response', async () => {
    const world = new SimulatedDesk(Desk)
    const answer = world.desk.publish(buildDraft('a'), {})
    expect(world.ledger.countOutbox(Date.now()).rows).toBe(3)
    expect(world.alarm).toBeLessThanOrEqual(Date.now() + 1000)
    expect((await answer).ok).toBe(true)
  })

  it('is set exactly while something is enqueued or embargoed', async () => {
    const world = new SimulatedDesk(Desk)
    await world.publish('a')
    await world.publish('later', { published: START + 3600 })
    expect(world.alarm).toBeDefined()
    expect(await world.drainAll()).toBe(true)
    expect(world.alarm).toBe((START + 3600) * 1000)
    await world.pass(3600_000)
    expect(await world.drainAll()).toBe(true)
    expect(world.alarm).toBeUndefined()
    expect(JSON.parse(world.kv.get('article:later') ?? '{}')).toMatchObject({ status: 'public' })
  })

  it('fires when the content of a document expires, and has it rendered then', async () => {
    const world = new SimulatedDesk(Desk)
    await world.publish('a')
    expect(await world.drainAll()).toBe(true)
    const soon = Math.floor(Date.now() / 1000) + 3600
    const old = { target: 'page:/', etag: 'old', modified: 1, fingerprint: 'old' }
    world.ledger.saveDocument({ ...old, until: soon })
    await world.evict(() => false)
    expect(await world.drainAll()).toBe(true)
    expect(world.alarm).toBe(soon * 1000)
    await world.pass(3600_000)
    expect(await world.drainAll()).toBe(true)
    expect(world.alarm).toBeUndefined()
    expect(world.kv.get('page:/')).toContain('Story a')
  })

  it('does not fire repeatedly while rows wait for slow writes', async () => {
    const world = new SimulatedDesk(Desk)
    for (let index = 0; index < 30; index += 1) await world.publish(`a${index}`)
    world.fired = 0
    world.armed = 0
    await world.pass(60_000)
    expect(world.writes).toHaveLength(6)
    expect(world.fired).toBeGreaterThan(0)
    expect(world.fired).toBeLessThanOrEqual(6)
    expect(world.armed).toBeLessThan(30)
    expect(await world.drainAll()).toBe(true)
    expect(world.listDifferingKeys()).toEqual([])
  })

  it('fires for a key that changed during its write, although another write hangs', async () => {
    const world = new SimulatedDesk(Desk)
    await world.publish('hung')
    expect(world.writes.length).toBe(3)
    await world.publish('a')
    await world.publish('a', { title: 'Second' })
    await world.end('well', 'article:a')
    expect(world.kv.get('article:a')).not.toContain('Second')
    await world.pass(1200)
    await world.end('well', 'article:a')
    expect(world.kv.get('article:a')).toContain('Second')
  })

  it('fires for a failed key, although another write hangs', async () => {
    const world = new SimulatedDesk(Desk)
    await world.publish('hung')
    await world.publish('a')
    await world.end('badly', 'article:a')
    await world.pass(1100)
    expect(world.writes.map(({ key }) => key)).toContain('article:a')
  })

  it('continues after an eviction at any moment, without a request', async () => {
    const world = new SimulatedDesk(Desk)
    await world.publish('a')
    await world.evict(() => false)
    expect(world.kv.size).toBe(0)
    expect(await world.drainAll()).toBe(true)
    expect(world.kv.size).toBe(3)
  })

  it("is set when a reader's request starts an object whose settings have changed", async () => {
    const world = new SimulatedDesk(Desk)
    await world.publish('a')
    await world.desk.getContent('feed:/rss.xml')
    expect(await world.drainAll()).toBe(true)
    const desk = world.restart({ ...SETTINGS, TITLE: 'A new name' })
    await desk.getOverview()
    expect(world.alarm).toBeDefined()
    await world.pass(5000)
    expect(await world.drainAll()).toBe(true)
    expect(world.kv.get('feed:/rss.xml')).toContain('A new name')
  })

  it('never throws, and is set again when its work throws', async () => {
    const world = new SimulatedDesk(Desk)
    await world.publish('later', { published: START + 5 })
    world.database.exec('ALTER TABLE membership RENAME TO hidden')
    world.alarm = undefined
    vi.setSystemTime((START + 10) * 1000)
    await world.desk.alarm()
    expect(world.alarm).toBe(Date.now() + 15_000)
    world.database.exec('ALTER TABLE hidden RENAME TO membership')
    await world.pass(20_000)
    expect(await world.drainAll()).toBe(true)
    expect(world.kv.has('article:later')).toBe(true)
  })
})

describe('an import', () => {
  it('disables the alarm and the release of embargoes until its end, even in a new object', async () => {
    const first = openDesk()
    expectOk(first.publish('a'))
    expectOk(first.publish('later', { published: START + 60 }))
    const lines = exportLines(first.ledger, first.clock)
    const world = new SimulatedDesk(Desk)
    await world.desk.getContent('feed:/rss.xml')
    await world.pass(5)
    const refused = { ok: false, failure: { reason: 'import-under-way' } }
    expect(await world.desk.importPage(buildImportPage(lines.slice(0, -1)))).toMatchObject({
      ok: true,
    })
    expect(await world.desk.publish(buildDraft('b'), {})).toMatchObject(refused)
    expect(await world.desk.publishAll([buildDraft('b')], true)).toMatchObject(refused)
    expect(await world.desk.getContent('article:a')).toMatchObject(refused)
    world.restart()
    expect(await world.desk.open()).toMatchObject({ ok: true })
    world.fired = 0
    await world.pass(120_000)
    expect(world.fired).toBeLessThan(3)
    expect(world.alarm).toBeUndefined()
    expect(world.ledger.findArticle('later')?.state).toBe('embargoed')
    expect([...world.kv.keys(), ...world.writes.map(({ key }) => key)]).not.toContain('article:a')

    const end = buildImportPage(lines.slice(-1), lines.length, getExportName(lines))
    expect(await world.desk.importPage(end)).toMatchObject({ value: { state: 'done' } })
    expect(world.alarm).toBeLessThanOrEqual(Date.now() + 1000)
    expect(await world.drainAll()).toBe(true)
    expect(world.listDifferingKeys()).toEqual([])
    expect(world.kv.get('article:later')).toContain('public')
    expect((await world.desk.publish(buildDraft('b'), {})).ok).toBe(true)
  })
})

describe('settings', () => {
  it('in feed ids are refused if they change, and nothing is done', async () => {
    const world = new SimulatedDesk(Desk)
    await world.publish('a')
    expect(await world.drainAll()).toBe(true)
    const desk = world.restart({ ...SETTINGS, TAG_DATE: '2027' })
    const answer = await desk.publish(buildDraft('b'), {})
    expect(answer).toMatchObject({ ok: false, failure: { reason: 'settings-refused' } })
    expect(await desk.getContent('feed:/rss.xml')).toMatchObject({ ok: false })
    expect(world.ledger.findArticle('b')).toBeUndefined()
    expect((await world.restart().publish(buildDraft('b'), {})).ok).toBe(true)
  })
})
