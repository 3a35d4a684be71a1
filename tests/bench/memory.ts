/**
 * Measures the runtime's memory while readers poll and editors publish. Readers poll feeds, pages,
 * archive pages and short links in each coding, at a rate that the machine sustains easily. Some
 * polls have validators.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { randomFrom } from '../support/random.ts'
import { LARGE_FEED_STORIES, listLargestChannels, openDeskWithFeed } from './desks.ts'
import { type Exchange, formatRequest, runExchanges } from './load.ts'
import { generateManuscript } from './manuscripts.ts'
import { measureUsage, residentMemory } from './process.ts'
import { deskLoads } from './reads.ts'
import { type Running, SHORT_HOST, SITE_HOST, type Workshop } from './workshop.ts'

/** The resident memory of workerd `seconds` after the polls began. */
export type MemorySample = { seconds: number; megabytes: number; requests: number }

/** `identity` counts the 200 responses without a content coding. */
type Counts = Record<'requests' | 'notModified' | 'identity' | 'published', number>
export type MemoryRun = Counts & {
  minutes: number
  /** The resident memory before the first poll. */
  idleMegabytes: number
  samples: MemorySample[]
  /** CPU seconds of workerd for a thousand requests, including publishing. */
  cpuPerThousand: number
}

const CONNECTIONS = 8
const REQUESTS_PER_SECOND = 100
const PUBLISH_SECONDS = 10
const SAMPLE_SECONDS = 15
/** The ETags that up-to-date readers send are read again this often. */
const ETAG_SECONDS = 5
const NEWS = { ...LARGE_FEED_STORIES, dated: false, seed: 8 } as const
const FEEDS = ['rss.xml', 'atom.xml', 'feed.json'] as const
const FOLDERS = [
  ...[
    '/',
    ...listLargestChannels('sections', 'section', 6),
    ...listLargestChannels('tags', 'tag', 6),
  ],
  ...['/languages/en/', '/languages/ur/', '/languages/ar/'],
] as const
/**
 * Shares of the polls: without a coding, with gzip (the other polls use brotli), and with the
 * current ETag.
 */
const WITHOUT_CODING = 0.5
const GZIP = 0.3
const UP_TO_DATE = 0.3

type Page = { path: string; host: string; etag: string }

/**
 * Fills a desk, then polls it and publishes for this many minutes. Rejects at an error response.
 */
export async function measureMemory(workshop: Workshop, minutes: number): Promise<MemoryRun> {
  const desk = await openDeskWithFeed(workshop)
  const pages = await listPages(desk)
  const idleMegabytes = residentMemory(desk.pid)
  const began = performance.now()
  const end = began + minutes * 60_000
  const counts = { requests: 0, notModified: 0, identity: 0, published: 0 }
  const samples: MemorySample[] = []
  const sample = (): void => {
    const seconds = (performance.now() - began) / 1000
    const megabytes = residentMemory(desk.pid)
    samples.push({ seconds, megabytes, requests: counts.requests })
    const rounded = `${Math.round(seconds)} s: ${Math.round(megabytes)} MB`
    workshop.logProgress(`${rounded}, ${counts.requests} requests`)
  }
  const load = {
    ...{ connections: CONNECTIONS, seconds: minutes * 60 },
    ...{ requests: Number.POSITIVE_INFINITY, perSecond: REQUESTS_PER_SECOND },
  }
  const { cpu } = await measureUsage(desk.pid, () =>
    Promise.all([
      runExchanges(desk.url, createPolls(desk.url, pages, counts), load),
      repeatEvery(PUBLISH_SECONDS, end, async () => {
        await desk.put(generateManuscript(counts.published, NEWS))
        counts.published += 1
      }),
      repeatEvery(ETAG_SECONDS, end, () => updateEtags(desk, pages)),
      repeatEvery(SAMPLE_SECONDS, end, sample),
    ]),
  )
  sample()
  const cpuPerThousand = (cpu / counts.requests) * 1000
  return { minutes, idleMegabytes, samples, ...counts, cpuPerThousand }
}

/**
 * Lists everything that is polled: feeds of channels, their pages and archive pages, an article and
 * its short link.
 */
async function listPages(desk: Running): Promise<Page[]> {
  const loads = await deskLoads(desk)
  const paths = FOLDERS.flatMap((folder) => [
    folder,
    ...FEEDS.flatMap((file) => [`${folder}${file}`, `${folder}archive/1/${file}`]),
  ])
  const pages: Page[] = [{ path: loads.redirect.path, host: SHORT_HOST, etag: '' }]
  for (const path of [...paths, loads['article-page'].path]) {
    if ((await desk.get(path, { headers: { Host: SITE_HOST } })).ok)
      pages.push({ path, host: SITE_HOST, etag: '' })
  }
  return pages
}

async function updateEtags(desk: Running, pages: Page[]): Promise<void> {
  for (const page of pages.filter(({ host }) => host === SITE_HOST))
    page.etag = (await desk.get(page.path, { method: 'HEAD' })).etag
}

/** Returns a function that chooses the next poll. */
function createPolls(origin: string, pages: Page[], counts: Counts): () => Exchange {
  const random = randomFrom(0)
  // Half of the polls are of the main feeds, the others of any document.
  const mainFeeds = pages.filter(({ path }) => FEEDS.some((file) => path === `/${file}`))
  return () => {
    const candidates = random() < 0.5 ? mainFeeds : pages
    const page = candidates[Math.floor(random() * candidates.length)]
    if (!page) throw new Error('There is nothing to poll')
    const randomNumber = random()
    const coding =
      randomNumber < WITHOUT_CODING ? '' : randomNumber < WITHOUT_CODING + GZIP ? 'gzip' : 'br'
    const headers = {
      Host: page.host,
      ...(coding !== '' && { 'Accept-Encoding': coding }),
      ...(random() < UP_TO_DATE && page.etag !== '' && { 'If-None-Match': page.etag }),
    }
    const check: Exchange['check'] = ({ status }) => {
      if (![200, 302, 304].includes(status)) throw new Error(`A poll got status ${status}`)
      counts.requests += 1
      if (status === 304) counts.notModified += 1
      if (status === 200 && coding === '') counts.identity += 1
    }
    return { request: formatRequest(origin, { path: page.path, headers }), check }
  }
}

async function repeatEvery(seconds: number, end: number, work: () => unknown): Promise<void> {
  for (let next = performance.now(); next < end; next += seconds * 1000) {
    await pause(Math.max(0, next - performance.now()))
    await work()
  }
}
