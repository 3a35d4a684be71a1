/**
 * Renders the current content of a target from the ledger, and decides its validators.
 * Last-Modified increases by at least a second whenever the bytes of a document change, and stays
 * the same when they do not, even after rebuilds, restarts and deploys. What a document shows is
 * planned in `planners.ts`.
 */

import { computeEtag } from '../../http/representation.ts'
import type { Publication } from '../../model/publication.ts'
import { byteLength } from '../../text/characters.ts'
import { digestValue } from '../../text/digest.ts'
import { omitUndefined } from '../../text/json.ts'
import type { Content } from '../../wire/codec.ts'
import type { Target } from '../../wire/targets.ts'
import type { DocumentRow, Ledger } from '../ledger/ledger.ts'
import type { DocumentPlan } from './plan.ts'
import { planTarget } from './planners.ts'

/**
 * Increase this by hand when a renderer writes other bytes for the same articles. The desk then
 * renders all documents again. `tests/unit/renderer-version.test.ts` fails if you forget it.
 */
export const RENDERER_VERSION = 6

/**
 * Last-Modified may be ahead of the clock. If it is ahead by at most this many seconds, a changed
 * document waits until the clock has passed it. If it is further ahead, the clock was set back.
 * Waiting could then take hours, so Last-Modified increases by one second instead.
 */
const CLOCK_DRIFT_SECONDS = 5

/** Returns a digest of everything that affects the bytes of documents, except the articles. */
export function digestSettings(publication: Publication): string {
  const {
    memorySeconds: _,
    noDeltaAgents: __,
    trustedProxy: ___,
    ...relevantSettings
  } = publication
  return digestValue({ publication: relevantSettings, RENDERER_VERSION })
}

/** `wasSent` is true if exactly this content was sent to KV before. */
export type Rendering =
  | { kind: 'content'; content: Content; fingerprint?: string; wasSent: boolean }
  /**
   * Last-Modified cannot increase before `due` (milliseconds), because its second is not over yet.
   */
  | { kind: 'too-early'; due: number }

/**
 * Renders a target, and stores its validators if it has changed. Without `force`, an unchanged
 * document that was sent before is not rendered again, and the content is absent. `now` is in
 * milliseconds.
 */
export function renderTarget(
  ledger: Ledger,
  publication: Publication,
  target: Target,
  now: number,
  force: boolean,
): Rendering {
  const planned = planTarget(ledger, publication, target, Math.floor(now / 1000))
  if (planned.kind === 'absent') return { kind: 'content', content: planned, wasSent: false }
  const stored = ledger.findDocument(target)
  if (planned.kind !== 'plan')
    return renderLinkOrRedirect(ledger, target, planned, stored, Math.floor(now / 1000))
  const { plan } = planned
  const until = plan.expiresAt ?? null
  if (stored && stored.until !== until) ledger.setExpiry(target, until)
  const hasSameFingerprint = stored?.fingerprint === plan.fingerprint
  if (hasSameFingerprint && stored.sent === plan.fingerprint && !force) {
    return {
      kind: 'content',
      content: { kind: 'absent' },
      fingerprint: plan.fingerprint,
      wasSent: true,
    }
  }
  if (hasSameFingerprint) {
    const content = renderDocument(plan, stored.modified)
    if (content.validators.etag === stored.etag) {
      return {
        kind: 'content',
        content: addNotes(content, plan),
        fingerprint: plan.fingerprint,
        wasSent: stored.sent === plan.fingerprint,
      }
    }
  }
  const nowSeconds = Math.floor(now / 1000)
  const secondsAhead = stored ? stored.modified - nowSeconds : -1
  if (stored && secondsAhead >= 0 && secondsAhead <= CLOCK_DRIFT_SECONDS)
    return { kind: 'too-early', due: (stored.modified + 1) * 1000 }
  const modified = stored && secondsAhead >= 0 ? stored.modified + 1 : nowSeconds
  const content = renderDocument(plan, modified)
  const { etag } = content.validators
  const { fingerprint } = plan
  ledger.saveDocument({ target, etag, modified, fingerprint, until })
  return { kind: 'content', content: addNotes(content, plan), fingerprint, wasSent: false }
}

/**
 * Returns the content of a link or redirect. These have no validators, but the ledger stores their
 * fingerprints, so that the same content is not sent twice. The record of a link also has the time
 * of its last change, in seconds. That time may be ahead of the clock, so a link that changes twice
 * in a second need not wait.
 */
function renderLinkOrRedirect(
  ledger: Ledger,
  target: Target,
  content: Extract<Content, { kind: 'link' | 'redirect' }>,
  stored: DocumentRow | undefined,
  nowSeconds: number,
): Rendering {
  const fingerprint = digestValue(content)
  const hasSameFingerprint = stored?.fingerprint === fingerprint
  const lastModified = stored?.modified ?? 0
  const modified =
    hasSameFingerprint || content.kind === 'redirect'
      ? lastModified
      : Math.max(nowSeconds, lastModified + 1)
  if (!hasSameFingerprint) ledger.saveDocument({ target, etag: '', modified, fingerprint })
  const datedContent: Content =
    content.kind === 'link' ? { ...content, record: { at: modified, ...content.record } } : content
  return {
    kind: 'content',
    content: datedContent,
    fingerprint,
    wasSent: hasSameFingerprint && stored.sent === fingerprint,
  }
}

type DocumentContent = Extract<Content, { kind: 'document' }>

function renderDocument(plan: DocumentPlan, modified: number): DocumentContent {
  const body = plan.render(modified)
  const { older, newer } = plan.archivePosition ?? {}
  const validators = {
    status: plan.status,
    type: plan.type,
    etag: computeEtag(body),
    modified,
    length: byteLength(body),
    ...omitUndefined({ language: plan.language, older, newer }),
  }
  return { kind: 'document', body, validators }
}

const addNotes = (document: DocumentContent, { buildNotes }: DocumentPlan): DocumentContent =>
  buildNotes ? { ...document, notes: buildNotes(document.body, document.validators) } : document
