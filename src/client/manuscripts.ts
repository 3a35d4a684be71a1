/**
 * Reads manuscripts from files: one in a file, or one on each line of a collection.
 *
 * Manuscripts are parsed only as far as sending requires. `check` and the desk validate them fully.
 * `files.ts` finds the files, and `publishing.ts` sends the manuscripts.
 */
import { createReadStream, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ParseResult } from '../manuscript/front-matter.ts'
import { EMPTY_REPORT, prepareLine, prepareManuscript } from '../manuscript/prepare.ts'
import {
  getIdFromFileName,
  MAX_MANUSCRIPT_BYTES,
  type ManuscriptType,
  parseManuscriptBytes,
} from '../manuscript/read.ts'
import { listNewArticleFaults } from '../model/draft-faults.ts'
import type { Fault } from '../model/failures.ts'
import { formatFailure } from '../model/failures.ts'
import { ID_GRAMMAR } from '../model/urls.ts'
import { omitUndefined } from '../text/json.ts'
import { isBlankLine, LINE_FEED, type NdjsonLine } from '../text/ndjson.ts'
import { isCollection, type ManuscriptFile } from './files.ts'
import { digestManuscript, type JournalEntry } from './sent-journal.ts'

/**
 * One manuscript to be sent. `name` is the file, or the file and line, as messages show it. `bytes`
 * is the size of the manuscript in the file.
 */
export type Manuscript = {
  name: string
  id: string
  bytes: number
  journalEntry: JournalEntry
  /** The manuscript as one line of JSON, or why it cannot be sent. */
  line: { ok: true; json: Uint8Array } | { ok: false; faults: string[] }
  /**
   * Finds the faults of the text and its keys. With `now`, in seconds, also finds what a desk
   * without articles would refuse at that time. Each fault names its line.
   */
  check: (now?: number) => CheckResult
}

/**
 * `faults` are messages with file and line. `removed` and `warnings` are what the receipt of the
 * desk would report. `published` is in seconds.
 */
export type CheckResult = {
  faults: string[]
  removed: string[]
  warnings: string[]
  code?: string
  published?: number
}

/**
 * Stand-ins for the settings of the desk, which are not available here. Any host is allowed in a
 * canonical URL, and the addresses of the site have hosts that cannot exist.
 */
const OFFLINE_SETTINGS = {
  language: 'en',
  siteUrl: 'https://site.invalid',
  shortUrl: 'https://short.invalid',
}

/**
 * Yields every manuscript of the files, in order. Reads one at a time, so memory is bounded by the
 * longest one.
 */
export async function* readManuscripts(files: ManuscriptFile[]): AsyncGenerator<Manuscript> {
  for (const file of files) {
    if (isCollection(file)) yield* readCollection(file)
    else yield parseManuscriptFile(file, await readFile(file.path))
  }
}

const getManuscriptType = (file: ManuscriptFile): ManuscriptType =>
  /\.json$/i.test(file.path) ? 'application/json' : 'text/markdown'

function parseManuscriptFile(file: ManuscriptFile, bytes: Uint8Array): Manuscript {
  const parsed = parseManuscriptBytes(bytes, getManuscriptType(file))
  const { name } = file
  const explicitId = parsed.ok ? parsed.value['id'] : undefined
  const id = typeof explicitId === 'string' ? explicitId : getIdFromFileName(name)
  const faults = parsed.ok ? findFileFaults(file, id, parsed) : [`${name}:1: ${parsed.why}`]
  return {
    name,
    id,
    bytes: file.bytes,
    journalEntry: { path: file.path, digest: digestManuscript(bytes) },
    line:
      parsed.ok && faults.length === 0
        ? { ok: true, json: new TextEncoder().encode(JSON.stringify({ ...parsed.value, id })) }
        : { ok: false, faults },
    check: (now) =>
      faults.length > 0
        ? { faults, ...EMPTY_REPORT }
        : buildCheckResult(
            name,
            prepareManuscript(bytes, getManuscriptType(file), id, OFFLINE_SETTINGS),
            1,
            now,
          ),
  }
}

/**
 * Checks what the desk cannot: that an id taken from the file name is valid, and that the image
 * file next to the manuscript exists and has the stated length.
 */
function findFileFaults(
  file: ManuscriptFile,
  id: string,
  { value, locate }: Extract<ParseResult, { ok: true }>,
): string[] {
  // Without this, the id from the file name would replace such a value.
  if (value['id'] !== undefined && typeof value['id'] !== 'string')
    return [formatFault(file.name, locate({ detail: 'id is not text', pointer: '/id' }))]
  if (value['id'] === undefined && !ID_GRAMMAR.test(id))
    return [
      `${file.name}:1: id "${id}" comes from the file name and is not valid; use a-z, 0-9 and -`,
    ]
  return findImageFaults(file, value['image']).map((fault) => formatFault(file.name, locate(fault)))
}

/** `firstLine` is the line of the file on which the manuscript begins. */
function buildCheckResult(
  name: string,
  prepared: ReturnType<typeof prepareManuscript>,
  firstLine: number,
  now: number | undefined,
): CheckResult {
  if (prepared.ok) {
    const { draft, removed, warnings, locate } = prepared.value
    const { code, published } = draft
    const faults = now === undefined ? [] : listNewArticleFaults(draft, now).map(locate)
    return {
      faults: faults.map((fault) => formatFault(name, fault, firstLine)),
      removed,
      warnings,
      ...omitUndefined({ code, published }),
    }
  }
  const { failure } = prepared
  if (failure.reason === 'invalid') {
    const faults = failure.faults.map((fault) => formatFault(name, fault, firstLine))
    return { faults, ...EMPTY_REPORT }
  }
  const message = failure.reason === 'unparsable' ? failure.why : formatFailure(failure)
  return { faults: [`${name}:${firstLine}: ${message}`], ...EMPTY_REPORT }
}

const formatFault = (name: string, fault: Fault, firstLine = 1): string =>
  `${name}:${fault.line ?? firstLine}: ${fault.detail}`

/**
 * Checks that an image under `/media/` exists next to the manuscript, and that it has the size that
 * the manuscript states. Feeds print this size as the length of an enclosure.
 */
function findImageFaults(file: ManuscriptFile, image: unknown): Fault[] {
  if (typeof image !== 'object' || image === null || !('url' in image)) return []
  const { url } = image
  if (typeof url !== 'string' || !url.startsWith('/media/')) return []
  const size = statSync(join(dirname(file.path), url), { throwIfNoEntry: false })?.size
  if (size === undefined)
    return [
      { detail: `image url is "${url}", but this file does not exist`, pointer: '/image/url' },
    ]
  const length = 'length' in image ? image.length : undefined
  if (typeof length !== 'number' || length === size) return []
  return [
    {
      detail: `image length is ${length}, but the file has ${size} bytes`,
      pointer: '/image/length',
    },
  ]
}

/** Yields one manuscript for each line. Lines are sent unchanged, and the desk validates them. */
async function* readCollection(file: ManuscriptFile): AsyncGenerator<Manuscript> {
  for await (const { number, bytes } of readLines(file.path)) {
    const name = `${file.name}:${number}`
    const id = findLineId(bytes)
    yield {
      name,
      id: id ?? '',
      bytes: bytes.length + 1,
      journalEntry: { path: file.path, id: id ?? String(number), digest: digestManuscript(bytes) },
      line: { ok: true, json: bytes },
      check: (now) =>
        buildCheckResult(file.name, prepareLine({ number, bytes }, OFFLINE_SETTINGS), number, now),
    }
  }
}

function findLineId(bytes: Uint8Array): string | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof value !== 'object' || value === null || !('id' in value)) return undefined
    return typeof value.id === 'string' ? value.id : undefined
  } catch {
    return undefined
  }
}

/**
 * Yields the lines that are not blank. To limit memory, a line is truncated one byte above the size
 * limit of a manuscript, so that the desk still refuses it as too large.
 */
async function* readLines(path: string): AsyncGenerator<NdjsonLine> {
  let number = 1
  let parts: Uint8Array[] = []
  let length = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    let rest: Buffer = chunk
    for (let end = rest.indexOf(LINE_FEED); end !== -1; end = rest.indexOf(LINE_FEED)) {
      addPart(rest.subarray(0, end))
      const bytes = Buffer.concat(parts)
      if (!isBlankLine(bytes)) yield { number, bytes }
      number += 1
      parts = []
      length = 0
      rest = rest.subarray(end + 1)
    }
    addPart(rest)
  }
  const bytes = Buffer.concat(parts)
  if (!isBlankLine(bytes)) yield { number, bytes }

  function addPart(part: Buffer): void {
    const usedPart = part.subarray(0, Math.max(0, MAX_MANUSCRIPT_BYTES + 1 - length))
    if (usedPart.length > 0) parts.push(usedPart)
    length += usedPart.length
  }
}
