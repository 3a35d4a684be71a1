/** How a document is about to be made, before its Last-Modified is known, and what a planner is. */
import type { ArchivePosition } from '../../feeds/entry.ts'
import type { DocumentStatus } from '../../http/representation.ts'
import type { Publication } from '../../model/publication.ts'
import type { Content, Validators } from '../../wire/codec.ts'
import type { ParsedTarget, TargetKind } from '../../wire/targets.ts'
import type { Ledger } from '../ledger/ledger.ts'

/**
 * What a document is made of: its data's fingerprint, and how to write it once Last-Modified is
 * known (seconds).
 */
export type DocumentPlan = {
  fingerprint: string
  status: DocumentStatus
  type: string
  language?: string
  past?: ArchivePosition
  /** When it becomes another by the clock alone, in seconds. */
  expiresAt?: number
  render: (modified: number) => string
  /** Keeps what a document that was just rendered shows, and returns the notes that go with it. */
  buildNotes?: (body: string, validators: Validators) => string
}

export type PlannedContent =
  | { kind: 'plan'; plan: DocumentPlan }
  | Exclude<Content, { kind: 'document' }>

/** What the desk does for the targets of one kind. */
export type Planner<K extends TargetKind> = {
  /** `now` in seconds. */
  readonly plan: (
    ledger: Ledger,
    publication: Publication,
    target: ParsedTarget<K>,
    now: number,
  ) => PlannedContent
  /**
   * Of a channel's documents: whether there is something to render. It costs less than their plan,
   * which reads the texts of the newest stories.
   */
  readonly hasContent?: (ledger: Ledger, target: ParsedTarget<K>) => boolean
  /**
   * Whether the ledger knows what this key is written for. Left out, the ledger knows a key when it
   * keeps the validators of its document.
   */
  readonly isTracked?: (ledger: Ledger, target: ParsedTarget<K>) => boolean
}

/** One row for each of these kinds. */
export type Planners<K extends TargetKind = TargetKind> = { readonly [Each in K]: Planner<Each> }
