/**
 * What the desk decides: whether a draft is taken, what becomes of it, and who in the world must be
 * told. Each function runs whole within one transaction: article, memberships and outbox rows
 * change together or not at all. The clock and randomness are arguments.
 */
import { matchesStrongly, matchesWeakly } from '../http/representation.ts'
import {
  type Correction,
  type Draft,
  RESERVED_CODE_MESSAGE,
  type Withdrawal,
} from '../model/article.ts'
import {
  type Channel,
  CORRECTIONS_CHANNEL,
  formatChannelKey,
  listArticleChannels,
} from '../model/channel.ts'
import { mintCode } from '../model/code.ts'
import { type Fault, fail, ok, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { LIMITS } from '../model/rules.ts'
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
import { findFalseClaims } from './claims.ts'
import { type Ledger, omitArticleTexts, PRIORITY, type StoredArticle } from './ledger/ledger.ts'
import { type ArticleOutcome, type Conditions, formatRevisionTag } from './protocol.ts'

/**
 * `now` in milliseconds. `bulk`: one of many, whose keys on the wire give way to news, and whose
 * feed documents wait so long for more of it, to be rendered once for all that came.
 */
export type ChangeContext = {
  now: number
  randomBytes: (count: number) => Uint8Array
  bulk?: { feedDelayMs: number }
}

/**
 * Changes of the same second are dated one after another: the last change may lie ahead of the
 * clock by so much.
 */
const MAX_CLOCK_LEAD_SECONDS = 3600

/** Whether a time was given by a clock that was ahead. Seconds. */
const isWronglyDated = (time: number, now: number): boolean => time > now + MAX_CLOCK_LEAD_SECONDS

const toSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)

/**
 * Takes an editor's draft. What it says of the article as it stands must be true. An article keeps
 * a code that was reserved after it had been given; nobody else gets one.
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
    const faults = findFalseClaims(claims, before, publication)
    if (faults.length > 0)
      return fail({ reason: 'invalid', action: 'publish', subject: draft.id, faults })
  }
  if (code !== undefined && isReservedCode(code) && !ledger.findCode(code))
    return failInvalid(draft.id, { detail: RESERVED_CODE_MESSAGE, pointer: '/code' })
  return applyDraft(ledger, draft, conditions, context)
}

/** Takes a draft: creates the article, changes it, or finds that nothing changed. */
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
  // The end of an embargo that never came is no time at which anything was published.
  const defaultPublished =
    before && (before.everPublic || before.state === 'embargoed') ? before.published : now
  const published = draft.published ?? defaultPublished
  // A clock that was ahead may have left a public article a time of the future: only a new one is a
  // move.
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
  // What the times of a text that nobody has seen were, does not bind what is seen first.
  const publicVersion = before?.everPublic ? before : undefined
  const existingCorrections = publicVersion?.corrections ?? []
  const newCorrections = findNewCorrections(draft, existingCorrections)
  const fault = findTimeFault(
    draft,
    publicVersion,
    state,
    published,
    now,
    existingCorrections.length + newCorrections.length,
  )
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
 * Takes an article back. A second withdrawal changes nothing and answers the same, unless it names
 * a legal demand.
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
    // Never earlier than what readers hold (RFC 6721 section 3), unless a wrong clock dated that.
    // Of an embargoed article they hold nothing.
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

/** Makes public whose embargo has ended; returns how many. */
export function releaseEmbargoes(ledger: Ledger, context: ChangeContext, limit: number): number {
  const due = ledger.listDueEmbargoes(toSeconds(context.now), limit)
  ledger.transaction(() => {
    for (const before of due) {
      // A new state, so a new ETag: an editor's tool that polls must hear that it is out.
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
 * Joins and leaves channels, and owes to the world whatever this change makes untrue on the wire.
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
  // Readers of a channel that it had left may hold it all the same: they too are told of a
  // withdrawal, and of its end.
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
 * Makes the article a member of just the channels it belongs to now; returns the old and the new
 * ones. In the channel of corrections a further correction takes a new position, and the time of
 * the last one stands for that of publication.
 */
function updateMemberships(
  ledger: Ledger,
  article: StoredArticle,
  hasNewCorrection: boolean,
  now: number,
): Channel[] {
  const currentChannels = ledger.listChannelsOfArticle(article.id)
  const isPublic = article.state === 'public'
  const wanted = isPublic ? listArticleChannels(article.story) : []
  const lastCorrection = isPublic ? article.corrections.at(-1) : undefined
  const stayingKeys = new Set(wanted.map(({ channel }) => formatChannelKey(channel)))
  if (lastCorrection && !hasNewCorrection) stayingKeys.add(formatChannelKey(CORRECTIONS_CHANNEL))
  const leaving = currentChannels.filter((channel) => !stayingKeys.has(formatChannelKey(channel)))
  for (const channel of leaving) ledger.leaveChannel(channel, article.id, now)
  const currentKeys = new Set(currentChannels.map(formatChannelKey))
  const added = wanted.filter(({ channel }) => !currentKeys.has(formatChannelKey(channel)))
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
 * Articles without corrections have the digests they had before there were any: the same sent again
 * changes nothing.
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

/** The texts that the article does not have yet, each once. */
function findNewCorrections(draft: Draft, existing: Correction[]): string[] {
  const existingTexts = new Set(existing.map(({ text }) => text))
  return [...new Set(draft.corrections ?? [])].filter((text) => !existingTexts.has(text))
}

/**
 * When the substance changed last. A correction is later than what readers hold (RFC 4287 section
 * 4.2.15): an `updated` that is not was left in the manuscript from an earlier change. No article
 * is older than its last correction.
 */
function resolveUpdated(
  draft: Draft,
  publicVersion: StoredArticle | undefined,
  published: number,
  hasNewCorrection: boolean,
  now: number,
): number {
  // Coming back, it must be newer than the withdrawal that readers may hold (RFC 6721 section 3).
  const earliest = Math.max(
    published,
    (publicVersion?.withdrawn?.when ?? Number.NEGATIVE_INFINITY) + 1,
  )
  const isWrong = publicVersion && isWronglyDated(publicVersion.updated, Math.max(now, published))
  const previous = isWrong ? Math.max(now, published) : publicVersion?.updated
  if (!hasNewCorrection) {
    const defaultUpdated = publicVersion?.withdrawn ? now : (previous ?? published)
    const lastCorrectedAt = publicVersion?.corrections.at(-1)?.at ?? Number.NEGATIVE_INFINITY
    // It goes back with `published` alone, when the article is given other times altogether.
    const floor = publicVersion && published >= publicVersion.published ? previous : undefined
    return Math.max(earliest, lastCorrectedAt, floor ?? earliest, draft.updated ?? defaultUpdated)
  }
  const previousUpdated = previous ?? Number.NEGATIVE_INFINITY
  const newUpdated =
    draft.updated !== undefined && draft.updated > previousUpdated ? draft.updated : now
  return Math.max(earliest, previousUpdated + 1, newUpdated)
}

function findTimeFault(
  draft: Draft,
  publicVersion: StoredArticle | undefined,
  state: StoredArticle['state'],
  published: number,
  now: number,
  correctionCount: number,
): Fault | undefined {
  const { updated = published } = draft
  if (updated < published)
    return { detail: 'updated is earlier than published', pointer: '/updated' }
  // The one that stands may be ahead of the clock: changes of one second are dated one after
  // another.
  if (updated > Math.max(now, published, publicVersion?.updated ?? now))
    return { detail: 'updated is in the future', pointer: '/updated' }
  const pointer = '/correction'
  if (correctionCount > 0 && state === 'embargoed')
    return { detail: 'correction is given for an article that was never public', pointer }
  if (correctionCount > LIMITS.corrections)
    return {
      detail: `correction makes ${correctionCount} corrections of this article, more than ${LIMITS.corrections}`,
      pointer,
    }
  return undefined
}

const failInvalid = (subject: string, fault: Fault) =>
  fail({ reason: 'invalid', action: 'publish', subject, faults: [fault] })

/**
 * If-Match first, compared strongly, then If-None-Match, weakly (RFC 9110 sections 13.1, 13.2.2).
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
    if (etag === undefined) return failPrecondition('If-Match is given but it does not exist')
    if (!matchesStrongly(ifMatch, etag))
      return failPrecondition(`its revision is ${etag}, not ${ifMatch.slice(0, 80)}`)
  }
  if (ifNoneMatch !== undefined && etag !== undefined) {
    if (matchesWeakly(ifNoneMatch, etag))
      return failPrecondition('If-None-Match is given and it exists already')
  }
  return undefined
}

/** All that an article has on the wire for itself. */
export const listArticleTargets = (ledger: Ledger, id: string): string[] => [
  articleTarget(id),
  articlePageTarget(id),
  ...ledger.listFoldedCodesOfArticle(id).map(linkTarget),
]

/**
 * An outcome without the texts: an editor has them already, and the way between objects is not
 * free.
 */
export const omitTexts = <T extends ArticleOutcome>(outcome: Result<T>): Result<T> =>
  outcome.ok ? ok({ ...outcome.value, article: omitArticleTexts(outcome.value.article) }) : outcome
