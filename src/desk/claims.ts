/** Collects the values with which claims are compared (`model/claims.ts`). */
import { type ClaimedValues, VALUES_OF_NEW_ARTICLE } from '../model/claims.ts'
import type { Publication } from '../model/publication.ts'
import { shortLink } from '../model/urls.ts'
import { formatTime } from '../text/time.ts'
import type { StoredArticle } from './ledger/ledger.ts'

/** Returns the stored values of these keys, in the form in which the publish API returns them. */
export function getClaimedValues(
  article: StoredArticle | undefined,
  publication: Publication,
): ClaimedValues {
  if (!article) return VALUES_OF_NEW_ARTICLE
  const { state, revision, code, corrections, withdrawn } = article
  return new Map<string, unknown>([
    ['status', state],
    ['revision', revision],
    ['short_url', shortLink(publication, code)],
    ['corrections', corrections.map(({ at, text }) => ({ at: formatTime(at), text }))],
    ...(withdrawn ? [['withdrawn', formatTime(withdrawn.when)] as const] : []),
    ['reason', withdrawn?.reason],
    ['legal', withdrawn?.legal],
  ])
}
