/**
 * Simulates the outbox drain: every KV write runs until the test ends it, successfully or not. When
 * failures stop, the outbox becomes empty, and KV then equals the ledger.
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

type PendingWrite = {
  target: string
  value: number
  end: (how: 'succeeds' | 'fails' | 'succeeds unnoticed') => void
}
type Rule = 'checks the sequence' | 'ignores the sequence'

/** Waits until all promises that can be resolved have been. */
const waitForPromises = (): Promise<void> => new Promise((resume) => setImmediate(resume))

class Simulation {
  now = 1_000_000
  readonly ledger = new Map<string, number>()
  readonly wire = new Map<string, number>()
  readonly rows = new Map<string, OutboxRow>()
  /** Running writes, oldest first. */
  writes: PendingWrite[] = []
  readonly startedWrites: { target: string; at: number }[] = []
  readonly postponed: { target: string; due: number; failed: boolean }[] = []
  maxConcurrentWrites = 0
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
        const stored = this.rows.get(row.target)
        if (stored?.sequence === row.sequence || this.#rule === 'ignores the sequence')
          this.rows.delete(row.target)
        else if (stored) Object.assign(stored, { due: Math.max(stored.due, due), attempts: 0 })
      },
      postpone: (row, due, cause) => {
        const failed = cause !== undefined
        this.postponed.push({ target: row.target, due, failed })
        const stored = this.rows.get(row.target)
        if (stored) Object.assign(stored, { due, attempts: stored.attempts + (failed ? 1 : 0) })
      },
    })
  }

  #write(target: string): Promise<void> {
    const value = this.ledger.get(target) ?? 0
    this.startedWrites.push({ target, at: this.now })
    return new Promise((resolve, reject) => {
      const write: PendingWrite = {
        target,
        value,
        end: (how) => {
          this.writes = this.writes.filter((other) => other !== write)
          if (how !== 'fails') this.wire.set(target, value)
          if (how === 'succeeds') resolve()
          else reject(new Error('KV PUT failed'))
        },
      }
      this.writes.push(write)
      this.maxConcurrentWrites = Math.max(this.maxConcurrentWrites, this.writes.length)
    })
  }

  publish(target: string): void {
    this.#sequence += 1
    this.ledger.set(target, this.#sequence)
    const stored = this.rows.get(target)
    if (stored)
      Object.assign(stored, { sequence: this.#sequence, due: Math.min(stored.due, this.now) })
    else this.rows.set(target, { target, sequence: this.#sequence, attempts: 0, due: this.now })
  }

  async run(): Promise<void> {
    void this.drain.run()
    await waitForPromises()
  }

  /** Ends the running writes of a target, or all running writes. */
  async end(how: 'succeeds' | 'fails' | 'succeeds unnoticed', target?: string): Promise<void> {
    for (const write of [...this.writes])
      if (target === undefined || write.target === target) write.end(how)
    await waitForPromises()
  }

  /**
   * Evicts the object. `arrives` selects the writes that still reach KV; nothing receives their
   * results.
   */
  evict(arrives: (index: number) => boolean): void {
    for (const [index, { target, value }] of this.writes.entries())
      if (arrives(index)) this.wire.set(target, value)
    this.writes = []
    this.drain = this.#newDrain()
  }

  /**
   * Lets time pass and every write succeed until the outbox is empty. Returns false if it does not
   * become empty.
   */
  async finishAll(except: string[] = []): Promise<boolean> {
    for (let round = 0; round < 200; round += 1) {
      const waitingRows = [...this.rows.values()].filter(({ target }) => !except.includes(target))
      if (waitingRows.length === 0 && this.writes.every(({ target }) => except.includes(target)))
        return true
      const next = Math.min(...waitingRows.map(({ due }) => due))
      if (Number.isFinite(next)) this.now = Math.max(this.now, next)
      await this.run()
      for (const write of [...this.writes])
        if (!except.includes(write.target)) write.end('succeeds')
      await waitForPromises()
    }
    return false
  }

  listStartTimes(target: string): number[] {
    return this.startedWrites.filter((write) => write.target === target).map(({ at }) => at)
  }
}

const buildKeys = (count: number, name = 'key'): string[] =>
  Array.from({ length: count }, (_, index) => `${name}${index}`)

describe('a drain', () => {
  it('writes the current content, and deletes the row only after the write has ended', async () => {
    const simulation = new Simulation()
    simulation.publish('a')
    await simulation.run()
    expect(simulation.writes).toMatchObject([{ target: 'a', value: 1 }])
    expect(simulation.rows.has('a')).toBe(true)
    await simulation.end('succeeds')
    expect(simulation.rows.size).toBe(0)
    expect(simulation.wire.get('a')).toBe(1)
  })

  it('keeps a row that is enqueued again during its write, and writes again', async () => {
    const simulation = new Simulation()
    simulation.publish('a')
    await simulation.run()
    simulation.publish('a')
    await simulation.run()
    expect(simulation.writes).toHaveLength(1)
    await simulation.end('succeeds')
    expect(simulation.wire.get('a')).toBe(1)
    expect(simulation.rows.get('a')).toMatchObject({
      sequence: 2,
      due: simulation.now + MIN_INTERVAL_MS,
    })
    expect(await simulation.finishAll()).toBe(true)
    expect(simulation.wire.get('a')).toBe(2)
    expect(simulation.listStartTimes('a')).toHaveLength(2)
  })

  it('runs one write at a time for a key, however often the key changes and the drain is called', async () => {
    const simulation = new Simulation()
    for (let change = 0; change < 10; change += 1) {
      simulation.publish('a')
      await simulation.run()
      simulation.now += 5000
    }
    expect(simulation.writes).toHaveLength(1)
    expect(simulation.listStartTimes('a')).toHaveLength(1)
  })

  it('writes no key twice within a second, and merges the changes of that second into one write', async () => {
    const simulation = new Simulation()
    simulation.publish('a')
    await simulation.run()
    await simulation.end('succeeds')
    for (let change = 0; change < 9; change += 1) {
      simulation.now += 100
      simulation.publish('a')
      await simulation.run()
      expect(simulation.writes).toHaveLength(0)
    }
    simulation.now += 100
    await simulation.run()
    expect(simulation.writes).toMatchObject([{ value: 10 }])
    await simulation.end('succeeds')
    expect(simulation.listStartTimes('a')).toHaveLength(2)
    expect(simulation.rows.size).toBe(0)
    expect(simulation.postponed.every(({ failed }) => !failed)).toBe(true)
  })

  it('writes no key twice within a second, even if its writes fail and it keeps changing', async () => {
    const simulation = new Simulation()
    for (let change = 0; change < 100; change += 1) {
      simulation.publish('a')
      await simulation.run()
      await simulation.end('fails')
      simulation.now += 100
    }
    expect(simulation.listStartTimes('a').length).toBeGreaterThan(5)
    expect(simulation.listStartTimes('a').length).toBeLessThanOrEqual(10)
  })

  it(`runs at most ${CONCURRENCY} writes at once`, async () => {
    const simulation = new Simulation()
    for (const key of buildKeys(30)) simulation.publish(key)
    await simulation.run()
    expect(simulation.writes).toHaveLength(CONCURRENCY)
    await simulation.end('succeeds', 'key0')
    expect(simulation.writes).toHaveLength(CONCURRENCY)
    expect(await simulation.finishAll()).toBe(true)
    expect(simulation.maxConcurrentWrites).toBe(CONCURRENCY)
    expect(simulation.wire.size).toBe(30)
  })

  it(`claims at most ${ROWS_PER_RUN} rows in a run and leaves the rest for the next`, async () => {
    const simulation = new Simulation()
    for (const key of buildKeys(100)) simulation.publish(key)
    const run = simulation.drain.run()
    for (let round = 0; round < 100; round += 1) await simulation.end('succeeds')
    await run
    expect(simulation.startedWrites).toHaveLength(ROWS_PER_RUN)
    expect(simulation.rows.size).toBe(100 - ROWS_PER_RUN)
    expect(simulation.drain.isRunning).toBe(false)
    expect(await simulation.finishAll()).toBe(true)
    expect(simulation.startedWrites).toHaveLength(100)
  })

  it('has one run at a time: a call during a run notifies that run and waits for it', async () => {
    const simulation = new Simulation()
    simulation.publish('a')
    const ended: string[] = []
    const runs = ['first', 'second', 'third'].map((name) =>
      simulation.drain.run().then(() => ended.push(name)),
    )
    await waitForPromises()
    expect(ended).toEqual([])
    expect(simulation.drain.isRunning).toBe(true)
    simulation.publish('b')
    void simulation.drain.run()
    await waitForPromises()
    expect(simulation.writes.map(({ target }) => target)).toEqual(['a', 'b'])
    await simulation.end('succeeds')
    await Promise.all(runs)
    expect(ended).toHaveLength(3)
    expect(simulation.startedWrites).toHaveLength(2)
    expect(simulation.rows.size).toBe(0)
  })

  it('runs again if it is called in the same turn in which a run ends', async () => {
    const simulation = new Simulation()
    simulation.publish('a')
    const lateRun = simulation.drain.run().then(() => {
      simulation.publish('b')
      return simulation.drain.run()
    })
    const other = simulation.drain.run().then(() => {
      simulation.publish('c')
      return simulation.drain.run()
    })
    await waitForPromises()
    await simulation.end('succeeds')
    expect(simulation.writes.map(({ target }) => target).sort()).toEqual(['b', 'c'])
    await simulation.end('succeeds')
    await Promise.all([lateRun, other])
    expect(simulation.rows.size).toBe(0)
  })

  it('does not touch rows that are not due', async () => {
    const simulation = new Simulation()
    simulation.publish('a')
    simulation.now -= 1
    await simulation.run()
    expect(simulation.startedWrites).toHaveLength(0)
    expect(simulation.drain.isRunning).toBe(false)
    simulation.now += 1
    await simulation.run()
    expect(simulation.startedWrites).toHaveLength(1)
  })

  it('writes a key at once if its last write is in the future, because the clock was set back', async () => {
    const simulation = new Simulation()
    simulation.publish('a')
    await simulation.run()
    await simulation.end('succeeds')
    simulation.now -= 3_600_000
    simulation.publish('a')
    await simulation.run()
    await simulation.end('succeeds')
    expect(simulation.wire.get('a')).toBe(2)
  })
})

describe('a failing write', () => {
  it('is retried until it succeeds, and then is no longer counted', async () => {
    const simulation = new Simulation()
    simulation.publish('a')
    for (let failure = 0; failure < 4; failure += 1) {
      await simulation.run()
      await simulation.end('fails')
      expect(simulation.rows.get('a')).toMatchObject({ attempts: failure + 1 })
      simulation.now = simulation.rows.get('a')?.due ?? 0
    }
    await simulation.run()
    await simulation.end('succeeds')
    expect(simulation.rows.size).toBe(0)
    expect(simulation.wire.get('a')).toBe(1)
    simulation.publish('a')
    expect(simulation.rows.get('a')?.attempts).toBe(0)
  })

  it('is retried after one second, then less often up to every five minutes, and without end', async () => {
    const simulation = new Simulation()
    simulation.publish('a')
    const waits: number[] = []
    for (let failure = 0; failure < 60; failure += 1) {
      await simulation.run()
      await simulation.end('fails')
      const due = simulation.rows.get('a')?.due ?? Number.NaN
      waits.push((due - simulation.now) / 1000)
      simulation.now = due
    }
    expect(waits.slice(0, 10)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300])
    expect(new Set(waits.slice(10))).toEqual(new Set([300]))
    expect(simulation.listStartTimes('a')).toHaveLength(60)
    expect(getBackOff(1e9)).toBe(300_000)
  })

  it('does not delay other keys, even if it never succeeds', async () => {
    const simulation = new Simulation()
    simulation.publish('bad')
    for (let round = 0; round < 20; round += 1) {
      simulation.publish(`good${round}`)
      await simulation.run()
      await simulation.end('fails', 'bad')
      await simulation.end('succeeds')
      simulation.now += 2000
    }
    expect([...simulation.rows.keys()]).toEqual(['bad'])
    expect([...simulation.wire.keys()]).toEqual(buildKeys(20, 'good'))
    expect(simulation.listStartTimes('bad').length).toBeGreaterThan(3)
  })

  it('is retried as soon as its key changes, but at least a second after the failure', async () => {
    const simulation = new Simulation()
    simulation.publish('a')
    for (let failure = 0; failure < 8; failure += 1) {
      await simulation.run()
      await simulation.end('fails')
      simulation.now = simulation.rows.get('a')?.due ?? 0
    }
    await simulation.run()
    await simulation.end('fails')
    simulation.now += 1500
    simulation.publish('a')
    await simulation.run()
    expect(simulation.writes).toHaveLength(1)
  })

  it('is followed by a write of the current content, even if it succeeded in spite of its error', async () => {
    const simulation = new Simulation()
    simulation.publish('a')
    await simulation.run()
    simulation.publish('a')
    await simulation.end('succeeds unnoticed')
    expect(simulation.wire.get('a')).toBe(1)
    expect(await simulation.finishAll()).toBe(true)
    expect(simulation.wire.get('a')).toBe(2)
  })
})

describe('a write that hangs', () => {
  it('blocks its own key and no other key, over several runs', async () => {
    const simulation = new Simulation()
    simulation.publish('hung')
    await simulation.run()
    for (let round = 0; round < 5; round += 1) {
      for (const key of buildKeys(30, `round${round}-`)) simulation.publish(key)
      simulation.publish('hung')
      expect(await simulation.finishAll(['hung'])).toBe(true)
      simulation.now += 15_000
    }
    expect(simulation.wire.size).toBe(150)
    expect(simulation.listStartTimes('hung')).toHaveLength(1)
    await simulation.end('succeeds', 'hung')
    expect(await simulation.finishAll()).toBe(true)
    expect(simulation.wire.get('hung')).toBe(simulation.ledger.get('hung'))
  })

  it(`does not block other keys as long as fewer than ${CONCURRENCY} writes hang`, async () => {
    const simulation = new Simulation()
    const hung = buildKeys(CONCURRENCY - 1, 'hung')
    for (const key of hung) simulation.publish(key)
    await simulation.run()
    for (const key of buildKeys(90)) simulation.publish(key)
    expect(await simulation.finishAll(hung)).toBe(true)
    expect(simulation.wire.size).toBe(90)
  })

  it('may end long after the object was evicted; the next object then writes the current content', async () => {
    const simulation = new Simulation()
    simulation.publish('a')
    await simulation.run()
    simulation.publish('a')
    simulation.evict(() => true)
    expect(simulation.wire.get('a')).toBe(1)
    expect(await simulation.finishAll()).toBe(true)
    expect(simulation.wire.get('a')).toBe(2)
  })
})

type Step =
  | { do: 'publish'; key: number }
  | { do: 'run' }
  | { do: 'end'; index: number; how: 'succeeds' | 'fails' | 'succeeds unnoticed' }
  | { do: 'pass'; milliseconds: number }
  | { do: 'evict'; arriving: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('publish' as const), key: fc.nat(8) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('run' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      index: fc.nat(5),
      how: fc.constantFrom(
        'succeeds' as const,
        'succeeds' as const,
        'fails' as const,
        'succeeds unnoticed' as const,
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      milliseconds: fc.constantFrom(1, 10, 400, 1000, 5000, 400_000, -700, -60_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('evict' as const), arriving: fc.nat(63) }) },
)

/**
 * Runs one schedule. Returns false if KV differs from the ledger while the outbox is empty, or if
 * too many writes run at once.
 */
async function keepsRule(rule: Rule, steps: Step[]): Promise<boolean> {
  const simulation = new Simulation(rule)
  const isEqual = (): boolean =>
    [...simulation.ledger].every(([key, value]) => simulation.wire.get(key) === value)
  for (const next of steps) {
    switch (next.do) {
      case 'publish':
        simulation.publish(`key${next.key}`)
        break
      case 'run':
        await simulation.run()
        break
      case 'end':
        simulation.writes[next.index]?.end(next.how)
        await waitForPromises()
        break
      case 'pass':
        simulation.now += next.milliseconds
        break
      case 'evict':
        simulation.evict((index) => ((next.arriving >> index) & 1) === 1)
        break
      default:
        next satisfies never
    }
    const targets = simulation.writes.map(({ target }) => target)
    if (new Set(targets).size < targets.length || targets.length > CONCURRENCY) return false
    if (simulation.rows.size === 0 && !isEqual()) return false
  }
  return (await simulation.finishAll()) && simulation.rows.size === 0 && isEqual()
}

describe('the rule that KV equals the ledger when the outbox is empty', () => {
  it('is true for every schedule of changes, failures, delays, clock changes and evictions', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) =>
        keepsRule('checks the sequence', steps),
      ),
      { numRuns: runs(400) },
    )
  })

  it('is broken by a drain that ignores sequence numbers, so these tests can fail', async () => {
    const outcome = await fc.check(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) =>
        keepsRule('ignores the sequence', steps),
      ),
      { numRuns: runs(600) },
    )
    expect(outcome.failed).toBe(true)
    const shrunk = outcome.counterexample?.[0] ?? []
    expect(shrunk.filter(({ do: name }) => name === 'publish').length).toBeGreaterThanOrEqual(2)
  })
})
