/**
 * Decides whether the desk is open. A closed desk publishes, renders and sends nothing. Its callers
 * receive the reason, and readers are served from KV.
 *
 * The desk is closed when its settings are refused, when the ledger is damaged, when the disk is
 * full or read-only at opening, and when the ledger is empty although KV has keys, which means that
 * the ledger was lost (docs/decisions/024-damage-and-full-disks.md).
 */
import { type Failure, fail, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import {
  findStorageFailure,
  isDiskReason,
  isStorageFailure,
  MAX_FULL_CHECK_BYTES,
  type StorageFailure,
} from '../model/storage-failures.ts'
import { getAge } from '../text/time.ts'
import { wasImported } from './backup/importing.ts'
import type { Ledger } from './ledger/ledger.ts'
import { openLedger } from './opening.ts'

/**
 * Ledger setting, set when a statement fails because of damage. The next opening then checks the
 * whole ledger.
 */
const DAMAGE_SETTING = 'damage'
const OPEN_ACTION = 'open the desk'
/** Opening may check the whole ledger, so a closed desk does not try to open at every request. */
const RETRY_DELAY_MS = 1000

export type ReadinessDependencies = {
  publication: Result<Publication>
  now: () => number
  /** Returns the size of the ledger in bytes, or `undefined` if the platform does not report it. */
  getDatabaseSize: () => number | undefined
  /** Returns whether KV has any key. Throws when KV fails. */
  hasKvKeys: () => Promise<boolean>
  /** Delays all requests until the work has ended. */
  blockConcurrencyWhile: (work: () => Promise<void>) => void
  /** Called each time the desk has opened. */
  onOpened: () => void
}

export class Readiness {
  readonly #ledger: Ledger
  readonly #dependencies: ReadinessDependencies
  #state: Result<Publication>
  #isCheckingKv = false
  /** Time of the last attempt to open the desk, in milliseconds. */
  #lastAttemptAt = Number.NEGATIVE_INFINITY
  /** Whether the last write to the ledger failed because the disk was full. */
  #isDiskFull = false

  constructor(ledger: Ledger, dependencies: ReadinessDependencies) {
    this.#ledger = ledger
    this.#dependencies = dependencies
    this.#state = dependencies.publication
    this.open()
  }

  /**
   * Returns the settings, or why the desk is closed. If the desk is closed because its disk or KV
   * failed, it tries to open again.
   */
  getState(action = OPEN_ACTION): Result<Publication> {
    const isDue = getAge(this.#lastAttemptAt, this.#dependencies.now()) >= RETRY_DELAY_MS
    if (!this.#state.ok && !this.#isCheckingKv && isDue && isTransient(this.#state.failure))
      this.open()
    return this.#state.ok ? this.#state : fail(withAction(this.#state.failure, action))
  }

  /**
   * Returns the settings if a backup can be imported, because the desk is open or has lost its
   * ledger. Otherwise returns why the desk is closed.
   */
  getStateForImport(): Result<Publication> {
    const state = this.getState('import')
    return !state.ok && state.failure.reason === 'ledger-missing'
      ? this.#dependencies.publication
      : state
  }

  /**
   * Returns the settings if the desk is open and the disk was not full at its last write. Otherwise
   * returns the failure.
   */
  getHealth(): Result<Publication> {
    const state = this.getState()
    return state.ok && this.#isDiskFull
      ? fail({ reason: 'disk-full', action: 'write the ledger' })
      : state
  }

  /**
   * Opens the desk if nothing prevents it. Throws when the ledger has migrations that differ from
   * ours.
   */
  open(): void {
    if (!this.#dependencies.publication.ok) return
    this.#lastAttemptAt = this.#dependencies.now()
    try {
      this.#ledger.migrate()
      this.#checkIfDue()
      if (this.#ledger.findSetting('TAG_AUTHORITY') !== undefined || wasImported(this.#ledger))
        return this.#openLedger()
      this.#state = fail(unavailable)
      this.#dependencies.blockConcurrencyWhile(() => this.#openIfKvIsEmpty())
    } catch (cause) {
      const failure = findStorageFailure(OPEN_ACTION, cause)
      if (!failure) throw cause
      this.#state = fail(failure)
    }
  }

  /** Checks the integrity of the whole ledger, and closes the desk if it is damaged. */
  checkLedger(action: string): Result<Publication> {
    const state = this.getState(action)
    if (!state.ok) return state
    try {
      this.#ledger.checkIntegrity()
    } catch (cause) {
      this.#closeIfDamaged(findStorageFailure(OPEN_ACTION, cause))
    }
    return this.#state.ok ? this.#state : fail(withAction(this.#state.failure, action))
  }

  /**
   * Records the outcome of a statement: its error, or `undefined` for a successful write. Closes
   * the desk if the error reports damage.
   */
  recordStatement(cause: unknown): void {
    const failure = cause === undefined ? undefined : findStorageFailure(OPEN_ACTION, cause)
    this.#isDiskFull = failure?.reason === 'disk-full'
    this.#closeIfDamaged(failure)
  }

  /**
   * Closes the desk if the failure is damage. Records it in the ledger, so that the next opening
   * checks the whole ledger.
   */
  #closeIfDamaged(failure: StorageFailure | undefined): void {
    if (failure?.reason !== 'ledger-damaged' || !this.#state.ok) return
    this.#state = fail(failure)
    // Deferred, because the rollback of this turn's transaction would undo the setting.
    queueMicrotask(() => {
      try {
        this.#ledger.setSetting(DAMAGE_SETTING, failure.why)
      } catch {
        // If this fails, the damage is found by the next full check, or by the next statement that
        // reads the damaged page.
      }
    })
  }

  #checkIfDue(): void {
    const wasDamaged = this.#ledger.findSetting(DAMAGE_SETTING) !== undefined
    if (wasDamaged || (this.#dependencies.getDatabaseSize() ?? 0) <= MAX_FULL_CHECK_BYTES)
      this.#ledger.checkIntegrity()
    if (wasDamaged) this.#ledger.removeSetting(DAMAGE_SETTING)
  }

  /** Opens an empty ledger only if KV is empty too. If KV has keys, the ledger was lost. */
  async #openIfKvIsEmpty(): Promise<void> {
    this.#isCheckingKv = true
    try {
      if (await this.#dependencies.hasKvKeys())
        this.#state = fail({ reason: 'ledger-missing', action: OPEN_ACTION })
      else this.#openLedger()
    } catch (cause) {
      this.#state = fail(findStorageFailure(OPEN_ACTION, cause) ?? unavailable)
    } finally {
      this.#isCheckingKv = false
    }
  }

  #openLedger(): void {
    this.#state = openLedger(this.#ledger, this.#dependencies.publication, this.#dependencies.now())
    if (this.#state.ok) this.#dependencies.onOpened()
  }
}

const unavailable: Failure = { reason: 'unavailable', retryAfterSeconds: 30 }

const isTransient = ({ reason }: Failure): boolean =>
  isDiskReason(reason) || reason === 'unavailable'

/** Returns the failure with the action that was requested. */
const withAction = (failure: Failure, action: string): Failure =>
  isStorageFailure(failure) ? { ...failure, action } : failure
