/**
 * Changes articles: decides whether a draft is accepted, what the stored article becomes, and which
 * targets are enqueued. Each change is one transaction, so the article, its memberships and the
 * outbox rows change together or not at all. The clock and randomness are arguments. `linking.ts`
 * does the same for short links, and `dating.ts` decides the dates.
 */
import { matchesStrongly, matchesWeakly } from '../http/representation.ts'
import type { Correction, Draft, Withdrawal } from '../model/article.ts'
import {
  type Channel,
  CORRECTIONS_CHANNEL,
  formatChannelKey,
  listArticleChannels,
} from '../model/channel.ts'
import { findFalseClaims } from '../model/claims.ts'
import { mintCode } from '../model/code.ts'
import { findTimeFault, RESERVED_CODE_FAULT } from '../model/draft-faults.ts'
import { type Fault, fail, ok, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { isReservedCode } from '../model/urls.ts'
import { listEmbargoWarnings, listUpdatedWarnings } from '../model/warnings.ts'
import { digestValue } from '../text/digest.ts'
import { omitUndefined } from '../text/json.ts'
import { formatMonth, formatTime } from '../text/time.ts'
import {
  articlePageTarget,
  articleTarget,
  linkTarget,
  listDiscoveryGroups,
} from '../wire/targets.ts'
import { getClaimedValues } from './claims.ts'
import { isWronglyDated, resolveUpdated } from './dating.ts'
import { type Ledger, omitArticleTexts, PRIORITY, type StoredArticle } from './ledger/ledger.ts'
import { type ArticleOutcome, type Conditions, formatRevisionTag } from './protocol.ts'

export type ChangeContext = {
  /** Milliseconds. */
  now: number
  randomBytes: (count: number) => Uint8Array
  /**
   * Present for a change of a bulk run. Its outbox rows become backlog. Its feed documents wait for
   * `feedDelayMs`, so that they are rendered once for several changes.
   */
  bulk?: { feedDelayMs: number }
}

const toSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)

/**
 * Accepts an editor's draft. Its claims must match the stored article (`claims.ts`). A reserved
 * code is refused, unless it was assigned before it became reserved.
 */
export function acceptDraft(
  ledger: Ledger,
  publication: Publication,
  draft: Draft,
  conditions: Conditions,
  context: ChangeContext,
): Result<ArticleOutcome> {
  const { code, claims } = draft
  if (claims) {
    const before = ledger.findArticleWithoutTexts(draft.id)
    const unmet = findUnmetCondition('publish', draft.id, before, conditions)
    if (unmet) return unmet
    const faults = findFalseClaims(claims, getClaimedValues(before, publication))
    if (faults.length > 0)
      return fail({ reason: 'invalid', action: 'publish', subject: draft.id, faults })
  }
  if (code !== undefined && isReservedCode(code) && !ledger.findCode(code))
    return failInvalid(draft.id, RESERVED_CODE_FAULT)
  return applyDraft(ledger, draft, conditions, context)
}

/**
 * Creates or changes the article, or returns it unchanged if the draft changes nothing. Unlike
 * `acceptDraft`, it checks neither claims nor reserved codes.
 */
export function applyDraft(
  ledger: Ledger,
  draft: Draft,
  conditions: Conditions,
  context: ChangeContext,
): Result<ArticleOutcome> {
  const before = ledger.findArticle(draft.id)
  const unmet = findUnmetCondition('publish', draft.id, before, conditions)
  if (unmet) return unmet
  if (before?.state === 'withdrawn' && !draft.republish)
    return fail({ reason: 'withdrawn', id: draft.id })
  const now = toSeconds(context.now)
  // An article that was withdrawn under embargo was never public, so its `published` does not
  // count.
  const defaultPublished =
    before && (before.everPublic || before.state === 'embargoed') ? before.published : now
  const published = draft.published ?? defaultPublished
  // A wrong clock may have dated a public article in the future. A draft may repeat that date, but
  // may not set another date in the future.
  if (published > now && before?.everPublic && published !== before.published) {
    return fail({ reason: 'moved-into-future', id: draft.id, published: formatTime(published) })
  }
  const canonical = draft.canonical === null ? undefined : (draft.canonical ?? before?.canonical)
  if (canonical !== undefined && ledger.findIdByCanonical(canonical, draft.id) !== undefined) {
    return fail({ reason: 'canonical-taken', id: draft.id, canonical })
  }
  const code = draft.code ?? before?.code ?? mintFreeCode(ledger, context)
  const holder = ledger.findCode(code)
  if (holder && !('article' in holder && holder.article === draft.id))
    return fail({ reason: 'code-taken', id: draft.id, code })

  const state = published > now && !before?.everPublic ? 'embargoed' : 'public'
  // Earlier dates and corrections count only if readers have seen that version.
  const publicVersion = before?.everPublic ? before : undefined
  const existingCorrections = publicVersion?.corrections ?? []
  const newCorrections = findNewCorrections(draft, existingCorrections)
  const dates = {
    published,
    isEmbargoed: state === 'embargoed',
    publicUpdated: publicVersion?.updated,
    correctionCount: existingCorrections.length + newCorrections.length,
  }
  const fault = findTimeFault(draft, dates, now)
  if (fault) return failInvalid(draft.id, fault)
  const updated = resolveUpdated(draft, publicVersion, published, newCorrections.length > 0, now)
  const after: StoredArticle = {
    id: draft.id,
    state,
    revision: (before?.revision ?? 0) + 1,
    digest: '',
    code,
    ...omitUndefined({ canonical }),
    published,
    updated,
    everPublic: state === 'public' || (before?.everPublic ?? false),
    corrections: [...existingCorrections, ...newCorrections.map((text) => ({ at: updated, text }))],
    story: draft.story,
  }
  after.digest = digestArticle(after)
  const warnings = [
    ...(state === 'embargoed' ? listEmbargoWarnings(published, now) : []),
    ...listUpdatedWarnings(draft.updated, updated),
  ]
  const withWarnings = warnings.length > 0 ? { warnings } : {}
  if (before && before.digest === after.digest && before.state === after.state) {
    return ok({ article: before, created: false, changed: false, ...withWarnings })
  }
  ledger.transaction(() => {
    ledger.saveArticle(after)
    ledger.saveCode(code, after.id)
    recordChange(ledger, before, after, context, getAuditAction(before, newCorrections.length > 0))
  })
  return ok({ article: after, created: before === undefined, changed: true, ...withWarnings })
}

/**
 * Withdraws an article. A second withdrawal changes nothing, unless it names another legal demand.
 */
export function withdraw(
  ledger: Ledger,
  id: string,
  { reason, legal }: Withdrawal,
  conditions: Conditions,
  context: ChangeContext,
): Result<ArticleOutcome> {
  const before = ledger.findArticle(id)
  const unmet = findUnmetCondition('withdraw', id, before, conditions)
  if (unmet) return unmet
  if (!before) return fail({ reason: 'unknown-article', action: 'withdraw', id })
  const { withdrawn } = before
  const now = toSeconds(context.now)
  if (withdrawn && (legal === undefined || legal === withdrawn.legal))
    return ok({ article: before, created: false, changed: false })
  const after: StoredArticle = {
    ...before,
    state: 'withdrawn',
    revision: before.revision + 1,
    // The tombstone must not be older than the entry that readers have (RFC 6721 section 3), unless
    // a wrong clock has dated that entry. Readers have no entry of an embargoed article.
    withdrawn: {
      when:
        before.everPublic && !isWronglyDated(before.updated, now)
          ? Math.max(now, before.updated)
          : now,
      ...withdrawn,
      ...omitUndefined({ reason, legal }),
    },
  }
  ledger.transaction(() => {
    ledger.saveArticle(after)
    recordChange(ledger, before, after, context, 'withdraw')
  })
  return ok({ article: after, created: false, changed: true })
}

/** Releases at most `limit` articles whose embargo has ended. Returns their number. */
export function releaseEmbargoes(ledger: Ledger, context: ChangeContext, limit: number): number {
  const due = ledger.listDueEmbargoes(toSeconds(context.now), limit)
  ledger.transaction(() => {
    for (const before of due) {
      // The revision increases because it is the ETag: an editor's tool that polls must notice the
      // release.
      const after: StoredArticle = {
        ...before,
        state: 'public',
        everPublic: true,
        revision: before.revision + 1,
      }
      ledger.saveArticle(after)
      recordChange(ledger, before, after, context, 'release')
    }
  })
  return due.length
}

/**
 * Logs the change, updates memberships, and enqueues every target whose content the change affects.
 * An article that was never public affects none.
 */
function recordChange(
  ledger: Ledger,
  before: StoredArticle | undefined,
  after: StoredArticle,
  context: ChangeContext,
  action: string,
): void {
  const sequence = ledger.incrementSequence()
  ledger.recordChange(sequence, context.now, after, action)
  if (!after.everPublic) return
  if (!before?.everPublic || before.code !== after.code) ledger.indexCodesOfArticle(after.id)
  const archives = ledger.listAffectedArchives(after.id)
  const hasNewCorrection = after.corrections.length > (before?.corrections.length ?? 0)
  const channels = updateMemberships(ledger, after, hasNewCorrection, toSeconds(context.now))
  // Readers of a channel that the article has left may still have its entry. They too must receive
  // the withdrawal or the republished article.
  const isWithdrawal = after.state === 'withdrawn' || before?.state === 'withdrawn'
  const leftChannels = isWithdrawal ? ledger.listFormerChannels(after.id) : []
  const months = [...(before ? [before.published] : []), after.published].map(formatMonth)
  const groups = [
    ...[...channels, ...leftChannels].map(formatChannelKey),
    ...listDiscoveryGroups(months),
  ]
  const feedsDueAt = context.now + (context.bulk?.feedDelayMs ?? 0)
  const priority = context.bulk ? PRIORITY.backlog : PRIORITY.news
  ledger.enqueueAll(ledger.listTargetsOfGroups([...new Set(groups)]), sequence, feedsDueAt)
  archives.push(...ledger.listAffectedArchives(after.id))
  ledger.enqueueAll(
    ledger.listTargetsOfGroups([...new Set(archives)]),
    sequence,
    feedsDueAt,
    priority,
  )
  if (before && before.published !== after.published)
    ledger.setMembershipPublished(after.id, after.published)
  ledger.enqueueAll(listArticleTargets(ledger, after.id), sequence, context.now, priority)
}

/**
 * Makes the article a member of exactly the channels it belongs to now. Returns the old and the new
 * channels. In the corrections channel, every new correction gets a new position, and the
 * membership has the time of the correction.
 */
function updateMemberships(
  ledger: Ledger,
  article: StoredArticle,
  hasNewCorrection: boolean,
  now: number,
): Channel[] {
  const currentChannels = ledger.listChannelsOfArticle(article.id)
  const isPublic = article.state === 'public'
  const wantedChannels = isPublic ? listArticleChannels(article.story) : []
  const lastCorrection = isPublic ? article.corrections.at(-1) : undefined
  const stayingKeys = new Set(wantedChannels.map(({ channel }) => formatChannelKey(channel)))
  if (lastCorrection && !hasNewCorrection) stayingKeys.add(formatChannelKey(CORRECTIONS_CHANNEL))
  const leaving = currentChannels.filter((channel) => !stayingKeys.has(formatChannelKey(channel)))
  for (const channel of leaving) ledger.leaveChannel(channel, article.id, now)
  const currentKeys = new Set(currentChannels.map(formatChannelKey))
  const added = wantedChannels.filter(({ channel }) => !currentKeys.has(formatChannelKey(channel)))
  if (added.length > 0) ledger.joinChannels(added, article.id, article.published)
  const joinsCorrections =
    lastCorrection && (hasNewCorrection || !currentKeys.has(formatChannelKey(CORRECTIONS_CHANNEL)))
  if (joinsCorrections)
    ledger.joinChannels(
      [{ channel: CORRECTIONS_CHANNEL, title: '' }],
      article.id,
      lastCorrection.at,
    )
  return [
    ...currentChannels,
    ...added.map(({ channel }) => channel),
    ...(joinsCorrections ? [CORRECTIONS_CHANNEL] : []),
  ]
}

function mintFreeCode(ledger: Ledger, context: ChangeContext): string {
  return mintCode(
    context.randomBytes,
    (folded) => isReservedCode(folded) || ledger.hasFoldedCode(folded),
  )
}

/**
 * Computes the digest that tells whether a draft changes the article. Omits empty corrections, so
 * that articles stored before corrections existed keep their digest. Otherwise sending such an
 * article again would count as a change.
 */
const digestArticle = ({ corrections, ...article }: StoredArticle): string =>
  digestValue({
    ...article,
    revision: 0,
    digest: '',
    state: '',
    everPublic: true,
    ...(corrections.length > 0 && { corrections }),
  })

const getAuditAction = (before: StoredArticle | undefined, hasNewCorrection: boolean): string => {
  if (!before) return 'create'
  return before.state === 'withdrawn' ? 'republish' : hasNewCorrection ? 'correct' : 'change'
}

/** Returns the corrections of the draft that the article does not have yet, without duplicates. */
function findNewCorrections(draft: Draft, existing: Correction[]): string[] {
  const existingTexts = new Set(existing.map(({ text }) => text))
  return [...new Set(draft.corrections ?? [])].filter((text) => !existingTexts.has(text))
}

const failInvalid = (subject: string, fault: Fault) =>
  fail({ reason: 'invalid', action: 'publish', subject, faults: [fault] })

/**
 * Evaluates If-Match with strong comparison, then If-None-Match with weak comparison (RFC 9110
 * sections 13.1 and 13.2.2). Returns a failure if one is not met.
 */
export function findUnmetCondition(
  action: string,
  id: string,
  article: { revision: number } | undefined,
  { ifMatch, ifNoneMatch }: Conditions,
): ReturnType<typeof fail> | undefined {
  const failPrecondition = (why: string) => fail({ reason: 'precondition-failed', action, id, why })
  const etag = article && formatRevisionTag(article.revision)
  if (ifMatch !== undefined) {
    if (etag === undefined) return failPrecondition(`If-Match is sent, but "${id}" does not exist`)
    if (!matchesStrongly(ifMatch, etag))
      return failPrecondition(`its revision is ${etag}, not ${ifMatch.slice(0, 80)}`)
  }
  if (ifNoneMatch !== undefined && etag !== undefined) {
    if (matchesWeakly(ifNoneMatch, etag))
      return failPrecondition(`If-None-Match is sent, but "${id}" exists already`)
  }
  return undefined
}

/** Lists the targets of the article itself: its JSON, its page and its short links. */
export const listArticleTargets = (ledger: Ledger, id: string): string[] => [
  articleTarget(id),
  articlePageTarget(id),
  ...ledger.listFoldedCodesOfArticle(id).map(linkTarget),
]

/** Returns the outcome without texts: the editor has them already, and RPC copies every byte. */
export const omitTexts = <T extends ArticleOutcome>(outcome: Result<T>): Result<T> =>
  outcome.ok ? ok({ ...outcome.value, article: omitArticleTexts(outcome.value.article) }) : outcome
