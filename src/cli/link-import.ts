/**
 * `dateline links import`: a list of codes that were given out elsewhere. The whole list is checked
 * before anything is changed, by the desk too; then it is sent. Begun anew, it finds what is there
 * and goes on.
 */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import * as v from 'valibot'
import type { Answer, DeskClient, LinkBulk } from '../client/client.ts'
import { isPassing, patience } from '../client/patience.ts'
import { LinkOutlineSchema } from '../model/answers.ts'
import { foldCode } from '../model/code.ts'
import { LinkLineSchema } from '../model/link.ts'
import { batchesOf } from '../text/batches.ts'
import { defined } from '../text/json.ts'
import { connect, type World } from './commands.ts'
import { whyOf } from './copying.ts'
import { type Header, readLinkFile, UnreadableList } from './link-file.ts'
import type { Progress } from './output.ts'

export type ImportOptions = {
  /** Go on without the lines that are at fault. */
  skip: boolean
  /** Only check. */
  dryRun: boolean
}

/** What one request holds: less than the desk takes. */
const BATCH_LINES = 1000
const BATCH_CHARACTERS = 500_000
/** So many codes are shown to people. */
const SHOWN = 20

/** What an export of ours says of a link; the word of another shortener may mean anything. */
const STATUSES: readonly string[] = LinkOutlineSchema.entries.status.pipe[0].options

type Entry = { line: number; code: string; json: string }
/** What was read so far, and how much of it the progress was told. */
type Read = { bytes: number; links: number; told: { bytes: number; links: number } }
type Result = LinkBulk['results'][number]

/** Returns the exit code. */
export async function importLinks(
  world: World,
  file: string,
  options: ImportOptions,
): Promise<number> {
  const desk = connect(world)
  if (!desk) return 1
  const list = new List(world, desk.client, file)
  try {
    return await list.take(options)
  } catch (cause) {
    list.breakOff()
    const where = cause instanceof UnreadableList ? `${file}:${cause.line}` : file
    const why = cause instanceof UnreadableList ? cause.message : whyOf(cause)
    world.output.error(`Cannot read "${where}": ${why}`)
    return 1
  }
}

class List {
  readonly #world: World
  readonly #client: DeskClient
  readonly #file: string
  readonly #path: string
  readonly #patiently: ReturnType<typeof patience>
  /** Lines at fault, and lines of links that lead nowhere any more: neither is sent. */
  readonly #faulty = new Set<number>()
  #leftOut = 0
  #progress: Progress | undefined

  constructor(world: World, client: DeskClient, file: string) {
    this.#world = world
    this.#client = client
    this.#file = file
    this.#path = resolve(world.folder, file)
    this.#patiently = patience(world)
  }

  async take({ skip, dryRun }: ImportOptions): Promise<number> {
    const before = await this.#look()
    const checked = await this.#check(before.size)
    if (checked === undefined) return 1
    const faults = this.#faulty.size
    const { output } = this.#world
    if (dryRun || (faults > 0 && !skip)) {
      const { exactOnly, ...counts } = checked
      const told = {
        ...counts,
        faulty: faults,
        left_out: this.#leftOut,
        imported: false,
        exact_only: exactOnly,
      }
      const advice = [
        skip
          ? 'Nothing was imported; without --dry-run the rest would be'
          : 'Nothing was imported; with --skip the rest would be',
      ]
      const folding = dryRun ? tellExactOnly(exactOnly) : []
      output.item(told, faults > 0 ? [...folding, ...advice] : folding, faults > 0)
      return faults > 0 ? 1 : 0
    }
    const now = await this.#look()
    if (now.size !== before.size || now.mtimeMs !== before.mtimeMs) {
      output.error(`Cannot import "${this.#file}": it has changed since it was checked`)
      return 1
    }
    return await this.#send(before.size)
  }

  /** The file cannot be read on: what was told so far must not hang in the air. */
  breakOff(): void {
    this.#progress?.end('Broken off')
  }

  #begin(size: number, title: string): Progress {
    const progress = this.#world.output.progress(size, title)
    this.#progress = {
      ...progress,
      end: (summary) => {
        this.#progress = undefined
        progress.end(summary)
      },
    }
    return this.#progress
  }

  #look = () => stat(this.#path)

  /**
   * The first pass: what would be new, what is there; `undefined` when the desk is not to be had.
   */
  async #check(
    size: number,
  ): Promise<{ new: number; unchanged: number; exactOnly: string[] } | undefined> {
    const progress = this.#begin(size, 'Checking')
    const counts = { new: 0, unchanged: 0 }
    const onHeader = ({ unknown }: Header): void => {
      if (unknown.length > 0)
        this.#world.output.line(`${this.#file}:1: not read: ${unknown.join(', ')}`)
    }
    const doubles = new Map<string, { line: number; url: string }>()
    const exactOnly = new Set<string>()
    const read = nothingRead()
    for await (const batch of inBatches(this.#entries(doubles, onHeader, read))) {
      const answer = await this.#ask(batch, true)
      if (!answer.ok) {
        progress.end('Nothing was imported')
        this.#world.output.error(answer.problem.detail)
        return undefined
      }
      for (const [entry, result] of paired(batch, answer.value.results)) {
        const receipt = result?.receipt
        if (!receipt) {
          this.#fault(entry.line, entry.code, [whyNot(result)])
          continue
        }
        counts[result.status === 201 ? 'new' : 'unchanged'] += 1
        if (receipt.alike) for (const code of [receipt.code, ...receipt.alike]) exactOnly.add(code)
      }
      step(progress, read)
    }
    const { links } = step(progress, read)
    if (links === 0) throw new UnreadableList(1, 'it has no links')
    const faults = this.#faulty.size
    progress.end(
      [
        `${links} ${links === 1 ? 'link' : 'links'} checked: ${counts.new} new, ${counts.unchanged} unchanged, ${faults} with faults`,
        ...(this.#leftOut > 0 ? [`${this.#leftOut} left out, which lead nowhere any more`] : []),
      ].join('; '),
    )
    for (const code of alikeAmong(doubles.keys())) exactOnly.add(code)
    return { ...counts, exactOnly: [...exactOnly].sort() }
  }

  /** The second pass. */
  async #send(size: number): Promise<number> {
    const { output } = this.#world
    const progress = this.#begin(size, 'Importing')
    const counts = { new: 0, unchanged: 0, failed: 0 }
    const exactOnly = new Set<string>()
    const done = (): string => `${counts.new} new, ${counts.unchanged} unchanged`
    const read = nothingRead()
    const entries = this.#entries(undefined, () => undefined, read)
    for await (const batch of inBatches(entries)) {
      const answer = await this.#ask(batch, false)
      if (!answer.ok) {
        progress.end(`${done()}; to go on, import the same again`)
        output.error(answer.problem.detail)
        return 1
      }
      for (const [entry, result] of paired(batch, answer.value.results)) {
        const receipt = result?.receipt
        if (!receipt) {
          counts.failed += 1
          this.#tell(entry.line, entry.code, [whyNot(result)])
          continue
        }
        counts[result.status === 201 ? 'new' : 'unchanged'] += 1
        if (receipt.alike) for (const code of [receipt.code, ...receipt.alike]) exactOnly.add(code)
      }
      step(progress, read)
    }
    step(progress, read)
    const faulty = this.#faulty.size
    progress.end(
      `${done()}${faulty > 0 ? `, ${faulty} skipped` : ''}${counts.failed > 0 ? `, ${counts.failed} failed` : ''}`,
    )
    const codes = [...exactOnly].sort()
    output.item(
      { ...counts, faulty, left_out: this.#leftOut, imported: true, exact_only: codes },
      tellExactOnly(codes),
      false,
    )
    return counts.failed > 0 ? 1 : 0
  }

  /**
   * Entries that can be sent. With `doubles`, which it fills, faults are looked for and told;
   * without, they are known.
   */
  async *#entries(
    doubles: Map<string, { line: number; url: string }> | undefined,
    onHeader: (header: Header) => void,
    read: Read,
  ): AsyncGenerator<Entry> {
    for await (const row of readLinkFile(this.#path, onHeader)) {
      const { line } = row
      read.links += 1
      read.bytes += row.bytes
      const { status, ...cells } = row.cells
      const known = status === undefined || STATUSES.includes(status)
      if (known && status !== undefined && status !== 'live') {
        if (doubles) this.#leftOut += 1
        continue
      }
      const { code = '', url = '', title, created, expires } = cells
      const link = defined({ code, url, title, created, expires })
      if (doubles) {
        const before = doubles.get(code)
        const faults = row.fault === undefined ? faultsOf(link) : [row.fault]
        if (!known) faults.push(`status is none of ${STATUSES.join(', ')}`)
        if (before && before.url !== url) faults.push(`code is that of line ${before.line} already`)
        if (faults.length > 0) {
          this.#fault(line, code, faults)
          continue
        }
        if (!before) doubles.set(code, { line, url })
      } else if (this.#faulty.has(line)) continue
      yield { line, code, json: JSON.stringify(link) }
    }
  }

  /** Fails when the desk could not answer for one of them: that says nothing of the link. */
  async #ask(batch: Entry[], check: boolean): Promise<Answer<LinkBulk>> {
    const lines = batch.map(({ json }) => `${json}\n`).join('')
    const answer = await this.#patiently(
      () => this.#client.inheritLinks(lines, check),
      ({ results }) => results.some(isPassing),
    )
    const problem = answer.ok ? answer.value.results.find(isPassing)?.problem : undefined
    return problem ? { ok: false, problem } : answer
  }

  #fault(line: number, code: string, faults: string[]): void {
    this.#faulty.add(line)
    this.#tell(line, code, faults)
  }

  #tell(line: number, code: string, faults: string[]): void {
    const lines = faults.map((fault) => `${this.#file}:${line}: ${fault}`)
    this.#world.output.item({ file: this.#file, line, code, faults }, lines, true)
  }
}

const nothingRead = (): Read => ({ bytes: 0, links: 0, told: { bytes: 0, links: 0 } })

function step(progress: Progress, read: Read): Read {
  progress.step(read.bytes - read.told.bytes, read.links - read.told.links)
  read.told = { bytes: read.bytes, links: read.links }
  return read
}

const inBatches = (entries: AsyncIterable<Entry>): AsyncIterable<Entry[]> =>
  batchesOf(entries, [BATCH_LINES, BATCH_CHARACTERS], ({ json }) => [1, json.length])

/** Whose host an address may be on only the desk knows. */
function faultsOf(link: { code: string; url: string }): string[] {
  const empty = (['code', 'url'] as const).filter((key) => link[key] === '')
  if (empty.length > 0) return empty.map((key) => `${key} is empty`)
  const parsed = v.safeParse(LinkLineSchema, link, { abortPipeEarly: true })
  return parsed.success ? [] : parsed.issues.map(({ message }) => message)
}

const paired = (batch: Entry[], results: Result[]): [Entry, Result | undefined][] =>
  batch.map((entry, index) => [entry, results[index]])

/** The faults of a link as the desk tells them, or the sentence. */
function whyNot(result: Result | undefined): string {
  const problem = result?.problem
  if (!problem) return 'the desk did not answer for this one'
  return problem.errors.length > 0
    ? problem.errors.map(({ detail }) => detail).join('; ')
    : problem.detail
}

function tellExactOnly(codes: string[]): string[] {
  if (codes.length === 0) return []
  const more = codes.length - SHOWN
  return [
    `${codes.length} codes differ from others only in case, and are answered only as they are written:`,
    `  ${codes.slice(0, SHOWN).join(' ')}${more > 0 ? ` and ${more} more, which --json names` : ''}`,
  ]
}

/** Those of the codes that differ from another only in case. */
function alikeAmong(codes: Iterable<string>): string[] {
  const first = new Map<string, string>()
  return [...codes].flatMap((code) => {
    const other = first.get(foldCode(code))
    if (other === undefined) first.set(foldCode(code), code)
    return other === undefined ? [] : [other, code]
  })
}
