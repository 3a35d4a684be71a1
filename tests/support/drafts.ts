/** Builds drafts as the API passes them to the desk, and opens a desk without workerd. */
import { applyDraft, releaseEmbargoes, withdraw } from '../../src/desk/editing.ts'
import type { Ledger } from '../../src/desk/ledger/ledger.ts'
import { acceptLink, importLink, removeLink } from '../../src/desk/linking.ts'
import type { ArticleOutcome, Conditions, LinkOutcome } from '../../src/desk/protocol.ts'
import type { Draft, Withdrawal } from '../../src/model/article.ts'
import type { Failure, Result } from '../../src/model/failures.ts'
import type { LinkDraft } from '../../src/model/link.ts'
import type { Publication } from '../../src/model/publication.ts'
import type { Story } from '../../src/model/story.ts'
import { openMemoryLedger } from './sqlite.ts'

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

/** The time at which the clocks of tests start: 2026-01-15T09:00:00Z in seconds. */
export const START = 1_768_467_600

export type DraftOptions = Partial<Omit<Draft, 'id' | 'story'>> & Partial<Story>

/** Builds a valid draft with the properties that a test needs. */
export function buildDraft(id: string, more: DraftOptions = {}): Draft {
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

export type LinkOptions = Omit<LinkDraft, 'code' | 'to' | 'republish'> &
  LinkDraft['to'] & { republish?: boolean }

/** Builds a link as the API passes it to the desk. */
export function buildLinkDraft(
  code: string,
  { republish = false, ...options }: LinkOptions,
): LinkDraft {
  if ('article' in options) {
    const { article, ...more } = options
    return { code, to: { article }, republish, ...more }
  }
  const { url, ...more } = options
  return { code, to: { url }, republish, ...more }
}

/** Returns a function that returns other bytes at each call, and the same sequence in every run. */
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
  /** The time in seconds, which tests set. */
  clock: { now: number }
  publish: (id: string, more?: DraftOptions, conditions?: Conditions) => Result<ArticleOutcome>
  /** `withdrawal` is the reason if it is a string. */
  withdraw: (
    id: string,
    withdrawal?: string | Withdrawal,
    conditions?: Conditions,
  ) => Result<ArticleOutcome>
  putLink: (code: string, to: LinkOptions, conditions?: Conditions) => Result<LinkOutcome>
  removeLink: (code: string, legal?: string, conditions?: Conditions) => Result<LinkOutcome>
  importLink: (code: string, to: LinkOptions, check?: boolean) => Result<LinkOutcome>
  release: () => number
  /** Lists the targets in the outbox, sorted. */
  listQueued: () => string[]
  /** Empties the outbox as if everything had been sent. */
  emptyOutbox: () => void
}

export function openDesk(ledger = openMemoryLedger(), randomBytes = countingBytes()): TestDesk {
  const clock = { now: START }
  const getContext = () => ({ now: clock.now * 1000, randomBytes })
  const rows = () => ledger.listDueRows(Number.MAX_SAFE_INTEGER, 100_000, new Set(), true)
  return {
    ledger,
    clock,
    publish: (id, more = {}, conditions = {}) =>
      applyDraft(ledger, buildDraft(id, more), conditions, getContext()),
    withdraw: (id, withdrawal = {}, conditions = {}) => {
      const options = typeof withdrawal === 'string' ? { reason: withdrawal } : withdrawal
      return withdraw(ledger, id, options, conditions, getContext())
    },
    putLink: (code, to, conditions = {}) =>
      acceptLink(ledger, PUBLICATION, buildLinkDraft(code, to), conditions, getContext()),
    removeLink: (code, legal, conditions = {}) =>
      removeLink(ledger, code, legal, conditions, getContext()),
    importLink: (code, to, check = false) =>
      importLink(ledger, PUBLICATION, buildLinkDraft(code, to), getContext(), check),
    release: () => releaseEmbargoes(ledger, getContext(), 50),
    listQueued: () =>
      rows()
        .map(({ target }) => target)
        .sort(),
    emptyOutbox: () => {
      for (const row of rows()) ledger.completeRow(row, 0)
    },
  }
}

/** Returns the outcome of an accepted change; throws its failure otherwise. */
export function expectOk<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.failure))
  return result.value
}

/** Returns the failure of a refused change; throws if it was accepted. */
export function expectFailure<T>(result: Result<T>): Failure {
  if (result.ok) throw new Error(`The change was accepted: ${JSON.stringify(result.value)}`)
  return result.failure
}
