/** Builds the report on the outbox, with counts and ages, for `/healthz` and the API. */
import type { Overview } from '../desk/protocol.ts'
import { conformTo, OutboxSchema } from '../model/responses.ts'

/**
 * Builds the report. It identifies no article, because `/healthz` is public. `owed` counts all
 * rows, `backlog` the low-priority rows of bulk requests and sweeps. `oldest_owed_seconds` is the
 * age of the oldest row with normal priority.
 */
export function buildOutboxReport({
  rows,
  backlog,
  oldestSince,
  failing,
  now,
  sweeping,
  importing,
}: Overview) {
  return conformTo(OutboxSchema, {
    owed: rows,
    backlog,
    oldest_owed_seconds:
      oldestSince === null ? 0 : Math.max(0, Math.round((now - oldestSince) / 1000)),
    failing_keys: failing,
    rebuilding: sweeping,
    importing,
  })
}
