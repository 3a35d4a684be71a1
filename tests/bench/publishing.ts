/**
 * What publishing one article costs with more and more of them in the ledger: desks that differ only in that, all
 * running at once, given one article each in turn. So what disturbs the machine meets them all.
 */
import { askForFeeds } from './channels.ts'
import { madeUp } from './manuscripts.ts'
import { folderWithPast } from './past.ts'
import { cpuSeconds, forgetPeak, peakMemory } from './process.ts'
import { median, medianRatio, percentile } from './statistics.ts'
import { type Running, settled, type Workshop } from './workshop.ts'

export type PublishRow = {
  articles: number
  /** Feed documents and pages that are kept true. */
  keptDocuments: number
  /** Milliseconds from the request to the answer. */
  acknowledged: { p50: number; p99: number }
  /** Milliseconds from the request until `/rss.xml` shows it. */
  visible: { p50: number; p99: number }
  /** CPU seconds of workerd for one article, until nothing is owed. */
  cpu: number
  peakMemory: number
  /** How many times as much as with the fewest articles. */
  against?: { acknowledged: number; visible: number; cpu: number }
}

export type PublishBounds = {
  sizes: readonly number[]
  publishes: number
  warmUp: number
  cpuPublishes: number
}

/** No feed document is written twice in a second, so no desk gets its next article sooner than this. */
const TURN_MS = 2000
const VISIBLE_POLL_MS = 5
const VISIBLE_PATIENCE_MS = 30_000
/** Seldom, so that the asking is not what is measured. */
const SETTLED_POLL_MS = 100
const NEWS_SEED = 3

type Contestant = { desk: Running; articles: number; keptDocuments: number }
type Times = { acknowledged: number; visible: number }

export async function measurePublishing(
  workshop: Workshop,
  bounds: PublishBounds,
  tell: (line: string) => void,
): Promise<PublishRow[]> {
  const contestants: Contestant[] = []
  for (const articles of bounds.sizes) {
    tell(`a ledger of ${articles} articles`)
    // What is measured is when the desk has told the wire, not when an isolate asks it again.
    const desk = await workshop.start({
      stateFolder: await folderWithPast(workshop, articles),
      memorySeconds: 0,
    })
    contestants.push({ desk, articles, keptDocuments: await askForFeeds(desk) })
  }
  for (const { desk } of contestants) forgetPeak(desk.pid)
  const turns = bounds.warmUp + bounds.publishes
  tell(`${turns} articles to each`)
  const times = await inTurns(contestants, turns, publishOne)
  tell(`${bounds.cpuPublishes} articles to each, for CPU time`)
  const cpu = await inTurns(contestants, bounds.cpuPublishes, async (desk, turn) => {
    const before = cpuSeconds(desk.pid)
    await send(desk, turns + turn)
    // Asked at once it would be looked at before there is anything to see.
    await pause(SETTLED_POLL_MS)
    await settled(desk, SETTLED_POLL_MS)
    return cpuSeconds(desk.pid) - before
  })
  const rows = toRows(
    contestants.map((contestant, index) => ({
      contestant,
      times: times[index]?.slice(bounds.warmUp) ?? [],
      cpu: cpu[index] ?? [],
    })),
  )
  for (const { desk } of contestants) await desk.stop()
  return rows
}

/**
 * Each desk once a turn, with the same article. The order goes round, and each begins when the one before has nothing
 * left to do, so that none always works in another's shadow. Results by desk.
 */
async function inTurns<T>(
  contestants: Contestant[],
  turns: number,
  work: (desk: Running, turn: number) => Promise<T>,
): Promise<T[][]> {
  const results = contestants.map((): T[] => [])
  for (let turn = 0; turn < turns; turn += 1) {
    const began = performance.now()
    for (let place = 0; place < contestants.length; place += 1) {
      const index = (turn + place) % contestants.length
      const desk = contestants[index]?.desk
      if (desk === undefined) continue
      results[index]?.push(await work(desk, turn))
      await settled(desk, SETTLED_POLL_MS)
    }
    await pause(Math.max(0, began + TURN_MS - performance.now()))
  }
  return results
}

/** So many articles, each sent when the wire has been told of the one before. */
export async function publishSome(desk: Running, articles: number): Promise<void> {
  for (let article = 1; article <= articles; article += 1) {
    await send(desk, article)
    await settled(desk, SETTLED_POLL_MS)
  }
}

async function send(desk: Running, article: number): Promise<string> {
  const { id, ...manuscript } = madeUp(article, { form: 'markdown', dated: false, seed: NEWS_SEED })
  const answer = await desk.api(`/api/articles/${id}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(manuscript),
  })
  await answer.arrayBuffer()
  return id
}

async function publishOne(desk: Running, article: number): Promise<Times> {
  const before = await desk.get('/rss.xml')
  await before.arrayBuffer()
  const began = performance.now()
  const id = await send(desk, article)
  const acknowledged = performance.now() - began
  await untilShown(desk, id, before.headers.get('ETag') ?? '')
  return { acknowledged, visible: performance.now() - began }
}

/** Polls as a reader does, with the validator that it holds. */
async function untilShown(desk: Running, id: string, etag: string): Promise<void> {
  const end = performance.now() + VISIBLE_PATIENCE_MS
  let held = etag
  while (performance.now() < end) {
    const answer = await desk.get('/rss.xml', { headers: { 'If-None-Match': held } })
    const text = await answer.text()
    if (answer.status === 200 && text.includes(id)) return
    held = answer.headers.get('ETag') ?? held
    await pause(VISIBLE_POLL_MS)
  }
  throw new Error(`/rss.xml does not show ${id}`)
}

type Measured = { contestant: Contestant; times: Times[]; cpu: number[] }

/** Ratios are of the turns: article by article against the desk with the fewest. */
function toRows(measured: Measured[]): PublishRow[] {
  const of = (key: keyof Times, times: Times[] = []): number[] => times.map((each) => each[key])
  const fewest = measured[0]
  return measured.map(({ contestant, times, cpu }, index) => ({
    articles: contestant.articles,
    keptDocuments: contestant.keptDocuments,
    acknowledged: spread(of('acknowledged', times)),
    visible: spread(of('visible', times)),
    cpu: median(cpu),
    peakMemory: peakMemory(contestant.desk.pid),
    ...(index > 0 && {
      against: {
        acknowledged: medianRatio(of('acknowledged', times), of('acknowledged', fewest?.times)),
        visible: medianRatio(of('visible', times), of('visible', fewest?.times)),
        cpu: medianRatio(cpu, fewest?.cpu ?? []),
      },
    }),
  }))
}

const spread = (values: number[]) => ({
  p50: percentile(values, 0.5),
  p99: percentile(values, 0.99),
})

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resume) => setTimeout(resume, milliseconds))
