/**
 * The work that the desk does outside its RPC calls: it releases embargoes, enqueues documents
 * whose content has expired, and drains the outbox to KV. One alarm starts this work whenever
 * something is due, even after the object was evicted. Nothing runs while the desk is closed.
 */
import { Alarm, type AlarmDependencies, SAFETY_INTERVAL_MS } from './alarm.ts'
import { isImporting } from './backup/importing.ts'
import { BulkPace } from './bulk-pace.ts'
import { hasChannelContent } from './documents/planners.ts'
import { type Delivery, Drain, type OutboxRow } from './drain.ts'
import { EarlyRequests } from './early-requests.ts'
import { releaseEmbargoes } from './editing.ts'
import type { Ledger } from './ledger/ledger.ts'
import { OutboxWaiters } from './outbox-waiters.ts'
import { findNextAlarmTime } from './overview.ts'
import { formatError, logFailedWrite } from './sending.ts'

/**
 * After this delay the RPC response is sent already, and concurrent changes are processed together.
 */
const BATCH_DELAY_MS = 10
const MAX_PER_TURN = { releases: 50, expiries: 500 }

export type BackgroundWorkDependencies = {
  now: () => number
  storage: AlarmDependencies['storage']
  /** Keeps the object running until the promise settles. */
  waitUntil: (work: Promise<void>) => void
  isOpen: () => boolean
  /** Writes one outbox row to KV. Throws when the write fails. */
  deliver: (row: OutboxRow) => Promise<Delivery>
}

export class BackgroundWork {
  readonly earlyRequests = new EarlyRequests()
  readonly bulkPace = new BulkPace()
  readonly outboxWaiters: OutboxWaiters
  readonly alarm: Alarm
  readonly #ledger: Ledger
  readonly #dependencies: BackgroundWorkDependencies
  readonly #drain: Drain
  #scheduledRun: Promise<void> | undefined

  constructor(ledger: Ledger, dependencies: BackgroundWorkDependencies) {
    const { now, storage, deliver } = dependencies
    this.#ledger = ledger
    this.#dependencies = dependencies
    this.outboxWaiters = new OutboxWaiters(() => ledger.isOutboxEmpty())
    this.alarm = new Alarm({ findNextTime: (at) => this.#findNextAlarmTime(at), storage })
    this.#drain = new Drain({
      now,
      listDue: (at, limit, except) =>
        ledger.listDueRows(at, limit, except, this.bulkPace.getBacklogStart(at) <= at),
      deliver,
      settle: (row, due) => {
        this.alarm.bringForward(ledger.completeRow(row, due))
        this.outboxWaiters.notify()
      },
      postpone: (row, due, cause) => {
        ledger.postponeRow(row, due, logFailedWrite(row, cause))
        this.alarm.bringForward(due)
      },
    })
  }

  /**
   * Starts due work after a short delay. The caller does not await it. Also sets the alarm, in case
   * the object is evicted before the work starts.
   */
  schedule(): void {
    this.alarm.arm(this.#dependencies.now() + 1000)
    this.#scheduledRun ??= scheduler.wait(BATCH_DELAY_MS).then(() => {
      this.#scheduledRun = undefined
      return this.run()
    })
    this.#dependencies.waitUntil(this.#scheduledRun)
  }

  /**
   * Does due work when the alarm fires. The platform gives up an alarm that has thrown six times.
   * Therefore this method never throws, and sets the next alarm before the work begins.
   */
  async runFromAlarm(): Promise<void> {
    this.alarm.arm(this.#dependencies.now() + SAFETY_INTERVAL_MS)
    try {
      await this.run()
    } catch (cause) {
      console.error(JSON.stringify({ event: 'desk.alarm.failed', error: formatError(cause) }))
    }
  }

  /**
   * Releases embargoes, enqueues documents that have expired or were requested too early, starts
   * the drain without awaiting it, and sets the alarm.
   */
  async run(): Promise<void> {
    const { now: readClock, storage, waitUntil, isOpen } = this.#dependencies
    if (!isOpen()) return
    // The end of the import schedules this work again.
    if (isImporting(this.#ledger)) return void storage.deleteAlarm()
    const now = readClock()
    releaseEmbargoes(
      this.#ledger,
      { now, randomBytes: () => new Uint8Array() },
      MAX_PER_TURN.releases,
    )
    this.#enqueueExpired(now)
    for (const target of this.earlyRequests.takeExisting(now, (candidate) =>
      hasChannelContent(this.#ledger, candidate),
    ))
      this.#ledger.enqueue(target, this.#ledger.incrementSequence(), now)
    // Not awaited, because a slow key must not keep the alarm from firing for the other keys.
    waitUntil(this.#drain.run().finally(() => this.alarm.reschedule(readClock())))
    this.alarm.reschedule(now)
  }

  /** Enqueues documents whose content has expired. */
  #enqueueExpired(now: number): void {
    this.#ledger.transaction(() => {
      const expired = this.#ledger.takeExpiredDocuments(
        Math.floor(now / 1000),
        MAX_PER_TURN.expiries,
      )
      if (expired.length > 0)
        this.#ledger.enqueueAll(expired, this.#ledger.incrementSequence(), now)
    })
  }

  #findNextAlarmTime(now: number): number | undefined {
    this.#ledger.resetExcessiveWaits(now)
    const pollAt = this.#drain.isRunning ? now + SAFETY_INTERVAL_MS : undefined
    return findNextAlarmTime(this.#ledger, now, this.bulkPace.getBacklogStart(now), pollAt)
  }
}
