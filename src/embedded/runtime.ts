/**
 * Runs a bundle in workerd, by Miniflare, which reads `wrangler.toml` as wrangler does. Both take a
 * second to load: `server.ts` imports this file when it is needed.
 */
import { randomBytes } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { boundHeaps } from './heap.ts'
import { diskTroubleIn, Machine, readable } from './machine.ts'
import { type Guard, guardRun } from './processes.ts'
import { CannotStart, HOST } from './settings.ts'
import { publicSocket } from './socket.ts'

const WORKER = 'dateline'
/** Where Miniflare keeps the counters of `ratelimits`. */
const LIMITER_FOLDER = 'ratelimit'

export type Server = {
  url: string
  /**
   * The process that serves now; it is ours to end. Miniflare starts another in its place when it
   * crashes.
   */
  readonly pid: number | undefined
  /** What may be wrong with the machine. */
  machine: Machine
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
  /** Who ends what is started here when this process dies; absent: a guard of its own. */
  guard?: Guard
  /** Called when the runtime was started again after a crash. */
  onRestart?: () => void
  /** Where debuggers and profilers find the runtime; absent: nowhere. */
  inspectorPort?: number
}

/** Starts serving on a port that is free. */
export async function startRuntime(
  options: ServerOptions & { configuration: string },
): Promise<Server> {
  const { port } = options
  const { workerOptions } = unstable_getMiniflareWorkerOptions(options.configuration)
  const bundled = readdirSync(options.bundle).find((name) => name.endsWith('.js'))
  if (bundled === undefined) throw new CannotStart(`no bundle is in "${options.bundle}"`)
  const machine = new Machine(options.stateFolder, (sentence) => {
    if (!options.quiet) console.error(sentence)
  })
  const converted = convertV4MiniflareOptions({
    // Miniflare's own socket, which believes what clients say of themselves: a port that nobody is
    // told.
    host: HOST,
    port: 0,
    cf: false,
    ...(options.inspectorPort !== undefined && { inspectorPort: options.inspectorPort }),
    log: new ServerLog(options.quiet ? LogLevel.NONE : LogLevel.ERROR),
    handleStructuredLogs: ({ message }) => {
      if (diskTroubleIn(message)) machine.look()
      const line = options.quiet ? undefined : readable(message)
      if (line !== undefined) console.error(line)
    },
    workers: [
      {
        ...workerOptions,
        name: WORKER,
        bindings: {
          ...(workerOptions['bindings'] as object),
          ...options.vars,
          LIMITER_SALT: randomBytes(16).toString('hex'),
        },
        unsafeBindings: [
          publicSocket(`${HOST}:${port}`, WORKER, workerOptions.assets !== undefined),
        ],
        modules: [{ type: 'ESModule', path: join(options.bundle, bundled) }],
        modulesRoot: options.bundle,
        serviceBindings: {
          MACHINE: async () => Response.json(machine.look() ?? { trouble: null }),
        },
      },
    ],
  })
  // The conversion drops where to keep state, so it is set afterwards.
  converted.resourcePersistencePath = options.stateFolder
  // Counters of the last minute. Earlier releases kept them by the addresses of readers.
  rmSync(join(options.stateFolder, LIMITER_FOLDER), { recursive: true, force: true })
  const guard = options.guard ?? guardRun(resolve(options.stateFolder))
  converted.unsafeRuntimeEnv = guard.env
  let pid: number | undefined
  converted.unsafeHandleRuntimeRestart = () => {
    pid = guard.runtime()
    options.onRestart?.()
  }
  boundHeaps(process.env)
  const miniflare = withOwnSignals(() => new Miniflare(converted))
  await miniflare.ready
  pid = guard.runtime()
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
 * The emulation's own errors, without the traces of their stack; those of a full disk the machine
 * tells of.
 */
class ServerLog extends Log {
  override error(cause: Error): void {
    if (!diskTroubleIn(String(cause.stack))) super.error(new Error(cause.message))
  }

  override log(message: string): void {
    super.log(message.split('\n')[0] ?? '')
  }
}

/**
 * What a signal does is for the caller to decide: Miniflare's own listeners exit before anything is
 * put in order.
 */
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
