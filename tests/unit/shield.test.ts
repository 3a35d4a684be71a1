/** The shield between readers and the desk: its cache, and how it limits each client. */
import { describe, expect, it } from 'vitest'
import { fail, ok, type Result } from '../../src/model/failures.ts'
import { buildClientKey, findClientAddress, getNetwork } from '../../src/reader/client-key.ts'
import { MAX_SLOTS, MAX_WAITING, SLOT_TIMEOUT_MS } from '../../src/reader/client-slots.ts'
import { RETRY_AFTER_SECONDS, SHIELD_MAX_AGE_MS, Shield } from '../../src/reader/shield.ts'

const MIB = 1024 * 1024

function createShield() {
  const clock = { now: 1_000_000 }
  const shield = new Shield(
    () => clock.now,
    async (milliseconds) => {
      clock.now += milliseconds
    },
  )
  const loads: string[] = []
  const request = (
    key: string,
    {
      returned = ok(key) as Result<string>,
      bytes = 100,
      client = 'c',
      isOverLimit = false,
      memoryMs = undefined as number | undefined,
    } = {},
  ) => {
    const load = async () => {
      loads.push(key)
      return { result: returned, bytes, isOverLimit }
    }
    return shield.getOrLoad(key, client, load, memoryMs)
  }
  return { clock, shield, loads, request }
}

describe('the shield', () => {
  it('calls the desk once for a key within ten seconds, and again after that', async () => {
    const { request, clock, loads } = createShield()
    expect(await request('a')).toEqual(ok('a'))
    clock.now += SHIELD_MAX_AGE_MS - 1
    expect(await request('a')).toEqual(ok('a'))
    expect(loads).toEqual(['a'])
    clock.now += 1
    await request('a')
    expect(loads).toEqual(['a', 'a'])
    expect(SHIELD_MAX_AGE_MS).toBe(10_000)
  })

  it('caches each result for the time that its request specified', async () => {
    const { request, clock, loads } = createShield()
    await request('code', { memoryMs: 60_000 })
    await request('feed')
    clock.now += 59_999
    await request('code')
    await request('feed')
    expect(loads).toEqual(['code', 'feed', 'feed'])
    clock.now += 1
    await request('code')
    expect(loads).toEqual(['code', 'feed', 'feed', 'code'])
  })

  it('makes concurrent requests wait for the one that calls the desk', async () => {
    const { shield } = createShield()
    let callCount = 0
    let resolveLoad: (loaded: { result: Result<string>; bytes: number }) => void = () => undefined
    const load = () => {
      callCount += 1
      return new Promise<{ result: Result<string>; bytes: number }>((resolve) => {
        resolveLoad = resolve
      })
    }
    const concurrent = Array.from({ length: 20 }, () => shield.getOrLoad('a', 'c', load))
    await Promise.resolve()
    resolveLoad({ result: ok('loaded'), bytes: 1 })
    expect(await Promise.all(concurrent)).toEqual(Array(20).fill(ok('loaded')))
    expect(callCount).toBe(1)
  })

  it('makes waiting requests call the desk themselves if that call fails or takes over a second', async () => {
    const { shield, clock } = createShield()
    const endlessLoad = shield.getOrLoad('a', 'c', () => new Promise<never>(() => undefined))
    const before = clock.now
    const loaded = await shield.getOrLoad('a', 'c', async () => ({ result: ok('b'), bytes: 1 }))
    expect([loaded, clock.now - before]).toEqual([ok('b'), 1000])
    const failingLoad = shield.getOrLoad('x', 'c', async () => {
      throw new Error('the desk does not respond')
    })
    const after = shield.getOrLoad('x', 'c', async () => ({ result: ok('y'), bytes: 1 }))
    await expect(failingLoad).rejects.toThrow('does not respond')
    expect(await after).toEqual(ok('y'))
    void endlessLoad
  })

  it('counts the ten seconds from the response of the desk, not from the last request', async () => {
    const { request, clock, loads } = createShield()
    await request('a')
    for (let second = 0; second < 10; second += 1) {
      clock.now += 1000
      await request('a')
    }
    expect(loads).toHaveLength(2)
  })

  it('caches failures of the desk like other results', async () => {
    const { request, loads } = createShield()
    const returned = fail({ reason: 'not-found', subject: 'this' })
    expect(await request('a', { returned })).toEqual(returned)
    expect(await request('a')).toEqual(returned)
    expect(loads).toEqual(['a'])
  })

  it("returns 429 to a client over its limit, and the desk's result to others", async () => {
    const { request, loads } = createShield()
    const tooMany = fail({
      reason: 'too-many-misses',
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    })
    expect(await request('a', { isOverLimit: true })).toEqual(tooMany)
    expect(await request('a', { client: 'another' })).toEqual(ok('a'))
    expect(loads).toEqual(['a'])
  })

  it('caches nothing if the load is refused without a result', async () => {
    const { shield, request } = createShield()
    await shield.getOrLoad('a', 'c', async () => ({ bytes: 0, isOverLimit: true }))
    expect(await request('a', { client: 'another' })).toEqual(ok('a'))
  })

  it('permits a client few concurrent calls for a minute after it exceeded a limit', async () => {
    const { shield, request, clock } = createShield()
    let running = 0
    let maxRunning = 0
    const load = async () => {
      running += 1
      maxRunning = Math.max(maxRunning, running)
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
      running -= 1
      return { result: ok('loaded'), bytes: 1 }
    }
    const requestMany = async (client: string): Promise<Result<string>[]> => {
      maxRunning = 0
      const keys = Array.from({ length: 12 }, (_, index) => `${index} of ${client} at ${clock.now}`)
      return await Promise.all(keys.map((key) => shield.getOrLoad(key, client, load)))
    }
    await request('first', { client: 'many', isOverLimit: true })
    expect(await requestMany('many')).toEqual(Array(12).fill(ok('loaded')))
    expect(maxRunning).toBe(MAX_SLOTS.overLimit)
    expect(await requestMany('another')).toEqual(Array(12).fill(ok('loaded')))
    expect(maxRunning).toBe(12)
    clock.now += RETRY_AFTER_SECONDS * 1000
    await requestMany('many')
    expect(maxRunning).toBe(12)
  })

  it('frees the slot of a call after a second, because the client may have disconnected', async () => {
    const { shield, request, clock } = createShield()
    await request('first', { isOverLimit: true })
    const lost = Array.from({ length: MAX_SLOTS.overLimit }, (_, index) =>
      shield.getOrLoad(`lost ${index}`, 'c', () => new Promise<never>(() => undefined)),
    )
    const before = clock.now
    expect(await request('next')).toEqual(ok('next'))
    expect(clock.now - before).toBe(SLOT_TIMEOUT_MS)
    void lost
  })

  it('limits the running and the waiting calls of one client, and refuses further ones at once', async () => {
    const { shield, clock } = createShield()
    const loads: string[] = []
    const results = Array.from({ length: 500 }, (_, index) =>
      shield.getOrLoad(`${index}`, 'c', () => {
        loads.push(`${index}`)
        return new Promise<never>(() => undefined)
      }),
    )
    const refusals = await Promise.all(
      results.slice(MAX_SLOTS.normal + MAX_WAITING).map(async (returned) => (await returned).ok),
    )
    expect(refusals).toEqual(Array(500 - MAX_SLOTS.normal - MAX_WAITING).fill(false))
    expect(loads).toHaveLength(MAX_SLOTS.normal)
    expect(
      await shield.getOrLoad('else', 'another', async () => ({ result: ok(1), bytes: 1 })),
    ).toEqual(ok(1))
    expect(clock.now).toBeLessThan(1_000_000 + SLOT_TIMEOUT_MS)
  })

  it('does not delay a client because a waiting client requests the same key', async () => {
    const { shield, request, clock } = createShield()
    await request('first', { client: 'spent', isOverLimit: true })
    for (let index = 0; index < MAX_SLOTS.overLimit; index += 1)
      void shield.getOrLoad(`lost ${index}`, 'spent', () => new Promise<never>(() => undefined))
    void request('wanted', { client: 'spent' })
    const before = clock.now
    expect(await request('wanted', { client: 'another' })).toEqual(ok('wanted'))
    expect(clock.now - before).toBeLessThan(50)
  })

  it('rethrows errors of the desk, and does not cache them', async () => {
    const { request, shield, loads } = createShield()
    const broken = shield.getOrLoad('a', 'c', async () => {
      throw new Error('the desk failed')
    })
    await expect(broken).rejects.toThrow('the desk failed')
    expect(await request('a')).toEqual(ok('a'))
    expect(loads).toEqual(['a'])
  })

  it('caches at most 5,000 results, and evicts the oldest first', async () => {
    const { request, loads } = createShield()
    for (let index = 0; index < 5001; index += 1) await request(`k${index}`)
    loads.length = 0
    await request('k1')
    await request('k5000')
    expect(loads).toEqual([])
    await request('k0')
    expect(loads).toEqual(['k0'])
  })

  it('caches at most 8 MiB, and evicts the oldest first', async () => {
    const { request, loads } = createShield()
    for (const key of ['a', 'b', 'c']) await request(key, { bytes: 3 * MIB })
    loads.length = 0
    await request('b')
    await request('c')
    expect(loads).toEqual([])
    await request('a', { bytes: 3 * MIB })
    expect(loads).toEqual(['a'])
  })

  it('does not cache a result larger than its limit, and evicts no others for it', async () => {
    const { request, loads } = createShield()
    await request('small')
    await request('huge', { bytes: 8 * MIB + 1 })
    await request('huge', { bytes: 8 * MIB + 1 })
    await request('small')
    expect(loads).toEqual(['small', 'huge', 'huge'])
  })

  it('evicts a result that is invalidated, and frees its bytes', async () => {
    const { request, shield, loads } = createShield()
    await request('old', { bytes: 7 * MIB })
    shield.invalidate('old')
    shield.invalidate('unknown')
    await request('a', { bytes: 7 * MIB })
    await request('old')
    await request('a')
    expect(loads).toEqual(['old', 'a', 'old'])
  })

  it('frees the bytes of expired and replaced results', async () => {
    const { request, clock, loads } = createShield()
    for (let round = 0; round < 20; round += 1) {
      await request('a', { bytes: 7 * MIB })
      clock.now += SHIELD_MAX_AGE_MS
    }
    await request('a', { bytes: 7 * MIB })
    await request('b', { bytes: MIB })
    loads.length = 0
    await request('a')
    await request('b')
    expect(loads).toEqual([])
  })
})

describe('the client of a rate limit', () => {
  const request = (headers: Record<string, string>, cf?: unknown): Request =>
    Object.assign(new Request('https://news.example/', { headers }), { cf })
  const peer = { clientIp: '127.0.0.1:4711' }

  it.each([
    // No proxy: the address of the socket, whatever the headers contain
    [undefined, { 'CF-Connecting-IP': '192.0.2.7', 'X-Forwarded-For': '192.0.2.7' }, '127.0.0.1'],
    // With a proxy: only the header that the setting names
    ['CF-Connecting-IP', { 'CF-Connecting-IP': '192.0.2.7' }, '192.0.2.7'],
    ['X-Real-IP', { 'CF-Connecting-IP': '192.0.2.7', 'x-real-ip': '192.0.2.8' }, '192.0.2.8'],
    // The last entry of a list, which the proxy appended
    ['X-Forwarded-For', { 'X-Forwarded-For': '198.51.100.1, 192.0.2.7' }, '192.0.2.7'],
    ['X-Forwarded-For', { 'X-Forwarded-For': 'unknown,, 192.0.2.7 ' }, '192.0.2.7'],
    // The port is removed, because it differs between connections
    ['X-Forwarded-For', { 'X-Forwarded-For': '192.0.2.7:50000' }, '192.0.2.7'],
    ['X-Forwarded-For', { 'X-Forwarded-For': '[2001:db8::1]:50000' }, '2001:db8::1'],
    ['X-Forwarded-For', { 'X-Forwarded-For': '[2001:db8::1]' }, '2001:db8::1'],
    ['X-Forwarded-For', { 'X-Forwarded-For': '2001:db8::1' }, '2001:db8::1'],
    // A request that bypassed the proxy: the address of the socket
    ['X-Forwarded-For', {}, '127.0.0.1'],
    ['X-Forwarded-For', { 'X-Forwarded-For': '' }, '127.0.0.1'],
    ['X-Forwarded-For', { 'X-Forwarded-For': '192.0.2.7, ' }, '127.0.0.1'],
  ])('is identified behind %s, from %o, as %s', (proxy, headers, address) => {
    expect(findClientAddress(request(headers, peer), proxy)).toBe(address)
  })

  it.each([undefined, null, 'x', {}, { clientIp: 7 }])('is unknown if cf is %o', (cf) => {
    expect(findClientAddress(request({}, cf), undefined)).toBeUndefined()
    expect(buildClientKey(request({}, cf), undefined, {})).toBe('unknown')
  })

  it('is identified without its address if a salt is set', () => {
    const key = (address: string, salt: string) =>
      buildClientKey(request({ 'X-Real-IP': address }), 'X-Real-IP', { LIMITER_SALT: salt })
    expect(key('192.0.2.7', 'one')).toBe(key('192.0.2.7', 'one'))
    expect(key('192.0.2.7', 'one')).not.toBe(key('192.0.2.8', 'one'))
    expect(key('192.0.2.7', 'one')).not.toBe(key('192.0.2.7', 'two'))
    expect(key('192.0.2.7', 'one')).not.toContain('192.0.2.7')
    expect(key('2001:db8::1', 'one')).toBe(key('2001:db8::2', 'one'))
    expect(buildClientKey(request({ 'X-Real-IP': '192.0.2.7' }), 'X-Real-IP', {})).toBe('192.0.2.7')
  })

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['unknown', 'unknown'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::ffff:192.0.2.7', '::ffff:c000:207'],
    ['::ffff:192.0.2.8', '::ffff:c000:208'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['a:b', 'a:b'],
  ])('is identified from %s as %s', (address, network) => {
    expect(getNetwork(address)).toBe(network)
  })
})
