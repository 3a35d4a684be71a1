/**
 * The client of the publish API, for the CLI, the embedded desk and the deploy script.
 *
 * Every response is parsed. A problem is returned as a value, and so is a failed connection, with
 * status 0. The client does not retry (`retrying.ts`).
 */
import * as v from 'valibot'
import {
  ArticleOutlineSchema,
  ArticlesSchema,
  FaultSchema,
  ImportStatusSchema,
  LineReceiptSchema,
  LinkOutlineSchema,
  LinkReceiptSchema,
  LinksSchema,
  OutboxSchema,
  ProblemSchema,
  RecleanedPageSchema,
  UnknownCodesSchema,
} from '../model/responses.ts'
import { apiArticlePath, apiImportPath, apiLinkPath, ROUTES } from '../model/urls.ts'
import { omitUndefined } from '../text/json.ts'

/**
 * The schemas contain only the members that this code base uses. A newer desk may send more, so
 * unknown members are allowed.
 */
const Problem = v.object({
  ...v.pick(ProblemSchema, ['title', 'status', 'detail']).entries,
  type: v.exactOptional(v.string()),
  errors: v.optional(v.array(v.object(FaultSchema.entries)), []),
})
const OUTLINE_ENTRIES = v.pick(ArticleOutlineSchema, [
  'id',
  'status',
  'revision',
  'title',
  'code',
  'short_url',
  'canonical',
  'published',
]).entries
const ArticleOutline = v.looseObject(OUTLINE_ENTRIES)
const LineReceipt = v.looseObject({
  ...OUTLINE_ENTRIES,
  ...v.pick(LineReceiptSchema, ['removed', 'warnings', 'changed']).entries,
})
const BulkResponse = v.object({
  results: v.array(
    v.object({
      line: v.number(),
      status: v.number(),
      receipt: v.exactOptional(LineReceipt),
      problem: v.exactOptional(Problem),
    }),
  ),
})
const ArticlePage = v.object({
  articles: v.array(ArticleOutline),
  next: ArticlesSchema.entries.next,
})
const Outbox = v.object(v.pick(OutboxSchema, ['owed', 'rebuilding', 'failing_keys']).entries)

export type RecleanedPage = v.InferOutput<typeof RecleanedPageSchema>

const ImportStatus = v.object(ImportStatusSchema.entries)
const Link = v.looseObject(LinkOutlineSchema.entries)
const LinkReceipt = v.looseObject(LinkReceiptSchema.entries)
const LinkPage = v.object({ links: v.array(Link), next: LinksSchema.entries.next })
const LinkBulkResponse = v.object({
  results: v.array(
    v.object({
      line: v.number(),
      status: v.number(),
      receipt: v.exactOptional(LinkReceipt),
      problem: v.exactOptional(Problem),
    }),
  ),
})
const UnknownCodes = v.object(UnknownCodesSchema.entries)
const NDJSON = 'application/x-ndjson'

/** `next` is the path of the next page. The last page has none. */
export type ExportPage = { text: string; next?: string }
/** The status of an import: which export it is, and how many of its lines have been imported. */
export type ImportStatus = v.InferOutput<typeof ImportStatus>
export type Problem = v.InferOutput<typeof Problem>
export type ArticleOutline = v.InferOutput<typeof ArticleOutline>
export type LineReceipt = v.InferOutput<typeof LineReceipt>
export type Link = v.InferOutput<typeof Link>
export type LinkBulkResponse = v.InferOutput<typeof LinkBulkResponse>
/** The body that creates or changes a link. `expires` is a time with an offset, or a date. */
export type LinkTarget = { title?: string; expires?: string; republish?: true } & (
  | { url: string }
  | { article: string }
)
export type ApiResponse<T> =
  | { ok: true; status: number; value: T }
  | { ok: false; problem: Problem }

export class DeskClient {
  readonly url: string
  readonly #token: string
  readonly #fetch: typeof fetch

  constructor(url: string, token: string, fetcher: typeof fetch) {
    this.url = url.replace(/\/+$/, '')
    this.#token = token
    this.#fetch = fetcher
  }

  /** Publishes many manuscripts, one on each line of NDJSON. Results are in the order of lines. */
  publish(
    lines: Uint8Array<ArrayBuffer>,
  ): Promise<ApiResponse<v.InferOutput<typeof BulkResponse>>> {
    return this.#call(BulkResponse, ROUTES.apiArticles, {
      method: 'POST',
      body: lines,
      headers: { 'Content-Type': NDJSON },
    })
  }

  /** Withdraws an article. Readers see `legal`, but not `reason`. */
  withdraw(
    id: string,
    reasons: { reason?: string; legal?: string },
  ): Promise<ApiResponse<ArticleOutline>> {
    const body = JSON.stringify(reasons)
    return this.#call(ArticleOutline, apiArticlePath(id), { method: 'DELETE', body })
  }

  /** Returns one page. `next` is the path of the next one. */
  listArticles(
    path: string = ROUTES.apiArticles,
  ): Promise<ApiResponse<v.InferOutput<typeof ArticlePage>>> {
    return this.#call(ArticlePage, path, { method: 'GET' })
  }

  rebuild(): Promise<ApiResponse<unknown>> {
    return this.#call(v.unknown(), ROUTES.apiRebuild, { method: 'POST' })
  }

  /** Cleans the texts of one page again. `path` is the path of a later page. */
  reclean(
    dryRun: boolean,
    path = `${ROUTES.apiReclean}${dryRun ? '?dry_run=true' : ''}`,
  ): Promise<ApiResponse<RecleanedPage>> {
    return this.#call(RecleanedPageSchema, path, { method: 'POST' })
  }

  openDesk(): Promise<ApiResponse<unknown>> {
    return this.#call(v.unknown(), ROUTES.apiOpen, { method: 'POST' })
  }

  readOutbox(): Promise<ApiResponse<v.InferOutput<typeof Outbox>>> {
    return this.#call(Outbox, ROUTES.apiOutbox, { method: 'GET' })
  }

  /** Returns one page of an export. */
  async readExportPage(path: string = ROUTES.apiExport): Promise<ApiResponse<ExportPage>> {
    const response = await this.#send(path, { method: 'GET' })
    if (!response.ok) return response
    const { text, headers } = response.value
    const next = /<([^>]+)>; rel="next"/.exec(headers.get('Link') ?? '')?.[1]
    return { ...response, value: omitUndefined({ text, next }) }
  }

  readImportStatus(): Promise<ApiResponse<ImportStatus>> {
    return this.#call(ImportStatus, ROUTES.apiImport, { method: 'GET' })
  }

  /** Imports lines of an export. `firstLine` is the number of the first one, from 1. */
  importPage(
    exportName: string,
    firstLine: number,
    body: Uint8Array<ArrayBuffer>,
  ): Promise<ApiResponse<ImportStatus>> {
    const headers = { 'Content-Type': NDJSON }
    return this.#call(ImportStatus, apiImportPath(exportName, firstLine), {
      method: 'POST',
      body,
      headers,
    })
  }

  abandonImport(): Promise<ApiResponse<ImportStatus>> {
    return this.#call(ImportStatus, ROUTES.apiImport, { method: 'DELETE' })
  }

  putLink(
    code: string,
    target: LinkTarget,
  ): Promise<ApiResponse<v.InferOutput<typeof LinkReceipt>>> {
    const body = JSON.stringify(target)
    const headers = { 'Content-Type': 'application/json' }
    return this.#call(LinkReceipt, buildLinkPath(code), { method: 'PUT', body, headers })
  }

  /** Removes a link. Readers see `legal`. */
  removeLink(code: string, reasons: { legal?: string }): Promise<ApiResponse<Link>> {
    const body = JSON.stringify(reasons)
    return this.#call(Link, buildLinkPath(code), { method: 'DELETE', body })
  }

  /** Returns one page. `next` is the path of the next one. */
  listLinks(path: string = ROUTES.apiLinks): Promise<ApiResponse<v.InferOutput<typeof LinkPage>>> {
    return this.#call(LinkPage, path, { method: 'GET' })
  }

  /** Imports links, one on each line of NDJSON. With `checkOnly`, nothing changes. */
  importLinks(lines: string, checkOnly: boolean): Promise<ApiResponse<LinkBulkResponse>> {
    return this.#call(LinkBulkResponse, `${ROUTES.apiLinks}?check=${checkOnly}`, {
      method: 'POST',
      body: lines,
      headers: { 'Content-Type': NDJSON },
    })
  }

  listUnknownCodes(limit: number): Promise<ApiResponse<v.InferOutput<typeof UnknownCodes>>> {
    return this.#call(UnknownCodes, `${ROUTES.apiUnknownCodes}?limit=${limit}`, { method: 'GET' })
  }

  async #call<TSchema extends v.GenericSchema>(
    schema: TSchema,
    path: string,
    request: RequestInit,
  ): Promise<ApiResponse<v.InferOutput<TSchema>>> {
    const response = await this.#send(path, request)
    if (!response.ok) return response
    const parsed = v.safeParse(schema, parseJson(response.value.text))
    return parsed.success
      ? { ...response, value: parsed.output }
      : { ok: false, problem: this.#buildNotDeskProblem(path, response.status) }
  }

  async #send(
    path: string,
    request: RequestInit,
  ): Promise<ApiResponse<{ text: string; headers: Headers }>> {
    const headers = new Headers(request.headers)
    headers.set('Authorization', `Bearer ${this.#token}`)
    headers.set('Accept', 'application/json')
    let response: Response
    let text: string
    try {
      response = await this.#fetch(this.url + path, { ...request, headers })
      text = await response.text()
    } catch (cause) {
      const reason =
        cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause)
      const detail = `Cannot reach the desk at ${this.url}: ${reason}`
      return { ok: false, problem: { title: 'No response', status: 0, detail, errors: [] } }
    }
    const { status } = response
    if (response.ok) return { ok: true, status, value: { text, headers: response.headers } }
    const problem = v.safeParse(Problem, parseJson(text))
    return {
      ok: false,
      problem: problem.success ? problem.output : this.#buildNotDeskProblem(path, status),
    }
  }

  #buildNotDeskProblem(path: string, status: number): Problem {
    const detail = `Cannot use the response of ${this.url}${path}: it has status ${status} and is not from a Dateline desk`
    return { title: 'Not a Dateline desk', status, detail, errors: [] }
  }
}

/** Escapes the code, because a user may have typed anything. The desk rejects invalid codes. */
const buildLinkPath = (code: string): string => apiLinkPath(encodeURIComponent(code))

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
