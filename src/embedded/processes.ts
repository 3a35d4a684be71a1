/**
 * The processes of a run: the runtime, one that Miniflare starts in its place when it crashes, a
 * build. All carry a mark in their environment that says which folder they work on and who started
 * them, so they are found however they came to be, and never by a number that may be another
 * process by now. Linux only; elsewhere nothing is found, and `stop` alone ends them.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

const MARK_VARIABLE = 'DATELINE_RUN'
const POLL_MS = 10
/** How long a process that was asked to end is waited for, before it is ended. */
const TERMINATION_TIMEOUT_MS = 2000
/** The runtime keeps nothing that a signal would let it save. */
const RUNTIME_PROGRAM = 'workerd'

export type ProcessGuard = {
  /** What processes of this run have in their environment. */
  env: Record<string, string>
  /** The process that serves now. */
  findRuntimePid: () => number | undefined
  /** To be called when all have ended. */
  release: () => void
}

/**
 * Watches over the processes of this run: when this process dies, however it dies, a warden ends
 * them and removes `temporary`. `folder`: what they work on, as a real path.
 */
export function guardProcesses(folder: string, temporaryFolder?: string): ProcessGuard {
  const mark = `${folder}#${process.pid}#${randomBytes(8).toString('hex')}`
  const warden = startWarden(mark, temporaryFolder)
  return {
    env: { [MARK_VARIABLE]: mark },
    findRuntimePid: () =>
      listProcesses((each) => each === mark).find(({ isRuntime }) => isRuntime)?.pid,
    release: () => void warden.kill(),
  }
}

/** A killed process can end nothing; the warden notices that the pipe to it has closed. */
function startWarden(mark: string, temporaryFolder = ''): ChildProcess {
  const file = join(import.meta.dirname, 'warden.ts')
  const warden = spawn(process.execPath, [file, mark, temporaryFolder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  warden.unref()
  return warden
}

/**
 * The process that works on a folder and still has the one that started it; such a run is not over.
 */
export const findActiveRun = (folder: string): number | undefined =>
  listProcesses((mark) => parseFolder(mark) === folder).find(
    ({ parentPid, starterPid }) => parentPid === starterPid,
  )?.starterPid

/** Ends what runs on this folder left behind. */
export const endOrphans = (folder: string): Promise<void> =>
  endProcesses((mark) => parseFolder(mark) === folder)

/** Ends the processes that carry the mark, and those that they were starting. */
export async function endProcesses(matches: (mark: string) => boolean): Promise<void> {
  const deadline = Date.now() + TERMINATION_TIMEOUT_MS
  for (let emptyPolls = 0; emptyPolls < 2; ) {
    const remaining = listProcesses(matches)
    emptyPolls = remaining.length === 0 ? emptyPolls + 1 : 0
    for (const { pid, isRuntime } of remaining) {
      try {
        process.kill(pid, isRuntime || Date.now() > deadline ? 'SIGKILL' : 'SIGTERM')
      } catch {
        // It ended by itself.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** Removes a temporary folder that somebody else may be removing too, or still writing into. */
export const removeTemporaryFolder = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 })

/**
 * The process that holds a lock on a file, if the system tells. `locks`: the text of `/proc/locks`.
 */
export function findLockHolder(file: string, locks = readText('/proc/locks')): number | undefined {
  const { dev, ino } = statSync(file)
  const fileId = `${formatDevice(dev)}:${ino}`
  // `1: POSIX  ADVISORY  WRITE 4711 fe:00:2301956 1073741824 1073742335`
  const rows = locks.split('\n').map((line) => line.split(/\s+/))
  const pid = Number(
    rows.find(([, , , kind, , lockedFile]) => kind === 'WRITE' && lockedFile === fileId)?.[4],
  )
  return pid > 0 ? pid : undefined
}

/**
 * The device of a file as `/proc/locks` names it, `major:minor` in hexadecimal: Linux packs 12 and
 * 20 bits.
 */
function formatDevice(dev: number): string {
  const major = (dev >> 8) & 0xfff
  const minor = (dev & 0xff) | ((dev >> 12) & 0xfff00)
  return [major, minor].map((part) => part.toString(16).padStart(2, '0')).join(':')
}

type MarkedProcess = { pid: number; parentPid: number; starterPid: number; isRuntime: boolean }

function listProcesses(matches: (mark: string) => boolean): MarkedProcess[] {
  return listPids().flatMap((pid) => {
    const mark = readMark(pid)
    if (mark === undefined || !matches(mark) || pid === process.pid) return []
    const [state, parentPid] = readText(`/proc/${pid}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ')
    if (state === undefined || state === 'Z' || state === 'X') return []
    const command = readText(`/proc/${pid}/cmdline`).split('\0')[0] ?? ''
    const starterPid = Number(mark.split('#').at(-2))
    return [
      {
        pid,
        parentPid: Number(parentPid),
        starterPid,
        isRuntime: command.endsWith(RUNTIME_PROGRAM),
      },
    ]
  })
}

const parseFolder = (mark: string): string => mark.split('#').slice(0, -2).join('#')

const readMark = (pid: number): string | undefined =>
  readText(`/proc/${pid}/environ`)
    .split('\0')
    .find((variable) => variable.startsWith(`${MARK_VARIABLE}=`))
    ?.slice(MARK_VARIABLE.length + 1)

function listPids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Boolean)
  } catch {
    return []
  }
}

/** Empty when it cannot be read: another user's, or gone. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
