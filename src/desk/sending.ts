/**
 * How one row of the outbox is sent, what is sent again although it was sent, and what the log
 * hears of a failure.
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

/**
 * A document that readers miss although it was sent is sent again after this long, and not more
 * often.
 */
const RESEND_AFTER_MS = 2 * 60_000
const MAX_ERROR_LENGTH = 300

/**
 * Writes to KV what the row's target should hold now, or takes the sweep one page further. `state`:
 * the settings, or why the desk is closed. Throws when KV fails or the desk is closed: the row is
 * tried again.
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
 * Whether to send what a reader missed. KV may be late with what was sent; what it has `damaged` it
 * is not late with.
 */
export function shouldSend(
  ledger: Ledger,
  target: Target,
  { unchanged, damaged, now }: { unchanged: boolean; damaged: boolean; now: number },
): boolean {
  if (ledger.isQueued(target)) return false
  const sentAt = ledger.findDocument(target)?.sentAt ?? Number.NEGATIVE_INFINITY
  return !unchanged || damaged || getAge(sentAt, now) > RESEND_AFTER_MS
}

/**
 * Logs the first failure of a key and then every tenth. Returns the error's words; `undefined` when
 * nothing failed.
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

/** The words of an error, capped. */
export const formatError = (cause: unknown): string =>
  String(cause instanceof Error ? cause.message : cause)
    .replace(/\p{C}/gu, '?')
    .slice(0, MAX_ERROR_LENGTH)
