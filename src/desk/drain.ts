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

export type DrainDependencies = {
  now: () => number
  /** Rows that are due, oldest first, leaving out those named; at most `limit`. */
  listDue: (now: number, limit: number, except: ReadonlySet<string>) => OutboxRow[]
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
const MAX_BACK_OFF_MS = 5 * 60_000

/** How long to wait after so many failures in a row: doubles, up to five minutes, without end. */
export const getBackOff = (attempts: number): number =>
  Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** Math.min(attempts, 20))

/**
 * The longest wait of a row that has not failed: a bulk run delays feed documents by five seconds, and a document that
 * changes twice in a second waits for the next one, or for six seconds when the clock drifts.
 */
const MAX_DELAY_MS = 10_000

/** The longest wait of a row. A row that is due later was given its time by a wrong clock: that is not believed. */
export const getMaxWait = (attempts: number): number => Math.max(MAX_DELAY_MS, getBackOff(attempts))

export class Drain {
  readonly #dependencies: DrainDependencies
  readonly #inFlight = new Map<string, Promise<void>>()
  /** When a write of each target ended last, well or not, so that none is written twice in a second. */
  readonly #lastWrites = new Map<string, number>()
  #run: Promise<void> = Promise.resolve()
  #isRunning = false
  #notify: () => void = () => undefined

  constructor(dependencies: DrainDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Drains until nothing is due or the run has had its share. One drain at a time: a call during a run wakes
   * that run up and waits for it. Never rejects on account of a failing write.
   */
  async run(): Promise<void> {
    if (this.#isRunning) this.#notify()
    else this.#run = this.#drain()
    await this.#run
  }

  /** Whether a run is under way: it takes by itself what is due, as soon as a write ends. */
  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Ends with writes still under way only when it has had its share: a slow key never holds up the others. */
  async #drain(): Promise<void> {
    this.#isRunning = true
    try {
      let claimedCount = 0
      while (claimedCount < ROWS_PER_RUN) {
        const rows = this.#claimRows(
          Math.min(CONCURRENCY - this.#inFlight.size, ROWS_PER_RUN - claimedCount),
        )
        for (const row of rows) this.#start(row)
        claimedCount += rows.length
        if (this.#inFlight.size === 0) return
        if (rows.length === 0 || this.#inFlight.size >= CONCURRENCY)
          await this.#waitForNotification()
      }
    } finally {
      // In the turn of the last look at the outbox: a call of `run` after it must begin a new run.
      this.#isRunning = false
    }
  }

  /** Rows to work on now. Those written less than a second ago are put off without counting as failures. */
  #claimRows(limit: number): OutboxRow[] {
    const now = this.#dependencies.now()
    this.#evictOldWrites(now)
    const claimed: OutboxRow[] = []
    while (claimed.length < limit) {
      const except = new Set([...this.#inFlight.keys(), ...claimed.map(({ target }) => target)])
      const rows = this.#dependencies.listDue(now, limit - claimed.length, except)
      if (rows.length === 0) break
      for (const row of rows) {
        const writableAt =
          (this.#lastWrites.get(row.target) ?? Number.NEGATIVE_INFINITY) + MIN_INTERVAL_MS
        if (writableAt <= now) claimed.push(row)
        else this.#dependencies.postpone(row, writableAt)
      }
    }
    return claimed
  }

  #start(row: OutboxRow): void {
    const work = this.#deliver(row).finally(() => {
      this.#inFlight.delete(row.target)
      this.#notify()
    })
    this.#inFlight.set(row.target, work)
  }

  async #deliver(row: OutboxRow): Promise<void> {
    try {
      const delivery = await this.#dependencies.deliver(row)
      const now = this.#dependencies.now()
      this.#lastWrites.set(row.target, now)
      if (delivery.done) this.#dependencies.settle(row, now + MIN_INTERVAL_MS)
      else this.#dependencies.postpone(row, delivery.due)
    } catch (cause) {
      const now = this.#dependencies.now()
      this.#lastWrites.set(row.target, now)
      this.#dependencies.postpone(row, now + getBackOff(row.attempts), cause)
    }
  }

  /** Those of long ago, and those that lie ahead because the clock was set back. */
  #evictOldWrites(now: number): void {
    for (const [target, writtenAt] of this.#lastWrites) {
      if (writtenAt + MIN_INTERVAL_MS <= now || writtenAt > now) this.#lastWrites.delete(target)
    }
  }

  /** Until a write ends or somebody calls `run`. */
  #waitForNotification(): Promise<void> {
    return new Promise((resolve) => {
      this.#notify = resolve
    })
  }
}
