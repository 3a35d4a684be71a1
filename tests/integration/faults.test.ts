/**
 * Tests failures of KV, of the desk, and between commit and drain: no acknowledged change is lost,
 * and no reader gets a wrong response. Tests of changes that must happen without a request read KV
 * directly (`newsroom.value`).
 */
import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FaultyNewsroom, manuscript, openFaultyNewsroom } from '../support/newsroom.ts'
import { until } from '../support/until.ts'

const FEEDS = ['/rss.xml', '/atom.xml', '/feed.json']
const TAG = 'tag:news.example,2026:'

type Receipt = { id: string; code: string; short_url: string; revision: number }
const readReceipt = async (response: Response): Promise<Receipt> =>
  (await response.json()) as Receipt

let newsroom: FaultyNewsroom
beforeAll(async () => {
  newsroom = await openFaultyNewsroom()
  await newsroom.publish('known', manuscript({ code: 'known', title: 'A known story' }))
  for (const path of [...FEEDS, '/', '/tags/space/rss.xml']) await newsroom.get(path)
  await newsroom.waitForOutbox()
})
afterEach(async () => {
  await newsroom.faults({})
  await newsroom.waitForOutbox()
})
afterAll(async () => await newsroom.close())

/** Publishes an article and returns its receipt. */
async function publish(id: string, more: Record<string, unknown> = {}): Promise<Receipt> {
  const response = await newsroom.publish(id, manuscript({ title: `Story ${id}`, ...more }))
  expect(response.status, id).toBe(201)
  return await readReceipt(response)
}

/**
 * Documents are compared by their digests, because the differences between whole documents would
 * fill several screens.
 */
const getDigest = (text: string): string => createHash('sha256').update(text).digest('hex')

const readWire = async (key: string): Promise<string> => (await newsroom.value(key)).value ?? ''

/**
 * Returns whether KV has the article, its page and its link, and has the article in all feeds of
 * everything and on the front page.
 */
async function isWritten({ id, code }: Receipt): Promise<boolean> {
  const keys = new Set(await newsroom.keys())
  if (![`article:${id}`, `page:/articles/${id}`, `link:${code}`].every((key) => keys.has(key)))
    return false
  for (const path of FEEDS)
    if (!(await readWire(`feed:${path}`)).includes(`${TAG}${id}`)) return false
  return (await readWire('page:/')).includes(`/articles/${id}"`)
}

async function expectUnavailable(path: string, init?: RequestInit): Promise<void> {
  const response = await newsroom.get(path, init)
  expect(response.status, path).toBe(503)
  expect(response.headers.get('Retry-After'), path).toBe('30')
  expect(response.headers.get('Cache-Control'), path).toMatch(/^no-store/)
  if (init?.method !== 'HEAD') expect(await response.text(), path).not.toBe('')
}

describe('KV writes that fail', () => {
  it('for a while lose nothing: the desk serves the acknowledged articles until KV has them', async () => {
    await newsroom.faults({ failWrites: [''] })
    const receipts = await Promise.all(['while-1', 'while-2', 'while-3'].map((id) => publish(id)))
    await until('every write was tried twice', async () => {
      const { writtenKeys } = await newsroom.counts()
      return writtenKeys.filter((key) => key === 'article:while-1').length >= 2
    })
    for (const { id, code } of receipts) {
      expect((await newsroom.value(`article:${id}`)).value).toBeNull()
      expect((await newsroom.get(`/articles/${id}`)).status).toBe(200)
      expect((await newsroom.get(`/${code}`)).status).toBe(302)
    }
    await newsroom.faults({})
    for (const receipt of receipts) await until(`KV has ${receipt.id}`, () => isWritten(receipt))
    expect((await newsroom.counts()).desk, 'requests to the desk after the outage').toBe(0)
  })

  it('for one key delay no other key, are reported to monitors, and are retried until they succeed', async () => {
    await newsroom.faults({ failWrites: ['feed:/rss.xml'] })
    const before = await readWire('feed:/rss.xml')
    const receipts: Receipt[] = []
    for (const id of ['stuck-1', 'stuck-2', 'stuck-3']) {
      const receipt = await publish(id)
      receipts.push(receipt)
      await until(`${id} is in the other feeds`, async () => {
        const others = [await readWire('feed:/atom.xml'), await readWire('feed:/feed.json')]
        return others.every((document) => document.includes(`${TAG}${id}`))
      })
      await until(`${id} has its link`, async () => (await readWire(`link:${receipt.code}`)) !== '')
    }
    await until('the key was tried three times', async () => {
      const { writtenKeys } = await newsroom.counts()
      return writtenKeys.filter((key) => key === 'feed:/rss.xml').length >= 3
    })
    expect(getDigest(await readWire('feed:/rss.xml'))).toBe(getDigest(before))
    await until('only the failing key is queued', async () => {
      const report = (await (await newsroom.api('/api/outbox')).json()) as { owed: number }
      return report.owed === 1
    })
    const health = await newsroom.get('/healthz')
    expect(health.status).toBe(503)
    expect(await health.json()).toMatchObject({ status: 'failing', owed: 1, failing_keys: 1 })

    await newsroom.faults({})
    for (const receipt of receipts)
      await until(`KV has ${receipt.id}`, () => isWritten(receipt), 60_000)
    expect((await newsroom.counts()).desk, 'requests to the desk after the outage').toBe(0)
  })
})

describe('KV reads', () => {
  it('that do not find a written key are answered by the desk: public documents are served, withdrawn ones are 410', async () => {
    const receipt = await publish('hidden', { tags: ['hidden tag'] })
    const withdrawn = await publish('hidden-gone')
    expect((await newsroom.get('/tags/hidden-tag/atom.xml')).status).toBe(200)
    expect((await newsroom.withdraw('hidden-gone')).status).toBe(200)
    await newsroom.waitForOutbox()
    const before = await Promise.all(FEEDS.map(async (path) => (await newsroom.get(path)).text()))

    await newsroom.faults({ hideKeys: [''] })
    for (const [index, path] of FEEDS.entries()) {
      const response = await newsroom.get(path)
      expect(response.status, path).toBe(200)
      expect(getDigest(await response.text()), path).toBe(getDigest(before[index] ?? ''))
    }
    const link = await newsroom.get(`/${receipt.code}`)
    expect(link.status).toBe(302)
    expect(link.headers.get('Location')).toBe('https://news.example/articles/hidden')
    const page = await newsroom.get('/articles/hidden')
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('<h1>Story hidden</h1>')
    expect((await newsroom.get('/articles/hidden.json')).status).toBe(200)
    expect(await (await newsroom.get('/tags/hidden-tag/atom.xml')).text()).toContain(
      `${TAG}hidden<`,
    )
    expect((await newsroom.get(`/${withdrawn.code}`)).status).toBe(410)
    expect((await newsroom.get('/articles/hidden-gone')).status).toBe(410)
    expect((await newsroom.get('/nowhere')).status).toBe(404)
  })

  it('that do not find a written key cause one call of the desk for 60 concurrent readers of an address', async () => {
    const receipt = await publish('crowd')
    await newsroom.waitForOutbox()
    await newsroom.faults({ hideKeys: [''] })
    await newsroom.get(`/${receipt.code}`)
    const responses = await Promise.all(
      Array.from({ length: 60 }, () => newsroom.get(`/${receipt.code}`)),
    )
    expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 302))
    expect((await newsroom.counts()).desk).toBe(1)
  })

  it('that throw make every address 503, with Retry-After 30 and no-store', async () => {
    await newsroom.faults({ failReads: [''] })
    const paths = [...FEEDS, '/', '/known', '/articles/known', '/articles/known.json', '/nowhere']
    for (const path of [...paths, '/tags/space/rss.xml', '/articles/none']) {
      await expectUnavailable(path)
      await expectUnavailable(path, { method: 'HEAD' })
      await expectUnavailable(path, { headers: { Accept: 'text/html' } })
      await expectUnavailable(path, { headers: { 'If-None-Match': '*' } })
    }
    await newsroom.faults({})
    expect((await newsroom.get('/known')).status).toBe(302)
  })
})

describe('a desk that does not respond', () => {
  it('does not affect documents in KV; every other address and the API are 503, never 404', async () => {
    await newsroom.faults({ deskDown: true })
    for (const path of [...FEEDS, '/', '/articles/known', '/tags/space/rss.xml']) {
      const response = await newsroom.get(path)
      expect(response.status, path).toBe(200)
      expect(await response.text(), path).toContain('A known story')
      const etag = response.headers.get('ETag') ?? ''
      const again = await newsroom.get(path, { headers: { 'If-None-Match': etag } })
      expect(again.status, path).toBe(304)
    }
    expect((await newsroom.get('/known')).status).toBe(302)
    expect((await newsroom.counts()).desk, 'calls of the desk for documents in KV').toBe(0)
    for (const path of ['/nobody', '/articles/nobody', '/tags/nobody/rss.xml', '/tags/nobody'])
      await expectUnavailable(path)
    await expectUnavailable('/api/articles', {
      headers: { Authorization: `Bearer a-token-for-tests-0123456789` },
    })
    const whileFailing = await newsroom.publish('refused', manuscript())
    expect(whileFailing.status).toBe(503)
    expect(whileFailing.headers.get('Retry-After')).toBe('30')
    expect(whileFailing.headers.get('Content-Type')).toBe('application/problem+json')
    await newsroom.faults({})
    expect((await newsroom.api('/api/articles/refused')).status).toBe(404)
    expect((await newsroom.get('/nobody')).status, 'the failure is not cached').toBe(404)
  })
})

describe('a desk that is evicted between commit and drain', () => {
  it('writes everything to KV without another request', async () => {
    for (let round = 0; round < 2; round += 1) {
      await newsroom.faults({ delayWrites: 600_000 })
      const receipts = await Promise.all(
        Array.from({ length: 4 }, (_, index) => publish(`evicted-${round}-${index}`)),
      )
      await until('writes are running', async () => (await newsroom.counts()).writes >= 6)
      for (const { id } of receipts) expect(await readWire(`article:${id}`)).toBe('')
      // The faults are switched off before the eviction, because the next object may start
      // immediately. The old object cannot write more, because its maximum of writes is running.
      await newsroom.faults({})
      await newsroom.evict()
      for (const receipt of receipts)
        await until(`KV has ${receipt.id}`, () => isWritten(receipt), 30_000)
      expect((await newsroom.counts()).desk, 'requests to the desk after the eviction').toBe(0)
    }
  })
})

describe('polling', () => {
  it('calls neither desk nor renderer, and reads KV once for each request', async () => {
    const paths = [...FEEDS, '/tags/space/rss.xml', '/', '/articles/known']
    const etags = new Map<string, string>()
    for (const path of paths) etags.set(path, (await newsroom.get(path)).headers.get('ETag') ?? '')
    await newsroom.faults({})
    let requests = 0
    for (const path of paths) {
      const headers = { 'If-None-Match': etags.get(path) ?? '' }
      for (let poll = 0; poll < 10; poll += 1) {
        const response = await newsroom.get(path, { headers })
        expect(response.status, path).toBe(304)
        expect(await response.text(), path).toBe('')
        requests += 1
      }
      expect((await newsroom.get(path)).status).toBe(200)
      expect((await newsroom.get(path, { method: 'HEAD' })).status).toBe(200)
      requests += 2
    }
    expect((await newsroom.get('/known')).status).toBe(302)
    const counts = await newsroom.counts()
    expect(counts).toMatchObject({ reads: requests + 1, writes: 0, desk: 0, renders: 0 })
    await publish('counted')
    await newsroom.waitForOutbox()
    expect((await newsroom.counts()).renders, 'renders are counted').toBeGreaterThan(0)
  })
})

describe('edits while a write is slow', () => {
  it('cause only one more write, which has the last edit', async () => {
    await newsroom.faults({ delayWrites: 1500 })
    await publish('slow', { title: 'Slow, first edition' })
    await until('the first write is running', async () =>
      (await newsroom.counts()).writtenKeys.includes('feed:/rss.xml'),
    )
    const edits = ['second', 'third', 'fourth'].map((edition) => ({
      title: `Slow, ${edition} edition`,
    }))
    for (const edit of edits)
      expect((await newsroom.publish('slow', manuscript(edit))).status).toBe(200)
    await newsroom.waitForOutbox()
    const { writtenKeys } = await newsroom.counts()
    expect(writtenKeys.filter((key) => key === 'feed:/rss.xml')).toHaveLength(2)
    for (const key of [
      'feed:/rss.xml',
      'feed:/atom.xml',
      'feed:/feed.json',
      'page:/articles/slow',
    ]) {
      const value = await readWire(key)
      expect(value, key).toContain('Slow, fourth edition')
      expect(value, key).not.toMatch(/Slow, (?:first|second|third) edition/)
    }
  })
})

describe('an embargo', () => {
  it('ends by the alarm, without any request and not too early', async () => {
    const published = Math.floor(Date.now() / 1000) + 3
    const response = await newsroom.publish(
      'embargoed',
      manuscript({ title: 'Under embargo', published: new Date(published * 1000).toISOString() }),
    )
    expect(response.status).toBe(201)
    const receipt = await readReceipt(response)
    await newsroom.faults({})
    const listTraces = async (): Promise<string[]> =>
      (await newsroom.keys()).filter(
        (key) => /embargoed/.test(key) || key === `link:${receipt.code}`,
      )
    let early: string[] = []
    await until('the embargo has ended', async () => {
      const found = await listTraces()
      if (Date.now() < published * 1000) early = found
      return await isWritten(receipt)
    })
    expect(early).toEqual([])
    expect(Date.now()).toBeGreaterThanOrEqual(published * 1000)
    expect(Date.now() - published * 1000, 'milliseconds late').toBeLessThan(8000)
    expect((await newsroom.counts()).desk, 'requests to the desk').toBe(0)
  })
})

describe('a rebuild', () => {
  const readDigests = async (): Promise<Record<string, string>> => {
    const keys = await newsroom.keys()
    return Object.fromEntries(
      await Promise.all(
        keys.sort().map(async (key) => [key, getDigest(JSON.stringify(await newsroom.value(key)))]),
      ),
    )
  }
  const UNKNOWN_KEYS = [
    'feed:/tags/ghost/rss.xml',
    'feed:/nonsense',
    'article:ghost',
    'page:/articles/ghost',
    'link:gh0st',
    'nobody wrote this',
    'خبر',
    '🦄',
  ]
  const put = async (key: string, value: string): Promise<void> => {
    const response = await newsroom.get(`/__put?key=${encodeURIComponent(key)}`, {
      method: 'POST',
      body: value,
    })
    expect(response.status).toBe(204)
  }
  const rebuild = async (): Promise<void> => {
    expect((await newsroom.api('/api/rebuild', { method: 'POST' })).status).toBe(202)
  }
  async function damage(keys: string[]): Promise<void> {
    await newsroom.get('/__empty', { method: 'POST' })
    for (const [index, key] of keys.entries()) if (index % 5 === 0) await put(key, 'damaged')
    for (const key of UNKNOWN_KEYS) await put(key, 'an unknown value')
  }

  it('restores every key and value after KV was emptied, damaged and filled with unknown keys', async () => {
    const tags = { tags: ['rebuilt'], section: 'rebuilt', authors: ['Rebuilder'] }
    for (let index = 0; index < 12; index += 1) await publish(`rebuilt-${index}`, tags)
    await publish('rebuilt-elsewhere', {
      ...tags,
      canonical: 'https://www.news.example/elsewhere',
    })
    await publish('rebuilt-gone', tags)
    await newsroom.withdraw('rebuilt-gone', 'a test')
    const future = new Date(Date.now() + 3_600_000).toISOString()
    await publish('rebuilt-later', { ...tags, published: future })
    for (const path of [
      '/tags/rebuilt',
      '/sections/rebuilt/atom.xml',
      '/authors/rebuilder/feed.json',
    ])
      expect((await newsroom.get(path)).status, path).toBe(200)
    await newsroom.waitForOutbox()
    const before = await readDigests()
    expect(Object.keys(before).length).toBeGreaterThan(60)

    await damage(Object.keys(before))
    await rebuild()
    await newsroom.waitForOutbox()
    expect(await readDigests()).toEqual(before)
    for (const key of Object.keys(before)) expect(key).not.toContain('rebuilt-later')
  })

  it('during publishing restores old documents, writes new ones and deletes unknown keys', async () => {
    const before = await readDigests()
    await damage(Object.keys(before))
    await rebuild()
    const receipts: Receipt[] = []
    for (let index = 0; index < 15; index += 1)
      receipts.push(
        await publish(`during-${index}`, { tags: ['during'], section: 'during', authors: [] }),
      )
    await newsroom.waitForOutbox()
    for (const receipt of receipts) expect(await isWritten(receipt), receipt.id).toBe(true)
    const after = await readDigests()
    const newKeys = receipts.flatMap(({ id, code }) => [
      `article:${id}`,
      `page:/articles/${id}`,
      `link:${code}`,
    ])
    expect(Object.keys(after).sort()).toEqual([...Object.keys(before), ...newKeys].sort())
    const untouched = Object.keys(before).filter((key) =>
      /^article:|^page:\/articles\/|^link:/.test(key),
    )
    expect(untouched.length).toBeGreaterThan(50)
    for (const key of [...untouched, 'feed:/sections/rebuilt/atom.xml'])
      expect(after[key], key).toEqual(before[key])

    await rebuild()
    await newsroom.waitForOutbox()
    expect(await readDigests()).toEqual(after)
  })
})

describe('a restart', () => {
  const PATHS = [...FEEDS, '/', '/articles/known', '/articles/known.json', '/tags/space/rss.xml']
  type DocumentVersion = { etag: string; modified: number; digest: string }
  const readVersion = async (path: string): Promise<DocumentVersion> => {
    const response = await newsroom.get(path)
    expect(response.status, path).toBe(200)
    const modified = Date.parse(response.headers.get('Last-Modified') ?? '')
    return {
      etag: response.headers.get('ETag') ?? '',
      modified,
      digest: getDigest(await response.text()),
    }
  }
  const openDesk = (): Promise<Response> => newsroom.api('/api/wake', { method: 'POST' })

  it('with the same settings writes nothing and keeps every ETag', async () => {
    const before = await Promise.all(PATHS.map(readVersion))
    await newsroom.restart()
    expect((await openDesk()).status).toBe(200)
    await newsroom.waitForOutbox()
    expect(await Promise.all(PATHS.map(readVersion))).toEqual(before)
    expect((await newsroom.counts()).writes).toBe(0)
  })

  it('with another title renders tracked documents and pages again, with a later Last-Modified', async () => {
    const before = await Promise.all(PATHS.map(readVersion))
    await newsroom.restart({ TITLE: 'Another Desk' })
    expect((await openDesk()).status).toBe(200)
    await newsroom.waitForOutbox()
    const counted = await newsroom.counts()
    for (const [index, path] of PATHS.entries()) {
      const after = await readVersion(path)
      const text = await (await newsroom.get(path)).text()
      expect(text, path).not.toContain('Test Desk')
      if (path === '/articles/known.json') {
        expect(after, 'this document does not have the title, so it does not change').toEqual(
          before[index],
        )
        continue
      }
      expect(text, path).toContain('Another Desk')
      expect(after.etag, path).not.toBe(before[index]?.etag)
      expect(after.modified, path).toBeGreaterThan(before[index]?.modified ?? 0)
    }
    expect((await newsroom.counts()).desk, 'the documents are read from KV').toBe(counted.desk)
    await newsroom.restart()
    await openDesk()
    await newsroom.waitForOutbox()
    expect(await (await newsroom.get('/rss.xml')).text()).toContain('Test Desk')
  })

  it('with another TAG_AUTHORITY gives editors one clear sentence, serves readers, and changes nothing', async () => {
    const before = await Promise.all(PATHS.map(readVersion))
    await newsroom.restart({ TAG_AUTHORITY: 'other.example' })
    const sentence =
      'Cannot open the desk: TAG_AUTHORITY was "news.example" when this ledger was created and is "other.example" now; every feed id would change'
    for (const response of [
      await openDesk(),
      await newsroom.publish('refused-authority', manuscript()),
      await newsroom.withdraw('known'),
    ]) {
      expect(response.status).toBe(503)
      expect(await response.json()).toMatchObject({ status: 503, detail: sentence })
    }
    expect(await Promise.all(PATHS.map(readVersion))).toEqual(before)
    expect((await newsroom.get('/known')).status).toBe(302)
    await newsroom.restart()
    expect((await openDesk()).status).toBe(200)
    expect((await newsroom.api('/api/articles/refused-authority')).status).toBe(404)
    expect(await Promise.all(PATHS.map(readVersion))).toEqual(before)
  })
})

// These tests run after those of rebuilds, because they leave a hundred articles behind.
describe('concurrent publishes', () => {
  it('of 100 articles get 100 codes, which are distinct even if case is ignored', async () => {
    const receipts = await Promise.all(
      Array.from({ length: 100 }, (_, index) => publish(`unique-${index}`, { tags: ['unique'] })),
    )
    const codes = receipts.map(({ code }) => code)
    expect(new Set(codes.map((code) => code.toLowerCase())).size).toBe(100)
    for (const { id, code } of receipts) {
      expect(code).toMatch(/^[2-9abcdefghjkmnpqrstuvwxyz]{5,}$/)
      expect((await newsroom.get(`/${code}`)).headers.get('Location')).toBe(
        `https://news.example/articles/${id}`,
      )
    }
  })

  it('of 20 articles with the same code succeed once; the others are 409 and store nothing', async () => {
    const responses = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        newsroom.publish(`racer-${index}`, manuscript({ code: 'race', title: `Racer ${index}` })),
      ),
    )
    expect(responses.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)])
    const winner = responses.findIndex(({ status }) => status === 201)
    for (const [index, response] of responses.entries()) {
      if (index === winner) continue
      expect(await response.json()).toMatchObject({ type: expect.stringContaining('/code-taken') })
      expect((await newsroom.api(`/api/articles/racer-${index}`)).status).toBe(404)
    }
    expect((await newsroom.get('/race')).headers.get('Location')).toBe(
      `https://news.example/articles/racer-${winner}`,
    )
  })

  it('with the same If-Match succeed once; the other one is 412', async () => {
    await publish('matched')
    for (let revision = 1; revision <= 8; revision += 1) {
      const responses = await Promise.all(
        ['left', 'right'].map((side) =>
          newsroom.publish('matched', manuscript({ title: `${side} ${revision}` }), {
            'If-Match': `"${revision}"`,
          }),
        ),
      )
      expect(responses.map(({ status }) => status).sort()).toEqual([200, 412])
      const winner = responses[0]?.status === 200 ? 'left' : 'right'
      const stored = (await (await newsroom.api('/api/articles/matched')).json()) as {
        title: string
        revision: number
      }
      expect(stored).toMatchObject({ title: `${winner} ${revision}`, revision: revision + 1 })
    }
  })
})

describe('the limiter of unknown addresses', () => {
  it('responds 429 with Retry-After in seconds, but existing documents are still served', async () => {
    const statuses = new Map<number, number>()
    const init = { headers: { Accept: 'application/json' } }
    let limited: Response | undefined
    // The limiter counts per minute, and a new minute may begin during the test, so more than twice
    // as many requests as its limit of 600 are sent.
    for (let sentCount = 0; sentCount < 1400 && limited === undefined; sentCount += 50) {
      const responses = await Promise.all(
        Array.from({ length: 50 }, (_, index) => newsroom.get(`/miss-${sentCount + index}`, init)),
      )
      for (const response of responses) {
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
        if (response.status === 429) limited ??= response
        else await response.text()
      }
    }
    expect([...statuses.keys()].sort()).toEqual([404, 429])
    expect(limited?.headers.get('Retry-After')).toMatch(/^[1-9]\d{0,3}$/)
    expect(limited?.headers.get('Cache-Control')).toBe('no-store')
    expect(limited?.headers.get('Content-Type')).toBe('application/problem+json')
    for (const path of [...FEEDS, '/', '/articles/known'])
      expect((await newsroom.get(path)).status, path).toBe(200)
    expect((await newsroom.get('/known')).status).toBe(302)
    expect((await newsroom.publish('limited', manuscript())).status).toBe(201)
    await newsroom.waitForOutbox()
    expect((await newsroom.get('/articles/limited')).status).toBe(200)
  })
})

describe('archive pages', () => {
  it('with invalid numbers cause no read of KV and no call of the desk (P-16)', async () => {
    await newsroom.faults({})
    const before = await newsroom.counts()
    const numbers = ['0', '-1', '1e3', '01', '%D9%A3', '1000000', '9'.repeat(20)]
    for (const number of numbers)
      for (const path of [`/archive/${number}/rss.xml`, `/tags/space/archive/${number}`])
        expect((await newsroom.get(path)).status, path).toBe(404)
    const after = await newsroom.counts()
    expect([after.reads, after.desk]).toEqual([before.reads, before.desk])
  })

  it('that were requested too early are written to KV once they are complete', async () => {
    const story = (number: number): string =>
      JSON.stringify({
        id: `past-${number}`,
        title: `Past ${number}`,
        html: '<p>x</p>',
        tags: ['past'],
      })
    const publishAll = async (from: number, to: number): Promise<void> => {
      const lines = Array.from({ length: to - from + 1 }, (_, index) => story(from + index))
      const headers = { 'Content-Type': 'application/x-ndjson' }
      const body = lines.join('\n')
      const response = await newsroom.api('/api/articles', { method: 'POST', headers, body })
      expect(response.status).toBe(200)
    }
    const key = 'feed:/tags/past/archive/1/rss.xml'
    await publishAll(1, 49)
    // This request has another client address, because earlier tests have used up the limit of the
    // usual one.
    const headers = { 'CF-Connecting-IP': '192.0.2.7' }
    expect((await newsroom.get('/tags/past/archive/1/rss.xml', { headers })).status).toBe(404)
    await publishAll(50, 50)
    await until('KV has the page', async () => (await readWire(key)).includes(`${TAG}past-50`))
    expect((await newsroom.get('/tags/past/archive/1/rss.xml')).status).toBe(200)
  })
})
