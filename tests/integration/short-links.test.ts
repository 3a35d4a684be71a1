/** What unknown short codes cost, and whom they slow: the desk is counted, and the wire is looked at past it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportLines, nameOf } from '../support/copies.ts'
import { openDesk, taken } from '../support/drafts.ts'
import {
  type FaultyNewsroom,
  manuscript,
  openFaultyNewsroom,
  openNewsroom,
  SETTINGS,
} from '../support/newsroom.ts'
import { until } from '../support/until.ts'

let newsroom: FaultyNewsroom

beforeAll(async () => {
  newsroom = await openFaultyNewsroom()
  await newsroom.publish('known', manuscript({ code: 'known' }))
  await newsroom.settled()
})
afterAll(async () => await newsroom.close())

const statusOf = async (path: string, client = '192.0.2.1') =>
  (await newsroom.get(path, { headers: { 'CF-Connecting-IP': client } })).status

/** How often the desk was asked while this went on. */
async function asksDuring(work: () => Promise<void>): Promise<number> {
  const before = (await newsroom.counts()).desk
  await work()
  return (await newsroom.counts()).desk - before
}

describe('a code in several readings', () => {
  it('that is known in one of them is no miss in another', async () => {
    const asks = await asksDuring(async () => expect(await statusOf('/_known_')).toBe(302))
    expect(asks).toBe(0)
  })
})

describe('an unknown code', () => {
  it('costs one look-up at the desk, however it is written and whatever is wanted of it (L-28)', async () => {
    const paths = [
      '/nobody',
      '/NOBODY',
      '/nobody/',
      '/nobody.',
      '/nobody+',
      '/nobody.svg',
      '/nobody?x=1',
    ]
    const asks = await asksDuring(async () => {
      for (let round = 0; round < 3; round += 1)
        for (const path of paths) expect(await statusOf(path), path).toBe(404)
    })
    expect(asks).toBe(1)
  })

  it('costs one when many ask at once, and is counted once (L-28)', async () => {
    const asks = await asksDuring(async () => {
      const rush = Array.from({ length: 20 }, () => statusOf('/rush'))
      expect(new Set(await Promise.all(rush))).toEqual(new Set([404]))
    })
    expect(asks).toBe(1)
    const missed = (await (await newsroom.api('/api/misses')).json()) as {
      misses: { code: string; asked: number }[]
    }
    expect(missed.misses.find(({ code }) => code === 'rush')).toMatchObject({ asked: 1 })
  })

  it('is none that the grammar refuses: those never reach wire or desk', async () => {
    const reads = (await newsroom.counts()).reads
    const asks = await asksDuring(async () => {
      for (const path of [
        '/wp-login.php',
        '/a%20b',
        `/${'x'.repeat(65)}`,
        '/%D9%A3',
        '/a/b',
        '/.git/config',
      ])
        expect(await statusOf(path), path).toBe(404)
    })
    expect([asks, (await newsroom.counts()).reads - reads]).toEqual([0, 0])
  })

  it('that is given meanwhile leads to its story within two seconds (L-07)', async () => {
    expect(await statusOf('/later')).toBe(404)
    await newsroom.publish('later', manuscript({ code: 'later' }))
    await until('the link works', async () => (await statusOf('/later')) === 302, 2000)
  })
})

describe('a client that tries codes out', () => {
  it('is refused after sixty unknown ones in a minute, and known codes go on, for everybody (L-28, X-23)', async () => {
    const guesses = Array.from({ length: 200 }, (_, index) => `/guess-${index}`)
    const statuses: number[] = []
    for (const path of guesses) statuses.push(await statusOf(path, '192.0.2.66'))
    expect(statuses.filter((status) => status === 404).length).toBeGreaterThanOrEqual(60)
    expect(statuses.filter((status) => status === 404).length).toBeLessThanOrEqual(120)
    expect(statuses.at(-1)).toBe(429)
    const asks = await asksDuring(async () => {
      expect(await statusOf('/known', '192.0.2.66')).toBe(302)
      // Its first reading is no code; the second one is on the wire.
      expect(await statusOf('/_known_', '192.0.2.66')).toBe(302)
      expect(await statusOf('/guess-0', '192.0.2.66')).toBe(404)
      expect(await statusOf('/rss.xml', '192.0.2.66')).toBe(200)
    })
    expect(asks).toBeLessThanOrEqual(1)
    expect(await statusOf('/somebody-else', '192.0.2.67')).toBe(404)
  })
})

describe('a code that is older than an address of the same name', () => {
  it('gives way to it at its own spelling, and leads to its story everywhere else (L-20)', async () => {
    const older = openDesk()
    taken(older.publish('directory', { code: 'feeds' }))
    const lines = exportLines(older.ledger, older.clock)
    const restored = await openNewsroom()
    try {
      const taking = await restored.api(`/api/import?export=${nameOf(lines)}&line=1`, {
        method: 'POST',
        body: `${lines.join('\n')}\n`,
        headers: { 'Content-Type': 'application/x-ndjson' },
      })
      expect([taking.status, await taking.json()]).toEqual([
        200,
        { state: 'done', export: nameOf(lines), lines: lines.length },
      ])
      await restored.settled()
      const story = `${SETTINGS.SITE_URL}/articles/directory`
      const whereTo = async (path: string) => (await restored.get(path)).headers.get('Location')
      expect((await restored.get('/feeds')).status).toBe(200)
      expect([await whereTo('/Feeds'), await whereTo('/feeds.')]).toEqual([story, story])
      const preview = await restored.get('/feeds+.json')
      expect([preview.status, await preview.json()]).toMatchObject([200, { url: story }])
      const known = await restored.api('/api/links/feeds')
      expect([known.status, await known.json()]).toMatchObject([200, { hidden: true, url: story }])
    } finally {
      await restored.close()
    }
  })
})

describe('a desk that does not answer', () => {
  it('makes an unknown code 503, never 404, and leaves known ones alone', async () => {
    await newsroom.faults({ deskDown: true })
    expect(await statusOf('/unheard')).toBe(503)
    expect(await statusOf('/known')).toBe(302)
    await newsroom.faults({})
  })
})
