/**
 * The protocol of the desk: its RPC methods and the types of their answers. The read path, the
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

/** Some proxies close a connection that stays silent for longer. */
export const MAX_WAIT_SECONDS = 30

export type { ExportPage, PageLink, SimilarCode, StoredArticle, UnknownCodeRow }

/** A publication has one desk, and this is its name. */
export const DESK_NAME = 'desk'

/** The two preconditions of a write (RFC 9110 section 13.1), as the headers had them. */
export type Conditions = { ifMatch?: string; ifNoneMatch?: string }

/** `warnings`: what the editor should look at; absent when there is nothing. */
export type ArticleOutcome = {
  article: StoredArticle
  created: boolean
  changed: boolean
  warnings?: string[]
}

/**
 * Whose a code is. `alike`: other codes with the same folded form; each of them then answers only
 * as it is written.
 */
export type StoredLink = { code: string; alike: string[] } & (
  | { article: StoredArticle }
  | { page: PageLink }
)
export type LinkOutcome = { link: StoredLink; created: boolean; changed: boolean }

/**
 * The codes with one folded form, as the ledger has them now. Without `record`, readers know none
 * of them.
 */
export type FoldedLink = { folded: string; record?: LinkRecord }

/**
 * The outcome of a change, with the links that it affects, so that a caller can refresh its cache
 * without another call. `links` is empty when nothing changed. The records are those that are
 * written to KV.
 */
export type WithLinks<T> = T & { links: FoldedLink[] }

/**
 * `record`: all codes that fold to the one that was asked for. `near`: public articles, when it is
 * none of them.
 */
export type CodeLookUp = { record?: LinkRecord; similarCodes: SimilarCode[] }

/**
 * `deletesUnknown`: the current sweep deletes keys that the ledger does not know, as a rebuild
 * does. `now` in milliseconds.
 */
export type Overview = OutboxCounts & {
  now: number
  sweeping: boolean
  deletesUnknown: boolean
  importing: boolean
}

/** Where an import stands. */
export type ImportStatus = v.InferOutput<typeof ImportStatusSchema>

/** Entity-tag of a revision in the publish API: strong, because it names a state, not bytes. */
export const formatRevisionTag = (revision: number): string => `"${revision}"`

/** The number that If-Match names: of an article's code, that of the article. */
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
    mayRender?: () => Promise<boolean>,
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
