/**
 * What each target should hold now: the present truth of the ledger, rendered. Validators are decided here:
 * Last-Modified rises strictly whenever a document's bytes change, and stays when they do not, whatever
 * rebuilds, restarts and deploys happen in between.
 */
import { articleJson } from '../../feeds/article-json.ts'
import { isStanding } from '../../model/channel.ts'
import type { LinkAnswer } from '../../model/link.ts'
import type { Publication } from '../../model/publication.ts'
import { canonicalUrl } from '../../model/urls.ts'
import { byteLength } from '../../text/characters.ts'
import { digest, digestOf } from '../../text/digest.ts'
import { renderArticlePage } from '../../views/article-page.tsx'
import { HTML_TYPE } from '../../views/layout.tsx'
import { renderWithdrawnPage } from '../../views/notice.tsx'
import type { Content } from '../../wire/store.ts'
import { parseTarget, type Target } from '../../wire/targets.ts'
import type { DocumentRow, KeptArticle, KnownCode, Ledger, PageLink } from '../ledger/ledger.ts'
import { planArchive, planChannel } from './channels.ts'
import { planDiscovery } from './discovery.ts'
import type { Plan, Planned } from './plan.ts'

/**
 * Raised by hand whenever a renderer writes other bytes for the same articles: the desk then renders every
 * kept document again. `tests/unit/renderer-version.test.ts` fails when it was forgotten.
 */
export const RENDERER_VERSION = 4

/**
 * How far the last change may lie ahead for the next one to wait for it. Farther ahead the clock was set back:
 * Last-Modified then rises by one from where it is, because nobody shall wait for hours.
 */
const CLOCK_DRIFT_SECONDS = 5

/** Digest of all that shapes documents besides the articles. */
export function settingsDigest(publication: Publication): string {
  const { memorySeconds: _, noDeltaAgents: __, trustedProxy: ___, ...shaping } = publication
  return digestOf({ publication: shaping, RENDERER_VERSION })
}

/** Whether the target is a document of a channel that has had a public article, or of a complete archive page. */
export function channelIsOpen(ledger: Ledger, target: Target): boolean {
  const parsed = parseTarget(target)
  if (parsed?.kind === 'archive-feed' || parsed?.kind === 'archive-page')
    return parsed.page <= ledger.newestArchive(parsed.channel)
  if (parsed?.kind !== 'feed' && parsed?.kind !== 'channel-page') return false
  return isStanding(parsed.channel) || ledger.channelTitle(parsed.channel) !== undefined
}

/** Whether there is nothing to render. `now` in milliseconds. */
export const isAbsent = (
  ledger: Ledger,
  publication: Publication,
  target: Target,
  now: number,
): boolean => {
  const parsed = parseTarget(target)
  // Of a channel it is enough to know that it has begun: its plan reads the texts of its newest
  // stories.
  return parsed !== undefined && 'channel' in parsed
    ? !channelIsOpen(ledger, target)
    : planOf(ledger, publication, target, Math.floor(now / 1000)).kind === 'absent'
}

export type Rendering =
  | { kind: 'content'; content: Content; fingerprint?: string; unchanged: boolean }
  /** Its bytes changed within the second of the last change: Last-Modified could not rise. Milliseconds. */
  | { kind: 'too-early'; due: number }

/**
 * Renders a target and keeps its validators. `now` in milliseconds. `unchanged` tells that the wire was sent
 * exactly this before; the content is then left out unless `always` asks for it.
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
 * Links and redirects have no validators; what was sent of them is kept all the same, to send it only once. A link says when
 * it changed last, by the desk's own count of seconds: it need not wait for the clock.
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
    etag: `W/"${digest(body)}"`,
    modified,
    length: byteLength(body),
    ...(plan.language !== undefined && { language: plan.language }),
    ...(older !== undefined && { older }),
    ...(newer !== undefined && { newer }),
  }
  return { kind: 'document', body, validators }
}

const noted = (document: Document, { note }: Plan): Document =>
  note ? { ...document, notes: note(document.body, document.validators) } : document

/** `now` in seconds. */
function planOf(ledger: Ledger, publication: Publication, target: Target, now: number): Planned {
  const parsed = parseTarget(target)
  switch (parsed?.kind) {
    case 'article':
      // An embargoed article is not even read: it must take as long as one that is not there (RULES L-08).
      return planArticle(ledger.article(parsed.id, true), 'application/json', (article) =>
        articleJson(article, publication),
      )
    case 'article-page':
      return planArticlePage(ledger.article(parsed.id, true), publication)
    case 'link':
      return planLink(ledger, publication, parsed.folded)
    case 'feed':
    case 'channel-page':
      return planChannel(ledger, publication, parsed, now)
    case 'sitemap-index':
    case 'sitemap':
    case 'news-sitemap':
    case 'subscription-list':
    case 'feed-directory':
      return planDiscovery(ledger, publication, parsed, now)
    case 'archive-feed':
    case 'archive-page':
      return planArchive(ledger, publication, parsed)
    case undefined:
      return { kind: 'absent' }
    default:
      return parsed satisfies never
  }
}

/** Nothing outside knows of an article that was never public. */
function planArticle(
  article: KeptArticle | undefined,
  type: string,
  render: (article: KeptArticle) => string,
): Planned {
  if (!article?.everPublic) return { kind: 'absent' }
  const { state, revision, story, withdrawn } = article
  return {
    kind: 'plan',
    plan: {
      fingerprint: digestOf({ revision, state }),
      status: state !== 'withdrawn' ? 200 : withdrawn?.legal === undefined ? 410 : 451,
      type,
      ...(state !== 'withdrawn' && type === HTML_TYPE && { language: story.language }),
      render: () => render(article),
    },
  }
}

function planArticlePage(article: KeptArticle | undefined, publication: Publication): Planned {
  if (article?.state === 'public' && article.canonical !== undefined) {
    return { kind: 'redirect', location: article.canonical }
  }
  return planArticle(article, HTML_TYPE, (known) =>
    known.state === 'withdrawn'
      ? renderWithdrawnPage(publication, known.withdrawn ?? {})
      : renderArticlePage(known, publication),
  )
}

function planLink(ledger: Ledger, publication: Publication, folded: string): Planned {
  const known = ledger.knownCodes(folded)
  // Not by assignment: `__proto__` is a code like any other.
  const codes = Object.fromEntries(
    known.map((each) => [
      each.code,
      'url' in each ? answerOfPage(each) : answerOfCode(each, publication),
    ]),
  )
  return known.length === 0 ? { kind: 'absent' } : { kind: 'link', record: { codes } }
}

function answerOfCode(
  { id, state, canonical, withdrawnAt, legal }: KnownCode,
  publication: Publication,
): LinkAnswer {
  if (state !== 'withdrawn')
    return { to: canonicalUrl(publication, { id, canonical: canonical ?? undefined }), id }
  return {
    gone: true,
    ...(withdrawnAt !== null && { when: withdrawnAt }),
    ...(legal !== null && { legal }),
  }
}

function answerOfPage({ url, title, created, expires, removed }: PageLink): LinkAnswer {
  if (removed) return { gone: true, page: true, ...removed }
  return {
    to: url,
    made: created,
    ...(title !== undefined && { title }),
    ...(expires !== undefined && { until: expires }),
  }
}
