/**
 * Defines the plan of a document and the interface of planners. Making a plan is cheaper than
 * rendering, and the fingerprint of the plan shows whether the document has changed. `articles.ts`,
 * `channels.ts`, `discovery.ts` and `links.ts` have the planners.
 */
import type { ArchivePosition } from '../../feeds/entry.ts'
import type { DocumentStatus } from '../../http/representation.ts'
import type { Publication } from '../../model/publication.ts'
import type { Content, Validators } from '../../wire/codec.ts'
import type { ParsedTarget, TargetKind } from '../../wire/targets.ts'
import type { Ledger } from '../ledger/ledger.ts'

/** A document that is ready to be rendered. `fingerprint` is a digest of all data that it shows. */
export type DocumentPlan = {
  fingerprint: string
  status: DocumentStatus
  type: string
  language?: string
  archivePosition?: ArchivePosition
  /** When the content expires even if no article changes, in seconds. */
  expiresAt?: number
  /** Renders the document. `modified` is its Last-Modified, in seconds. */
  render: (modified: number) => string
  /** Records the edition that was rendered. Returns the delta notes to store with its document. */
  buildNotes?: (body: string, validators: Validators) => string
}

export type PlannedContent =
  | { kind: 'plan'; plan: DocumentPlan }
  | Exclude<Content, { kind: 'document' }>

/** The functions that the desk needs for the targets of one kind. */
export type Planner<K extends TargetKind> = {
  /** Plans the current content of the target. `now` is in seconds. */
  readonly plan: (
    ledger: Ledger,
    publication: Publication,
    target: ParsedTarget<K>,
    now: number,
  ) => PlannedContent
  /**
   * Returns whether there is anything to render. Only planners of channel documents have this
   * function, because their `plan` is expensive: it reads the texts of the newest stories.
   */
  readonly hasContent?: (ledger: Ledger, target: ParsedTarget<K>) => boolean
  /**
   * Returns whether the ledger tracks this key. A rebuild deletes the other keys. Without this
   * function, a key is tracked if the ledger has the validators of its document.
   */
  readonly isTracked?: (ledger: Ledger, target: ParsedTarget<K>) => boolean
}

/** A planner for each of these kinds. */
export type Planners<K extends TargetKind = TargetKind> = { readonly [Each in K]: Planner<Each> }
