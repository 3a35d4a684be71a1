/** Runs `npm start` as a separate process, as an operator does, and observes it from outside. */
import { type ChildProcess, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import { ROOT } from '../../src/embedded/server.ts'
import { freePort } from './port.ts'
import { until } from './until.ts'

const LAUNCH = join(ROOT, 'src/launch.mjs')
/** The arguments that `npm start` passes to node. */
export const START = [LAUNCH, 'embedded/start.ts']
/** The arguments that `npm run dateline` passes to node. */
export const MAIN = [LAUNCH, 'cli/main.ts']
const TIMEOUT_MS = 60_000

export type Embedded = {
  url: string
  token: string
  stateFolder: string
  /** The process id of node. */
  pid: number
  /** The process id of the runtime, which serves requests. */
  runtime: number
  stdout: () => string
  stderr: () => string
  /**
   * Sends a signal to node alone. Resolves with the exit code of node, or with `null` if the signal
   * ended it.
   */
  end: (signal: NodeJS.Signals) => Promise<number | null>
  /** Sends SIGKILL to the whole process group. */
  killGroup: () => Promise<void>
  api: (path: string, init?: RequestInit) => Promise<Response>
}

/** Ids of process groups that were started here and may still run. */
const started = new Set<number>()

/** Ends the processes that a failed test left running. */
export function endAll(): void {
  for (const pid of started) {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // The process group has already ended.
    }
  }
  started.clear()
}

export type ProgramResult = { code: number | null; stdout: string; stderr: string }

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'dateline-embedded-'))
export const removeFolder = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })

const PASSED_VARIABLES = ['PATH', 'HOME', 'LANG', 'TMPDIR']

/** Returns the environment of a fresh shell, without the variables of this test run and of npm. */
export function cleanEnvironment(variables: Record<string, string>): NodeJS.ProcessEnv {
  const environment = { ...process.env }
  for (const name of Object.keys(environment))
    if (!PASSED_VARIABLES.includes(name)) Reflect.deleteProperty(environment, name)
  return Object.assign(environment, variables)
}

/** Runs a program until it ends. */
export async function runProgram(
  command: string,
  args: string[],
  options: { env?: Record<string, string>; cwd?: string; input?: string } = {},
): Promise<ProgramResult> {
  const child = spawn(command, args, {
    cwd: options.cwd ?? ROOT,
    env: cleanEnvironment(options.env ?? {}),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const output = collect(child)
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  const code = await waitForExit(child)
  return { code, stdout: output.stdout(), stderr: output.stderr() }
}

/** Copies the bundle into a state folder, so that `npm start` does not build it again. */
function copyBundle(stateFolder: string): void {
  const bundle = join(stateFolder, 'bundle')
  if (existsSync(bundle)) return
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 })
  writeFileSync(join(stateFolder, 'lock.sqlite'), '', { flag: 'a' })
  cpSync(inject('bundle'), bundle, { recursive: true })
}

/**
 * Runs `npm start` in a process group of its own and waits until it has printed its addresses.
 * Rejects if the process ends first.
 */
export async function startEmbedded(
  stateFolder: string,
  env: Record<string, string> = {},
): Promise<Embedded> {
  const port = env['PORT'] ?? String(await freePort())
  copyBundle(stateFolder)
  const child = spawn(process.execPath, START, {
    cwd: ROOT,
    env: cleanEnvironment({ ...env, PORT: port, DATELINE_STATE: stateFolder }),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const { stdout, stderr } = collect(child)
  const exit = waitForExit(child)
  const { pid } = child
  if (pid === undefined) throw new Error('node could not be started')
  started.add(pid)
  void exit.then(() => started.delete(pid))
  await until(
    'the embedded desk has started',
    () => {
      if (child.exitCode !== null) throw new Error(`npm start ended: ${stdout()}${stderr()}`)
      return stdout().includes('Ctrl-C stops it')
    },
    TIMEOUT_MS,
  )
  const lockHolder = JSON.parse(readFileSync(join(stateFolder, 'holder.json'), 'utf8')) as {
    runtime: number
  }
  const url = `http://127.0.0.1:${port}`
  const token = /^ *Token +(\S+)$/m.exec(stdout())?.[1] ?? ''
  return {
    url,
    token,
    stateFolder,
    pid,
    runtime: lockHolder.runtime,
    stdout,
    stderr,
    end: async (signal) => {
      process.kill(pid, signal)
      return await exit
    },
    killGroup: async () => {
      process.kill(-pid, 'SIGKILL')
      await exit
      await until('the process group has ended', () => !isRunning(lockHolder.runtime))
    },
    api: (path, init = {}) =>
      fetch(url + path, {
        ...init,
        headers: { Authorization: `Bearer ${token}`, ...(init.headers as object) },
      }),
  }
}

function collect(child: ChildProcess): { stdout: () => string; stderr: () => string } {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return { stdout: () => stdout, stderr: () => stderr }
}

const waitForExit = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })

/** Returns whether a process exists and is not a zombie. */
export function isRunning(pid: number): boolean {
  try {
    const state = /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return state !== undefined && state !== 'Z'
  } catch {
    return false
  }
}
