/**
 * The state folder has KV and SQLite on disk, the token, and a lock that only one process can have.
 * The system releases the lock when that process dies, for whatever reason.
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
  renameSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { deleteDeskFile } from '../client/desk-file.ts'
import { requireWritableDisk } from './machine.ts'
import { endOrphans, findActiveRun, findLockHolder, removeTemporaryFolder } from './processes.ts'
import { CannotStart } from './settings.ts'

export type StateFolder = {
  /** The real path. */
  path: string
  /** A folder for files of this run only. It is empty at the start. */
  temporaryFolder: string
  /** Records the process that serves in `holder.json`. */
  recordRuntime: (pid: number | undefined) => void
  release: () => void
}

const HOLDER_FILE = 'holder.json'
const LOCK_FILE = 'lock.sqlite'
const TEMPORARY_PREFIX = 'tmp-'
/** Matches the names of these folders, which `mkdtemp` completes. */
const TEMPORARY_NAME = /^tmp-[a-z\d]{6}$/i
/** Where the runtime stores the ledger. */
const LEDGER_FOLDER = 'store/do/dateline-Desk'
/**
 * Matches the journals of the command line (`getJournalPath`), which may exist before a desk has
 * run on the folder.
 */
const SEEN_FILE_NAME = /^seen(?:-[\da-f]{12})?\.ndjson(?:\.new)?$/
/** Matches what a start or its desk writes into the folder. */
const OWN_FILE_NAME = /^(?:store|bundle|token|(?:holder|desk)\.json|lock\.sqlite(?:-\w+)?)$/
/** The permissions of group and others in the mode of a file. */
const GROUP_AND_OTHERS_BITS = 0o077
/** Marks a folder such as /tmp, where everybody may create files and remove only their own. */
const STICKY_BIT = 0o1000

/**
 * Creates the folder if needed, locks it, ends processes of earlier runs, and restricts it to its
 * owner. Throws `CannotStart` if another process uses it, if it contains other files, or if its
 * disk is not writable.
 */
export async function claimStateFolder(requestedFolder: string, pid: number): Promise<StateFolder> {
  const folder = createFolder(requestedFolder)
  requireStateFolder(folder)
  const holderFile = join(folder, HOLDER_FILE)
  const lock = lockFolder(folder)
  // A run may be active although the lock is free, because its lock file was deleted.
  const activePid = findActiveRun(folder)
  if (activePid !== undefined) throw createInUseError(folder, activePid)
  // Processes of earlier runs may still write here.
  await endOrphans(folder)
  try {
    for (const name of readdirSync(folder))
      if (TEMPORARY_NAME.test(name)) removeTemporaryFolder(join(folder, name))
  } catch (cause) {
    throw new CannotStart(
      `the state folder "${folder}" has files of an earlier run that cannot be removed: ${getErrorCode(cause)}`,
    )
  }
  requireWritableDisk(folder)
  try {
    restrictToOwner(folder)
    for (const name of readdirSync(folder))
      if (OWN_FILE_NAME.test(name) || SEEN_FILE_NAME.test(name))
        restrictTreeToOwner(join(folder, name))
  } catch (cause) {
    throw new CannotStart(
      `the state folder "${folder}" cannot be made private: ${getErrorCode(cause)}`,
    )
  }
  // Each run has its own folder, because a warden may still be removing the previous one.
  const temporaryFolder = mkdtempSync(join(folder, TEMPORARY_PREFIX))
  // Replaces the file atomically, so that readers get the old or the new one.
  const recordHolder = (runtimePid: number | undefined): void => {
    const file = join(temporaryFolder, HOLDER_FILE)
    writeFileSync(file, JSON.stringify({ pid, runtime: runtimePid }), { mode: 0o600 })
    renameSync(file, holderFile)
  }
  recordHolder(undefined)
  return {
    path: folder,
    temporaryFolder,
    recordRuntime: recordHolder,
    release: () => {
      deleteDeskFile(folder)
      recordHolder(undefined)
      removeTemporaryFolder(temporaryFolder)
      lock.close()
    },
  }
}

function createFolder(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if ((lstatSync(realpathSync(folder)).mode & STICKY_BIT) === 0) return realpathSync(folder)
  } catch (cause) {
    throw new CannotStart(`the state folder "${folder}" cannot be created: ${getErrorCode(cause)}`)
  }
  throw new CannotStart(
    `the state folder "${folder}" is shared by all users; use a folder inside it`,
  )
}

/** Refuses a folder that was named by mistake, without changing its permissions. */
function requireStateFolder(folder: string): void {
  let isStateFolder: boolean
  try {
    const names = readdirSync(folder)
    isStateFolder =
      names.includes(LOCK_FILE) ||
      names.every((name) => SEEN_FILE_NAME.test(name)) ||
      existsSync(join(folder, LEDGER_FOLDER))
  } catch (cause) {
    throw new CannotStart(`the state folder "${folder}" cannot be read: ${getErrorCode(cause)}`)
  }
  if (!isStateFolder)
    throw new CannotStart(
      `the state folder "${folder}" has files that are not from Dateline; use an empty or a new folder`,
    )
}

/**
 * Removes the permissions of group and others: 0644 becomes 0600, and 0755 becomes 0700.
 * Never adds a permission and follows no links. Ignores files that disappear meanwhile, because the
 * warden of an earlier run may be removing them.
 */
function restrictTreeToOwner(path: string): void {
  try {
    if (!restrictToOwner(path)) return
    for (const name of readdirSync(path)) restrictTreeToOwner(join(path, name))
  } catch (cause) {
    if (getErrorCode(cause) !== 'ENOENT') throw cause
  }
}

/** Restricts one file or folder, but no symbolic link. Returns whether it is a folder. */
function restrictToOwner(path: string): boolean {
  const stats = lstatSync(path)
  if (stats.isSymbolicLink()) return false
  if ((stats.mode & GROUP_AND_OTHERS_BITS) !== 0)
    chmodSync(path, stats.mode & 0o7777 & ~GROUP_AND_OTHERS_BITS)
  return stats.isDirectory()
}

const createInUseError = (folder: string, pid: number | undefined): CannotStart =>
  new CannotStart(
    `the state folder "${folder}" is in use by ${pid === undefined ? 'another process' : `process ${pid}`}`,
  )

function lockFolder(folder: string): DatabaseSync {
  const file = join(folder, LOCK_FILE)
  try {
    const lock = new DatabaseSync(file)
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (cause) {
    // Looks for the holder of the lock first, because the file may have an earlier one.
    if (/lock|busy/i.test(String(cause)))
      throw createInUseError(
        folder,
        findLockHolder(file) ?? readHolder(join(folder, HOLDER_FILE)).pid,
      )
    // SQLite reports only that it cannot open the file, so the disk is checked.
    requireWritableDisk(folder)
    throw new CannotStart(`the state folder "${folder}" cannot be used: ${getErrorCode(cause)}`)
  }
}

function readHolder(file: string): { pid?: number; runtime?: number } {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { pid?: number; runtime?: number }
  } catch {
    return {}
  }
}

/**
 * Returns the supplied token, else the stored one. Otherwise creates and stores a new one, which
 * only its owner can read.
 */
export function getOrCreateToken(folder: string, suppliedToken: string | undefined): string {
  if (suppliedToken !== undefined) return suppliedToken
  const file = join(folder, 'token')
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  const token = randomBytes(24).toString('base64url')
  writeFileSync(file, `${token}\n`, { mode: 0o600 })
  return token
}

const getErrorCode = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
