/**
 * The desk: the single writer of a publication, a Durable Object with SQLite. This class is a thin
 * shell: each RPC method checks that the desk is open and calls the module that does the work
 * (`editing.ts`, `linking.ts`, `documents/`, `backup/`). The outbox and the alarm are in
 * `background-work.ts`. Expected failures are returned as values, because RPC does not preserve the
 * class of a thrown error.
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
import { BackgroundWork } from './background-work.ts'
import { type ExportCursor, type ExportPage, exportPage } from './backup/exporting.ts'
import { abandonImport, getImportStatus, importPage, isImporting } from './backup/importing.ts'
import type { ImportPage } from './backup/records.ts'
import { isAbsent } from './documents/planners.ts'
import { renderTarget } from './documents/rendering.ts'
import { acceptDraft, type ChangeContext, omitTexts, withdraw } from './editing.ts'
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
import { getOverview } from './overview.ts'
import type {
  ArticleOutcome,
  CodeLookUp,
  Conditions,
  DeskRpc,
  ImportStatus,
  LinkOutcome,
  Overview,
  StoredLink,
  TextPage,
  WithLinks,
} from './protocol.ts'
import { Readiness } from './readiness.ts'
import { reportErrors } from './reporting-sql.ts'
import { deliver, shouldSend } from './sending.ts'
import { beginSweep } from './sweep.ts'
import { readTextPage } from './texts.ts'

export class Desk extends DurableObject<Env> implements DeskRpc {
  readonly #ledger: Ledger
  readonly #background: BackgroundWork
  readonly #readiness: Readiness

  constructor(context: DurableObjectState, env: Env) {
    super(context, env)
    const sql = reportErrors(context.storage.sql, (cause) =>
      this.#readiness?.recordStatement(cause),
    )
    this.#ledger = createLedger(sql, (changes) => context.storage.transactionSync(changes))
    this.#background = new BackgroundWork(this.#ledger, {
      now: () => Date.now(),
      storage: context.storage,
      waitUntil: (work) => context.waitUntil(work),
      isOpen: () => this.#readiness.getState().ok,
      deliver: (row) =>
        deliver(row, this.#ledger, () => this.#readiness.getState(), env.WIRE, Date.now),
    })
    this.#readiness = new Readiness(this.#ledger, {
      publication: parsePublication(env),
      now: () => Date.now(),
      getDatabaseSize: () => context.storage.sql.databaseSize,
      hasKvKeys: async () => (await listTargets(env.WIRE, undefined)).targets.length > 0,
      blockConcurrencyWhile: (work) => void context.blockConcurrencyWhile(work),
      // The platform gives up an alarm after six failures. The next request, even a reader's, then
      // starts the object again, and this call sets a new alarm.
      onOpened: () => this.#background.alarm.reschedule(Date.now()),
    })
  }

  /**
   * Checks the whole ledger and starts due work. `npm start` and every deploy call it, so that
   * changed settings take effect at once.
   *
   * `callerTime` is the caller's time in milliseconds. If the system clock was set back, the
   * platform stops the clock and the timers of this object. The call then restarts the object,
   * because only a new one has the right time.
   */
  async open(callerTime?: number): Promise<Result<{ opened: true }>> {
    if (callerTime !== undefined && isInFuture(Date.now(), callerTime))
      this.ctx.abort('The clock was set back')
    const state = this.#readiness.checkLedger('open the desk')
    if (!state.ok) return state
    await this.#background.run()
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
   * Publishes many drafts in one turn. Each draft can fail independently; the results are in the
   * order of the drafts. `isBulk` means that more calls follow, so the outbox rows of this call
   * become backlog. The returned articles have no texts, as in the other methods that return an
   * `ArticleOutcome`.
   */
  async publishAll(drafts: Draft[], isBulk: boolean): Promise<Result<Result<ArticleOutcome>[]>> {
    const ready = this.#requireReady('publish')
    if (!ready.ok) return ready
    const context = isBulk ? this.#createBulkContext() : this.#createContext()
    const outcomes = drafts.map((draft) =>
      acceptDraft(this.#ledger, ready.value, draft, {}, context),
    )
    if (outcomes.some((outcome) => outcome.ok && outcome.value.changed)) this.#background.schedule()
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

  /**
   * Returns what a code redirects to, for a reader who did not find it in KV. For an unknown code,
   * the result has similar codes instead.
   */
  async lookUpCode(code: string, isDamaged = false): Promise<Result<CodeLookUp>> {
    const content = await this.getContent(linkTarget(foldCode(code)), isDamaged)
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

  /**
   * Imports links that another system has published. Each link can fail independently; the results
   * are in the order of the drafts. A dry run returns the same results and changes nothing.
   */
  async importLinks(drafts: LinkDraft[], dryRun: boolean): Promise<Result<Result<LinkOutcome>[]>> {
    const ready = this.#requireReady('import links')
    if (!ready.ok) return ready
    const context = dryRun ? this.#createContext() : this.#createBulkContext()
    const outcomes = drafts.map((draft) =>
      importLink(this.#ledger, ready.value, draft, context, dryRun),
    )
    if (!dryRun) this.#background.schedule()
    return ok(outcomes)
  }

  /** Lists unknown codes that readers tried, the most frequent first. */
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

  /** Lists articles with their texts after an id, and fewer than `limit` if these are long. */
  async listTexts(after: string, limit: number): Promise<Result<TextPage>> {
    const state = this.#requireOpen('list texts')
    return state.ok ? ok(readTextPage(this.#ledger, after, limit)) : state
  }

  /**
   * Returns the content of a target that is missing from KV, or whose value there is damaged
   * (`isDamaged`). A document that nobody has requested before is rendered, tracked from now on,
   * and enqueued. A document that was sent is enqueued again if its value is damaged, or if it is
   * still missing some minutes later.
   *
   * `requestRendering` is called only if there is something to render. If it returns false, the
   * result is `absent`.
   */
  async getContent(
    target: Target,
    isDamaged = false,
    requestRendering?: () => Promise<boolean>,
  ): Promise<Result<Content>> {
    const ready = this.#requireReady('answer')
    if (!ready.ok) return ready
    if (
      requestRendering &&
      !isAbsent(this.#ledger, ready.value, target, Date.now()) &&
      !(await requestRendering())
    )
      return ok({ kind: 'absent' })
    for (;;) {
      const now = Date.now()
      const rendering = renderTarget(this.#ledger, ready.value, target, now, true)
      if (rendering.kind === 'too-early') {
        await scheduler.wait(rendering.due - now)
        continue
      }
      if (rendering.content.kind === 'absent') this.#background.earlyRequests.add(target, now)
      else if (shouldSend(this.#ledger, target, { wasSent: rendering.wasSent, isDamaged, now })) {
        this.#ledger.transaction(() => {
          this.#ledger.markUnsent(target)
          this.#ledger.enqueue(target, this.#ledger.incrementSequence(), now)
        })
        this.#background.schedule()
      }
      return ok(rendering.content)
    }
  }

  /** Begins a rebuild. It makes the wire equal to the ledger in the background, page by page. */
  async rebuild(): Promise<Result<{ begun: true }>> {
    const ready = this.#requireReady('rebuild the wire')
    if (!ready.ok) return ready
    // A damaged ledger may have lost rows, and a rebuild deletes the keys that the ledger does not
    // track.
    const checked = this.#readiness.checkLedger('rebuild the wire')
    if (!checked.ok) return checked
    beginSweep(this.#ledger, 'rebuild', Date.now())
    this.#background.schedule()
    return ok({ begun: true })
  }

  /** Exports one page of everything that the desk stores: the first page if there is no cursor. */
  async exportPage(cursor: ExportCursor | undefined): Promise<Result<ExportPage>> {
    const ready = this.#requireReady('export')
    return ready.ok ? exportPage(this.#ledger, ready.value.tag, cursor, Date.now()) : ready
  }

  async getImportStatus(): Promise<ImportStatus> {
    this.#requireOpen('import')
    return getImportStatus(this.#ledger)
  }

  /**
   * Imports one page of a backup into an empty desk. The desk is closed until the last page is
   * imported.
   */
  async importPage(page: ImportPage): Promise<Result<ImportStatus>> {
    const state = this.#readiness.getStateForImport()
    if (!state.ok) return state
    const result = importPage(this.#ledger, state.value, page, Date.now())
    if (!result.ok || result.value.state !== 'done') return result
    if (!this.#readiness.getState().ok) this.#readiness.open()
    this.#background.schedule()
    return result
  }

  async abandonImport(): Promise<Result<ImportStatus>> {
    return abandonImport(this.#ledger)
  }

  async getOverview(waitMs = 0): Promise<Result<Overview>> {
    if (waitMs > 0 && this.#requireOpen('report').ok)
      await this.#background.outboxWaiters.wait(waitMs)
    const state = this.#readiness.getHealth()
    if (!state.ok && !this.#isReplacingLedger(state.failure)) return state
    // `#requireOpen` below resets excessive waits, so they are counted before: monitors must see
    // them.
    const overview = getOverview(this.#ledger, Date.now())
    this.#requireOpen('report')
    return ok(overview)
  }

  override async alarm(): Promise<void> {
    await this.#background.runFromAlarm()
  }

  /** Returns the settings if the desk is open and no import is in progress, otherwise a failure. */
  #requireReady(action: string): Result<Publication> {
    const state = this.#requireOpen(action)
    if (!state.ok && !this.#isReplacingLedger(state.failure)) return state
    return isImporting(this.#ledger) ? fail({ reason: 'import-under-way', action }) : state
  }

  /** Returns the settings, or why the desk is closed. Also sets the alarm again if it was lost. */
  #requireOpen(action: string): Result<Publication> {
    const state = this.#readiness.getState(action)
    if (state.ok && !isImporting(this.#ledger)) this.#background.alarm.ensureArmed(Date.now())
    return state
  }

  /** Returns whether an import is restoring a lost ledger. */
  #isReplacingLedger({ reason }: Failure): boolean {
    return reason === 'ledger-missing' && isImporting(this.#ledger)
  }

  /**
   * Applies a change, commits it and sets the alarm in one turn. There is no `await` in between, so
   * the change and the alarm become durable together.
   */
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
    this.#background.schedule()
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
    return { ...context, bulk: { feedDelayMs: this.#background.bulkPace.recordCall(context.now) } }
  }
}
