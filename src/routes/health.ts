/**
 * `/healthz` reports the state of the desk to monitors. The report has counts and ages, and nothing
 * secret. The status is 503 while news waits too long, a key cannot be written, or an import is
 * running.
 */
import { Hono } from 'hono'
import { NO_STORE_HEADERS } from '../http/headers.ts'
import { buildProblemResponse } from '../http/problem.ts'
import { conformTo, HealthSchema } from '../model/responses.ts'
import { ROUTES } from '../model/urls.ts'
import { buildOutboxReport } from '../reader/outbox-report.ts'
import type { AppEnv } from '../serving/app-type.ts'

/** If news has waited in the outbox for longer than this, it is reported as late. */
const LATE_SECONDS = 120

export const health = new Hono<AppEnv>()

health.get(ROUTES.health, async (c) => {
  const { publication, reader } = c.var
  const overview = await reader.getHealth()
  if (!overview.ok) return buildProblemResponse(overview.failure, publication.siteUrl)
  await reader.applyOverview(overview.value)
  const report = buildOutboxReport(overview.value)
  const isLate = report.oldest_owed_seconds > LATE_SECONDS
  const outboxStatus = report.failing_keys > 0 ? 'failing' : isLate ? 'late' : 'ok'
  const status = report.importing ? 'importing' : outboxStatus
  return Response.json(conformTo(HealthSchema, { status, ...report }), {
    status: status === 'ok' ? 200 : 503,
    headers: NO_STORE_HEADERS,
  })
})
