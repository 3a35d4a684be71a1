/** Plans a key of short links: every code with one folded form, and where each leads. */
import type { LinkAnswer } from '../../model/link.ts'
import type { Publication } from '../../model/publication.ts'
import { canonicalUrl } from '../../model/urls.ts'
import { defined, notNull } from '../../text/json.ts'
import type { ParsedTarget } from '../../wire/targets.ts'
import type { KnownCode, Ledger, PageLink } from '../ledger/ledger.ts'
import type { Planned, Planners } from './plan.ts'

export const LINK_PLANNERS: Planners<'link'> = {
  link: {
    plan: planLink,
    isKnown: (ledger, { folded }) => ledger.knownCodes(folded).length > 0,
  },
}

function planLink(
  ledger: Ledger,
  publication: Publication,
  { folded }: ParsedTarget<'link'>,
): Planned {
  const known = ledger.knownCodes(folded)
  // Not by assignment: `__proto__` is a code like any other.
  const codes = Object.fromEntries(
    known.map((each) => [
      each.code,
      'url' in each ? answerOfPage(each) : answerOfCode(each, publication),
    ]),
  )
  return known.length === 0 ? { kind: 'absent' } : { kind: 'link', record: { codes } }
}

function answerOfCode(
  { id, state, canonical, withdrawnAt, legal }: KnownCode,
  publication: Publication,
): LinkAnswer {
  if (state !== 'withdrawn')
    return { to: canonicalUrl(publication, { id, canonical: canonical ?? undefined }), id }
  return { gone: true, ...notNull({ when: withdrawnAt, legal }) }
}

function answerOfPage({ url, title, created, expires, removed }: PageLink): LinkAnswer {
  if (removed) return { gone: true, page: true, ...removed }
  return defined({ to: url, made: created, title, until: expires })
}
