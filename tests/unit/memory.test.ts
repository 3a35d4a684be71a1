/**
 * The cache of an isolate: how long it stores values, how many, and that no older document follows
 * a newer one (rule H-22).
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBody, getEncodedBody } from '../../src/http/coding.ts'
import {
  type CachedValue,
  MAX_BYTES,
  MAX_REFRESH_MS,
  MAX_UNCONFIRMED_MS,
  WireCache,
} from '../../src/reader/cache.ts'

type Document = Extract<CachedValue, { kind: 'document' }>

const SECONDS = 5

function document(modified: number, { body = false, length = 2000 } = {}): Document {
  return {
    kind: 'document',
    validators: { status: 200, type: 'text/plain', etag: `W/"${modified}"`, modified, length },
    ...(body && { body: createBody('x'.repeat(length)) }),
  }
}

const LINK: CachedValue = {
  kind: 'link',
  record: { codes: { abc: { to: 'https://news.example/a' } } },
}
/** Builds a record that last changed in this second, and redirects to it. */
const link = (at: number): CachedValue => ({
  kind: 'link',
  record: { at, codes: { abc: { to: `https://news.example/${at}` } } },
})
const REDIRECT: CachedValue = { kind: 'redirect', location: 'https://news.example/elsewhere' }

/** A cache before a KV that returns what the test sets, with a clock that only the test moves. */
function createCache(seconds = SECONDS) {
  const clock = { now: 1_000_000 }
  const memory = new WireCache(() => clock.now)
  const kv: { value: CachedValue | undefined | 'fails'; reads: number } = {
    value: undefined,
    reads: 0,
  }
  const load = async (target = 'feed:/rss.xml'): Promise<CachedValue | undefined> => {
    const stored = memory.get(target, seconds)
    if (stored) return stored
    return await memory.refresh(target, seconds, async () => {
      kv.reads += 1
      if (kv.value === 'fails') throw new Error('KV GET failed: 500')
      return kv.value
    })
  }
  const modified = async (): Promise<number | undefined> => {
    const cached = await load()
    return cached?.kind === 'document' ? cached.validators.modified : undefined
  }
  return { clock, memory, kv, load, modified }
}

describe('the cache time in seconds', () => {
  it.each([document(1), REDIRECT, LINK])(
    'limits KV to one read for $kind within it',
    async (cached) => {
      const { clock, kv, load } = createCache()
      kv.value = cached
      expect(await load()).toEqual(cached)
      clock.now += SECONDS * 1000 - 1
      expect(await load()).toEqual(cached)
      expect(kv.reads).toBe(1)
      clock.now += 1
      await load()
      expect(kv.reads).toBe(2)
    },
  )

  it('limits how stale a response is, whatever is written', async () => {
    const { clock, kv, modified } = createCache()
    for (let now = 0; now < 60_000; now += 250) {
      clock.now = 1_000_000 + now
      kv.value = document(now)
      expect(now - ((await modified()) ?? 0)).toBeLessThan(SECONDS * 1000)
    }
  })

  it('begins with the request to KV, not with its response', async () => {
    const { clock, memory } = createCache()
    await memory.refresh('a', SECONDS, async () => {
      clock.now += 4000
      return document(1)
    })
    clock.now += 999
    expect(memory.get('a', SECONDS)).toBeDefined()
    clock.now += 1
    expect(memory.get('a', SECONDS)).toBeUndefined()
  })

  it('may be 0: KV is read for each request and trusted', async () => {
    const { kv, modified, memory } = createCache(0)
    kv.value = document(2)
    expect(await modified()).toBe(2)
    kv.value = document(1)
    expect(await modified()).toBe(1)
    expect([kv.reads, memory.bytes]).toEqual([2, 0])
  })

  it('does not apply to "nothing", which is not cached', async () => {
    const { kv, load, memory } = createCache()
    expect(await load()).toBeUndefined()
    kv.value = document(1)
    expect(await load()).toEqual(document(1))
    expect(memory.bytes).toBeGreaterThan(0)
  })
})

describe('H-22: a newer document', () => {
  it.each([
    ['an older one', document(1)],
    ['nothing', undefined],
    ['an error', 'fails'],
  ] as const)('stays when KV then returns %s, for two minutes and no longer', async (_, lie) => {
    const { clock, kv, modified } = createCache()
    kv.value = document(2)
    await modified()
    kv.value = lie
    for (const later of [SECONDS * 1000, MAX_UNCONFIRMED_MS / 2, MAX_UNCONFIRMED_MS - 1]) {
      clock.now = 1_000_000 + later
      expect(await modified()).toBe(2)
    }
    clock.now = 1_000_000 + MAX_UNCONFIRMED_MS + SECONDS * 1000
    if (lie === 'fails') await expect(modified()).rejects.toThrow('KV GET failed')
    else expect(await modified()).toBe(lie?.validators.modified)
    expect(MAX_UNCONFIRMED_MS).toBe(120_000)
  })

  it('stays cached without further reads of KV', async () => {
    const { clock, kv, modified } = createCache()
    kv.value = document(2)
    await modified()
    kv.value = document(1)
    clock.now += SECONDS * 1000
    for (let poll = 0; poll < 10; poll += 1) await modified()
    expect(kv.reads).toBe(2)
  })

  it('is replaced at once by what the desk returns', async () => {
    const { kv, memory, modified } = createCache()
    kv.value = document(2)
    await modified()
    memory.set('feed:/rss.xml', SECONDS, document(1))
    expect(await modified()).toBe(1)
    memory.set('feed:/rss.xml', SECONDS, undefined)
    kv.value = undefined
    expect(await modified()).toBeUndefined()
  })

  it('is replaced by what KV returns during a rebuild, and not afterwards', async () => {
    const clock = { now: 1_000_000 }
    const memory = new WireCache(() => clock.now)
    const read = (value: CachedValue | undefined) => memory.refresh('t', SECONDS, async () => value)
    await read(document(2))
    memory.setRebuilding(true)
    expect(memory.get('t', SECONDS)).toBeUndefined()
    expect(memory.bytes).toBe(0)
    await read(document(2))
    clock.now += 10_000
    expect(await read(document(1))).toEqual(document(1))
    clock.now += 10_000
    expect(await read(undefined)).toBeUndefined()
    await read(document(2))
    memory.setRebuilding(false)
    expect(memory.findBody('t', 'W/"2"')).toBeUndefined()
    await read(document(2))
    clock.now += 10_000
    expect(await read(document(1))).toEqual(document(2))
  })

  it('replaces the result of a read that began before it and ended after it', async () => {
    const { memory } = createCache()
    let answerLate = (_: CachedValue): void => undefined
    const late = memory.refresh(
      'a',
      SECONDS,
      () => new Promise((resolve) => (answerLate = resolve)),
    )
    await memory.refresh('a', SECONDS, async () => document(2))
    answerLate(document(1))
    expect(await late).toEqual(document(2))
    expect(memory.get('a', SECONDS)).toEqual(document(2))
  })

  it('is never followed by an older one, in whatever order KV returns versions within two minutes', async () => {
    const answers = fc.array(
      fc.record({
        value: fc.oneof(fc.nat(20), fc.constant(undefined), fc.constant('fails' as const)),
        pass: fc.nat(20_000),
      }),
      { maxLength: 40 },
    )
    await fc.assert(
      fc.asyncProperty(answers, async (steps) => {
        const { clock, kv, modified } = createCache()
        let newest = -1
        let confirmed = Number.NEGATIVE_INFINITY
        for (const { value, pass } of steps) {
          clock.now += pass
          const before = kv.reads
          kv.value = typeof value === 'number' ? document(value) : value
          const time = await modified().catch(() => undefined)
          // The cache keeps it at most this long after KV last confirmed it.
          if (clock.now - confirmed < MAX_UNCONFIRMED_MS)
            expect(time).toBeGreaterThanOrEqual(newest)
          if (kv.reads > before && typeof value === 'number' && time === value)
            confirmed = clock.now
          newest = time ?? -1
        }
      }),
    )
  })

  it('is not recognised for redirects and for links without a time: KV is trusted', async () => {
    const { clock, kv, load } = createCache()
    const elsewhere: CachedValue = {
      kind: 'link',
      record: { codes: { abc: { to: 'https://news.example/b' } } },
    }
    for (const value of [document(2), REDIRECT, LINK, elsewhere, link(5), document(1)]) {
      kv.value = value
      expect(await load()).toEqual(value)
      clock.now += SECONDS * 1000
    }
    kv.value = undefined
    expect(await load()).toEqual(document(1))
  })
})

describe('L-06: a newer record of a link', () => {
  const target = 'link:abc'

  it.each([
    ['an older one', link(1)],
    ['one without a time, of an earlier version', LINK],
    ['nothing', undefined],
    ['an error', 'fails'],
  ] as const)('stays when KV then returns %s, for two minutes and no longer', async (_, lie) => {
    const { clock, kv, load } = createCache()
    kv.value = link(2)
    await load(target)
    kv.value = lie
    for (const later of [SECONDS * 1000, MAX_UNCONFIRMED_MS / 2, MAX_UNCONFIRMED_MS - 1]) {
      clock.now = 1_000_000 + later
      expect(await load(target)).toEqual(link(2))
    }
    clock.now = 1_000_000 + MAX_UNCONFIRMED_MS + SECONDS * 1000
    if (lie === 'fails') await expect(load(target)).rejects.toThrow('KV GET failed')
    else expect(await load(target)).toEqual(lie)
  })

  it('replaces an older one, and one without a time, at once', async () => {
    const { clock, kv, load } = createCache()
    for (const value of [LINK, link(1), link(2), link(2)]) {
      kv.value = value
      expect(await load(target)).toEqual(value)
      clock.now += SECONDS * 1000
    }
  })

  it('is replaced by what the desk returns', async () => {
    const { kv, memory, load } = createCache()
    kv.value = link(2)
    await load(target)
    for (const newer of [link(1), LINK]) {
      memory.set(target, SECONDS, newer)
      expect(await load(target)).toEqual(newer)
    }
  })
})

describe('cached bodies', () => {
  it('stay when the same document is read again without its body', async () => {
    const { clock, kv, load } = createCache()
    kv.value = document(1, { body: true })
    await load()
    clock.now += SECONDS * 1000
    kv.value = document(1)
    expect(await load()).toHaveProperty('body')
    clock.now += SECONDS * 1000
    kv.value = document(2)
    expect(await load()).not.toHaveProperty('body')
  })

  it('and everything else stay within the limit of bytes, and the oldest are evicted first', async () => {
    const { memory, kv, load } = createCache()
    kv.value = document(1, { body: true, length: 1024 * 1024 })
    for (let index = 0; index < 40; index += 1) {
      await load(`feed:/${index}`)
      expect(memory.bytes).toBeLessThanOrEqual(MAX_BYTES)
    }
    expect(memory.bytes).toBeGreaterThan(MAX_BYTES * 0.8)
    expect(memory.get('feed:/0', SECONDS)).toBeUndefined()
    expect(memory.get('feed:/39', SECONDS)).toBeDefined()
  })

  it('are counted with all codings, so that deriving one later exceeds no limit', async () => {
    const { memory, kv, load } = createCache()
    const cached = document(1, { body: true, length: 100_000 })
    kv.value = cached
    await load()
    for (const coding of ['br', 'gzip', undefined] as const)
      if (cached.body) await getEncodedBody(cached.body, coding)
    const real = Object.values(cached.body ?? {}).reduce((sum, blob) => sum + (blob?.size ?? 0), 0)
    expect(real).toBeGreaterThan(100_000)
    expect(memory.bytes).toBeGreaterThanOrEqual(real)
  })

  it('larger than the limit are not cached and evict no others', async () => {
    const { memory, kv, load } = createCache()
    kv.value = document(1)
    await load('small')
    kv.value = {
      ...document(1, { body: true }),
      validators: document(1, { length: MAX_BYTES }).validators,
    }
    expect(await load('large')).toBeDefined()
    expect(memory.get('large', SECONDS)).toBeUndefined()
    expect(memory.get('small', SECONDS)).toBeDefined()
  })

  it('take no space after they were evicted', async () => {
    const { memory, kv, load } = createCache()
    kv.value = document(1, { body: true })
    await load()
    memory.set('feed:/rss.xml', SECONDS, undefined)
    expect(memory.bytes).toBe(0)
  })
})

describe('while one request reads KV again', () => {
  it('others get the cached value, for a second at most', async () => {
    const { clock, memory } = createCache()
    await memory.refresh('a', SECONDS, async () => document(1))
    clock.now += SECONDS * 1000
    expect(memory.get('a', SECONDS)).toBeUndefined()
    let value = (_: CachedValue): void => undefined
    const asking = memory.refresh('a', SECONDS, () => new Promise((resolve) => (value = resolve)))
    expect(memory.get('a', SECONDS)).toEqual(document(1))
    clock.now += MAX_REFRESH_MS - 1
    expect(memory.get('a', SECONDS)).toEqual(document(1))
    clock.now += 1
    expect(memory.get('a', SECONDS)).toBeUndefined()
    value(document(2))
    await asking
    expect(memory.get('a', SECONDS)).toEqual(document(2))
  })

  it('its abort blocks no other request', async () => {
    const { clock, memory } = createCache()
    await memory.refresh('a', SECONDS, async () => document(1))
    clock.now += SECONDS * 1000
    void memory.refresh('a', SECONDS, () => new Promise(() => undefined))
    clock.now += MAX_REFRESH_MS
    expect(memory.get('a', SECONDS)).toBeUndefined()
    expect(await memory.refresh('a', SECONDS, async () => document(2))).toEqual(document(2))
  })

  it('the cached body of the same document is used and not read again', async () => {
    const { memory } = createCache()
    const cached = document(1, { body: true })
    await memory.refresh('a', SECONDS, async () => cached)
    expect(memory.findBody('a', 'W/"1"')).toBe(cached.body)
    expect(memory.findBody('a', 'W/"2"')).toBeUndefined()
    expect(memory.findBody('b', 'W/"1"')).toBeUndefined()
  })
})

describe('the links that redirect to an article', () => {
  it('are found under all their codes, and no other links are', () => {
    const { memory } = createCache()
    const link = (codes: Record<string, object>): CachedValue => ({
      kind: 'link',
      record: { codes } as Extract<CachedValue, { kind: 'link' }>['record'],
    })
    const to = 'https://news.example/a'
    memory.set('link:one', SECONDS, link({ one: { to, id: 'story' } }))
    memory.set('link:abc', SECONDS, link({ abc: { to }, ABC: { to, id: 'story' } }))
    memory.set('link:other', SECONDS, link({ other: { to, id: 'other' } }))
    memory.set('link:gone', SECONDS, link({ gone: { gone: true } }))
    memory.set('article:story', SECONDS, REDIRECT)
    expect(memory.listLinksTo('story')).toEqual(['link:one', 'link:abc'])
    expect(memory.listLinksTo('nobody')).toEqual([])
  })
})
