/**
 * The kinds of records in an export, in the order of the export. Each entry defines how a line is
 * validated, how its table is read in batches, and how a line is restored. The types come from the
 * ledger's tables, because the format must not decide what the desk stores. A schema that differs
 * from its type in any key does not compile.
 */
import * as v from 'valibot'
import { StoredArticleSchema } from '../../model/article.ts'
import { formatChannelKey, parseChannelKey } from '../../model/channel.ts'
import { foldCode } from '../../model/code.ts'
import {
  positiveInteger,
  storedAddress,
  storedCode,
  storedId,
  storedTime,
  storedToken,
} from '../../model/stored.ts'
import { isValidTime } from '../../text/time.ts'
import { parseTarget } from '../../wire/targets.ts'
import type {
  ArticleCodeRow,
  AuditRow,
  ChannelRow,
  Ledger,
  Membership,
  PageLink,
  RecordCounts,
  RenderedDocument,
  StoredArticle,
} from '../ledger/ledger.ts'

/** The rows of the ledger that are exported as lines, by the name of their kind. */
export type ExportedRows = {
  /** Format version 1 had no corrections. */
  article: Omit<StoredArticle, 'corrections'> & Partial<Pick<StoredArticle, 'corrections'>>
  code: ArticleCodeRow
  link: PageLink
  channel: ChannelRow
  membership: Membership
  document: RenderedDocument
  audit: AuditRow
}
export type KindName = keyof RecordCounts

/** The position of a row in its table: its key, and a number where the key alone is not unique. */
export type RowPosition = { after: string; position: number }

export type RecordKind<Name extends KindName> = {
  /** The name of this part of an export in a cursor. */
  stage: string
  schema: v.GenericSchema<ExportLine<Name>>
  /** Reads up to `limit` rows after a position. */
  listRows: (ledger: Ledger, from: RowPosition, limit: number) => Iterable<ExportedRows[Name]>
  getPosition: (row: ExportedRows[Name]) => RowPosition
  restore: (ledger: Ledger, row: ExportedRows[Name]) => void
  /** Whether an import fails if the number of these rows differs from the end record. */
  isCompared: boolean
}

/** A line of this kind, or of any of several kinds. */
export type ExportLine<Name extends KindName = KindName> = {
  [Each in Name]: { record: Each } & ExportedRows[Each]
}[Name]

const milliseconds = v.pipe(
  v.number(),
  v.safeInteger(),
  v.check((at) => isValidTime(Math.floor(at / 1000))),
)
const channel = v.pipe(
  v.string(),
  v.check((key) => {
    const parsed = parseChannelKey(key)
    return parsed !== undefined && formatChannelKey(parsed) === key
  }),
)

const createPosition = (after: string, position = 0): RowPosition => ({ after, position })

export const KINDS = {
  article: {
    stage: 'articles',
    schema: v.strictObject({
      record: v.literal('article'),
      ...StoredArticleSchema.entries,
      digest: storedToken,
      corrections: v.exactOptional(StoredArticleSchema.entries.corrections),
    }),
    // Articles are large, so each one is read only when it is needed.
    *listRows(ledger, { after }, limit) {
      for (const id of ledger.listArticleIds(after, limit)) {
        const article = ledger.findArticle(id)
        if (article) yield article
      }
    },
    getPosition: (article) => createPosition(article.id),
    restore: (ledger, article) => ledger.importArticle({ corrections: [], ...article }),
    isCompared: true,
  },
  code: {
    stage: 'codes',
    schema: v.strictObject({ record: v.literal('code'), code: storedCode, article: storedId }),
    listRows: (ledger, { after }, limit) => ledger.listArticleCodes(after, limit),
    getPosition: (row) => createPosition(row.code),
    restore: (ledger, row) => {
      // An earlier line may have restored this code as a link to a page.
      ledger.deleteLink(row.code)
      ledger.saveCode(row.code, row.article)
      ledger.indexCode(foldCode(row.code), row.article)
    },
    isCompared: true,
  },
  link: {
    stage: 'links',
    schema: v.strictObject({
      record: v.literal('link'),
      code: storedCode,
      url: storedAddress,
      title: v.exactOptional(v.string()),
      created: storedTime,
      updated: storedTime,
      expires: v.exactOptional(storedTime),
      removed: v.exactOptional(
        v.strictObject({ when: storedTime, legal: v.exactOptional(v.string()) }),
      ),
      revision: positiveInteger,
      change: positiveInteger,
    }),
    listRows: (ledger, { after }, limit) => ledger.listLinks(after, limit),
    getPosition: (link) => createPosition(link.code),
    restore: (ledger, link) => ledger.saveLink(link),
    isCompared: true,
  },
  channel: {
    stage: 'channels',
    schema: v.strictObject({
      record: v.literal('channel'),
      key: channel,
      title: v.string(),
      positions: positiveInteger,
    }),
    listRows: (ledger, { after }, limit) => ledger.listChannels(after, limit),
    getPosition: (row) => createPosition(row.key),
    restore: (ledger, row) => ledger.importChannel(row),
    isCompared: true,
  },
  membership: {
    stage: 'memberships',
    schema: v.strictObject({
      record: v.literal('membership'),
      channel,
      position: positiveInteger,
      article: storedId,
      published: storedTime,
      left: v.exactOptional(storedTime),
    }),
    listRows: (ledger, { after, position }, limit) =>
      ledger.listMemberships(after, position, limit),
    getPosition: (row) => createPosition(row.channel, row.position),
    restore: (ledger, row) => ledger.importMembership(row),
    isCompared: true,
  },
  document: {
    stage: 'documents',
    schema: v.strictObject({
      record: v.literal('document'),
      target: v.pipe(
        v.string(),
        v.check((target) => parseTarget(target) !== undefined),
      ),
      etag: v.pipe(v.string(), v.maxLength(100)),
      modified: v.pipe(storedTime, v.minValue(1)),
      fingerprint: storedToken,
    }),
    listRows: (ledger, { after }, limit) => ledger.listDocuments(after, 1, limit),
    getPosition: (row) => createPosition(row.target),
    restore: (ledger, row) => ledger.saveDocument(row),
    // If the clock was set back, a document may be missing. The desk then renders it again, which
    // does no harm.
    isCompared: false,
  },
  audit: {
    stage: 'changes',
    schema: v.strictObject({
      record: v.literal('audit'),
      change: positiveInteger,
      at: milliseconds,
      article: storedId,
      action: v.pipe(v.string(), v.regex(/^[a-z-]{1,40}$/)),
      revision: positiveInteger,
      digest: storedToken,
    }),
    listRows: (ledger, { position }, limit) => ledger.listChanges(position, limit),
    getPosition: (row) => createPosition('', row.change),
    restore: (ledger, row) => ledger.importChange(row),
    isCompared: true,
  },
} as const satisfies { [Name in KindName]: RecordKind<Name> }

/**
 * Every leaf of a type, with the path of its keys. A key that may be absent has the leaf
 * `undefined`.
 */
type Leaves<T, Path extends string = ''> = T extends readonly (infer Item)[]
  ? Leaves<Item, `${Path}[]`>
  : T extends object
    ? { [Key in keyof T & string]-?: Leaves<T[Key], `${Path}.${Key}`> }[keyof T & string]
    : [Path, T]
/**
 * Whether two types are equal. Assignability would ignore optional keys, and TypeScript stops
 * comparing nested generic types after a few levels. Leaves are not nested.
 */
type IsSame<A, B> = [Leaves<A>, Leaves<B>] extends [Leaves<B>, Leaves<A>] ? true : false
/** The kinds whose schema differs from the type of their row. */
type DifferingKinds = {
  [Name in KindName]: IsSame<
    v.InferOutput<(typeof KINDS)[Name]['schema']>,
    ExportLine<Name>
  > extends true
    ? never
    : Name
}[KindName]

const KINDS_BY_NAME: { [Name in KindName]: RecordKind<Name> } = KINDS satisfies Record<
  DifferingKinds,
  never
>

export const KIND_NAMES = Object.values(KINDS).map(({ schema }) => schema.entries.record.literal)

export const getKind = <Name extends KindName>(name: Name): RecordKind<Name> => KINDS_BY_NAME[name]
