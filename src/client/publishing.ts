/**
 * Hands manuscripts to a desk, many in one request, and tells what became of each. While one
 * request is under way the next is made ready. What the desk acknowledged is remembered at once:
 * killed, it goes on where it was.
 */
import { batchesOf } from '../text/batches.ts'
import type { DeskClient, LineReceipt, Problem } from './client.ts'
import type { Manuscript } from './manuscripts.ts'
import { isPassing, patience } from './patience.ts'
import type { Seen } from './seen.ts'

/** What became of one manuscript. `lines` are for people: `articles/x.md:7: title is empty`. */
export type Done = { file: string; id: string; bytes: number; lines: string[] } & (
  | { state: 'published' | 'changed' | 'unchanged'; receipt: LineReceipt }
  | { state: 'skipped' | 'would publish' | 'failed' }
)
/** The desk is not to be had: nothing further is tried. */
export type Lost = { state: 'lost'; problem: Problem }

export type PublishOptions = {
  /** What the desk has taken already; absent: everything is sent. */
  seen?: Seen
  dryRun: boolean
  wait: (milliseconds: number) => Promise<void>
}

/**
 * Manuscripts in one request: enough that its costs do not count, few enough that progress is seen.
 */
const BATCH_LINES = 200
const BATCH_BYTES = 4 * 1024 * 1024
/** Answered without a request: so many are told at once. */
const BATCH_DONE = 1000

/**
 * Publishes what changed since `seen`; one that fails does not stop the rest. Ends after a `Lost`.
 */
export async function* publishManuscripts(
  client: DeskClient,
  manuscripts: AsyncIterable<Manuscript>,
  options: PublishOptions,
): AsyncGenerator<Done | Lost> {
  const connection = new Connection(client, options)
  let underWay: Promise<(Done | Lost)[]> | undefined
  const weigh = (one: Done | Manuscript): number[] =>
    isDone(one) || !one.line.ok ? [0, 0, 1] : [1, one.line.json.length, 1]
  const limits = [BATCH_LINES, BATCH_BYTES, BATCH_DONE]
  for await (const batch of batchesOf(checked(manuscripts, options), limits, weigh)) {
    if (underWay) {
      const told = await underWay
      yield* told
      if (told.some(({ state }) => state === 'lost')) return
    }
    underWay = connection.send(batch)
  }
  if (underWay) yield* await underWay
}

/** What is told already, and what the desk must be asked, in order. */
type Batch = (Done | Manuscript)[]

const isDone = (one: Done | Manuscript): one is Done => 'state' in one

/** Answers for manuscripts that need no request, and passes on the others. */
async function* checked(
  manuscripts: AsyncIterable<Manuscript>,
  { seen, dryRun }: PublishOptions,
): AsyncGenerator<Done | Manuscript> {
  for await (const manuscript of manuscripts) {
    const { name: file, id, line } = manuscript
    const told = { file, id, bytes: manuscript.bytes }
    if (seen?.has(manuscript.entry))
      yield { ...told, state: 'skipped', lines: [`${file}: not changed`] }
    else if (!line.ok) yield { ...told, state: 'failed', lines: line.faults }
    else yield dryRun ? tryOut(manuscript) : manuscript
  }
}

function tryOut({ name: file, id, bytes, check }: Manuscript): Done {
  const { faults } = check()
  return faults.length > 0
    ? { file, id, bytes, state: 'failed', lines: faults }
    : { file, id, bytes, state: 'would publish', lines: [`${file}: would publish "${id}"`] }
}

/** The connection to the desk. */
class Connection {
  readonly #client: DeskClient
  readonly #seen: Seen | undefined
  readonly #patiently: ReturnType<typeof patience>

  constructor(client: DeskClient, options: PublishOptions) {
    this.#client = client
    this.#seen = options.seen
    this.#patiently = patience(options)
  }

  async send(batch: Batch): Promise<(Done | Lost)[]> {
    const manuscripts = batch.flatMap((one) => (isDone(one) ? [] : [one]))
    if (manuscripts.length === 0) return batch.filter(isDone)
    const body = bodyOf(manuscripts)
    const answer = await this.#patiently(
      () => this.#client.publish(body),
      ({ results }) => results.some(isPassing),
    )
    if (!answer.ok) return [...batch.filter(isDone), { state: 'lost', problem: answer.problem }]
    const results = answer.value.results.values()
    const taken: Manuscript[] = []
    const told = batch.map((one) => {
      if (isDone(one)) return one
      const { value: result } = results.next()
      if (result?.receipt) taken.push(one)
      return doneOf(one, result)
    })
    this.#seen?.add(taken.map(({ entry }) => entry))
    return told
  }
}

const LINE_FEED = new Uint8Array([0x0a])

function bodyOf(manuscripts: Manuscript[]): Uint8Array<ArrayBuffer> {
  const parts = manuscripts.flatMap(({ line }) => (line.ok ? [line.json, LINE_FEED] : []))
  const body = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    body.set(part, offset)
    offset += part.length
  }
  return body
}

function doneOf(
  manuscript: Manuscript,
  result: { status: number; receipt?: LineReceipt; problem?: Problem } | undefined,
): Done {
  const { name: file, id, bytes } = manuscript
  const receipt = result?.receipt
  if (!receipt) {
    const lines = result?.problem
      ? refusal(manuscript, result.problem)
      : [`${file}: the desk did not answer for this one`]
    return { file, id, bytes, state: 'failed', lines }
  }
  const state = result.status === 201 ? 'published' : receipt.changed ? 'changed' : 'unchanged'
  const removed = receipt.removed.map((what) => `${file}: removed ${what}`)
  const warnings = (receipt.warnings ?? []).map((warning) => `${file}: warning: ${warning}`)
  return {
    file,
    id,
    bytes,
    state,
    receipt,
    lines: [`${file}: ${state}, ${receipt.short_url}`, ...removed, ...warnings],
  }
}

/**
 * The faults that can be found here too have their lines; the rest is told as the desk tells it.
 */
function refusal({ name, check }: Manuscript, problem: Problem): string[] {
  const { faults } = check()
  if (faults.length > 0) return faults
  const told = problem.errors.length > 0 ? problem.errors : [problem]
  return told.map(({ detail }) => `${name}: ${detail}`)
}
