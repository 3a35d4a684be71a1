/**
 * Tests that acknowledged changes are durable: the whole process group is killed at random moments,
 * while hundreds of articles are being published. After one more start, everything acknowledged is
 * exactly once in every feed, page and link that should have it. KV is read through a second
 * server, which cannot write and does not call its desk. A feed lists at least 50 articles. So that
 * every article is checked, each round distributes its articles over buckets of fewer than 50. A
 * bucket is a tag, a section, an author and a place, whose documents must list all articles of the
 * bucket. A round takes about 10 seconds on an idle machine; the time limit is long enough for a
 * busy one.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { startServer } from '../../src/embedded/server.ts'
import {
  type Embedded,
  endAll,
  isRunning,
  removeFolder,
  startEmbedded,
  temporaryFolder,
} from '../support/embedded.ts'
import { randomFrom } from '../support/random.ts'
import { until } from '../support/until.ts'

/** One round by default; `.ci/long` runs ten. */
const ROUNDS = Number(process.env['DATELINE_KILL_ROUNDS'] ?? '1')
const PUBLISHES = 300
const IN_FLIGHT = 30
const BUCKETS = 7
const FILES = ['rss.xml', 'atom.xml', 'feed.json']
const TIMEOUT_MS = 120_000

type Receipt = { id: string; code: string }
type Outline = Receipt & { status: string; canonical: string; published: string }

let stateFolder: string
beforeAll(() => {
  stateFolder = temporaryFolder()
})
afterAll(() => {
  endAll()
  removeFolder(stateFolder)
})

const formatId = (round: number, index: number): string => `r${round}-a${index}`
const getBucket = (id: string): string =>
  id.replace(/a(\d+)$/, (_, index) => `b${+index % BUCKETS}`)
/**
 * Lists the checked documents of a bucket: all formats and the page of its tag, and one format of
 * each other channel.
 */
const listDocuments = (bucket: string): string[] => [
  ...FILES.map((file) => `/tags/${bucket}/${file}`),
  `/sections/${bucket}/rss.xml`,
  `/authors/${bucket}/atom.xml`,
  `/places/${bucket}/feed.json`,
  `/tags/${bucket}`,
]
const getKey = (path: string): string => `${/\.\w+$/.test(path) ? 'feed' : 'page'}:${path}`

async function publish(desk: Embedded, id: string): Promise<Receipt | undefined> {
  const bucket = getBucket(id)
  const manuscript = {
    title: `Story ${id}`,
    body: `Text of ${id}.`,
    tags: [bucket],
    section: bucket,
    authors: [bucket],
    dateline: bucket,
  }
  try {
    const response = await desk.api(`/api/articles/${id}`, {
      method: 'PUT',
      body: JSON.stringify(manuscript),
      headers: { 'Content-Type': 'application/json' },
    })
    if (response.status !== 201) throw new Error(`${id} got status ${response.status}`)
    return (await response.json()) as Receipt
  } catch (cause) {
    // A broken connection is not an acknowledgement. Any response other than 201 fails the test.
    if (cause instanceof TypeError) return undefined
    throw cause
  }
}

async function waitForOutbox(desk: Embedded): Promise<void> {
  await until(
    'the outbox is empty',
    async () => {
      const report = (await (await desk.api('/api/outbox')).json()) as { owed: number }
      return report.owed === 0
    },
    TIMEOUT_MS,
  )
}

/**
 * Publishes 300 articles, 30 at a time, and kills the process group once `killAfter` of them are
 * acknowledged. Returns the receipts of all acknowledged articles.
 */
async function publishAndKill(round: number, killAfter: number): Promise<Receipt[]> {
  const desk = await startEmbedded(stateFolder)
  const acknowledged: Receipt[] = []
  const firstIds = Array.from({ length: BUCKETS }, (_, index) => formatId(round, index))
  for (const id of firstIds) {
    const receipt = await publish(desk, id)
    if (receipt) acknowledged.push(receipt)
  }
  // The documents are requested once, so that the desk tracks them.
  await Promise.all(
    ['/', ...firstIds.map(getBucket).flatMap(listDocuments)].map(async (path) =>
      expect((await fetch(desk.url + path)).status, path).toBe(200),
    ),
  )
  let next = BUCKETS
  let killing: Promise<void> | undefined
  const editor = async (): Promise<void> => {
    while (next < PUBLISHES && killing === undefined) {
      const receipt = await publish(desk, formatId(round, next++))
      if (receipt) acknowledged.push(receipt)
      if (acknowledged.length >= killAfter) killing ??= desk.killGroup()
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, editor))
  await (killing ??= desk.killGroup())
  expect(isRunning(desk.runtime)).toBe(false)
  return acknowledged
}

async function listAll(desk: Embedded): Promise<Outline[]> {
  const articles: Outline[] = []
  let page: string | undefined = '/api/articles'
  while (page !== undefined) {
    const listed: { articles: Outline[]; next?: string } = await (await desk.api(page)).json()
    articles.push(...listed.articles)
    page = listed.next
  }
  return articles
}

/** Reads all of KV through a server whose own desk cannot write. */
async function readWire(): Promise<Map<string, string>> {
  const server = await startServer({
    bundleFolder: inject('faultyBundle'),
    port: 0,
    stateFolder: join(stateFolder, 'store'),
    quiet: true,
    vars: { SITE_URL: 'https://other.example', DESK_TOKEN: 'a-token-for-tests-0123456789' },
  })
  try {
    const faults = JSON.stringify({ failWrites: [''], deskDown: true })
    await fetch(`${server.url}/__faults`, { method: 'POST', body: faults })
    const keys = (await (await fetch(`${server.url}/__keys`)).json()) as { name: string }[]
    const wire = new Map<string, string>()
    const reader = async (): Promise<void> => {
      for (let key = keys.pop(); key !== undefined; key = keys.pop()) {
        const response = await fetch(`${server.url}/__value?key=${encodeURIComponent(key.name)}`)
        const { value } = (await response.json()) as { value: string | null }
        wire.set(key.name, value ?? '')
      }
    }
    await Promise.all(Array.from({ length: 10 }, reader))
    const counts = (await (await fetch(`${server.url}/__counts`)).json()) as { writes: number }
    expect(counts.writes, 'nothing was left to write').toBe(0)
    return wire
  } finally {
    await server.stop()
  }
}

/** Returns the ids of the items or stories in a document, each as often as it occurs. */
const listIds = (key: string, document: string): string[] => {
  const item = key.startsWith('page:')
    ? /<h2><a href="[^"]*\/articles\/([^"]+)"/g
    : key.endsWith('rss.xml')
      ? /<guid[^>]*>tag:[^:]*:([^<]+)<\/guid>/g
      : key.endsWith('atom.xml')
        ? /<entry[^>]*><id>tag:[^:]*:([^<]+)<\/id>/g
        : /"id":\s*"tag:[^:]*:([^"]+)"/g
  return [...document.matchAll(item)].map((match) => match[1] ?? '')
}

it(`after ${ROUNDS} kill(s) during ${PUBLISHES} publishes, KV has every acknowledged article exactly once in each of its documents`, async () => {
  const seed = Date.now() % 1_000_000
  const random = randomFrom(seed)
  const acknowledged: Receipt[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const killAfter = BUCKETS + 1 + Math.floor(random() * (PUBLISHES - BUCKETS - IN_FLIGHT))
    const received = await publishAndKill(round, killAfter)
    expect(received.length, `acknowledged in round ${round}`).toBeGreaterThanOrEqual(killAfter)
    expect(received.length, 'the kill came before the end').toBeLessThan(PUBLISHES)
    acknowledged.push(...received)
  }

  const desk = await startEmbedded(stateFolder)
  await waitForOutbox(desk)
  const listed = await listAll(desk)
  expect(await desk.end('SIGTERM')).toBe(0)
  const wire = await readWire()

  const context = `seed ${seed}, ${acknowledged.length} acknowledged`
  const ours = listed.filter(({ id }) => /^r\d+-a\d+$/.test(id))
  const byId = new Map(ours.map((article) => [article.id, article]))
  expect(byId.size, 'ids are unique').toBe(ours.length)
  expect(new Set(listed.map(({ code }) => code.toLowerCase())).size).toBe(listed.length)
  for (const { id, code } of acknowledged) {
    expect(byId.get(id)?.code, `${id}: ${context}`).toBe(code)
    expect(byId.get(id)?.status, id).toBe('public')
  }

  const members = new Map<string, string[]>()
  for (const { id, code, canonical } of ours) {
    members.set(getBucket(id), [...(members.get(getBucket(id)) ?? []), id])
    expect(JSON.parse(wire.get(`link:${code}`) ?? '{}'), id).toEqual({
      at: expect.any(Number),
      codes: { [code]: { to: canonical, id } },
    })
    expect(wire.get(`page:/articles/${id}`), id).toContain(`<h1>Story ${id}</h1>`)
    expect(wire.get(`article:${id}`), id).toContain(`"Story ${id}"`)
  }
  expect(members.size).toBe(ROUNDS * BUCKETS)
  for (const [bucket, ids] of members) {
    expect(ids.length, 'a bucket is smaller than a feed').toBeLessThan(50)
    for (const key of listDocuments(bucket).map(getKey))
      expect(listIds(key, wire.get(key) ?? '').sort(), `${key}: ${context}`).toEqual(ids.sort())
  }
  const newest = [...listed]
    .sort((a, b) =>
      a.published === b.published ? (a.id < b.id ? -1 : 1) : a.published < b.published ? 1 : -1,
    )
    .slice(0, 50)
    .map(({ id }) => id)
  const everything = listIds('page:/', wire.get('page:/') ?? '')
  expect(new Set(everything).size).toBe(everything.length)
  expect(everything.slice(0, 50)).toEqual(newest)
}, 900_000)
