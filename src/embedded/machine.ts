/**
 * Detects failures of this machine that the worker cannot see: a disk that is full or read-only,
 * and a ledger that the runtime cannot open. The worker requests the result through the binding
 * `MACHINE` (`src/reader/machine-failure.ts`).
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  type DiskReason,
  findStorageReason,
  isDiskReason,
  MAX_FULL_CHECK_BYTES,
} from '../model/storage-failures.ts'
import { CannotStart } from './settings.ts'

/** More bytes than a commit of the ledger needs. */
const PROBE_BYTES = 64 * 1024
/** How long a result is cached. */
const CACHE_MS = 2000
/** How often a failing disk is checked again. */
const POLL_INTERVAL_MS = 5000

export type MachineFailure = { trouble: DiskReason } | { trouble: 'ledger-damaged'; why: string }

/** Returns the disk failure that an error or a log line reports. */
export function findDiskReason(text: string): DiskReason | undefined {
  const reason = findStorageReason(text)
  return isDiskReason(reason) ? reason : undefined
}

/** Checks the disk of a folder by creating a file of incompressible bytes in it. */
function probeDisk(folder: string): DiskReason | undefined {
  const file = join(folder, `.room-${randomBytes(16).toString('hex')}`)
  try {
    writeFileSync(file, randomBytes(PROBE_BYTES), { flag: 'wx', mode: 0o600 })
    return undefined
  } catch (cause) {
    return findDiskReason(String(cause))
  } finally {
    try {
      rmSync(file, { force: true })
    } catch {
      // On a read-only disk the file was not created.
    }
  }
}

/**
 * Describes in one sentence why a start cannot continue: the error, or the state of the disk.
 * Writes nothing into a folder that was not claimed, because it may belong to somebody else.
 */
export function describeDiskFailure(
  folder: string,
  cause: unknown,
  isClaimed: boolean,
): string | undefined {
  const reason = findDiskReason(String(cause)) ?? (isClaimed ? probeDisk(folder) : undefined)
  return (
    reason &&
    new CannotStart(`the disk of the state folder "${folder}" ${describeReason(reason)}`).message
  )
}

const describeReason = (reason: DiskReason): string =>
  reason === 'disk-full' ? 'is full (ENOSPC)' : 'is read-only (EROFS)'

/** Throws `CannotStart` if the disk of the folder is full or read-only. */
export function requireWritableDisk(folder: string): void {
  const reason = probeDisk(folder)
  if (reason)
    throw new CannotStart(`the disk of the state folder "${folder}" ${describeReason(reason)}`)
}

/** Returns the ledger's file in the runtime's folder, if it exists. */
export function findLedgerFile(storeFolder: string): string | undefined {
  const folder = join(storeFolder, 'do', 'dateline-Desk')
  if (!existsSync(folder)) return undefined
  const ledgerName = readdirSync(folder).find((fileName) => /^[0-9a-f]{64}\.sqlite$/.test(fileName))
  return ledgerName === undefined ? undefined : join(folder, ledgerName)
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGE_CODES = [11, 26]

/**
 * Returns SQLite's message if the ledger is damaged. Skips a ledger that the runtime has open.
 * Reads only the header of a large ledger, as SQLite does when it opens a file: whether it is a
 * database, its page size and its length. A longer check would lock the ledger while the desk needs
 * it, because this process also serves the desk.
 */
function findLedgerDamage(storeFolder: string): string | undefined {
  const file = findLedgerFile(storeFolder)
  if (file === undefined) return undefined
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: 0 })
    database.exec('PRAGMA schema_version')
    if (statSync(file).size > MAX_FULL_CHECK_BYTES) return undefined
    const result = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0]
    return result === 'ok' ? undefined : String(result).replaceAll('\n', ' ')
  } catch (cause) {
    const errorCode = cause instanceof Error && 'errcode' in cause ? Number(cause.errcode) : 0
    return DAMAGE_CODES.includes(errorCode & 0xff) && cause instanceof Error
      ? cause.message
      : undefined
  } finally {
    database?.close()
  }
}

/**
 * Checks the machine on request. Reports to the operator once when the disk fails and once when it
 * has recovered. A failed disk is also checked every five seconds.
 */
export class MachineMonitor {
  readonly #storeFolder: string
  readonly #report: (message: string) => void
  #lastCheck: { failure: MachineFailure | undefined; at: number } | undefined
  #diskReason: DiskReason | undefined
  #timer: NodeJS.Timeout | undefined
  /** Called when a failed disk can be written again. */
  onRecovery: () => void = () => undefined

  constructor(storeFolder: string, report: (message: string) => void) {
    this.#storeFolder = storeFolder
    this.#report = report
  }

  /**
   * Returns the failure of the machine, if there is one. The result may be up to two seconds old.
   */
  check(): MachineFailure | undefined {
    const now = Date.now()
    if (this.#lastCheck && now - this.#lastCheck.at < CACHE_MS) return this.#lastCheck.failure
    const diskReason = existsSync(this.#storeFolder) ? probeDisk(this.#storeFolder) : undefined
    this.#updateDiskReason(diskReason)
    const damageDetail = diskReason ? undefined : findLedgerDamage(this.#storeFolder)
    const damage =
      damageDetail === undefined
        ? undefined
        : ({ trouble: 'ledger-damaged', why: damageDetail } satisfies MachineFailure)
    const failure: MachineFailure | undefined = diskReason ? { trouble: diskReason } : damage
    this.#lastCheck = { failure, at: now }
    return failure
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #updateDiskReason(diskReason: DiskReason | undefined): void {
    if (diskReason === this.#diskReason) return
    this.#diskReason = diskReason
    clearInterval(this.#timer)
    if (diskReason) {
      this.#report(
        `Cannot write to "${this.#storeFolder}": the disk ${describeReason(diskReason)}; readers are still served, and the desk resumes when the disk can be written again`,
      )
      this.#timer = setInterval(() => this.check(), POLL_INTERVAL_MS)
      this.#timer.unref()
      return
    }
    this.#report(`"${this.#storeFolder}" can be written again`)
    this.onRecovery()
  }
}

/**
 * Formats a log line of the runtime for the operator, or returns `undefined` if it is irrelevant.
 */
export function formatLogLine(message: string): string | undefined {
  // The runtime marks messages for its own developers with NOSENTRY. The addresses of its stack are
  // irrelevant too.
  if (message.startsWith('NOSENTRY')) return undefined
  const isInternal = /^(?:e|exception|event) = |^\S*workerd\/|\nstack: /.test(message)
  if (isInternal && findDiskReason(message)) return undefined
  const [firstLine = ''] = message.split('\n')
  return isInternal ? firstLine : message
}
