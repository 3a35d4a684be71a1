/** Speaks to the publish API. Every answer is parsed; a problem is a value, a dead line too. */
import * as v from 'valibot'
import { apiArticlePath, ROUTES } from '../urls.ts'

const ProblemSchema = v.object({
  title: v.string(),
  status: v.number(),
  detail: v.string(),
  errors: v.optional(v.array(v.object({ detail: v.string(), pointer: v.string() })), []),
})
const OutlineSchema = v.looseObject({
  id: v.string(),
  status: v.picklist(['public', 'embargoed', 'withdrawn']),
  revision: v.number(),
  title: v.string(),
  code: v.string(),
  short_url: v.string(),
  canonical: v.string(),
  published: v.string(),
})
const LineReceiptSchema = v.looseObject({
  ...OutlineSchema.entries,
  removed: v.array(v.string()),
  changed: v.boolean(),
})
const BulkSchema = v.object({
  results: v.array(
    v.object({
      line: v.number(),
      status: v.number(),
      receipt: v.exactOptional(LineReceiptSchema),
      problem: v.exactOptional(ProblemSchema),
    }),
  ),
})
const ListSchema = v.object({ articles: v.array(OutlineSchema), next: v.optional(v.string()) })
const OutboxSchema = v.object({
  owed: v.number(),
  rebuilding: v.boolean(),
  failing_keys: v.number(),
})

export type Problem = v.InferOutput<typeof ProblemSchema>
export type Outline = v.InferOutput<typeof OutlineSchema>
export type LineReceipt = v.InferOutput<typeof LineReceiptSchema>
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
  publish(lines: Uint8Array<ArrayBuffer>): Promise<Answer<v.InferOutput<typeof BulkSchema>>> {
    return this.#ask(BulkSchema, ROUTES.apiArticles, {
      method: 'POST',
      body: lines,
      headers: { 'Content-Type': 'application/x-ndjson' },
    })
  }

  withdraw(id: string, reason: string | undefined): Promise<Answer<Outline>> {
    const body = JSON.stringify(reason === undefined ? {} : { reason })
    return this.#ask(OutlineSchema, apiArticlePath(id), { method: 'DELETE', body })
  }

  /** One page; `next` is the address of the page after it. */
  list(page: string = ROUTES.apiArticles): Promise<Answer<v.InferOutput<typeof ListSchema>>> {
    return this.#ask(ListSchema, page, { method: 'GET' })
  }

  rebuild(): Promise<Answer<unknown>> {
    return this.#ask(v.unknown(), ROUTES.apiRebuild, { method: 'POST' })
  }

  wake(): Promise<Answer<unknown>> {
    return this.#ask(v.unknown(), ROUTES.apiWake, { method: 'POST' })
  }

  /** What is still owed to the world. */
  outbox(): Promise<Answer<v.InferOutput<typeof OutboxSchema>>> {
    return this.#ask(OutboxSchema, ROUTES.apiOutbox, { method: 'GET' })
  }

  async #ask<TSchema extends v.GenericSchema>(
    schema: TSchema,
    path: string,
    request: RequestInit,
  ): Promise<Answer<v.InferOutput<TSchema>>> {
    const headers = new Headers(request.headers)
    headers.set('Authorization', `Bearer ${this.#token}`)
    headers.set('Accept', 'application/json')
    let response: Response
    let body: unknown
    try {
      response = await this.#fetch(this.url + path, { ...request, headers })
      body = await response.json()
    } catch (cause) {
      const reason =
        cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause)
      const detail = `Cannot reach the desk at ${this.url}: ${reason}`
      return { ok: false, problem: { title: 'No answer', status: 0, detail, errors: [] } }
    }
    const parsed = v.safeParse(schema, body)
    if (parsed.success && response.ok) {
      return { ok: true, status: response.status, value: parsed.output }
    }
    const problem = v.safeParse(ProblemSchema, body)
    if (problem.success) return { ok: false, problem: problem.output }
    const detail = `Cannot understand the answer of ${this.url}${path}: status ${response.status}, not a Dateline desk`
    return {
      ok: false,
      problem: { title: 'Not a desk', status: response.status, detail, errors: [] },
    }
  }
}
