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
  CHECKED_BYTES,
  isDiskReason,
  isStorageFailure,
  type StorageFailure,
  storageFailure,
} from '../model/storage-failures.ts'
import { ageOf } from '../text/time.ts'
import { importHasEnded } from './copies/importing.ts'
import type { Ledger } from './ledger/ledger.ts'
import { openLedger } from './opening.ts'

/** Setting of the ledger: a statement has met damage. The next opening looks at every page. */
const MET_DAMAGE = 'damage'
const OPEN = 'open the desk'
/** Opening may look at every page of the ledger, so it is not tried again at every request. */
const TRY_AGAIN_MS = 1000

export type Surroundings = {
  parsed: Result<Publication>
  now: () => number
  /** Bytes of the ledger; `undefined` where nobody can tell. */
  size: () => number | undefined
  /** Whether KV has any key. Throws when it does not answer. */
  wireHasKeys: () => Promise<boolean>
  /** Lets nobody in before the work has ended. */
  hold: (work: () => Promise<void>) => void
  /** Told each time that the desk has opened. */
  opened: () => void
}

export class Door {
  readonly #ledger: Ledger
  readonly #around: Surroundings
  #state: Result<Publication>
  #looking = false
  /** When it was tried to open the desk last, in milliseconds. */
  #triedAt = Number.NEGATIVE_INFINITY
  /** The last statement that wrote, or tried to, found no room. */
  #full = false

  constructor(ledger: Ledger, around: Surroundings) {
    this.#ledger = ledger
    this.#around = around
    this.#state = around.parsed
    this.open()
  }

  /**
   * The settings, or why the desk is closed. One that was closed for want of room, or of an answer
   * from KV, tries again.
   */
  state(action = OPEN): Result<Publication> {
    const isDue = ageOf(this.#triedAt, this.#around.now()) >= TRY_AGAIN_MS
    if (!this.#state.ok && !this.#looking && isDue && isPassing(this.#state.failure)) this.open()
    return this.#state.ok ? this.#state : fail(actingAs(this.#state.failure, action))
  }

  /**
   * The settings of a desk that a backup can be imported into: one that is open, or has lost its
   * ledger.
   */
  stateForImport(): Result<Publication> {
    const state = this.state('import')
    return !state.ok && state.failure.reason === 'ledger-missing' ? this.#around.parsed : state
  }

  /** The settings of a desk that is well: it is open, and there was room for what it wrote last. */
  health(): Result<Publication> {
    const state = this.state()
    return state.ok && this.#full
      ? fail({ reason: 'disk-full', action: 'write the ledger' })
      : state
  }

  /** Opens the desk if nothing forbids it. Throws when the ledger's history is not ours. */
  open(): void {
    if (!this.#around.parsed.ok) return
    this.#triedAt = this.#around.now()
    try {
      this.#ledger.migrate()
      this.#checkWhereDue()
      if (this.#ledger.setting('TAG_AUTHORITY') !== undefined || importHasEnded(this.#ledger))
        return this.#enter()
      this.#state = fail(unavailable)
      this.#around.hold(() => this.#lookForKeys())
    } catch (cause) {
      const failure = storageFailure(OPEN, cause)
      if (!failure) throw cause
      this.#state = fail(failure)
    }
  }

  /** Looks at every page of the ledger, and closes the desk when they do not fit together. */
  check(action: string): Result<Publication> {
    const state = this.state(action)
    if (!state.ok) return state
    try {
      this.#ledger.check()
    } catch (cause) {
      this.#closeOn(storageFailure(OPEN, cause))
    }
    return this.#state.ok ? this.#state : fail(actingAs(this.#state.failure, action))
  }

  /** A statement has failed, or with `undefined` has written something. Damage closes the desk. */
  met(cause: unknown): void {
    const failure = cause === undefined ? undefined : storageFailure(OPEN, cause)
    this.#full = failure?.reason === 'disk-full'
    this.#closeOn(failure)
  }

  /** What was met is noted where the next opening finds it. */
  #closeOn(failure: StorageFailure | undefined): void {
    if (failure?.reason !== 'ledger-damaged' || !this.#state.ok) return
    this.#state = fail(failure)
    // After this turn, whose changes are taken back together.
    queueMicrotask(() => {
      try {
        this.#ledger.setSetting(MET_DAMAGE, failure.why)
      } catch {
        // Then the opening meets it, or the next statement that comes to that page.
      }
    })
  }

  #checkWhereDue(): void {
    const met = this.#ledger.setting(MET_DAMAGE) !== undefined
    if (met || (this.#around.size() ?? 0) <= CHECKED_BYTES) this.#ledger.check()
    if (met) this.#ledger.removeSetting(MET_DAMAGE)
  }

  /** A ledger that has never opened belongs to a new desk, whose KV is empty. */
  async #lookForKeys(): Promise<void> {
    this.#looking = true
    try {
      if (await this.#around.wireHasKeys())
        this.#state = fail({ reason: 'ledger-missing', action: OPEN })
      else this.#enter()
    } catch (cause) {
      this.#state = fail(storageFailure(OPEN, cause) ?? unavailable)
    } finally {
      this.#looking = false
    }
  }

  #enter(): void {
    this.#state = openLedger(this.#ledger, this.#around.parsed, this.#around.now())
    if (this.#state.ok) this.#around.opened()
  }
}

const unavailable: Failure = { reason: 'unavailable', retryAfterSeconds: 30 }

const isPassing = ({ reason }: Failure): boolean => isDiskReason(reason) || reason === 'unavailable'

/** The same failure, of what was asked for. */
const actingAs = (failure: Failure, action: string): Failure =>
  isStorageFailure(failure) ? { ...failure, action } : failure
