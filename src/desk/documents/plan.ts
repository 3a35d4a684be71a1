/** The plan of a document, before its Last-Modified is known, and the interface of planners. */
import type { ArchivePosition } from '../../feeds/entry.ts'
import type { DocumentStatus } from '../../http/representation.ts'
import type { Publication } from '../../model/publication.ts'
import type { Content, Validators } from '../../wire/codec.ts'
import type { ParsedTarget, TargetKind } from '../../wire/targets.ts'
import type { Ledger } from '../ledger/ledger.ts'

/**
 * The fingerprint of a document's data, and how to render it once Last-Modified is known (seconds).
 */
export type DocumentPlan = {
  fingerprint: string
  status: DocumentStatus
  type: string
  language?: string
  past?: ArchivePosition
  /** When its content expires without any change, in seconds. */
  expiresAt?: number
  render: (modified: number) => string
  /** Stores what the rendered document shows, and returns the notes to store with it. */
  buildNotes?: (body: string, validators: Validators) => string
}

export type PlannedContent =
  | { kind: 'plan'; plan: DocumentPlan }
  | Exclude<Content, { kind: 'document' }>

/** What the desk needs to know about the targets of one kind. */
export type Planner<K extends TargetKind> = {
  /** `now` in seconds. */
  readonly plan: (
    ledger: Ledger,
    publication: Publication,
    target: ParsedTarget<K>,
    now: number,
  ) => PlannedContent
  /**
   * For documents of channels: whether there is anything to render. Costs less than `plan`, which
   * reads the texts of the newest stories.
   */
  readonly hasContent?: (ledger: Ledger, target: ParsedTarget<K>) => boolean
  /**
   * Whether the ledger has what belongs at this key. By default it does if it has the validators of
   * the document.
   */
  readonly isTracked?: (ledger: Ledger, target: ParsedTarget<K>) => boolean
}

/** One row for each of these kinds. */
export type Planners<K extends TargetKind = TargetKind> = { readonly [Each in K]: Planner<Each> }
