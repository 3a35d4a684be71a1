/**
 * `dateline links export`: the whole table of codes, in escrow: as CSV, which other shorteners and
 * `links import` read, as NDJSON, and with digests. Each file appears when all of them are whole.
 */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { DeskClient, Link } from '../client/client.ts'
import { patience } from '../client/patience.ts'
import { connect, type World } from './commands.ts'
import { whyOf } from './copying.ts'
import { GrowingFile } from './growing-file.ts'
import { COLUMNS, csvLine } from './link-file.ts'

const CSV = 'links.csv'
const NDJSON = 'links.ndjson'
const SUMS = 'SHA256SUMS'

/** Returns the exit code. */
export async function exportLinks(world: World, folder: string): Promise<number> {
  const desk = connect(world)
  if (!desk) return 1
  const path = resolve(world.folder, folder)
  const files: GrowingFile[] = []
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    for (const name of [CSV, NDJSON, SUMS]) files.push(await GrowingFile.open(join(path, name)))
    const [csv, ndjson, sums] = files
    if (!csv || !ndjson || !sums) return 1
    const told = await writeLinks(world, desk.client, csv, ndjson)
    if (!told.ok) {
      world.output.error(told.why)
      return 1
    }
    await sums.write([csv, ndjson].map((each) => each.sum()).join(''))
    // The digests come last: as long as they are old, they say that something is amiss.
    for (const file of files) await file.appear()
    world.output.item(
      { links: told.links, files: files.map(({ path: each }) => each) },
      [`${told.links} ${told.links === 1 ? 'link' : 'links'} exported to ${folder}`],
      false,
    )
    return 0
  } catch (cause) {
    world.output.error(`Cannot write to "${folder}": ${whyOf(cause)}`)
    return 1
  } finally {
    for (const file of files) await file.discard()
  }
}

type Written = { ok: true; links: number } | { ok: false; why: string }

async function writeLinks(
  world: World,
  client: DeskClient,
  csv: GrowingFile,
  ndjson: GrowingFile,
): Promise<Written> {
  const patiently = patience(world)
  await csv.write(csvLine(COLUMNS))
  let links = 0
  for (let next: string | undefined; ; ) {
    const page = next
    const answer = await patiently(() => client.listLinks(page))
    if (!answer.ok) return { ok: false, why: answer.problem.detail }
    const { links: found } = answer.value
    await csv.write(found.map(rowOf).join(''))
    await ndjson.write(found.map((link) => `${JSON.stringify(link)}\n`).join(''))
    links += found.length
    next = answer.value.next
    if (next === undefined) return { ok: true, links }
  }
}

const rowOf = (link: Link): string => csvLine(COLUMNS.map((column) => String(link[column] ?? '')))
