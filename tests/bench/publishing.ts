/**
 * Measures publishing one article, and requesting an archive page that nobody has requested before,
 * with ledgers of growing size. The desks differ only in the size of their ledgers, run at the same
 * time, and are measured in turn.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { compareWithFirst, growthAim, median, runInTurns, spread } from './comparison.ts'
import { prepareArchiveFolder, requestPolledDocuments } from './desks.ts'
import { generateManuscript } from './manuscripts.ts'
import { measureUsage, peakMemory, resetPeak } from './process.ts'
import type { Aim, Part } from './report.ts'
import type { Running, Workshop } from './workshop.ts'

const MAX_GROWTH = 1.2
/**
 * The time between the starts of two publishes at one desk. A desk writes no feed document twice
 * within a second. After two seconds, the write for the previous article does not delay the next
 * one.
 */
const TURN_MS = 2000
const VISIBLE_POLL_MS = 5
const VISIBLE_TIMEOUT_MS = 30_000
/** How long after a change the outbox is read for the first time. */
const OUTBOX_DELAY_MS = 100
const PAGE_LENGTH = 50
const NEWS = { form: 'markdown', dated: false, seed: 3 } as const

/** Starts one desk for each size of the ledger. */
async function prepareDesks(
  workshop: Workshop,
  sizes: readonly number[],
  memorySeconds: number,
): Promise<Running[]> {
  const desks: Running[] = []
  for (const articles of sizes) {
    workshop.logProgress(`a ledger of ${articles} articles`)
    const stateFolder = await prepareArchiveFolder(workshop, articles)
    desks.push(await workshop.start({ stateFolder, memorySeconds }))
  }
  return desks
}

export async function measurePublishing(
  workshop: Workshop,
  bounds: { sizes: readonly number[]; publishes: number; warmUp: number; cpuPublishes: number },
): Promise<Part> {
  const { sizes, publishes, warmUp, cpuPublishes } = bounds
  // Without a cache, a reader gets the article as soon as the desk has written it to KV.
  const desks = await prepareDesks(workshop, sizes, 0)
  const documents: number[] = []
  for (const desk of desks) documents.push(await requestPolledDocuments(desk))
  for (const desk of desks) resetPeak(desk.pid)
  workshop.logProgress(`${warmUp + publishes} articles to each`)
  const turns = { warmUp, turns: publishes }
  const times = await runInTurns(desks, turns, createPaced(publishOne))
  const acknowledged = times.map((each) => each.map((time) => time.acknowledged))
  const visible = times.map((each) => each.map((time) => time.visible))
  workshop.logProgress(`${cpuPublishes} articles to each, for CPU time`)
  const cpu = await runInTurns(
    desks,
    { turns: cpuPublishes },
    createPaced(async (desk, turn) => {
      const { cpu: used } = await measureUsage(desk.pid, async () => {
        await desk.put(generateManuscript(warmUp + publishes + turn, NEWS))
        await pause(OUTBOX_DELAY_MS)
        await desk.waitForOutbox()
      })
      return used
    }),
  )
  const rows = desks.map(({ pid }, index) => [
    sizes[index],
    ...[...spread(acknowledged[index]), ...spread(visible[index])],
    ...[median(cpu[index] ?? []), peakMemory(pid), documents[index]],
    ...[acknowledged, visible, cpu].map((values) => compareWithFirst(values, index)),
  ])
  const head = [
    ...['articles in the ledger', 'acknowledged p50 ms', 'p99 ms', 'in the feed p50 ms', 'p99 ms'],
    ...['CPU s an article', 'peak MB', 'tracked documents'],
    ...['acknowledged against the first row', 'in the feed', 'CPU'],
  ]
  return {
    tables: [{ head, rows }],
    aims: [
      ...buildGrowthAims('publish, acknowledged', sizes, acknowledged),
      ...buildGrowthAims('publish, in the feed', sizes, visible),
    ],
  }
}

const buildGrowthAims = (what: string, sizes: readonly number[], times: number[][]): Aim[] =>
  growthAim(what, { sizes, things: 'articles', most: MAX_GROWTH }, times)

/**
 * Returns a function that calls `work`, at the same desk at most once in `TURN_MS`. It resolves
 * when the outbox is empty.
 */
function createPaced<T>(work: (desk: Running, turn: number) => Promise<T>) {
  const began = new Map<Running, number>()
  return async (desk: Running, turn: number): Promise<T> => {
    await pause(Math.max(0, (began.get(desk) ?? 0) + TURN_MS - performance.now()))
    began.set(desk, performance.now())
    const result = await work(desk, turn)
    await desk.waitForOutbox()
    return result
  }
}

/**
 * Resolves with the milliseconds until the article is acknowledged, and until a polling reader gets
 * it.
 */
async function publishOne(desk: Running, article: number) {
  let { etag } = await desk.get('/rss.xml')
  const began = performance.now()
  const id = await desk.put(generateManuscript(article, NEWS))
  const acknowledged = performance.now() - began
  while (performance.now() < began + VISIBLE_TIMEOUT_MS) {
    const response = await desk.get('/rss.xml', { headers: { 'If-None-Match': etag } })
    if (response.body.includes(id)) return { acknowledged, visible: performance.now() - began }
    etag = response.etag || etag
    await pause(VISIBLE_POLL_MS)
  }
  throw new Error(`/rss.xml does not show ${id}`)
}

/** Publishes articles, each after the previous one was written to KV. */
export async function publishSome(desk: Running, articles: number): Promise<void> {
  for (let article = 1; article <= articles; article += 1) {
    await desk.put(generateManuscript(article, NEWS))
    await desk.waitForOutbox()
  }
}

/**
 * Measures requests of archive pages that KV does not have. `sizes` are numbers of articles that
 * fill at least `pages` whole pages. The requested pages are evenly distributed.
 */
export async function measureArchives(
  workshop: Workshop,
  { sizes, pages }: { sizes: readonly number[]; pages: number },
): Promise<Part> {
  const desks = await prepareDesks(workshop, sizes, 1)
  workshop.logProgress(`${pages} archive pages of each`)
  const contestants = desks.map((desk, index) => ({ desk, articles: sizes[index] ?? 0 }))
  const results = await runInTurns(
    contestants,
    { turns: pages },
    async ({ desk, articles }, turn) => {
      const path = `/archive/${1 + Math.floor((turn * articles) / PAGE_LENGTH / pages)}/rss.xml`
      const { result, cpu } = await measureUsage(desk.pid, async () => {
        const began = performance.now()
        const { ok, status, body } = await desk.get(path)
        if (!ok) throw new Error(`${path} is ${status}`)
        const rendered = performance.now() - began
        await desk.waitForOutbox()
        return { rendered, bytes: body.length }
      })
      return { ...result, cpu }
    },
  )
  const rendered = results.map((each) => each.map((result) => result.rendered))
  const cpu = results.map((each) => each.map((result) => result.cpu))
  const rows = sizes.map((articles, index) => [
    ...[articles, articles / PAGE_LENGTH, ...spread(rendered[index])],
    ...[median(cpu[index] ?? []), (results[index]?.at(-1)?.bytes ?? 0) / 1000],
    ...[rendered, cpu].map((values) => compareWithFirst(values, index)),
  ])
  const head = [
    ...['articles in the ledger', 'archive pages', 'a page nobody asked for p50 ms', 'p99 ms'],
    ...['CPU s a page', 'body KB', 'time against the first row', 'CPU'],
  ]
  const aims = buildGrowthAims('an archive page nobody asked for', sizes, rendered)
  return { tables: [{ head, rows }], aims }
}
