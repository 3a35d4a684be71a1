/**
 * The read path without the HTTP application: cache, KV, and the desk behind the shield. Tests
 * include failing stores, damaged values, exceeded limits and a closed desk.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CodeLookUp, DeskRpc, Overview, SimilarCode } from '../../src/desk/protocol.ts'
import { getEncodedBody } from '../../src/http/coding.ts'
import { foldCode } from '../../src/model/code.ts'
import { type Failure, fail, ok, type Result } from '../../src/model/failures.ts'
import type { LinkRecord } from '../../src/model/link.ts'
import { MAX_UNCONFIRMED_MS, WireCache } from '../../src/reader/cache.ts'
import { Reader } from '../../src/reader/reader.ts'
import { SHIELD_MAX_AGE_MS, Shield } from '../../src/reader/shield.ts'
import type { Content } from '../../src/wire/codec.ts'
import { writeContent } from '../../src/wire/store.ts'
import { linkTarget } from '../../src/wire/targets.ts'
import { PUBLICATION } from '../support/drafts.ts'
import { createMemoryKv } from '../support/kv.ts'

const SECONDS = 5
const FEED = 'feed:/rss.xml'
const WHAT = 'this feed'

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(() => vi.restoreAllMocks())

const document = (modified: number, text = `text of ${modified}`): Content => ({
  kind: 'document',
  validators: {
    status: 200,
    type: 'text/plain',
    etag: `W/"${modified}"`,
    modified,
    length: text.length,
  },
  body: text,
})
const ABSENT: Content = { kind: 'absent' }
const record = (code: string, to: string, at = 1): LinkRecord => ({
  at,
  codes: { [code]: { to, id: 'a' } },
})
const buildLink = (linked: LinkRecord): Content => ({ kind: 'link', record: linked })
const SIMILAR: SimilarCode = { code: 'abd', title: 'A story', language: 'en' }
const QUIET: Overview = {
  rows: 0,
  backlog: 0,
  oldestSince: null,
  failing: 0,
  now: 0,
  sweeping: false,
  deletesUnknown: false,
  importing: false,
}

/**
 * Creates one isolate, with a KV and a desk that return what the test sets. A rate limit has no
 * effect unless the test sets its budget.
 */
function createIsolate({ seconds = SECONDS, env = {} as object } = {}) {
  const clock = { now: 1_000_000 }
  const now = () => clock.now
  const { kv, state } = createMemoryKv()
  const calls: string[] = []
  const deskResults: {
    content: Result<Content>
    lookUp: Result<CodeLookUp>
    overview: Result<Overview>
    throws?: Error
  } = { content: ok(ABSENT), lookUp: ok({ similarCodes: [] }), overview: ok(QUIET) }
  const call = <T>(name: string, result: T): T => {
    calls.push(name)
    if (deskResults.throws) throw deskResults.throws
    return result
  }
  /** The number of requests that each limit still permits. */
  const budgets: Record<string, number> = {}
  const limiter = (name: string) => ({
    limit: async ({ key }: { key: string }) => {
      const budget = `${name} ${key.split(':')[0]}`
      budgets[budget] = (budgets[budget] ?? Number.POSITIVE_INFINITY) - 1
      return { success: budgets[budget] >= 0 }
    },
  })
  const desk: Partial<DeskRpc> = {
    getContent: async (target, damaged = false, requestRendering) => {
      const returned = call(`getContent ${target}${damaged ? ' damaged' : ''}`, deskResults.content)
      const renders = returned.ok && returned.value.kind === 'document'
      return renders && requestRendering && !(await requestRendering()) ? ok(ABSENT) : returned
    },
    lookUpCode: async (code, damaged = false) =>
      call(`lookUpCode ${code}${damaged ? ' damaged' : ''}`, deskResults.lookUp),
    getOverview: async () => call('getOverview', deskResults.overview),
    open: async () => call('open', ok({ opened: true as const })),
  }
  const cache = new WireCache(now)
  const reader = new Reader({
    publication: { ...PUBLICATION, memorySeconds: seconds },
    wire: kv,
    getDesk: () => desk as DeskRpc,
    missLimit: limiter('misses'),
    codeLimit: limiter('codes'),
    env,
    cache,
    shield: new Shield(now, async (milliseconds) => {
      clock.now += milliseconds
    }),
    now,
  })
  const request = (headers: Record<string, string> = {}) =>
    new Request('https://news.example/x', { headers })
  const find = (target = FEED, headers: Record<string, string> = {}) =>
    reader.findDocument(request(headers), target, WHAT)
  /** Returns the text of a document, the address of a redirect, or the reason of a failure. */
  const read = async (target = FEED): Promise<string | undefined> => {
    const result = await find(target)
    if (!result.ok) return result.failure.reason
    if (result.value.kind === 'redirect') return result.value.location
    return result.value.body && (await (await getEncodedBody(result.value.body, undefined)).text())
  }
  /**
   * Follows a code as a handler does. Returns its address, similar codes, or the reason of a
   * failure.
   */
  const follow = async (code: string): Promise<string | SimilarCode[]> => {
    const cached = await reader.findLink(request(), code)
    if (!cached.ok) return cached.failure.reason
    const found = cached.value ? ok(cached.value) : await reader.lookUpLink(request(), code)
    if (!found.ok) return found.failure.reason
    if ('similarCodes' in found.value) return found.value.similarCodes
    return 'to' in found.value.answer ? found.value.answer.to : 'gone'
  }
  const send = (target: string, content: Content) => writeContent(kv, target, content)
  const damage = (target: string) => kv.put(target, 'noise', { metadata: { k: 1 } })
  const pass = (milliseconds: number): void => void (clock.now += milliseconds)
  return { reader, state, calls, deskResults, budgets, find, read, follow, send, damage, pass }
}

describe('a document', () => {
  it('is served from the cache without reading KV', async () => {
    const { read, send, state, calls, pass } = createIsolate()
    await send(FEED, document(1))
    expect(await read()).toBe('text of 1')
    await send(FEED, document(2))
    pass(SECONDS * 1000 - 1)
    expect(await read()).toBe('text of 1')
    expect(state.reads).toBe(1)
    pass(1)
    expect(await read()).toBe('text of 2')
    expect(calls).toEqual([])
  })

  it('is served from KV without calling the desk or counting against a limit', async () => {
    const { read, send, calls, budgets } = createIsolate({ seconds: 0 })
    await send(FEED, document(1))
    await send('page:/articles/a', { kind: 'redirect', location: 'https://news.example/a' })
    expect(await read()).toBe('text of 1')
    expect(await read('page:/articles/a')).toBe('https://news.example/a')
    expect(calls).toEqual([])
    expect(budgets).toEqual({})
  })

  it('is read without its body if only its validators are needed, and with it by the next request', async () => {
    const { find, read, send, state } = createIsolate()
    await send(FEED, document(1))
    const result = await find(FEED, { 'If-None-Match': 'W/"1"' })
    expect(result).toMatchObject({ ok: true, value: { validators: { etag: 'W/"1"' } } })
    expect(result.ok && 'body' in result.value && result.value.body).toBeFalsy()
    expect(await read()).toBe('text of 1')
    expect(state.reads).toBe(2)
  })

  it('is requested from the desk, once in ten seconds, if KV does not have it', async () => {
    const { read, deskResults, calls, pass } = createIsolate({ seconds: 0 })
    deskResults.content = ok(document(1))
    expect(await read()).toBe('text of 1')
    pass(SHIELD_MAX_AGE_MS - 1)
    expect(await read()).toBe('text of 1')
    expect(calls).toEqual([`getContent ${FEED}`])
    pass(1)
    await read()
    expect(calls).toHaveLength(2)
  })

  it('is not found if neither KV nor the desk has it, and the failure names it', async () => {
    const { find, calls } = createIsolate()
    for (let times = 0; times < 3; times += 1)
      expect(await find()).toEqual(fail({ reason: 'not-found', subject: WHAT }))
    expect(calls).toEqual([`getContent ${FEED}`])
  })

  it('replaces the cached result of the shield once it is in KV', async () => {
    const { read, send, deskResults, state } = createIsolate({ seconds: 0 })
    expect(await read()).toBe('not-found')
    await send(FEED, document(1))
    expect(await read()).toBe('text of 1')
    deskResults.content = ok(document(2))
    await send(FEED, ABSENT)
    expect(await read()).toBe('text of 2')
    expect(state.reads).toBe(3)
  })

  it('is not served if it is damaged in KV, and the desk is notified', async () => {
    const { read, damage, deskResults, calls } = createIsolate()
    await damage(FEED)
    deskResults.content = ok(document(1))
    expect(await read()).toBe('text of 1')
    expect(calls).toEqual([`getContent ${FEED} damaged`])
    expect(console.warn).toHaveBeenCalledTimes(1)
  })
})

describe('a failure', () => {
  it('of KV causes 503, never 404, and no call of the desk', async () => {
    const { find, follow, state, calls } = createIsolate()
    state.fails = true
    expect(await find()).toMatchObject(fail({ reason: 'unavailable', retryAfterSeconds: 30 }))
    expect(await follow('abc')).toBe('unavailable')
    expect(calls).toEqual([])
    expect(console.error).toHaveBeenCalledTimes(2)
  })

  it('of KV is not noticed while the document is cached', async () => {
    const { read, send, state, pass } = createIsolate()
    await send(FEED, document(1))
    await read()
    state.fails = true
    pass(MAX_UNCONFIRMED_MS - 1)
    expect(await read()).toBe('text of 1')
    pass(MAX_UNCONFIRMED_MS)
    expect(await read()).toBe('unavailable')
  })

  it('of the desk causes 503, and the next request calls the desk again', async () => {
    const { read, follow, deskResults } = createIsolate()
    deskResults.throws = new Error('the desk failed')
    expect(await read()).toBe('unavailable')
    expect(await follow('abc')).toBe('unavailable')
    delete deskResults.throws
    deskResults.content = ok(document(1))
    expect(await read()).toBe('text of 1')
  })
})

describe('a closed desk', () => {
  const CLOSED: Failure[] = [
    { reason: 'import-under-way', action: 'answer' },
    { reason: 'ledger-missing', action: 'answer' },
    { reason: 'disk-full', action: 'answer' },
  ]
  it.each(CLOSED)('returns 503 to readers ($reason), which is not cached', async (failure) => {
    const { read, follow, deskResults, calls } = createIsolate()
    deskResults.content = fail(failure)
    deskResults.lookUp = fail(failure)
    expect(await read()).toBe('unavailable')
    expect(await follow('abc')).toBe('unavailable')
    deskResults.content = ok(document(1))
    deskResults.lookUp = ok({ record: record('abc', 'https://news.example/a'), similarCodes: [] })
    expect(await read()).toBe('text of 1')
    expect(await follow('abc')).toBe('https://news.example/a')
    expect(calls).toHaveLength(4)
  })
})

describe('a rate limit', () => {
  it('of unknown addresses causes 429 when it is exceeded, after the desk was called', async () => {
    const { read, budgets, calls } = createIsolate()
    budgets['misses unknown'] = 2
    const results = []
    for (let each = 0; each < 4; each += 1) results.push(await read(`feed:/tags/t${each}/rss.xml`))
    expect(results).toEqual(['not-found', 'not-found', 'too-many-misses', 'too-many-misses'])
    expect(calls).toHaveLength(4)
  })

  it('of documents that are not yet in KV is counted before they are rendered', async () => {
    const { read, send, deskResults, budgets } = createIsolate()
    budgets['misses documents'] = 1
    deskResults.content = ok(document(1))
    expect(await read('feed:/tags/a/rss.xml')).toBe('text of 1')
    expect(await read('feed:/tags/b/rss.xml')).toBe('too-many-misses')
    await send('feed:/tags/b/rss.xml', document(2))
    expect(await read('feed:/tags/b/rss.xml')).toBe('text of 2')
    expect(budgets['misses unknown']).toBeUndefined()
  })

  it('that is exceeded causes 503, not 429, for a document that is cached without its body', async () => {
    const { find, read, send, deskResults, budgets, pass } = createIsolate()
    await send(FEED, document(1))
    await find(FEED, { 'If-None-Match': 'W/"1"' })
    await send(FEED, ABSENT)
    pass(SECONDS * 1000)
    budgets['misses documents'] = 0
    deskResults.content = ok(document(1))
    expect(await read()).toBe('unavailable')
    budgets['misses documents'] = 1
    expect(await read()).toBe('text of 1')
  })

  it('of codes counts only unknown codes', async () => {
    const { follow, deskResults, budgets } = createIsolate()
    budgets['codes unknown'] = 1
    deskResults.lookUp = ok({ record: record('abc', 'https://news.example/a'), similarCodes: [] })
    expect(await follow('abc')).toBe('https://news.example/a')
    deskResults.lookUp = ok({ similarCodes: [SIMILAR] })
    expect(await follow('abd')).toEqual([SIMILAR])
    expect(await follow('abe')).toBe('too-many-misses')
    expect(await follow('abc')).toBe('https://news.example/a')
  })
})

describe('a code', () => {
  const TARGET = linkTarget(foldCode('abc'))

  it('is found in the cache and in KV, in upper or lower case, without the desk', async () => {
    const { follow, send, state, calls, pass } = createIsolate()
    await send(TARGET, buildLink(record('abc', 'https://news.example/a')))
    expect(await follow('abc')).toBe('https://news.example/a')
    expect(await follow('ABC')).toBe('https://news.example/a')
    expect(state.reads).toBe(1)
    pass(SECONDS * 1000)
    expect(await follow('abc')).toBe('https://news.example/a')
    expect(state.reads).toBe(2)
    expect(calls).toEqual([])
  })

  it('returns similar codes if it is unknown, and is looked up once a minute', async () => {
    const { follow, deskResults, calls, pass } = createIsolate()
    deskResults.lookUp = ok({ similarCodes: [SIMILAR] })
    expect(await follow('abc')).toEqual([SIMILAR])
    pass(59_999)
    expect(await follow('abc')).toEqual([SIMILAR])
    expect(calls).toEqual(['lookUpCode abc'])
    pass(1)
    await follow('abc')
    expect(calls).toHaveLength(2)
  })

  it('redirects to what the desk returns if it is damaged in KV, and the desk is notified', async () => {
    const { follow, damage, deskResults, calls } = createIsolate()
    await damage(TARGET)
    deskResults.lookUp = ok({ record: record('abc', 'https://news.example/a'), similarCodes: [] })
    expect(await follow('abc')).toBe('https://news.example/a')
    expect(calls).toEqual(['lookUpCode abc damaged'])
  })
})

describe('a change', () => {
  const folded = foldCode('abc')
  const moved = record('abc', 'https://news.example/moved', 2)

  it('is visible at once although KV has an older value, without a call of the desk', async () => {
    const { reader, follow, send, calls, pass } = createIsolate()
    await send(linkTarget(folded), buildLink(record('abc', 'https://news.example/a')))
    expect(await follow('abc')).toBe('https://news.example/a')
    reader.refreshLinks([{ folded, record: moved }], 'a')
    expect(await follow('abc')).toBe('https://news.example/moved')
    pass(SECONDS * 1000)
    expect(await follow('abc')).toBe('https://news.example/moved')
    expect(calls).toEqual([])
  })

  it('removes the cached "unknown" of a new code', async () => {
    const { reader, follow, deskResults } = createIsolate({ seconds: 0 })
    deskResults.lookUp = ok({ similarCodes: [SIMILAR] })
    expect(await follow('abc')).toEqual([SIMILAR])
    deskResults.lookUp = ok({ record: moved, similarCodes: [] })
    expect(await follow('abc')).toEqual([SIMILAR])
    reader.refreshLinks([{ folded, record: moved }])
    expect(await follow('abc')).toBe('https://news.example/moved')
  })

  it('of many codes at once also removes their cached "unknown"', async () => {
    const { reader, follow, deskResults } = createIsolate()
    deskResults.lookUp = ok({ similarCodes: [SIMILAR] })
    await follow('abc')
    deskResults.lookUp = ok({ record: moved, similarCodes: [] })
    reader.invalidateCodes(['ABC'])
    expect(await follow('abc')).toBe('https://news.example/moved')
  })

  it('of an article evicts those of its codes that are not among the returned links', async () => {
    const { reader, follow, send, state } = createIsolate()
    const other = { codes: { xyz: { to: 'https://news.example/b', id: 'b' } } }
    await send(linkTarget(foldCode('abc')), buildLink(record('abc', 'https://news.example/a')))
    await send(linkTarget(foldCode('xyz')), buildLink(other))
    for (const code of ['abc', 'xyz']) await follow(code)
    await send(linkTarget(foldCode('abc')), buildLink(moved))
    reader.refreshLinks([], 'a')
    expect(await follow('abc')).toBe('https://news.example/moved')
    expect(await follow('xyz')).toBe('https://news.example/b')
    expect(state.reads).toBe(3)
  })

  it('that returns a code without its link evicts the link', async () => {
    const { reader, follow, send } = createIsolate()
    await send(linkTarget(folded), buildLink(record('abc', 'https://news.example/a')))
    await follow('abc')
    await send(linkTarget(folded), ABSENT)
    reader.refreshLinks([{ folded }])
    expect(await follow('abc')).toEqual([])
  })
})

describe('the reader', () => {
  it('returns a failure to an editor if the desk does not respond', async () => {
    const { reader, deskResults } = createIsolate()
    deskResults.throws = new Error('the desk failed')
    const overview = await reader.callDesk((desk) => desk.getOverview())
    expect(overview).toMatchObject(fail({ reason: 'unavailable', retryAfterSeconds: 30 }))
    deskResults.throws = new Error('database or disk is full: SQLITE_FULL')
    const full = await reader.callDesk((desk) => desk.getOverview(), 'publish "a"')
    expect(full).toEqual(fail({ reason: 'disk-full', action: 'publish "a"' }))
  })

  it('checks the health of the desk and of its machine at most once in ten seconds', async () => {
    const machine = { trouble: null as string | null }
    const env = { MACHINE: { fetch: async () => Response.json(machine) } }
    const { reader, calls, pass } = createIsolate({ env })
    expect(await reader.getHealth()).toEqual(ok(QUIET))
    machine.trouble = 'disk-full'
    expect(await reader.getHealth()).toEqual(ok(QUIET))
    expect(calls).toEqual(['getOverview'])
    pass(SHIELD_MAX_AGE_MS)
    expect(await reader.getHealth()).toEqual(fail({ reason: 'disk-full', action: 'write' }))
  })

  it('returns the value of KV instead of the cached one during a rebuild', async () => {
    const { reader, read, send, pass } = createIsolate()
    await send(FEED, document(2))
    await read()
    await send(FEED, document(1))
    pass(SECONDS * 1000)
    expect(await read()).toBe('text of 2')
    await reader.applyOverview({ ...QUIET, deletesUnknown: true, backlog: 3 })
    expect(await read()).toBe('text of 1')
  })

  it('opens the desk, which corrects its clock, if the clock of the desk is ahead', async () => {
    const { reader, calls } = createIsolate()
    await reader.applyOverview({ ...QUIET, now: 1_000_000 })
    expect(calls).toEqual([])
    await reader.applyOverview({ ...QUIET, now: 2_000_000 })
    expect(calls).toEqual(['open'])
  })
})
