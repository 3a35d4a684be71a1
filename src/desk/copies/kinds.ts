/**
 * The kinds of records in an export, in the order of the export. Each row says how a line is
 * checked, how its table is read in pages, and how a line is restored. The types are those of the
 * ledger's tables, because the format must not decide what the desk stores. A schema that differs
 * from its type in any key does not compile.
 */
import * as v from 'valibot'
import { StoredArticleSchema } from '../../model/article.ts'
import { channelKey, parseChannelKey } from '../../model/channel.ts'
import { foldCode } from '../../model/code.ts'
import { counted, seconds, storedAddress, storedCode, storedId, token } from '../../model/stored.ts'
import { isTime } from '../../text/time.ts'
import { parseTarget } from '../../wire/targets.ts'
import type {
  AuditRow,
  ChannelRow,
  CodeRow,
  Counts,
  DocumentEntry,
  KeptArticle,
  Ledger,
  MembershipRow,
  PageLink,
} from '../ledger/ledger.ts'

/** Rows of the ledger that become lines, by the name of their record. */
export type Rows = {
  /** Version 1 had no corrections. */
  article: Omit<KeptArticle, 'corrections'> & Partial<Pick<KeptArticle, 'corrections'>>
  code: CodeRow
  link: PageLink
  channel: ChannelRow
  membership: MembershipRow
  document: DocumentEntry
  audit: AuditRow
}
export type KindName = keyof Counts

/** The place of a row in its table: its key, and its number where the key alone is not unique. */
export type RowPlace = { after: string; position: number }

export type Kind<Name extends KindName> = {
  /** The name of this part of an export in a cursor. */
  stage: string
  schema: v.GenericSchema<Line<Name>>
  /** Reads up to `limit` rows after a place. */
  page: (ledger: Ledger, from: RowPlace, limit: number) => Iterable<Rows[Name]>
  placeOf: (row: Rows[Name]) => RowPlace
  restore: (ledger: Ledger, row: Rows[Name]) => void
  /** Whether an import fails if the number of these lines differs from the end record. */
  compared: boolean
}

/** A line of this kind, or of any of several kinds. */
export type Line<Name extends KindName = KindName> = {
  [Each in Name]: { record: Each } & Rows[Each]
}[Name]

const milliseconds = v.pipe(
  v.number(),
  v.safeInteger(),
  v.check((at) => isTime(Math.floor(at / 1000))),
)
const channel = v.pipe(
  v.string(),
  v.check((key) => {
    const parsed = parseChannelKey(key)
    return parsed !== undefined && channelKey(parsed) === key
  }),
)

const place = (after: string, position = 0): RowPlace => ({ after, position })

export const KINDS = {
  article: {
    stage: 'articles',
    schema: v.strictObject({
      record: v.literal('article'),
      ...StoredArticleSchema.entries,
      digest: token,
      corrections: v.exactOptional(StoredArticleSchema.entries.corrections),
    }),
    // Articles are large, so each one is read only when it is needed.
    *page(ledger, { after }, limit) {
      for (const id of ledger.articleIds(after, limit)) {
        const article = ledger.article(id)
        if (article) yield article
      }
    },
    placeOf: (article) => place(article.id),
    restore: (ledger, article) => ledger.importArticle({ corrections: [], ...article }),
    compared: true,
  },
  code: {
    stage: 'codes',
    schema: v.strictObject({ record: v.literal('code'), code: storedCode, article: storedId }),
    page: (ledger, { after }, limit) => ledger.codes(after, limit),
    placeOf: (row) => place(row.code),
    restore: (ledger, row) => {
      // An earlier line may have restored this code as that of a page.
      ledger.forgetLink(row.code)
      ledger.saveCode(row.code, row.article)
      ledger.openCode(foldCode(row.code), row.article)
    },
    compared: true,
  },
  link: {
    stage: 'links',
    schema: v.strictObject({
      record: v.literal('link'),
      code: storedCode,
      url: storedAddress,
      title: v.exactOptional(v.string()),
      created: seconds,
      updated: seconds,
      expires: v.exactOptional(seconds),
      removed: v.exactOptional(
        v.strictObject({ when: seconds, legal: v.exactOptional(v.string()) }),
      ),
      revision: counted,
      change: counted,
    }),
    page: (ledger, { after }, limit) => ledger.links(after, limit),
    placeOf: (link) => place(link.code),
    restore: (ledger, link) => ledger.saveLink(link),
    compared: true,
  },
  channel: {
    stage: 'channels',
    schema: v.strictObject({
      record: v.literal('channel'),
      key: channel,
      title: v.string(),
      positions: counted,
    }),
    page: (ledger, { after }, limit) => ledger.channels(after, limit),
    placeOf: (row) => place(row.key),
    restore: (ledger, row) => ledger.importChannel(row),
    compared: true,
  },
  membership: {
    stage: 'memberships',
    schema: v.strictObject({
      record: v.literal('membership'),
      channel,
      position: counted,
      article: storedId,
      published: seconds,
      left: v.exactOptional(seconds),
    }),
    page: (ledger, { after, position }, limit) => ledger.memberships(after, position, limit),
    placeOf: (row) => place(row.channel, row.position),
    restore: (ledger, row) => ledger.importMembership(row),
    compared: true,
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
      modified: v.pipe(seconds, v.minValue(1)),
      fingerprint: token,
    }),
    page: (ledger, { after }, limit) => ledger.documents(after, 1, limit),
    placeOf: (row) => place(row.target),
    restore: (ledger, row) => ledger.saveDocument(row),
    // After a clock was set back, a document may be missing. It is then only rendered again.
    compared: false,
  },
  audit: {
    stage: 'changes',
    schema: v.strictObject({
      record: v.literal('audit'),
      change: counted,
      at: milliseconds,
      article: storedId,
      action: v.pipe(v.string(), v.regex(/^[a-z-]{1,40}$/)),
      revision: counted,
      digest: token,
    }),
    page: (ledger, { position }, limit) => ledger.changes(position, limit),
    placeOf: (row) => place('', row.change),
    restore: (ledger, row) => ledger.importChange(row),
    compared: true,
  },
} as const satisfies { [Name in KindName]: Kind<Name> }

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
type Same<A, B> = [Leaves<A>, Leaves<B>] extends [Leaves<B>, Leaves<A>] ? true : false
/** The kinds whose schema differs from the type of their row. */
type Differing = {
  [Name in KindName]: Same<v.InferOutput<(typeof KINDS)[Name]['schema']>, Line<Name>> extends true
    ? never
    : Name
}[KindName]

const BY_NAME: { [Name in KindName]: Kind<Name> } = KINDS satisfies Record<Differing, never>

export const NAMES = Object.values(KINDS).map(({ schema }) => schema.entries.record.literal)

export const kindOf = <Name extends KindName>(name: Name): Kind<Name> => BY_NAME[name]
