/** For monitors: is anything owed to the world for too long? Nothing secret: counts and ages only. */
import { type Context, Hono } from 'hono'
import type { Overview } from '../desk/protocol.ts'
import { problemResponse } from '../http/problem.ts'
import { describedBy, HealthSchema } from '../model/answers.ts'
import { fail, type Result } from '../model/failures.ts'
import { ROUTES } from '../model/urls.ts'
import { type App, desk, followDesk, HEALTH_KEY } from '../reader/context.ts'
import { outboxReport } from '../reader/outbox-report.ts'
import { failureOf, machineFailure } from '../reader/trouble.ts'

/** Something owed for longer than this is a fault that a person should look at. */
const LATE_SECONDS = 120

export const health = new Hono<App>()

health.get(ROUTES.health, async (c) => {
  const { publication, shield } = c.var
  const asked = await shield
    .ask<Overview>(HEALTH_KEY, 'health', async () => ({
      answer: await wellBeing(c),
      bytes: 100,
    }))
    .catch(async (cause) => fail(await failureOf(c.env, 'open the desk', cause)))
  if (!asked.ok) return problemResponse(asked.failure, publication.siteUrl)
  await followDesk(c, asked.value)
  const report = outboxReport(asked.value)
  const late = report.oldest_owed_seconds > LATE_SECONDS
  const trouble = report.failing_keys > 0 ? 'failing' : late ? 'late' : 'ok'
  const status = report.importing ? 'importing' : trouble
  return Response.json(describedBy(HealthSchema, { status, ...report }), {
    status: status === 'ok' ? 200 : 503,
    headers: { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' },
  })
})

/** A desk that has nothing to write yet does not know that its disk is full: the machine does. */
async function wellBeing(c: Context<App>): Promise<Result<Overview>> {
  const overview = await desk(c).overview()
  const trouble = overview.ok ? await machineFailure(c.env, 'write') : undefined
  return trouble ? fail(trouble) : overview
}
