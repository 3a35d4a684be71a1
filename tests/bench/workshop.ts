/**
 * Provides what measurements need: a temporary folder, both workers, each built once, and servers
 * that are stopped at the end.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { SourceMap, type SourceMapping } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { buildWorker, ROOT, type Server, startServer } from '../../src/embedded/server.ts'
import { type GeneratedManuscript, toLines } from './manuscripts.ts'
import type { FrameLocator } from './profile.ts'

const TOKEN = 'a-token-for-measurements'
/**
 * Requests have the publication's host, because responses for other hosts have noindex, which
 * readers rarely get.
 */
export const SITE_HOST = 'news.example'
export const SHORT_HOST = 'nws.example'
/** Polls are rare, so that they do not affect the measurement. */
const OUTBOX_POLL_MS = 100
const TIMEOUT_MS = 15 * 60_000

export type StartOptions = {
  worker?: 'dateline' | 'bare'
  /** The folder of KV and SQLite; by default a fresh one. */
  stateFolder?: string
  /**
   * Starts without the local simulator of static assets, which takes some time for every request.
   */
  withoutAssets?: boolean
  inspectorPort?: number | undefined
  /** How many seconds isolates cache; by default 1, as with `npm start`. */
  memorySeconds?: number
}

export type Workshop = ReturnType<typeof openWorkshop>

export function openWorkshop() {
  const folder = mkdtempSync(join(tmpdir(), 'dateline-bench-'))
  const servers = new Set<Server>()
  const bundles = new Map<string, Promise<string>>()
  const newFolder = (name: string): string => mkdtempSync(join(folder, `${name}-`))
  const buildBundle = (worker: 'dateline' | 'bare'): Promise<string> => {
    const entry = worker === 'bare' ? 'tests/bench/bare-worker.ts' : undefined
    const bundle = bundles.get(worker) ?? buildWorker(join(folder, `bundle-${worker}`), entry)
    bundles.set(worker, bundle)
    return bundle
  }
  const stop = async (server: Server): Promise<void> => {
    servers.delete(server)
    await server.stop()
  }
  const stopAll = async (): Promise<void> => {
    for (const server of servers) await stop(server)
  }
  return {
    /** Creates a folder in the folder of the workshop. */
    newFolder,
    /** Reports progress on standard error, so that standard output can be redirected. */
    logProgress: (line: string): void => void process.stderr.write(`${line}\n`),
    /** Returns a function that maps positions in the bundle of the desk to its source. */
    createFrameLocator: async () =>
      createLocator(join(await buildBundle('dateline'), 'worker.js.map')),
    start: async (options: StartOptions = {}): Promise<Running> => {
      const server = await startServer({
        bundleFolder: await buildBundle(options.worker ?? 'dateline'),
        port: 0,
        stateFolder: options.stateFolder ?? newFolder('state'),
        quiet: true,
        vars: {
          DESK_TOKEN: TOKEN,
          SITE_URL: `https://${SITE_HOST}`,
          SHORT_URL: `https://${SHORT_HOST}`,
          MEMORY_SECONDS: String(options.memorySeconds ?? 1),
        },
        ...(options.withoutAssets && { configuration: withoutAssets(folder) }),
        ...(options.inspectorPort !== undefined && { inspectorPort: options.inspectorPort }),
      })
      servers.add(server)
      return running(server, () => stop(server))
    },
    /** Stops the running servers. */
    stopAll,
    /** Stops the running servers and removes the folder. */
    close: async (): Promise<void> => {
      await stopAll()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Writes a copy of `wrangler.toml` without its table of assets. Returns the path of the copy. */
function withoutAssets(folder: string): string {
  const file = join(folder, 'wrangler-without-assets.toml')
  const configuration = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')
  const without = configuration.replace(/^\[assets\]\n(?:[^[\n].*\n|\n)*/m, '')
  if (without === configuration) throw new Error('wrangler.toml has no table of assets')
  writeFileSync(file, without)
  return file
}

/**
 * Returns a function that maps positions in a bundle to its source files, and does not map those of
 * other scripts.
 */
function createLocator(mapFile: string): FrameLocator {
  const map = new SourceMap(JSON.parse(readFileSync(mapFile, 'utf8')))
  const bundle = basename(mapFile, '.map')
  return ({ url, lineNumber, columnNumber }) => {
    const { originalSource, originalLine = 0 }: Partial<SourceMapping> =
      basename(url) === bundle ? map.findEntry(lineNumber, columnNumber) : {}
    if (originalSource === undefined) return `${url}:${lineNumber + 1}`
    return `${originalSource.replace(/^.*\/(?=node_modules\/|src\/)/, '')}:${originalLine + 1}`
  }
}

/** A running worker: the desk, or the bare one. Its responses are read completely. */
export type Running = ReturnType<typeof running>
type Init = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> }

function running({ url, pid }: Server, stop: () => Promise<void>) {
  if (pid === undefined) throw new Error('The runtime was not found: measurements need Linux')
  const get = async (path: string, init: Init = {}) => {
    // Responses are not compressed unless a case requests it, because compression is additional
    // work.
    const headers = { 'Accept-Encoding': 'identity', ...init.headers }
    const response = await fetch(url + path, { redirect: 'manual', ...init, headers })
    const body = Buffer.from(await response.arrayBuffer())
    return {
      ok: response.ok,
      status: response.status,
      etag: response.headers.get('ETag') ?? '',
      body,
    }
  }
  /** Sends a request with the token. Throws unless the response is a success. */
  const api = async (path: string, init: Init = {}) => {
    const headers = { Authorization: `Bearer ${TOKEN}`, ...init.headers }
    const { ok, status, body } = await get(path, { ...init, headers })
    if (!ok) throw new Error(`${init.method ?? 'GET'} ${path}: ${status} ${body}`)
    return body.toString()
  }
  /** Waits until the outbox is empty. */
  const waitForOutbox = async (pollMs = OUTBOX_POLL_MS): Promise<void> => {
    const end = performance.now() + TIMEOUT_MS
    while (JSON.parse(await api('/api/outbox')).owed > 0) {
      if (performance.now() > end) throw new Error('The outbox does not become empty')
      await pause(pollMs)
    }
  }
  return {
    ...{ url, pid, token: TOKEN, get, api, waitForOutbox, stop },
    /** Publishes one article. Resolves with its id once it is acknowledged. */
    put: async ({ id, ...manuscript }: GeneratedManuscript): Promise<string> => {
      const headers = { 'Content-Type': 'application/json' }
      const body = JSON.stringify(manuscript)
      await api(`/api/articles/${id}`, { method: 'PUT', headers, body })
      return id
    },
    /** Publishes all manuscripts in one request, and waits until the outbox is empty. */
    publishAll: async (manuscripts: GeneratedManuscript[]): Promise<void> => {
      const headers = { 'Content-Type': 'application/x-ndjson' }
      await api('/api/articles', { method: 'POST', headers, body: toLines(manuscripts) })
      await waitForOutbox()
    },
  }
}
