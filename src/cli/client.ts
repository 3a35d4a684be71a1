/** Speaks to the publish API. Every answer is parsed; a problem is a value, a dead line too. */
import * as v from 'valibot'
import {
  ArticlesSchema,
  FaultSchema,
  LineReceiptSchema,
  OutboxSchema,
  OutlineSchema,
  ProblemSchema,
  StandingSchema,
} from '../answer.ts'
import { apiArticlePath, apiImportPath, ROUTES } from '../urls.ts'

/** Of each answer what is used here, and whatever more it has: a desk that is newer than this may say more. */
const Problem = v.object({
  ...v.pick(ProblemSchema, ['title', 'status', 'detail']).entries,
  errors: v.optional(v.array(v.object(FaultSchema.entries)), []),
})
const OUTLINE = v.pick(OutlineSchema, [
  'id',
  'status',
  'revision',
  'title',
  'code',
  'short_url',
  'canonical',
  'published',
]).entries
const Outline = v.looseObject(OUTLINE)
const LineReceipt = v.looseObject({
  ...OUTLINE,
  ...v.pick(LineReceiptSchema, ['removed', 'changed']).entries,
})
const Bulk = v.object({
  results: v.array(
    v.object({
      line: v.number(),
      status: v.number(),
      receipt: v.exactOptional(LineReceipt),
      problem: v.exactOptional(Problem),
    }),
  ),
})
const List = v.object({ articles: v.array(Outline), next: ArticlesSchema.entries.next })
const Outbox = v.object(v.pick(OutboxSchema, ['owed', 'rebuilding', 'failing_keys']).entries)

const Standing = v.object(StandingSchema.entries)
const NDJSON = 'application/x-ndjson'

export type ExportPage = { text: string; next?: string }
/** Where a desk stands that can be imported into: of which export it has taken how many lines. */
export type Standing = v.InferOutput<typeof Standing>
export type Problem = v.InferOutput<typeof Problem>
export type Outline = v.InferOutput<typeof Outline>
export type LineReceipt = v.InferOutput<typeof LineReceipt>
export type Answer<T> = { ok: true; status: number; value: T } | { ok: false; problem: Problem }

export class DeskClient {
  readonly url: string
  readonly #token: string
  readonly #fetch: typeof fetch

  constructor(url: string, token: string, fetcher: typeof fetch) {
    this.url = url.replace(/\/+$/, '')
    this.#token = token
    this.#fetch = fetcher
  }

  /** Many manuscripts, one a line of JSON; the answers are in the order of the lines. */
  publish(lines: Uint8Array<ArrayBuffer>): Promise<Answer<v.InferOutput<typeof Bulk>>> {
    return this.#ask(Bulk, ROUTES.apiArticles, {
      method: 'POST',
      body: lines,
      headers: { 'Content-Type': NDJSON },
    })
  }

  withdraw(id: string, reason: string | undefined): Promise<Answer<Outline>> {
    const body = JSON.stringify(reason === undefined ? {} : { reason })
    return this.#ask(Outline, apiArticlePath(id), { method: 'DELETE', body })
  }

  /** One page; `next` is the address of the page after it. */
  list(page: string = ROUTES.apiArticles): Promise<Answer<v.InferOutput<typeof List>>> {
    return this.#ask(List, page, { method: 'GET' })
  }

  rebuild(): Promise<Answer<unknown>> {
    return this.#ask(v.unknown(), ROUTES.apiRebuild, { method: 'POST' })
  }

  wake(): Promise<Answer<unknown>> {
    return this.#ask(v.unknown(), ROUTES.apiWake, { method: 'POST' })
  }

  /** What is still owed to the world. */
  outbox(): Promise<Answer<v.InferOutput<typeof Outbox>>> {
    return this.#ask(Outbox, ROUTES.apiOutbox, { method: 'GET' })
  }

  /** One page of an export; `next` is the address of the page after it. */
  async exportPage(page: string = ROUTES.apiExport): Promise<Answer<ExportPage>> {
    const answer = await this.#send(page, { method: 'GET' })
    if (!answer.ok) return answer
    const { text, headers } = answer.value
    const next = /<([^>]+)>; rel="next"/.exec(headers.get('Link') ?? '')?.[1]
    return { ...answer, value: { text, ...(next !== undefined && { next }) } }
  }

  importStanding(): Promise<Answer<Standing>> {
    return this.#ask(Standing, ROUTES.apiImport, { method: 'GET' })
  }

  /** Lines of the export of that name, the first of them number `line`. */
  importPage(name: string, line: number, body: Uint8Array<ArrayBuffer>): Promise<Answer<Standing>> {
    const headers = { 'Content-Type': NDJSON }
    return this.#ask(Standing, apiImportPath(name, line), { method: 'POST', body, headers })
  }

  abandonImport(): Promise<Answer<Standing>> {
    return this.#ask(Standing, ROUTES.apiImport, { method: 'DELETE' })
  }

  async #ask<TSchema extends v.GenericSchema>(
    schema: TSchema,
    path: string,
    request: RequestInit,
  ): Promise<Answer<v.InferOutput<TSchema>>> {
    const answer = await this.#send(path, request)
    if (!answer.ok) return answer
    const parsed = v.safeParse(schema, jsonOf(answer.value.text))
    return parsed.success
      ? { ...answer, value: parsed.output }
      : { ok: false, problem: this.#strange(path, answer.status) }
  }

  async #send(
    path: string,
    request: RequestInit,
  ): Promise<Answer<{ text: string; headers: Headers }>> {
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
    const problem = v.safeParse(Problem, jsonOf(text))
    return { ok: false, problem: problem.success ? problem.output : this.#strange(path, status) }
  }

  #strange(path: string, status: number): Problem {
    const detail = `Cannot understand the answer of ${this.url}${path}: status ${status}, not a Dateline desk`
    return { title: 'Not a desk', status, detail, errors: [] }
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
