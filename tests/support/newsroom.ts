/**
 * Opens a newsroom for a test: the worker in workerd on a free port, with its own state, and
 * functions for the work of an editor.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { inject } from 'vitest'
import { type Server, startServer } from '../../src/embedded/server.ts'
import { freePort } from './port.ts'
import { until } from './until.ts'

export const TOKEN = 'a-token-for-tests-0123456789'

/**
 * Settings of the tests' publication. Addresses in documents come from them, never from the
 * request.
 */
export const SETTINGS = {
  TITLE: 'Test Desk',
  DESCRIPTION: 'What tests publish',
  LANGUAGE: 'en',
  SITE_URL: 'https://news.example',
  SHORT_URL: 'https://nws.example',
  ALLOWED_HOSTS: 'news.example www.news.example',
  TAG_AUTHORITY: 'news.example',
  TAG_DATE: '2026',
  PUBLISHER: 'Test Press',
  FEED_LENGTH: '50',
  // Changes are visible at the next request; tests of the cache override this value.
  MEMORY_SECONDS: '0',
  // Tests set the client's address with this header.
  TRUSTED_PROXY: 'CF-Connecting-IP',
  WITHDRAWAL_NOTICE_DAYS: '30',
}

export type Manuscript = Record<string, unknown>

export type Newsroom = {
  url: string
  stateFolder: string
  /**
   * Sends a request. `path` may also be an address of the site or of the short host, which is sent
   * to the test server.
   */
  get: (path: string, init?: RequestInit) => Promise<Response>
  /** Sends a PUT with the manuscript as JSON and with the token. */
  publish: (
    id: string,
    manuscript: Manuscript,
    headers?: Record<string, string>,
  ) => Promise<Response>
  withdraw: (id: string, reason?: string) => Promise<Response>
  api: (path: string, init?: RequestInit) => Promise<Response>
  /** Waits until the outbox is empty. */
  waitForOutbox: () => Promise<void>
  /** Stops the newsroom and keeps its state. */
  stop: () => Promise<void>
  /** Restarts with the same state, and with other settings if they are passed. */
  restart: (vars?: Record<string, string>) => Promise<void>
  close: () => Promise<void>
}

/** The numbers of calls since the faults were last set. */
type Counts = {
  reads: number
  writes: number
  desk: number
  renders: number
  alarms: number
  writtenKeys: string[]
}

export type FaultyNewsroom = Newsroom & {
  faults: (faults: Record<string, unknown>) => Promise<void>
  counts: () => Promise<Counts>
  keys: () => Promise<string[]>
  value: (key: string) => Promise<{ value: string | null; metadata: unknown; stored: string }>
  /** Remembers the current values of KV, which the fault `answerOld` returns. */
  snapshotKv: () => Promise<void>
  /**
   * Damages a value of KV: other `bytes` or `metadata`, a missing end (`cut`), or other bytes
   * without a checksum (`old-bytes`).
   */
  damage: (key: string, how: 'bytes' | 'cut' | 'old-bytes' | 'metadata') => Promise<void>
  evict: () => Promise<void>
}

/**
 * `configuration` is a file that replaces `wrangler.toml`. `preparedState` is a folder that
 * `prepareState` returned.
 */
export async function openNewsroom(
  vars: Record<string, string> = {},
  configuration?: string,
  preparedState?: string,
): Promise<Newsroom> {
  return await open(inject('bundle'), vars, { configuration, preparedState })
}

/**
 * Returns a state folder that has what `fill` published, so that newsrooms can start with copies of
 * it. The folder is removed at the end of the run.
 */
export async function prepareState(
  vars: Record<string, string>,
  fill: (newsroom: Newsroom) => Promise<void>,
): Promise<string> {
  const newsroom = await openNewsroom(vars)
  const prepared = mkdtempSync(join(dirname(inject('bundle')), 'state-'))
  await fill(newsroom)
  await newsroom.stop()
  cpSync(newsroom.stateFolder, prepared, { recursive: true })
  rmSync(newsroom.stateFolder, { recursive: true, force: true })
  return prepared
}

/**
 * Opens a newsroom whose documents have the address of the test server, so that browsers and feed
 * readers can follow their links.
 */
export async function openReachableNewsroom(vars: Record<string, string> = {}): Promise<Newsroom> {
  const port = await freePort()
  const address = `http://127.0.0.1:${port}`
  return await open(inject('bundle'), { SITE_URL: address, SHORT_URL: address, ...vars }, { port })
}

/** Opens a newsroom with injectable failures (`faulty-worker.ts`). */
export async function openFaultyNewsroom(
  vars: Record<string, string> = {},
  preparedState?: string,
): Promise<FaultyNewsroom> {
  const newsroom = await open(inject('faultyBundle'), vars, { preparedState })
  return Object.assign(newsroom, {
    faults: async (faults: Record<string, unknown>) => {
      await newsroom.get('/__faults', { method: 'POST', body: JSON.stringify(faults) })
    },
    counts: async () => (await (await newsroom.get('/__counts')).json()) as never,
    keys: async () =>
      ((await (await newsroom.get('/__keys')).json()) as { name: string }[]).map(
        ({ name }) => name,
      ),
    value: async (key: string) =>
      (await (await newsroom.get(`/__value?key=${encodeURIComponent(key)}`)).json()) as never,
    snapshotKv: async () => {
      await newsroom.get('/__snapshot', { method: 'POST' })
    },
    damage: async (key: string, how: string) => {
      const path = `/__damage?how=${how}&key=${encodeURIComponent(key)}`
      const response = await newsroom.get(path, { method: 'POST' })
      if (response.status !== 204) throw new Error(`KV has no ${key}`)
    },
    evict: async () => {
      await newsroom.get('/__evict', { method: 'POST' })
    },
  })
}

type OpenOptions = {
  port?: number
  configuration?: string | undefined
  /** A folder that `prepareState` returned. The newsroom starts with a copy of it. */
  preparedState?: string | undefined
}

async function open(
  bundle: string,
  vars: Record<string, string>,
  { port, configuration, preparedState }: OpenOptions = {},
): Promise<Newsroom> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'dateline-state-'))
  if (preparedState !== undefined) cpSync(preparedState, stateFolder, { recursive: true })
  const start = async (more: Record<string, string>): Promise<Server> =>
    await startServer({
      bundleFolder: bundle,
      port: port ?? (await freePort()),
      stateFolder,
      quiet: true,
      ...(configuration !== undefined && { configuration }),
      vars: { ...SETTINGS, DESK_TOKEN: TOKEN, ...vars, ...more },
    })
  let server = await start({})
  const newsroom: Newsroom = {
    get url() {
      return server.url
    },
    stateFolder,
    get: (path, init = {}) => {
      const { pathname, search } = path.startsWith('http')
        ? new URL(path)
        : { pathname: path, search: '' }
      return fetch(server.url + pathname + search, { redirect: 'manual', ...init })
    },
    api: (path, init = {}) =>
      newsroom.get(path, {
        ...init,
        headers: { Authorization: `Bearer ${TOKEN}`, ...(init.headers as object) },
      }),
    publish: (id, manuscript, headers = {}) =>
      newsroom.api(`/api/articles/${id}`, {
        method: 'PUT',
        body: JSON.stringify(manuscript),
        headers: { 'Content-Type': 'application/json', ...headers },
      }),
    withdraw: (id, reason) =>
      newsroom.api(`/api/articles/${id}`, {
        method: 'DELETE',
        body: JSON.stringify(reason === undefined ? {} : { reason }),
      }),
    waitForOutbox: async () => {
      await until('the outbox is empty', async () => {
        const response = await newsroom.api('/api/outbox?wait=10')
        return ((await response.json()) as { owed: number }).owed === 0
      })
    },
    stop: async () => await server.stop(),
    restart: async (more = {}) => {
      await server.stop()
      server = await start(more)
    },
    close: async () => {
      await server.stop()
      rmSync(stateFolder, { recursive: true, force: true })
    },
  }
  return newsroom
}

/** Builds a valid manuscript with the properties that a test needs. */
export const manuscript = (more: Manuscript = {}): Manuscript => ({
  title: 'A headline',
  summary: ['First point', 'Second point'],
  body: 'ISLAMABAD: The first paragraph.\n\nThe second one.',
  section: 'pakistan',
  tags: ['space'],
  authors: ['Desk'],
  ...more,
})
