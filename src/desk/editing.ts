/**
 * What the desk decides: whether a draft is taken, what becomes of it, and who in the world must be
 * told. Each function runs whole within one transaction: article, memberships and outbox rows
 * change together or not at all. The clock and randomness are arguments.
 */
import { matchesStrongly, matchesWeakly } from '../http/representation.ts'
import { type Correction, type Draft, NAME_OF_ADDRESS, type Withdrawal } from '../model/article.ts'
import { type Channel, CORRECTIONS, channelKey, channelsOf } from '../model/channel.ts'
import { mintCode } from '../model/code.ts'
import { type Fault, fail, ok, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { LIMITS } from '../model/rules.ts'
import { isReservedCode } from '../model/urls.ts'
import { warnOfEmbargo, warnOfUpdated } from '../model/warnings.ts'
import { digestOf } from '../text/digest.ts'
import { defined } from '../text/json.ts'
import { formatTime, monthOf } from '../text/time.ts'
import { articlePageTarget, articleTarget, discoveryGroups, linkTarget } from '../wire/targets.ts'
import { falseClaims } from './claims.ts'
import { type KeptArticle, type Ledger, PRIORITY, withoutTexts } from './ledger/ledger.ts'
import { type Conditions, type Outcome, revisionTag } from './protocol.ts'

/**
 * `now` in milliseconds. `bulk`: one of many, whose keys on the wire give way to news, and whose
 * feed documents wait so long for more of it, to be rendered once for all that came.
 */
export type Moment = {
  now: number
  randomBytes: (count: number) => Uint8Array
  bulk?: { feedWaitMs: number }
}

/**
 * Changes of the same second are dated one after another: the last change may lie ahead of the
 * clock by so much.
 */
const LONGEST_LEAD_SECONDS = 3600

/** Whether a time was given by a clock that was ahead. Seconds. */
const isWronglyDated = (time: number, now: number): boolean => time > now + LONGEST_LEAD_SECONDS

const inSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)

/**
 * Takes an editor's draft. What it says of the article as it stands must be true. An article keeps
 * a code that was reserved after it had been given; nobody else gets one.
 */
export function take(
  ledger: Ledger,
  publication: Publication,
  draft: Draft,
  conditions: Conditions,
  moment: Moment,
): Result<Outcome> {
  const { code, claims } = draft
  if (claims) {
    const before = ledger.articleWithoutTexts(draft.id)
    const unmet = unmetCondition('publish', draft.id, before, conditions)
    if (unmet) return unmet
    const faults = falseClaims(claims, before, publication)
    if (faults.length > 0)
      return fail({ reason: 'invalid', action: 'publish', subject: draft.id, faults })
  }
  if (code !== undefined && isReservedCode(code) && !ledger.holderOf(code))
    return invalid(draft.id, { detail: NAME_OF_ADDRESS, pointer: '/code' })
  return accept(ledger, draft, conditions, moment)
}

/** Takes a draft: creates the article, changes it, or finds that nothing changed. */
export function accept(
  ledger: Ledger,
  draft: Draft,
  conditions: Conditions,
  moment: Moment,
): Result<Outcome> {
  const before = ledger.article(draft.id)
  const unmet = unmetCondition('publish', draft.id, before, conditions)
  if (unmet) return unmet
  if (before?.state === 'withdrawn' && !draft.republish)
    return fail({ reason: 'withdrawn', id: draft.id })
  const now = inSeconds(moment.now)
  // The end of an embargo that never came is no time at which anything was published.
  const kept =
    before && (before.everPublic || before.state === 'embargoed') ? before.published : now
  const published = draft.published ?? kept
  // A clock that was ahead may have left a public article a time of the future: only a new one is a
  // move.
  if (published > now && before?.everPublic && published !== before.published) {
    return fail({ reason: 'moved-into-future', id: draft.id, published: formatTime(published) })
  }
  const canonical = draft.canonical === null ? undefined : (draft.canonical ?? before?.canonical)
  if (canonical !== undefined && ledger.holderOfCanonical(canonical, draft.id) !== undefined) {
    return fail({ reason: 'canonical-taken', id: draft.id, canonical })
  }
  const code = draft.code ?? before?.code ?? mintFreeCode(ledger, moment)
  const holder = ledger.holderOf(code)
  if (holder && !('article' in holder && holder.article === draft.id))
    return fail({ reason: 'code-taken', id: draft.id, code })

  const state = published > now && !before?.everPublic ? 'embargoed' : 'public'
  // What the times of a text that nobody has seen were, does not bind what is seen first.
  const known = before?.everPublic ? before : undefined
  const stated = known?.corrections ?? []
  const fresh = freshCorrections(draft, stated)
  const detail = faultOfTimes(draft, known, state, published, now, stated.length + fresh.length)
  if (detail) return invalid(draft.id, detail)
  const updated = updatedOf(draft, known, published, fresh.length > 0, now)
  const after: KeptArticle = {
    id: draft.id,
    state,
    revision: (before?.revision ?? 0) + 1,
    digest: '',
    code,
    ...defined({ canonical }),
    published,
    updated,
    everPublic: state === 'public' || (before?.everPublic ?? false),
    corrections: [...stated, ...fresh.map((text) => ({ at: updated, text }))],
    story: draft.story,
  }
  after.digest = digestOfArticle(after)
  const warnings = [
    ...(state === 'embargoed' ? warnOfEmbargo(published, now) : []),
    ...warnOfUpdated(draft.updated, updated),
  ]
  const warned = warnings.length > 0 ? { warnings } : {}
  if (before && before.digest === after.digest && before.state === after.state) {
    return ok({ article: before, created: false, changed: false, ...warned })
  }
  ledger.transaction(() => {
    ledger.saveArticle(after)
    ledger.saveCode(code, after.id)
    record(ledger, before, after, moment, actionOf(before, fresh.length > 0))
  })
  return ok({ article: after, created: before === undefined, changed: true, ...warned })
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
  moment: Moment,
): Result<Outcome> {
  const before = ledger.article(id)
  const unmet = unmetCondition('withdraw', id, before, conditions)
  if (unmet) return unmet
  if (!before) return fail({ reason: 'unknown-article', action: 'withdraw', id })
  const { withdrawn } = before
  const now = inSeconds(moment.now)
  if (withdrawn && (legal === undefined || legal === withdrawn.legal))
    return ok({ article: before, created: false, changed: false })
  const after: KeptArticle = {
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
      ...defined({ reason, legal }),
    },
  }
  ledger.transaction(() => {
    ledger.saveArticle(after)
    record(ledger, before, after, moment, 'withdraw')
  })
  return ok({ article: after, created: false, changed: true })
}

/** Makes public whose embargo has ended; returns how many. */
export function release(ledger: Ledger, moment: Moment, limit: number): number {
  const due = ledger.dueEmbargoes(inSeconds(moment.now), limit)
  ledger.transaction(() => {
    for (const before of due) {
      // A new state, so a new ETag: an editor's tool that polls must hear that it is out.
      const after: KeptArticle = {
        ...before,
        state: 'public',
        everPublic: true,
        revision: before.revision + 1,
      }
      ledger.saveArticle(after)
      record(ledger, before, after, moment, 'release')
    }
  })
  return due.length
}

/**
 * Joins and leaves channels, and owes to the world whatever this change makes untrue on the wire.
 */
function record(
  ledger: Ledger,
  before: KeptArticle | undefined,
  after: KeptArticle,
  moment: Moment,
  action: string,
): void {
  const sequence = ledger.nextSequence()
  ledger.audit(sequence, moment.now, after, action)
  if (!after.everPublic) return
  if (!before?.everPublic || before.code !== after.code) ledger.openCodesOf(after.id)
  const archives = ledger.archivesAround(after.id)
  const corrected = after.corrections.length > (before?.corrections.length ?? 0)
  const channels = changeMemberships(ledger, after, corrected, inSeconds(moment.now))
  // Readers of a channel that it had left may hold it all the same: they too are told of a
  // withdrawal, and of its end.
  const withdrawal = after.state === 'withdrawn' || before?.state === 'withdrawn'
  const left = withdrawal ? ledger.channelsLeftBy(after.id) : []
  const months = [...(before ? [before.published] : []), after.published].map(monthOf)
  const groups = [...[...channels, ...left].map(channelKey), ...discoveryGroups(months)]
  const feedsFrom = moment.now + (moment.bulk?.feedWaitMs ?? 0)
  const priority = moment.bulk ? PRIORITY.backlog : PRIORITY.news
  ledger.oweAll(ledger.documentsOf([...new Set(groups)]), sequence, feedsFrom)
  archives.push(...ledger.archivesAround(after.id))
  ledger.oweAll(ledger.documentsOf([...new Set(archives)]), sequence, feedsFrom, priority)
  if (before && before.published !== after.published)
    ledger.setMembershipPublished(after.id, after.published)
  ledger.oweAll(targetsOf(ledger, after.id), sequence, moment.now, priority)
}

/**
 * Makes the article a member of just the channels it belongs to now; returns the old and the new
 * ones. In the channel of corrections a further correction takes a new position, and the time of
 * the last one stands for that of publication.
 */
function changeMemberships(
  ledger: Ledger,
  article: KeptArticle,
  corrected: boolean,
  now: number,
): Channel[] {
  const present = ledger.channelsOfArticle(article.id)
  const isPublic = article.state === 'public'
  const wanted = isPublic ? channelsOf(article.story) : []
  const last = isPublic ? article.corrections.at(-1) : undefined
  const stays = new Set(wanted.map(({ channel }) => channelKey(channel)))
  if (last && !corrected) stays.add(channelKey(CORRECTIONS))
  const leaving = present.filter((channel) => !stays.has(channelKey(channel)))
  for (const channel of leaving) ledger.leave(channel, article.id, now)
  const presentKeys = new Set(present.map(channelKey))
  const added = wanted.filter(({ channel }) => !presentKeys.has(channelKey(channel)))
  if (added.length > 0) ledger.join(added, article.id, article.published)
  const joins = last && (corrected || !presentKeys.has(channelKey(CORRECTIONS)))
  if (joins) ledger.join([{ channel: CORRECTIONS, title: '' }], article.id, last.at)
  return [...present, ...added.map(({ channel }) => channel), ...(joins ? [CORRECTIONS] : [])]
}

function mintFreeCode(ledger: Ledger, moment: Moment): string {
  return mintCode(
    moment.randomBytes,
    (folded) => isReservedCode(folded) || ledger.foldedCodeExists(folded),
  )
}

/**
 * Articles without corrections have the digests they had before there were any: the same sent again
 * changes nothing.
 */
const digestOfArticle = ({ corrections, ...article }: KeptArticle): string =>
  digestOf({
    ...article,
    revision: 0,
    digest: '',
    state: '',
    everPublic: true,
    ...(corrections.length > 0 && { corrections }),
  })

const actionOf = (before: KeptArticle | undefined, corrected: boolean): string => {
  if (!before) return 'create'
  return before.state === 'withdrawn' ? 'republish' : corrected ? 'correct' : 'change'
}

/** The texts that the article does not have yet, each once. */
function freshCorrections(draft: Draft, stated: Correction[]): string[] {
  const known = new Set(stated.map(({ text }) => text))
  return [...new Set(draft.corrections ?? [])].filter((text) => !known.has(text))
}

/**
 * When the substance changed last. A correction is later than what readers hold (RFC 4287 section
 * 4.2.15): an `updated` that is not was left in the manuscript from an earlier change. No article
 * is older than its last correction.
 */
function updatedOf(
  draft: Draft,
  known: KeptArticle | undefined,
  published: number,
  corrected: boolean,
  now: number,
): number {
  // Coming back, it must be newer than the withdrawal that readers may hold (RFC 6721 section 3).
  const least = Math.max(published, (known?.withdrawn?.when ?? Number.NEGATIVE_INFINITY) + 1)
  const isWrong = known && isWronglyDated(known.updated, Math.max(now, published))
  const before = isWrong ? Math.max(now, published) : known?.updated
  if (!corrected) {
    const kept = known?.withdrawn ? now : (before ?? published)
    const last = known?.corrections.at(-1)?.at ?? Number.NEGATIVE_INFINITY
    // It goes back with `published` alone, when the article is given other times altogether.
    const floor = known && published >= known.published ? before : undefined
    return Math.max(least, last, floor ?? least, draft.updated ?? kept)
  }
  const former = before ?? Number.NEGATIVE_INFINITY
  const given = draft.updated !== undefined && draft.updated > former ? draft.updated : now
  return Math.max(least, former + 1, given)
}

function faultOfTimes(
  draft: Draft,
  known: KeptArticle | undefined,
  state: KeptArticle['state'],
  published: number,
  now: number,
  corrections: number,
): Fault | undefined {
  const { updated = published } = draft
  if (updated < published)
    return { detail: 'updated is earlier than published', pointer: '/updated' }
  // The one that stands may be ahead of the clock: changes of one second are dated one after
  // another.
  if (updated > Math.max(now, published, known?.updated ?? now))
    return { detail: 'updated is in the future', pointer: '/updated' }
  const pointer = '/correction'
  if (corrections > 0 && state === 'embargoed')
    return { detail: 'correction is given for an article that was never public', pointer }
  if (corrections > LIMITS.corrections)
    return {
      detail: `correction makes ${corrections} corrections of this article, more than ${LIMITS.corrections}`,
      pointer,
    }
  return undefined
}

const invalid = (subject: string, fault: Fault) =>
  fail({ reason: 'invalid', action: 'publish', subject, faults: [fault] })

/**
 * If-Match first, compared strongly, then If-None-Match, weakly (RFC 9110 sections 13.1, 13.2.2).
 */
export function unmetCondition(
  action: string,
  id: string,
  article: { revision: number } | undefined,
  { ifMatch, ifNoneMatch }: Conditions,
): ReturnType<typeof fail> | undefined {
  const failed = (why: string) => fail({ reason: 'precondition-failed', action, id, why })
  const tag = article && revisionTag(article.revision)
  if (ifMatch !== undefined) {
    if (tag === undefined) return failed('If-Match is given but it does not exist')
    if (!matchesStrongly(ifMatch, tag))
      return failed(`its revision is ${tag}, not ${ifMatch.slice(0, 80)}`)
  }
  if (ifNoneMatch !== undefined && tag !== undefined) {
    if (matchesWeakly(ifNoneMatch, tag))
      return failed('If-None-Match is given and it exists already')
  }
  return undefined
}

/** All that an article has on the wire for itself. */
export const targetsOf = (ledger: Ledger, id: string): string[] => [
  articleTarget(id),
  articlePageTarget(id),
  ...ledger.foldedCodesOf(id).map(linkTarget),
]

/**
 * An outcome without the texts: an editor has them already, and the way between objects is not
 * free.
 */
export const answer = <T extends Outcome>(outcome: Result<T>): Result<T> =>
  outcome.ok ? ok({ ...outcome.value, article: withoutTexts(outcome.value.article) }) : outcome
