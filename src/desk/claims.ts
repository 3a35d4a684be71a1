/**
 * What a manuscript says of its article as it stands: keys that the desk sets, and that come back
 * when an editor's program reads an article, changes a key and sends the whole. They are ignored
 * where they are true. Where they are not, the program has read something else than what is there
 * now, or means to set what only the desk sets.
 */
import type { Claims } from '../model/article.ts'
import type { Fault } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { shortLink } from '../model/urls.ts'
import { isRecord } from '../text/json.ts'
import { formatTime, parseTime } from '../text/time.ts'
import type { StoredArticle } from './ledger/ledger.ts'

/**
 * A fault for each claim that is not true of the article; of one that does not exist hardly any is.
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

/** What is true, in the form in which the publish API says it. */
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

/** A time may be written with another offset. */
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
  if (key === 'corrections') return '; a new one is given as correction'
  return typeof fact === 'string' || typeof fact === 'number'
    ? `, and is ${JSON.stringify(fact)}`
    : '; leave it out'
}
