/**
 * Runs a bundle in workerd through Miniflare, which reads `wrangler.toml` like wrangler. Both take
 * a second to load, so `server.ts` imports this file only when it is needed.
 */
import { randomBytes } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { setHeapFlags } from './heap.ts'
import { findDiskReason, formatLogLine, MachineMonitor } from './machine.ts'
import { guardProcesses, type ProcessGuard } from './processes.ts'
import { CannotStart, HOST } from './settings.ts'
import { buildSocketBinding } from './socket.ts'

const WORKER_NAME = 'dateline'
/** Where Miniflare stores the counters of `ratelimits`. */
const RATE_LIMIT_FOLDER = 'ratelimit'

export type Server = {
  url: string
  /** The process that serves now. After a crash, Miniflare starts another one. */
  readonly pid: number | undefined
  /** Detects failures of the machine. */
  machine: MachineMonitor
  stop: () => Promise<void>
}

export type ServerOptions = {
  /** Folder of the bundle that `buildWorker` built. */
  bundleFolder: string
  port: number
  stateFolder: string
  vars: Record<string, string>
  quiet?: boolean
  /** Replaces `wrangler.toml` as the file of bindings and settings. */
  configuration?: string
  /**
   * Ends the processes of the runtime when this process dies. If absent, the runtime creates a
   * guard.
   */
  guard?: ProcessGuard
  /** Called after the runtime was restarted because of a crash. */
  onRestart?: () => void
  /** The port for debuggers and profilers. If absent, there is none. */
  inspectorPort?: number
}

/** Starts serving on `port`, which must be free. */
export async function startRuntime(
  options: ServerOptions & { configuration: string },
): Promise<Server> {
  const { port } = options
  const { workerOptions } = unstable_getMiniflareWorkerOptions(options.configuration)
  const bundleFile = readdirSync(options.bundleFolder).find((name) => name.endsWith('.js'))
  if (bundleFile === undefined)
    throw new CannotStart(`there is no bundle in "${options.bundleFolder}"`)
  const machine = new MachineMonitor(options.stateFolder, (message) => {
    if (!options.quiet) console.error(message)
  })
  const miniflareOptions = convertV4MiniflareOptions({
    // Miniflare's own socket trusts headers of clients, so its port is not published.
    host: HOST,
    port: 0,
    cf: false,
    ...(options.inspectorPort !== undefined && { inspectorPort: options.inspectorPort }),
    log: new ServerLog(options.quiet ? LogLevel.NONE : LogLevel.ERROR),
    handleStructuredLogs: ({ message }) => {
      if (findDiskReason(message)) machine.check()
      const line = options.quiet ? undefined : formatLogLine(message)
      if (line !== undefined) console.error(line)
    },
    workers: [
      {
        ...workerOptions,
        name: WORKER_NAME,
        bindings: {
          ...(workerOptions['bindings'] as object),
          ...options.vars,
          LIMITER_SALT: randomBytes(16).toString('hex'),
        },
        unsafeBindings: [
          buildSocketBinding(`${HOST}:${port}`, WORKER_NAME, workerOptions.assets !== undefined),
        ],
        modules: [{ type: 'ESModule', path: join(options.bundleFolder, bundleFile) }],
        modulesRoot: options.bundleFolder,
        serviceBindings: {
          MACHINE: async () => Response.json(machine.check() ?? { trouble: null }),
        },
      },
    ],
  })
  // The conversion drops the state folder, so it is set afterwards.
  miniflareOptions.resourcePersistencePath = options.stateFolder
  // Removes counters of the last minute, because earlier versions stored them by the addresses of
  // readers.
  rmSync(join(options.stateFolder, RATE_LIMIT_FOLDER), { recursive: true, force: true })
  const guard = options.guard ?? guardProcesses(resolve(options.stateFolder))
  miniflareOptions.unsafeRuntimeEnv = guard.env
  let pid: number | undefined
  miniflareOptions.unsafeHandleRuntimeRestart = () => {
    pid = guard.findRuntimePid()
    options.onRestart?.()
  }
  setHeapFlags(process.env)
  const miniflare = keepSignalListeners(() => new Miniflare(miniflareOptions))
  await miniflare.ready
  pid = guard.findRuntimePid()
  return {
    url: `http://${HOST}:${port}`,
    get pid() {
      return pid
    },
    machine,
    stop: async () => {
      machine.stop()
      await miniflare.dispose()
      guard.release()
    },
  }
}

/**
 * Logs Miniflare's errors without stack traces. Errors of a failed disk are skipped, because the
 * monitor reports them.
 */
class ServerLog extends Log {
  override error(cause: Error): void {
    if (!findDiskReason(String(cause.stack))) super.error(new Error(cause.message))
  }

  override log(message: string): void {
    super.log(message.split('\n')[0] ?? '')
  }
}

/** Removes Miniflare's signal listeners, which would exit before the caller could clean up. */
function keepSignalListeners<T>(start: () => T): T {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const previousListeners = signals.map((signal) => process.listeners(signal))
  const result = start()
  for (const [index, signal] of signals.entries()) {
    for (const listener of process.listeners(signal))
      if (!previousListeners[index]?.includes(listener)) process.off(signal, listener)
  }
  return result
}
