/**
 * The protocol of the desk: its RPC methods and the types of their results. The read path, the
 * routes and the API import this file. `tests/unit/architecture.test.ts` lists what else of the
 * desk they may import.
 */
import type * as v from 'valibot'
import type { Draft, Withdrawal } from '../model/article.ts'
import type { Result } from '../model/failures.ts'
import type { LinkDraft, LinkRecord } from '../model/link.ts'
import type { ImportStatusSchema } from '../model/responses.ts'
import type { Content } from '../wire/codec.ts'
import type { Target } from '../wire/targets.ts'
import type { ExportCursor, ExportPage } from './backup/exporting.ts'
import type { ImportPage } from './backup/records.ts'
import type {
  OutboxCounts,
  PageLink,
  SimilarCode,
  StoredArticle,
  UnknownCodeRow,
} from './ledger/ledger.ts'

/** Longest wait of a request. Some proxies close a connection that stays silent for longer. */
export const MAX_WAIT_SECONDS = 30

export type { ExportPage, PageLink, SimilarCode, StoredArticle, UnknownCodeRow }

/** Name of the Durable Object: a publication has only one desk. */
export const DESK_NAME = 'desk'

/** The preconditions of a write (RFC 9110 section 13.1), as sent in the headers. */
export type Conditions = { ifMatch?: string; ifNoneMatch?: string }

/**
 * Some articles with their texts, without withdrawn ones. `checked` counts these too. `last` is the
 * id after which the next page begins, if there may be one.
 */
export type TextPage = { articles: StoredArticle[]; checked: number; last?: string }

export type ArticleOutcome = {
  article: StoredArticle
  created: boolean
  changed: boolean
  /** What the editor should check. Absent if there are no warnings. */
  warnings?: string[]
}

/**
 * A code with the article or page that it redirects to. `alike` lists other codes that differ from
 * it only in case. If there are any, all these codes work only in their exact spelling.
 */
export type StoredLink = { code: string; alike: string[] } & (
  | { article: StoredArticle }
  | { page: PageLink }
)
export type LinkOutcome = { link: StoredLink; created: boolean; changed: boolean }

/**
 * The codes with one folded form, as they are written to KV. `record` is absent when no such code
 * is public, or when it could not be read.
 */
export type FoldedLink = { folded: string; record?: LinkRecord }

/**
 * The outcome of a change with the links that it affects, so that the caller can refresh its cache
 * without another call. `links` is empty when nothing changed.
 */
export type WithLinks<T> = T & { links: FoldedLink[] }

/**
 * The result for a code that a reader tried. `record` has the existing codes with the same folded
 * form. `similarCodes` lists codes of public articles, and is empty if `record` resolves the code.
 */
export type CodeLookUp = { record?: LinkRecord; similarCodes: SimilarCode[] }

/** The pending work of the desk. */
export type Overview = OutboxCounts & {
  /** Milliseconds. */
  now: number
  sweeping: boolean
  /** Whether the current sweep is a rebuild, which deletes keys that the ledger does not track. */
  deletesUnknown: boolean
  importing: boolean
}

/** The progress of an import. */
export type ImportStatus = v.InferOutput<typeof ImportStatusSchema>

/** Formats a revision as a strong entity-tag of the publish API (RFC 9110 section 8.8.3). */
export const formatRevisionTag = (revision: number): string => `"${revision}"`

/**
 * Returns the revision that If-Match refers to. For a code of an article, it is the revision of the
 * article.
 */
export const getLinkRevision = (link: StoredLink): number =>
  'page' in link ? link.page.revision : link.article.revision

/** The RPC methods of the desk. `src/desk/desk.ts` documents each of them. */
export type DeskRpc = {
  open(callerTime?: number): Promise<Result<{ opened: true }>>
  publish(draft: Draft, conditions: Conditions): Promise<Result<WithLinks<ArticleOutcome>>>
  publishAll(drafts: Draft[], isBulk: boolean): Promise<Result<Result<ArticleOutcome>[]>>
  withdraw(
    id: string,
    withdrawal: Withdrawal,
    conditions: Conditions,
  ): Promise<Result<WithLinks<ArticleOutcome>>>
  getArticle(id: string): Promise<Result<StoredArticle>>
  listArticles(
    after: { published: number; id: string } | undefined,
    limit: number,
  ): Promise<Result<StoredArticle[]>>
  listTexts(after: string, limit: number): Promise<Result<TextPage>>
  putLink(draft: LinkDraft, conditions: Conditions): Promise<Result<WithLinks<LinkOutcome>>>
  removeLink(
    code: string,
    legal: string | undefined,
    conditions: Conditions,
  ): Promise<Result<WithLinks<LinkOutcome>>>
  importLinks(drafts: LinkDraft[], dryRun: boolean): Promise<Result<Result<LinkOutcome>[]>>
  getLink(code: string): Promise<Result<StoredLink>>
  listLinks(after: string, limit: number): Promise<Result<StoredLink[]>>
  listUnknownCodes(limit: number): Promise<Result<UnknownCodeRow[]>>
  getContent(
    target: Target,
    isDamaged?: boolean,
    requestRendering?: () => Promise<boolean>,
  ): Promise<Result<Content>>
  lookUpCode(code: string, isDamaged?: boolean): Promise<Result<CodeLookUp>>
  rebuild(): Promise<Result<{ begun: true }>>
  exportPage(cursor: ExportCursor | undefined): Promise<Result<ExportPage>>
  getImportStatus(): Promise<ImportStatus>
  importPage(page: ImportPage): Promise<Result<ImportStatus>>
  abandonImport(): Promise<Result<ImportStatus>>
  /** Waits up to `waitMs` milliseconds for the outbox to become empty. */
  getOverview(waitMs?: number): Promise<Result<Overview>>
}
