/**
 * Maintenance of the desk: reports the outbox, rebuilds the wire, wakes the desk after a change of
 * settings.
 */
import { Hono } from 'hono'
import { MAX_WAIT_SECONDS } from '../desk/protocol.ts'
import { describedBy, OpenSchema, RebuildingSchema } from '../model/answers.ts'
import { ROUTES } from '../model/urls.ts'
import { outboxReport } from '../reader/outbox-report.ts'
import type { App } from '../serving/app-type.ts'
import { badQuery, HEADERS, problem, refuseOtherMethods } from './requests.ts'

export const upkeep = new Hono<App>()

upkeep.get(ROUTES.apiOutbox, async (c) => {
  const { reader } = c.var
  const wait = parseWait(c.req.query('wait'))
  if (wait === null)
    return problem(
      c.var.publication,
      badQuery(
        'read the outbox',
        `wait is not a whole number of seconds from 1 to ${MAX_WAIT_SECONDS}`,
      ),
    )
  const owed = await reader.askDesk((desk) => desk.overview(wait * 1000))
  if (owed.ok) await reader.followDesk(owed.value)
  return owed.ok
    ? c.json(outboxReport(owed.value), 200, HEADERS)
    : problem(c.var.publication, owed.failure)
})

upkeep.post(ROUTES.apiRebuild, async (c) => {
  const { reader } = c.var
  const begun = await reader.askDesk((desk) => desk.rebuild(), 'rebuild the wire')
  if (!begun.ok) return problem(c.var.publication, begun.failure)
  reader.noteRebuild()
  return c.json(describedBy(RebuildingSchema, { rebuilding: true }), 202, HEADERS)
})

upkeep.post(ROUTES.apiWake, async (c) => {
  const woken = await c.var.reader.askDesk((desk) => desk.wake(), 'open the desk')
  if (!woken.ok) return problem(c.var.publication, woken.failure)
  return c.json(describedBy(OpenSchema, { open: true }), 200, HEADERS)
})

refuseOtherMethods(upkeep, {
  [ROUTES.apiOutbox]: ['GET'],
  [ROUTES.apiRebuild]: ['POST'],
  [ROUTES.apiWake]: ['POST'],
})

/** Returns seconds: 0 when absent, `null` when invalid. */
function parseWait(wait: string | undefined): number | null {
  if (wait === undefined) return 0
  const seconds = /^\d{1,2}$/.test(wait) ? Number(wait) : 0
  return seconds >= 1 && seconds <= MAX_WAIT_SECONDS ? seconds : null
}
