/**
 * What each target should hold now: the present truth of the ledger, rendered. Validators are decided here:
 * Last-Modified rises strictly whenever a document's bytes change, and stays when they do not, whatever
 * rebuilds, restarts and deploys happen in between.
 */
import type { Channel } from '../channel.ts'
import { articleJson } from '../feeds/article-json.ts'
import { buildFeed, FULL_TEXT_BUDGET_BYTES } from '../feeds/entry.ts'
import { renderFeed } from '../feeds/formats.ts'
import type { Publication } from '../publication.ts'
import { byteLength } from '../text.ts'
import { canonicalUrl } from '../urls.ts'
import { renderArticlePage } from '../views/article-page.tsx'
import { renderChannelPage } from '../views/channel-page.tsx'
import { HTML_TYPE } from '../views/layout.tsx'
import { renderWithdrawnPage } from '../views/notice.tsx'
import { type Content, type LinkAnswer, parseTarget, type Target } from '../wire.ts'
import { digest, digestOf } from './digest.ts'
import type { DocumentRow, KeptArticle, Ledger } from './ledger.ts'

/**
 * Raised by hand whenever a renderer writes other bytes for the same articles: the desk then renders every
 * kept document again. `tests/unit/renderer-version.test.ts` fails when it was forgotten.
 */
export const RENDERER_VERSION = 2

/**
 * How far the last change may lie ahead for the next one to wait for it. Farther ahead the clock was set back:
 * Last-Modified then rises by one from where it is, because nobody shall wait for hours.
 */
const CLOCK_DRIFT_SECONDS = 5

/** Digest of all that shapes documents besides the articles. */
export const settingsDigest = (publication: Publication): string =>
  digestOf({ publication, RENDERER_VERSION })

/** Whether the target is a document of a channel that has had a public article. */
export function channelIsOpen(ledger: Ledger, target: Target): boolean {
  const parsed = parseTarget(target)
  if (parsed?.kind !== 'feed' && parsed?.kind !== 'channel-page') return false
  return parsed.channel.kind === 'all' || ledger.channelTitle(parsed.channel) !== undefined
}

/** What a document is made of: its data's fingerprint, and how to write it once Last-Modified is known. */
type Plan = {
  fingerprint: string
  status: 200 | 410
  type: string
  language?: string
  channel?: Channel
  /** When it becomes another by the clock alone, in seconds. */
  until?: number
  render: (modified: number) => string
}

type Planned = { kind: 'plan'; plan: Plan } | Exclude<Content, { kind: 'document' }>

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
  if (planned.kind !== 'plan') return signpost(ledger, target, planned, known)
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
        content,
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
  ledger.saveDocument({ target, etag, modified, fingerprint, until }, plan.channel)
  return { kind: 'content', content, fingerprint: plan.fingerprint, unchanged: false }
}

/** Links and redirects have no validators; what was sent of them is kept all the same, to send it only once. */
function signpost(
  ledger: Ledger,
  target: Target,
  content: Extract<Content, { kind: 'link' | 'redirect' }>,
  known: DocumentRow | undefined,
): Rendering {
  const fingerprint = digestOf(content)
  if (known?.fingerprint !== fingerprint) {
    ledger.saveDocument(
      { target, etag: '', modified: known?.modified ?? 0, fingerprint },
      undefined,
    )
  }
  return { kind: 'content', content, fingerprint, unchanged: known?.sent === fingerprint }
}

function documentOf(plan: Plan, modified: number): Extract<Content, { kind: 'document' }> {
  const body = plan.render(modified)
  return {
    kind: 'document',
    body,
    validators: {
      status: plan.status,
      type: plan.type,
      etag: `W/"${digest(body)}"`,
      modified,
      length: byteLength(body),
      ...(plan.language !== undefined && { language: plan.language }),
    },
  }
}

/** `now` in seconds. */
function planOf(ledger: Ledger, publication: Publication, target: Target, _now: number): Planned {
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
      return planChannel(ledger, publication, parsed)
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
  const { state, revision, story } = article
  return {
    kind: 'plan',
    plan: {
      fingerprint: digestOf({ revision, state }),
      status: state === 'withdrawn' ? 410 : 200,
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
      ? renderWithdrawnPage(publication)
      : renderArticlePage(known, publication),
  )
}

function planLink(ledger: Ledger, publication: Publication, folded: string): Planned {
  const answers = ledger.knownCodes(folded).map(({ code, id, state, canonical }) => {
    const to = canonicalUrl(publication, { id, canonical: canonical ?? undefined })
    const answer: LinkAnswer = state === 'withdrawn' ? { gone: true } : { to }
    return [code, answer] as const
  })
  // Not by assignment: `__proto__` is a code like any other.
  const codes = Object.fromEntries(answers)
  return answers.length === 0 ? { kind: 'absent' } : { kind: 'link', record: { codes } }
}

function planChannel(
  ledger: Ledger,
  publication: Publication,
  parsed: Extract<NonNullable<ReturnType<typeof parseTarget>>, { channel: Channel }>,
): Planned {
  const { channel } = parsed
  const title = ledger.channelTitle(channel)
  if (title === undefined && channel.kind !== 'all') return { kind: 'absent' }
  // A page lists headlines only.
  const textLimit = parsed.kind === 'feed' ? FULL_TEXT_BUDGET_BYTES : 0
  const articles = ledger.subscription(channel, publication.feedLength, textLimit)
  const feed = buildFeed(channel, title ?? '', articles, publication)
  return {
    kind: 'plan',
    plan: {
      fingerprint: digest(
        JSON.stringify([
          title,
          ...articles.map(({ id, revision, state }) => [id, revision, state]),
        ]),
      ),
      status: 200,
      type: parsed.kind === 'feed' ? parsed.format.contentType : HTML_TYPE,
      language: feed.language,
      channel,
      render: (modified) =>
        parsed.kind === 'feed'
          ? renderFeed(parsed.format, { ...feed, modified }, publication)
          : renderChannelPage(feed, publication),
    },
  }
}
