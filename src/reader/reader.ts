/**
 * The read path of one environment: all that handlers ask of memory, wire and desk. A reader lives
 * as long as its environment, so requests need no set-up. Methods take the request only where its
 * headers or its client matter.
 */
import type { DeskRpc, FoldedLink, NearRow, Overview } from '../desk/protocol.ts'
import { fail, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import type { Target } from '../wire/targets.ts'
import { compareClocks } from './clock.ts'
import { type Found, findDocument, type Wanted } from './documents.ts'
import type { Isolate } from './isolate.ts'
import { forgetProbes, type KnownCode, lookUpLink, recallLink, refreshLinks } from './links.ts'
import { failureOf, machineFailure } from './trouble.ts'

/** Where the shield remembers what the desk said of its health. */
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
    what: string,
    wanted?: Wanted,
  ): Promise<Result<Found>> {
    return findDocument(this.#isolate, request, target, what, wanted)
  }

  /** What memory or the wire say of a code as it was typed; `undefined` when they say nothing. */
  recallLink(request: Request, typed: string): Promise<Result<KnownCode | undefined>> {
    return recallLink(this.#isolate, request, typed)
  }

  /**
   * Asks the desk for a code that `recallLink` did not find. Returns the nearest codes if it is
   * unknown.
   */
  lookUpLink(request: Request, typed: string): Promise<Result<KnownCode | { near: NearRow[] }>> {
    return lookUpLink(this.#isolate, request, typed)
  }

  /**
   * Asks the desk for an editor. One that does not answer is a failure like any other: nothing was
   * acknowledged. `action` is what the editor wants, for the sentence of a failure of storage.
   */
  async askDesk<T>(
    ask: (desk: DeskRpc) => Promise<Result<T>>,
    action = 'answer',
  ): Promise<Result<T>> {
    const { desk, env } = this.#isolate
    try {
      return await ask(desk())
    } catch (cause) {
      console.error(JSON.stringify({ event: 'desk.failed', error: String(cause).slice(0, 300) }))
      return fail(await failureOf(env, action, cause))
    }
  }

  /** Refreshes this isolate's cache after a change, so that readers see it here at once. */
  refreshLinks(links: readonly FoldedLink[] | undefined, article?: string): void {
    refreshLinks(this.#isolate, links, article)
  }

  /** Removes the cached "unknown" of codes that were created in bulk. */
  forgetProbes(codes: readonly string[]): void {
    forgetProbes(this.#isolate, codes)
  }

  /**
   * Returns the overview of the desk, requested once in ten seconds, or what is wrong with the
   * desk or its machine.
   */
  async health(): Promise<Result<Overview>> {
    const { shield, env } = this.#isolate
    try {
      return await shield.ask<Overview>(HEALTH_KEY, 'health', async () => ({
        answer: await this.#wellBeing(),
        bytes: 100,
      }))
    } catch (cause) {
      return fail(await failureOf(env, 'open the desk', cause))
    }
  }

  /**
   * What this isolate makes of what the desk says of itself. A rebuild ends what its memory holds
   * against KV, until what the rebuild deletes is gone from there; a clock that is ahead is set
   * right.
   */
  async followDesk({ deletesUnknown, backlog, now: deskTime }: Overview): Promise<void> {
    const { memory, desk, now } = this.#isolate
    if (deletesUnknown) memory.noteRebuild(true)
    else if (backlog === 0) memory.noteRebuild(false)
    await compareClocks(desk, deskTime, now)
  }

  /**
   * Records that a rebuild has begun: KV is trusted over memory, and the cached health is dropped.
   */
  noteRebuild(): void {
    this.#isolate.memory.noteRebuild(true)
    this.#isolate.shield.forget(HEALTH_KEY)
  }

  /** A desk that has nothing to write yet does not know that its disk is full: the machine does. */
  async #wellBeing(): Promise<Result<Overview>> {
    const { desk, env } = this.#isolate
    const overview = await desk().overview()
    const trouble = overview.ok ? await machineFailure(env, 'write') : undefined
    return trouble ? fail(trouble) : overview
  }
}
