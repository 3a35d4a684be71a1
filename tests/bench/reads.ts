/**
 * Measures reading against a bare worker that returns a constant. Both run on the same version of
 * workerd and take turns in short rounds, so a disturbance affects both.
 */
import { gzipSync } from 'node:zlib'
import { median, medianRatio, runInTurns, spread } from './comparison.ts'
import { LARGE_FEED_STORIES, NEWEST, openDeskWithFeed } from './desks.ts'
import { type Load, runLoad, type Sample } from './load.ts'
import { pollTable } from './polls.ts'
import { measureUsage, peakMemory, resetPeak } from './process.ts'
import type { Aim, Cell, Part } from './report.ts'
import { type Running, SHORT_HOST, SITE_HOST, type Workshop } from './workshop.ts'

type Rounds = { rounds: number; seconds: number; warmUpSeconds: number }

const CONNECTIONS = 16
const MAX_REQUESTS = 50_000
/**
 * The name of the compared row, the beginning of the aim, the smallest ratio of requests per second
 * that reaches the aim, and the end of the aim.
 */
const AIMS = [
  ['constant 304', "a feed's 304: at least", 0.9, 'the constant 304'],
  ['the same gzip bytes, Blob', 'a full feed as gzip: at least', 0.9, 'the same bytes'],
  ['the text uncompressed, string', 'a full feed as gzip: at least', 1.4, 'its text, uncompressed'],
  ['constant redirect', 'a short link: at least', 0.9, 'the constant redirect'],
] as const

/** One side of a comparison. */
type Contestant = [name: string, server: Running, load: Omit<Load, 'origin'>]
type Round = Pick<Sample, 'requests' | 'seconds' | 'latencies' | 'bodyBytes'> & { cpu: number }
/** The results of a contestant's rounds; its peak is in MB. */
export type Reading = { name: string; peak: number; rounds: Round[] }

export async function measureReads(workshop: Workshop, rounds: Rounds): Promise<Part> {
  const desk = await openDeskWithFeed(workshop)
  const readings: Reading[][] = []
  for (const contestants of await prepareComparisons(workshop, desk)) {
    workshop.logProgress(contestants.map(([name]) => name).join(' / '))
    readings.push(await compare(contestants, rounds))
  }
  const { tables, ...rest } = readPart(readings)
  const polls = await pollTable(desk, { ...LARGE_FEED_STORIES, dated: false, seed: 4 })
  return { tables: [...tables, polls], ...rest }
}

const GZIP = { 'Accept-Encoding': 'gzip' }
const HTML = { Accept: 'text/html' }
const SITE = { Host: SITE_HOST }
const SHORT = { Host: SHORT_HOST }

/** The requests of each case, with the expected status. */
export async function deskLoads(desk: Running) {
  const article = `/articles/${NEWEST.id}`
  const { code } = JSON.parse(await desk.api(`/api${article}`)) as { code: string }
  const { etag } = await desk.get('/rss.xml')
  return {
    'feed-304': { path: '/rss.xml', headers: { ...SITE, 'If-None-Match': etag }, status: 304 },
    'full-feed': { path: '/rss.xml', headers: SITE, status: 200 },
    'full-feed-gzip': { path: '/rss.xml', headers: { ...SITE, ...GZIP }, status: 200 },
    redirect: { path: `/${code}`, headers: SHORT, status: 302 },
    'article-page': { path: article, headers: SITE, status: 200 },
    'unknown-code': { path: '/zzzzz', headers: SHORT, status: 404 },
    preview: { path: `/${code}+`, headers: { ...SHORT, ...HTML }, status: 200 },
    picture: { path: `/${code}.svg`, headers: SHORT, status: 200 },
  } satisfies Record<string, Omit<Load, 'origin'>>
}

async function prepareComparisons(workshop: Workshop, desk: Running): Promise<Contestant[][]> {
  const bareWorker = await workshop.start({ worker: 'bare' })
  // This server is separate, because workerd does not release the memory of the other one's
  // strings.
  const blobs = await workshop.start({ worker: 'bare' })
  const withoutRouter = await workshop.start({ worker: 'bare', withoutAssets: true })
  const loads = await deskLoads(desk)
  const feed = (await desk.get(loads['full-feed'].path)).body
  // These are the same bytes that the desk stores (src/http/coding.ts).
  await blobs.get('/gzip', { method: 'PUT', body: gzipSync(feed, { level: 9 }) })
  const notModified = { path: '/not-modified', status: 304 }
  const text = (length: number) => ({ path: `/string/${length}`, status: 200 })
  const textLike = async ({ path, headers }: { path: string; headers: Record<string, string> }) =>
    text((await desk.get(path, { headers })).body.length)
  return [
    [
      ['feed, 304', desk, loads['feed-304']],
      ['constant 304', bareWorker, notModified],
    ],
    [
      ['feed, 50 items, gzip', desk, loads['full-feed-gzip']],
      ['the same gzip bytes, Blob', blobs, { path: '/gzip', headers: GZIP, status: 200 }],
      ['the text uncompressed, string', bareWorker, text(feed.length)],
    ],
    [
      ['feed, 50 items, identity', desk, loads['full-feed']],
      ['constant of that size, Blob', blobs, { path: `/blob/${feed.length}`, status: 200 }],
    ],
    [
      ['short link', desk, loads.redirect],
      ['constant redirect', bareWorker, { path: '/redirect', status: 302 }],
    ],
    [
      ['article page', desk, loads['article-page']],
      ['constant of that size, string', bareWorker, await textLike(loads['article-page'])],
    ],
    [
      ['unknown code', desk, loads['unknown-code']],
      ['constant 404', bareWorker, { path: '/not-found', status: 404 }],
    ],
    [
      ['preview of a short link', desk, loads.preview],
      ['constant of the size of a preview, string', bareWorker, await textLike(loads.preview)],
    ],
    [
      ['QR code of a short link', desk, loads.picture],
      ['constant of the size of a QR code, string', bareWorker, await textLike(loads.picture)],
    ],
    [
      ['constant 304, with the asset router', bareWorker, notModified],
      ['constant 304, without the asset router', withoutRouter, notModified],
    ],
  ]
}

async function compare(contestants: Contestant[], bounds: Rounds): Promise<Reading[]> {
  const { rounds, seconds, warmUpSeconds } = bounds
  for (const [, { pid }] of contestants) resetPeak(pid)
  for (const contestant of contestants) await runRound(contestant, warmUpSeconds)
  const results = await runInTurns(contestants, { turns: rounds }, (each) =>
    runRound(each, seconds),
  )
  return contestants.map(([name, { pid }], index) => {
    return { name, peak: peakMemory(pid), rounds: results[index] ?? [] }
  })
}

async function runRound([, server, load]: Contestant, seconds: number): Promise<Round> {
  const bounds = { connections: CONNECTIONS, seconds, requests: MAX_REQUESTS }
  const ownLoad = { origin: server.url, ...load }
  const { result, cpu } = await measureUsage(server.pid, () => runLoad(ownLoad, bounds))
  return { ...result, cpu }
}

const getRate = ({ requests, seconds }: Round): number => requests / seconds
const getCpu = ({ requests, cpu }: Round): number => (cpu / requests) * 1000

/**
 * Builds a row for the first contestant of each comparison, and rows for the ones with which it is
 * compared.
 */
export function readPart(comparisons: readonly Reading[][]): Part {
  const aims: Aim[] = []
  const rows = comparisons.flatMap((readings) =>
    readings.map(({ name, peak, rounds }, index): Cell[] => {
      const first = readings[0]?.rounds ?? []
      const row = [
        median(rounds.map(getRate)),
        ...spread(rounds.flatMap((round) => round.latencies)),
        median(rounds.map(getCpu)),
        peak,
        (rounds.at(-1)?.bodyBytes ?? 0) / 1000,
      ]
      if (index === 0) return [name, ...row]
      const rate = { times: medianRatio(first.map(getRate), rounds.map(getRate)) }
      const cpu = { times: medianRatio(first.map(getCpu), rounds.map(getCpu)) }
      const aim = AIMS.find(([against]) => against === name)
      if (aim) {
        const [, what, least, other] = aim
        const text = `${what} ${least} × ${other}`
        aims.push({ text, measured: rate, reached: rate.times >= least })
      }
      return [`– ${name}`, ...row, rate, cpu]
    }),
  )
  const head = [
    ...['reading', 'requests/s', 'p50 ms', 'p99 ms', 'CPU s / 1,000', 'peak MB', 'body KB'],
    ...['requests/s against the constant', 'CPU against the constant'],
  ]
  return { tables: [{ head, rows }], aims }
}
