/**
 * What reading costs, against a bare worker that answers with a constant. Both run at once on the same workerd and take
 * turns in short rounds, so that what disturbs the machine meets both.
 */
import { gzipSync } from 'node:zlib'
import { askForFeeds } from './channels.ts'
import { type Load, runLoad, type Sample } from './load.ts'
import { madeUp, toLines } from './manuscripts.ts'
import { measurePolls, type PollRow } from './polls.ts'
import { cpuSeconds, forgetPeak, peakMemory } from './process.ts'
import { median, medianRatio, percentile } from './statistics.ts'
import { type Running, SHORT_HOST, SITE_HOST, settled, type Workshop } from './workshop.ts'

export type ReadRow = {
  case: string
  requestsPerSecond: number
  /** Milliseconds. */
  p50: number
  p99: number
  /** CPU seconds of workerd for a thousand requests. */
  cpuPerThousand: number
  /** MB resident at most. */
  peakMemory: number
  bodyBytes: number
  /** How many times as many requests a second, and as much CPU time, the first of the comparison takes. */
  against?: { rate: number; cpu: number }
}

export type Rounds = { rounds: number; seconds: number; warmUpSeconds: number }

const CONNECTIONS = 16
const MOST_REQUESTS = 50_000
const ARTICLES = 120
/** Makes a feed document of fifty items about 300 KB. */
const CHARACTERS = 4_400
const NEWEST = ARTICLES - 1

/** One side of a comparison. */
type Contestant = { case: string; server: Running; load: Omit<Load, 'origin'> }
type Round = Sample & { cpuSeconds: number }

export async function measureReads(
  workshop: Workshop,
  rounds: Rounds,
  tell: (line: string) => void,
): Promise<{ reads: ReadRow[]; polls: PollRow[] }> {
  const desk = await deskWithFeed(workshop)
  const servers = {
    desk,
    bare: await workshop.start({ worker: 'bare' }),
    // Its own, because memory that strings took is not given back.
    blobs: await workshop.start({ worker: 'bare' }),
    unrouted: await workshop.start({ worker: 'bare', withoutAssets: true }),
  }
  const rows: ReadRow[] = []
  for (const contestants of await comparisons(servers)) {
    tell(contestants.map((each) => each.case).join(' / '))
    rows.push(...(await compare(contestants, rounds)))
  }
  const polls = await measurePolls(desk, { ...READ_ALSO, dated: false, seed: 4 })
  for (const server of Object.values(servers)) await server.stop()
  return { reads: rows, polls }
}

/** A desk whose feed is full and about as large as a real one's. */
export async function deskWithFeed(workshop: Workshop, inspectorPort?: number): Promise<Running> {
  const desk = await workshop.start(inspectorPort === undefined ? {} : { inspectorPort })
  const manuscripts = Array.from({ length: ARTICLES }, (_, index) => madeUp(index, READ_ALSO))
  await desk.api('/api/articles', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-ndjson' },
    body: toLines(manuscripts),
  })
  await settled(desk)
  await askForFeeds(desk)
  return desk
}

const READ_ALSO = { form: 'markdown', dated: true, seed: 2, characters: CHARACTERS } as const

const GZIP = { 'Accept-Encoding': 'gzip' }
const SITE = { Host: SITE_HOST }
const SHORT = { Host: SHORT_HOST }

/** What each case asks the desk for; the status says that it was the case it is meant to be. */
export async function deskLoads(desk: Running) {
  const feed = await desk.get('/rss.xml')
  const feedText = new Uint8Array(await feed.arrayBuffer())
  const articlePath = `/articles/${madeUp(NEWEST, READ_ALSO).id}`
  const articleBytes = (await (await desk.get(articlePath)).arrayBuffer()).byteLength
  const shown = await desk.api(`/api${articlePath}`)
  const { code } = (await shown.json()) as { code: string }
  const etag = feed.headers.get('ETag') ?? ''
  const bytesAt = async (path: string): Promise<number> =>
    (await (await desk.get(path, { headers: { Accept: 'text/html' } })).arrayBuffer()).byteLength
  return {
    feedText,
    articleBytes,
    previewBytes: await bytesAt(`/${code}+`),
    pictureBytes: await bytesAt(`/${code}.svg`),
    loads: {
      'feed-304': { path: '/rss.xml', headers: { ...SITE, 'If-None-Match': etag }, status: 304 },
      'full-feed': { path: '/rss.xml', headers: SITE, status: 200 },
      'full-feed-gzip': { path: '/rss.xml', headers: { ...SITE, ...GZIP }, status: 200 },
      redirect: { path: `/${code}`, headers: SHORT, status: 302 },
      'article-page': { path: articlePath, headers: SITE, status: 200 },
      'unknown-code': { path: '/zzzzz', headers: SHORT, status: 404 },
      preview: { path: `/${code}+`, headers: { ...SHORT, Accept: 'text/html' }, status: 200 },
      picture: { path: `/${code}.svg`, headers: SHORT, status: 200 },
    } satisfies Record<string, Omit<Load, 'origin'>>,
  }
}

async function comparisons({
  desk,
  bare,
  blobs,
  unrouted,
}: Record<'desk' | 'bare' | 'blobs' | 'unrouted', Running>): Promise<Contestant[][]> {
  const { loads, feedText, articleBytes, previewBytes, pictureBytes } = await deskLoads(desk)
  const feedBytes = feedText.length
  // The very bytes that the desk stores (src/http/coding.ts).
  const gzip = gzipSync(feedText, { level: 9 })
  await blobs.get('/gzip', { method: 'PUT', body: gzip })
  const ours = (name: string, load: Omit<Load, 'origin'>): Contestant => ({
    case: name,
    server: desk,
    load,
  })
  const constant = (
    name: string,
    path: string,
    status: number,
    server = bare,
    headers: Record<string, string> = {},
  ): Contestant => ({ case: name, server, load: { path, status, headers } })
  return [
    [ours('feed, 304', loads['feed-304']), constant('constant 304', '/not-modified', 304)],
    [
      ours('feed, 50 items, gzip', loads['full-feed-gzip']),
      constant('the same gzip bytes, Blob', '/gzip', 200, blobs, GZIP),
      constant('the text uncompressed, string', `/string/${feedBytes}`, 200),
    ],
    [
      ours('feed, 50 items, identity', loads['full-feed']),
      constant('constant of that size, Blob', `/blob/${feedBytes}`, 200, blobs),
    ],
    [ours('short link', loads.redirect), constant('constant redirect', '/redirect', 302)],
    [
      ours('article page', loads['article-page']),
      constant('constant of that size, string', `/string/${articleBytes}`, 200),
    ],
    [ours('unknown code', loads['unknown-code']), constant('constant 404', '/not-found', 404)],
    [
      ours('preview of a short link', loads.preview),
      constant('constant of the size of a preview, string', `/string/${previewBytes}`, 200),
    ],
    [
      ours('QR code of a short link', loads.picture),
      constant('constant of the size of a QR code, string', `/string/${pictureBytes}`, 200),
    ],
    [
      constant('constant 304, asset router before it', '/not-modified', 304),
      constant('constant 304, without it', '/not-modified', 304, unrouted),
    ],
  ]
}

/** The first against each of the others. */
async function compare(contestants: Contestant[], rounds: Rounds): Promise<ReadRow[]> {
  for (const { server } of contestants) forgetPeak(server.pid)
  for (const contestant of contestants) await runRound(contestant, rounds.warmUpSeconds)
  const results = contestants.map((contestant) => ({ contestant, rounds: [] as Round[] }))
  for (let round = 0; round < rounds.rounds; round += 1) {
    for (const result of results)
      result.rounds.push(await runRound(result.contestant, rounds.seconds))
  }
  const first = results[0]?.rounds ?? []
  return results.map((result, index) => ({
    ...rowOf(result.contestant, result.rounds),
    ...(index > 0 && {
      against: {
        rate: medianRatio(first.map(rateOf), result.rounds.map(rateOf)),
        cpu: medianRatio(first.map(cpuOf), result.rounds.map(cpuOf)),
      },
    }),
  }))
}

async function runRound({ server, load }: Contestant, seconds: number): Promise<Round> {
  const before = cpuSeconds(server.pid)
  const sample = await runLoad(
    { origin: server.url, ...load },
    { connections: CONNECTIONS, seconds, requests: MOST_REQUESTS },
  )
  return { ...sample, cpuSeconds: cpuSeconds(server.pid) - before }
}

const rateOf = ({ requests, seconds }: Round): number => requests / seconds
const cpuOf = ({ requests, cpuSeconds: used }: Round): number => (used / requests) * 1000

function rowOf({ case: name, server }: Contestant, rounds: Round[]): ReadRow {
  const latencies = rounds.flatMap((round) => round.latencies)
  return {
    case: name,
    requestsPerSecond: median(rounds.map(rateOf)),
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    cpuPerThousand: median(rounds.map(cpuOf)),
    peakMemory: peakMemory(server.pid),
    bodyBytes: rounds.at(-1)?.bodyBytes ?? 0,
  }
}
