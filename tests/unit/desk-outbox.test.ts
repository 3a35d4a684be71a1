/**
 * The outbox drain in a simulated world, where every KV write runs until the test ends it,
 * successfully or not. Once failures stop, the outbox becomes empty, and then KV equals the ledger.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CONCURRENCY,
  Drain,
  getBackOff,
  MIN_INTERVAL_MS,
  type OutboxRow,
  ROWS_PER_RUN,
} from '../../src/desk/drain.ts'
import { runs } from '../support/runs.ts'

type Write = { target: string; value: number; end: (how: 'well' | 'badly' | 'unheard') => void }
type Rule = 'checks the sequence' | 'does not'

/** Runs every promise that can continue. */
const turn = (): Promise<void> => new Promise((resume) => setImmediate(resume))

class World {
  now = 1_000_000
  readonly truth = new Map<string, number>()
  readonly wire = new Map<string, number>()
  readonly rows = new Map<string, OutboxRow>()
  /** Running writes, oldest first. */
  writes: Write[] = []
  readonly begun: { target: string; at: number }[] = []
  readonly postponed: { target: string; due: number; failed: boolean }[] = []
  mostAtOnce = 0
  #sequence = 0
  readonly #rule: Rule
  drain: Drain

  constructor(rule: Rule = 'checks the sequence') {
    this.#rule = rule
    this.drain = this.#newDrain()
  }

  #newDrain(): Drain {
    return new Drain({
      now: () => this.now,
      listDue: (now, limit, except) =>
        [...this.rows.values()]
          .filter(({ target, due }) => due <= now && !except.has(target))
          .sort((a, b) => a.due - b.due || a.sequence - b.sequence)
          .slice(0, limit)
          .map((row) => ({ ...row })),
      deliver: async (row) => {
        await this.#write(row.target)
        return { done: true }
      },
      settle: (row, due) => {
        const kept = this.rows.get(row.target)
        if (kept?.sequence === row.sequence || this.#rule === 'does not')
          this.rows.delete(row.target)
        else if (kept) Object.assign(kept, { due: Math.max(kept.due, due), attempts: 0 })
      },
      postpone: (row, due, cause) => {
        const failed = cause !== undefined
        this.postponed.push({ target: row.target, due, failed })
        const kept = this.rows.get(row.target)
        if (kept) Object.assign(kept, { due, attempts: kept.attempts + (failed ? 1 : 0) })
      },
    })
  }

  #write(target: string): Promise<void> {
    const value = this.truth.get(target) ?? 0
    this.begun.push({ target, at: this.now })
    return new Promise((resolve, reject) => {
      const write: Write = {
        target,
        value,
        end: (how) => {
          this.writes = this.writes.filter((other) => other !== write)
          if (how !== 'badly') this.wire.set(target, value)
          if (how === 'well') resolve()
          else reject(new Error('KV PUT failed'))
        },
      }
      this.writes.push(write)
      this.mostAtOnce = Math.max(this.mostAtOnce, this.writes.length)
    })
  }

  publish(target: string): void {
    this.#sequence += 1
    this.truth.set(target, this.#sequence)
    const kept = this.rows.get(target)
    if (kept) Object.assign(kept, { sequence: this.#sequence, due: Math.min(kept.due, this.now) })
    else this.rows.set(target, { target, sequence: this.#sequence, attempts: 0, due: this.now })
  }

  async run(): Promise<void> {
    void this.drain.run()
    await turn()
  }

  /** Ends the writes of a target, or all that run now. */
  async end(how: 'well' | 'badly' | 'unheard', target?: string): Promise<void> {
    for (const write of [...this.writes])
      if (target === undefined || write.target === target) write.end(how)
    await turn()
  }

  /** Evicts the object: its writes arrive or not, and nobody learns of it. */
  crash(arrives: (index: number) => boolean): void {
    for (const [index, { target, value }] of this.writes.entries())
      if (arrives(index)) this.wire.set(target, value)
    this.writes = []
    this.drain = this.#newDrain()
  }

  /** Lets every write succeed and time pass until the outbox is empty; false if it never is. */
  async behave(except: string[] = []): Promise<boolean> {
    for (let round = 0; round < 200; round += 1) {
      const owed = [...this.rows.values()].filter(({ target }) => !except.includes(target))
      if (owed.length === 0 && this.writes.every(({ target }) => except.includes(target)))
        return true
      const next = Math.min(...owed.map(({ due }) => due))
      if (Number.isFinite(next)) this.now = Math.max(this.now, next)
      await this.run()
      for (const write of [...this.writes]) if (!except.includes(write.target)) write.end('well')
      await turn()
    }
    return false
  }

  begunOf(target: string): number[] {
    return this.begun.filter((write) => write.target === target).map(({ at }) => at)
  }
}

const keys = (count: number, name = 'key'): string[] =>
  Array.from({ length: count }, (_, index) => `${name}${index}`)

describe('a drain', () => {
  it('renders what is true now, and deletes the row only when the write has ended', async () => {
    const world = new World()
    world.publish('a')
    await world.run()
    expect(world.writes).toMatchObject([{ target: 'a', value: 1 }])
    expect(world.rows.has('a')).toBe(true)
    await world.end('well')
    expect(world.rows.size).toBe(0)
    expect(world.wire.get('a')).toBe(1)
  })

  it('keeps a row that is enqueued again during its write, and writes again', async () => {
    const world = new World()
    world.publish('a')
    await world.run()
    world.publish('a')
    await world.run()
    expect(world.writes).toHaveLength(1)
    await world.end('well')
    expect(world.wire.get('a')).toBe(1)
    expect(world.rows.get('a')).toMatchObject({ sequence: 2, due: world.now + MIN_INTERVAL_MS })
    expect(await world.behave()).toBe(true)
    expect(world.wire.get('a')).toBe(2)
    expect(world.begunOf('a')).toHaveLength(2)
  })

  it('runs one write at a time for a key, however often the key changes and the drain is called', async () => {
    const world = new World()
    for (let change = 0; change < 10; change += 1) {
      world.publish('a')
      await world.run()
      world.now += 5000
    }
    expect(world.writes).toHaveLength(1)
    expect(world.begunOf('a')).toHaveLength(1)
  })

  it('writes no key twice within a second, and merges the changes of that second into one write', async () => {
    const world = new World()
    world.publish('a')
    await world.run()
    await world.end('well')
    for (let change = 0; change < 9; change += 1) {
      world.now += 100
      world.publish('a')
      await world.run()
      expect(world.writes).toHaveLength(0)
    }
    world.now += 100
    await world.run()
    expect(world.writes).toMatchObject([{ value: 10 }])
    await world.end('well')
    expect(world.begunOf('a')).toHaveLength(2)
    expect(world.rows.size).toBe(0)
    expect(world.postponed.every(({ failed }) => !failed)).toBe(true)
  })

  it('writes no key twice within a second, even if its writes fail and it keeps changing', async () => {
    const world = new World()
    for (let change = 0; change < 100; change += 1) {
      world.publish('a')
      await world.run()
      await world.end('badly')
      world.now += 100
    }
    expect(world.begunOf('a').length).toBeGreaterThan(5)
    expect(world.begunOf('a').length).toBeLessThanOrEqual(10)
  })

  it(`runs at most ${CONCURRENCY} writes at once`, async () => {
    const world = new World()
    for (const key of keys(30)) world.publish(key)
    await world.run()
    expect(world.writes).toHaveLength(CONCURRENCY)
    await world.end('well', 'key0')
    expect(world.writes).toHaveLength(CONCURRENCY)
    expect(await world.behave()).toBe(true)
    expect(world.mostAtOnce).toBe(CONCURRENCY)
    expect(world.wire.size).toBe(30)
  })

  it(`claims at most ${ROWS_PER_RUN} rows in a run and leaves the rest for the next`, async () => {
    const world = new World()
    for (const key of keys(100)) world.publish(key)
    const run = world.drain.run()
    for (let round = 0; round < 100; round += 1) await world.end('well')
    await run
    expect(world.begun).toHaveLength(ROWS_PER_RUN)
    expect(world.rows.size).toBe(100 - ROWS_PER_RUN)
    expect(world.drain.isRunning).toBe(false)
    expect(await world.behave()).toBe(true)
    expect(world.begun).toHaveLength(100)
  })

  it('runs one at a time: a call during a run notifies that run and waits for it', async () => {
    const world = new World()
    world.publish('a')
    const ended: string[] = []
    const runs = ['first', 'second', 'third'].map((name) =>
      world.drain.run().then(() => ended.push(name)),
    )
    await turn()
    expect(ended).toEqual([])
    expect(world.drain.isRunning).toBe(true)
    world.publish('b')
    void world.drain.run()
    await turn()
    expect(world.writes.map(({ target }) => target)).toEqual(['a', 'b'])
    await world.end('well')
    await Promise.all(runs)
    expect(ended).toHaveLength(3)
    expect(world.begun).toHaveLength(2)
    expect(world.rows.size).toBe(0)
  })

  it('is not lost if it is called in the very turn in which a run ends', async () => {
    const world = new World()
    world.publish('a')
    const late = world.drain.run().then(() => {
      world.publish('b')
      return world.drain.run()
    })
    const other = world.drain.run().then(() => {
      world.publish('c')
      return world.drain.run()
    })
    await turn()
    await world.end('well')
    expect(world.writes.map(({ target }) => target).sort()).toEqual(['b', 'c'])
    await world.end('well')
    await Promise.all([late, other])
    expect(world.rows.size).toBe(0)
  })

  it('does not touch rows that are not due', async () => {
    const world = new World()
    world.publish('a')
    world.now -= 1
    await world.run()
    expect(world.begun).toHaveLength(0)
    expect(world.drain.isRunning).toBe(false)
    world.now += 1
    await world.run()
    expect(world.begun).toHaveLength(1)
  })

  it('continues at once with a key whose last write is in the future, after the clock was set back', async () => {
    const world = new World()
    world.publish('a')
    await world.run()
    await world.end('well')
    world.now -= 3_600_000
    world.publish('a')
    await world.run()
    await world.end('well')
    expect(world.wire.get('a')).toBe(2)
  })
})

describe('a failing write', () => {
  it('is retried until it succeeds, and then no longer counted', async () => {
    const world = new World()
    world.publish('a')
    for (let failure = 0; failure < 4; failure += 1) {
      await world.run()
      await world.end('badly')
      expect(world.rows.get('a')).toMatchObject({ attempts: failure + 1 })
      world.now = world.rows.get('a')?.due ?? 0
    }
    await world.run()
    await world.end('well')
    expect(world.rows.size).toBe(0)
    expect(world.wire.get('a')).toBe(1)
    world.publish('a')
    expect(world.rows.get('a')?.attempts).toBe(0)
  })

  it('backs off from a second to five minutes and is retried for ever', async () => {
    const world = new World()
    world.publish('a')
    const waits: number[] = []
    for (let failure = 0; failure < 60; failure += 1) {
      await world.run()
      await world.end('badly')
      const due = world.rows.get('a')?.due ?? Number.NaN
      waits.push((due - world.now) / 1000)
      world.now = due
    }
    expect(waits.slice(0, 10)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300])
    expect(new Set(waits.slice(10))).toEqual(new Set([300]))
    expect(world.begunOf('a')).toHaveLength(60)
    expect(getBackOff(1e9)).toBe(300_000)
  })

  it('does not delay other keys, even if it never succeeds', async () => {
    const world = new World()
    world.publish('bad')
    for (let round = 0; round < 20; round += 1) {
      world.publish(`good${round}`)
      await world.run()
      await world.end('badly', 'bad')
      await world.end('well')
      world.now += 2000
    }
    expect([...world.rows.keys()]).toEqual(['bad'])
    expect([...world.wire.keys()]).toEqual(keys(20, 'good'))
    expect(world.begunOf('bad').length).toBeGreaterThan(3)
  })

  it('is retried at once when its key changes, but not within the second', async () => {
    const world = new World()
    world.publish('a')
    for (let failure = 0; failure < 8; failure += 1) {
      await world.run()
      await world.end('badly')
      world.now = world.rows.get('a')?.due ?? 0
    }
    await world.run()
    await world.end('badly')
    world.now += 1500
    world.publish('a')
    await world.run()
    expect(world.writes).toHaveLength(1)
  })

  it('that succeeded in spite of its error is written again as of then', async () => {
    const world = new World()
    world.publish('a')
    await world.run()
    world.publish('a')
    await world.end('unheard')
    expect(world.wire.get('a')).toBe(1)
    expect(await world.behave()).toBe(true)
    expect(world.wire.get('a')).toBe(2)
  })
})

describe('a write that hangs', () => {
  it('blocks its own key and no other, over several runs', async () => {
    const world = new World()
    world.publish('hung')
    await world.run()
    for (let round = 0; round < 5; round += 1) {
      for (const key of keys(30, `round${round}-`)) world.publish(key)
      world.publish('hung')
      expect(await world.behave(['hung'])).toBe(true)
      world.now += 15_000
    }
    expect(world.wire.size).toBe(150)
    expect(world.begunOf('hung')).toHaveLength(1)
    await world.end('well', 'hung')
    expect(await world.behave()).toBe(true)
    expect(world.wire.get('hung')).toBe(world.truth.get('hung'))
  })

  it(`leaves writes for others as long as fewer than ${CONCURRENCY} hang`, async () => {
    const world = new World()
    const hung = keys(CONCURRENCY - 1, 'hung')
    for (const key of hung) world.publish(key)
    await world.run()
    for (const key of keys(90)) world.publish(key)
    expect(await world.behave(hung)).toBe(true)
    expect(world.wire.size).toBe(90)
  })

  it('may end long after the object was evicted: the next object writes what is true then', async () => {
    const world = new World()
    world.publish('a')
    await world.run()
    world.publish('a')
    world.crash(() => true)
    expect(world.wire.get('a')).toBe(1)
    expect(await world.behave()).toBe(true)
    expect(world.wire.get('a')).toBe(2)
  })
})

type Step =
  | { do: 'publish'; key: number }
  | { do: 'run' }
  | { do: 'end'; index: number; how: 'well' | 'badly' | 'unheard' }
  | { do: 'pass'; milliseconds: number }
  | { do: 'crash'; arriving: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('publish' as const), key: fc.nat(8) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('run' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      index: fc.nat(5),
      how: fc.constantFrom('well' as const, 'well' as const, 'badly' as const, 'unheard' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      milliseconds: fc.constantFrom(1, 10, 400, 1000, 5000, 400_000, -700, -60_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), arriving: fc.nat(63) }) },
)

/** Runs one schedule; false if the promise is broken. */
async function lawHolds(rule: Rule, steps: Step[]): Promise<boolean> {
  const world = new World(rule)
  const equal = (): boolean =>
    [...world.truth].every(([key, value]) => world.wire.get(key) === value)
  for (const next of steps) {
    switch (next.do) {
      case 'publish':
        world.publish(`key${next.key}`)
        break
      case 'run':
        await world.run()
        break
      case 'end':
        world.writes[next.index]?.end(next.how)
        await turn()
        break
      case 'pass':
        world.now += next.milliseconds
        break
      case 'crash':
        world.crash((index) => ((next.arriving >> index) & 1) === 1)
        break
      default:
        next satisfies never
    }
    const under = world.writes.map(({ target }) => target)
    if (new Set(under).size < under.length || under.length > CONCURRENCY) return false
    if (world.rows.size === 0 && !equal()) return false
  }
  return (await world.behave()) && world.rows.size === 0 && equal()
}

describe('the rule that KV equals the ledger when the outbox is empty', () => {
  it('is true for every schedule of changes, failures, delays, clock changes and evictions', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) =>
        lawHolds('checks the sequence', steps),
      ),
      { numRuns: runs(400) },
    )
  })

  it('can fail: a drain that ignores sequence numbers breaks it', async () => {
    const outcome = await fc.check(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) =>
        lawHolds('does not', steps),
      ),
      { numRuns: runs(600) },
    )
    expect(outcome.failed).toBe(true)
    const shrunk = outcome.counterexample?.[0] ?? []
    expect(shrunk.filter(({ do: name }) => name === 'publish').length).toBeGreaterThanOrEqual(2)
  })
})
