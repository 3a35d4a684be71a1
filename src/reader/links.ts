/**
 * Finds where short links lead: in memory, else on the wire, else at the desk behind the shield.
 * After a change, the isolate that passed it on caches what the desk answered, so the change is
 * visible there at once. Elsewhere it takes as long as the wire and memory do.
 */
import type { CodeLookUp, FoldedLink, NearRow } from '../desk/protocol.ts'
import { exactCode, foldCode } from '../model/code.ts'
import { fail, ok, type Result } from '../model/failures.ts'
import type { LinkAnswer, LinkRecord } from '../model/link.ts'
import { readLink } from '../wire/store.ts'
import { linkTarget } from '../wire/targets.ts'
import {
  askWire,
  clientOf,
  type Isolate,
  isClosed,
  NOT_REMEMBERED,
  UNAVAILABLE,
  withStores,
} from './isolate.ts'
import type { Known } from './memory.ts'
import { MEMORY_MS } from './shield.ts'

/** A code as it was given, with its answer. */
export type KnownCode = { code: string; answer: LinkAnswer }

/**
 * How long an isolate remembers that a code is none: one that is given meanwhile is found on the
 * wire before.
 */
const UNKNOWN_CODE_MS = 60_000

/**
 * What memory or the wire say of a code as it was typed; `undefined` when they say nothing. Whoever
 * asks is never slowed.
 */
export const recallLink = (
  isolate: Isolate,
  request: Request,
  typed: string,
): Promise<Result<KnownCode | undefined>> =>
  withStores(linkTarget(foldCode(typed)), async (target) => {
    const { memory, shield, wire, publication } = isolate
    const recalled = linkIn(memory.recall(target, publication.memorySeconds), typed)
    if (recalled) return ok(recalled)
    const { sent, damaged } = await askWire(isolate, target, async () =>
      linkOf(await readLink(wire, foldCode(typed))),
    )
    const found = linkIn(sent, typed)
    if (found) shield.forget(target)
    if (found || !damaged) return ok(found)
    const told = await lookUpLink(isolate, request, typed, true)
    return told.ok ? ok('answer' in told.value ? told.value : undefined) : told
  })

/**
 * What the desk says of a code that the wire does not have; for one that is none, those that may
 * have been meant. It is asked once a minute for each code in each isolate. `CODE_LIMIT` says how
 * many a client may ask for that are none: codes that the wire does not have yet, as after an
 * import, count for nothing. `damaged`: what the wire has is of no use, and is to be sent again.
 */
export const lookUpLink = (
  isolate: Isolate,
  request: Request,
  typed: string,
  damaged = false,
): Promise<Result<KnownCode | { near: NearRow[] }>> =>
  withStores<KnownCode | { near: NearRow[] }>(linkTarget(foldCode(typed)), async (target) => {
    const { memory, shield, desk, codeLimit, publication } = isolate
    const client = clientOf(isolate, request)
    const asked = await shield.ask<CodeLookUp>(
      target,
      client,
      async () => {
        const answer = await desk().lookUpCode(typed, damaged)
        if (!answer.ok) return { answer, bytes: NOT_REMEMBERED, overspent: false }
        const known = linkOf(answer.value.record)
        // What the shield says later is older than what the wire may say by then.
        memory.learn(target, publication.memorySeconds, known)
        const unknown = linkIn(known, typed) === undefined
        const overspent = unknown && !(await codeLimit.limit({ key: client })).success
        return { answer, bytes: 1000, overspent }
      },
      // What is damaged once more is to be told again before a minute has passed.
      damaged ? MEMORY_MS : UNKNOWN_CODE_MS,
    )
    if (!asked.ok) return isClosed(asked.failure) ? fail(UNAVAILABLE) : asked
    const { record, near } = asked.value
    return ok(linkIn(linkOf(record), typed) ?? { near })
  })

/**
 * Replaces what this isolate has cached of links with what the desk answered to a change.
 * `article`: the id of the changed article. Links to it that are not in the answer are removed from
 * the cache.
 */
export function refreshLinks(
  { memory, shield, publication }: Isolate,
  // During a deploy a desk of the version before may still answer, which names no links.
  links: readonly FoldedLink[] = [],
  article?: string,
): void {
  const seconds = publication.memorySeconds
  for (const target of article === undefined ? [] : memory.linksTo(article))
    memory.learn(target, seconds, undefined)
  for (const { folded, record } of links) {
    const target = linkTarget(folded)
    // It may have been probed before there was such a code (rule L-07).
    shield.forget(target)
    memory.learn(target, seconds, linkOf(record))
  }
}

/** Removes the cached "unknown" of codes that were created in bulk (rule L-07). */
export function forgetProbes({ shield }: Isolate, codes: readonly string[]): void {
  for (const code of codes) shield.forget(linkTarget(foldCode(code)))
}

const linkOf = (record: LinkRecord | undefined): Known | undefined =>
  record && { kind: 'link', record }

function linkIn(known: Known | undefined, typed: string): KnownCode | undefined {
  if (known?.kind !== 'link') return undefined
  const { codes } = known.record
  const code = exactCode(codes, typed) ?? ''
  const answer = codes[code]
  return answer && { code, answer }
}
