/**
 * Exports a desk as lines of JSON, page by page, and imports them into an empty desk. Operators use
 * this to back up, restore and move a desk. docs/storage.md describes the format.
 *
 * An import can be interrupted and continued, because a page that arrives twice changes nothing.
 */
import { Hono } from 'hono'
import * as v from 'valibot'
import { parseCursor } from '../desk/backup/exporting.ts'
import { parsePage } from '../desk/backup/records.ts'
import type { ImportStatus } from '../desk/protocol.ts'
import { fail, ok, type Result } from '../model/failures.ts'
import { apiExportPath, ROUTES } from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import type { AppEnv } from '../serving/app-type.ts'
import { NDJSON_TYPES } from '../text/ndjson.ts'
import {
  API_HEADERS,
  buildLinkHeader,
  buildQueryFailure,
  parseMediaType,
  readBody,
  refuseOtherMethods,
  respondWithProblem,
} from './requests.ts'

/**
 * This is twice the size of an exported page, and far below the memory limits of the worker and the
 * desk.
 */
export const MAX_PAGE_BYTES = 8 * 1024 * 1024

const PositionSchema = v.object({
  export: v.pipe(v.string(), v.regex(/^[\w-]{1,100}$/)),
  line: v.pipe(v.string(), v.regex(/^[1-9]\d{0,14}$/), v.transform(Number)),
})

export const backupApi = new Hono<AppEnv>()

backupApi.get(ROUTES.apiExport, async (c) => {
  const after = c.req.query('after')
  const cursor = after === undefined ? undefined : parseCursor(after)
  if (after !== undefined && cursor === undefined)
    return respondWithProblem(
      c.var.publication,
      buildQueryFailure('export', 'after is not a cursor of an export'),
    )
  const page = await c.var.reader.callDesk((desk) => desk.exportPage(cursor), 'export')
  if (!page.ok) return respondWithProblem(c.var.publication, page.failure)
  const next = page.value.cursor
  return c.body(page.value.text, 200, {
    ...API_HEADERS,
    'Content-Type': NDJSON_TYPES[0],
    ...buildLinkHeader(next === undefined ? undefined : apiExportPath(next)),
  })
})

backupApi.get(ROUTES.apiImport, async (c) => {
  const status = await c.var.reader.callDesk(async (desk) => ok(await desk.getImportStatus()))
  return status.ok
    ? c.json(status.value, 200, API_HEADERS)
    : respondWithProblem(c.var.publication, status.failure)
})

backupApi.post(ROUTES.apiImport, async (c) => {
  const { reader } = c.var
  const status = await importPage(c.req.raw, c.req.query(), reader)
  // The desk starts a rebuild when an import is complete.
  if (status.ok && status.value.state === 'done') reader.recordRebuild()
  return status.ok
    ? c.json(status.value, 200, API_HEADERS)
    : respondWithProblem(c.var.publication, status.failure)
})

backupApi.delete(ROUTES.apiImport, async (c) => {
  const status = await c.var.reader.callDesk((desk) => desk.abandonImport())
  return status.ok
    ? c.json(status.value, 200, API_HEADERS)
    : respondWithProblem(c.var.publication, status.failure)
})

refuseOtherMethods(backupApi, {
  [ROUTES.apiExport]: ['GET'],
  [ROUTES.apiImport]: ['GET', 'POST', 'DELETE'],
})

/** Reads and checks the whole page before calling the desk. */
async function importPage(
  request: Request,
  query: Record<string, string>,
  reader: Reader,
): Promise<Result<ImportStatus>> {
  const position = v.safeParse(PositionSchema, query)
  if (!position.success) {
    const why = 'export must be the name of the export, and line the number of the first line sent'
    return fail(buildQueryFailure('import', why))
  }
  const { export: exportName, line } = position.output
  const type = parseMediaType(request, NDJSON_TYPES, 'import', exportName)
  if (!type.ok) return type
  const body = await readBody(request, 'import', exportName, MAX_PAGE_BYTES)
  if (!body.ok) return body
  const page = parsePage(exportName, line, body.value)
  return page.ok ? await reader.callDesk((desk) => desk.importPage(page.value), 'import') : page
}
