/**
 * The desk: the single writer. A thin shell around the ledger, editing, documents and the outbox: RPC in, one alarm. Expected
 * failures are returned as values, because a thrown class loses its identity over RPC.
 */
import { DurableObject } from 'cloudflare:workers'
import type { Draft, Withdrawal } from '../model/article.ts'
import { foldCode } from '../model/code.ts'
import { type Failure, fail, ok, type Result } from '../model/failures.ts'
import type { LinkDraft } from '../model/link.ts'
import { type Publication, parsePublication } from '../model/publication.ts'
import { isInFuture } from '../text/time.ts'
import type { Content } from '../wire/codec.ts'
import { listTargets } from '../wire/store.ts'
import { linkTarget, type Target } from '../wire/targets.ts'
import { Alarm, SAFETY_INTERVAL_MS } from './alarm.ts'
import { type ExportCursor, type ExportPage, exportPage } from './backup/exporting.ts'
import { abandonImport, getImportStatus, importPage, isImporting } from './backup/importing.ts'
import type { ImportPage } from './backup/records.ts'
import { BulkPace } from './bulk-pace.ts'
import { hasChannelContent, isAbsent } from './documents/planners.ts'
import { renderTarget } from './documents/rendering.ts'
import { Drain, type OutboxRow } from './drain.ts'
import { EarlyRequests } from './early-requests.ts'
import {
  acceptDraft,
  type ChangeContext,
  omitTexts,
  releaseEmbargoes,
  withdraw,
} from './editing.ts'
import {
  createLedger,
  type Ledger,
  type StoredArticle,
  type UnknownCodeRow,
} from './ledger/ledger.ts'
import {
  acceptLink,
  findLink,
  getAffectedLinks,
  importLink,
  listLinks,
  lookUpCode,
  removeLink,
} from './linking.ts'
import { OutboxWaiters } from './outbox-waiters.ts'
import { findNextAlarmTime, getOverview } from './overview.ts'
import type {
  ArticleOutcome,
  CodeLookUp,
  Conditions,
  DeskRpc,
  ImportStatus,
  LinkOutcome,
  Overview,
  StoredLink,
  WithLinks,
} from './protocol.ts'
import { Readiness } from './readiness.ts'
import { reportErrors } from './reporting-sql.ts'
import { deliver, formatError, logFailedWrite, shouldSend } from './sending.ts'
import { beginSweep } from './sweep.ts'

/** The answer goes out before its documents are rendered, and changes that come together are sent together. */
const BATCH_DELAY_MS = 10
const MAX_PER_TURN = { releases: 50, expiries: 500 }

export class Desk extends DurableObject<Env> implements DeskRpc {
  readonly #ledger: Ledger
  readonly #drain: Drain
  readonly #alarm: Alarm
  readonly #earlyRequests = new EarlyRequests()
  #scheduledDrain: Promise<void> | undefined
  readonly #bulkPace = new BulkPace()
  readonly #waiters = new OutboxWaiters(() => this.#ledger.isOutboxEmpty())
  readonly #readiness: Readiness

  constructor(context: DurableObjectState, env: Env) {
    super(context, env)
    const sql = reportErrors(context.storage.sql, (cause) =>
      this.#readiness?.recordStatement(cause),
    )
    this.#ledger = createLedger(sql, (changes) => context.storage.transactionSync(changes))
    this.#drain = new Drain({
      now: () => Date.now(),
      listDue: (now, limit, except) =>
        this.#ledger.listDueRows(now, limit, except, this.#bulkPace.getBacklogStart(now) <= now),
      deliver: (row) =>
        deliver(row, this.#ledger, () => this.#readiness.getState(), env.WIRE, Date.now),
      settle: (row, due) => {
        this.#alarm.bringForward(this.#ledger.settleRow(row, due))
        this.#waiters.notify()
      },
      postpone: (row, due, cause) => this.#postpone(row, due, cause),
    })
    this.#alarm = new Alarm({
      findNextTime: (now) => this.#findNextAlarmTime(now),
      storage: context.storage,
    })
    this.#readiness = new Readiness(this.#ledger, {
      publication: parsePublication(env),
      now: () => Date.now(),
      getDatabaseSize: () => context.storage.sql.databaseSize,
      wireHasKeys: async () => (await listTargets(env.WIRE, undefined)).targets.length > 0,
      blockConcurrencyWhile: (work) => void context.blockConcurrencyWhile(work),
      // The platform gives an alarm up after six failures: whatever wakes the object, a reader perhaps, sets it again.
      onOpened: () => this.#alarm.reschedule(Date.now()),
    })
  }

  /**
   * Opens the desk: `npm start` and a deploy call it, so that changed settings take effect at once. `clock` is the right
   * time in milliseconds, for a caller that saw the clock set back. The platform then holds this object's clock still, and
   * its timers: only a new object has the right time.
   */
  async open(callerTime?: number): Promise<Result<{ opened: true }>> {
    if (callerTime !== undefined && isInFuture(Date.now(), callerTime))
      this.ctx.abort('The clock was set back')
    const state = this.#readiness.checkLedger('open the desk')
    if (!state.ok) return state
    await this.#doDueWork()
    return ok({ opened: true })
  }

  async publish(draft: Draft, conditions: Conditions): Promise<Result<WithLinks<ArticleOutcome>>> {
    return omitTexts(
      this.#applyChange('publish', (context, publication) =>
        acceptDraft(this.#ledger, publication, draft, conditions, context),
      ),
    )
  }

  /**
   * Takes many drafts in one turn, each by itself: the answers are in their order. `inBulk`: more are coming, so
   * what they owe gives way to news. The articles that are answered carry no texts, here and elsewhere.
   */
  async publishAll(drafts: Draft[], isBulk: boolean): Promise<Result<Result<ArticleOutcome>[]>> {
    const ready = this.#requireReady('publish')
    if (!ready.ok) return ready
    const context = isBulk ? this.#createBulkContext() : this.#createContext()
    const outcomes = drafts.map((draft) =>
      acceptDraft(this.#ledger, ready.value, draft, {}, context),
    )
    if (outcomes.some((outcome) => outcome.ok && outcome.value.changed)) this.#scheduleDrain()
    return ok(outcomes.map(omitTexts))
  }

  async withdraw(
    id: string,
    withdrawal: Withdrawal,
    conditions: Conditions,
  ): Promise<Result<WithLinks<ArticleOutcome>>> {
    return omitTexts(
      this.#applyChange('withdraw', (context) =>
        withdraw(this.#ledger, id, withdrawal, conditions, context),
      ),
    )
  }

  /** What a code leads to, for a reader who missed it on the wire; for one that is none, those it may have meant. */
  async lookUpCode(code: string, damaged = false): Promise<Result<CodeLookUp>> {
    const content = await this.getContent(linkTarget(foldCode(code)), damaged)
    if (!content.ok) return content
    const record = content.value.kind === 'link' ? content.value.record : undefined
    return ok(lookUpCode(this.#ledger, code, record, Date.now()))
  }

  async getLink(code: string): Promise<Result<StoredLink>> {
    const state = this.#requireOpen('show')
    if (!state.ok) return state
    const link = findLink(this.#ledger, code)
    return link ? ok(link) : fail({ reason: 'unknown-link', action: 'show', code })
  }

  async listLinks(after: string, limit: number): Promise<Result<StoredLink[]>> {
    const ready = this.#requireReady('list links')
    return ready.ok ? ok(listLinks(this.#ledger, after, limit)) : ready
  }

  async putLink(draft: LinkDraft, conditions: Conditions): Promise<Result<WithLinks<LinkOutcome>>> {
    return this.#applyChange('change a link', (context, publication) =>
      acceptLink(this.#ledger, publication, draft, conditions, context),
    )
  }

  async removeLink(
    code: string,
    legal: string | undefined,
    conditions: Conditions,
  ): Promise<Result<WithLinks<LinkOutcome>>> {
    return this.#applyChange('remove a link', (context) =>
      removeLink(this.#ledger, code, legal, conditions, context),
    )
  }

  /** Takes many that were given out elsewhere, each by itself, in their order; or says what would become of each. */
  async importLinks(drafts: LinkDraft[], dryRun: boolean): Promise<Result<Result<LinkOutcome>[]>> {
    const ready = this.#requireReady('import links')
    if (!ready.ok) return ready
    const context = dryRun ? this.#createContext() : this.#createBulkContext()
    const outcomes = drafts.map((draft) =>
      importLink(this.#ledger, ready.value, draft, context, dryRun),
    )
    if (!dryRun) this.#scheduleDrain()
    return ok(outcomes)
  }

  /** Codes that were asked for and are none, those that were asked for most first. */
  async listUnknownCodes(limit: number): Promise<Result<UnknownCodeRow[]>> {
    const state = this.#requireOpen('list unknown codes')
    return state.ok ? ok(this.#ledger.listUnknownCodes(limit)) : state
  }

  async getArticle(id: string): Promise<Result<StoredArticle>> {
    const state = this.#requireOpen('show')
    if (!state.ok) return state
    const article = this.#ledger.findArticle(id)
    return article ? ok(article) : fail({ reason: 'unknown-article', action: 'show', id })
  }

  async listArticles(
    after: { published: number; id: string } | undefined,
    limit: number,
  ): Promise<Result<StoredArticle[]>> {
    const state = this.#requireOpen('list articles')
    return state.ok ? ok(this.#ledger.listArticles(after, limit)) : state
  }

  /**
   * What a target holds, for a reader who missed it on the wire. Renders and keeps a document that nobody
   * asked for before, and sends it; one that was sent and is missed all the same, or found `damaged` there, is sent again.
   * `mayRender` is asked before anything is rendered; when it says no, the answer is as if there were nothing.
   */
  async getContent(
    target: Target,
    damaged = false,
    mayRender?: () => Promise<boolean>,
  ): Promise<Result<Content>> {
    const ready = this.#requireReady('answer')
    if (!ready.ok) return ready
    if (
      mayRender &&
      !isAbsent(this.#ledger, ready.value, target, Date.now()) &&
      !(await mayRender())
    )
      return ok({ kind: 'absent' })
    for (;;) {
      const now = Date.now()
      const rendering = renderTarget(this.#ledger, ready.value, target, now, true)
      if (rendering.kind === 'too-early') {
        await scheduler.wait(rendering.due - now)
        continue
      }
      if (rendering.content.kind === 'absent') this.#earlyRequests.add(target, now)
      else if (shouldSend(this.#ledger, target, { unchanged: rendering.wasSent, damaged, now })) {
        this.#ledger.transaction(() => {
          this.#ledger.markUnsent(target)
          this.#ledger.enqueue(target, this.#ledger.incrementSequence(), now)
        })
        this.#scheduleDrain()
      }
      return ok(rendering.content)
    }
  }

  /** Makes the wire equal to the ledger, in pages, while publishing goes on. */
  async rebuild(): Promise<Result<{ begun: true }>> {
    const ready = this.#requireReady('rebuild the wire')
    if (!ready.ok) return ready
    // What a damaged ledger does not tell any more would be deleted from KV.
    const checked = this.#readiness.checkLedger('rebuild the wire')
    if (!checked.ok) return checked
    beginSweep(this.#ledger, 'rebuild', Date.now())
    this.#scheduleDrain()
    return ok({ begun: true })
  }

  /** One page of everything, from the beginning without a cursor. */
  async exportPage(cursor: ExportCursor | undefined): Promise<Result<ExportPage>> {
    const ready = this.#requireReady('export')
    return ready.ok ? exportPage(this.#ledger, ready.value.tag, cursor, Date.now()) : ready
  }

  async getImportStatus(): Promise<ImportStatus> {
    this.#requireOpen('import')
    return getImportStatus(this.#ledger)
  }

  /** Takes a page into an empty desk, which stays closed until the last one. */
  async importPage(page: ImportPage): Promise<Result<ImportStatus>> {
    const state = this.#readiness.getStateForImport()
    if (!state.ok) return state
    const imported = importPage(this.#ledger, state.value, page, Date.now())
    if (!imported.ok || imported.value.state !== 'done') return imported
    if (!this.#readiness.getState().ok) this.#readiness.open()
    this.#scheduleDrain()
    return imported
  }

  async abandonImport(): Promise<Result<ImportStatus>> {
    return abandonImport(this.#ledger)
  }

  async getOverview(waitMs = 0): Promise<Result<Overview>> {
    if (waitMs > 0 && this.#requireOpen('report').ok) await this.#waiters.wait(waitMs)
    const state = this.#readiness.getHealth()
    if (!state.ok && !this.#isReplacingLedger(state.failure)) return state
    // Before wrong waits are ended, so that a monitor hears of them.
    const overview = getOverview(this.#ledger, Date.now())
    this.#requireOpen('report')
    return ok(overview)
  }

  /**
   * Releases embargoes whose time has come, drains, and sets the next alarm. The platform stops retrying an
   * alarm that throws after six tries, so nothing may escape, and the next alarm is set before the work.
   */
  override async alarm(): Promise<void> {
    this.#alarm.arm(Date.now() + SAFETY_INTERVAL_MS)
    try {
      await this.#doDueWork()
    } catch (cause) {
      console.error(JSON.stringify({ event: 'desk.alarm.failed', error: formatError(cause) }))
    }
  }

  /** The settings, when the desk is open and no import has closed it. */
  #requireReady(action: string): Result<Publication> {
    const state = this.#requireOpen(action)
    if (!state.ok && !this.#isReplacingLedger(state.failure)) return state
    return isImporting(this.#ledger) ? fail({ reason: 'import-under-way', action }) : state
  }

  /** The settings, or why the desk is closed. Every request comes through here, and sets an alarm again that was lost. */
  #requireOpen(action: string): Result<Publication> {
    const state = this.#readiness.getState(action)
    if (state.ok && !isImporting(this.#ledger)) this.#alarm.ensureArmed(Date.now())
    return state
  }

  /** Whether an import is filling the place of a ledger that was lost. */
  #isReplacingLedger({ reason }: Failure): boolean {
    return reason === 'ledger-missing' && isImporting(this.#ledger)
  }

  /** One turn: decide, commit, set the alarm. No `await` stands between them, so they are durable together. */
  #applyChange<T extends ArticleOutcome | LinkOutcome>(
    action: string,
    decide: (context: ChangeContext, publication: Publication) => Result<T>,
  ): Result<WithLinks<T>> {
    const ready = this.#requireReady(action)
    if (!ready.ok) return ready
    const context = this.#createContext()
    const outcome = decide(context, ready.value)
    if (!outcome.ok) return outcome
    const { value } = outcome
    if (!value.changed) return ok({ ...value, links: [] })
    this.#scheduleDrain()
    return ok({ ...value, links: getAffectedLinks(this.#ledger, ready.value, value, context.now) })
  }

  #createContext(): ChangeContext {
    return {
      now: Date.now(),
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    }
  }

  #createBulkContext(): ChangeContext {
    const context = this.#createContext()
    return { ...context, bulk: { feedDelayMs: this.#bulkPace.recordCall(context.now) } }
  }

  /** Sets the alarm that will drain if nothing else does, and drains at once without being waited for. */
  #scheduleDrain(): void {
    this.#alarm.arm(Date.now() + 1000)
    this.#scheduledDrain ??= scheduler.wait(BATCH_DELAY_MS).then(() => {
      this.#scheduledDrain = undefined
      return this.#doDueWork()
    })
    this.ctx.waitUntil(this.#scheduledDrain)
  }

  async #doDueWork(): Promise<void> {
    if (!this.#readiness.getState().ok) return
    // The end of the import sets everything off again.
    if (isImporting(this.#ledger)) return void this.ctx.storage.deleteAlarm()
    const now = Date.now()
    releaseEmbargoes(
      this.#ledger,
      { now, randomBytes: () => new Uint8Array() },
      MAX_PER_TURN.releases,
    )
    this.#enqueueExpired(now)
    for (const target of this.#earlyRequests.takeExisting(now, (candidate) =>
      hasChannelContent(this.#ledger, candidate),
    ))
      this.#ledger.enqueue(target, this.#ledger.incrementSequence(), now)
    // Not waited for: a slow key must not keep the alarm from firing for the others.
    this.ctx.waitUntil(this.#drain.run().finally(() => this.#alarm.reschedule(Date.now())))
    this.#alarm.reschedule(now)
  }

  /** Owes to the world the documents that the clock alone has made others. */
  #enqueueExpired(now: number): void {
    this.#ledger.transaction(() => {
      const expired = this.#ledger.takeExpiredDocuments(
        Math.floor(now / 1000),
        MAX_PER_TURN.expiries,
      )
      if (expired.length > 0)
        this.#ledger.enqueueAll(expired, this.#ledger.incrementSequence(), now)
    })
  }

  #findNextAlarmTime(now: number): number | undefined {
    this.#ledger.resetExcessiveWaits(now)
    const pollAt = this.#drain.isRunning ? now + SAFETY_INTERVAL_MS : undefined
    return findNextAlarmTime(this.#ledger, now, this.#bulkPace.getBacklogStart(now), pollAt)
  }

  #postpone(row: OutboxRow, due: number, cause: unknown): void {
    this.#ledger.postponeRow(row, due, logFailedWrite(row, cause))
    this.#alarm.bringForward(due)
  }
}
