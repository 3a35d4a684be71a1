/** `dateline export` and `dateline import`: a desk as a file of lines, and back, page by page. */
import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import * as v from 'valibot'
import type { DeskClient } from '../client/client.ts'
import { patience } from '../client/patience.ts'
import { connect, type World } from './commands.ts'
import { GrowingFile } from './growing-file.ts'
import { endsOf, firstLineOf, lastLineOf, pagesOf } from './lines.ts'
import type { Output, Progress } from './output.ts'

const CountsSchema = v.looseObject({ article: v.number() })
const HeaderSchema = v.object({
  record: v.literal('desk'),
  export: v.string(),
  counts: v.record(v.string(), v.number()),
})
const EndSchema = v.object({ record: v.literal('end'), lines: v.number(), counts: CountsSchema })

/** Names standard input and output where a file may be named. */
const STANDARD = '-'

/**
 * Writes the export to a file, which appears when it is whole, or to standard output. Standard
 * output then holds the lines and nothing else; on standard error a terminal is told how far it is.
 */
export async function exportDesk(
  world: World,
  file: string,
  { stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>,
): Promise<number> {
  if (file === STANDARD) {
    const told = stderr.isTTY ? world : { ...world, output: silenced(world.output) }
    stdout.on('error', () => undefined)
    const write = (text: string): Promise<void> =>
      new Promise((written, failed) =>
        stdout.write(text, (cause) => (cause ? failed(cause) : written())),
      )
    return (await writeExport(told, write)) ? 0 : 1
  }
  try {
    const growing = await GrowingFile.open(resolve(world.folder, file))
    try {
      if (!(await writeExport(world, (text) => growing.write(text)))) return 1
      await growing.appear()
      return 0
    } finally {
      await growing.discard()
    }
  } catch (cause) {
    world.output.error(`Cannot write "${file}": ${whyOf(cause)}`)
    return 1
  }
}

/** Nobody looks: only what fails is told. */
function silenced(output: Output): Output {
  const progress = (): Progress => ({ step: () => undefined, end: () => undefined })
  return { ...output, line: () => undefined, progress }
}

/** Returns whether all of it was written, the end record included; tells why not. */
async function writeExport(world: World, write: (text: string) => Promise<void>): Promise<boolean> {
  const desk = connect(world)
  if (!desk) return false
  let progress: Progress | undefined
  let lines = 0
  const breakOff = (why: string): false => {
    progress?.end(`Broken off after ${lines} lines`)
    world.output.error(why)
    return false
  }
  const patiently = patience(world)
  for (let next: string | undefined; ; ) {
    const page = next
    const answer = await patiently(() => desk.client.exportPage(page))
    if (!answer.ok) return breakOff(answer.problem.detail)
    const { text } = answer.value
    const bytes = Buffer.from(text)
    progress ??= world.output.progress(totalOf(firstLineOf(bytes)), 'Exporting')
    try {
      await write(text)
    } catch (cause) {
      return breakOff(`Cannot write the export: ${whyOf(cause)}`)
    }
    const count = text.split('\n').length - 1
    lines += count
    progress.step(count, count)
    next = answer.value.next
    if (next !== undefined) continue
    const end = read(EndSchema, lastLineOf(bytes))
    if (!end)
      return breakOff(`Cannot export from ${desk.client.url}: it ended without an end record`)
    progress.end(`${end.counts.article} articles exported, ${lines} lines`)
    return true
  }
}

/** Lines that an export will have, as far as its header can tell. */
function totalOf(line: string): number {
  const header = read(HeaderSchema, line)
  return Object.values(header?.counts ?? {}).reduce((sum, count) => sum + count, 2)
}

/**
 * Imports a file, or standard input, into the desk, which must be empty, or in the middle of an
 * import of the same export: it then goes on from there.
 */
export async function importDesk(
  world: World,
  file: string,
  stdin: AsyncIterable<Uint8Array<ArrayBuffer>>,
): Promise<number> {
  const failed = (why: string): number => {
    world.output.error(why)
    return 1
  }
  const desk = connect(world)
  if (!desk) return 1
  const path = resolve(world.folder, file)
  try {
    if (file !== STANDARD) {
      const { first, last } = await endsOf(path)
      if (!read(HeaderSchema, first)) return failed(noExport(file))
      if (!read(EndSchema, last)) return failed(cutOff(file))
    }
    const chunks = file === STANDARD ? stdin : createReadStream(path, { highWaterMark: 1 << 20 })
    return await sendPages(world, desk.client, file, chunks)
  } catch (cause) {
    return failed(`Cannot read "${file}": ${whyOf(cause)}`)
  }
}

async function sendPages(
  world: World,
  client: DeskClient,
  file: string,
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
): Promise<number> {
  let name = ''
  let known = 0
  let progress: Progress | undefined
  let lines = 0
  const breakOff = (why: string): number => {
    progress?.end(
      lines > 0
        ? `${lines} lines are imported; to go on, import the same again`
        : 'Nothing is imported',
    )
    world.output.error(why)
    return 1
  }
  const patiently = patience(world)
  for await (const page of pagesOf(chunks)) {
    if (page.line === 1) {
      const line = firstLineOf(page.bytes)
      const header = read(HeaderSchema, line)
      if (!header) return breakOff(noExport(file))
      const standing = await patiently(() => client.importStanding())
      if (!standing.ok) return breakOff(standing.problem.detail)
      name = header.export
      if (standing.value.export === name) {
        if (standing.value.state === 'done') {
          world.output.line(`The desk has imported "${file}" already`)
          return 0
        }
        known = standing.value.lines ?? 0
      }
      progress = world.output.progress(totalOf(line), 'Importing')
    }
    const last = page.line + page.count - 1
    if (last > known) {
      const answer = await patiently(() => client.importPage(name, page.line, page.bytes))
      if (!answer.ok) return breakOff(answer.problem.detail)
      if (answer.value.state === 'done') {
        const end = read(EndSchema, lastLineOf(page.bytes))
        progress?.end(`${end?.counts.article ?? 0} articles imported, ${last} lines`)
        return 0
      }
    }
    lines = last
    progress?.step(page.count, page.count)
  }
  return breakOff(cutOff(file))
}

const noExport = (file: string): string =>
  `Cannot import "${file}": its first line is not that of an export`
const cutOff = (file: string): string =>
  `Cannot import "${file}": it breaks off before its end record`

export async function abandonImport(world: World): Promise<number> {
  const desk = connect(world)
  if (!desk) return 1
  const answer = await desk.client.abandonImport()
  if (!answer.ok) {
    world.output.error(answer.problem.detail)
    return 1
  }
  world.output.line('The import is abandoned; the desk is empty and open')
  return 0
}

function read<TSchema extends v.GenericSchema>(
  schema: TSchema,
  line: string,
): v.InferOutput<TSchema> | undefined {
  try {
    return v.parse(schema, JSON.parse(line))
  } catch {
    return undefined
  }
}

/** Why a file could not be read or written, in a word. */
export function whyOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
  return code === 'ENOENT' ? 'there is no such file or folder' : code
}
