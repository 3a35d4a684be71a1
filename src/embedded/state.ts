/**
 * The state folder: KV and SQLite on disk, the token, and who holds it. One process at a time: the lock is
 * one that the system lets go when its holder dies, however it dies.
 */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { forgetDesk } from '../cli/desk-file.ts'
import { livingRunOn, lockHolder } from './processes.ts'
import { CannotStart } from './settings.ts'

export type State = {
  /** Its real path. */
  folder: string
  /** Where this run may leave what nobody needs after it; empty at the start. */
  temporary: string
  /** Notes the process that serves, for who wants to know. */
  noteRuntime: (pid: number | undefined) => void
  release: () => void
}

const HOLDER_FILE = 'holder.json'
const TEMPORARY = 'tmp-'
/** What group and others may do, of the mode of a file. */
const OTHERS = 0o077
/** Of a folder in which everybody may make files and each only remove his own, as /tmp is. */
const STICKY = 0o1000

/**
 * Takes the folder, making it when it is not there, and lets nobody but its owner read it from then on. Throws `CannotStart`
 * when another process holds it.
 */
export function takeState(given: string, pid: number): State {
  const folder = makeFolder(given)
  const holderFile = join(folder, HOLDER_FILE)
  const lock = lockFolder(folder)
  // The file of the lock may have been deleted under a run that goes on.
  const living = livingRunOn(folder)
  if (living !== undefined) throw inUse(folder, living)
  try {
    closeToOthers(folder)
  } catch (cause) {
    throw new CannotStart(
      `the state folder "${folder}" cannot be closed to others: ${codeOf(cause)}`,
    )
  }
  // Each run has one of its own: a warden may still be removing the last one.
  for (const name of readdirSync(folder))
    if (name.startsWith(TEMPORARY)) rmSync(join(folder, name), { recursive: true, force: true })
  const temporary = mkdtempSync(join(folder, TEMPORARY))
  const note = (serving: number | undefined): void =>
    writeFileSync(
      holderFile,
      JSON.stringify({ pid, ...(serving !== undefined && { runtime: serving }) }),
    )
  note(undefined)
  return {
    folder,
    temporary,
    noteRuntime: note,
    release: () => {
      rmSync(temporary, { recursive: true, force: true })
      forgetDesk(folder)
      note(undefined)
      lock.close()
    },
  }
}

function makeFolder(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if ((lstatSync(realpathSync(folder)).mode & STICKY) === 0) return realpathSync(folder)
  } catch (cause) {
    throw new CannotStart(`the state folder "${folder}" cannot be made: ${codeOf(cause)}`)
  }
  throw new CannotStart(`the state folder "${folder}" belongs to everybody; name one inside of it`)
}

/**
 * Files become 0600 and folders 0700, also those that an earlier release or a careless copy has left open. Takes from others
 * and gives nothing to anybody, so that a folder named by mistake still works for its owner. Follows no links.
 */
function closeToOthers(path: string): void {
  const status = lstatSync(path)
  if (status.isSymbolicLink()) return
  if ((status.mode & OTHERS) !== 0) chmodSync(path, status.mode & 0o7777 & ~OTHERS)
  if (status.isDirectory()) for (const name of readdirSync(path)) closeToOthers(join(path, name))
}

const inUse = (folder: string, pid: number | 'unknown'): CannotStart =>
  new CannotStart(`the state folder "${folder}" is in use by process ${pid}`)

function lockFolder(folder: string): DatabaseSync {
  const file = join(folder, 'lock.sqlite')
  try {
    const lock = new DatabaseSync(file)
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (cause) {
    // What the last holder noted of itself may be older than the lock.
    if (/lock|busy/i.test(String(cause)))
      throw inUse(
        folder,
        lockHolder(file) ?? readHolder(join(folder, HOLDER_FILE)).pid ?? 'unknown',
      )
    throw new CannotStart(`the state folder "${folder}" cannot be used: ${codeOf(cause)}`)
  }
}

function readHolder(file: string): { pid?: number; runtime?: number } {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { pid?: number; runtime?: number }
  } catch {
    return {}
  }
}

/** The token that was given, else the one that is kept, else one made now and kept, readable by its owner only. */
export function tokenOf(folder: string, given: string | undefined): string {
  if (given !== undefined) return given
  const file = join(folder, 'token')
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  const token = randomBytes(24).toString('base64url')
  writeFileSync(file, `${token}\n`, { mode: 0o600 })
  return token
}

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
