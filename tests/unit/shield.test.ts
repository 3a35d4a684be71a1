/** The shield before the desk: what it remembers, for how long, how much, and when it asks the limiter. */
import { describe, expect, it } from 'vitest'
import { fail, ok, type Result } from '../../src/failure.ts'
import { MEMORY_MS, networkOf, RETRY_AFTER_SECONDS, Shield } from '../../src/routes/shield.ts'

const MIB = 1024 * 1024

function world({ allowed = Number.POSITIVE_INFINITY } = {}) {
  const clock = { now: 1_000_000 }
  const shield = new Shield(
    () => clock.now,
    async (milliseconds) => {
      clock.now += milliseconds
    },
  )
  const loads: string[] = []
  const limited: string[] = []
  const limiter: RateLimit = {
    limit: async ({ key }) => {
      limited.push(key)
      return { success: limited.length <= allowed }
    },
  }
  const ask = (
    key: string,
    {
      answer = ok(key) as Result<string>,
      bytes = 100,
      client = 'c',
      memoryMs = undefined as number | undefined,
    } = {},
  ) => {
    const load = async () => {
      loads.push(key)
      return { answer, bytes }
    }
    return shield.ask(key, client, limiter, load, memoryMs)
  }
  return { clock, shield, loads, limited, limiter, ask }
}

describe('the shield', () => {
  it('asks the desk once for a key within ten seconds, and again after them', async () => {
    const { ask, clock, loads } = world()
    expect(await ask('a')).toEqual(ok('a'))
    clock.now += MEMORY_MS - 1
    expect(await ask('a')).toEqual(ok('a'))
    expect(loads).toEqual(['a'])
    clock.now += 1
    await ask('a')
    expect(loads).toEqual(['a', 'a'])
    expect(MEMORY_MS).toBe(10_000)
  })

  it('remembers for as long as it is told to, one key as well as another', async () => {
    const { ask, clock, loads } = world()
    await ask('code', { memoryMs: 60_000 })
    await ask('feed')
    clock.now += 59_999
    await ask('code')
    await ask('feed')
    expect(loads).toEqual(['code', 'feed', 'feed'])
    clock.now += 1
    await ask('code')
    expect(loads).toEqual(['code', 'feed', 'feed', 'code'])
  })

  it('lets requests that come at once wait for the one that asks', async () => {
    const { shield, limited, limiter } = world()
    let asked = 0
    let answer: (told: { answer: Result<string>; bytes: number }) => void = () => undefined
    const load = () => {
      asked += 1
      return new Promise<{ answer: Result<string>; bytes: number }>((tell) => {
        answer = tell
      })
    }
    const rush = Array.from({ length: 20 }, () => shield.ask('a', 'c', limiter, load))
    await Promise.resolve()
    answer({ answer: ok('told'), bytes: 1 })
    expect(await Promise.all(rush)).toEqual(Array(20).fill(ok('told')))
    expect([asked, limited.length]).toEqual([1, 1])
  })

  it('lets them ask themselves when that one fails, or takes longer than a second', async () => {
    const { shield, limiter, clock } = world()
    const never = shield.ask('a', 'c', limiter, () => new Promise<never>(() => undefined))
    const before = clock.now
    const told = await shield.ask('a', 'c', limiter, async () => ({ answer: ok('b'), bytes: 1 }))
    expect([told, clock.now - before]).toEqual([ok('b'), 1000])
    const failing = shield.ask('x', 'c', limiter, async () => {
      throw new Error('the desk is away')
    })
    const after = shield.ask('x', 'c', limiter, async () => ({ answer: ok('y'), bytes: 1 }))
    await expect(failing).rejects.toThrow('away')
    expect(await after).toEqual(ok('y'))
    void never
  })

  it('counts the ten seconds from the answer of the desk, not from the last ask', async () => {
    const { ask, clock, loads } = world()
    await ask('a')
    for (let second = 0; second < 10; second += 1) {
      clock.now += 1000
      await ask('a')
    }
    expect(loads).toHaveLength(2)
  })

  it('remembers failures of the desk like any other answer', async () => {
    const { ask, loads } = world()
    const answer = fail({ reason: 'not-found', what: 'this' })
    expect(await ask('a', { answer })).toEqual(answer)
    expect(await ask('a')).toEqual(answer)
    expect(loads).toEqual(['a'])
  })

  it('asks the limiter on misses only, by client', async () => {
    const { ask, limited } = world()
    await ask('a', { client: 'one' })
    await ask('a', { client: 'two' })
    await ask('b', { client: 'two' })
    expect(limited).toEqual(['one', 'two'])
  })

  it('does not ask the desk for a client who asked too often, and does not remember that', async () => {
    const { ask, loads, shield, limiter } = world({ allowed: 1 })
    await ask('a')
    expect(await ask('b')).toEqual(
      fail({ reason: 'too-many-misses', retryAfterSeconds: RETRY_AFTER_SECONDS }),
    )
    expect(loads).toEqual(['a'])
    expect(await ask('a')).toEqual(ok('a'))
    const open: RateLimit = { limit: async () => ({ success: true }) }
    const load = async () => ({ answer: ok('b'), bytes: 1 })
    expect(await shield.ask('b', 'c', open, load)).toEqual(ok('b'))
    expect(await shield.ask('b', 'c', limiter, load)).toEqual(ok('b'))
  })

  it('hands on what the desk throws and does not remember it', async () => {
    const { ask, shield, limiter, loads } = world()
    const broken = shield.ask('a', 'c', limiter, async () => {
      throw new Error('the desk is down')
    })
    await expect(broken).rejects.toThrow('the desk is down')
    expect(await ask('a')).toEqual(ok('a'))
    expect(loads).toEqual(['a'])
  })

  it('hands on what the limiter throws without asking the desk', async () => {
    const { shield } = world()
    const broken: RateLimit = { limit: async () => Promise.reject(new Error('no limiter')) }
    let asked = false
    const answer = shield.ask('a', 'c', broken, async () => {
      asked = true
      return { answer: ok(1), bytes: 1 }
    })
    await expect(answer).rejects.toThrow('no limiter')
    expect(asked).toBe(false)
  })

  it('keeps at most 5,000 answers; the oldest go first', async () => {
    const { ask, loads } = world()
    for (let index = 0; index < 5001; index += 1) await ask(`k${index}`)
    loads.length = 0
    await ask('k1')
    await ask('k5000')
    expect(loads).toEqual([])
    await ask('k0')
    expect(loads).toEqual(['k0'])
  })

  it('keeps at most 8 MiB; the oldest go first', async () => {
    const { ask, loads } = world()
    for (const key of ['a', 'b', 'c']) await ask(key, { bytes: 3 * MIB })
    loads.length = 0
    await ask('b')
    await ask('c')
    expect(loads).toEqual([])
    await ask('a', { bytes: 3 * MIB })
    expect(loads).toEqual(['a'])
  })

  it('does not keep an answer larger than all its memory, nor drop others for it', async () => {
    const { ask, loads } = world()
    await ask('small')
    await ask('huge', { bytes: 8 * MIB + 1 })
    await ask('huge', { bytes: 8 * MIB + 1 })
    await ask('small')
    expect(loads).toEqual(['small', 'huge', 'huge'])
  })

  it('forgets what is on the wire now, and gets its bytes back', async () => {
    const { ask, shield, loads } = world()
    await ask('old', { bytes: 7 * MIB })
    shield.forget('old')
    shield.forget('unknown')
    await ask('a', { bytes: 7 * MIB })
    await ask('old')
    await ask('a')
    expect(loads).toEqual(['old', 'a', 'old'])
  })

  it('gets its bytes back when answers grow old or are replaced', async () => {
    const { ask, clock, loads } = world()
    for (let round = 0; round < 20; round += 1) {
      await ask('a', { bytes: 7 * MIB })
      clock.now += MEMORY_MS
    }
    await ask('a', { bytes: 7 * MIB })
    await ask('b', { bytes: MIB })
    loads.length = 0
    await ask('a')
    await ask('b')
    expect(loads).toEqual([])
  })
})

describe('whom the limiter counts', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['unknown', 'unknown'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::ffff:192.0.2.7', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['a:b', 'a:b'],
  ])('%s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})
