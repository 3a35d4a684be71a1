/**
 * A desk as lines: export in pages that follow one another, import of the same pages into an empty
 * desk. For backup, restore and moving (docs/storage.md tells the format).
 */
import { Hono } from 'hono'
import * as v from 'valibot'
import { parseCursor } from '../desk/copies/exporting.ts'
import { parsePage } from '../desk/copies/records.ts'
import type { Standing } from '../desk/protocol.ts'
import { fail, ok, type Result } from '../model/failures.ts'
import { apiExportPath, ROUTES } from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import type { App } from '../serving/app-type.ts'
import { NDJSON_TYPES } from '../text/ndjson.ts'
import {
  badQuery,
  HEADERS,
  linkToNext,
  mediaTypeOf,
  problem,
  readBody,
  refuseOtherMethods,
} from './requests.ts'

/** Twice a page of an export, and far less than worker and desk may hold in memory. */
export const MAX_PAGE_BYTES = 8 * 1024 * 1024

const PlaceSchema = v.object({
  export: v.pipe(v.string(), v.regex(/^[\w-]{1,100}$/)),
  line: v.pipe(v.string(), v.regex(/^[1-9]\d{0,14}$/), v.transform(Number)),
})

export const copies = new Hono<App>()

copies.get(ROUTES.apiExport, async (c) => {
  const after = c.req.query('after')
  const cursor = after === undefined ? undefined : parseCursor(after)
  if (after !== undefined && cursor === undefined)
    return problem(c.var.publication, badQuery('export', 'after is not a cursor of an export'))
  const page = await c.var.reader.askDesk((desk) => desk.exportPage(cursor), 'export')
  if (!page.ok) return problem(c.var.publication, page.failure)
  const next = page.value.cursor
  return c.body(page.value.text, 200, {
    ...HEADERS,
    'Content-Type': NDJSON_TYPES[0],
    ...linkToNext(next === undefined ? undefined : apiExportPath(next)),
  })
})

copies.get(ROUTES.apiImport, async (c) => {
  const standing = await c.var.reader.askDesk(async (desk) => ok(await desk.importStanding()))
  return standing.ok
    ? c.json(standing.value, 200, HEADERS)
    : problem(c.var.publication, standing.failure)
})

copies.post(ROUTES.apiImport, async (c) => {
  const { reader } = c.var
  const standing = await takePage(c.req.raw, c.req.query(), reader)
  // The end of an import begins a rebuild.
  if (standing.ok && standing.value.state === 'done') reader.noteRebuild()
  return standing.ok
    ? c.json(standing.value, 200, HEADERS)
    : problem(c.var.publication, standing.failure)
})

copies.delete(ROUTES.apiImport, async (c) => {
  const standing = await c.var.reader.askDesk((desk) => desk.abandonImport())
  return standing.ok
    ? c.json(standing.value, 200, HEADERS)
    : problem(c.var.publication, standing.failure)
})

refuseOtherMethods(copies, {
  [ROUTES.apiExport]: ['GET'],
  [ROUTES.apiImport]: ['GET', 'POST', 'DELETE'],
})

/** The whole page is read and checked before the desk hears of it. */
async function takePage(
  request: Request,
  query: Record<string, string>,
  reader: Reader,
): Promise<Result<Standing>> {
  const place = v.safeParse(PlaceSchema, query)
  if (!place.success) {
    const why = 'export and line do not say whose page this is and with which line it begins'
    return fail(badQuery('import', why))
  }
  const { export: name, line } = place.output
  const type = mediaTypeOf(request, NDJSON_TYPES, 'import', name)
  if (!type.ok) return type
  const body = await readBody(request, 'import', name, MAX_PAGE_BYTES)
  if (!body.ok) return body
  const page = parsePage(name, line, body.value)
  return page.ok ? await reader.askDesk((desk) => desk.importPage(page.value), 'import') : page
}
