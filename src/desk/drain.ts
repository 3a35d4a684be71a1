/**
 * The outbox drain: makes the outside world equal to the ledger, whatever fails. Pure: its world is an
 * argument, and nothing here comes from Cloudflare. The law (tests/unit/desk-outbox.test.ts): when the outbox is
 * empty, the wire equals the ledger.
 *
 * A row is a wake-up signal, not an order: the drain reads the present truth of its target, writes that, and
 * deletes the row only if no later change has woken it meanwhile.
 */

export type OutboxRow = {
  target: string
  /** Number of the change that woke the row last. */
  sequence: number
  /** Failures in a row. */
  attempts: number
  /** Not before this time, in milliseconds. */
  due: number
}

/** What became of one row: its target now holds the truth, or it must wait until a time in milliseconds. */
export type Delivery = { done: true } | { done: false; due: number }

export type OutboxWorld = {
  now: () => number
  /** Rows that are due, oldest first, leaving out those named; at most `limit`. */
  due: (now: number, limit: number, except: ReadonlySet<string>) => OutboxRow[]
  /** Reads the truth of the row's target and writes it. Throws when the write fails. */
  deliver: (row: OutboxRow) => Promise<Delivery>
  /** Deletes the row if its sequence is unchanged; else leaves it, due not before `due`. */
  settle: (row: OutboxRow, due: number) => void
  /** Leaves the row for later. With a cause it counts as a failure. */
  postpone: (row: OutboxRow, due: number, cause?: unknown) => void
}

/** KV takes one write a second for one key; later changes collapse into the next write. */
export const MIN_INTERVAL_MS = 1000
/** Writes under way at once: the platform lets six connections wait. */
export const CONCURRENCY = 6
/** Rows in one run, under the platform's limit of operations for one invocation; the alarm takes up the rest. */
export const ROWS_PER_RUN = 40
const FIRST_BACK_OFF_MS = 1000
const LONGEST_BACK_OFF_MS = 5 * 60_000

/** How long to wait after so many failures in a row: doubles, up to five minutes, without end. */
export const backOff = (attempts: number): number =>
  Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** Math.min(attempts, 20))

/**
 * The longest wait of a row that has not failed: a bulk run delays feed documents by five seconds, and a document that
 * changes twice in a second waits for the next one, or for six seconds when the clock drifts.
 */
const LONGEST_DELAY_MS = 10_000

/** The longest wait of a row. A row that is due later was given its time by a wrong clock: that is not believed. */
export const longestWait = (attempts: number): number =>
  Math.max(LONGEST_DELAY_MS, backOff(attempts))

export class Drain {
  readonly #world: OutboxWorld
  readonly #inFlight = new Map<string, Promise<void>>()
  /** When a write of each target ended last, well or not, so that none is written twice in a second. */
  readonly #written = new Map<string, number>()
  #run: Promise<void> = Promise.resolve()
  #running = false
  #wakeUp: () => void = () => undefined

  constructor(world: OutboxWorld) {
    this.#world = world
  }

  /**
   * Drains until nothing is due or the run has had its share. One drain at a time: a call during a run wakes
   * that run up and waits for it. Never rejects on account of a failing write.
   */
  async run(): Promise<void> {
    if (this.#running) this.#wakeUp()
    else this.#run = this.#work()
    await this.#run
  }

  /** Whether a run is under way: it takes by itself what is due, as soon as a write ends. */
  get running(): boolean {
    return this.#running
  }

  /** Ends with writes still under way only when it has had its share: a slow key never holds up the others. */
  async #work(): Promise<void> {
    this.#running = true
    try {
      let taken = 0
      while (taken < ROWS_PER_RUN) {
        const rows = this.#take(Math.min(CONCURRENCY - this.#inFlight.size, ROWS_PER_RUN - taken))
        for (const row of rows) this.#start(row)
        taken += rows.length
        if (this.#inFlight.size === 0) return
        if (rows.length === 0 || this.#inFlight.size >= CONCURRENCY) await this.#somethingHappens()
      }
    } finally {
      // In the turn of the last look at the outbox: a call of `run` after it must begin a new run.
      this.#running = false
    }
  }

  /** Rows to work on now. Those written less than a second ago are put off without counting as failures. */
  #take(limit: number): OutboxRow[] {
    const now = this.#world.now()
    this.#forget(now)
    const taken: OutboxRow[] = []
    while (taken.length < limit) {
      const except = new Set([...this.#inFlight.keys(), ...taken.map(({ target }) => target)])
      const rows = this.#world.due(now, limit - taken.length, except)
      if (rows.length === 0) break
      for (const row of rows) {
        const free = (this.#written.get(row.target) ?? Number.NEGATIVE_INFINITY) + MIN_INTERVAL_MS
        if (free <= now) taken.push(row)
        else this.#world.postpone(row, free)
      }
    }
    return taken
  }

  #start(row: OutboxRow): void {
    const work = this.#deliver(row).finally(() => {
      this.#inFlight.delete(row.target)
      this.#wakeUp()
    })
    this.#inFlight.set(row.target, work)
  }

  async #deliver(row: OutboxRow): Promise<void> {
    try {
      const delivery = await this.#world.deliver(row)
      const now = this.#world.now()
      this.#written.set(row.target, now)
      if (delivery.done) this.#world.settle(row, now + MIN_INTERVAL_MS)
      else this.#world.postpone(row, delivery.due)
    } catch (cause) {
      const now = this.#world.now()
      this.#written.set(row.target, now)
      this.#world.postpone(row, now + backOff(row.attempts), cause)
    }
  }

  /** Those of long ago, and those that lie ahead because the clock was set back. */
  #forget(now: number): void {
    for (const [target, written] of this.#written) {
      if (written + MIN_INTERVAL_MS <= now || written > now) this.#written.delete(target)
    }
  }

  /** Until a write ends or somebody calls `run`. */
  #somethingHappens(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeUp = resolve
    })
  }
}
