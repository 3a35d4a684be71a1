/** Tests how many calls of the desk and reads of KV unknown short codes cause, and their limits. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportLines, getExportName } from '../support/copies.ts'
import { expectOk, openDesk } from '../support/drafts.ts'
import { exchange } from '../support/exchange.ts'
import {
  type FaultyNewsroom,
  manuscript,
  type Newsroom,
  openFaultyNewsroom,
  openNewsroom,
  SETTINGS,
} from '../support/newsroom.ts'
import { until } from '../support/until.ts'

let newsroom: FaultyNewsroom

beforeAll(async () => {
  newsroom = await openFaultyNewsroom()
  await newsroom.publish('known', manuscript({ code: 'known' }))
  await newsroom.waitForOutbox()
})
afterAll(async () => await newsroom.close())

const readStatus = async (path: string, client = '192.0.2.1') =>
  (await newsroom.get(path, { headers: { 'CF-Connecting-IP': client } })).status

/** Counts the calls of the desk during `work`. */
async function countCallsDuring(work: () => Promise<void>): Promise<number> {
  const before = (await newsroom.counts()).desk
  await work()
  return (await newsroom.counts()).desk - before
}

describe('a code with several interpretations', () => {
  it('causes no call of the desk if KV has one of them', async () => {
    const callCount = await countCallsDuring(async () =>
      expect(await readStatus('/_known_')).toBe(302),
    )
    expect(callCount).toBe(0)
  })
})

describe('an unknown code', () => {
  it('costs one look-up at the desk for all its spellings and forms together (L-28)', async () => {
    const paths = [
      '/nobody',
      '/NOBODY',
      '/nobody/',
      '/nobody.',
      '/nobody+',
      '/nobody.svg',
      '/nobody?x=1',
    ]
    const callCount = await countCallsDuring(async () => {
      for (let round = 0; round < 3; round += 1)
        for (const path of paths) expect(await readStatus(path), path).toBe(404)
    })
    expect(callCount).toBe(1)
  })

  it('costs one look-up and is counted once if many request it at the same time (L-28)', async () => {
    const callCount = await countCallsDuring(async () => {
      const rush = Array.from({ length: 20 }, () => readStatus('/rush'))
      expect(new Set(await Promise.all(rush))).toEqual(new Set([404]))
    })
    expect(callCount).toBe(1)
    const report = (await (await newsroom.api('/api/misses')).json()) as {
      misses: { code: string; asked: number }[]
    }
    expect(report.misses.find(({ code }) => code === 'rush')).toMatchObject({ asked: 1 })
  })

  it('that is invalid causes no read of KV and no call of the desk', async () => {
    const reads = (await newsroom.counts()).reads
    const callCount = await countCallsDuring(async () => {
      for (const path of [
        '/wp-login.php',
        '/a%20b',
        `/${'x'.repeat(65)}`,
        '/%D8%AE',
        '/a/b',
        '/.git/config',
      ])
        expect(await readStatus(path), path).toBe(404)
    })
    expect([callCount, (await newsroom.counts()).reads - reads]).toEqual([0, 0])
  })

  it('that is assigned later redirects within two seconds (L-07)', async () => {
    expect(await readStatus('/later')).toBe(404)
    await newsroom.publish('later', manuscript({ code: 'later' }))
    await until('the link works', async () => (await readStatus('/later')) === 302, 2000)
  })
})

describe('a client that guesses codes', () => {
  it('is refused after sixty unknown codes in a minute, but can still use existing ones (L-28, X-23)', async () => {
    const guesses = Array.from({ length: 200 }, (_, index) => `/guess-${index}`)
    const statuses: number[] = []
    for (const path of guesses) statuses.push(await readStatus(path, '192.0.2.66'))
    expect(statuses.filter((status) => status === 404).length).toBeGreaterThanOrEqual(60)
    expect(statuses.filter((status) => status === 404).length).toBeLessThanOrEqual(120)
    // A new minute may begin during the guesses, and allow sixty more.
    expect(statuses).toContain(429)
    const callCount = await countCallsDuring(async () => {
      expect(await readStatus('/known', '192.0.2.66')).toBe(302)
      // KV does not have the code as it was typed, but has it without the underscores.
      expect(await readStatus('/_known_', '192.0.2.66')).toBe(302)
      expect(await readStatus('/guess-0', '192.0.2.66')).toBe(404)
      expect(await readStatus('/rss.xml', '192.0.2.66')).toBe(200)
    })
    expect(callCount).toBeLessThanOrEqual(1)
    expect(await readStatus('/somebody-else', '192.0.2.67')).toBe(404)
  })
})

describe('an imported code that equals an address of the site', () => {
  const story = (id: string) => `${SETTINGS.SITE_URL}/articles/${id}`

  /**
   * Opens a desk into which old codes were imported. They are names that are now reserved for
   * addresses (`feeds`) or for planned addresses (`live`, `search`).
   */
  async function openWithOlderCodes(vars: Record<string, string> = {}): Promise<Newsroom> {
    const older = openDesk()
    expectOk(older.publish('directory', { code: 'feeds' }))
    expectOk(older.publish('stream', { code: 'live' }))
    expectOk(older.publish('finder', { code: 'Search' }))
    const lines = exportLines(older.ledger, older.clock)
    const restored = await openNewsroom(vars)
    const imported = await restored.api(`/api/import?export=${getExportName(lines)}&line=1`, {
      method: 'POST',
      body: `${lines.join('\n')}\n`,
      headers: { 'Content-Type': 'application/x-ndjson' },
    })
    expect([imported.status, await imported.json()]).toEqual([
      200,
      { state: 'done', export: getExportName(lines), lines: lines.length },
    ])
    await restored.waitForOutbox()
    return restored
  }

  const readRedirect = async ({ url }: Newsroom, path: string, host: string) => {
    const response = await exchange(url, { path, headers: [['Host', host]] })
    return [response.status, response.header('Location')]
  }

  it('redirects on the host of short links, but on the host of the site only in other spellings (L-20)', async () => {
    const restored = await openWithOlderCodes()
    try {
      const [site, short] = [SETTINGS.SITE_URL, SETTINGS.SHORT_URL].map((url) => new URL(url).host)
      if (site === undefined || short === undefined) throw new Error('There are no hosts')
      for (const path of ['/feeds', '/Feeds', '/feeds.'])
        expect(await readRedirect(restored, path, short), path).toEqual([302, story('directory')])
      for (const path of ['/Feeds', '/feeds.'])
        expect(await readRedirect(restored, path, site), path).toEqual([302, story('directory')])
      expect(await readRedirect(restored, '/feeds', site)).toEqual([200, undefined])
      expect((await restored.get('/feeds')).status).toBe(200)
      const preview = await restored.get('/feeds+.json')
      expect([preview.status, await preview.json()]).toMatchObject([
        200,
        { url: story('directory') },
      ])
      const response = await restored.api('/api/links/feeds')
      expect([response.status, await response.json()]).toMatchObject([
        200,
        { hidden: true, url: story('directory') },
      ])
      // A reserved name that is not a code has its usual response.
      expect(await readRedirect(restored, '/healthz', short)).toEqual([200, undefined])
      expect((await readRedirect(restored, '/rss', short))[0]).toBe(301)
    } finally {
      await restored.close()
    }
  })

  it('redirects if site and short links have the same host', async () => {
    const restored = await openWithOlderCodes({ SHORT_URL: SETTINGS.SITE_URL })
    try {
      const host = new URL(SETTINGS.SITE_URL).host
      expect(await readRedirect(restored, '/feeds', host)).toEqual([302, story('directory')])
      const response = await restored.api('/api/links/feeds')
      expect(await response.json()).not.toHaveProperty('hidden')
    } finally {
      await restored.close()
    }
  })

  it('works while the address is only planned, and stays with its article', async () => {
    const restored = await openWithOlderCodes()
    try {
      const readLocation = async (path: string) =>
        (await restored.get(path)).headers.get('Location')
      expect(await readLocation('/live')).toBe(story('stream'))
      expect([await readLocation('/Search'), await readLocation('/search')]).toEqual([
        story('finder'),
        story('finder'),
      ])
      expect(await (await restored.api('/api/links/live')).json()).not.toHaveProperty('hidden')
      const again = await restored.publish('stream', manuscript({ code: 'live', title: 'New' }))
      expect([again.status, await again.json()]).toMatchObject([200, { code: 'live' }])
      const other = await restored.publish('other', manuscript({ code: 'contact' }))
      expect([other.status, await other.json()]).toMatchObject([
        422,
        { errors: [{ detail: 'code is reserved for an address of the site', pointer: '/code' }] },
      ])
    } finally {
      await restored.close()
    }
  })
})

describe('a desk that does not respond', () => {
  it('makes unknown codes 503, never 404, and does not affect existing ones', async () => {
    await newsroom.faults({ deskDown: true })
    expect(await readStatus('/unheard')).toBe(503)
    expect(await readStatus('/known')).toBe(302)
    await newsroom.faults({})
  })
})
