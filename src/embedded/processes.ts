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

const VARIABLE = 'DATELINE_RUN'
const POLL_MS = 10
/** How long a process that was asked to end is waited for, before it is ended. */
const PATIENCE_MS = 2000
/** The runtime keeps nothing that a signal would let it save. */
const RUNTIME = 'workerd'

export type Guard = {
  /** What processes of this run have in their environment. */
  env: Record<string, string>
  /** The process that serves now. */
  runtime: () => number | undefined
  /** To be called when all have ended. */
  release: () => void
}

/**
 * Watches over the processes of this run: when this process dies, however it dies, a warden ends
 * them and removes `temporary`. `folder`: what they work on, as a real path.
 */
export function guardRun(folder: string, temporary?: string): Guard {
  const mark = `${folder}#${process.pid}#${randomBytes(8).toString('hex')}`
  const warden = startWarden(mark, temporary)
  return {
    env: { [VARIABLE]: mark },
    runtime: () => processesOf((each) => each === mark).find(({ isRuntime }) => isRuntime)?.pid,
    release: () => void warden.kill(),
  }
}

/** A killed process can end nothing; the warden notices that the pipe to it has closed. */
function startWarden(mark: string, temporary = ''): ChildProcess {
  const file = join(import.meta.dirname, 'warden.ts')
  const warden = spawn(process.execPath, [file, mark, temporary], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  warden.unref()
  return warden
}

/**
 * The process that works on a folder and still has the one that started it; such a run is not over.
 */
export const livingRunOn = (folder: string): number | undefined =>
  processesOf((mark) => folderOf(mark) === folder).find(({ parent, starter }) => parent === starter)
    ?.starter

/** Ends what runs on this folder left behind. */
export const endLeftBehind = (folder: string): Promise<void> =>
  endProcesses((mark) => folderOf(mark) === folder)

/** Ends the processes that carry the mark, and those that they were starting. */
export async function endProcesses(isMeant: (mark: string) => boolean): Promise<void> {
  const givingUp = Date.now() + PATIENCE_MS
  for (let quiet = 0; quiet < 2; ) {
    const left = processesOf(isMeant)
    quiet = left.length === 0 ? quiet + 1 : 0
    for (const { pid, isRuntime } of left) {
      try {
        process.kill(pid, isRuntime || Date.now() > givingUp ? 'SIGKILL' : 'SIGTERM')
      } catch {
        // It ended by itself.
      }
    }
    await new Promise((resume) => setTimeout(resume, POLL_MS))
  }
}

/** Removes a temporary folder that somebody else may be removing too, or still writing into. */
export const removeTemporary = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 })

/**
 * The process that holds a lock on a file, if the system tells. `locks`: the text of `/proc/locks`.
 */
export function lockHolder(file: string, locks = textOf('/proc/locks')): number | undefined {
  const { dev, ino } = statSync(file)
  const named = `${deviceOf(dev)}:${ino}`
  // `1: POSIX  ADVISORY  WRITE 4711 fe:00:2301956 1073741824 1073742335`
  const words = locks.split('\n').map((line) => line.split(/\s+/))
  const pid = Number(words.find(([, , , kind, , on]) => kind === 'WRITE' && on === named)?.[4])
  return pid > 0 ? pid : undefined
}

/**
 * The device of a file as `/proc/locks` names it, `major:minor` in hexadecimal: Linux packs 12 and
 * 20 bits.
 */
function deviceOf(dev: number): string {
  const major = (dev >> 8) & 0xfff
  const minor = (dev & 0xff) | ((dev >> 12) & 0xfff00)
  return [major, minor].map((part) => part.toString(16).padStart(2, '0')).join(':')
}

type Marked = { pid: number; parent: number; starter: number; isRuntime: boolean }

function processesOf(isMeant: (mark: string) => boolean): Marked[] {
  return pids().flatMap((pid) => {
    const mark = variableOf(pid)
    if (mark === undefined || !isMeant(mark) || pid === process.pid) return []
    const [state, parent] = textOf(`/proc/${pid}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ')
    if (state === undefined || state === 'Z' || state === 'X') return []
    const command = textOf(`/proc/${pid}/cmdline`).split('\0')[0] ?? ''
    const starter = Number(mark.split('#').at(-2))
    return [{ pid, parent: Number(parent), starter, isRuntime: command.endsWith(RUNTIME) }]
  })
}

const folderOf = (mark: string): string => mark.split('#').slice(0, -2).join('#')

const variableOf = (pid: number): string | undefined =>
  textOf(`/proc/${pid}/environ`)
    .split('\0')
    .find((each) => each.startsWith(`${VARIABLE}=`))
    ?.slice(VARIABLE.length + 1)

function pids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Boolean)
  } catch {
    return []
  }
}

/** Empty when it cannot be read: another user's, or gone. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
