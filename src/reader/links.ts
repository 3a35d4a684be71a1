/**
 * Finds the destinations of short links: in the cache, else in KV, else at the desk, which the
 * shield protects.
 *
 * The isolate that handled a change caches what the desk returned, so the change is visible there
 * at once. Other isolates see it once KV has it and their own cache entry is stale.
 */
import type { CodeLookUp, FoldedLink, SimilarCode } from '../desk/protocol.ts'
import { foldCode } from '../model/code.ts'
import { fail, ok, type Result } from '../model/failures.ts'
import { type LinkAnswer, type LinkRecord, resolveCode } from '../model/link.ts'
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

/** A code in its exact spelling (readers may type another case), and its answer. */
export type ResolvedCode = { code: string; answer: LinkAnswer }

/**
 * How long an isolate caches that a code is unknown. A code that is created within this time is
 * found in KV, which is read first.
 */
const UNKNOWN_CODE_MAX_AGE_MS = 60_000

/**
 * Looks a typed code up in the cache or KV. Returns `undefined` if neither has it. Calls the desk
 * only if the value in KV is damaged.
 */
export const findLink = (
  isolate: Isolate,
  request: Request,
  typedCode: string,
): Promise<Result<ResolvedCode | undefined>> =>
  catchStoreFailures(linkTarget(foldCode(typedCode)), async (target) => {
    const { cache, shield, wire, publication } = isolate
    const cached = resolveCachedCode(cache.get(target, publication.memorySeconds), typedCode)
    if (cached) return ok(cached)
    const { stored, isDamaged } = await readWire(isolate, target, async () =>
      toCachedLink(await readLink(wire, foldCode(typedCode))),
    )
    const found = resolveCachedCode(stored, typedCode)
    if (found) shield.invalidate(target)
    if (found || !isDamaged) return ok(found)
    const lookUp = await lookUpLink(isolate, request, typedCode, true)
    return lookUp.ok ? ok('answer' in lookUp.value ? lookUp.value : undefined) : lookUp
  })

/**
 * Looks up, at the desk, a code that KV does not have. Returns similar codes if the code is
 * unknown.
 *
 * Each isolate does this at most once a minute for each code. `CODE_LIMIT` bounds how many unknown
 * codes a client may try. Codes that exist but are not in KV yet, for example after an import, are
 * not counted. `isDamaged` means that the value in KV is unusable, so the desk must write it again.
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
          // The shield returns this result for a minute. The cache entry becomes stale much
          // earlier, so that KV is read again.
          cache.set(target, publication.memorySeconds, link)
          const isUnknown = resolveCachedCode(link, typedCode) === undefined
          const isOverLimit = isUnknown && !(await codeLimit.limit({ key: client })).success
          return { result, bytes: 1000, isOverLimit }
        },
        // If the value is damaged again, the desk must be called before a minute has passed.
        isDamaged ? SHIELD_MAX_AGE_MS : UNKNOWN_CODE_MAX_AGE_MS,
      )
      if (!lookUp.ok) return isDeskClosed(lookUp.failure) ? fail(UNAVAILABLE) : lookUp
      const { record, similarCodes } = lookUp.value
      return ok(resolveCachedCode(toCachedLink(record), typedCode) ?? { similarCodes })
    },
  )

/**
 * Caches the links that the desk returned for a change. Other cached links to the changed article
 * (`articleId`) are removed.
 */
export function refreshLinks(
  { cache, shield, publication }: Isolate,
  // During a deploy the desk may still run the previous version, which returns no links.
  links: readonly FoldedLink[] = [],
  articleId?: string,
): void {
  const seconds = publication.memorySeconds
  for (const target of articleId === undefined ? [] : cache.listLinksTo(articleId))
    cache.set(target, seconds, undefined)
  for (const { folded, record } of links) {
    const target = linkTarget(folded)
    // A reader may have tried the code before it existed, so the shield may have cached it as
    // unknown.
    shield.invalidate(target)
    cache.set(target, seconds, toCachedLink(record))
  }
}

/** Removes cached "unknown" results for codes that were created in bulk. */
export function invalidateCodes({ shield }: Isolate, codes: readonly string[]): void {
  for (const code of codes) shield.invalidate(linkTarget(foldCode(code)))
}

const toCachedLink = (record: LinkRecord | undefined): CachedValue | undefined =>
  record && { kind: 'link', record }

function resolveCachedCode(
  cached: CachedValue | undefined,
  typedCode: string,
): ResolvedCode | undefined {
  return cached?.kind === 'link' ? resolveCode(cached.record, typedCode) : undefined
}
