/** How a document is about to be made, before its Last-Modified is known. */
import type { Past } from '../../feeds/entry.ts'
import type { DocumentStatus } from '../../http/representation.ts'
import type { Content, Validators } from '../../wire/store.ts'

/** What a document is made of: its data's fingerprint, and how to write it once Last-Modified is known (seconds). */
export type Plan = {
  fingerprint: string
  status: DocumentStatus
  type: string
  language?: string
  past?: Past
  /** When it becomes another by the clock alone, in seconds. */
  until?: number
  render: (modified: number) => string
  /** Keeps what a document that was just rendered shows, and returns the notes that go with it. */
  note?: (body: string, validators: Validators) => string
}

export type Planned = { kind: 'plan'; plan: Plan } | Exclude<Content, { kind: 'document' }>
