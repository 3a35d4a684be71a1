/**
 * What each target should hold now: the present truth of the ledger, rendered. Validators are
 * decided here: Last-Modified rises strictly whenever a document's bytes change, and stays when
 * they do not, whatever rebuilds, restarts and deploys happen in between.
 */

import { etagOf } from '../../http/representation.ts'
import type { Publication } from '../../model/publication.ts'
import { byteLength } from '../../text/characters.ts'
import { digestOf } from '../../text/digest.ts'
import { defined } from '../../text/json.ts'
import type { Content } from '../../wire/codec.ts'
import type { Target } from '../../wire/targets.ts'
import type { DocumentRow, Ledger } from '../ledger/ledger.ts'
import type { Plan } from './plan.ts'
import { planOf } from './planners.ts'

/**
 * Raised by hand whenever a renderer writes other bytes for the same articles: the desk then
 * renders every kept document again. `tests/unit/renderer-version.test.ts` fails when it was
 * forgotten.
 */
export const RENDERER_VERSION = 4

/**
 * How far the last change may lie ahead for the next one to wait for it. Farther ahead the clock
 * was set back: Last-Modified then rises by one from where it is, because nobody shall wait for
 * hours.
 */
const CLOCK_DRIFT_SECONDS = 5

/** Digest of all that shapes documents besides the articles. */
export function settingsDigest(publication: Publication): string {
  const { memorySeconds: _, noDeltaAgents: __, trustedProxy: ___, ...shaping } = publication
  return digestOf({ publication: shaping, RENDERER_VERSION })
}

export type Rendering =
  | { kind: 'content'; content: Content; fingerprint?: string; unchanged: boolean }
  /**
   * Its bytes changed within the second of the last change: Last-Modified could not rise.
   * Milliseconds.
   */
  | { kind: 'too-early'; due: number }

/**
 * Renders a target and keeps its validators. `now` in milliseconds. `unchanged` tells that the wire
 * was sent exactly this before; the content is then left out unless `always` asks for it.
 */
export function renderTarget(
  ledger: Ledger,
  publication: Publication,
  target: Target,
  now: number,
  always: boolean,
): Rendering {
  const planned = planOf(ledger, publication, target, Math.floor(now / 1000))
  if (planned.kind === 'absent') return { kind: 'content', content: planned, unchanged: false }
  const known = ledger.document(target)
  if (planned.kind !== 'plan')
    return signpost(ledger, target, planned, known, Math.floor(now / 1000))
  const { plan } = planned
  const until = plan.until ?? null
  if (known && known.until !== until) ledger.setUntil(target, until)
  const same = known?.fingerprint === plan.fingerprint
  if (same && known.sent === plan.fingerprint && !always) {
    return {
      kind: 'content',
      content: { kind: 'absent' },
      fingerprint: plan.fingerprint,
      unchanged: true,
    }
  }
  if (same) {
    const content = documentOf(plan, known.modified)
    if (content.validators.etag === known.etag) {
      return {
        kind: 'content',
        content: noted(content, plan),
        fingerprint: plan.fingerprint,
        unchanged: known.sent === plan.fingerprint,
      }
    }
  }
  const second = Math.floor(now / 1000)
  const ahead = known ? known.modified - second : -1
  if (known && ahead >= 0 && ahead <= CLOCK_DRIFT_SECONDS)
    return { kind: 'too-early', due: (known.modified + 1) * 1000 }
  const modified = known && ahead >= 0 ? known.modified + 1 : second
  const content = documentOf(plan, modified)
  const { etag } = content.validators
  const { fingerprint } = plan
  ledger.saveDocument({ target, etag, modified, fingerprint, until })
  return { kind: 'content', content: noted(content, plan), fingerprint, unchanged: false }
}

/**
 * Links and redirects have no validators; what was sent of them is kept all the same, to send it
 * only once. A link says when it changed last, by the desk's own count of seconds: it need not wait
 * for the clock.
 */
function signpost(
  ledger: Ledger,
  target: Target,
  content: Extract<Content, { kind: 'link' | 'redirect' }>,
  known: DocumentRow | undefined,
  second: number,
): Rendering {
  const fingerprint = digestOf(content)
  const same = known?.fingerprint === fingerprint
  const last = known?.modified ?? 0
  const modified = same || content.kind === 'redirect' ? last : Math.max(second, last + 1)
  if (!same) ledger.saveDocument({ target, etag: '', modified, fingerprint })
  const dated: Content =
    content.kind === 'link' ? { ...content, record: { at: modified, ...content.record } } : content
  return {
    kind: 'content',
    content: dated,
    fingerprint,
    unchanged: same && known.sent === fingerprint,
  }
}

type Document = Extract<Content, { kind: 'document' }>

function documentOf(plan: Plan, modified: number): Document {
  const body = plan.render(modified)
  const { older, newer } = plan.past ?? {}
  const validators = {
    status: plan.status,
    type: plan.type,
    etag: etagOf(body),
    modified,
    length: byteLength(body),
    ...defined({ language: plan.language, older, newer }),
  }
  return { kind: 'document', body, validators }
}

const noted = (document: Document, { note }: Plan): Document =>
  note ? { ...document, notes: note(document.body, document.validators) } : document
