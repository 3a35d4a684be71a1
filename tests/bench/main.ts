/**
 * `npm run bench` measures reading, publishing, archives, importing, short links and expensive
 * manuscripts on this machine and prints the tables of `docs/performance.md`. Arguments name the
 * parts to run. `--quick` runs a small version, `--json FILE` stores the figures, and `--profile
 * CASE` shows where workerd spends its time. The part `memory` runs only when it is named. It polls
 * and publishes for an hour, or for `--minutes N`; `--svg FILE` draws the curve, `--name` labels
 * it, and `--beside FILE,FILE` adds the curves of stored runs.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { profileCase } from './cases.ts'
import { measureCosts } from './costs.ts'
import { memoryCurve, memoryTable, type NamedRun } from './curve.ts'
import { measureImport } from './importing.ts'
import { measureLinks } from './links.ts'
import { measureMemory } from './memory.ts'
import { measureArchives, measurePublishing } from './publishing.ts'
import { measureReads } from './reads.ts'
import { describeMachine, formatReport, type Part } from './report.ts'
import { openWorkshop, type Workshop } from './workshop.ts'

const createPart =
  <B>(measure: (workshop: Workshop, bounds: B) => Promise<Part>, full: B, quick: B) =>
  (workshop: Workshop, isQuick: boolean): Promise<Part> =>
    measure(workshop, isQuick ? quick : full)

/** The parts in the order of the report. */
const PARTS = {
  reads: createPart(
    measureReads,
    { rounds: 7, seconds: 1.5, warmUpSeconds: 2 },
    { rounds: 2, seconds: 0.5, warmUpSeconds: 0.5 },
  ),
  publish: createPart(
    measurePublishing,
    { sizes: [100, 1_000, 10_000, 100_000], publishes: 100, warmUp: 10, cpuPublishes: 25 },
    { sizes: [100, 1_000], publishes: 8, warmUp: 2, cpuPublishes: 3 },
  ),
  archives: createPart(
    measureArchives,
    { sizes: [1_000, 10_000, 100_000], pages: 20 },
    { sizes: [1_000, 2_000], pages: 8 },
  ),
  import: createPart(measureImport, { articles: 3_000, rounds: 3 }, { articles: 300, rounds: 1 }),
  links: createPart(
    measureLinks,
    { few: 1_000, many: 1_000_000, samples: 300, requests: 100 },
    { few: 1_000, many: 20_000, samples: 20, requests: 10 },
  ),
  /**
   * The maximum of rows of each kind, in a full and in a quick run. Half of it, rounded up, is for
   * accepted manuscripts, and as many for refused ones.
   */
  costs: createPart(measureCosts, 8, 3),
}
/** This part takes an hour, so it runs only when it is named, and without other parts. */
const MEMORY = 'memory'
const MINUTES = 60
const MAX_MINUTES = 24 * 60

async function measure(workshop: Workshop, names: string[], isQuick: boolean) {
  const parts = new Map<string, Part>()
  // The last part runs first, so that the costs of manuscripts are measured while this process is
  // otherwise idle.
  for (const [name, part] of Object.entries(PARTS).reverse()) {
    if (names.length > 0 && !names.includes(name)) continue
    parts.set(name, await part(workshop, isQuick))
    await workshop.stopAll()
  }
  return Object.fromEntries([...parts].reverse())
}

/** Measures memory. With 0 minutes, it only draws stored runs. */
async function measureRun(
  workshop: Workshop,
  flags: Partial<Record<'minutes' | 'name' | 'svg' | 'beside', string>>,
): Promise<NamedRun[]> {
  const minutes = Number(flags.minutes ?? MINUTES)
  if (!(minutes >= 0 && minutes <= MAX_MINUTES))
    throw new RangeError(
      `Cannot measure "${flags.minutes}" minutes: the number must be 0 to ${MAX_MINUTES}`,
    )
  const files = (flags.beside ?? '').split(',').filter(Boolean)
  const earlierRuns: NamedRun[] = files.flatMap(
    (file) => JSON.parse(readFileSync(file, 'utf8')).memory,
  )
  const name = flags.name ?? 'this version'
  const newRuns = minutes > 0 ? [{ name, run: await measureMemory(workshop, minutes) }] : []
  const runs = [...earlierRuns, ...newRuns]
  console.log(formatReport([{ tables: [memoryTable(runs)] }]))
  if (flags.svg !== undefined) writeFileSync(flags.svg, memoryCurve(runs))
  return newRuns
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ quick: { type: 'boolean' }, json: text, profile: text },
      ...{ minutes: text, name: text, svg: text, beside: text },
    },
  })
  const names = [...Object.keys(PARTS), MEMORY]
  const unknown = positionals.find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new RangeError(`Cannot measure "${unknown}": the parts are ${names.join(', ')}`)
  if (positionals.includes(MEMORY) && positionals.length > 1)
    throw new RangeError(`Cannot measure "${positionals.join(' ')}": ${MEMORY} runs alone`)
  const workshop = openWorkshop()
  const stopOnSignal = (): void => void workshop.close().then(() => process.exit(130))
  process.once('SIGINT', stopOnSignal).once('SIGTERM', stopOnSignal)
  try {
    const machineLine = describeMachine(new Date())
    console.log(`${machineLine}\n`)
    let figures: object
    if (positionals.includes(MEMORY)) figures = { memory: await measureRun(workshop, values) }
    else {
      const parts =
        values.profile === undefined
          ? await measure(workshop, positionals, values.quick ?? false)
          : { profile: await profileCase(workshop, values.profile) }
      console.log(formatReport(Object.values(parts)))
      figures = parts
    }
    if (values.json !== undefined)
      writeFileSync(
        values.json,
        `${JSON.stringify({ machine: machineLine, ...figures }, null, 2)}\n`,
      )
  } finally {
    await workshop.close()
  }
}

try {
  await main()
} catch (cause) {
  console.error(cause instanceof RangeError ? cause.message : cause)
  process.exitCode = 1
}
