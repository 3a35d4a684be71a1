/**
 * Sends manuscripts to a desk, many in one request, and yields an outcome for each.
 *
 * The next request is prepared while the desk processes the current one. Accepted manuscripts are
 * recorded in the journal at once, so a new run continues where a killed one stopped.
 */
import { splitIntoBatches } from '../text/batches.ts'
import type { DeskClient, LineReceipt, Problem } from './client.ts'
import type { Manuscript } from './manuscripts.ts'
import { createRetry, isTransient } from './retrying.ts'
import type { SentJournal } from './sent-journal.ts'

/** The outcome of one manuscript. `lines` are messages: `articles/x.md:7: title is empty`. */
export type ManuscriptOutcome = { file: string; id: string; bytes: number; lines: string[] } & (
  | { state: 'published' | 'changed' | 'unchanged'; receipt: LineReceipt }
  | { state: 'skipped' | 'would publish' | 'failed' }
)
/** A request to the desk failed even after its retries. Nothing is sent after it. */
export type ConnectionLost = { state: 'lost'; problem: Problem }

export type PublishOptions = {
  /**
   * Records the manuscripts that the desk has accepted. Without a journal, every manuscript is
   * sent.
   */
  journal?: SentJournal
  /** Checks manuscripts without sending them. */
  dryRun: boolean
  /** Waits before a retry. */
  wait: (milliseconds: number) => Promise<void>
}

/**
 * Limits of one request. It is large enough that the overhead does not matter, and small enough
 * that the user sees progress.
 */
const BATCH_LINES = 200
const BATCH_BYTES = 4 * 1024 * 1024
/** Limits a batch with many outcomes that need no request, so that they are reported soon. */
const BATCH_ITEMS = 1000

/**
 * Publishes the manuscripts that are not in the journal. A manuscript that fails does not stop the
 * others. Ends after a `ConnectionLost`.
 */
export async function* publishManuscripts(
  client: DeskClient,
  manuscripts: AsyncIterable<Manuscript>,
  options: PublishOptions,
): AsyncGenerator<ManuscriptOutcome | ConnectionLost> {
  const sender = new BatchSender(client, options)
  let pendingOutcomes: Promise<(ManuscriptOutcome | ConnectionLost)[]> | undefined
  const getWeights = (item: ManuscriptOutcome | Manuscript): number[] =>
    isOutcome(item) || !item.line.ok ? [0, 0, 1] : [1, item.line.json.length, 1]
  const limits = [BATCH_LINES, BATCH_BYTES, BATCH_ITEMS]
  for await (const batch of splitIntoBatches(
    resolveLocally(manuscripts, options),
    limits,
    getWeights,
  )) {
    if (pendingOutcomes) {
      const outcomes = await pendingOutcomes
      yield* outcomes
      if (outcomes.some(({ state }) => state === 'lost')) return
    }
    pendingOutcomes = sender.send(batch)
  }
  if (pendingOutcomes) yield* await pendingOutcomes
}

/** Outcomes that need no request, and manuscripts to be sent, in their original order. */
type PublishBatch = (ManuscriptOutcome | Manuscript)[]

const isOutcome = (item: ManuscriptOutcome | Manuscript): item is ManuscriptOutcome =>
  'state' in item

/**
 * Replaces manuscripts that need no request with their outcomes, and yields the others unchanged.
 */
async function* resolveLocally(
  manuscripts: AsyncIterable<Manuscript>,
  { journal, dryRun }: PublishOptions,
): AsyncGenerator<ManuscriptOutcome | Manuscript> {
  for await (const manuscript of manuscripts) {
    const { name: file, id, line } = manuscript
    const common = { file, id, bytes: manuscript.bytes }
    if (journal?.has(manuscript.journalEntry))
      yield { ...common, state: 'skipped', lines: [`${file}: not changed`] }
    else if (!line.ok) yield { ...common, state: 'failed', lines: line.faults }
    else yield dryRun ? getDryRunOutcome(manuscript) : manuscript
  }
}

function getDryRunOutcome({ name: file, id, bytes, check }: Manuscript): ManuscriptOutcome {
  const { faults, removed, warnings } = check()
  if (faults.length > 0) return { file, id, bytes, state: 'failed', lines: faults }
  const lines = [
    `${file}: would publish "${id}"`,
    ...removed.map((what) => `${file}: would remove ${what}`),
    ...warnings.map((warning) => `${file}: warning: ${warning}`),
  ]
  return { file, id, bytes, state: 'would publish', lines }
}

/** Sends batches to the desk and records accepted manuscripts in the journal. */
class BatchSender {
  readonly #client: DeskClient
  readonly #journal: SentJournal | undefined
  readonly #retry: ReturnType<typeof createRetry>

  constructor(client: DeskClient, options: PublishOptions) {
    this.#client = client
    this.#journal = options.journal
    this.#retry = createRetry(options)
  }

  async send(batch: PublishBatch): Promise<(ManuscriptOutcome | ConnectionLost)[]> {
    const manuscripts = batch.flatMap((item) => (isOutcome(item) ? [] : [item]))
    if (manuscripts.length === 0) return batch.filter(isOutcome)
    const requestBody = buildBody(manuscripts)
    const response = await this.#retry(
      () => this.#client.publish(requestBody),
      ({ results }) => results.some(isTransient),
    )
    if (!response.ok)
      return [...batch.filter(isOutcome), { state: 'lost', problem: response.problem }]
    const results = response.value.results.values()
    const accepted: Manuscript[] = []
    const outcomes = batch.map((item) => {
      if (isOutcome(item)) return item
      const { value: result } = results.next()
      if (result?.receipt) accepted.push(item)
      return buildOutcome(item, result)
    })
    this.#journal?.add(accepted.map(({ journalEntry }) => journalEntry))
    return outcomes
  }
}

const LINE_FEED = new Uint8Array([0x0a])

function buildBody(manuscripts: Manuscript[]): Uint8Array<ArrayBuffer> {
  const parts = manuscripts.flatMap(({ line }) => (line.ok ? [line.json, LINE_FEED] : []))
  const body = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    body.set(part, offset)
    offset += part.length
  }
  return body
}

function buildOutcome(
  manuscript: Manuscript,
  result: { status: number; receipt?: LineReceipt; problem?: Problem } | undefined,
): ManuscriptOutcome {
  const { name: file, id, bytes } = manuscript
  const receipt = result?.receipt
  if (!receipt) {
    const lines = result?.problem
      ? formatRejection(manuscript, result.problem)
      : [`${file}: the response of the desk has no result for this manuscript`]
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
 * Formats why the desk refused a manuscript. Faults that `check` finds are preferred, because they
 * name a line of the file.
 */
function formatRejection({ name, check }: Manuscript, problem: Problem): string[] {
  const { faults } = check()
  if (faults.length > 0) return faults
  const problems = problem.errors.length > 0 ? problem.errors : [problem]
  return problems.map(({ detail }) => `${name}: ${detail}`)
}
