/**
 * What an archive page costs that nobody has asked for before, with more and more articles in the ledger: desks that
 * differ only in that, all running at once, asked for one page each in turn.
 */
import { folderWithPast } from './past.ts'
import { cpuSeconds } from './process.ts'
import { median, medianRatio, percentile } from './statistics.ts'
import { type Running, settled, type Workshop } from './workshop.ts'

export type ArchiveRow = {
  articles: number
  /** Archive pages of everything; those asked for lie evenly among them. */
  pages: number
  /** Milliseconds from the request to the end of the answer. */
  rendered: { p50: number; p99: number }
  /** CPU seconds of workerd for one page, until it is on the wire too. */
  cpu: number
  bodyBytes: number
  /** How many times as much as with the fewest articles. */
  against?: { rendered: number; cpu: number }
}

/** `sizes` are whole archive pages, and each of at least `pages` of them. */
export type ArchiveBounds = { sizes: readonly number[]; pages: number }

const PAGE_LENGTH = 50
const SETTLED_POLL_MS = 100

type Contestant = { desk: Running; articles: number; times: number[]; cpu: number[]; bytes: number }

export async function measureArchives(
  workshop: Workshop,
  { sizes, pages }: ArchiveBounds,
  tell: (line: string) => void,
): Promise<ArchiveRow[]> {
  const contestants: Contestant[] = []
  for (const articles of sizes) {
    tell(`a ledger of ${articles} articles`)
    const desk = await workshop.start({ stateFolder: await folderWithPast(workshop, articles) })
    contestants.push({ desk, articles, times: [], cpu: [], bytes: 0 })
  }
  tell(`${pages} archive pages of each`)
  for (let turn = 0; turn < pages; turn += 1)
    for (let place = 0; place < contestants.length; place += 1) {
      const contestant = contestants[(turn + place) % contestants.length]
      if (contestant) await askForPage(contestant, turn, pages)
    }
  const fewest = contestants[0]
  const rows = contestants.map(({ articles, times, cpu, bytes }, index) => ({
    articles,
    pages: articles / PAGE_LENGTH,
    rendered: { p50: percentile(times, 0.5), p99: percentile(times, 0.99) },
    cpu: median(cpu),
    bodyBytes: bytes,
    ...(index > 0 &&
      fewest && {
        against: {
          rendered: medianRatio(times, fewest.times),
          cpu: medianRatio(cpu, fewest.cpu),
        },
      }),
  }))
  for (const { desk } of contestants) await desk.stop()
  return rows
}

async function askForPage(contestant: Contestant, turn: number, pages: number): Promise<void> {
  const { desk, articles, times, cpu } = contestant
  const page = 1 + Math.floor((turn * (articles / PAGE_LENGTH)) / pages)
  const before = cpuSeconds(desk.pid)
  const began = performance.now()
  const answer = await desk.get(`/archive/${page}/rss.xml`)
  const { byteLength } = await answer.arrayBuffer()
  times.push(performance.now() - began)
  if (!answer.ok) throw new Error(`/archive/${page}/rss.xml is ${answer.status}`)
  await settled(desk, SETTLED_POLL_MS)
  cpu.push(cpuSeconds(desk.pid) - before)
  contestant.bytes = byteLength
}
