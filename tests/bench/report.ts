/** Formats measurements for people: Markdown tables, aims, and the machine. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'

/** A ratio, printed with a multiplication sign. */
export type Times = { times: number }
export type Cell = string | number | Times | undefined
export type Table = { head: readonly string[]; rows: readonly (readonly Cell[])[] }
export type Aim = { text: string; measured: Cell; reached: boolean }
/** The result of one part of the benchmarks. */
export type Part = { tables: Table[]; aims?: Aim[] }

const FIGURE = /^(?:–|[\d.,]+(?: [×%])?)?$/

/** Rounds to two significant figures below 10, to three below 100, and else to a whole number. */
export function round(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(Math.abs(value) >= 10 ? 3 : 2)))
}

function formatCell(cell: Cell): string {
  if (typeof cell === 'number') return round(cell)
  return typeof cell === 'object' ? `${cell.times.toFixed(2)} ×` : (cell ?? '')
}

/** Formats a Markdown table: columns of figures are right-aligned, others left-aligned. */
export function formatMarkdown({ head, rows }: Table): string {
  const texts = rows.map((row) => row.map(formatCell))
  const columns = head.map((title, index) => {
    const cells = texts.map((row) => row[index] ?? '')
    const width = Math.max(3, title.length, ...cells.map(({ length }) => length))
    return { width, right: cells.length > 0 && cells.every((cell) => FIGURE.test(cell)) }
  })
  const line = (cells: readonly string[]): string => {
    const padded = columns.map(({ width, right }, index) =>
      (cells[index] ?? '')[right ? 'padStart' : 'padEnd'](width),
    )
    return `| ${padded.join(' | ')} |`
  }
  const rule = columns.map(({ width, right }) => '-'.repeat(width - 1) + (right ? ':' : '-'))
  return [line(head), line(rule), ...texts.map(line)].join('\n')
}

/** Formats all tables of all parts, and then the aims. */
export function formatReport(parts: readonly Part[]): string {
  const rows = parts
    .flatMap(({ aims = [] }) => aims)
    .map(({ text, measured, reached }) => [text, measured, reached ? 'yes' : 'no'])
  const aims = rows.length > 0 ? [{ head: ['aim', 'measured', 'reached'], rows }] : []
  return [...parts.flatMap(({ tables }) => tables), ...aims].map(formatMarkdown).join('\n\n')
}

/**
 * Describes the machine. The load is the average number of processes that needed a core in the last
 * minute.
 */
export function describeMachine(now: Date): string {
  const resolver = createRequire(createRequire(import.meta.url).resolve('miniflare'))
  const manifest = readFileSync(resolver.resolve('workerd/package.json'), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  const cores = `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'})`
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`
  const load = `load ${(loadavg()[0] ?? 0).toFixed(1)} at the start`
  return `${now.toISOString().slice(0, 10)}: ${cores}, ${memory}, node ${process.version}, workerd ${version}, ${load}`
}
