/**
 * How fast a newsroom's past is taken: NDJSON through the command line, as an operator does it, into a fresh desk
 * whose feeds are polled; until all is acknowledged, and until the wire has been told of all of it.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from '../../src/embedded/server.ts'
import { askForFeeds } from './channels.ts'
import { type Form, madeUp, toLines } from './manuscripts.ts'
import { folderWithPast } from './past.ts'
import { cpuSeconds, forgetPeak, peakMemory } from './process.ts'
import { median } from './statistics.ts'
import { type Running, settled, type Workshop } from './workshop.ts'

export type ImportRow = {
  form: Form
  articles: number
  /** Acknowledged. */
  articlesPerSecond: number
  /** Seconds from the last answer until nothing is owed. */
  untilSettled: number
  /** CPU milliseconds of workerd for one article: until acknowledged, and in all. */
  cpuAcknowledged: number
  cpuSettled: number
  /** MB. */
  peakMemory: number
  clientPeakMemory: number
}

export type ImportBounds = { articles: number; rounds: number }

/** There before, so that channels exist whose feeds can be polled. */
const BEFORE = 400
const IMPORT_SEED = 4
const MEMORY_POLL_MS = 50
const SETTLED_POLL_MS = 250

export async function measureImport(
  workshop: Workshop,
  bounds: ImportBounds,
  tell: (line: string) => void,
): Promise<ImportRow[]> {
  const rows: ImportRow[] = []
  for (const form of ['markdown', 'html'] as const) {
    const runs: ImportRow[] = []
    for (let round = 0; round < bounds.rounds; round += 1) {
      tell(`${bounds.articles} articles in ${form}, ${round + 1} of ${bounds.rounds}`)
      const desk = await deskWithPast(workshop)
      runs.push(await importOnce(workshop, desk, form, bounds.articles))
      await desk.stop()
    }
    rows.push(middleOf(runs))
  }
  return rows
}

/** A desk that has taken articles before, with feeds that are polled. */
export async function deskWithPast(workshop: Workshop, inspectorPort?: number): Promise<Running> {
  const desk = await workshop.start({
    stateFolder: await folderWithPast(workshop, BEFORE),
    ...(inspectorPort !== undefined && { inspectorPort }),
  })
  await askForFeeds(desk)
  return desk
}

/** One import, alone on the machine but for whatever else runs there. */
async function importOnce(
  workshop: Workshop,
  desk: Running,
  form: Form,
  articles: number,
): Promise<ImportRow> {
  const file = manuscriptFile(workshop, form, articles)
  forgetPeak(desk.pid)
  const cpuBefore = cpuSeconds(desk.pid)
  const began = performance.now()
  const clientPeakMemory = await publishFile(desk, file)
  const seconds = (performance.now() - began) / 1000
  const cpuAcknowledged = cpuSeconds(desk.pid) - cpuBefore
  const untilSettled = await settled(desk, SETTLED_POLL_MS)
  return {
    form,
    articles,
    articlesPerSecond: articles / seconds,
    untilSettled,
    cpuAcknowledged: (cpuAcknowledged / articles) * 1000,
    cpuSettled: ((cpuSeconds(desk.pid) - cpuBefore) / articles) * 1000,
    peakMemory: peakMemory(desk.pid),
    clientPeakMemory,
  }
}

/** A file of so many manuscripts, one a line, in a folder of its own. */
export function manuscriptFile(workshop: Workshop, form: Form, articles: number): string {
  const file = join(workshop.newFolder('import'), 'all.ndjson')
  const manuscripts = Array.from({ length: articles }, (_, index) =>
    madeUp(index, { form, dated: true, seed: IMPORT_SEED }),
  )
  writeFileSync(file, toLines(manuscripts))
  return file
}

/** `dateline publish FILE`; resolves with the most memory that it took, in MB. Rejects when it fails. */
export async function publishFile(desk: Running, file: string): Promise<number> {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(ROOT, 'src/cli/main.ts'),
      ...['--url', desk.url, 'publish', file],
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, DATELINE_TOKEN: desk.token, DATELINE_STATE: dirname(file) },
    },
  )
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  let peak = 0
  const watching = setInterval(() => {
    peak = Math.max(peak, peakMemory(child.pid ?? 0))
  }, MEMORY_POLL_MS)
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  clearInterval(watching)
  if (code !== 0)
    throw new Error(`dateline publish ended with ${code}: ${complaint.slice(0, 1000)}`)
  return peak
}

/** Figure by figure the middle of the runs; of memory the most. */
function middleOf(runs: ImportRow[]): ImportRow {
  const [first] = runs
  if (!first) throw new Error('There was no run')
  const middle = (pick: (row: ImportRow) => number): number => median(runs.map(pick))
  return {
    ...first,
    articlesPerSecond: middle((row) => row.articlesPerSecond),
    untilSettled: middle((row) => row.untilSettled),
    cpuAcknowledged: middle((row) => row.cpuAcknowledged),
    cpuSettled: middle((row) => row.cpuSettled),
    peakMemory: Math.max(...runs.map((row) => row.peakMemory)),
    clientPeakMemory: Math.max(...runs.map((row) => row.clientPeakMemory)),
  }
}
