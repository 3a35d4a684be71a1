/** Reports the outbox to monitors and editors, for `/healthz` and the API: counts and ages. */
import type { Overview } from '../desk/protocol.ts'
import { conformTo, OutboxSchema } from '../model/responses.ts'

/**
 * What is owed to the world: counts and ages, nothing that tells of an article. `backlog` is the
 * part of what is owed that gives way to news: of bulk and of sweeps. The age is that of the oldest
 * news.
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
