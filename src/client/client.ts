/** Speaks to the publish API. Every answer is parsed; a problem is a value, a dead line too. */
import * as v from 'valibot'
import {
  ArticlesSchema,
  FaultSchema,
  LineReceiptSchema,
  LinkOutlineSchema,
  LinkReceiptSchema,
  LinksSchema,
  MissesSchema,
  OutboxSchema,
  OutlineSchema,
  ProblemSchema,
  StandingSchema,
} from '../model/answers.ts'
import { apiArticlePath, apiImportPath, apiLinkPath, ROUTES } from '../model/urls.ts'
import { defined } from '../text/json.ts'

/**
 * Of each answer what is used here, and whatever more it has: a desk that is newer than this may
 * say more.
 */
const Problem = v.object({
  ...v.pick(ProblemSchema, ['title', 'status', 'detail']).entries,
  type: v.exactOptional(v.string()),
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
  ...v.pick(LineReceiptSchema, ['removed', 'warnings', 'changed']).entries,
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
const Link = v.looseObject(LinkOutlineSchema.entries)
const LinkReceipt = v.looseObject(LinkReceiptSchema.entries)
const Links = v.object({ links: v.array(Link), next: LinksSchema.entries.next })
const LinkBulk = v.object({
  results: v.array(
    v.object({
      line: v.number(),
      status: v.number(),
      receipt: v.exactOptional(LinkReceipt),
      problem: v.exactOptional(Problem),
    }),
  ),
})
const Misses = v.object(MissesSchema.entries)
const NDJSON = 'application/x-ndjson'

export type ExportPage = { text: string; next?: string }
/** Where a desk stands that can be imported into: of which export it has taken how many lines. */
export type Standing = v.InferOutput<typeof Standing>
export type Problem = v.InferOutput<typeof Problem>
export type Outline = v.InferOutput<typeof Outline>
export type LineReceipt = v.InferOutput<typeof LineReceipt>
export type Link = v.InferOutput<typeof Link>
export type LinkBulk = v.InferOutput<typeof LinkBulk>
/** What a code is to be: of a page or of an article. Times as text. */
export type LinkTarget = { title?: string; expires?: string; republish?: true } & (
  | { url: string }
  | { article: string }
)
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

  /** `legal` is told to readers, `reason` is not. */
  withdraw(id: string, why: { reason?: string; legal?: string }): Promise<Answer<Outline>> {
    const body = JSON.stringify(why)
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
    return { ...answer, value: defined({ text, next }) }
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

  putLink(code: string, target: LinkTarget): Promise<Answer<v.InferOutput<typeof LinkReceipt>>> {
    const body = JSON.stringify(target)
    const headers = { 'Content-Type': 'application/json' }
    return this.#ask(LinkReceipt, linkPath(code), { method: 'PUT', body, headers })
  }

  /** `legal` is told to readers. */
  removeLink(code: string, why: { legal?: string }): Promise<Answer<Link>> {
    const body = JSON.stringify(why)
    return this.#ask(Link, linkPath(code), { method: 'DELETE', body })
  }

  /** One page; `next` is the address of the page after it. */
  listLinks(page: string = ROUTES.apiLinks): Promise<Answer<v.InferOutput<typeof Links>>> {
    return this.#ask(Links, page, { method: 'GET' })
  }

  /** Links that were given out elsewhere, one a line of JSON; with `check` nothing is changed. */
  inheritLinks(lines: string, check: boolean): Promise<Answer<LinkBulk>> {
    return this.#ask(LinkBulk, `${ROUTES.apiLinks}?check=${check}`, {
      method: 'POST',
      body: lines,
      headers: { 'Content-Type': NDJSON },
    })
  }

  misses(limit: number): Promise<Answer<v.InferOutput<typeof Misses>>> {
    return this.#ask(Misses, `${ROUTES.apiMisses}?limit=${limit}`, { method: 'GET' })
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

/** What somebody typed may be no code at all: the desk says so. */
const linkPath = (code: string): string => apiLinkPath(encodeURIComponent(code))

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
