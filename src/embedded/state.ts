/**
 * The state folder: KV and SQLite on disk, the token, and who holds it. One process at a time: the lock is
 * one that the system lets go when its holder dies, however it dies.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { forgetDesk } from '../cli/desk-file.ts'
import { CannotStart } from './settings.ts'

export type State = {
  folder: string
  /** Notes the process that serves, so that the next start can end one that was left behind. */
  noteRuntime: (pid: number | undefined) => void
  /** Process that served when the last holder died, if it did not end well. */
  leftBehind: number | undefined
  release: () => void
}

const HOLDER_FILE = 'holder.json'

/** Takes the folder, making it when it is not there. Throws `CannotStart` when another process holds it. */
export function takeState(folder: string, pid: number): State {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new CannotStart(`the state folder "${folder}" cannot be made: ${codeOf(cause)}`)
  }
  const holderFile = join(folder, HOLDER_FILE)
  const lock = lockFolder(folder, () => readHolder(holderFile).pid)
  const { runtime } = readHolder(holderFile)
  const note = (serving: number | undefined): void =>
    writeFileSync(
      holderFile,
      JSON.stringify({ pid, ...(serving !== undefined && { runtime: serving }) }),
    )
  note(undefined)
  return {
    folder,
    noteRuntime: note,
    leftBehind: runtime,
    release: () => {
      forgetDesk(folder)
      note(undefined)
      lock.close()
    },
  }
}

function lockFolder(folder: string, holder: () => number | undefined): DatabaseSync {
  try {
    const lock = new DatabaseSync(join(folder, 'lock.sqlite'))
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (cause) {
    if (/lock|busy/i.test(String(cause))) {
      throw new CannotStart(
        `the state folder "${folder}" is in use by process ${holder() ?? 'unknown'}`,
      )
    }
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
