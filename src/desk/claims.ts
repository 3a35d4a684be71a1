/**
 * Checks claims: manuscript keys that only the desk sets, such as `revision`. The desk receives
 * them when an editor's program reads an article, changes one key and sends everything back.
 *
 * A claim that matches the stored article is ignored. Any other claim is a fault: the program has
 * read another version, or it tries to set what only the desk can set.
 */
import type { Claims } from '../model/article.ts'
import type { Fault } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { shortLink } from '../model/urls.ts'
import { isRecord } from '../text/json.ts'
import { formatTime, parseTime } from '../text/time.ts'
import type { StoredArticle } from './ledger/ledger.ts'

/**
 * Returns a fault for each claim that does not match the stored article. For an article that does
 * not exist, only an empty `corrections` matches.
 */
export function findFalseClaims(
  claims: Claims,
  article: StoredArticle | undefined,
  publication: Publication,
): Fault[] {
  const facts = getFacts(article, publication)
  return Object.entries(claims).flatMap(([key, claim]) => {
    const fact = facts.get(key)
    if (isSame(claim, fact)) return []
    const detail = `${key} is set by the desk${formatAdvice(key, fact)}`
    return [{ detail, pointer: `/${key}` }]
  })
}

/** Returns the stored values of these keys, in the form in which the publish API returns them. */
function getFacts(
  article: StoredArticle | undefined,
  publication: Publication,
): ReadonlyMap<string, unknown> {
  const facts = new Map<string, unknown>([['corrections', []]])
  if (!article) return facts
  const { state, revision, code, corrections, withdrawn } = article
  facts.set('status', state)
  facts.set('revision', revision)
  facts.set('short_url', shortLink(publication, code))
  facts.set(
    'corrections',
    corrections.map(({ at, text }) => ({ at: formatTime(at), text })),
  )
  if (withdrawn) facts.set('withdrawn', formatTime(withdrawn.when))
  facts.set('reason', withdrawn?.reason)
  facts.set('legal', withdrawn?.legal)
  return facts
}

/**
 * Compares deeply. Two notations of the same time, for example with different offsets, are equal.
 */
function isSame(claim: unknown, fact: unknown): boolean {
  if (typeof claim === 'string' && typeof fact === 'string') {
    const time = parseTime(fact)
    return claim === fact || (time !== undefined && parseTime(claim) === time)
  }
  if (Array.isArray(claim) && Array.isArray(fact))
    return claim.length === fact.length && claim.every((item, index) => isSame(item, fact[index]))
  if (isRecord(claim) && isRecord(fact)) {
    const keys = Object.keys(fact)
    return (
      Object.keys(claim).length === keys.length &&
      keys.every((key) => Object.hasOwn(claim, key) && isSame(claim[key], fact[key]))
    )
  }
  return claim === fact
}

function formatAdvice(key: string, fact: unknown): string {
  if (key === 'corrections') return '; send a new one as correction'
  return typeof fact === 'string' || typeof fact === 'number'
    ? ` and is now ${JSON.stringify(fact)}`
    : '; leave it out'
}
