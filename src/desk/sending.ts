/**
 * Sends one outbox row to KV, decides when a document is sent again, and logs failed writes. The
 * drain (`drain.ts`) decides when a row is sent.
 */
import type { Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { getAge } from '../text/time.ts'
import { listTargets, writeContent } from '../wire/store.ts'
import type { Target } from '../wire/targets.ts'
import { renderTarget } from './documents/rendering.ts'
import type { Delivery, OutboxRow } from './drain.ts'
import type { Ledger } from './ledger/ledger.ts'
import { advanceSweep, SWEEP_TARGET } from './sweep.ts'

/** A document that was sent but is missing from KV is sent again at most once in this time. */
const RESEND_AFTER_MS = 2 * 60_000
const MAX_ERROR_LENGTH = 300

/**
 * Writes the current content of the row's target to KV, or advances the sweep by one page. Throws
 * when KV fails or `getPublication` reports that the desk is closed; the row is then retried.
 */
export async function deliver(
  row: OutboxRow,
  ledger: Ledger,
  getPublication: () => Result<Publication>,
  wire: KVNamespace,
  now: () => number,
): Promise<Delivery> {
  if (row.target === SWEEP_TARGET) {
    const isFinished = await advanceSweep(ledger, now, (cursor) => listTargets(wire, cursor))
    return isFinished ? { done: true } : { done: false, due: now() }
  }
  const publication = getPublication()
  if (!publication.ok) throw new Error('the desk is not open')
  const rendering = renderTarget(ledger, publication.value, row.target, now(), false)
  if (rendering.kind === 'too-early') return { done: false, due: rendering.due }
  if (rendering.wasSent) return { done: true }
  await writeContent(wire, row.target, rendering.content)
  if (rendering.fingerprint !== undefined) ledger.markSent(row, rendering.fingerprint, now())
  return { done: true }
}

/**
 * Returns whether to send a document that a reader did not find in KV. KV may take a while to
 * return a document that was sent, so it is sent again only after some time. A damaged value is
 * replaced at once.
 */
export function shouldSend(
  ledger: Ledger,
  target: Target,
  { wasSent, isDamaged, now }: { wasSent: boolean; isDamaged: boolean; now: number },
): boolean {
  if (ledger.isQueued(target)) return false
  const sentAt = ledger.findDocument(target)?.sentAt ?? Number.NEGATIVE_INFINITY
  return !wasSent || isDamaged || getAge(sentAt, now) > RESEND_AFTER_MS
}

/**
 * Logs the first failure of a key and then every tenth one. Returns the text of the error, or
 * `undefined` when nothing failed.
 */
export function logFailedWrite(
  { target, attempts }: OutboxRow,
  cause: unknown,
): string | undefined {
  if (cause === undefined) return undefined
  const error = formatError(cause)
  if (attempts % 10 === 0)
    console.warn(
      JSON.stringify({ event: 'outbox.write.failed', target, attempts: attempts + 1, error }),
    )
  return error
}

/** Returns the message of an error, shortened and without control characters. */
export const formatError = (cause: unknown): string =>
  String(cause instanceof Error ? cause.message : cause)
    .replace(/\p{C}/gu, '?')
    .slice(0, MAX_ERROR_LENGTH)
