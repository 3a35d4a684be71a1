/**
 * Routes for operators, who read the state of the outbox, rebuild the wire, and open the desk after
 * a deploy. `maintenance.operations.ts` documents them for OpenAPI.
 */
import { Hono } from 'hono'
import { MAX_WAIT_SECONDS } from '../desk/protocol.ts'
import { conformTo, OpenSchema, RebuildingSchema } from '../model/responses.ts'
import { ROUTES } from '../model/urls.ts'
import { buildOutboxReport } from '../reader/outbox-report.ts'
import type { AppEnv } from '../serving/app-type.ts'
import {
  API_HEADERS,
  buildQueryFailure,
  refuseOtherMethods,
  respondWithProblem,
} from './requests.ts'

export const maintenanceApi = new Hono<AppEnv>()

maintenanceApi.get(ROUTES.apiOutbox, async (c) => {
  const { reader } = c.var
  const wait = parseWait(c.req.query('wait'))
  if (wait === null)
    return respondWithProblem(
      c.var.publication,
      buildQueryFailure(
        'read the outbox',
        `wait is not a whole number of seconds from 1 to ${MAX_WAIT_SECONDS}`,
      ),
    )
  const overview = await reader.callDesk((desk) => desk.getOverview(wait * 1000))
  if (overview.ok) await reader.applyOverview(overview.value)
  return overview.ok
    ? c.json(buildOutboxReport(overview.value), 200, API_HEADERS)
    : respondWithProblem(c.var.publication, overview.failure)
})

maintenanceApi.post(ROUTES.apiRebuild, async (c) => {
  const { reader } = c.var
  const result = await reader.callDesk((desk) => desk.rebuild(), 'rebuild the wire')
  if (!result.ok) return respondWithProblem(c.var.publication, result.failure)
  reader.recordRebuild()
  return c.json(conformTo(RebuildingSchema, { rebuilding: true }), 202, API_HEADERS)
})

maintenanceApi.post(ROUTES.apiOpen, async (c) => {
  const result = await c.var.reader.callDesk((desk) => desk.open(), 'open the desk')
  if (!result.ok) return respondWithProblem(c.var.publication, result.failure)
  return c.json(conformTo(OpenSchema, { open: true }), 200, API_HEADERS)
})

refuseOtherMethods(maintenanceApi, {
  [ROUTES.apiOutbox]: ['GET'],
  [ROUTES.apiRebuild]: ['POST'],
  [ROUTES.apiOpen]: ['POST'],
})

/** Returns the wait in seconds: 0 if the parameter is absent, `null` if it is invalid. */
function parseWait(wait: string | undefined): number | null {
  if (wait === undefined) return 0
  const seconds = /^\d{1,2}$/.test(wait) ? Number(wait) : 0
  return seconds >= 1 && seconds <= MAX_WAIT_SECONDS ? seconds : null
}
