/**
 * Simulates a desk without workerd: its alarm, its RPC and its outbox, KV writes that run until the
 * test ends them, and a fake clock. A test passes the class of the desk. `vitest.config.ts`
 * replaces `cloudflare:workers`, which that class imports.
 */
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, vi } from 'vitest'
import type { Desk as RealDesk } from '../../src/desk/desk.ts'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import { createLedger, type Ledger } from '../../src/desk/ledger/ledger.ts'
import { buildDraft, type DraftOptions, PUBLICATION, START } from './drafts.ts'
import { decodeStoredText } from './kv.ts'
import { asSql, createTransaction } from './sqlite.ts'

export const SETTINGS = {
  TITLE: PUBLICATION.title,
  DESCRIPTION: PUBLICATION.description,
  LANGUAGE: 'en',
  SITE_URL: PUBLICATION.siteUrl,
  SHORT_URL: PUBLICATION.shortUrl,
  ALLOWED_HOSTS: 'news.example',
  TAG_AUTHORITY: 'news.example',
  TAG_DATE: '2026',
  PUBLISHER: PUBLICATION.publisher,
}

type PendingWrite = {
  key: string
  /** Changes KV without ending the call. */
  arrive: () => void
  /** Ends the call. If it `succeeds unnoticed`, KV is changed, but the call fails. */
  end: (how: 'succeeds' | 'fails' | 'succeeds unnoticed') => void
}

/**
 * A desk object, its storage, which remains when the object is evicted, and KV, whose values are
 * stored as decoded text.
 */
export class SimulatedDesk {
  readonly database = new DatabaseSync(':memory:')
  readonly kv = new Map<string, string>()
  writes: PendingWrite[] = []
  alarm: number | undefined
  /** How often an alarm was set; `fired` counts how often one was called. */
  armed = 0
  fired = 0
  desk: RealDesk
  /** The number of the current object, so that late events of an evicted one are ignored. */
  #life = 0

  readonly #Desk: typeof RealDesk

  /**
   * The ledger looks like that of an existing desk, because a new one would first check whether KV
   * is empty (`desk-readiness.test.ts`).
   */
  constructor(Desk: typeof RealDesk) {
    this.#Desk = Desk
    this.ledger.migrate()
    this.ledger.setSetting('TAG_AUTHORITY', SETTINGS.TAG_AUTHORITY)
    this.desk = this.restart()
  }

  get ledger(): Ledger {
    return createLedger(asSql(this.database), createTransaction(this.database))
  }

  restart(settings: Record<string, string> = SETTINGS): RealDesk {
    this.#life += 1
    const life = this.#life
    const transactionSync = createTransaction(this.database)
    const runIfAlive = (action: () => void): void => {
      if (life === this.#life) action()
    }
    const storage = {
      sql: asSql(this.database),
      transactionSync,
      setAlarm: async (at: number) =>
        runIfAlive(() => {
          this.alarm = at
          this.armed += 1
        }),
      deleteAlarm: async () => runIfAlive(() => (this.alarm = undefined)),
    }
    const write = (key: string, value: string | undefined): Promise<void> =>
      new Promise((resolve, reject) => {
        const one: PendingWrite = {
          key,
          arrive: () => {
            if (value === undefined) this.kv.delete(key)
            else this.kv.set(key, value)
          },
          end: (how) => {
            this.writes = this.writes.filter((other) => other !== one)
            if (how !== 'fails') one.arrive()
            if (how === 'succeeds') resolve()
            else reject(new Error('KV PUT failed'))
          },
        }
        this.writes.push(one)
      })
    const wire = {
      put: (key: string, value: string | Uint8Array, { metadata }: { metadata?: unknown } = {}) =>
        write(key, decodeStoredText(value, metadata)),
      delete: (key: string) => write(key, undefined),
      list: async () => ({
        keys: [...this.kv.keys()].map((name) => ({ name })),
        list_complete: true,
      }),
    }
    const abort = (reason: string): never => {
      throw new Error(reason)
    }
    const context = { storage, abort, waitUntil: () => undefined }
    this.desk = new this.#Desk(context as never, { ...settings, WIRE: wire } as never)
    return this.desk
  }

  /**
   * Evicts the object while its writes run. `arrives` selects the writes that still reach KV; their
   * results are lost.
   */
  async evict(arrives: (index: number) => boolean): Promise<void> {
    for (const [index, one] of this.writes.entries()) if (arrives(index)) one.arrive()
    this.writes = []
    // Timers of the evicted object never fire.
    const now = Date.now()
    vi.clearAllTimers()
    vi.setSystemTime(now)
    this.restart()
    await runPending()
  }

  async publish(id: string, more: DraftOptions = {}): Promise<void> {
    const result = await this.desk.publish(buildDraft(id, more), {})
    if (!result.ok) throw new Error(JSON.stringify(result.failure))
    await this.advanceClock(10)
  }

  /** Moves the clock forward and calls due alarms as the platform does. */
  async advanceClock(milliseconds: number): Promise<void> {
    const end = Date.now() + milliseconds
    for (let count = 0; ; count += 1) {
      if (count > 500) throw new Error('The alarm fires repeatedly')
      const next = Math.min(end, Math.max(this.alarm ?? end, Date.now()))
      await vi.advanceTimersByTimeAsync(next - Date.now())
      await runPending()
      if (this.alarm === undefined || this.alarm > Date.now()) {
        if (Date.now() >= end) return
        continue
      }
      this.alarm = undefined
      this.fired += 1
      await this.desk.alarm()
      await runPending()
    }
  }

  async completeWrites(
    how: 'succeeds' | 'fails' | 'succeeds unnoticed',
    key?: string,
  ): Promise<void> {
    for (const one of [...this.writes]) if (key === undefined || one.key === key) one.end(how)
    await runPending()
  }

  /**
   * Lets every write succeed and moves the clock until the outbox is empty. Returns false if it
   * does not become empty.
   */
  async drainAll(): Promise<boolean> {
    for (let round = 0; round < 400; round += 1) {
      await this.completeWrites('succeeds')
      if (this.ledger.countOutbox(Date.now()).rows === 0 && this.writes.length === 0) return true
      await this.advanceClock(round < 50 ? 500 : 60_000)
    }
    return false
  }

  /** Lists keys whose value in KV differs from the ledger. */
  listDifferingKeys(): string[] {
    const { ledger } = this
    const targets = new Set([...this.kv.keys(), ...ledger.listTrackedTargets('', 1000)])
    return [...targets].filter((target) => {
      const rendering = renderTarget(ledger, PUBLICATION, target, Date.now(), true)
      if (rendering.kind !== 'content') return true
      const { content } = rendering
      const value =
        content.kind === 'document'
          ? content.body
          : content.kind === 'link'
            ? JSON.stringify(content.record)
            : content.kind === 'redirect'
              ? content.location
              : undefined
      return value !== this.kv.get(target)
    })
  }
}

/** Waits until all work that needs no timer is done. */
export const runPending = async (): Promise<void> => {
  for (let round = 0; round < 20; round += 1) await Promise.resolve()
}

/** Sets the clock of every test in the file to `START`. After that, only tests move it. */
export function useFakeClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ now: START * 1000 })
    vi.stubGlobal('scheduler', {
      wait: (milliseconds: number) => new Promise((resume) => setTimeout(resume, milliseconds)),
    })
    vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })
}
