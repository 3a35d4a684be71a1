/** Drafts as the publish API hands them to the desk, the settings of their publication, and a desk without workerd. */
import type { Draft, Story } from '../../src/article.ts'
import { accept, type Conditions, type Outcome, release, withdraw } from '../../src/desk/editing.ts'
import type { Ledger } from '../../src/desk/ledger.ts'
import type { Failure, Result } from '../../src/failure.ts'
import type { Publication } from '../../src/publication.ts'
import { memoryLedger } from './sqlite.ts'

export const PUBLICATION: Publication = {
  title: 'Test Desk',
  description: 'What tests publish',
  language: 'en',
  siteUrl: 'https://news.example',
  shortUrl: 'https://nws.example',
  allowedHosts: ['news.example'],
  tag: { authority: 'news.example', date: '2026' },
  publisher: 'Test Press',
  feedLength: 50,
  noDeltaAgents: [],
  memorySeconds: 5,
  withdrawalNoticeDays: 30,
}

/** 2026-01-15T09:00:00Z in seconds; where the tests' clocks begin. */
export const START = 1_768_467_600

export type DraftOptions = Partial<Omit<Draft, 'id' | 'story'>> & Partial<Story>

/** A good draft with what the test cares about on top. */
export function draft(id: string, more: DraftOptions = {}): Draft {
  const { code, canonical, published, updated, corrections, republish = false, ...story } = more
  return {
    id,
    story: {
      title: `Story ${id}`,
      summary: [],
      excerpt: `The beginning of ${id}`,
      authors: [],
      tags: [],
      language: 'en',
      html: `<p>The text of ${id}.</p>`,
      source: { form: 'markdown', text: `The text of ${id}.` },
      ...story,
    },
    republish,
    ...(code !== undefined && { code }),
    ...(canonical !== undefined && { canonical }),
    ...(published !== undefined && { published }),
    ...(updated !== undefined && { updated }),
    ...(corrections !== undefined && { corrections }),
  }
}

/** Different bytes at every call, the same in every test run. */
export function countingBytes(): (count: number) => Uint8Array {
  let state = 12_345
  return (count) =>
    Uint8Array.from({ length: count }, () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
      return state >> 16
    })
}

export type TestDesk = {
  ledger: Ledger
  /** Seconds; a test moves it. */
  clock: { now: number }
  publish: (id: string, more?: DraftOptions, conditions?: Conditions) => Result<Outcome>
  withdraw: (id: string, reason?: string, conditions?: Conditions) => Result<Outcome>
  release: () => number
  /** Targets in the outbox, sorted. */
  owed: () => string[]
  /** Empties the outbox, as if all had been sent. */
  settle: () => void
}

export function openDesk(ledger = memoryLedger(), randomBytes = countingBytes()): TestDesk {
  const clock = { now: START }
  const moment = () => ({ now: clock.now * 1000, randomBytes })
  const rows = () => ledger.dueRows(Number.MAX_SAFE_INTEGER, 100_000, new Set(), true)
  return {
    ledger,
    clock,
    publish: (id, more = {}, conditions = {}) =>
      accept(ledger, draft(id, more), conditions, moment()),
    withdraw: (id, reason, conditions = {}) =>
      withdraw(ledger, id, reason === undefined ? {} : { reason }, conditions, moment()),
    release: () => release(ledger, moment(), 50),
    owed: () =>
      rows()
        .map(({ target }) => target)
        .sort(),
    settle: () => {
      for (const row of rows()) ledger.settleRow(row, 0)
    },
  }
}

/** The outcome of a change that was taken; throws the failure otherwise. */
export function taken(result: Result<Outcome>): Outcome {
  if (!result.ok) throw new Error(JSON.stringify(result.failure))
  return result.value
}

/** The failure of a change that was refused; throws when it was taken. */
export function refused(result: Result<Outcome>): Failure {
  if (result.ok) throw new Error(`It was taken: ${JSON.stringify(result.value)}`)
  return result.failure
}
