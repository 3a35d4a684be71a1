/**
 * What the publish API answers of links: a line of the list, the receipt of a change, codes that
 * were missed.
 */
import {
  type KnownLink,
  type LinkOutcome,
  type MissRow,
  type PageLink,
  revisionOfLink,
} from '../desk/protocol.ts'
import {
  describedBy,
  type LinkOutline,
  LinkOutlineSchema,
  LinkReceiptSchema,
  MissesSchema,
} from '../model/answers.ts'
import type { ArticleState } from '../model/article.ts'
import type { Publication } from '../model/publication.ts'
import { canonicalUrl, isHiddenCode, shortLink } from '../model/urls.ts'
import { defined } from '../text/json.ts'
import { formatTime } from '../text/time.ts'

const STATUS_OF_ARTICLE: Readonly<Record<ArticleState, LinkOutline['status']>> = {
  public: 'live',
  embargoed: 'embargoed',
  withdrawn: 'withdrawn',
}

/** One line of the list; the receipt begins with the same keys. `now` in seconds. */
export function linkOutline(link: KnownLink, publication: Publication, now: number) {
  const { code, alike } = link
  return describedBy(LinkOutlineSchema, {
    code,
    short_url: shortLink(publication, code),
    ...('page' in link ? ofPage(link.page, now) : ofArticle(link, publication)),
    revision: revisionOfLink(link),
    folds: alike.length === 0,
    ...(alike.length > 0 && { alike }),
    ...(isHiddenCode(publication, code) && { hidden: true }),
  })
}

export const linkReceipt = (
  { link, changed }: Pick<LinkOutcome, 'link' | 'changed'>,
  publication: Publication,
  now: number,
) => describedBy(LinkReceiptSchema, { ...linkOutline(link, publication, now), changed })

function ofArticle(
  { code, article }: Extract<KnownLink, { article: object }>,
  publication: Publication,
) {
  const { id, state, published, updated, withdrawn } = article
  return {
    status: STATUS_OF_ARTICLE[state],
    url: canonicalUrl(publication, article),
    article: id,
    primary: article.code === code,
    title: article.story.title,
    created: formatTime(published),
    updated: formatTime(updated),
    ...removalOf(withdrawn),
  }
}

function ofPage({ url, title, created, updated, expires, removed }: PageLink, now: number) {
  const status: LinkOutline['status'] = removed
    ? 'removed'
    : expires !== undefined && expires <= now
      ? 'expired'
      : 'live'
  return {
    status,
    url,
    ...defined({ title }),
    created: formatTime(created),
    updated: formatTime(updated),
    ...(expires !== undefined && { expires: formatTime(expires) }),
    ...removalOf(removed),
  }
}

const removalOf = (removed: { when: number; legal?: string } | undefined) =>
  removed && defined({ removed: formatTime(removed.when), legal: removed.legal })

export const missesReport = (rows: MissRow[]) =>
  describedBy(MissesSchema, {
    misses: rows.map(({ code, asked, day }) => ({ code, asked, last: day })),
  })
