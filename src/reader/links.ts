/**
 * Finds where short links lead: in memory, else on the wire, else at the desk behind the shield.
 * After a change, the isolate that passed it on caches what the desk answered, so the change is
 * visible there at once. Elsewhere it takes as long as the wire and memory do.
 */
import type { CodeLookUp, FoldedLink, SimilarCode } from '../desk/protocol.ts'
import { findTypedCode, foldCode } from '../model/code.ts'
import { fail, ok, type Result } from '../model/failures.ts'
import type { LinkAnswer, LinkRecord } from '../model/link.ts'
import { readLink } from '../wire/store.ts'
import { linkTarget } from '../wire/targets.ts'
import type { CachedValue } from './cache.ts'
import {
  catchStoreFailures,
  getClientKey,
  type Isolate,
  isDeskClosed,
  readWire,
  UNAVAILABLE,
  UNCACHEABLE,
} from './isolate.ts'
import { SHIELD_MAX_AGE_MS } from './shield.ts'

/** A code as it was given, with its answer. */
export type ResolvedCode = { code: string; answer: LinkAnswer }

/**
 * How long an isolate remembers that a code is none: one that is given meanwhile is found on the
 * wire before.
 */
const UNKNOWN_CODE_MAX_AGE_MS = 60_000

/**
 * What memory or the wire say of a code as it was typed; `undefined` when they say nothing. Whoever
 * asks is never slowed.
 */
export const findLink = (
  isolate: Isolate,
  request: Request,
  typedCode: string,
): Promise<Result<ResolvedCode | undefined>> =>
  catchStoreFailures(linkTarget(foldCode(typedCode)), async (target) => {
    const { cache, shield, wire, publication } = isolate
    const cached = resolveCode(cache.get(target, publication.memorySeconds), typedCode)
    if (cached) return ok(cached)
    const { stored, isDamaged } = await readWire(isolate, target, async () =>
      toCachedLink(await readLink(wire, foldCode(typedCode))),
    )
    const found = resolveCode(stored, typedCode)
    if (found) shield.invalidate(target)
    if (found || !isDamaged) return ok(found)
    const lookUp = await lookUpLink(isolate, request, typedCode, true)
    return lookUp.ok ? ok('answer' in lookUp.value ? lookUp.value : undefined) : lookUp
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
  typedCode: string,
  isDamaged = false,
): Promise<Result<ResolvedCode | { similarCodes: SimilarCode[] }>> =>
  catchStoreFailures<ResolvedCode | { similarCodes: SimilarCode[] }>(
    linkTarget(foldCode(typedCode)),
    async (target) => {
      const { cache, shield, getDesk, codeLimit, publication } = isolate
      const client = getClientKey(isolate, request)
      const lookUp = await shield.getOrLoad<CodeLookUp>(
        target,
        client,
        async () => {
          const result = await getDesk().lookUpCode(typedCode, isDamaged)
          if (!result.ok) return { result, bytes: UNCACHEABLE, isOverLimit: false }
          const link = toCachedLink(result.value.record)
          // What the shield says later is older than what the wire may say by then.
          cache.set(target, publication.memorySeconds, link)
          const isUnknown = resolveCode(link, typedCode) === undefined
          const isOverLimit = isUnknown && !(await codeLimit.limit({ key: client })).success
          return { result, bytes: 1000, isOverLimit }
        },
        // What is damaged once more is to be told again before a minute has passed.
        isDamaged ? SHIELD_MAX_AGE_MS : UNKNOWN_CODE_MAX_AGE_MS,
      )
      if (!lookUp.ok) return isDeskClosed(lookUp.failure) ? fail(UNAVAILABLE) : lookUp
      const { record, similarCodes } = lookUp.value
      return ok(resolveCode(toCachedLink(record), typedCode) ?? { similarCodes })
    },
  )

/**
 * Replaces what this isolate has cached of links with what the desk answered to a change.
 * `article`: the id of the changed article. Links to it that are not in the answer are removed from
 * the cache.
 */
export function refreshLinks(
  { cache, shield, publication }: Isolate,
  // During a deploy a desk of the version before may still answer, which names no links.
  links: readonly FoldedLink[] = [],
  articleId?: string,
): void {
  const seconds = publication.memorySeconds
  for (const target of articleId === undefined ? [] : cache.listLinksTo(articleId))
    cache.set(target, seconds, undefined)
  for (const { folded, record } of links) {
    const target = linkTarget(folded)
    // It may have been probed before there was such a code (rule L-07).
    shield.invalidate(target)
    cache.set(target, seconds, toCachedLink(record))
  }
}

/** Removes the cached "unknown" of codes that were created in bulk (rule L-07). */
export function invalidateCodes({ shield }: Isolate, codes: readonly string[]): void {
  for (const code of codes) shield.invalidate(linkTarget(foldCode(code)))
}

const toCachedLink = (record: LinkRecord | undefined): CachedValue | undefined =>
  record && { kind: 'link', record }

function resolveCode(cached: CachedValue | undefined, typedCode: string): ResolvedCode | undefined {
  if (cached?.kind !== 'link') return undefined
  const { codes } = cached.record
  const code = findTypedCode(codes, typedCode) ?? ''
  const answer = codes[code]
  return answer && { code, answer }
}
