/**
 * Creates, changes and removes the short links that do not come from manuscripts: links to pages of
 * the publisher, and additional codes of articles. Also looks up codes for readers and suggests
 * similar ones. As in `editing.ts`, each change is one transaction.
 */
import { RESERVED_CODE_MESSAGE } from '../model/article.ts'
import { foldCode, isRudeCode } from '../model/code.ts'
import { type CodeOwner, type Failure, fail, ok, type Result } from '../model/failures.ts'
import type { LinkDraft } from '../model/link.ts'
import { type LinkRecord, resolveLink } from '../model/link.ts'
import type { Publication } from '../model/publication.ts'
import {
  listFormsExceptOmissions,
  listOmissionForms,
  listSimilarForms,
} from '../model/similar-codes.ts'
import { isReservedCode, parseArticleUrl } from '../model/urls.ts'
import { omitUndefined } from '../text/json.ts'
import { linkTarget } from '../wire/targets.ts'
import { renderTarget } from './documents/rendering.ts'
import { type ChangeContext, findUnmetCondition } from './editing.ts'
import {
  ALIAS_ACTION,
  type Ledger,
  type PageLink,
  PRIORITY,
  type SimilarCode,
  type StoredArticle,
} from './ledger/ledger.ts'
import {
  type ArticleOutcome,
  type CodeLookUp,
  type Conditions,
  type FoldedLink,
  getLinkRevision,
  type LinkOutcome,
  type StoredLink,
} from './protocol.ts'

/** Unknown codes are deleted `days` after they were last tried. At most `codes` are stored. */
const UNKNOWN_CODE_LIMITS = { days: 90, codes: 1000 }
const MAX_SIMILAR_CODES = 3
const MAX_CASE_VARIANTS = 20
const DAY_MS = 86_400_000

/**
 * Returns the article or page that has exactly this code. An article is returned without its texts.
 */
export function findLink(ledger: Ledger, code: string): StoredLink | undefined {
  const codes = ledger.listCodesByFolded(foldCode(code))
  const match = codes.find((candidate) => candidate.code === code)
  if (!match) return undefined
  const alike = codes.filter((candidate) => candidate !== match).map((each) => each.code)
  if (!('article' in match)) return { code, alike, page: match }
  const article = ledger.findArticleWithoutTexts(match.article)
  return article && { code, alike, article }
}

/** Lists the links after a code, ordered by code. */
export const listLinks = (ledger: Ledger, after: string, limit: number): StoredLink[] =>
  ledger.listCodes(after, limit).flatMap((code) => findLink(ledger, code) ?? [])

/**
 * Creates or changes a link to a page, or adds a code to an article. If the URL is the address of
 * one of our articles, the code is added to that article. Such a link always redirects to the
 * article's current address, and reports the withdrawal of the article.
 */
export function acceptLink(
  ledger: Ledger,
  publication: Publication,
  draft: LinkDraft,
  conditions: Conditions,
  context: ChangeContext,
): Result<LinkOutcome> {
  const { code } = draft
  const before = findLink(ledger, code)
  const current = before && { revision: getLinkRevision(before) }
  const unmet = findUnmetCondition('change', code, current, conditions)
  if (unmet) return unmet
  const now = Math.floor(context.now / 1000)
  if (!before && isRudeCode(code))
    return failInvalid('change', code, 'code is a rude word', '/code')
  if (draft.expires !== undefined && draft.expires <= now)
    return failInvalid('change', code, 'expires is in the past', '/expires')
  return applyLink(ledger, publication, 'change', draft, before, context)
}

/**
 * Imports a link that another system has published. An existing code is never changed; the import
 * fails with `link-taken` if the code redirects elsewhere. Rude words are accepted, because these
 * codes are in print already. A dry run changes nothing.
 */
export function importLink(
  ledger: Ledger,
  publication: Publication,
  draft: LinkDraft,
  context: ChangeContext,
  dryRun: boolean,
): Result<LinkOutcome> {
  const before = findLink(ledger, draft.code)
  if (before && 'page' in before) {
    const { url, removed } = before.page
    if (removed) return fail({ reason: 'link-removed', action: 'import', code: draft.code })
    return 'url' in draft.to && draft.to.url === url
      ? ok({ link: before, created: false, changed: false })
      : failTaken('import', draft.code, { url })
  }
  return applyLink(ledger, publication, 'import', draft, before, context, dryRun)
}

/**
 * Applies a draft that creates or changes a link, and checks the rules that apply to editors and
 * imports alike. The callers check the other rules. A dry run returns the same outcome and changes
 * nothing.
 */
function applyLink(
  ledger: Ledger,
  publication: Publication,
  action: string,
  draft: LinkDraft,
  before: StoredLink | undefined,
  context: ChangeContext,
  dryRun = false,
): Result<LinkOutcome> {
  const { code, to } = draft
  const id = 'article' in to ? to.article : findArticleIdByUrl(ledger, publication, to.url)
  const article = id === undefined ? undefined : ledger.findArticleWithoutTexts(id)
  if (!article && 'article' in to)
    return failInvalid(action, code, `no article has the id "${to.article}"`, '/article')
  if (!article && id !== undefined)
    return failInvalid(action, code, 'url is the address of an article that does not exist', '/url')
  if (before && 'article' in before) {
    if (article?.id === before.article.id)
      return ok({ link: before, created: false, changed: false })
    return failTaken(action, code, { article: before.article.id })
  }
  if (!before && isReservedCode(code))
    return failInvalid(action, code, RESERVED_CODE_MESSAGE, '/code')
  if (article && draft.expires !== undefined)
    return failInvalid(
      action,
      code,
      'expires is sent, but url is the address of an article, and links to articles never expire',
      '/expires',
    )
  const page = before?.page
  if (page?.removed) {
    const isRepublish = draft.republish && 'url' in to && to.url === page.url
    if (!isRepublish) return fail({ reason: 'link-removed', action, code })
  }
  const now = Math.floor(context.now / 1000)
  if (!article && 'url' in to) {
    const after = buildPageLink(draft, to.url, page, now)
    if (page && isSameLink(page, after)) return ok({ link: before, created: false, changed: false })
    if (!dryRun)
      saveChange(ledger, context, code, (change) => ledger.saveLink({ ...after, change }))
  } else if (article && !dryRun) {
    saveChange(ledger, context, code, (change) => {
      ledger.deleteLink(code)
      ledger.saveCode(code, article.id)
      ledger.indexCode(foldCode(code), article.id)
      ledger.recordChange(change, context.now, article, ALIAS_ACTION)
    })
  }
  const link = findLink(ledger, code) ?? buildPlannedLink(ledger, draft, article, now)
  return ok({ link, created: before === undefined, changed: true })
}

/**
 * Removes a link to a page. Its code then reports the removal, and is never assigned to anything
 * else.
 */
export function removeLink(
  ledger: Ledger,
  code: string,
  legal: string | undefined,
  conditions: Conditions,
  context: ChangeContext,
): Result<LinkOutcome> {
  const before = findLink(ledger, code)
  const current = before && { revision: getLinkRevision(before) }
  const unmet = findUnmetCondition('remove', code, current, conditions)
  if (unmet) return unmet
  if (!before) return fail({ reason: 'unknown-link', action: 'remove', code })
  if ('article' in before) return failTaken('remove', code, { article: before.article.id })
  const { page } = before
  if (page.removed && (legal === undefined || legal === page.removed.legal))
    return ok({ link: before, created: false, changed: false })
  const now = Math.floor(context.now / 1000)
  const removed = omitUndefined({ when: page.removed?.when ?? now, legal })
  saveChange(ledger, context, code, (change) =>
    ledger.saveLink({ ...page, updated: now, removed, revision: page.revision + 1, change }),
  )
  return ok({ link: findLink(ledger, code) ?? before, created: false, changed: true })
}

/**
 * Returns at most three different public articles with codes that are similar to an unknown code.
 * Codes that differ only in case come first, then the others by similarity. Hundreds of forms are
 * similar, and most of them are not codes, so one query first selects those that are.
 */
export function findSimilarCodes(ledger: Ledger, folded: string): SimilarCode[] {
  const existing = new Set(
    ledger.listSimilarFoldedCodes(listFormsExceptOmissions(folded), listOmissionForms(folded)),
  )
  const codes = [folded, ...listSimilarForms(folded)].filter((form) => existing.has(form))
  const similar = new Map<string, SimilarCode>()
  for (
    let from = 0;
    from < codes.length && similar.size < MAX_SIMILAR_CODES;
    from += MAX_SIMILAR_CODES
  ) {
    const batch = codes.slice(from, from + MAX_SIMILAR_CODES)
    for (const row of ledger.listPublicArticlesByFolded(batch, MAX_SIMILAR_CODES + similar.size))
      if (similar.size < MAX_SIMILAR_CODES && !similar.has(row.id)) similar.set(row.id, row)
  }
  return [...similar.values()]
}

/**
 * Resolves a code that a reader tried. `record` has the existing codes with the same folded form.
 * If the code could be several of them, the result lists these. If it is none, the result lists
 * similar codes.
 *
 * Unknown codes are counted, so that editors can find misprints. Nothing about the reader is
 * stored. A code that differs from existing ones only in case is not counted. `now` is in
 * milliseconds.
 */
export function lookUpCode(
  ledger: Ledger,
  code: string,
  record: LinkRecord | undefined,
  now: number,
): CodeLookUp {
  if (record && resolveLink(record, code)) return { record, similarCodes: [] }
  const folded = foldCode(code)
  const variants = record ? listCaseVariants(ledger, record, now) : []
  const similarCodes = variants.length > 0 ? variants : findSimilarCodes(ledger, folded)
  if (record) return { record, similarCodes }
  ledger.countUnknownCode(
    folded,
    formatDay(now),
    formatDay(now - UNKNOWN_CODE_LIMITS.days * DAY_MS),
    UNKNOWN_CODE_LIMITS.codes,
  )
  return { similarCodes }
}

/** Lists the codes of a record that lead to a page now, with the titles of these pages. */
function listCaseVariants(ledger: Ledger, { codes }: LinkRecord, now: number): SimilarCode[] {
  return Object.entries(codes)
    .flatMap(([code, answer]): SimilarCode[] => {
      if ('gone' in answer || (answer.until ?? Number.POSITIVE_INFINITY) * 1000 <= now) return []
      const { id, to, title = to } = answer
      const story = id === undefined ? undefined : ledger.findArticleWithoutTexts(id)?.story
      return [story ? { code, title: story.title, language: story.language } : { code, title }]
    })
    .slice(0, MAX_CASE_VARIANTS)
}

const formatDay = (at: number): string => new Date(at).toISOString().slice(0, 10)

/**
 * Maximum number of links in one result. If an article has more codes, callers evict the rest from
 * the cache.
 */
const MAX_LINKS = 50

/**
 * Returns the current records of the codes that a change affects, as they are written to KV: the
 * code of the link, or all codes of the article, its main code first. `now` is in milliseconds.
 */
export function getAffectedLinks(
  ledger: Ledger,
  publication: Publication,
  outcome: ArticleOutcome | LinkOutcome,
  now: number,
): FoldedLink[] {
  const { code } = 'link' in outcome ? outcome.link : outcome.article
  const ownCode = foldCode(code)
  try {
    const otherCodes = 'link' in outcome ? [] : ledger.listFoldedCodesOfArticle(outcome.article.id)
    return [...new Set([ownCode, ...otherCodes])].slice(0, MAX_LINKS).map((folded) => {
      const rendering = renderTarget(ledger, publication, linkTarget(folded), now, true)
      return rendering.kind === 'content' && rendering.content.kind === 'link'
        ? { folded, record: rendering.content.record }
        : { folded }
    })
  } catch {
    // The change is committed already, so a failed read must not make it fail. The caller evicts
    // the cached record of a code that is returned without a record.
    return [{ folded: ownCode }]
  }
}

/** Finds the article whose own page or canonical address has this URL. */
function findArticleIdByUrl(
  ledger: Ledger,
  publication: Publication,
  url: string,
): string | undefined {
  return parseArticleUrl(publication, url) ?? ledger.findIdByCanonical(url, '')
}

/** Builds the link from the draft. It keeps the creation time of `before`, if there is one. */
const buildPageLink = (
  { code, title, created, expires }: LinkDraft,
  url: string,
  before: PageLink | undefined,
  now: number,
): PageLink => ({
  code,
  url,
  ...omitUndefined({ title }),
  created: before?.created ?? created ?? now,
  updated: now,
  ...omitUndefined({ expires }),
  revision: (before?.revision ?? 0) + 1,
  change: 0,
})

const isSameLink = (a: PageLink, b: PageLink): boolean =>
  a.url === b.url && a.title === b.title && a.expires === b.expires && !a.removed

/** Returns the link that a dry run would have created. */
function buildPlannedLink(
  ledger: Ledger,
  draft: LinkDraft,
  article: StoredArticle | undefined,
  now: number,
): StoredLink {
  const { code, to } = draft
  const alike = ledger.listCodesByFolded(foldCode(code)).map((row) => row.code)
  if (article) return { code, alike, article }
  return { code, alike, page: buildPageLink(draft, 'url' in to ? to.url : '', undefined, now) }
}

/** Applies a change, numbers it, and enqueues the code, in one transaction. */
function saveChange(
  ledger: Ledger,
  context: ChangeContext,
  code: string,
  apply: (sequence: number) => void,
): void {
  ledger.transaction(() => {
    const sequence = ledger.incrementSequence()
    apply(sequence)
    const folded = foldCode(code)
    // A new code of a bulk run may wait in the backlog, because readers who do not find it in KV
    // reach the desk. It must not wait if KV has another code with the same folded form, because KV
    // would redirect readers of the new code to the destination of the other.
    const canWait = context.bulk && ledger.listCodesByFolded(folded).length === 1
    const priority = canWait ? PRIORITY.backlog : PRIORITY.news
    ledger.enqueue(linkTarget(folded), sequence, context.now, priority)
  })
}

const failTaken = (action: string, code: string, holder: CodeOwner) =>
  fail({ reason: 'link-taken', action, code, owner: holder } satisfies Failure)

const failInvalid = (action: string, subject: string, detail: string, pointer: string) =>
  fail({ reason: 'invalid', action, subject, faults: [{ detail, pointer }] })
