/** The cases that `--profile` can name. Each prepares a desk, and then works on it. */
import { freePort } from '../support/port.ts'
import { openDeskWithArchive, openDeskWithFeed } from './desks.ts'
import { manuscriptFile, publishFile } from './importing.ts'
import { runLoad } from './load.ts'
import type { Form } from './manuscripts.ts'
import { measureUsage } from './process.ts'
import { profileTables, profileWhile } from './profile.ts'
import { publishSome } from './publishing.ts'
import { deskLoads } from './reads.ts'
import { type Part, round } from './report.ts'
import type { Running, Workshop } from './workshop.ts'

const BOUNDS = { connections: 16, seconds: 8, requests: 100_000 }
const PUBLISHES = 20
const IMPORTED = 1_000
const TOP_FUNCTIONS = 15

type Work = () => Promise<unknown>
type Prepare = (workshop: Workshop, inspectorPort: number) => Promise<{ desk: Running; work: Work }>

const LOADS = [
  ...(['feed-304', 'full-feed', 'full-feed-gzip', 'redirect', 'article-page'] as const),
  ...(['unknown-code', 'preview'] as const),
]
const readCase =
  (name: (typeof LOADS)[number]): Prepare =>
  async (workshop, inspectorPort) => {
    const desk = await openDeskWithFeed(workshop, inspectorPort)
    const load = { origin: desk.url, ...(await deskLoads(desk))[name] }
    return { desk, work: () => runLoad(load, BOUNDS) }
  }

const importCase =
  (form: Form): Prepare =>
  async (workshop, inspectorPort) => {
    const desk = await openDeskWithArchive(workshop, inspectorPort)
    const file = manuscriptFile(workshop, form, IMPORTED)
    return { desk, work: () => publishFile(desk, file) }
  }

/** Each function prepares a fresh desk and returns the work to profile. */
const CASES: Readonly<Record<string, Prepare>> = {
  ...Object.fromEntries(LOADS.map((name) => [name, readCase(name)])),
  /** Publishes articles one after another, each once the outbox is empty. */
  publish: async (workshop, inspectorPort) => {
    const desk = await openDeskWithArchive(workshop, inspectorPort)
    return { desk, work: () => publishSome(desk, PUBLISHES) }
  },
  /** Profiles an import until every article is acknowledged. */
  'import-markdown': importCase('markdown'),
  'import-html': importCase('html'),
  /** Profiles how an acknowledged import is written to KV. */
  drain: async (workshop, inspectorPort) => {
    const { desk, work } = await importCase('html')(workshop, inspectorPort)
    await work()
    return { desk, work: () => desk.waitForOutbox() }
  },
}

/** Profiles one case. Throws a `RangeError` for an unknown case. */
export async function profileCase(workshop: Workshop, name: string): Promise<Part> {
  const prepare = Object.hasOwn(CASES, name) ? CASES[name] : undefined
  if (!prepare) {
    const names = Object.keys(CASES).join(', ')
    throw new RangeError(`Cannot profile "${name}": the cases are ${names}`)
  }
  const inspectorPort = await freePort()
  const { desk, work } = await prepare(workshop, inspectorPort)
  const locateFrame = await workshop.createFrameLocator()
  const { result, seconds, cpu } = await measureUsage(desk.pid, () =>
    profileWhile(inspectorPort, locateFrame, work),
  )
  // These are the CPU seconds of the whole process, including the profiler.
  console.log(`${name}: ${round(cpu)} s of CPU in ${round(seconds)} s\n`)
  return { tables: profileTables(result, TOP_FUNCTIONS) }
}
