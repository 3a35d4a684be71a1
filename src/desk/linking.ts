/**
 * What the desk decides about codes that no manuscript gave: links to pages of the publisher, more
 * codes for an article, and what an unknown code may have meant. Like `editing.ts`: each change
 * runs whole within one transaction.
 */
import { NAME_OF_ADDRESS } from '../model/article.ts'
import { foldCode, isRudeCode } from '../model/code.ts'
import { type Failure, fail, type LinkHolder, ok, type Result } from '../model/failures.ts'
import type { LinkDraft } from '../model/link.ts'
import { type LinkRecord, resolveLink } from '../model/link.ts'
import { nearForms, omissionsOf, unrelatedForms } from '../model/misspelt.ts'
import type { Publication } from '../model/publication.ts'
import { idOfArticleUrl, isReservedCode } from '../model/urls.ts'
import { defined } from '../text/json.ts'
import { linkTarget } from '../wire/targets.ts'
import { renderTarget } from './documents/rendering.ts'
import { type Moment, unmetCondition } from './editing.ts'
import {
  ALIAS,
  type KeptArticle,
  type Ledger,
  type NearRow,
  type PageLink,
  PRIORITY,
} from './ledger/ledger.ts'
import {
  type CodeLookUp,
  type Conditions,
  type FoldedLink,
  type KnownLink,
  type LinkOutcome,
  type Outcome,
  revisionOfLink,
} from './protocol.ts'

/** How long, and how many of the unknown codes that were asked for are kept. */
const MISSES = { days: 90, codes: 1000 }
const NEAR_CODES = 3
const DAY_MS = 86_400_000

/** Who has exactly this code. The article comes without its texts. */
export function knownLink(ledger: Ledger, code: string): KnownLink | undefined {
  const held = ledger.codesAt(foldCode(code))
  const own = held.find((each) => each.code === code)
  if (!own) return undefined
  const alike = held.filter((each) => each !== own).map((each) => each.code)
  if (!('article' in own)) return { code, alike, page: own }
  const article = ledger.articleWithoutTexts(own.article)
  return article && { code, alike, article }
}

/** Links after a code, in order. */
export const linksAfter = (ledger: Ledger, after: string, limit: number): KnownLink[] =>
  ledger.allCodes(after, limit).flatMap((code) => knownLink(ledger, code) ?? [])

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
  moment: Moment,
): Result<LinkOutcome> {
  const { code } = draft
  const before = knownLink(ledger, code)
  const state = before && { revision: revisionOfLink(before) }
  const unmet = unmetCondition('change', code, state, conditions)
  if (unmet) return unmet
  const now = Math.floor(moment.now / 1000)
  if (!before && isRudeCode(code)) return refused('change', code, 'code is a rude word', '/code')
  if (draft.expires !== undefined && draft.expires <= now)
    return refused('change', code, 'expires is in the past', '/expires')
  return take(ledger, publication, 'change', draft, before, moment)
}

/**
 * Takes a link that was given out elsewhere before: a code that leads somewhere already stays as it
 * is, and is a collision (`link-taken`) when that is another place. Rude words stand, because they
 * are in print. With `check` nothing is changed.
 */
export function inheritLink(
  ledger: Ledger,
  publication: Publication,
  draft: LinkDraft,
  moment: Moment,
  check: boolean,
): Result<LinkOutcome> {
  const before = knownLink(ledger, draft.code)
  if (before && 'page' in before) {
    const { url, removed } = before.page
    if (removed) return fail({ reason: 'link-removed', action: 'import', code: draft.code })
    return 'url' in draft.to && draft.to.url === url
      ? ok({ link: before, created: false, changed: false })
      : taken('import', draft.code, { url })
  }
  return take(ledger, publication, 'import', draft, before, moment, check)
}

/**
 * Decides, and unless it is only a check, changes. What only an editor may not do was asked before.
 */
function take(
  ledger: Ledger,
  publication: Publication,
  action: string,
  draft: LinkDraft,
  before: KnownLink | undefined,
  moment: Moment,
  check = false,
): Result<LinkOutcome> {
  const { code, to } = draft
  const id = 'article' in to ? to.article : articleAt(ledger, publication, to.url)
  const article = id === undefined ? undefined : ledger.articleWithoutTexts(id)
  if (!article && 'article' in to)
    return refused(action, code, `no article has the id "${to.article}"`, '/article')
  if (!article && id !== undefined)
    return refused(action, code, 'url is the address of an article that is not there', '/url')
  if (before && 'article' in before) {
    if (article?.id === before.article.id)
      return ok({ link: before, created: false, changed: false })
    return taken(action, code, { article: before.article.id })
  }
  if (!before && isReservedCode(code)) return refused(action, code, NAME_OF_ADDRESS, '/code')
  if (article && draft.expires !== undefined)
    return refused(
      action,
      code,
      'expires is given for the address of an article, which has no end',
      '/expires',
    )
  const page = before?.page
  if (page?.removed) {
    const returns = draft.republish && 'url' in to && to.url === page.url
    if (!returns) return fail({ reason: 'link-removed', action, code })
  }
  const now = Math.floor(moment.now / 1000)
  if (!article && 'url' in to) {
    const after = pageOf(draft, to.url, page, now)
    if (page && sameLink(page, after)) return ok({ link: before, created: false, changed: false })
    if (!check) save(ledger, moment, code, (change) => ledger.saveLink({ ...after, change }))
  } else if (article && !check) {
    save(ledger, moment, code, (change) => {
      ledger.forgetLink(code)
      ledger.saveCode(code, article.id)
      ledger.openCode(foldCode(code), article.id)
      ledger.audit(change, moment.now, article, ALIAS)
    })
  }
  const link = knownLink(ledger, code) ?? planned(ledger, draft, article, now)
  return ok({ link, created: before === undefined, changed: true })
}

/** Takes a link back: its code says so from now on, and is never used for another. */
export function removeLink(
  ledger: Ledger,
  code: string,
  legal: string | undefined,
  conditions: Conditions,
  moment: Moment,
): Result<LinkOutcome> {
  const before = knownLink(ledger, code)
  const state = before && { revision: revisionOfLink(before) }
  const unmet = unmetCondition('remove', code, state, conditions)
  if (unmet) return unmet
  if (!before) return fail({ reason: 'unknown-link', action: 'remove', code })
  if ('article' in before) return taken('remove', code, { article: before.article.id })
  const { page } = before
  if (page.removed && (legal === undefined || legal === page.removed.legal))
    return ok({ link: before, created: false, changed: false })
  const now = Math.floor(moment.now / 1000)
  const removed = defined({ when: page.removed?.when ?? now, legal })
  save(ledger, moment, code, (change) =>
    ledger.saveLink({ ...page, updated: now, removed, revision: page.revision + 1, change }),
  )
  return ok({ link: knownLink(ledger, code) ?? before, created: false, changed: true })
}

/**
 * Public articles whose code somebody may have meant who asked for this one, three at most, each
 * once: other cases of it first. There are hundreds of near forms, and only those are looked at
 * that are codes, the nearest first.
 */
export function nearCodes(ledger: Ledger, folded: string): NearRow[] {
  const there = new Set(ledger.foldedCodesNear(unrelatedForms(folded), omissionsOf(folded)))
  const codes = [folded, ...nearForms(folded)].filter((form) => there.has(form))
  const near = new Map<string, NearRow>()
  for (let from = 0; from < codes.length && near.size < NEAR_CODES; from += NEAR_CODES) {
    const some = codes.slice(from, from + NEAR_CODES)
    for (const row of ledger.publicArticlesAt(some, NEAR_CODES + near.size))
      if (near.size < NEAR_CODES && !near.has(row.id)) near.set(row.id, row)
  }
  return [...near.values()]
}

/**
 * The answer to a reader's code, from the record of its folded form: for one that is none, those
 * that are near. Such a code is counted, for the editor who looks for a misprint and without a
 * person; not so one that is some code in another case. `now` in milliseconds.
 */
export function answerCode(
  ledger: Ledger,
  code: string,
  record: LinkRecord | undefined,
  now: number,
): CodeLookUp {
  if (record && resolveLink(record, code)) return { record, near: [] }
  const folded = foldCode(code)
  const near = nearCodes(ledger, folded)
  if (record) return { record, near }
  ledger.countMiss(folded, dayOf(now), dayOf(now - MISSES.days * DAY_MS), MISSES.codes)
  return { near }
}
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)

/**
 * Most links that an answer carries. Articles have few codes; of one that has more, callers forget
 * what they know of the others.
 */
const MAX_LINKS = 50

/**
 * Where the codes that a change concerns lead now, as it is written to KV: the code of a link, or
 * all codes of an article, its own first. `now` in milliseconds.
 */
export function linksOf(
  ledger: Ledger,
  publication: Publication,
  changed: Outcome | LinkOutcome,
  now: number,
): FoldedLink[] {
  const { code } = 'link' in changed ? changed.link : changed.article
  const own = foldCode(code)
  try {
    const others = 'link' in changed ? [] : ledger.foldedCodesOf(changed.article.id)
    return [...new Set([own, ...others])].slice(0, MAX_LINKS).map((folded) => {
      const rendering = renderTarget(ledger, publication, linkTarget(folded), now, true)
      return rendering.kind === 'content' && rendering.content.kind === 'link'
        ? { folded, record: rendering.content.record }
        : { folded }
    })
  } catch {
    // The change is durable already: what cannot be read now costs the cache, and is no failure.
    return [{ folded: own }]
  }
}

/**
 * The article that lives at an address: on the page that Dateline serves, or at its canonical one.
 */
function articleAt(ledger: Ledger, publication: Publication, url: string): string | undefined {
  return idOfArticleUrl(publication, url) ?? ledger.holderOfCanonical(url, '')
}

/** The whole link is given anew, so what is not said is not kept; when it was made stays. */
const pageOf = (
  { code, title, created, expires }: LinkDraft,
  url: string,
  before: PageLink | undefined,
  now: number,
): PageLink => ({
  code,
  url,
  ...defined({ title }),
  created: before?.created ?? created ?? now,
  updated: now,
  ...defined({ expires }),
  revision: (before?.revision ?? 0) + 1,
  change: 0,
})

const sameLink = (a: PageLink, b: PageLink): boolean =>
  a.url === b.url && a.title === b.title && a.expires === b.expires && !a.removed

/** What a check would have made. */
function planned(
  ledger: Ledger,
  draft: LinkDraft,
  article: KeptArticle | undefined,
  now: number,
): KnownLink {
  const { code, to } = draft
  const alike = ledger.codesAt(foldCode(code)).map((each) => each.code)
  if (article) return { code, alike, article }
  return { code, alike, page: pageOf(draft, 'url' in to ? to.url : '', undefined, now) }
}

/** One change: kept, numbered, and owed to the world. */
function save(
  ledger: Ledger,
  moment: Moment,
  code: string,
  change: (sequence: number) => void,
): void {
  ledger.transaction(() => {
    const sequence = ledger.nextSequence()
    change(sequence)
    const folded = foldCode(code)
    // A code that nobody had is looked up here while it waits. One beside others on the wire would
    // be taken for one of those.
    const waits = moment.bulk && ledger.codesAt(folded).length === 1
    const priority = waits ? PRIORITY.backlog : PRIORITY.news
    ledger.owe(linkTarget(folded), sequence, moment.now, priority)
  })
}

const taken = (action: string, code: string, holder: LinkHolder) =>
  fail({ reason: 'link-taken', action, code, holder } satisfies Failure)

const refused = (action: string, subject: string, detail: string, pointer: string) =>
  fail({ reason: 'invalid', action, subject, faults: [{ detail, pointer }] })
