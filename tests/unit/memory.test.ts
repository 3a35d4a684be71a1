/**
 * The cache of an isolate: how long it stores values, how many it stores, and that it never returns
 * an older document after a newer one (rule H-22).
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
  const cache = new WireCache(() => clock.now)
  const kv: { value: CachedValue | undefined | 'fails'; reads: number } = {
    value: undefined,
    reads: 0,
  }
  const load = async (target = 'feed:/rss.xml'): Promise<CachedValue | undefined> => {
    const stored = cache.get(target, seconds)
    if (stored) return stored
    return await cache.refresh(target, seconds, async () => {
      kv.reads += 1
      if (kv.value === 'fails') throw new Error('KV GET failed: 500')
      return kv.value
    })
  }
  const modified = async (): Promise<number | undefined> => {
    const cached = await load()
    return cached?.kind === 'document' ? cached.validators.modified : undefined
  }
  return { clock, cache, kv, load, modified }
}

describe('the cache time in seconds', () => {
  it.each([document(1), REDIRECT, LINK])(
    'permits one read of KV for each $kind within that time',
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
    const { clock, cache } = createCache()
    await cache.refresh('a', SECONDS, async () => {
      clock.now += 4000
      return document(1)
    })
    clock.now += 999
    expect(cache.get('a', SECONDS)).toBeDefined()
    clock.now += 1
    expect(cache.get('a', SECONDS)).toBeUndefined()
  })

  it('may be 0; then KV is read for each request, and whatever it has is returned', async () => {
    const { kv, modified, cache } = createCache(0)
    kv.value = document(2)
    expect(await modified()).toBe(2)
    kv.value = document(1)
    expect(await modified()).toBe(1)
    expect([kv.reads, cache.bytes]).toEqual([2, 0])
  })

  it('does not apply to missing values, which are not cached', async () => {
    const { kv, load, cache } = createCache()
    expect(await load()).toBeUndefined()
    kv.value = document(1)
    expect(await load()).toEqual(document(1))
    expect(cache.bytes).toBeGreaterThan(0)
  })
})

describe('H-22: a newer document', () => {
  it.each([
    ['an older one', document(1)],
    ['nothing', undefined],
    ['an error', 'fails'],
  ] as const)(
    'stays cached for two minutes, and no longer, when KV then returns %s',
    async (_, laterValue) => {
      const { clock, kv, modified } = createCache()
      kv.value = document(2)
      await modified()
      kv.value = laterValue
      for (const later of [SECONDS * 1000, MAX_UNCONFIRMED_MS / 2, MAX_UNCONFIRMED_MS - 1]) {
        clock.now = 1_000_000 + later
        expect(await modified()).toBe(2)
      }
      clock.now = 1_000_000 + MAX_UNCONFIRMED_MS + SECONDS * 1000
      if (laterValue === 'fails') await expect(modified()).rejects.toThrow('KV GET failed')
      else expect(await modified()).toBe(laterValue?.validators.modified)
      expect(MAX_UNCONFIRMED_MS).toBe(120_000)
    },
  )

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
    const { kv, cache, modified } = createCache()
    kv.value = document(2)
    await modified()
    cache.set('feed:/rss.xml', SECONDS, document(1))
    expect(await modified()).toBe(1)
    cache.set('feed:/rss.xml', SECONDS, undefined)
    kv.value = undefined
    expect(await modified()).toBeUndefined()
  })

  it('is replaced by what KV returns during a rebuild, and not afterwards', async () => {
    const clock = { now: 1_000_000 }
    const cache = new WireCache(() => clock.now)
    const read = (value: CachedValue | undefined) => cache.refresh('t', SECONDS, async () => value)
    await read(document(2))
    cache.setRebuilding(true)
    expect(cache.get('t', SECONDS)).toBeUndefined()
    expect(cache.bytes).toBe(0)
    await read(document(2))
    clock.now += 10_000
    expect(await read(document(1))).toEqual(document(1))
    clock.now += 10_000
    expect(await read(undefined)).toBeUndefined()
    await read(document(2))
    cache.setRebuilding(false)
    expect(cache.findBody('t', 'W/"2"')).toBeUndefined()
    await read(document(2))
    clock.now += 10_000
    expect(await read(document(1))).toEqual(document(2))
  })

  it('replaces the result of a read that began earlier and ended later', async () => {
    const { cache } = createCache()
    let respondLate = (_: CachedValue): void => undefined
    const late = cache.refresh(
      'a',
      SECONDS,
      () => new Promise((resolve) => (respondLate = resolve)),
    )
    await cache.refresh('a', SECONDS, async () => document(2))
    respondLate(document(1))
    expect(await late).toEqual(document(2))
    expect(cache.get('a', SECONDS)).toEqual(document(2))
  })

  it('is not followed by an older one within two minutes, in whatever order KV returns versions', async () => {
    const responses = fc.array(
      fc.record({
        value: fc.oneof(fc.nat(20), fc.constant(undefined), fc.constant('fails' as const)),
        pass: fc.nat(20_000),
      }),
      { maxLength: 40 },
    )
    await fc.assert(
      fc.asyncProperty(responses, async (steps) => {
        const { clock, kv, modified } = createCache()
        let newest = -1
        let confirmed = Number.NEGATIVE_INFINITY
        for (const { value, pass } of steps) {
          clock.now += pass
          const before = kv.reads
          kv.value = typeof value === 'number' ? document(value) : value
          const time = await modified().catch(() => undefined)
          // The cache returns it at most this long after KV last confirmed it.
          if (clock.now - confirmed < MAX_UNCONFIRMED_MS)
            expect(time).toBeGreaterThanOrEqual(newest)
          if (kv.reads > before && typeof value === 'number' && time === value)
            confirmed = clock.now
          newest = time ?? -1
        }
      }),
    )
  })

  it('is not recognised among redirects and links without a time, so the value of KV is returned', async () => {
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
    ['one without a time, of an earlaterValuer version', LINK],
    ['nothing', undefined],
    ['an error', 'fails'],
  ] as const)(
    'stays cached for two minutes, and no longer, when KV then returns %s',
    async (_, laterValue) => {
      const { clock, kv, load } = createCache()
      kv.value = link(2)
      await load(target)
      kv.value = laterValue
      for (const later of [SECONDS * 1000, MAX_UNCONFIRMED_MS / 2, MAX_UNCONFIRMED_MS - 1]) {
        clock.now = 1_000_000 + later
        expect(await load(target)).toEqual(link(2))
      }
      clock.now = 1_000_000 + MAX_UNCONFIRMED_MS + SECONDS * 1000
      if (laterValue === 'fails') await expect(load(target)).rejects.toThrow('KV GET failed')
      else expect(await load(target)).toEqual(laterValue)
    },
  )

  it('immediately replaces an older one, and one without a time', async () => {
    const { clock, kv, load } = createCache()
    for (const value of [LINK, link(1), link(2), link(2)]) {
      kv.value = value
      expect(await load(target)).toEqual(value)
      clock.now += SECONDS * 1000
    }
  })

  it('is replaced by what the desk returns', async () => {
    const { kv, cache, load } = createCache()
    kv.value = link(2)
    await load(target)
    for (const newer of [link(1), LINK]) {
      cache.set(target, SECONDS, newer)
      expect(await load(target)).toEqual(newer)
    }
  })
})

describe('cached bodies', () => {
  it('stay cached when the same document is read again without its body', async () => {
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

  it('are limited in bytes together with everything else, and the oldest are evicted first', async () => {
    const { cache, kv, load } = createCache()
    kv.value = document(1, { body: true, length: 1024 * 1024 })
    for (let index = 0; index < 40; index += 1) {
      await load(`feed:/${index}`)
      expect(cache.bytes).toBeLessThanOrEqual(MAX_BYTES)
    }
    expect(cache.bytes).toBeGreaterThan(MAX_BYTES * 0.8)
    expect(cache.get('feed:/0', SECONDS)).toBeUndefined()
    expect(cache.get('feed:/39', SECONDS)).toBeDefined()
  })

  it('are counted with all their codings, so that a coding derived later does not exceed the limit', async () => {
    const { cache, kv, load } = createCache()
    const cached = document(1, { body: true, length: 100_000 })
    kv.value = cached
    await load()
    for (const coding of ['br', 'gzip', undefined] as const)
      if (cached.body) await getEncodedBody(cached.body, coding)
    const real = Object.values(cached.body ?? {}).reduce((sum, blob) => sum + (blob?.size ?? 0), 0)
    expect(real).toBeGreaterThan(100_000)
    expect(cache.bytes).toBeGreaterThanOrEqual(real)
  })

  it('larger than the limit are not cached and evict no others', async () => {
    const { cache, kv, load } = createCache()
    kv.value = document(1)
    await load('small')
    kv.value = {
      ...document(1, { body: true }),
      validators: document(1, { length: MAX_BYTES }).validators,
    }
    expect(await load('large')).toBeDefined()
    expect(cache.get('large', SECONDS)).toBeUndefined()
    expect(cache.get('small', SECONDS)).toBeDefined()
  })

  it('are not counted any more after they were evicted', async () => {
    const { cache, kv, load } = createCache()
    kv.value = document(1, { body: true })
    await load()
    cache.set('feed:/rss.xml', SECONDS, undefined)
    expect(cache.bytes).toBe(0)
  })
})

describe('while one request reads KV again', () => {
  it('others get the cached value for at most one second', async () => {
    const { clock, cache } = createCache()
    await cache.refresh('a', SECONDS, async () => document(1))
    clock.now += SECONDS * 1000
    expect(cache.get('a', SECONDS)).toBeUndefined()
    let value = (_: CachedValue): void => undefined
    const reading = cache.refresh('a', SECONDS, () => new Promise((resolve) => (value = resolve)))
    expect(cache.get('a', SECONDS)).toEqual(document(1))
    clock.now += MAX_REFRESH_MS - 1
    expect(cache.get('a', SECONDS)).toEqual(document(1))
    clock.now += 1
    expect(cache.get('a', SECONDS)).toBeUndefined()
    value(document(2))
    await reading
    expect(cache.get('a', SECONDS)).toEqual(document(2))
  })

  it('its abort does not block other requests', async () => {
    const { clock, cache } = createCache()
    await cache.refresh('a', SECONDS, async () => document(1))
    clock.now += SECONDS * 1000
    void cache.refresh('a', SECONDS, () => new Promise(() => undefined))
    clock.now += MAX_REFRESH_MS
    expect(cache.get('a', SECONDS)).toBeUndefined()
    expect(await cache.refresh('a', SECONDS, async () => document(2))).toEqual(document(2))
  })

  it('the cached body of the same document is used and not read again', async () => {
    const { cache } = createCache()
    const cached = document(1, { body: true })
    await cache.refresh('a', SECONDS, async () => cached)
    expect(cache.findBody('a', 'W/"1"')).toBe(cached.body)
    expect(cache.findBody('a', 'W/"2"')).toBeUndefined()
    expect(cache.findBody('b', 'W/"1"')).toBeUndefined()
  })
})

describe('the links that redirect to an article', () => {
  it('are found under each of their codes, and no other links are found', () => {
    const { cache } = createCache()
    const link = (codes: Record<string, object>): CachedValue => ({
      kind: 'link',
      record: { codes } as Extract<CachedValue, { kind: 'link' }>['record'],
    })
    const to = 'https://news.example/a'
    cache.set('link:one', SECONDS, link({ one: { to, id: 'story' } }))
    cache.set('link:abc', SECONDS, link({ abc: { to }, ABC: { to, id: 'story' } }))
    cache.set('link:other', SECONDS, link({ other: { to, id: 'other' } }))
    cache.set('link:gone', SECONDS, link({ gone: { gone: true } }))
    cache.set('article:story', SECONDS, REDIRECT)
    expect(cache.listLinksTo('story')).toEqual(['link:one', 'link:abc'])
    expect(cache.listLinksTo('nobody')).toEqual([])
  })
})
