/**
 * Tests damage of a value in KV and of the ledger: nothing damaged is served, readers get the
 * document from the desk or from KV, and the operator is informed.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { exchange } from '../support/exchange.ts'
import { type FaultyNewsroom, manuscript, openFaultyNewsroom } from '../support/newsroom.ts'
import { until } from '../support/until.ts'

describe('a damaged value in KV', () => {
  let newsroom: FaultyNewsroom
  beforeAll(async () => {
    newsroom = await openFaultyNewsroom()
    const body = 'ISLAMABAD: A long story. '.repeat(100)
    await newsroom.publish('known', manuscript({ code: 'known', body }))
    await newsroom.publish('short', manuscript({ body: 'LAHORE: x', title: 'x' }))
    await newsroom.publish('moved', manuscript({ canonical: 'https://www.news.example/moved' }))
    for (const path of ['/rss.xml', '/']) await newsroom.get(path)
    await newsroom.waitForOutbox()
  })
  afterEach(async () => await newsroom.faults({}))
  afterAll(async () => await newsroom.close())

  const read = async (path: string, coding: string) => {
    const headers: [string, string][] = [['Accept-Encoding', coding]]
    const { status, body, header } = await exchange(newsroom.url, { path, headers })
    return { status, body: Buffer.from(body).toString('base64'), location: header('Location') }
  }
  const readAllCodings = (path: string) =>
    Promise.all(['identity', 'gzip', 'br'].map((coding) => read(path, coding)))

  // The cases are concurrent, because each waits until a second has passed since the last write of
  // its key.
  it.concurrent.each([
    ['feed:/rss.xml', '/rss.xml'],
    ['page:/', '/'],
    ['article:known', '/articles/known.json'],
    ['article:short', '/articles/short.json'],
    ['page:/articles/known', '/articles/known'],
    ['page:/articles/moved', '/articles/moved'],
    ['link:known', '/known'],
  ])(
    '(%s) is replaced by the document of the desk and repaired without a rebuild',
    async (key, path) => {
      const before = await readAllCodings(path)
      const { stored } = await newsroom.value(key)
      for (const how of ['bytes', 'cut', 'old-bytes', 'metadata'] as const) {
        // Damage of a link or redirect without a checksum cannot be detected.
        if (how === 'old-bytes' && before[0]?.location !== undefined) continue
        await newsroom.damage(key, how)
        expect(await readAllCodings(path), how).toEqual(before)
        await until('KV has the repaired value', async () => {
          expect(await readAllCodings(path), how).toEqual(before)
          return (await newsroom.value(key)).stored === stored
        })
        // Only if the outbox is empty and readers have been served from KV, the next read detects
        // the next damage.
        await newsroom.waitForOutbox()
        expect(await readAllCodings(path), how).toEqual(before)
      }
    },
    120_000,
  )

  it('is not served in any coding while the desk is unavailable: the response is 503', async () => {
    await newsroom.damage('feed:/rss.xml', 'bytes')
    await newsroom.faults({ deskDown: true })
    for (const { status } of await readAllCodings('/rss.xml')) expect(status).toBe(503)
  })
})

describe('a rebuild', () => {
  let newsroom: FaultyNewsroom
  beforeAll(async () => {
    newsroom = await openFaultyNewsroom({ MEMORY_SECONDS: '1' })
    // The desk is opened before KV has keys. Otherwise its empty ledger would count as lost.
    expect((await newsroom.api('/api/wake', { method: 'POST' })).status).toBe(200)
  })
  afterAll(async () => await newsroom.close())

  it.each(['outbox', 'healthz'])(
    "removes documents that KV no longer has from the isolate's cache before %s reports the end of the rebuild",
    async (place) => {
      const key = 'page:/articles/ghost'
      const put = await newsroom.get(`/__put?key=${encodeURIComponent(key)}`, {
        method: 'POST',
        body: 'a story of a former desk',
      })
      expect(put.status).toBe(204)
      await until('the isolate serves the value', async () => {
        const response = await newsroom.get('/articles/ghost')
        return (await response.text()) === 'a story of a former desk'
      })
      expect((await newsroom.api('/api/rebuild', { method: 'POST' })).status).toBe(202)
      // Reading the document during the rebuild caches it again.
      await until('KV no longer has it', async () => {
        await newsroom.get('/articles/ghost')
        return !(await newsroom.keys()).includes(key)
      })
      await until('the rebuild has ended', async () => {
        const path = place === 'outbox' ? '/api/outbox' : '/healthz'
        const report = (await (await newsroom.api(path)).json()) as Record<string, unknown>
        return report['rebuilding'] === false && report['owed'] === 0
      })
      expect((await newsroom.get('/articles/ghost')).status).toBe(404)
    },
  )
})

describe('a ledger that cannot be written', () => {
  let newsroom: FaultyNewsroom
  beforeAll(async () => {
    newsroom = await openFaultyNewsroom()
    await newsroom.publish('known', manuscript({ code: 'known' }))
    await newsroom.waitForOutbox()
  })
  afterAll(async () => await newsroom.close())

  const detail = async (response: Response) =>
    ((await response.json()) as { detail: string }).detail

  it('because its disk is full is reported to editors and monitors, and works again once the disk has space', async () => {
    await newsroom.faults({ ledgerError: 'database or disk is full: SQLITE_FULL' })
    const response = await newsroom.publish('full', manuscript())
    expect(response.status).toBe(503)
    expect(response.headers.get('Retry-After')).toBe('60')
    expect(await detail(response)).toBe('Cannot publish "full": the disk of this desk is full')
    const health = await newsroom.get('/healthz')
    expect(health.status).toBe(503)
    expect(await detail(health)).toContain('the disk of this desk is full')
    const rebuilt = await newsroom.api('/api/rebuild', { method: 'POST' })
    expect(await detail(rebuilt)).toBe('Cannot rebuild the wire: the disk of this desk is full')
    expect((await newsroom.get('/articles/known')).status).toBe(200)
    expect((await newsroom.get('/known')).status).toBe(302)

    await newsroom.faults({})
    expect((await newsroom.publish('full', manuscript())).status).toBe(201)
    await newsroom.waitForOutbox()
    await until(
      '/healthz is 200 again',
      async () => (await newsroom.get('/healthz')).status === 200,
    )
  })

  it('because the disk is read-only is reported to editors', async () => {
    await newsroom.faults({ ledgerError: 'attempt to write a readonly database: SQLITE_READONLY' })
    const response = await newsroom.withdraw('known')
    expect(response.status).toBe(503)
    expect(await detail(response)).toBe(
      'Cannot withdraw "known": the disk of this desk is read-only',
    )
    await newsroom.faults({})
    expect((await newsroom.withdraw('known')).status).toBe(200)
  })
})

describe('a ledger whose damage is found while the desk is open', () => {
  let newsroom: FaultyNewsroom
  beforeAll(async () => {
    newsroom = await openFaultyNewsroom()
    await newsroom.publish('known', manuscript())
    await newsroom.waitForOutbox()
  })
  afterAll(async () => await newsroom.close())

  it('closes the desk: editors, monitors and a rebuild get the reason, and readers are served from KV', async () => {
    await newsroom.faults({ ledgerError: 'database disk image is malformed: SQLITE_CORRUPT' })
    const DAMAGED = /the ledger of this desk is damaged \(database disk image is malformed\)/
    const detail = async (response: Response) =>
      ((await response.json()) as { detail: string }).detail
    expect(await detail(await newsroom.publish('new', manuscript()))).toMatch(DAMAGED)
    await newsroom.faults({})
    expect(await detail(await newsroom.publish('new', manuscript()))).toMatch(DAMAGED)
    const rebuilt = await newsroom.api('/api/rebuild', { method: 'POST' })
    expect(rebuilt.status).toBe(503)
    expect(await detail(rebuilt)).toMatch(DAMAGED)
    const health = await newsroom.get('/healthz')
    expect(health.status).toBe(503)
    expect(await detail(health)).toMatch(DAMAGED)
    expect((await newsroom.get('/articles/known')).status).toBe(200)
    expect((await newsroom.get('/articles/unknown')).status).toBe(503)
  })
})
