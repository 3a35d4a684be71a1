/**
 * A change refreshes the cache of the isolate that handles it: readers of that isolate get the
 * result with one call of the desk, even while KV has older values. The test uses the real desk
 * and routes, without workerd.
 */
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { articlesApi } from '../../src/api/articles.ts'
import { createLinksApi } from '../../src/api/links.ts'
import { Desk } from '../../src/desk/desk.ts'
import type { DeskRpc } from '../../src/desk/protocol.ts'
import { WireCache } from '../../src/reader/cache.ts'
import { Reader } from '../../src/reader/reader.ts'
import { Shield } from '../../src/reader/shield.ts'
import type { AppEnv } from '../../src/serving/app-type.ts'
import { PUBLICATION } from '../support/drafts.ts'
import { createMemoryKv } from '../support/kv.ts'
import { SimulatedDesk, useFakeClock } from '../support/simulated-desk.ts'

useFakeClock()

/** Creates the API of an isolate whose KV stays empty. `calls` lists the called desk methods. */
function createIsolate() {
  const { desk } = new SimulatedDesk(Desk)
  const calls: string[] = []
  const countingDesk = new Proxy<DeskRpc>(desk, {
    get: (target, name: keyof DeskRpc) => {
      calls.push(name)
      return target[name].bind(target)
    },
  })
  const now = () => Date.now()
  const unlimited = { limit: async () => ({ success: true }) }
  const reader = new Reader({
    publication: { ...PUBLICATION, memorySeconds: 5 },
    wire: createMemoryKv().kv,
    getDesk: () => countingDesk,
    missLimit: unlimited,
    codeLimit: unlimited,
    env: {},
    cache: new WireCache(now),
    shield: new Shield(now, async () => undefined),
    now,
  })
  const app = new Hono<AppEnv>()
  app.use(async (c, next) => {
    c.set('reader', reader)
    c.set('publication', reader.publication)
    await next()
  })
  app.route('/', createLinksApi(now))
  app.route('/', articlesApi)
  const send = async (method: string, path: string, body: object = {}): Promise<number> => {
    const headers = { 'Content-Type': 'application/json' }
    const init = { method, headers, body: JSON.stringify(body) }
    return (await app.request(`https://news.example${path}`, init)).status
  }
  /**
   * Returns the destination of a code in this isolate's cache, or `gone`. Returns `undefined` if
   * the code is not cached.
   */
  const follow = async (code: string): Promise<string | undefined> => {
    const found = await reader.findLink(new Request('https://news.example/x'), code)
    if (!found.ok || !found.value) return undefined
    const { answer } = found.value
    return 'to' in answer ? answer.to : 'gone'
  }
  return { send, follow, calls }
}

const manuscript = { title: 'A story', html: '<p>It happened.</p>', code: 'Own' }
const ARTICLE_URL = 'https://news.example/articles/a'
const CANONICAL_URL = 'https://news.example/2026/moved'

describe('a change of an article', () => {
  it('updates all codes of the article at once, with one call of the desk', async () => {
    const { send, follow, calls } = createIsolate()
    expect(await send('PUT', '/api/articles/a', manuscript)).toBe(201)
    expect(calls).toEqual(['publish'])
    expect(await follow('Own')).toBe(ARTICLE_URL)
    expect(await send('PUT', '/api/links/abc', { article: 'a' })).toBe(201)
    expect(await follow('abc')).toBe(ARTICLE_URL)
    expect(await send('PUT', '/api/articles/a', { ...manuscript, canonical: CANONICAL_URL })).toBe(
      200,
    )
    expect([await follow('Own'), await follow('abc')]).toEqual([CANONICAL_URL, CANONICAL_URL])
    expect(await send('DELETE', '/api/articles/a')).toBe(200)
    expect([await follow('Own'), await follow('abc')]).toEqual(['gone', 'gone'])
    expect(calls).toEqual(['publish', 'putLink', 'publish', 'withdraw'])
  })
})

describe('a change of a link', () => {
  it('updates the link at once, with one call of the desk', async () => {
    const { send, follow, calls } = createIsolate()
    expect(await send('PUT', '/api/links/tour', { url: 'https://news.example/2026/tour' })).toBe(
      201,
    )
    expect(await follow('tour')).toBe('https://news.example/2026/tour')
    expect(await send('PUT', '/api/links/tour', { url: 'https://news.example/2026/new' })).toBe(200)
    expect(await follow('tour')).toBe('https://news.example/2026/new')
    expect(await send('DELETE', '/api/links/tour')).toBe(200)
    expect(await follow('tour')).toBe('gone')
    expect(calls).toEqual(['putLink', 'putLink', 'removeLink'])
  })
})
