/**
 * Runs the worker in workerd on this machine: the same bundle, bindings and settings that a deploy has, all
 * from `wrangler.toml`, with KV and SQLite on disk. Ends what it started in every case.
 */
import { execFile, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { boundHeaps } from './heap.ts'
import { CannotStart } from './settings.ts'

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
export const CONFIGURATION = join(ROOT, 'wrangler.toml')
/** The program itself: `npx` would look for another when this one is missing. */
export const WRANGLER = join(
  dirname(createRequire(import.meta.url).resolve('wrangler/package.json')),
  'bin/wrangler.js',
)
const run = promisify(execFile)
const RUNTIME_POLL_MS = 10

export type Server = {
  url: string
  /** The process that serves; it is ours to end. */
  pid: number | undefined
  stop: () => Promise<void>
}

export type ServerOptions = {
  /** Folder of the bundle that `buildWorker` made. */
  bundle: string
  port: number
  stateFolder: string
  vars: Record<string, string>
  quiet?: boolean
  /** Another file of bindings and settings than `wrangler.toml`. */
  configuration?: string
  /** Where debuggers and profilers find the runtime; absent: nowhere. */
  inspectorPort?: number
}

/** Bundles the worker as a deploy would. `entry`: another file than the one that `wrangler.toml` names. */
export async function buildWorker(folder: string, entry?: string): Promise<string> {
  const flags = [
    'deploy',
    ...(entry ? [entry] : []),
    '--dry-run',
    '--outdir',
    folder,
    '--config',
    CONFIGURATION,
  ]
  const building = run(process.execPath, [WRANGLER, ...flags], {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: 'true', NO_COLOR: '1' },
  })
  const endBuilding = (): void => void building.child.kill()
  process.once('exit', endBuilding)
  try {
    await building
  } catch (cause) {
    const output =
      cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause)
    throw new CannotStart(`the worker does not build:\n${output}`)
  } finally {
    process.off('exit', endBuilding)
  }
  return folder
}

/** Starts serving on 127.0.0.1. Throws `CannotStart` when the port is taken. Port 0 takes a free one. */
export async function startServer(options: ServerOptions): Promise<Server> {
  if (options.port !== 0) await claimPort(options.port)
  const { workerOptions } = unstable_getMiniflareWorkerOptions(
    options.configuration ?? CONFIGURATION,
  )
  const bundled = readdirSync(options.bundle).find((name) => name.endsWith('.js'))
  if (bundled === undefined) throw new CannotStart(`no bundle is in "${options.bundle}"`)
  const converted = convertV4MiniflareOptions({
    host: '127.0.0.1',
    port: options.port,
    cf: false,
    ...(options.inspectorPort !== undefined && { inspectorPort: options.inspectorPort }),
    log: new Log(options.quiet ? LogLevel.NONE : LogLevel.ERROR),
    // What begins with NOSENTRY is the runtime talking to its own authors.
    handleStructuredLogs: ({ message }) => {
      if (!options.quiet && !message.startsWith('NOSENTRY')) console.error(message)
    },
    workers: [
      {
        ...workerOptions,
        name: 'dateline',
        bindings: { ...(workerOptions['bindings'] as object), ...options.vars },
        modules: [{ type: 'ESModule', path: join(options.bundle, bundled) }],
        modulesRoot: options.bundle,
      },
    ],
  })
  // The conversion drops where to keep state, so it is set afterwards.
  converted.resourcePersistencePath = options.stateFolder
  boundHeaps(process.env)
  const before = new Set(childrenOf(process.pid))
  const miniflare = withOwnSignals(() => new Miniflare(converted))
  const warden = watchRuntime(before, miniflare.ready)
  const address = await miniflare.ready
  const { pid, end } = await warden
  return {
    url: address.origin,
    pid,
    stop: async () => {
      await miniflare.dispose()
      end()
    },
  }
}

/** What a signal does is for the caller to decide: Miniflare's own listeners exit before anything is put in order. */
function withOwnSignals<T>(start: () => T): T {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const ours = signals.map((signal) => process.listeners(signal))
  const started = start()
  for (const [index, signal] of signals.entries()) {
    for (const listener of process.listeners(signal))
      if (!ours[index]?.includes(listener)) process.off(signal, listener)
  }
  return started
}

/** Sets a warden on the runtime as soon as it is there, so that a kill during the start leaves nothing behind. */
async function watchRuntime(
  before: ReadonlySet<number>,
  ready: Promise<unknown>,
): Promise<{ pid: number | undefined; end: () => void }> {
  let starting = true
  const settled = (): void => {
    starting = false
  }
  ready.then(settled, settled)
  for (;;) {
    const last = !starting
    const pid = childrenOf(process.pid).find((child) => !before.has(child) && isWorkerd(child))
    if (pid !== undefined) {
      const warden = watch(pid)
      return { pid, end: () => void warden.kill() }
    }
    if (last) return { pid, end: () => undefined }
    await new Promise((resume) => setTimeout(resume, RUNTIME_POLL_MS))
  }
}

/** A killed parent cannot end its child; the warden notices its closed pipe and does. */
function watch(pid: number): ReturnType<typeof spawn> {
  const warden = spawn(process.execPath, [join(ROOT, 'src/embedded/warden.ts'), String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  warden.unref()
  return warden
}

/** Ends a process that an earlier holder left behind, if it is still the one it was. */
export async function endLeftBehind(pid: number | undefined): Promise<void> {
  if (pid === undefined || !isWorkerd(pid)) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    return
  }
  while (isWorkerd(pid)) await new Promise((resume) => setTimeout(resume, RUNTIME_POLL_MS))
}

async function claimPort(port: number): Promise<void> {
  const probe = createServer()
  await new Promise<void>((listening, failed) => {
    probe.once('error', (cause: NodeJS.ErrnoException) =>
      failed(
        new CannotStart(
          cause.code === 'EADDRINUSE'
            ? `port ${port} is taken; PORT=${port === 65_535 ? port - 1 : port + 1} npm start takes another`
            : `port ${port} cannot be listened on: ${cause.code}`,
        ),
      ),
    )
    probe.listen(port, '127.0.0.1', listening)
  })
  await new Promise((closed) => probe.close(closed))
}

/** Linux only; elsewhere the warden is not started and `stop` alone ends the child. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
        .split(' ')
        .filter(Boolean)
        .map(Number),
    )
  } catch {
    return []
  }
}

function isWorkerd(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]?.endsWith('workerd') ?? false
  } catch {
    return false
  }
}
