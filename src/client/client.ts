/**
 * Client of the publish API. Every response is parsed. A problem is returned as a value, and so is
 * a failed connection.
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
  UnknownCodesSchema,
} from '../model/responses.ts'
import { apiArticlePath, apiImportPath, apiLinkPath, ROUTES } from '../model/urls.ts'
import { omitUndefined } from '../text/json.ts'

/** The used members of each response. A newer desk may send more. */
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

export type ExportPage = { text: string; next?: string }
/** The progress of an import: which export, and how many lines are imported. */
export type ImportStatus = v.InferOutput<typeof ImportStatus>
export type Problem = v.InferOutput<typeof Problem>
export type ArticleOutline = v.InferOutput<typeof ArticleOutline>
export type LineReceipt = v.InferOutput<typeof LineReceipt>
export type Link = v.InferOutput<typeof Link>
export type LinkBulkResponse = v.InferOutput<typeof LinkBulkResponse>
/** The destination of a code and its other properties. Times are text. */
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

  /** Publishes many manuscripts, one a line of JSON. The results are in the order of the lines. */
  publish(
    lines: Uint8Array<ArrayBuffer>,
  ): Promise<ApiResponse<v.InferOutput<typeof BulkResponse>>> {
    return this.#call(BulkResponse, ROUTES.apiArticles, {
      method: 'POST',
      body: lines,
      headers: { 'Content-Type': NDJSON },
    })
  }

  /** `legal` is shown to readers, `reason` is not. */
  withdraw(
    id: string,
    reasons: { reason?: string; legal?: string },
  ): Promise<ApiResponse<ArticleOutline>> {
    const body = JSON.stringify(reasons)
    return this.#call(ArticleOutline, apiArticlePath(id), { method: 'DELETE', body })
  }

  /** Returns one page; `next` is the address of the next one. */
  listArticles(
    path: string = ROUTES.apiArticles,
  ): Promise<ApiResponse<v.InferOutput<typeof ArticlePage>>> {
    return this.#call(ArticlePage, path, { method: 'GET' })
  }

  rebuild(): Promise<ApiResponse<unknown>> {
    return this.#call(v.unknown(), ROUTES.apiRebuild, { method: 'POST' })
  }

  openDesk(): Promise<ApiResponse<unknown>> {
    return this.#call(v.unknown(), ROUTES.apiOpen, { method: 'POST' })
  }

  /** Reads the state of the outbox. */
  readOutbox(): Promise<ApiResponse<v.InferOutput<typeof Outbox>>> {
    return this.#call(Outbox, ROUTES.apiOutbox, { method: 'GET' })
  }

  /** Returns one page of an export; `next` is the address of the next one. */
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

  /** Imports lines of the named export; `line` is the number of the first. */
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

  /** `legal` is shown to readers. */
  removeLink(code: string, reasons: { legal?: string }): Promise<ApiResponse<Link>> {
    const body = JSON.stringify(reasons)
    return this.#call(Link, buildLinkPath(code), { method: 'DELETE', body })
  }

  /** Returns one page; `next` is the address of the next one. */
  listLinks(path: string = ROUTES.apiLinks): Promise<ApiResponse<v.InferOutput<typeof LinkPage>>> {
    return this.#call(LinkPage, path, { method: 'GET' })
  }

  /** Imports links of another shortener, one a line of JSON. With `checkOnly` nothing changes. */
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
      return { ok: false, problem: { title: 'No answer', status: 0, detail, errors: [] } }
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
    const detail = `Cannot understand the answer of ${this.url}${path}: status ${status}, not a Dateline desk`
    return { title: 'Not a desk', status, detail, errors: [] }
  }
}

/** Encodes whatever was typed; the desk reports an invalid code. */
const buildLinkPath = (code: string): string => apiLinkPath(encodeURIComponent(code))

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
