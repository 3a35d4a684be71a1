/**
 * The read path of one environment: everything that handlers request from the cache, KV and the
 * desk.
 *
 * A `Reader` lives as long as its environment, so it is not set up for each request. Methods take
 * the request only if its headers or its client matter.
 */
import type { DeskRpc, FoldedLink, Overview, SimilarCode } from '../desk/protocol.ts'
import { fail, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import type { Target } from '../wire/targets.ts'
import { checkDeskClock } from './clock.ts'
import { type BodyPredicate, type FoundDocument, findDocument } from './documents.ts'
import type { Isolate } from './isolate.ts'
import { findLink, invalidateCodes, lookUpLink, type ResolvedCode, refreshLinks } from './links.ts'
import { diagnoseFailure, findMachineFailure } from './machine-failure.ts'

/** Key under which the shield caches the health of the desk. */
const HEALTH_KEY = 'health'

export class Reader {
  readonly #isolate: Isolate

  constructor(isolate: Isolate) {
    this.#isolate = isolate
  }

  get publication(): Publication {
    return this.#isolate.publication
  }

  /** Finds a document or a redirect (see `documents.ts`). */
  findDocument(
    request: Request,
    target: Target,
    subject: string,
    needsBody?: BodyPredicate,
  ): Promise<Result<FoundDocument>> {
    return findDocument(this.#isolate, request, target, subject, needsBody)
  }

  /** Looks a typed code up in the cache or KV. Returns `undefined` if neither has it. */
  findLink(request: Request, typedCode: string): Promise<Result<ResolvedCode | undefined>> {
    return findLink(this.#isolate, request, typedCode)
  }

  /**
   * Looks a code up at the desk if `findLink` did not find it. Returns similar codes if the code is
   * unknown.
   */
  lookUpLink(
    request: Request,
    typedCode: string,
  ): Promise<Result<ResolvedCode | { similarCodes: SimilarCode[] }>> {
    return lookUpLink(this.#isolate, request, typedCode)
  }

  /**
   * Calls the desk for an editor. If the desk throws, logs the error and returns a failure: the
   * change was not acknowledged. `action` completes the failure's message: "Cannot …".
   */
  async callDesk<T>(
    call: (desk: DeskRpc) => Promise<Result<T>>,
    action = 'answer',
  ): Promise<Result<T>> {
    const { getDesk, env } = this.#isolate
    try {
      return await call(getDesk())
    } catch (cause) {
      console.error(JSON.stringify({ event: 'desk.failed', error: String(cause).slice(0, 300) }))
      return fail(await diagnoseFailure(env, action, cause))
    }
  }

  /** Caches the links of a change, so that readers in this isolate see the change at once. */
  refreshLinks(links: readonly FoldedLink[] | undefined, articleId?: string): void {
    refreshLinks(this.#isolate, links, articleId)
  }

  /** Removes cached "unknown" results for codes that were created in bulk. */
  invalidateCodes(codes: readonly string[]): void {
    invalidateCodes(this.#isolate, codes)
  }

  /**
   * Returns the overview of the desk, cached for ten seconds, or what is wrong with the desk or its
   * machine.
   */
  async getHealth(): Promise<Result<Overview>> {
    const { shield, env } = this.#isolate
    try {
      return await shield.getOrLoad<Overview>(HEALTH_KEY, 'health', async () => ({
        result: await this.#checkHealth(),
        bytes: 100,
      }))
    } catch (cause) {
      return fail(await diagnoseFailure(env, 'open the desk', cause))
    }
  }

  /**
   * Applies the overview of the desk to this isolate. During a rebuild KV is trusted over the
   * cache, until the backlog of the outbox is empty. Corrects the clock of the desk if it is ahead.
   */
  async applyOverview({ deletesUnknown, backlog, now: deskTime }: Overview): Promise<void> {
    const { cache, getDesk, now } = this.#isolate
    if (deletesUnknown) cache.setRebuilding(true)
    else if (backlog === 0) cache.setRebuilding(false)
    await checkDeskClock(getDesk, deskTime, now)
  }

  /**
   * Records that a rebuild has begun. From then on KV is trusted over the cache, and the health of
   * the desk is checked again.
   */
  recordRebuild(): void {
    this.#isolate.cache.setRebuilding(true)
    this.#isolate.shield.invalidate(HEALTH_KEY)
  }

  /**
   * Checks the desk, and the machine too, because an idle desk does not notice that its disk is
   * full.
   */
  async #checkHealth(): Promise<Result<Overview>> {
    const { getDesk, env } = this.#isolate
    const overview = await getDesk().getOverview()
    const failure = overview.ok ? await findMachineFailure(env, 'write') : undefined
    return failure ? fail(failure) : overview
  }
}
