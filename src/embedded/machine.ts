/**
 * What may be wrong with this machine, and the worker cannot see: a disk that is full or read-only,
 * and a ledger that the runtime cannot even open. The worker asks over the binding `MACHINE`
 * (`src/reader/machine-failure.ts`).
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

/** More than a commit of the ledger takes. */
const PROBE_BYTES = 64 * 1024
/** What was seen counts for so long. */
const CACHE_MS = 2000
/** How often a disk in trouble is looked at again. */
const POLL_INTERVAL_MS = 5000

export type MachineFailure = { trouble: DiskReason } | { trouble: 'ledger-damaged'; why: string }

/** The trouble with a disk that an error or a log line tells of. */
export function findDiskReason(text: string): DiskReason | undefined {
  const reason = findStorageReason(text)
  return isDiskReason(reason) ? reason : undefined
}

/**
 * Tries to write into a folder: a file that was not there before, of bytes that no file system can
 * compress.
 */
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
      // A disk that is read-only has no such file.
    }
  }
}

/**
 * What keeps a start from going on, in one sentence: what went wrong, or what is wrong with the
 * disk by now. Nothing is written into a folder that is not `taken`: it may be anybody's.
 */
export function describeDiskFailure(
  folder: string,
  cause: unknown,
  isClaimed: boolean,
): string | undefined {
  const reason = findDiskReason(String(cause)) ?? (isClaimed ? probeDisk(folder) : undefined)
  return (
    reason && new CannotStart(`${describeReason(reason)} of the state folder "${folder}"`).message
  )
}

const describeReason = (reason: DiskReason): string =>
  reason === 'disk-full' ? 'no room is left on the disk (ENOSPC)' : 'the disk is read-only (EROFS)'

/** Throws `CannotStart` when the disk of a state folder has no room, or is read-only. */
export function requireWritableDisk(folder: string): void {
  const reason = probeDisk(folder)
  if (reason) throw new CannotStart(`${describeReason(reason)} of the state folder "${folder}"`)
}

/** The file of the ledger in the folder where the runtime keeps its state, where there is one. */
export function findLedgerFile(storeFolder: string): string | undefined {
  const folder = join(storeFolder, 'do', 'dateline-Desk')
  if (!existsSync(folder)) return undefined
  const ledgerName = readdirSync(folder).find((fileName) => /^[0-9a-f]{64}\.sqlite$/.test(fileName))
  return ledgerName === undefined ? undefined : join(folder, ledgerName)
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGE_CODES = [11, 26]

/**
 * What SQLite says of a ledger that is damaged. One that the runtime holds is not looked at, nor
 * waited for. Of a large one only the head is read, as SQLite does whenever it opens a file:
 * whether it is a ledger, the size of its pages, and whether the file is as long as all of them.
 * Node serves the desk too, and a desk that opens meanwhile would find its ledger locked.
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
 * Looks at the machine when somebody asks, tells the operator once when the disk is in trouble, and
 * again when that is over.
 */
export class MachineMonitor {
  readonly #storeFolder: string
  readonly #report: (message: string) => void
  #lastCheck: { failure: MachineFailure | undefined; at: number } | undefined
  #diskReason: DiskReason | undefined
  #timer: NodeJS.Timeout | undefined
  /** Called when a disk that was in trouble can be written again. */
  onRecovery: () => void = () => undefined

  constructor(storeFolder: string, report: (message: string) => void) {
    this.#storeFolder = storeFolder
    this.#report = report
  }

  /** What is wrong now, or was within the last two seconds. */
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
        `Cannot write to "${this.#storeFolder}": ${describeReason(diskReason)}; readers are served, and the desk goes on by itself when this is over`,
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
 * A line for the operator of what the runtime writes to its log; `undefined` of what says nothing
 * to anybody here.
 */
export function formatLogLine(message: string): string | undefined {
  // What begins with NOSENTRY is the runtime talking to its own authors; so are the addresses of
  // its stack.
  if (message.startsWith('NOSENTRY')) return undefined
  const isInternal = /^(?:e|exception|event) = |^\S*workerd\/|\nstack: /.test(message)
  if (isInternal && findDiskReason(message)) return undefined
  const [firstLine = ''] = message.split('\n')
  return isInternal ? firstLine : message
}
