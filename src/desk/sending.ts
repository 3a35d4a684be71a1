/** What is sent again although it was sent, and what the log hears of a key that cannot be written. */
import type { Target } from '../wire.ts'
import type { Ledger } from './ledger.ts'
import type { OutboxRow } from './outbox.ts'

/** A document that readers miss although it was sent is sent again after this long, and not more often. */
const RESEND_AFTER_MS = 2 * 60_000
const MAX_ERROR_LENGTH = 300

/** Whether to send what a reader missed. KV may be late with what was sent; what it has `damaged` it is not late with. */
export function worthSending(
  ledger: Ledger,
  target: Target,
  { unchanged, damaged, now }: { unchanged: boolean; damaged: boolean; now: number },
): boolean {
  if (ledger.isOwed(target)) return false
  const sentAt = ledger.document(target)?.sentAt
  const unsent = !unchanged || sentAt === undefined || sentAt === null
  return unsent || damaged || now - sentAt > RESEND_AFTER_MS
}

/** Tells of the first failure of a key and then of every tenth. */
export function tellFailedWrite({ target, attempts }: OutboxRow, error: string): void {
  if (attempts % 10 !== 0) return
  console.warn(
    JSON.stringify({ event: 'outbox.write.failed', target, attempts: attempts + 1, error }),
  )
}

/** The words of an error, capped. */
export const messageOf = (cause: unknown): string =>
  String(cause instanceof Error ? cause.message : cause)
    .replace(/\p{C}/gu, '?')
    .slice(0, MAX_ERROR_LENGTH)
