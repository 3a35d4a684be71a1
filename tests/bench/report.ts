/** The figures as people read them: Markdown tables, the aims, the machine. Pure but for `machine`. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import type { ArchiveRow } from './archives.ts'
import type { CostRow } from './costs.ts'
import type { ImportRow } from './importing.ts'
import type { LinkRow } from './links.ts'
import type { PollRow } from './polls.ts'
import type { IsolateProfile } from './profile.ts'
import type { PublishRow } from './publishing.ts'
import type { ReadRow } from './reads.ts'

export type Figures = {
  reads?: ReadRow[]
  polls?: PollRow[]
  publish?: PublishRow[]
  archives?: ArchiveRow[]
  import?: ImportRow[]
  links?: LinkRow[]
  costs?: CostRow[]
}

/** What was aimed at, from the figures; `undefined` when they do not tell. */
type Aim = { text: string; measured: string; reached: boolean }

const AIMS = { growth: 1.2, linkGrowth: 1.5, articlesPerSecond: 500, manuscriptCpuSeconds: 0.5 }

/** The case that is compared with, what it is about, and how many times as many requests are the aim. */
const READ_AIMS = [
  ['constant 304', "a feed's 304: at least", 0.9, 'the constant 304'],
  ['the same gzip bytes, Blob', 'a full feed as gzip: at least', 0.9, 'the same bytes'],
  ['the text uncompressed, string', 'a full feed as gzip: at least', 1.4, 'its text, uncompressed'],
  ['constant redirect', 'a short link: at least', 0.9, 'the constant redirect'],
] as const

const FIGURE = /^(?:–|[\d.,]+(?: [×%])?)?$/

/** A Markdown table whose columns line up: those of figures on the right, all others on the left. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = head.map((title, index) => {
    const cells = rows.map((row) => row[index] ?? '')
    const width = Math.max(3, title.length, ...cells.map(({ length }) => length))
    return { width, right: cells.length > 0 && cells.every((cell) => FIGURE.test(cell)) }
  })
  const line = (cells: readonly string[]): string => {
    const padded = columns.map(({ width, right }, index) => {
      const cell = cells[index] ?? ''
      return right ? cell.padStart(width) : cell.padEnd(width)
    })
    return `| ${padded.join(' | ')} |`
  }
  const rule = columns.map(({ width, right }) => '-'.repeat(width - 1) + (right ? ':' : '-'))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}

/** Three figures that count, or a whole number; no thousands are lost. */
export function round(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(Math.abs(value) >= 10 ? 3 : 2)))
}

const times = (value: number | undefined): string =>
  value === undefined ? '' : `${value.toFixed(2)} ×`

export function readTable(rows: readonly ReadRow[]): string {
  return table(
    [
      'reading',
      'requests/s',
      'p50 ms',
      'p99 ms',
      'CPU s / 1,000',
      'peak MB',
      'body KB',
      'requests/s against it',
      'CPU against it',
    ],
    rows.map((row) => [
      row.against ? `– ${row.case}` : row.case,
      ...[row.requestsPerSecond, row.p50, row.p99, row.cpuPerThousand, row.peakMemory].map(round),
      row.bodyBytes === 0 ? '0' : round(row.bodyBytes / 1000),
      times(row.against?.rate),
      times(row.against?.cpu),
    ]),
  )
}

/** Bytes of whole answers, one column for each kind of poll. */
export function pollTable(rows: readonly PollRow[]): string {
  const names = Object.keys(rows[0]?.bytes ?? {})
  return table(
    ['bytes of one poll', ...names],
    rows.map(({ format, bytes }) => [
      format,
      ...names.map((name) => (bytes[name] ?? Number.NaN).toLocaleString('en')),
    ]),
  )
}

export function publishTable(rows: readonly PublishRow[]): string {
  return table(
    [
      'articles in the ledger',
      'acknowledged p50 ms',
      'p99 ms',
      'in the feed p50 ms',
      'p99 ms',
      'CPU s an article',
      'peak MB',
      'kept documents',
      'acknowledged against the fewest',
      'in the feed',
      'CPU',
    ],
    rows.map((row) => [
      row.articles.toLocaleString('en'),
      ...[
        row.acknowledged.p50,
        row.acknowledged.p99,
        row.visible.p50,
        row.visible.p99,
        row.cpu,
        row.peakMemory,
        row.keptDocuments,
      ].map(round),
      times(row.against?.acknowledged),
      times(row.against?.visible),
      times(row.against?.cpu),
    ]),
  )
}

export function archiveTable(rows: readonly ArchiveRow[]): string {
  return table(
    [
      'articles in the ledger',
      'archive pages',
      'a page nobody asked for p50 ms',
      'p99 ms',
      'CPU s a page',
      'body KB',
      'against the fewest',
      'CPU',
    ],
    rows.map(({ articles, pages, rendered, cpu, bodyBytes, against }) => [
      articles.toLocaleString('en'),
      pages.toLocaleString('en'),
      ...[rendered.p50, rendered.p99, cpu, bodyBytes / 1000].map(round),
      times(against?.rendered),
      times(against?.cpu),
    ]),
  )
}

export function importTable(rows: readonly ImportRow[]): string {
  return table(
    [
      'import',
      'articles',
      'articles/s acknowledged',
      'then until nothing is owed, s',
      'keys/s',
      'CPU ms an article, acknowledged',
      'in all',
      'peak MB, workerd',
      'peak MB, CLI',
    ],
    rows.map((row) => [
      row.form === 'markdown' ? 'Markdown, 3 KB' : 'HTML, 3 KB',
      row.articles.toLocaleString('en'),
      ...[
        row.articlesPerSecond,
        row.untilSettled,
        (row.articles * KEYS_EACH) / row.untilSettled,
        row.cpuAcknowledged,
        row.cpuSettled,
        row.peakMemory,
        row.clientPeakMemory,
      ].map(round),
    ]),
  )
}

/** The article, its page, its short link. */
const KEYS_EACH = 3

/** What short links cost the desk. */
export function linkTable(rows: readonly LinkRow[]): string {
  return table(
    ['short links, at the desk', 'links in the ledger', 'p50 µs', 'p99 µs', 'against', 'times'],
    rows.map(({ case: name, links, time, against }) => [
      name,
      links.toLocaleString('en'),
      ...[time.p50, time.p99].map(round),
      against?.what ?? '',
      times(against?.ratio),
    ]),
  )
}

/** What single manuscripts cost at most. */
export function costTable(rows: readonly CostRow[]): string {
  return table(
    ['the most expensive', 'construct', 'CPU s', 'bytes', 'outcome'],
    rows.map(({ kind, construct, cpuSeconds, bytes, accepted }) => [
      kind,
      construct,
      cpuSeconds.toFixed(2),
      bytes.toLocaleString('en'),
      accepted ? 'accepted' : 'refused',
    ]),
  )
}

/** Every aim that the figures tell of. */
export function aims({
  reads = [],
  publish = [],
  archives = [],
  import: imports = [],
  links = [],
  costs = [],
}: Figures): Aim[] {
  const told: Aim[] = []
  for (const [name, what, least, other] of READ_AIMS) {
    const rate = reads.find((row) => row.case === name)?.against?.rate
    if (rate === undefined) continue
    told.push({
      text: `${what} ${least} × ${other}`,
      measured: times(rate),
      reached: rate >= least,
    })
  }
  const most = publish.at(-1)
  const fewest = publish[0]
  if (most?.against && fewest) {
    const span = `${most.articles.toLocaleString('en')} articles at most ${AIMS.growth} × at ${fewest.articles.toLocaleString('en')}`
    for (const [what, value] of [
      ['acknowledged', most.against.acknowledged],
      ['in the feed', most.against.visible],
    ] as const)
      told.push({
        text: `publish, ${what}: at ${span}`,
        measured: times(value),
        reached: value <= AIMS.growth,
      })
  }
  const longest = archives.at(-1)
  if (longest?.against && archives[0]) {
    const span = `${longest.articles.toLocaleString('en')} articles at most ${AIMS.growth} × at ${archives[0].articles.toLocaleString('en')}`
    told.push({
      text: `an archive page nobody asked for: at ${span}`,
      measured: times(longest.against.rendered),
      reached: longest.against.rendered <= AIMS.growth,
    })
  }
  const fewestLinks = links[0]?.links.toLocaleString('en')
  for (const { case: name, links: count, against } of links) {
    if (against?.what !== 'the fewest') continue
    told.push({
      text: `${name}: at ${count.toLocaleString('en')} links at most ${AIMS.linkGrowth} × at ${fewestLinks}`,
      measured: times(against.ratio),
      reached: against.ratio <= AIMS.linkGrowth,
    })
  }
  for (const { form, articlesPerSecond } of imports) {
    told.push({
      text: `import of ${form}: at least ${AIMS.articlesPerSecond} articles/s`,
      measured: round(articlesPerSecond),
      reached: articlesPerSecond >= AIMS.articlesPerSecond,
    })
  }
  if (costs.length > 0) {
    const worst = Math.max(...costs.map(({ cpuSeconds }) => cpuSeconds))
    told.push({
      text: `the most expensive manuscript: at most ${AIMS.manuscriptCpuSeconds} CPU s`,
      measured: worst.toFixed(2),
      reached: worst <= AIMS.manuscriptCpuSeconds,
    })
  }
  return told
}

export const aimTable = (told: readonly Aim[]): string =>
  table(
    ['aim', 'measured', 'reached'],
    told.map(({ text, measured, reached }) => [text, measured, reached ? 'yes' : 'no']),
  )

/** Where the time went: isolates, and the functions that were seen most often at the top of the stack. */
export function profileTable(profiles: readonly IsolateProfile[], functions: number): string {
  const all = profiles.reduce((sum, { samples }) => sum + samples, 0)
  const share = (samples: number): string => `${((samples / all) * 100).toFixed(1)} %`
  const isolates = profiles.filter(({ samples }) => samples > 0)
  const seen = profiles
    .flatMap(({ isolate, functions: each }) => each.map((entry) => ({ isolate, ...entry })))
    .sort((a, b) => b.self - a.self)
    .slice(0, functions)
  return [
    table(
      ['isolate', 'share'],
      isolates.map(({ isolate, samples }) => [isolate, share(samples)]),
    ),
    table(
      ['function', 'isolate', 'place', 'self', 'with what it calls'],
      seen.map(({ name, place, isolate, self, total }) => [
        name,
        isolate,
        place,
        share(self),
        share(total),
      ]),
    ),
  ].join('\n\n')
}

export type Machine = {
  date: string
  cores: number
  cpu: string
  memoryGb: number
  node: string
  workerd: string
  /** Processes that wanted a core, on average over the last minute: more than `cores` when others were at work. */
  load: number
}

export function machine(now: Date): Machine {
  const require = createRequire(import.meta.url)
  const workerd = JSON.parse(
    readFileSync(
      createRequire(require.resolve('miniflare')).resolve('workerd/package.json'),
      'utf8',
    ),
  ) as { version: string }
  return {
    date: now.toISOString().slice(0, 10),
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    workerd: workerd.version,
    load: loadavg()[0] ?? 0,
  }
}

export const machineLine = ({ date, cores, cpu, memoryGb, node, workerd, load }: Machine): string =>
  `${date}: ${cores} cores (${cpu}), ${memoryGb} GB, node ${node}, workerd ${workerd}, load ${load.toFixed(1)} at the start`
