/**
 * What stands in the files that a writer names: one manuscript a file, or one a line. Read as far
 * as sending needs it.
 */
import { createReadStream, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Read } from '../manuscript/front-matter.ts'
import { prepareLine, prepareManuscript } from '../manuscript/prepare.ts'
import {
  idOfFile,
  MAX_BODY_BYTES,
  type ManuscriptType,
  readManuscript,
} from '../manuscript/read.ts'
import type { Fault } from '../model/failures.ts'
import { sentence } from '../model/failures.ts'
import { ID_GRAMMAR } from '../model/urls.ts'
import { defined } from '../text/json.ts'
import { isBlank, LINE_FEED, type Line } from '../text/ndjson.ts'
import { isCollection, type ManuscriptFile } from './files.ts'
import { digestOfManuscript, type Entry } from './seen.ts'

/**
 * One manuscript on its way. `name` is what messages call it: a file, or a line of one. `bytes`: of
 * its file.
 */
export type Manuscript = {
  name: string
  id: string
  bytes: number
  entry: Entry
  /** The manuscript as one line of JSON, or why it cannot be sent. */
  line: { ok: true; json: Uint8Array } | { ok: false; faults: string[] }
  /** Everything that can be found wrong with it without a desk, each with its line. */
  check: () => Checked
}

/** `published` is in seconds. */
export type Checked = { faults: string[]; code?: string; published?: number }

/**
 * Offline there are no settings: any host may be a canonical's. The site's own address is nobody's.
 */
const OFFLINE = {
  language: 'en',
  siteUrl: 'https://site.invalid',
  shortUrl: 'https://short.invalid',
}

/** Every manuscript of the files, in order. Memory is bounded by the longest of them. */
export async function* readManuscripts(files: ManuscriptFile[]): AsyncGenerator<Manuscript> {
  for (const file of files) {
    if (isCollection(file)) yield* readCollection(file)
    else yield readOne(file, await readFile(file.path))
  }
}

const typeOf = (file: ManuscriptFile): ManuscriptType =>
  /\.json$/i.test(file.path) ? 'application/json' : 'text/markdown'

function readOne(file: ManuscriptFile, bytes: Uint8Array): Manuscript {
  const read = readManuscript(bytes, typeOf(file))
  const { name } = file
  const said = read.ok ? read.value['id'] : undefined
  const id = typeof said === 'string' ? said : idOfFile(name)
  const faults = read.ok ? earlyFaults(file, id, read) : [`${name}:1: ${read.why}`]
  return {
    name,
    id,
    bytes: file.bytes,
    entry: { path: file.path, digest: digestOfManuscript(bytes) },
    line:
      read.ok && faults.length === 0
        ? { ok: true, json: new TextEncoder().encode(JSON.stringify({ ...read.value, id })) }
        : { ok: false, faults },
    check: () =>
      faults.length > 0
        ? { faults }
        : checkedAs(name, prepareManuscript(bytes, typeOf(file), id, OFFLINE), 1),
  }
}

/**
 * What the desk could not find: an id that comes from a file name, a picture that lies beside the
 * file.
 */
function earlyFaults(
  file: ManuscriptFile,
  id: string,
  { value, locate }: Extract<Read, { ok: true }>,
): string[] {
  if (value['id'] === undefined && !ID_GRAMMAR.test(id))
    return [`${file.name}:1: id "${id}", made of the file name, is not of a-z, 0-9 and -`]
  return mediaFaults(file, value['image']).map((fault) => lineOf(file.name, locate(fault)))
}

/** `first`: the line of its file at which the manuscript begins, or of which it is the whole. */
function checkedAs(
  name: string,
  prepared: ReturnType<typeof prepareManuscript>,
  first: number,
): Checked {
  if (prepared.ok) {
    const { code, published } = prepared.value.draft
    return defined({ faults: [], code, published })
  }
  const { failure } = prepared
  if (failure.reason === 'invalid')
    return { faults: failure.faults.map((fault) => lineOf(name, fault, first)) }
  const why = failure.reason === 'unparsable' ? failure.why : sentence(failure)
  return { faults: [`${name}:${first}: ${why}`] }
}

const lineOf = (name: string, fault: Fault, first = 1): string =>
  `${name}:${fault.line ?? first}: ${fault.detail}`

/** A picture beside the manuscript must be there, and be as large as it says (rule R-27). */
function mediaFaults(file: ManuscriptFile, image: unknown): Fault[] {
  if (typeof image !== 'object' || image === null || !('url' in image)) return []
  const { url } = image
  if (typeof url !== 'string' || !url.startsWith('/media/')) return []
  const size = statSync(join(dirname(file.path), url), { throwIfNoEntry: false })?.size
  if (size === undefined)
    return [{ detail: `image url names "${url}", which is not there`, pointer: '/image/url' }]
  const length = 'length' in image ? image.length : undefined
  if (typeof length !== 'number' || length === size) return []
  return [
    {
      detail: `image length is ${length}, but the file has ${size} bytes`,
      pointer: '/image/length',
    },
  ]
}

/** One manuscript a line. The line is sent as it stands; who reads it strictly is the desk. */
async function* readCollection(file: ManuscriptFile): AsyncGenerator<Manuscript> {
  for await (const { number, bytes } of linesOfFile(file.path)) {
    const name = `${file.name}:${number}`
    const id = idOfLine(bytes)
    yield {
      name,
      id: id ?? '',
      bytes: bytes.length + 1,
      entry: { path: file.path, id: id ?? String(number), digest: digestOfManuscript(bytes) },
      line: { ok: true, json: bytes },
      check: () => checkedAs(file.name, prepareLine({ number, bytes }, OFFLINE), number),
    }
  }
}

function idOfLine(bytes: Uint8Array): string | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof value !== 'object' || value === null || !('id' in value)) return undefined
    return typeof value.id === 'string' ? value.id : undefined
  } catch {
    return undefined
  }
}

/**
 * Lines that hold something, with bounded memory: of one longer than a manuscript may be, only so
 * much is kept.
 */
async function* linesOfFile(path: string): AsyncGenerator<Line> {
  let number = 1
  let held: Uint8Array[] = []
  let length = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    let rest: Buffer = chunk
    for (let end = rest.indexOf(LINE_FEED); end !== -1; end = rest.indexOf(LINE_FEED)) {
      keep(rest.subarray(0, end))
      const bytes = Buffer.concat(held)
      if (!isBlank(bytes)) yield { number, bytes }
      number += 1
      held = []
      length = 0
      rest = rest.subarray(end + 1)
    }
    keep(rest)
  }
  const bytes = Buffer.concat(held)
  if (!isBlank(bytes)) yield { number, bytes }

  function keep(part: Buffer): void {
    const wanted = part.subarray(0, Math.max(0, MAX_BODY_BYTES + 1 - length))
    if (wanted.length > 0) held.push(wanted)
    length += wanted.length
  }
}
