/**
 * Tests the cache of an isolate in the real worker: it serves no older document after a newer one
 * (rule H-22), shows news within seconds, and reads KV once whatever the query is (rule H-33).
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { exchange } from '../support/exchange.ts'
import {
  type FaultyNewsroom,
  type Manuscript,
  manuscript,
  openFaultyNewsroom,
} from '../support/newsroom.ts'
import { until } from '../support/until.ts'

describe('the cache of an isolate', () => {
  const SECTION = '/sections/memory/rss.xml'
  let newsroom: FaultyNewsroom
  beforeAll(async () => {
    newsroom = await openFaultyNewsroom({ MEMORY_SECONDS: '1' })
  })
  afterEach(async () => await newsroom.faults({}))
  afterAll(async () => await newsroom.close())

  const readEtag = async (path: string, init?: RequestInit): Promise<string> => {
    const response = await newsroom.get(path, init)
    expect(response.status, path).toBe(200)
    await response.arrayBuffer()
    return response.headers.get('ETag') ?? 'none'
  }
  /** Publishes an article and waits until a reader gets the changed document. Returns its ETag. */
  async function publish(path: string, id: string, more: Manuscript = {}): Promise<string> {
    const before = (await newsroom.get(path)).headers.get('ETag')
    expect((await newsroom.publish(id, manuscript({ section: 'memory', ...more }))).ok).toBe(true)
    await newsroom.waitForOutbox()
    let etag = ''
    await until('a reader gets another ETag', async () => {
      const response = await newsroom.get(path)
      etag = response.headers.get('ETag') ?? ''
      return response.status === 200 && etag !== before
    })
    return etag
  }

  it('shows a published story within seconds', async () => {
    await publish(SECTION, 'first')
    await readEtag(SECTION)
    expect((await newsroom.publish('second', manuscript({ section: 'memory' }))).status).toBe(201)
    const acknowledged = Date.now()
    await until('the feed has the story', async () =>
      (await (await newsroom.get(SECTION)).text()).includes('2026:second'),
    )
    expect(Date.now() - acknowledged).toBeLessThan(5000)
  })

  it('never serves an older document while KV returns older values or nothing, or fails (H-22)', async () => {
    await publish(SECTION, 'older')
    await newsroom.snapshotKv()
    const newer = await publish(SECTION, 'newer')
    for (const fault of [{ answerOld: [''] }, { hideKeys: [''] }, { failReads: [''] }]) {
      await newsroom.faults(fault)
      await until('KV was read twice', async () => {
        expect(await readEtag(SECTION)).toBe(newer)
        const poll = await newsroom.get(SECTION, { headers: { 'If-None-Match': newer } })
        expect(poll.status).toBe(304)
        return (await newsroom.counts()).reads >= 2
      })
      expect((await newsroom.counts()).desk, JSON.stringify(fault)).toBe(0)
    }
  })

  it('gets the body of a newer document from the desk if it has cached only the validators (H-22)', async () => {
    const path = '/sections/memory/atom.xml'
    await publish(path, 'halfway')
    await newsroom.snapshotKv()
    const older = await readEtag(path)
    expect((await newsroom.publish('whole', manuscript({ section: 'memory' }))).status).toBe(201)
    await newsroom.waitForOutbox()
    let newer = ''
    await until('a HEAD request gets the newer ETag', async () => {
      newer = await readEtag(path, { method: 'HEAD' })
      return newer !== older
    })
    await newsroom.faults({ answerOld: [''] })
    const response = await newsroom.get(path)
    expect(response.headers.get('ETag')).toBe(newer)
    expect(await response.text()).toContain('2026:whole')
    expect((await newsroom.counts()).desk).toBe(1)
    // Without the desk the newer body is not available, and the older one must not be served.
    await newsroom.publish('whole', manuscript({ section: 'memory', title: 'Again' }))
    await newsroom.waitForOutbox()
    await newsroom.faults({})
    await until(
      'a HEAD request gets the newer ETag',
      async () => (await readEtag(path, { method: 'HEAD' })) !== newer,
    )
    await newsroom.faults({ answerOld: [''], deskDown: true })
    expect((await newsroom.get(path)).status).toBe(503)
  })

  it('serves 410 within seconds after a withdrawal, for the page and for the short link', async () => {
    await publish('/articles/taken-back', 'taken-back', { code: 'taken2' })
    expect((await newsroom.get('/taken2')).status).toBe(302)
    expect((await newsroom.withdraw('taken-back')).status).toBe(200)
    await newsroom.waitForOutbox()
    await until('both are 410', async () => {
      const responses = [await newsroom.get('/articles/taken-back'), await newsroom.get('/taken2')]
      return responses.every(({ status }) => status === 410)
    })
  })
})

describe('a link that is cached for a minute', () => {
  const MAP = 'https://www.news.example/expo/map'
  const PLAN = 'https://www.news.example/expo/plan'
  let newsroom: FaultyNewsroom
  beforeAll(async () => {
    newsroom = await openFaultyNewsroom({ MEMORY_SECONDS: '60' })
  })
  afterEach(async () => await newsroom.faults({}))
  afterAll(async () => await newsroom.close())

  const changeLink = async (code: string, body: object | undefined): Promise<void> => {
    const init = body
      ? {
          method: 'PUT',
          body: JSON.stringify(body),
          headers: { 'Content-Type': 'application/json' },
        }
      : { method: 'DELETE' }
    expect((await newsroom.api(`/api/links/${code}`, init)).ok).toBe(true)
  }
  const follow = async (code: string) => {
    const response = await newsroom.get(`/${code}`)
    return [response.status, response.headers.get('Location')]
  }

  it('redirects to a new destination from the next request on, whatever KV returns, and is 410 once removed (L-06)', async () => {
    await changeLink('map', { url: MAP })
    expect(await follow('map')).toEqual([302, MAP])
    await newsroom.waitForOutbox()
    await newsroom.snapshotKv()
    await newsroom.faults({ answerOld: [''] })
    await changeLink('map', { url: PLAN })
    expect(await follow('map')).toEqual([302, PLAN])
    expect(await follow('MAP')).toEqual([302, PLAN])
    await changeLink('map', undefined)
    expect(await follow('map')).toEqual([410, null])
  })

  it('works although its code was tried before it existed, and KV returns nothing (L-07)', async () => {
    expect(await follow('probed')).toEqual([404, null])
    await newsroom.faults({ hideKeys: [''] })
    await changeLink('probed', { url: MAP })
    expect(await follow('probed')).toEqual([302, MAP])
  })

  it('works as soon as it is imported, although its code was tried before (L-07)', async () => {
    expect(await follow('oldcode')).toEqual([404, null])
    const imported = await newsroom.api('/api/links', {
      method: 'POST',
      body: `${JSON.stringify({ code: 'oldcode', url: MAP })}\n`,
      headers: { 'Content-Type': 'application/x-ndjson' },
    })
    expect(await imported.json()).toMatchObject({ accepted: 1 })
    expect(await follow('oldcode')).toEqual([302, MAP])
  })

  it('redirects to the new address of its article under each code, and is 410 after the withdrawal (L-06)', async () => {
    const old = 'https://www.news.example/old'
    const story = manuscript({ code: 'story', canonical: old })
    expect((await newsroom.publish('story', story)).status).toBe(201)
    await changeLink('alias', { article: 'story' })
    for (const code of ['story', 'alias']) expect(await follow(code)).toEqual([302, old])
    const moved = 'https://www.news.example/new'
    expect((await newsroom.publish('story', manuscript({ canonical: moved }))).status).toBe(200)
    for (const code of ['story', 'alias']) expect(await follow(code)).toEqual([302, moved])
    expect((await newsroom.withdraw('story')).status).toBe(200)
    for (const code of ['story', 'alias']) expect(await follow(code)).toEqual([410, null])
  })
})

describe('a link whose code differs from another only in case', () => {
  let newsroom: FaultyNewsroom
  beforeAll(async () => {
    newsroom = await openFaultyNewsroom({ MEMORY_SECONDS: '1' })
  })
  afterAll(async () => await newsroom.close())

  it('does not redirect to its old destination, even if another spelling was looked up (L-06)', async () => {
    const [old, moved] = ['https://www.news.example/old', 'https://www.news.example/new']
    await newsroom.publish('one', manuscript({ code: 'AbC', canonical: old }))
    await newsroom.publish('two', manuscript({ code: 'aBC' }))
    await newsroom.waitForOutbox()
    const follow = async (code: string) => (await newsroom.get(`/${code}`)).headers.get('Location')
    await until('/abc is ambiguous', async () => (await newsroom.get('/abc')).status === 404)
    expect(await follow('AbC')).toBe(old)
    expect((await newsroom.get('/abc')).status).toBe(404)
    // A bulk request does not refresh the cache, so the isolate reads these articles from KV.
    await newsroom.api('/api/articles', {
      method: 'POST',
      body: `${JSON.stringify({ id: 'one', ...manuscript({ canonical: moved }) })}\n`,
      headers: { 'Content-Type': 'application/x-ndjson' },
    })
    await newsroom.waitForOutbox()
    await until(
      'the link redirects to the new address',
      async () => {
        expect((await newsroom.get('/abc')).status).toBe(404)
        return (await follow('AbC')) === moved
      },
      5000,
    )
  })
})

describe('a cache of a minute', () => {
  let newsroom: FaultyNewsroom
  beforeAll(async () => {
    newsroom = await openFaultyNewsroom({ MEMORY_SECONDS: '60' })
    await newsroom.publish('known', manuscript({ code: 'known' }))
    await newsroom.publish('moved', manuscript({ canonical: 'https://www.news.example/moved' }))
    await newsroom.get('/rss.xml', { method: 'HEAD' })
    await newsroom.waitForOutbox()
  })
  afterAll(async () => await newsroom.close())

  it('reads KV at most once for each path, whatever the query (H-33)', async () => {
    for (const [path, status] of [
      ['/rss.xml', 200],
      ['/articles/known', 200],
      ['/articles/moved', 301],
      ['/known', 302],
    ] as const) {
      await newsroom.faults({})
      for (const query of ['', '?utm_source=x', '?t=1', '?t=2', '?a=1&b=2', '?b=2&a=1']) {
        const response = await exchange(newsroom.url, { path: path + query })
        expect(response.status, path + query).toBe(status)
      }
      const { reads, desk } = await newsroom.counts()
      // KV is not read if the desk answered an earlier request, because its answer is cached too.
      expect(reads, path).toBeLessThanOrEqual(1)
      expect(desk, path).toBe(0)
    }
  })

  it('sets the headers that depend on host or time anew for each response (S-25, H-68)', async () => {
    const request = async (path: string, host: string) =>
      await exchange(newsroom.url, { path, headers: [['Host', host]] })
    for (const path of ['/known', '/rss.xml', '/articles/moved']) {
      for (let round = 0; round < 2; round += 1) {
        const response = await request(path, 'preview.workers.example')
        const onSite = await request(path, 'news.example')
        expect(response.header('X-Robots-Tag'), path).toBe('noindex')
        expect(onSite.header('X-Robots-Tag'), path).toBeUndefined()
        expect(onSite.header('Date'), path).toMatch(/^\w{3}, [^,]+ GMT$/)
        expect(onSite.header('Location')).toBe(response.header('Location'))
      }
    }
  })

  it('reads KV once for validators and once for the body, for all codings together', async () => {
    expect((await newsroom.publish('other', manuscript({ section: 'once' }))).status).toBe(201)
    const path = '/articles/other'
    await newsroom.waitForOutbox()
    await newsroom.faults({})
    const head = await newsroom.get(path, { method: 'HEAD' })
    const headers = { 'If-None-Match': head.headers.get('ETag') ?? '' }
    for (let poll = 0; poll < 5; poll += 1)
      expect((await newsroom.get(path, { headers })).status).toBe(304)
    expect((await newsroom.counts()).reads).toBe(1)
    for (const coding of ['gzip', 'br', 'identity', 'gzip']) {
      const response = await newsroom.get(path, { headers: { 'Accept-Encoding': coding } })
      expect(await response.text()).toContain('A headline')
    }
    expect(await newsroom.counts()).toMatchObject({ reads: 2, desk: 0, renders: 0 })
  })
})
