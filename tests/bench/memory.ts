/**
 * How much memory the runtime takes while readers poll and editors publish, minute by minute: polls
 * of feeds, pages, archive pages and short links, in each coding, some of which hear 304, at a rate
 * that the machine bears easily.
 */
import type { Socket } from 'node:net'
import { ResponseReader } from './framing.ts'
import { answerTo, openConnection, requestOf } from './load.ts'
import { madeUp, randomFrom } from './manuscripts.ts'
import { cpuSeconds, residentMemory } from './process.ts'
import { deskLoads, deskWithFeed } from './reads.ts'
import { type Running, SHORT_HOST, SITE_HOST, type Workshop } from './workshop.ts'

export type MemoryBounds = {
  minutes: number
  requestsPerSecond: number
  publishSeconds: number
  sampleSeconds: number
}

/** `megabytes` of workerd are resident, so many seconds after the polls began. */
export type MemorySample = { seconds: number; megabytes: number; requests: number }

export type MemoryRun = {
  minutes: number
  /** Before the first poll. */
  idleMegabytes: number
  samples: MemorySample[]
  requests: number
  notModified: number
  /** How many answers had a body in no coding. */
  identity: number
  published: number
  /** CPU seconds of workerd for a thousand requests, publishing included. */
  cpuPerThousand: number
}

const CONNECTIONS = 8
const FEEDS = ['rss.xml', 'atom.xml', 'feed.json'] as const
const FOLDERS = [
  '',
  ...[1, 2, 3, 4, 5, 6].map((rank) => `sections/section-${rank}/`),
  ...[1, 2, 3, 4, 5, 6].map((rank) => `tags/tag-${rank}/`),
  ...['en', 'ur', 'ar'].map((language) => `languages/${language}/`),
] as const
/**
 * Of a hundred polls: how many take no coding, gzip, the rest brotli; how many of each have the
 * newest edition.
 */
const WITHOUT_CODING = 0.5
const GZIP = 0.3
const UP_TO_DATE = 0.3

type Page = { path: string; host: string; etag: string }

/**
 * Fills a desk, then polls it and publishes to it for so many minutes. Rejects when an answer is an
 * error.
 */
export async function measureMemory(
  workshop: Workshop,
  bounds: MemoryBounds,
  tell: (line: string) => void,
): Promise<MemoryRun> {
  const desk = await deskWithFeed(workshop)
  const pages = await pagesOf(desk)
  const idleMegabytes = residentMemory(desk.pid)
  const cpuBefore = cpuSeconds(desk.pid)
  const began = performance.now()
  const end = began + bounds.minutes * 60_000
  const counts = { requests: 0, notModified: 0, identity: 0, published: 0 }
  const samples: MemorySample[] = []
  const sample = (): void => {
    const seconds = (performance.now() - began) / 1000
    const megabytes = residentMemory(desk.pid)
    samples.push({ seconds, megabytes, requests: counts.requests })
    tell(`${Math.round(seconds)} s: ${Math.round(megabytes)} MB, ${counts.requests} requests`)
  }
  const connections = Array.from({ length: CONNECTIONS }, (_, index) =>
    poll(desk, pages, { random: randomFrom(index), end, counts, ...bounds }),
  )
  await Promise.all([
    ...connections,
    every(bounds.publishSeconds, end, async () => {
      await publish(desk, counts.published)
      counts.published += 1
    }),
    every(EDITION_SECONDS, end, async () => await readEditions(desk, pages)),
    every(bounds.sampleSeconds, end, async () => sample()),
  ])
  sample()
  const used = cpuSeconds(desk.pid) - cpuBefore
  await desk.stop()
  return {
    minutes: bounds.minutes,
    idleMegabytes,
    samples,
    ...counts,
    cpuPerThousand: (used / counts.requests) * 1000,
  }
}

/** How often the readers that are up to date are given the entity-tags of today. */
const EDITION_SECONDS = 5

/**
 * All that is polled, and is there: feeds of channels, their pages and archive pages, an article
 * and its short link.
 */
async function pagesOf(desk: Running): Promise<Page[]> {
  const { loads } = await deskLoads(desk)
  const paths = FOLDERS.flatMap((folder) => [
    `/${folder}`,
    ...FEEDS.map((file) => `/${folder}${file}`),
    ...FEEDS.map((file) => `/${folder}archive/1/${file}`),
  ])
  const pages = [...paths, loads['article-page'].path].map((path) => ({
    path,
    host: SITE_HOST,
    etag: '',
  }))
  const found: Page[] = [{ path: loads.redirect.path, host: SHORT_HOST, etag: '' }]
  for (const page of pages) {
    const answer = await desk.get(page.path, { headers: { Host: page.host } })
    await answer.arrayBuffer()
    if (answer.ok) found.push(page)
  }
  return found
}

async function readEditions(desk: Running, pages: Page[]): Promise<void> {
  for (const page of pages.filter(({ host }) => host === SITE_HOST)) {
    const answer = await desk.get(page.path, { method: 'HEAD' })
    page.etag = answer.headers.get('ETag') ?? ''
  }
}

async function publish(desk: Running, index: number): Promise<void> {
  const { id, ...manuscript } = madeUp(index, NEWS)
  await desk.api(`/api/articles/${id}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(manuscript),
  })
}
const NEWS = { form: 'markdown', dated: false, seed: 8, characters: 4_400 } as const

type Polling = {
  random: () => number
  end: number
  counts: { requests: number; notModified: number; identity: number }
  requestsPerSecond: number
}

async function poll(desk: Running, pages: Page[], polling: Polling): Promise<void> {
  const { end, counts, requestsPerSecond } = polling
  const interval = (CONNECTIONS / requestsPerSecond) * 1000
  const socket = await openConnection(desk.url)
  const reader = new ResponseReader()
  try {
    while (performance.now() < end) {
      const next = performance.now() + interval
      const status = await pollOnce(socket, reader, desk.url, pages, polling)
      if (![200, 302, 304].includes(status)) throw new Error(`A poll was answered ${status}`)
      counts.requests += 1
      if (status === 304) counts.notModified += 1
      await until(Math.min(next, end))
    }
  } finally {
    socket.destroy()
  }
}

async function pollOnce(
  socket: Socket,
  reader: ResponseReader,
  origin: string,
  pages: Page[],
  { random, counts }: Polling,
): Promise<number> {
  // The publication's own feeds are polled as much as everything else.
  const popular = pages.filter(({ path }) => FEEDS.some((file) => path === `/${file}`))
  const from = random() < 0.5 ? popular : pages
  const page = from[Math.floor(random() * from.length)]
  if (!page) throw new Error('There is nothing to poll')
  const drawn = random()
  const coding = drawn < WITHOUT_CODING ? undefined : drawn < WITHOUT_CODING + GZIP ? 'gzip' : 'br'
  const headers = {
    Host: page.host,
    ...(coding !== undefined && { 'Accept-Encoding': coding }),
    ...(random() < UP_TO_DATE && page.etag !== '' && { 'If-None-Match': page.etag }),
  }
  await answerTo(socket, requestOf({ origin, path: page.path, headers }), reader)
  if (reader.status === 200 && coding === undefined) counts.identity += 1
  return reader.status
}

async function every(seconds: number, end: number, work: () => Promise<void>): Promise<void> {
  for (let next = performance.now(); next < end; next += seconds * 1000) {
    await until(next)
    await work()
  }
}

const until = (time: number): Promise<void> =>
  new Promise((resume) => setTimeout(resume, Math.max(0, time - performance.now())))
