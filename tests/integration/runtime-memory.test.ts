/**
 * Tests the memory of the embedded runtime: the garbage of polls is collected early
 * (docs/decisions/027-memory-of-the-runtime.md). `npm run bench -- memory` plots memory over time.
 */
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { type Server, startServer } from '../../src/embedded/server.ts'
import { runLoad } from '../bench/load.ts'
import { measureRuntimeObjects } from '../bench/profile.ts'
import { removeFolder, temporaryFolder } from '../support/embedded.ts'
import { SETTINGS, TOKEN } from '../support/newsroom.ts'
import { freePort } from '../support/port.ts'

/**
 * The test fails if an isolate has not collected its garbage after this many polls. With V8's
 * default flags, none would have.
 */
const MAX_POLLS = 6_000
/** Enough polls for every isolate that handles polls to exceed ACTIVE_ISOLATE_BYTES. */
const MIN_POLLS = 3_500
const POLLS_PER_ROUND = 500
const CONNECTIONS = 8
/** An isolate that has ever used this much memory counts as one that handles polls. */
const ACTIVE_ISOLATE_BYTES = 2 * 1024 * 1024

let stateFolder: string
let server: Server
let inspectorPort: number

beforeAll(async () => {
  stateFolder = temporaryFolder()
  inspectorPort = await freePort()
  server = await startServer({
    bundleFolder: inject('bundle'),
    port: 0,
    stateFolder,
    quiet: true,
    inspectorPort,
    vars: { ...SETTINGS, MEMORY_SECONDS: '60', DESK_TOKEN: TOKEN },
  })
})
afterAll(async () => {
  await server.stop()
  removeFolder(stateFolder)
})

it('garbage left by polls is collected in every isolate that handles them', async () => {
  const load = { origin: server.url, path: '/favicon.ico', status: 200 }
  const peaks = new Map<string, number>()
  const collected = new Set<string>()
  const listUncollected = (): string[] =>
    [...peaks]
      .filter(([isolate, bytes]) => bytes >= ACTIVE_ISOLATE_BYTES && !collected.has(isolate))
      .map(([isolate]) => isolate)
  for (
    let polls = 0;
    polls < MIN_POLLS || (polls < MAX_POLLS && listUncollected().length > 0);
    polls += POLLS_PER_ROUND
  ) {
    await runLoad(load, { connections: CONNECTIONS, seconds: 60, requests: POLLS_PER_ROUND })
    for (const [isolate, bytes] of await measureRuntimeObjects(inspectorPort)) {
      const before = peaks.get(isolate) ?? 0
      peaks.set(isolate, Math.max(before, bytes))
      if (before >= ACTIVE_ISOLATE_BYTES && bytes < before / 2) collected.add(isolate)
    }
  }
  expect([...collected]).not.toEqual([])
  expect(listUncollected()).toEqual([])
}, 180_000)
