/** For monitors: is anything owed to the world for too long? Nothing secret: counts and ages only. */
import { Hono } from 'hono'
import { describedBy, HealthSchema } from '../answer.ts'
import type { Overview } from '../desk/overview.ts'
import { fail } from '../failure.ts'
import { problemResponse } from '../http/problem.ts'
import { ROUTES } from '../urls.ts'
import { type App, desk, followRebuild, HEALTH_KEY } from './context.ts'
import { outboxReport } from './receipt.ts'

/** Something owed for longer than this is a fault that a person should look at. */
const LATE_SECONDS = 120

export const health = new Hono<App>()

health.get(ROUTES.health, async (c) => {
  const { publication, shield } = c.var
  const asked = await shield
    .ask<Overview>(HEALTH_KEY, 'health', c.env.MISS_LIMIT, async () => ({
      answer: await desk(c).overview(),
      bytes: 100,
    }))
    .catch(() => fail({ reason: 'unavailable', retryAfterSeconds: 30 }))
  if (!asked.ok) return problemResponse(asked.failure, publication.siteUrl)
  followRebuild(c, asked.value)
  const report = outboxReport(asked.value)
  const late = report.oldest_owed_seconds > LATE_SECONDS
  const trouble = report.failing_keys > 0 ? 'failing' : late ? 'late' : 'ok'
  const status = report.importing ? 'importing' : trouble
  return Response.json(describedBy(HealthSchema, { status, ...report }), {
    status: status === 'ok' ? 200 : 503,
    headers: { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' },
  })
})
