/** What can be profiled: each case as a piece of work on a desk that has been prepared for it. */
import { freePort } from '../support/port.ts'
import { deskWithPast, manuscriptFile, publishFile } from './importing.ts'
import { runLoad } from './load.ts'
import type { Form } from './manuscripts.ts'
import { cpuSeconds } from './process.ts'
import { type IsolateProfile, profileWhile } from './profile.ts'
import { publishSome } from './publishing.ts'
import { deskLoads, deskWithFeed } from './reads.ts'
import { type Running, settled, type Workshop } from './workshop.ts'

const READ_SECONDS = 8
const CONNECTIONS = 16
const MOST_REQUESTS = 100_000
const PUBLISHES = 20
const IMPORTED = 1_000
const SETTLED_POLL_MS = 250

type Prepared = { desk: Running; work: () => Promise<void> }
type Prepare = (workshop: Workshop, inspectorPort: number) => Promise<Prepared>

const read =
  (name: keyof Awaited<ReturnType<typeof deskLoads>>['loads']): Prepare =>
  async (workshop, inspectorPort) => {
    const desk = await deskWithFeed(workshop, inspectorPort)
    const { loads } = await deskLoads(desk)
    const load = { origin: desk.url, ...loads[name] }
    const bounds = { connections: CONNECTIONS, seconds: READ_SECONDS, requests: MOST_REQUESTS }
    return { desk, work: async () => void (await runLoad(load, bounds)) }
  }

const take =
  (form: Form): Prepare =>
  async (workshop, inspectorPort) => {
    const desk = await deskWithPast(workshop, inspectorPort)
    const file = manuscriptFile(workshop, form, IMPORTED)
    return { desk, work: async () => void (await publishFile(desk, file)) }
  }

/** Each prepares a fresh desk, and gives back what is to be profiled. */
const CASES = {
  'feed-304': read('feed-304'),
  'full-feed': read('full-feed'),
  'full-feed-gzip': read('full-feed-gzip'),
  redirect: read('redirect'),
  'article-page': read('article-page'),
  'unknown-code': read('unknown-code'),
  preview: read('preview'),
  /** One after another, each until nothing is owed. */
  publish: async (workshop, inspectorPort) => {
    const desk = await deskWithPast(workshop, inspectorPort)
    return { desk, work: async () => await publishSome(desk, PUBLISHES) }
  },
  /** Until all is acknowledged. */
  'import-markdown': take('markdown'),
  'import-html': take('html'),
  /** Telling the wire of what was imported. */
  drain: async (workshop, inspectorPort) => {
    const { desk, work } = await take('html')(workshop, inspectorPort)
    await work()
    return { desk, work: async () => void (await settled(desk, SETTLED_POLL_MS)) }
  },
} satisfies Record<string, Prepare>

const isCase = (name: string): name is keyof typeof CASES => Object.hasOwn(CASES, name)

/** What was profiled: the isolates, and the CPU seconds of the whole process with profiler and all. */
export type CaseProfile = { isolates: IsolateProfile[]; seconds: number; cpuSeconds: number }

/** Profiles one case. Throws a `RangeError` for a case that there is not. */
export async function profileCase(workshop: Workshop, name: string): Promise<CaseProfile> {
  if (!isCase(name)) {
    const known = Object.keys(CASES).join(', ')
    throw new RangeError(`Cannot profile "${name}": the cases are ${known}`)
  }
  const inspectorPort = await freePort()
  const { desk, work } = await CASES[name](workshop, inspectorPort)
  const before = cpuSeconds(desk.pid)
  const began = performance.now()
  const isolates = await profileWhile(inspectorPort, await workshop.placesOfSource(), work)
  const seconds = (performance.now() - began) / 1000
  return { isolates, seconds, cpuSeconds: cpuSeconds(desk.pid) - before }
}
