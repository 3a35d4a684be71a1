/**
 * Builds the response bodies of the publish API for short links: entries of the list, receipts, and
 * the report of unknown codes. `src/model/responses.ts` has their schemas.
 */
import {
  getLinkRevision,
  type LinkOutcome,
  type PageLink,
  type StoredLink,
  type UnknownCodeRow,
} from '../desk/protocol.ts'
import type { ArticleState } from '../model/article.ts'
import type { Publication } from '../model/publication.ts'
import {
  conformTo,
  type LinkOutline,
  LinkOutlineSchema,
  LinkReceiptSchema,
  UnknownCodesSchema,
} from '../model/responses.ts'
import { canonicalUrl, isHiddenCode, shortLink } from '../model/urls.ts'
import { omitUndefined } from '../text/json.ts'
import { formatTime } from '../text/time.ts'

const LINK_STATUS_BY_ARTICLE_STATE: Readonly<Record<ArticleState, LinkOutline['status']>> = {
  public: 'live',
  embargoed: 'embargoed',
  withdrawn: 'withdrawn',
}

/** Builds one entry of the list. Receipts begin with the same keys. */
export function buildLinkOutline(link: StoredLink, publication: Publication, nowSeconds: number) {
  const { code, alike: caseVariants } = link
  return conformTo(LinkOutlineSchema, {
    code,
    short_url: shortLink(publication, code),
    ...('page' in link
      ? describePageLink(link.page, nowSeconds)
      : describeArticleLink(link, publication)),
    revision: getLinkRevision(link),
    // The code works in upper and lower case, unless another code differs from it only in case.
    folds: caseVariants.length === 0,
    ...(caseVariants.length > 0 && { alike: caseVariants }),
    ...(isHiddenCode(publication, code) && { hidden: true }),
  })
}

export const buildLinkReceipt = (
  { link, changed }: Pick<LinkOutcome, 'link' | 'changed'>,
  publication: Publication,
  nowSeconds: number,
) => conformTo(LinkReceiptSchema, { ...buildLinkOutline(link, publication, nowSeconds), changed })

function describeArticleLink(
  { code, article }: Extract<StoredLink, { article: object }>,
  publication: Publication,
) {
  const { id, state, published, updated, withdrawn } = article
  return {
    status: LINK_STATUS_BY_ARTICLE_STATE[state],
    url: canonicalUrl(publication, article),
    article: id,
    primary: article.code === code,
    title: article.story.title,
    created: formatTime(published),
    updated: formatTime(updated),
    ...describeRemoval(withdrawn),
  }
}

function describePageLink(
  { url, title, created, updated, expires, removed }: PageLink,
  nowSeconds: number,
) {
  const status: LinkOutline['status'] = removed
    ? 'removed'
    : expires !== undefined && expires <= nowSeconds
      ? 'expired'
      : 'live'
  return {
    status,
    url,
    ...omitUndefined({ title }),
    created: formatTime(created),
    updated: formatTime(updated),
    ...(expires !== undefined && { expires: formatTime(expires) }),
    ...describeRemoval(removed),
  }
}

const describeRemoval = (removal: { when: number; legal?: string } | undefined) =>
  removal && omitUndefined({ removed: formatTime(removal.when), legal: removal.legal })

export const buildUnknownCodesReport = (rows: UnknownCodeRow[]) =>
  conformTo(UnknownCodesSchema, {
    misses: rows.map(({ code, asked, day }) => ({ code, asked, last: day })),
  })
