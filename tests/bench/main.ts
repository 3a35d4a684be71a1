/**
 * `npm run bench`: measures reading, publishing, archives, importing, short links and costly
 * manuscripts on this machine and prints the tables of `docs/performance.md`. Names of parts run
 * only these; `--quick` is a small version; `--json FILE` keeps the figures; `--profile CASE` says
 * instead where workerd spends its time. `memory` alone is an hour of polls and publishing:
 * `--minutes N` is another time, `--svg FILE` draws the curve, `--beside FILE` draws a run that was
 * kept beside it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type ArchiveBounds, measureArchives } from './archives.ts'
import { profileCase } from './cases.ts'
import { measureCosts } from './costs.ts'
import { memoryCurve, memoryTable, type NamedRun } from './curve.ts'
import { type ImportBounds, measureImport } from './importing.ts'
import { type LinkBounds, measureLinks } from './links.ts'
import { type MemoryBounds, measureMemory } from './memory.ts'
import { measurePublishing, type PublishBounds } from './publishing.ts'
import { measureReads, type Rounds } from './reads.ts'
import {
  aims,
  aimTable,
  archiveTable,
  costTable,
  type Figures,
  importTable,
  linkTable,
  machine,
  machineLine,
  pollTable,
  profileTable,
  publishTable,
  readTable,
  round,
} from './report.ts'
import { openWorkshop, type Workshop } from './workshop.ts'

const PARTS = ['reads', 'publish', 'archives', 'import', 'links', 'costs'] as const
const TOP_FUNCTIONS = 15
/** Measured by itself alone: it takes an hour. */
const MEMORY_PART = 'memory'
const MEMORY: MemoryBounds = {
  minutes: 60,
  requestsPerSecond: 100,
  publishSeconds: 10,
  sampleSeconds: 15,
}

type Bounds = {
  reads: Rounds
  publish: PublishBounds
  archives: ArchiveBounds
  import: ImportBounds
  links: LinkBounds
  /** Constructs of each kind that are printed. */
  costs: number
}

const FULL: Bounds = {
  reads: { rounds: 7, seconds: 1.5, warmUpSeconds: 2 },
  publish: { sizes: [100, 1_000, 10_000, 100_000], publishes: 100, warmUp: 10, cpuPublishes: 25 },
  archives: { sizes: [1_000, 10_000, 100_000], pages: 20 },
  import: { articles: 3_000, rounds: 3 },
  links: { few: 1_000, many: 1_000_000, samples: 300, asks: 100 },
  costs: 8,
}
const QUICK: Bounds = {
  reads: { rounds: 2, seconds: 0.5, warmUpSeconds: 0.5 },
  publish: { sizes: [100, 1_000], publishes: 8, warmUp: 2, cpuPublishes: 3 },
  archives: { sizes: [1_000, 2_000], pages: 8 },
  import: { articles: 300, rounds: 1 },
  links: { few: 1_000, many: 20_000, samples: 20, asks: 10 },
  costs: 3,
}

/** Progress goes to standard error: what is printed can be put into a file as it is. */
const tell = (line: string): void => void process.stderr.write(`${line}\n`)

async function measure(
  workshop: Workshop,
  parts: readonly string[],
  bounds: Bounds,
): Promise<Figures> {
  const asked = (part: (typeof PARTS)[number]): boolean =>
    parts.length === 0 || parts.includes(part)
  return {
    // First, while the process does nothing else.
    ...(asked('costs') && { costs: measureCosts(bounds.costs, tell) }),
    ...(asked('reads') && (await measureReads(workshop, bounds.reads, tell))),
    ...(asked('publish') && { publish: await measurePublishing(workshop, bounds.publish, tell) }),
    ...(asked('archives') && {
      archives: await measureArchives(workshop, bounds.archives, tell),
    }),
    ...(asked('links') && { links: await measureLinks(workshop, bounds.links, tell) }),
    ...(asked('import') && { import: await measureImport(workshop, bounds.import, tell) }),
  }
}

function print(figures: Figures): void {
  const tables = [
    ...(figures.reads ? [readTable(figures.reads)] : []),
    ...(figures.polls ? [pollTable(figures.polls)] : []),
    ...(figures.publish ? [publishTable(figures.publish)] : []),
    ...(figures.archives ? [archiveTable(figures.archives)] : []),
    ...(figures.import ? [importTable(figures.import)] : []),
    ...(figures.links ? [linkTable(figures.links)] : []),
    ...(figures.costs ? [costTable(figures.costs)] : []),
    aimTable(aims(figures)),
  ]
  console.log(tables.join('\n\n'))
}

type MemoryFlags = { minutes?: string; name?: string; svg?: string; beside?: string; json?: string }

/** Measures, or with 0 minutes only draws what was kept. */
async function memory(workshop: Workshop, flags: MemoryFlags): Promise<void> {
  const minutes = Number(flags.minutes ?? MEMORY.minutes)
  if (!(minutes >= 0 && minutes <= MOST_MINUTES))
    throw new RangeError(`Cannot measure "${flags.minutes}" minutes: 0 to ${MOST_MINUTES} can be`)
  const kept: NamedRun[] = (flags.beside ?? '')
    .split(',')
    .filter(Boolean)
    .flatMap((file) => JSON.parse(readFileSync(file, 'utf8')).memory)
  const fresh: NamedRun[] =
    minutes === 0
      ? []
      : [
          {
            name: flags.name ?? 'this version',
            run: await measureMemory(workshop, { ...MEMORY, minutes }, tell),
          },
        ]
  const runs = [...kept, ...fresh]
  console.log(memoryTable(runs))
  if (flags.svg !== undefined) writeFileSync(flags.svg, memoryCurve(runs))
  if (flags.json !== undefined)
    writeFileSync(
      flags.json,
      `${JSON.stringify({ machine: machine(new Date()), memory: fresh }, null, 2)}\n`,
    )
}
const MOST_MINUTES = 24 * 60

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean' },
      json: { type: 'string' },
      profile: { type: 'string' },
      minutes: { type: 'string' },
      name: { type: 'string' },
      svg: { type: 'string' },
      beside: { type: 'string' },
    },
  })
  const parts = [...PARTS, MEMORY_PART]
  const unknown = positionals.find((part) => !parts.some((each) => each === part))
  if (unknown !== undefined)
    throw new RangeError(`Cannot measure "${unknown}": the parts are ${parts.join(', ')}`)
  if (positionals.includes(MEMORY_PART) && positionals.length > 1)
    throw new RangeError(`Cannot measure "${positionals.join(' ')}": ${MEMORY_PART} runs alone`)
  const workshop = openWorkshop()
  const interrupted = (): void => void workshop.close().then(() => process.exit(130))
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  try {
    const where = machine(new Date())
    console.log(`${machineLine(where)}\n`)
    if (positionals.includes(MEMORY_PART)) {
      await memory(workshop, values)
      return
    }
    if (values.profile !== undefined) {
      const { isolates, seconds, cpuSeconds } = await profileCase(workshop, values.profile)
      console.log(`${values.profile}: ${round(cpuSeconds)} s of CPU in ${round(seconds)} s\n`)
      console.log(profileTable(isolates, TOP_FUNCTIONS))
      return
    }
    const figures = await measure(workshop, positionals, values.quick ? QUICK : FULL)
    print(figures)
    if (values.json !== undefined)
      writeFileSync(values.json, `${JSON.stringify({ machine: where, ...figures }, null, 2)}\n`)
  } finally {
    await workshop.close()
  }
}

try {
  await main()
} catch (cause) {
  const told = cause instanceof RangeError
  console.error(told ? cause.message : cause)
  process.exitCode = 1
}
