/**
 * Whether the desk is open. While it is closed nothing is published, rendered or sent, whoever asks
 * is told why, and readers are served what KV has. It is closed when settings are refused, when its
 * ledger is damaged, when the disk is full at opening, and when the ledger has nothing although KV
 * is full: that is a ledger that was lost, and no new desk
 * (docs/decisions/024-damage-and-full-disks.md).
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

/** Setting of the ledger: a statement has met damage. The next opening looks at every page. */
const DAMAGE_SETTING = 'damage'
const OPEN_ACTION = 'open the desk'
/** Opening may look at every page of the ledger, so it is not tried again at every request. */
const RETRY_DELAY_MS = 1000

export type ReadinessDependencies = {
  publication: Result<Publication>
  now: () => number
  /** Bytes of the ledger; `undefined` where nobody can tell. */
  getDatabaseSize: () => number | undefined
  /** Whether KV has any key. Throws when it does not answer. */
  wireHasKeys: () => Promise<boolean>
  /** Lets nobody in before the work has ended. */
  blockConcurrencyWhile: (work: () => Promise<void>) => void
  /** Told each time that the desk has opened. */
  onOpened: () => void
}

export class Readiness {
  readonly #ledger: Ledger
  readonly #dependencies: ReadinessDependencies
  #state: Result<Publication>
  #isCheckingWire = false
  /** When it was tried to open the desk last, in milliseconds. */
  #lastAttemptAt = Number.NEGATIVE_INFINITY
  /** The last statement that wrote, or tried to, found no room. */
  #isDiskFull = false

  constructor(ledger: Ledger, dependencies: ReadinessDependencies) {
    this.#ledger = ledger
    this.#dependencies = dependencies
    this.#state = dependencies.publication
    this.open()
  }

  /**
   * The settings, or why the desk is closed. One that was closed for want of room, or of an answer
   * from KV, tries again.
   */
  getState(action = OPEN_ACTION): Result<Publication> {
    const isDue = getAge(this.#lastAttemptAt, this.#dependencies.now()) >= RETRY_DELAY_MS
    if (!this.#state.ok && !this.#isCheckingWire && isDue && isTransient(this.#state.failure))
      this.open()
    return this.#state.ok ? this.#state : fail(withAction(this.#state.failure, action))
  }

  /**
   * The settings of a desk that a backup can be imported into: one that is open, or has lost its
   * ledger.
   */
  getStateForImport(): Result<Publication> {
    const state = this.getState('import')
    return !state.ok && state.failure.reason === 'ledger-missing'
      ? this.#dependencies.publication
      : state
  }

  /** The settings of a desk that is well: it is open, and there was room for what it wrote last. */
  getHealth(): Result<Publication> {
    const state = this.getState()
    return state.ok && this.#isDiskFull
      ? fail({ reason: 'disk-full', action: 'write the ledger' })
      : state
  }

  /** Opens the desk if nothing forbids it. Throws when the ledger's history is not ours. */
  open(): void {
    if (!this.#dependencies.publication.ok) return
    this.#lastAttemptAt = this.#dependencies.now()
    try {
      this.#ledger.migrate()
      this.#checkIfDue()
      if (this.#ledger.findSetting('TAG_AUTHORITY') !== undefined || wasImported(this.#ledger))
        return this.#openLedger()
      this.#state = fail(unavailable)
      this.#dependencies.blockConcurrencyWhile(() => this.#openIfWireIsEmpty())
    } catch (cause) {
      const failure = findStorageFailure(OPEN_ACTION, cause)
      if (!failure) throw cause
      this.#state = fail(failure)
    }
  }

  /** Looks at every page of the ledger, and closes the desk when they do not fit together. */
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

  /** A statement has failed, or with `undefined` has written something. Damage closes the desk. */
  recordStatement(cause: unknown): void {
    const failure = cause === undefined ? undefined : findStorageFailure(OPEN_ACTION, cause)
    this.#isDiskFull = failure?.reason === 'disk-full'
    this.#closeIfDamaged(failure)
  }

  /** What was met is noted where the next opening finds it. */
  #closeIfDamaged(failure: StorageFailure | undefined): void {
    if (failure?.reason !== 'ledger-damaged' || !this.#state.ok) return
    this.#state = fail(failure)
    // After this turn, whose changes are taken back together.
    queueMicrotask(() => {
      try {
        this.#ledger.setSetting(DAMAGE_SETTING, failure.why)
      } catch {
        // Then the opening meets it, or the next statement that comes to that page.
      }
    })
  }

  #checkIfDue(): void {
    const wasDamaged = this.#ledger.findSetting(DAMAGE_SETTING) !== undefined
    if (wasDamaged || (this.#dependencies.getDatabaseSize() ?? 0) <= MAX_FULL_CHECK_BYTES)
      this.#ledger.checkIntegrity()
    if (wasDamaged) this.#ledger.removeSetting(DAMAGE_SETTING)
  }

  /** A ledger that has never opened belongs to a new desk, whose KV is empty. */
  async #openIfWireIsEmpty(): Promise<void> {
    this.#isCheckingWire = true
    try {
      if (await this.#dependencies.wireHasKeys())
        this.#state = fail({ reason: 'ledger-missing', action: OPEN_ACTION })
      else this.#openLedger()
    } catch (cause) {
      this.#state = fail(findStorageFailure(OPEN_ACTION, cause) ?? unavailable)
    } finally {
      this.#isCheckingWire = false
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

/** The same failure, of what was asked for. */
const withAction = (failure: Failure, action: string): Failure =>
  isStorageFailure(failure) ? { ...failure, action } : failure
