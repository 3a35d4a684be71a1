/**
 * Builds the worker and serves it on this machine. Bundle, bindings and settings are those of a
 * deploy, all from `wrangler.toml`, and KV and SQLite are on disk. All started processes are ended
 * again.
 */
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Server, ServerOptions } from './runtime.ts'
import { CannotStart, HOST } from './settings.ts'

export type { Server, ServerOptions }

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
export const CONFIGURATION_FILE = join(ROOT, 'wrangler.toml')
/** The installed wrangler. If it were missing, `npx` would search for another one. */
export const WRANGLER_PROGRAM = join(
  dirname(createRequire(import.meta.url).resolve('wrangler/package.json')),
  'bin/wrangler.js',
)
const runFile = promisify(execFile)

/**
 * Bundles the worker as a deploy does. `entryFile` replaces the entry of `wrangler.toml`; `env`
 * adds to the environment of the build.
 */
export async function buildWorker(
  folder: string,
  entryFile?: string,
  env: Record<string, string> = {},
): Promise<string> {
  const flags = [
    'deploy',
    ...(entryFile ? [entryFile] : []),
    '--dry-run',
    '--outdir',
    folder,
    '--config',
    CONFIGURATION_FILE,
  ]
  const build = runFile(process.execPath, [WRANGLER_PROGRAM, ...flags], {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: 'true', NO_COLOR: '1', ...env },
  })
  const stopBuild = (): void => void build.child.kill()
  process.once('exit', stopBuild)
  try {
    await build
  } catch (cause) {
    const output =
      cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause)
    throw new CannotStart(`the worker does not build:\n${output}`)
  } finally {
    process.off('exit', stopBuild)
  }
  return folder
}

/**
 * Starts serving on 127.0.0.1. Port 0 selects a free port. Throws `CannotStart` if the port is in
 * use.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const port = await claimPort(options.port)
  // Miniflare and wrangler take a second to load, so they are loaded only after the port was
  // checked.
  const { startRuntime } = await import('./runtime.ts')
  return await startRuntime({ configuration: CONFIGURATION_FILE, ...options, port })
}

/** Checks that a port is free and returns it. For 0 it selects a free one. */
async function claimPort(port: number): Promise<number> {
  const probe = createServer()
  const claimed = await new Promise<number>((onListening, onFailure) => {
    probe.once('error', (cause: NodeJS.ErrnoException) =>
      onFailure(
        new CannotStart(
          cause.code === 'EADDRINUSE'
            ? `port ${port} is in use; to use another, run PORT=${port === 65_535 ? port - 1 : port + 1} npm start`
            : `port ${port} is not available: ${cause.code}`,
        ),
      ),
    )
    probe.listen(port, HOST, () => {
      const address = probe.address()
      onListening(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
  await new Promise((onClosed) => probe.close(onClosed))
  return claimed
}
