/**
 * The outbox drain: writes pending changes to KV and retries until each write succeeds. Its
 * invariant is that the wire equals the ledger whenever the outbox is empty
 * (tests/unit/desk-outbox.test.ts). Clock, ledger and KV are passed in as dependencies.
 *
 * A row only names a target. The drain reads the current content of the target, writes it, and
 * deletes the row unless a later change has enqueued the target again meanwhile.
 */

export type OutboxRow = {
  target: string
  /** Number of the change that enqueued the row last. */
  sequence: number
  /** Number of consecutive failures. */
  attempts: number
  /** Earliest time of the next attempt, in milliseconds. */
  due: number
}

/** Outcome for one row: the target is up to date, or must wait until `due` (milliseconds). */
export type Delivery = { done: true } | { done: false; due: number }

export type DrainDependencies = {
  now: () => number
  /** Lists at most `limit` due rows, without the targets in `except`. */
  listDue: (now: number, limit: number, except: ReadonlySet<string>) => OutboxRow[]
  /** Writes the current content of the row's target. Throws when the write fails. */
  deliver: (row: OutboxRow) => Promise<Delivery>
  /**
   * Deletes the row if its sequence is unchanged. Otherwise the row stays and is due at `due` or
   * later.
   */
  settle: (row: OutboxRow, due: number) => void
  /** Keeps the row until `due`. If there is a `cause`, the attempt counts as a failure. */
  postpone: (row: OutboxRow, due: number, cause?: unknown) => void
}

/**
 * KV accepts one write per second and key. Changes within that second are combined in the next
 * write.
 */
export const MIN_INTERVAL_MS = 1000
/** Maximum number of concurrent writes. The platform allows six open connections per invocation. */
export const CONCURRENCY = 6
/**
 * Maximum number of rows per run. It is below the platform's limit of operations per invocation.
 * The alarm starts another run for the remaining rows.
 */
export const ROWS_PER_RUN = 40
const FIRST_BACK_OFF_MS = 1000
const MAX_BACK_OFF_MS = 5 * 60_000

/**
 * Returns the delay after `attempts` consecutive failures, in milliseconds. Each failure doubles
 * the delay, up to five minutes. Retries never stop.
 */
export const getBackOff = (attempts: number): number =>
  Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** Math.min(attempts, 20))

/**
 * The longest regular delay of a row that has not failed. A bulk request delays feed documents by
 * up to five seconds. A document that changes twice in a second waits for the next second, or up to
 * six seconds if the clock drifts.
 */
const MAX_DELAY_MS = 10_000

/**
 * Returns the longest possible wait of a row, in milliseconds. If a row is due later, a wrong clock
 * has set its time.
 */
export const getMaxWait = (attempts: number): number => Math.max(MAX_DELAY_MS, getBackOff(attempts))

export class Drain {
  readonly #dependencies: DrainDependencies
  readonly #inFlight = new Map<string, Promise<void>>()
  /** When the last write of each target ended, successful or not. Enforces `MIN_INTERVAL_MS`. */
  readonly #lastWrites = new Map<string, number>()
  #run: Promise<void> = Promise.resolve()
  #isRunning = false
  #notify: () => void = () => undefined

  constructor(dependencies: DrainDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Drains until nothing is due or `ROWS_PER_RUN` rows were claimed. Only one run is active: a call
   * during a run makes that run check the outbox again, and waits for it. The promise does not
   * reject when a write fails.
   */
  async run(): Promise<void> {
    if (this.#isRunning) this.#notify()
    else this.#run = this.#drain()
    await this.#run
  }

  /** Whether a run is active. An active run claims due rows whenever a write ends. */
  get isRunning(): boolean {
    return this.#isRunning
  }

  /**
   * Claims and writes due rows. While writes are in flight, it claims other due rows, so that a
   * slow key never delays the others. After `ROWS_PER_RUN` rows it returns even if writes are still
   * in flight.
   */
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
      // Set in the same turn as the last check of the outbox: a later call must start a new run.
      this.#isRunning = false
    }
  }

  /**
   * Returns due rows to write now. Postpones targets that were written within the last second; that
   * does not count as a failure.
   */
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

  /**
   * Evicts writes that ended a second ago or earlier. Also evicts those in the future, which exist
   * if the clock was set back.
   */
  #evictOldWrites(now: number): void {
    for (const [target, writtenAt] of this.#lastWrites) {
      if (writtenAt + MIN_INTERVAL_MS <= now || writtenAt > now) this.#lastWrites.delete(target)
    }
  }

  /** Waits until a write ends or `run` is called. */
  #waitForNotification(): Promise<void> {
    return new Promise((resolve) => {
      this.#notify = resolve
    })
  }
}
