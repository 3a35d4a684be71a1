/**
 * Tracks the processes of a run: the runtime, another one that Miniflare starts after a crash, a
 * build.
 *
 * Each has a mark in its environment that names the folder and the process that started the run.
 * Processes are found by this mark, because a process id may have been reused. This works on Linux
 * only. Elsewhere nothing is found, and only `stop` ends the processes.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

const MARK_VARIABLE = 'DATELINE_RUN'
const POLL_MS = 10
/** How long a process may take to end before it is killed. */
const TERMINATION_TIMEOUT_MS = 2000
/** The runtime is killed at once, because it saves nothing on a signal. */
const RUNTIME_PROGRAM = 'workerd'

export type ProcessGuard = {
  /** The environment that marks processes of this run. */
  env: Record<string, string>
  /** Returns the process that serves now. */
  findRuntimePid: () => number | undefined
  /** Call this when all processes have ended. */
  release: () => void
}

/**
 * Watches the processes of this run. When this process dies, for whatever reason, a warden ends
 * them and removes `temporaryFolder`. `folder` is the state folder, as a real path.
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

/** Starts the warden, which notices that its pipe to this process has closed. */
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
 * Returns the process of an active run on a folder. A run is active if the process that started it
 * is still the parent of one of its processes.
 */
export const findActiveRun = (folder: string): number | undefined =>
  listProcesses((mark) => parseFolder(mark) === folder).find(
    ({ parentPid, starterPid }) => parentPid === starterPid,
  )?.starterPid

/** Ends the processes that earlier runs on this folder left behind. */
export const endOrphans = (folder: string): Promise<void> =>
  endProcesses((mark) => parseFolder(mark) === folder)

/** Ends the marked processes, and those that they start in the meantime. */
export async function endProcesses(matches: (mark: string) => boolean): Promise<void> {
  const deadline = Date.now() + TERMINATION_TIMEOUT_MS
  for (let emptyPolls = 0; emptyPolls < 2; ) {
    const remaining = listProcesses(matches)
    emptyPolls = remaining.length === 0 ? emptyPolls + 1 : 0
    for (const { pid, isRuntime } of remaining) {
      try {
        process.kill(pid, isRuntime || Date.now() > deadline ? 'SIGKILL' : 'SIGTERM')
      } catch {
        // The process has already ended.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** Removes a temporary folder that another process may be removing or writing into. */
export const removeTemporaryFolder = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 })

/**
 * Returns the process that has locked a file, if the system reports it. `locks` is the text of
 * `/proc/locks`.
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
 * Formats the device of a file as `/proc/locks` does: `major:minor` in hexadecimal. Linux packs
 * them as 12 and 20 bits.
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

/** Returns an empty text if the file is gone or belongs to another user. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
