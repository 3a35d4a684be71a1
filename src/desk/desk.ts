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
import { isAhead } from '../text/time.ts'
import type { Content } from '../wire/codec.ts'
import { listTargets } from '../wire/store.ts'
import { linkTarget, type Target } from '../wire/targets.ts'
import { Alarm, SAFETY_MS } from './alarm.ts'
import { BulkPace } from './bulk-pace.ts'
import { type Cursor, type ExportPage, exportPage } from './copies/exporting.ts'
import { abandonImport, importIsUnderWay, standingOf, takePage } from './copies/importing.ts'
import type { ImportPage } from './copies/records.ts'
import { channelIsOpen, isAbsent } from './documents/planners.ts'
import { renderTarget } from './documents/rendering.ts'
import { Door } from './door.ts'
import { Drain, type OutboxRow } from './drain.ts'
import { answer, type Moment, release, take, withdraw } from './editing.ts'
import { createLedger, type KeptArticle, type Ledger, type MissRow } from './ledger/ledger.ts'
import {
  acceptLink,
  answerCode,
  inheritLink,
  knownLink,
  linksAfter,
  linksOf,
  removeLink,
} from './linking.ts'
import { OutboxWaiters } from './outbox-waiters.ts'
import { nextAlarm, overviewOf } from './overview.ts'
import type {
  Changed,
  CodeLookUp,
  Conditions,
  DeskRpc,
  KnownLink,
  LinkOutcome,
  Outcome,
  Overview,
  Standing,
} from './protocol.ts'
import { deliver, logFailedWrite, messageOf, worthSending } from './sending.ts'
import { beginSweep } from './sweep.ts'
import { VainAsks } from './vain-asks.ts'
import { watched } from './watched.ts'

/** The answer goes out before its documents are rendered, and changes that come together are sent together. */
const GATHER_MS = 10
const PER_TURN = { releases: 50, endings: 500 }

export class Desk extends DurableObject<Env> implements DeskRpc {
  readonly #ledger: Ledger
  readonly #drain: Drain
  readonly #alarm: Alarm
  readonly #vainAsks = new VainAsks()
  #gathering: Promise<void> | undefined
  readonly #pace = new BulkPace()
  readonly #waiters = new OutboxWaiters(() => this.#ledger.owesNothing())
  readonly #door: Door

  constructor(context: DurableObjectState, env: Env) {
    super(context, env)
    const sql = watched(context.storage.sql, (cause) => this.#door?.met(cause))
    this.#ledger = createLedger(sql, (changes) => context.storage.transactionSync(changes))
    this.#drain = new Drain({
      now: () => Date.now(),
      due: (now, limit, except) =>
        this.#ledger.dueRows(now, limit, except, this.#pace.backlogFrom(now) <= now),
      deliver: (row) => deliver(row, this.#ledger, () => this.#door.state(), env.WIRE, Date.now),
      settle: (row, due) => {
        this.#alarm.bringForward(this.#ledger.settleRow(row, due))
        this.#waiters.wake()
      },
      postpone: (row, due, cause) => this.#postpone(row, due, cause),
    })
    this.#alarm = new Alarm({ next: (now) => this.#nextAlarm(now), storage: context.storage })
    this.#door = new Door(this.#ledger, {
      parsed: parsePublication(env),
      now: () => Date.now(),
      size: () => context.storage.sql.databaseSize,
      wireHasKeys: async () => (await listTargets(env.WIRE, undefined)).targets.length > 0,
      hold: (work) => void context.blockConcurrencyWhile(work),
      // The platform gives an alarm up after six failures: whatever wakes the object, a reader perhaps, sets it again.
      opened: () => this.#alarm.renew(Date.now()),
    })
  }

  /**
   * Opens the desk: `npm start` and a deploy call it, so that changed settings take effect at once. `clock` is the right
   * time in milliseconds, for a caller that saw the clock set back. The platform then holds this object's clock still, and
   * its timers: only a new object has the right time.
   */
  async wake(clock?: number): Promise<Result<{ opened: true }>> {
    if (clock !== undefined && isAhead(Date.now(), clock)) this.ctx.abort('The clock was set back')
    const state = this.#door.check('open the desk')
    if (!state.ok) return state
    await this.#goOn()
    return ok({ opened: true })
  }

  async publish(draft: Draft, conditions: Conditions): Promise<Result<Changed<Outcome>>> {
    return answer(
      this.#change('publish', (moment, publication) =>
        take(this.#ledger, publication, draft, conditions, moment),
      ),
    )
  }

  /**
   * Takes many drafts in one turn, each by itself: the answers are in their order. `inBulk`: more are coming, so
   * what they owe gives way to news. The articles that are answered carry no texts, here and elsewhere.
   */
  async publishAll(drafts: Draft[], inBulk: boolean): Promise<Result<Result<Outcome>[]>> {
    const ready = this.#ready('publish')
    if (!ready.ok) return ready
    const moment = inBulk ? this.#bulkMoment() : this.#moment()
    const outcomes = drafts.map((draft) => take(this.#ledger, ready.value, draft, {}, moment))
    if (outcomes.some((outcome) => outcome.ok && outcome.value.changed)) this.#setOff()
    return ok(outcomes.map(answer))
  }

  async withdraw(
    id: string,
    withdrawal: Withdrawal,
    conditions: Conditions,
  ): Promise<Result<Changed<Outcome>>> {
    return answer(
      this.#change('withdraw', (moment) =>
        withdraw(this.#ledger, id, withdrawal, conditions, moment),
      ),
    )
  }

  /** What a code leads to, for a reader who missed it on the wire; for one that is none, those it may have meant. */
  async lookUpCode(code: string, damaged = false): Promise<Result<CodeLookUp>> {
    const demanded = await this.demand(linkTarget(foldCode(code)), damaged)
    if (!demanded.ok) return demanded
    const record = demanded.value.kind === 'link' ? demanded.value.record : undefined
    return ok(answerCode(this.#ledger, code, record, Date.now()))
  }

  async showLink(code: string): Promise<Result<KnownLink>> {
    const state = this.#state('show')
    if (!state.ok) return state
    const link = knownLink(this.#ledger, code)
    return link ? ok(link) : fail({ reason: 'unknown-link', action: 'show', code })
  }

  async listLinks(after: string, limit: number): Promise<Result<KnownLink[]>> {
    const ready = this.#ready('list links')
    return ready.ok ? ok(linksAfter(this.#ledger, after, limit)) : ready
  }

  async putLink(draft: LinkDraft, conditions: Conditions): Promise<Result<Changed<LinkOutcome>>> {
    return this.#change('change a link', (moment, publication) =>
      acceptLink(this.#ledger, publication, draft, conditions, moment),
    )
  }

  async removeLink(
    code: string,
    legal: string | undefined,
    conditions: Conditions,
  ): Promise<Result<Changed<LinkOutcome>>> {
    return this.#change('remove a link', (moment) =>
      removeLink(this.#ledger, code, legal, conditions, moment),
    )
  }

  /** Takes many that were given out elsewhere, each by itself, in their order; or says what would become of each. */
  async inheritLinks(drafts: LinkDraft[], check: boolean): Promise<Result<Result<LinkOutcome>[]>> {
    const ready = this.#ready('import links')
    if (!ready.ok) return ready
    const moment = check ? this.#moment() : this.#bulkMoment()
    const outcomes = drafts.map((draft) =>
      inheritLink(this.#ledger, ready.value, draft, moment, check),
    )
    if (!check) this.#setOff()
    return ok(outcomes)
  }

  /** Codes that were asked for and are none, those that were asked for most first. */
  async misses(limit: number): Promise<Result<MissRow[]>> {
    const state = this.#state('list unknown codes')
    return state.ok ? ok(this.#ledger.misses(limit)) : state
  }

  async show(id: string): Promise<Result<KeptArticle>> {
    const state = this.#state('show')
    if (!state.ok) return state
    const article = this.#ledger.article(id)
    return article ? ok(article) : fail({ reason: 'unknown-article', action: 'show', id })
  }

  async list(
    after: { published: number; id: string } | undefined,
    limit: number,
  ): Promise<Result<KeptArticle[]>> {
    const state = this.#state('list articles')
    return state.ok ? ok(this.#ledger.listArticles(after, limit)) : state
  }

  /**
   * What a target holds, for a reader who missed it on the wire. Renders and keeps a document that nobody
   * asked for before, and sends it; one that was sent and is missed all the same, or found `damaged` there, is sent again.
   * `mayRender` is asked before anything is rendered; when it says no, the answer is as if there were nothing.
   */
  async demand(
    target: Target,
    damaged = false,
    mayRender?: () => Promise<boolean>,
  ): Promise<Result<Content>> {
    const ready = this.#ready('answer')
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
      if (rendering.content.kind === 'absent') this.#vainAsks.remember(target, now)
      else if (
        worthSending(this.#ledger, target, { unchanged: rendering.unchanged, damaged, now })
      ) {
        this.#ledger.transaction(() => {
          this.#ledger.markUnsent(target)
          this.#ledger.owe(target, this.#ledger.nextSequence(), now)
        })
        this.#setOff()
      }
      return ok(rendering.content)
    }
  }

  /** Makes the wire equal to the ledger, in pages, while publishing goes on. */
  async rebuild(): Promise<Result<{ begun: true }>> {
    const ready = this.#ready('rebuild the wire')
    if (!ready.ok) return ready
    // What a damaged ledger does not tell any more would be deleted from KV.
    const checked = this.#door.check('rebuild the wire')
    if (!checked.ok) return checked
    beginSweep(this.#ledger, 'rebuild', Date.now())
    this.#setOff()
    return ok({ begun: true })
  }

  /** One page of everything, from the beginning without a cursor. */
  async exportPage(cursor: Cursor | undefined): Promise<Result<ExportPage>> {
    const ready = this.#ready('export')
    return ready.ok ? exportPage(this.#ledger, ready.value.tag, cursor, Date.now()) : ready
  }

  async importStanding(): Promise<Standing> {
    this.#state('import')
    return standingOf(this.#ledger)
  }

  /** Takes a page into an empty desk, which stays closed until the last one. */
  async importPage(page: ImportPage): Promise<Result<Standing>> {
    const state = this.#door.stateForImport()
    if (!state.ok) return state
    const taken = takePage(this.#ledger, state.value, page, Date.now())
    if (!taken.ok || taken.value.state !== 'done') return taken
    if (!this.#door.state().ok) this.#door.open()
    this.#setOff()
    return taken
  }

  async abandonImport(): Promise<Result<Standing>> {
    return abandonImport(this.#ledger)
  }

  async overview(waitMs = 0): Promise<Result<Overview>> {
    if (waitMs > 0 && this.#state('report').ok) await this.#waiters.wait(waitMs)
    const state = this.#door.health()
    if (!state.ok && !this.#importsInto(state.failure)) return state
    // Before wrong waits are ended, so that a monitor hears of them.
    const overview = overviewOf(this.#ledger, Date.now())
    this.#state('report')
    return ok(overview)
  }

  /**
   * Releases embargoes whose time has come, drains, and sets the next alarm. The platform stops retrying an
   * alarm that throws after six tries, so nothing may escape, and the next alarm is set before the work.
   */
  override async alarm(): Promise<void> {
    this.#alarm.arm(Date.now() + SAFETY_MS)
    try {
      await this.#goOn()
    } catch (cause) {
      console.error(JSON.stringify({ event: 'desk.alarm.failed', error: messageOf(cause) }))
    }
  }

  /** The settings, when the desk is open and no import has closed it. */
  #ready(action: string): Result<Publication> {
    const state = this.#state(action)
    if (!state.ok && !this.#importsInto(state.failure)) return state
    return importIsUnderWay(this.#ledger) ? fail({ reason: 'import-under-way', action }) : state
  }

  /** The settings, or why the desk is closed. Every request comes through here, and sets an alarm again that was lost. */
  #state(action: string): Result<Publication> {
    const state = this.#door.state(action)
    if (state.ok && !importIsUnderWay(this.#ledger)) this.#alarm.check(Date.now())
    return state
  }

  /** Whether an import is filling the place of a ledger that was lost. */
  #importsInto({ reason }: Failure): boolean {
    return reason === 'ledger-missing' && importIsUnderWay(this.#ledger)
  }

  /** One turn: decide, commit, set the alarm. No `await` stands between them, so they are durable together. */
  #change<T extends Outcome | LinkOutcome>(
    action: string,
    decide: (moment: Moment, publication: Publication) => Result<T>,
  ): Result<Changed<T>> {
    const ready = this.#ready(action)
    if (!ready.ok) return ready
    const moment = this.#moment()
    const outcome = decide(moment, ready.value)
    if (!outcome.ok) return outcome
    const { value } = outcome
    if (!value.changed) return ok({ ...value, links: [] })
    this.#setOff()
    return ok({ ...value, links: linksOf(this.#ledger, ready.value, value, moment.now) })
  }

  #moment(): Moment {
    return {
      now: Date.now(),
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    }
  }

  #bulkMoment(): Moment {
    const moment = this.#moment()
    return { ...moment, bulk: { feedWaitMs: this.#pace.note(moment.now) } }
  }

  /** Sets the alarm that will drain if nothing else does, and drains at once without being waited for. */
  #setOff(): void {
    this.#alarm.arm(Date.now() + 1000)
    this.#gathering ??= scheduler.wait(GATHER_MS).then(() => {
      this.#gathering = undefined
      return this.#goOn()
    })
    this.ctx.waitUntil(this.#gathering)
  }

  async #goOn(): Promise<void> {
    if (!this.#door.state().ok) return
    // The end of the import sets everything off again.
    if (importIsUnderWay(this.#ledger)) return void this.ctx.storage.deleteAlarm()
    const now = Date.now()
    release(this.#ledger, { now, randomBytes: () => new Uint8Array() }, PER_TURN.releases)
    this.#oweEnded(now)
    for (const target of this.#vainAsks.answerable(now, (each) =>
      channelIsOpen(this.#ledger, each),
    ))
      this.#ledger.owe(target, this.#ledger.nextSequence(), now)
    // Not waited for: a slow key must not keep the alarm from firing for the others.
    this.ctx.waitUntil(this.#drain.run().finally(() => this.#alarm.renew(Date.now())))
    this.#alarm.renew(now)
  }

  /** Owes to the world the documents that the clock alone has made others. */
  #oweEnded(now: number): void {
    this.#ledger.transaction(() => {
      const ended = this.#ledger.takeEnded(Math.floor(now / 1000), PER_TURN.endings)
      if (ended.length > 0) this.#ledger.oweAll(ended, this.#ledger.nextSequence(), now)
    })
  }

  #nextAlarm(now: number): number | undefined {
    this.#ledger.endWrongWaits(now)
    const lookAt = this.#drain.running ? now + SAFETY_MS : undefined
    return nextAlarm(this.#ledger, now, this.#pace.backlogFrom(now), lookAt)
  }

  #postpone(row: OutboxRow, due: number, cause: unknown): void {
    this.#ledger.postponeRow(row, due, logFailedWrite(row, cause))
    this.#alarm.bringForward(due)
  }
}
