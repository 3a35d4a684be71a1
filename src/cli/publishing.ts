/** Reads manuscripts from disk, checks them offline, and hands them to a desk one after another. */
import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Fault } from '../failure.ts'
import { sentence } from '../failure.ts'
import { idOfFile, type ManuscriptType, type Prepared, prepareManuscript } from '../manuscript.ts'
import { ID_GRAMMAR } from '../urls.ts'
import type { DeskClient, Problem, Receipt } from './client.ts'
import type { ManuscriptFile } from './files.ts'
import { digestOfFile, type Seen } from './seen.ts'

/** What became of one file. `lines` are for people: `articles/x.md:7: title is empty`. */
export type Done =
  | {
      file: string
      id: string
      state: 'published' | 'changed' | 'unchanged'
      receipt: Receipt
      lines: string[]
    }
  | { file: string; id: string; state: 'skipped' | 'would publish'; lines: string[] }
  | { file: string; id: string; state: 'failed'; lines: string[] }

/** Offline there are no settings: any host may be a canonical's. The site's own address is nobody's. */
const OFFLINE = {
  language: 'en',
  siteUrl: 'https://site.invalid',
  shortUrl: 'https://short.invalid',
}

const typeOf = (file: string): ManuscriptType =>
  /\.json$/i.test(file) ? 'application/json' : 'text/markdown'

/** Checks files without a desk. `faults` is empty for a good one. */
export function checkFile(file: ManuscriptFile): {
  id: string
  prepared?: Prepared
  lines: string[]
} {
  const bytes = readFileSync(file.path)
  const id = idOf(file, bytes)
  if (!ID_GRAMMAR.test(id)) {
    return {
      id,
      lines: [`${file.name}:1: id "${id}", made of the file name, is not of a-z, 0-9 and -`],
    }
  }
  const prepared = prepareManuscript(bytes, typeOf(file.path), id, OFFLINE)
  if (prepared.ok) {
    const faults = mediaFaults(file, prepared.value).map(prepared.value.locate)
    return { id, prepared: prepared.value, lines: faults.map((fault) => lineOf(file, fault)) }
  }
  const { failure } = prepared
  if (failure.reason === 'invalid')
    return { id, lines: failure.faults.map((fault) => lineOf(file, fault)) }
  return {
    id,
    lines: [`${file.name}:1: ${failure.reason === 'unparsable' ? failure.why : sentence(failure)}`],
  }
}

const lineOf = (file: ManuscriptFile, fault: Fault): string =>
  `${file.name}:${fault.line ?? 1}: ${fault.detail}`

/** Front matter may name the id; the desk then wants the address to say the same. */
function idOf(file: ManuscriptFile, bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes)
  const said =
    typeOf(file.path) === 'application/json'
      ? /"id"\s*:\s*"([^"]*)"/.exec(text)?.[1]
      : /^---\n(?:.*\n)*?id:[ \t]*["']?([^\s"'#]+)/.exec(text.split('\n---')[0] ?? '')?.[1]
  return said ?? idOfFile(file.name)
}

/** A picture beside the manuscript must be there, and be as large as it says (RULES R-27). */
function mediaFaults(file: ManuscriptFile, { draft }: Prepared): Fault[] {
  const image = draft.story.image
  if (!image?.url.startsWith('/media/')) return []
  const path = join(dirname(file.path), image.url)
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size === undefined)
    return [{ detail: `image url names "${image.url}", which is not there`, pointer: '/image/url' }]
  if (image.length !== undefined && image.length !== size) {
    return [
      {
        detail: `image length is ${image.length}, but the file has ${size} bytes`,
        pointer: '/image/length',
      },
    ]
  }
  return []
}

/** Publishes what changed since `seen`; a file that fails does not stop the rest. */
export async function* publishFiles(
  client: DeskClient,
  files: ManuscriptFile[],
  options: { seen?: Seen; dryRun: boolean },
): AsyncGenerator<Done> {
  for (const file of files) {
    const bytes = new Uint8Array(readFileSync(file.path))
    const digest = digestOfFile(bytes)
    if (options.seen?.has(file.path, digest)) {
      yield {
        file: file.name,
        id: idOfFile(file.name),
        state: 'skipped',
        lines: [`${file.name}: not changed`],
      }
      continue
    }
    const { id, lines } = checkFile(file)
    if (lines.length > 0) yield { file: file.name, id, state: 'failed', lines }
    else if (options.dryRun)
      yield {
        file: file.name,
        id,
        state: 'would publish',
        lines: [`${file.name}: would publish "${id}"`],
      }
    else yield await publishOne(client, file, id, bytes, digest, options.seen)
  }
}

async function publishOne(
  client: DeskClient,
  file: ManuscriptFile,
  id: string,
  bytes: Uint8Array<ArrayBuffer>,
  digest: string,
  seen: Seen | undefined,
): Promise<Done> {
  const answer = await client.publish(id, typeOf(file.path), bytes)
  if (!answer.ok)
    return { file: file.name, id, state: 'failed', lines: problemLines(file.name, answer.problem) }
  seen?.add(file.path, digest)
  const receipt = answer.value
  const state = answer.status === 201 ? 'published' : receipt.changed ? 'changed' : 'unchanged'
  const removed = receipt.removed.map((what) => `${file.name}: removed ${what}`)
  return {
    file: file.name,
    id,
    state,
    receipt,
    lines: [`${file.name}: ${state}, ${receipt.short_url}`, ...removed],
  }
}

const problemLines = (name: string, problem: Problem): string[] =>
  problem.errors.length > 0
    ? problem.errors.map(({ detail }) => `${name}: ${detail}`)
    : [`${name}: ${problem.detail}`]
