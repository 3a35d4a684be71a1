/** Where measurements are made: a folder that goes away, the two workers built once, and servers that are ended. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { SourceMap, type SourceMapping } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { buildWorker, ROOT, type Server, startServer } from '../../src/embedded/server.ts'
import type { PlaceOf } from './profile.ts'

const TOKEN = 'a-token-for-measurements'
/** Hosts of the publication; every other is told to keep out of indexes, which readers do not meet. */
export const SITE_HOST = 'news.example'
export const SHORT_HOST = 'nws.example'
const POLL_MS = 20
const PATIENCE_MS = 15 * 60_000

/** One running worker: the desk, or the bare one. */
export type Running = {
  url: string
  pid: number
  token: string
  stateFolder: string
  get: (path: string, init?: RequestInit) => Promise<Response>
  /** Throws unless the answer is a success. */
  api: (path: string, init?: RequestInit) => Promise<Response>
  stop: () => Promise<void>
}

export type StartOptions = {
  worker?: 'dateline' | 'bare'
  /** Folder of KV and SQLite; a fresh one when it is not given. */
  stateFolder?: string
  /** Without the local simulator of static assets, which costs every request. */
  withoutAssets?: boolean
  inspectorPort?: number
  /** How long isolates answer from memory; 1, as `npm start` has it, when it is not given. */
  memorySeconds?: number
}

export type Workshop = {
  folder: string
  start: (options?: StartOptions) => Promise<Running>
  /** Leads from the bundle of the desk back to the source. */
  placesOfSource: () => Promise<PlaceOf>
  /** A fresh folder in the workshop's own. */
  newFolder: (name: string) => string
  close: () => Promise<void>
}

/** Opens one. `close` ends every server and removes the folder. */
export function openWorkshop(): Workshop {
  const folder = mkdtempSync(join(tmpdir(), 'dateline-bench-'))
  const servers = new Set<Server>()
  const bundles = new Map<string, Promise<string>>()
  const newFolder = (name: string): string => mkdtempSync(join(folder, `${name}-`))
  const bundleOf = (worker: 'dateline' | 'bare'): Promise<string> => {
    const known =
      bundles.get(worker) ??
      buildWorker(
        join(folder, `bundle-${worker}`),
        worker === 'bare' ? 'tests/bench/bare-worker.ts' : undefined,
      )
    bundles.set(worker, known)
    return known
  }
  return {
    folder,
    newFolder,
    placesOfSource: async () => placesOf(join(await bundleOf('dateline'), 'worker.js.map')),
    start: async (options = {}) => {
      const stateFolder = options.stateFolder ?? newFolder('state')
      const server = await startServer({
        bundle: await bundleOf(options.worker ?? 'dateline'),
        port: 0,
        stateFolder,
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
      return running(server, stateFolder, () => servers.delete(server))
    },
    close: async () => {
      for (const server of servers) await server.stop()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** The same `wrangler.toml` but for its table of assets, which is the last but one. */
function withoutAssets(folder: string): string {
  const file = join(folder, 'wrangler-without-assets.toml')
  const configuration = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')
  const without = configuration.replace(/^\[assets\]\n(?:[^[\n].*\n|\n)*/m, '')
  if (without === configuration) throw new Error('wrangler.toml has no table of assets')
  writeFileSync(file, without)
  return file
}

/** Places in the files that a bundle was made of; those in other scripts stay as they are. */
function placesOf(mapFile: string): PlaceOf {
  const map = new SourceMap(JSON.parse(readFileSync(mapFile, 'utf8')))
  const bundle = basename(mapFile, '.map')
  return ({ url, lineNumber, columnNumber }) => {
    const { originalSource, originalLine = 0 }: Partial<SourceMapping> =
      basename(url) === bundle ? map.findEntry(lineNumber, columnNumber) : {}
    if (originalSource === undefined) return `${url}:${lineNumber + 1}`
    return `${originalSource.replace(/^.*\/(?=node_modules\/|src\/)/, '')}:${originalLine + 1}`
  }
}

function running(server: Server, stateFolder: string, ended: () => void): Running {
  const { url, pid } = server
  if (pid === undefined) throw new Error('The runtime was not found: measurements need Linux')
  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(url + path, {
      redirect: 'manual',
      ...init,
      // Compressing for us would be work that nobody asked about.
      headers: { 'Accept-Encoding': 'identity', ...(init.headers as object) },
    })
  return {
    url,
    pid,
    token: TOKEN,
    stateFolder,
    get,
    api: async (path, init = {}) => {
      const headers = { Authorization: `Bearer ${TOKEN}`, ...(init.headers as object) }
      const answer = await get(path, { ...init, headers })
      if (!answer.ok)
        throw new Error(`${init.method ?? 'GET'} ${path}: ${answer.status} ${await answer.text()}`)
      return answer
    },
    stop: async () => {
      ended()
      await server.stop()
    },
  }
}

/** Waits until nothing is owed to the wire; resolves with how many seconds that took. */
export async function settled(desk: Running, pollMs = POLL_MS): Promise<number> {
  const began = performance.now()
  while ((await owed(desk)) > 0) {
    if (performance.now() - began > PATIENCE_MS) throw new Error('The outbox does not become empty')
    await new Promise((resume) => setTimeout(resume, pollMs))
  }
  return (performance.now() - began) / 1000
}

/** How many keys of the wire are owed. */
export async function owed(desk: Running): Promise<number> {
  const answer = await desk.api('/api/outbox')
  return ((await answer.json()) as { owed: number }).owed
}
