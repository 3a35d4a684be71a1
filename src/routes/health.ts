/**
 * For monitors: is anything owed to the world for too long? Nothing secret: counts and ages only.
 */
import { Hono } from 'hono'
import { NOT_STORED } from '../http/headers.ts'
import { problemResponse } from '../http/problem.ts'
import { describedBy, HealthSchema } from '../model/answers.ts'
import { ROUTES } from '../model/urls.ts'
import { outboxReport } from '../reader/outbox-report.ts'
import type { App } from '../serving/app-type.ts'

/** Something owed for longer than this is a fault that a person should look at. */
const LATE_SECONDS = 120

export const health = new Hono<App>()

health.get(ROUTES.health, async (c) => {
  const { publication, reader } = c.var
  const asked = await reader.health()
  if (!asked.ok) return problemResponse(asked.failure, publication.siteUrl)
  await reader.followDesk(asked.value)
  const report = outboxReport(asked.value)
  const late = report.oldest_owed_seconds > LATE_SECONDS
  const trouble = report.failing_keys > 0 ? 'failing' : late ? 'late' : 'ok'
  const status = report.importing ? 'importing' : trouble
  return Response.json(describedBy(HealthSchema, { status, ...report }), {
    status: status === 'ok' ? 200 : 503,
    headers: NOT_STORED,
  })
})
