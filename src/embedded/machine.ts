/**
 * What may be wrong with this machine, and the worker cannot see: a disk that is full or read-only,
 * and a ledger that the runtime cannot even open. The worker asks over the binding `MACHINE`
 * (`src/reader/trouble.ts`).
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  CHECKED_BYTES,
  type DiskReason,
  isDiskReason,
  storageReason,
} from '../model/storage-failures.ts'
import { CannotStart } from './settings.ts'

/** More than a commit of the ledger takes. */
const PROBE_BYTES = 64 * 1024
/** What was seen counts for so long. */
const SEEN_MS = 2000
/** How often a disk in trouble is looked at again. */
const AGAIN_MS = 5000

export type Trouble = { trouble: DiskReason } | { trouble: 'ledger-damaged'; why: string }

/** The trouble with a disk that an error or a log line tells of. */
export function diskTroubleIn(text: string): DiskReason | undefined {
  const reason = storageReason(text)
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
    return diskTroubleIn(String(cause))
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
export function diskSentence(folder: string, cause: unknown, taken: boolean): string | undefined {
  const trouble = diskTroubleIn(String(cause)) ?? (taken ? probeDisk(folder) : undefined)
  return trouble && new CannotStart(`${because(trouble)} of the state folder "${folder}"`).message
}

const because = (trouble: DiskReason): string =>
  trouble === 'disk-full' ? 'no room is left on the disk (ENOSPC)' : 'the disk is read-only (EROFS)'

/** Throws `CannotStart` when the disk of a state folder has no room, or is read-only. */
export function requireRoom(folder: string): void {
  const trouble = probeDisk(folder)
  if (trouble) throw new CannotStart(`${because(trouble)} of the state folder "${folder}"`)
}

/** The file of the ledger in the folder where the runtime keeps its state, where there is one. */
export function ledgerFile(store: string): string | undefined {
  const folder = join(store, 'do', 'dateline-Desk')
  if (!existsSync(folder)) return undefined
  const name = readdirSync(folder).find((each) => /^[0-9a-f]{64}\.sqlite$/.test(each))
  return name === undefined ? undefined : join(folder, name)
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGE_CODES = [11, 26]

/**
 * What SQLite says of a ledger that is damaged. One that the runtime holds is not looked at, nor
 * waited for. Of a large one only the head is read, as SQLite does whenever it opens a file:
 * whether it is a ledger, the size of its pages, and whether the file is as long as all of them.
 * Node serves the desk too, and a desk that opens meanwhile would find its ledger locked.
 */
function damageOf(store: string): string | undefined {
  const file = ledgerFile(store)
  if (file === undefined) return undefined
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: 0 })
    database.exec('PRAGMA schema_version')
    if (statSync(file).size > CHECKED_BYTES) return undefined
    const told = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0]
    return told === 'ok' ? undefined : String(told).replaceAll('\n', ' ')
  } catch (cause) {
    const code = cause instanceof Error && 'errcode' in cause ? Number(cause.errcode) : 0
    return DAMAGE_CODES.includes(code & 0xff) && cause instanceof Error ? cause.message : undefined
  } finally {
    database?.close()
  }
}

/**
 * Looks at the machine when somebody asks, tells the operator once when the disk is in trouble, and
 * again when that is over.
 */
export class Machine {
  readonly #store: string
  readonly #tell: (sentence: string) => void
  #seen: { trouble: Trouble | undefined; at: number } | undefined
  #troubled: DiskReason | undefined
  #timer: NodeJS.Timeout | undefined
  /** Called when a disk that was in trouble can be written again. */
  onRecovery: () => void = () => undefined

  constructor(store: string, tell: (sentence: string) => void) {
    this.#store = store
    this.#tell = tell
  }

  /** What is wrong now, or was within the last two seconds. */
  look(): Trouble | undefined {
    const now = Date.now()
    if (this.#seen && now - this.#seen.at < SEEN_MS) return this.#seen.trouble
    const disk = existsSync(this.#store) ? probeDisk(this.#store) : undefined
    this.#note(disk)
    const why = disk ? undefined : damageOf(this.#store)
    const damage =
      why === undefined ? undefined : ({ trouble: 'ledger-damaged', why } satisfies Trouble)
    const trouble: Trouble | undefined = disk ? { trouble: disk } : damage
    this.#seen = { trouble, at: now }
    return trouble
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #note(disk: DiskReason | undefined): void {
    if (disk === this.#troubled) return
    this.#troubled = disk
    clearInterval(this.#timer)
    if (disk) {
      this.#tell(
        `Cannot write to "${this.#store}": ${because(disk)}; readers are served, and the desk goes on by itself when this is over`,
      )
      this.#timer = setInterval(() => this.look(), AGAIN_MS)
      this.#timer.unref()
      return
    }
    this.#tell(`"${this.#store}" can be written again`)
    this.onRecovery()
  }
}

/**
 * A line for the operator of what the runtime writes to its log; `undefined` of what says nothing
 * to anybody here.
 */
export function readable(message: string): string | undefined {
  // What begins with NOSENTRY is the runtime talking to its own authors; so are the addresses of
  // its stack.
  if (message.startsWith('NOSENTRY')) return undefined
  const own = /^(?:e|exception|event) = |^\S*workerd\/|\nstack: /.test(message)
  if (own && diskTroubleIn(message)) return undefined
  const [first = ''] = message.split('\n')
  return own ? first : message
}
