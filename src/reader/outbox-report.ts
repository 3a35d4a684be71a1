/** Reports the outbox to monitors and editors, for `/healthz` and the API: counts and ages. */
import type { Overview } from '../desk/protocol.ts'
import { conformTo, OutboxSchema } from '../model/responses.ts'

/**
 * Returns counts and ages, and nothing about an article. `backlog` counts the low-priority rows of
 * bulk requests and sweeps. The age is that of the oldest row with normal priority.
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
