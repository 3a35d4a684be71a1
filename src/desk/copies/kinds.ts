/**
 * The kinds of records that an export holds, in their order in it: one row each. It says how a line is checked, how the
 * table is read in pages, and how a line is restored. The types are those of the ledger's tables: what the
 * desk stores is not decided by the format. A schema that differs from its type in any key does not compile.
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

/** The rows of the ledger that become lines, by the name of their record. */
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

/** The place of a row in the order of its table: its key, and its number where the key alone is not enough. */
export type RowPlace = { after: string; position: number }

export type Kind<Name extends KindName> = {
  /** The name that a cursor has for this part of an export. */
  stage: string
  schema: v.GenericSchema<Line<Name>>
  /** The first rows after a place. */
  page: (ledger: Ledger, from: RowPlace, limit: number) => Iterable<Rows[Name]>
  placeOf: (row: Rows[Name]) => RowPlace
  restore: (ledger: Ledger, row: Rows[Name]) => void
  /** An import fails when fewer or more of them have come than the end record says. */
  compared: boolean
}

/** A line of this kind; of several kinds, a line of any of them. */
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
    // Articles are large: each is read only when it is asked for.
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
      // An earlier line may have had it as the code of a page.
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
    // One may be missing after a clock was set back. It is then only rendered again.
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

/** Every value that a type can hold, beside its path of keys: `undefined` for a key that may be absent. */
type Leaves<T, Path extends string = ''> = T extends readonly (infer Item)[]
  ? Leaves<Item, `${Path}[]`>
  : T extends object
    ? { [Key in keyof T & string]-?: Leaves<T[Key], `${Path}.${Key}`> }[keyof T & string]
    : [Path, T]
/**
 * Whether two types are equal. Optional keys count, which assignability ignores, and so does depth: TypeScript stops
 * comparing nested generic types after a few levels, but leaves have none.
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
