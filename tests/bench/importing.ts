/**
 * Measures importing: the command line sends NDJSON to a newly started desk with some earlier
 * articles and tracked documents. The time is measured until every article is acknowledged, and
 * from then until KV has everything.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ROOT } from '../../src/embedded/server.ts'
import { median } from './comparison.ts'
import { openDeskWithArchive } from './desks.ts'
import { type Form, generateManuscripts, toLines } from './manuscripts.ts'
import { measureUsage, peakMemory, resetPeak } from './process.ts'
import type { Part } from './report.ts'
import type { Running, Workshop } from './workshop.ts'

const IMPORT_SEED = 4
const MEMORY_POLL_MS = 50
const OUTBOX_POLL_MS = 250
const AIM_ARTICLES_PER_SECOND = 500
/** KV keys of one article: its JSON, its page and its short link. */
const KEYS_EACH = 3
const TITLES = { markdown: 'Markdown, 3 KB', html: 'HTML, 3 KB' } as const

type Usage = { seconds: number; cpu: number }
/**
 * `acknowledging` lasts until the last response, `draining` from then until the outbox is empty.
 * Peaks are in MB.
 */
export type Import = { acknowledging: Usage; draining: Usage; peak: number; clientPeak: number }

export async function measureImport(
  workshop: Workshop,
  { articles, rounds }: { articles: number; rounds: number },
): Promise<Part> {
  const imports: { form: Form; runs: Import[] }[] = []
  for (const form of ['markdown', 'html'] as const) {
    const runs: Import[] = []
    for (let round = 1; round <= rounds; round += 1) {
      workshop.logProgress(`${articles} articles in ${form}, ${round} of ${rounds}`)
      const desk = await openDeskWithArchive(workshop)
      runs.push(await importOnce(desk, manuscriptFile(workshop, form, articles)))
      await desk.stop()
    }
    imports.push({ form, runs })
  }
  return importPart(articles, imports)
}

/** Runs one import while no other benchmark runs. */
async function importOnce(desk: Running, file: string): Promise<Import> {
  resetPeak(desk.pid)
  const acknowledging = await measureUsage(desk.pid, () => publishFile(desk, file))
  const draining = await measureUsage(desk.pid, () => desk.waitForOutbox(OUTBOX_POLL_MS))
  return {
    acknowledging,
    draining,
    peak: peakMemory(desk.pid),
    clientPeak: acknowledging.result,
  }
}

/** Returns the median of each figure over the runs, but the maximum for memory. */
export function importPart(articles: number, imports: { form: Form; runs: Import[] }[]): Part {
  const results = imports.map(({ form, runs }) => {
    const middle = (pick: (run: Import) => number): number => median(runs.map(pick))
    const perSecond = middle(({ acknowledging }) => articles / acknowledging.seconds)
    const drainingSeconds = middle(({ draining }) => draining.seconds)
    const row = [
      ...[TITLES[form], articles, perSecond],
      ...[drainingSeconds, (articles * KEYS_EACH) / drainingSeconds],
      middle(({ acknowledging }) => (acknowledging.cpu / articles) * 1000),
      middle(
        ({ acknowledging, draining }) => ((acknowledging.cpu + draining.cpu) / articles) * 1000,
      ),
      Math.max(...runs.map(({ peak }) => peak)),
      Math.max(...runs.map(({ clientPeak }) => clientPeak)),
    ]
    const text = `import of ${form}: at least ${AIM_ARTICLES_PER_SECOND} articles/s`
    return {
      row,
      aim: { text, measured: perSecond, reached: perSecond >= AIM_ARTICLES_PER_SECOND },
    }
  })
  const head = [
    ...[
      'import',
      'articles',
      'articles/s acknowledged',
      'then until the outbox is empty, s',
      'keys/s',
    ],
    ...['CPU ms an article until acknowledged', 'until the outbox is empty'],
    ...['peak MB, workerd', 'peak MB, CLI'],
  ]
  const rows = results.map(({ row }) => row)
  return { tables: [{ head, rows }], aims: results.map(({ aim }) => aim) }
}

/** Writes a file of manuscripts, one in each line, in a folder of its own. */
export function manuscriptFile(workshop: Workshop, form: Form, articles: number): string {
  const file = join(workshop.newFolder('import'), 'all.ndjson')
  writeFileSync(
    file,
    toLines(generateManuscripts(articles, { form, dated: true, seed: IMPORT_SEED })),
  )
  return file
}

/** Runs `dateline publish FILE`. Resolves with its peak memory in MB, rejects if it fails. */
export async function publishFile(desk: Running, file: string): Promise<number> {
  const flags = ['--disable-warning=ExperimentalWarning', join(ROOT, 'src/cli/main.ts')]
  const child = spawn(process.execPath, [...flags, '--url', desk.url, 'publish', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, DATELINE_TOKEN: desk.token, DATELINE_STATE: dirname(file) },
  })
  const errorOutput = text(child.stderr)
  let peak = 0
  const timer = setInterval(() => {
    peak = Math.max(peak, peakMemory(child.pid ?? 0))
  }, MEMORY_POLL_MS)
  const [code] = await once(child, 'close').finally(() => clearInterval(timer))
  if (code !== 0)
    throw new Error(`dateline publish ended with ${code}: ${(await errorOutput).slice(0, 1000)}`)
  return peak
}
