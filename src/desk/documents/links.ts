/**
 * Plans the value of a short link's key. It has all published codes with one folded form, and for
 * each the destination or the information that it is gone.
 */
import type { LinkAnswer } from '../../model/link.ts'
import type { Publication } from '../../model/publication.ts'
import { canonicalUrl } from '../../model/urls.ts'
import { omitNull, omitUndefined } from '../../text/json.ts'
import type { ParsedTarget } from '../../wire/targets.ts'
import type { Ledger, PageLink, PublishedCode } from '../ledger/ledger.ts'
import type { PlannedContent, Planners } from './plan.ts'

export const LINK_PLANNERS: Planners<'link'> = {
  link: {
    plan: planLink,
    isTracked: (ledger, { folded }) => ledger.listPublishedCodes(folded).length > 0,
  },
}

function planLink(
  ledger: Ledger,
  publication: Publication,
  { folded }: ParsedTarget<'link'>,
): PlannedContent {
  const publishedCodes = ledger.listPublishedCodes(folded)
  // `Object.fromEntries` instead of assignments, because `__proto__` is a valid code.
  const codes = Object.fromEntries(
    publishedCodes.map((entry) => [
      entry.code,
      'url' in entry ? buildPageAnswer(entry) : buildArticleAnswer(entry, publication),
    ]),
  )
  return publishedCodes.length === 0 ? { kind: 'absent' } : { kind: 'link', record: { codes } }
}

function buildArticleAnswer(
  { id, state, canonical, withdrawnAt, legal }: PublishedCode,
  publication: Publication,
): LinkAnswer {
  if (state !== 'withdrawn')
    return { to: canonicalUrl(publication, { id, canonical: canonical ?? undefined }), id }
  return { gone: true, ...omitNull({ when: withdrawnAt, legal }) }
}

function buildPageAnswer({ url, title, created, expires, removed }: PageLink): LinkAnswer {
  if (removed) return { gone: true, page: true, ...removed }
  return omitUndefined({ to: url, made: created, title, until: expires })
}
