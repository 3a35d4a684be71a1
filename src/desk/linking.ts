/**
 * What the desk decides about codes that no manuscript gave: links to pages of the publisher, more
 * codes for an article, and what an unknown code may have meant. Like `editing.ts`: each change
 * runs whole within one transaction.
 */
import { RESERVED_CODE_MESSAGE } from '../model/article.ts'
import { foldCode, isRudeCode } from '../model/code.ts'
import { type CodeOwner, type Failure, fail, ok, type Result } from '../model/failures.ts'
import type { LinkDraft } from '../model/link.ts'
import { type LinkRecord, resolveLink } from '../model/link.ts'
import type { Publication } from '../model/publication.ts'
import {
  listFormsBeyondOmissions,
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

/** How long, and how many of the unknown codes that were asked for are kept. */
const UNKNOWN_CODE_LIMITS = { days: 90, codes: 1000 }
const MAX_SIMILAR_CODES = 3
const DAY_MS = 86_400_000

/** Who has exactly this code. The article comes without its texts. */
export function findLink(ledger: Ledger, code: string): StoredLink | undefined {
  const codes = ledger.listCodesByFolded(foldCode(code))
  const match = codes.find((candidate) => candidate.code === code)
  if (!match) return undefined
  const alike = codes.filter((candidate) => candidate !== match).map((each) => each.code)
  if (!('article' in match)) return { code, alike, page: match }
  const article = ledger.findArticleWithoutTexts(match.article)
  return article && { code, alike, article }
}

/** Links after a code, in order. */
export const listLinks = (ledger: Ledger, after: string, limit: number): StoredLink[] =>
  ledger.listCodes(after, limit).flatMap((code) => findLink(ledger, code) ?? [])

/**
 * Gives a code to a page, or leads it elsewhere, or makes it one more code of an article. An
 * address where an article of ours lives means the article: the code follows it, and says so when
 * it is withdrawn.
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
 * Takes a link that was given out elsewhere before: a code that leads somewhere already stays as it
 * is, and is a collision (`link-taken`) when that is another place. Rude words stand, because they
 * are in print. With `check` nothing is changed.
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
 * Decides, and unless it is only a check, changes. What only an editor may not do was asked before.
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
    return failInvalid(action, code, 'url is the address of an article that is not there', '/url')
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
      'expires is given for the address of an article, which has no end',
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

/** Takes a link back: its code says so from now on, and is never used for another. */
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
 * Public articles whose code somebody may have meant who asked for this one, three at most, each
 * once: other cases of it first. There are hundreds of near forms, and only those are looked at
 * that are codes, the nearest first.
 */
export function findSimilarCodes(ledger: Ledger, folded: string): SimilarCode[] {
  const existing = new Set(
    ledger.listSimilarFoldedCodes(listFormsBeyondOmissions(folded), listOmissionForms(folded)),
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
 * The answer to a reader's code, from the record of its folded form: for one that is none, those
 * that are near. Such a code is counted, for the editor who looks for a misprint and without a
 * person; not so one that is some code in another case. `now` in milliseconds.
 */
export function lookUpCode(
  ledger: Ledger,
  code: string,
  record: LinkRecord | undefined,
  now: number,
): CodeLookUp {
  if (record && resolveLink(record, code)) return { record, similarCodes: [] }
  const folded = foldCode(code)
  const similarCodes = findSimilarCodes(ledger, folded)
  if (record) return { record, similarCodes }
  ledger.countUnknownCode(
    folded,
    formatDay(now),
    formatDay(now - UNKNOWN_CODE_LIMITS.days * DAY_MS),
    UNKNOWN_CODE_LIMITS.codes,
  )
  return { similarCodes }
}
const formatDay = (at: number): string => new Date(at).toISOString().slice(0, 10)

/**
 * Most links that an answer carries. Articles have few codes; of one that has more, callers forget
 * what they know of the others.
 */
const MAX_LINKS = 50

/**
 * Where the codes that a change concerns lead now, as it is written to KV: the code of a link, or
 * all codes of an article, its own first. `now` in milliseconds.
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
    // The change is durable already: what cannot be read now costs the cache, and is no failure.
    return [{ folded: ownCode }]
  }
}

/**
 * The article that lives at an address: on the page that Dateline serves, or at its canonical one.
 */
function findArticleIdByUrl(
  ledger: Ledger,
  publication: Publication,
  url: string,
): string | undefined {
  return parseArticleUrl(publication, url) ?? ledger.findIdByCanonical(url, '')
}

/** The whole link is given anew, so what is not said is not kept; when it was made stays. */
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

/** What a check would have made. */
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

/** One change: kept, numbered, and owed to the world. */
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
    // A code that nobody had is looked up here while it waits. One beside others on the wire would
    // be taken for one of those.
    const canWait = context.bulk && ledger.listCodesByFolded(folded).length === 1
    const priority = canWait ? PRIORITY.backlog : PRIORITY.news
    ledger.enqueue(linkTarget(folded), sequence, context.now, priority)
  })
}

const failTaken = (action: string, code: string, holder: CodeOwner) =>
  fail({ reason: 'link-taken', action, code, owner: holder } satisfies Failure)

const failInvalid = (action: string, subject: string, detail: string, pointer: string) =>
  fail({ reason: 'invalid', action, subject, faults: [{ detail, pointer }] })
