/**
 * Targets: the names of all documents and short links that readers are served. They are the keys of
 * KV and of outbox rows.
 *
 * Each kind has one row, which defines how its key is written and parsed, and to which group its
 * document belongs. No other file depends on the form of keys.
 */
import { type Format, findFormatOfFile } from '../feeds/formats.ts'
import {
  ALL_CHANNEL,
  type Channel,
  formatArchiveKey,
  formatChannelKey,
  parseChannelKey,
} from '../model/channel.ts'
import {
  archivePath,
  articlePath,
  channelPath,
  documentPath,
  ROUTES,
  sitemapPath,
  splitArchivePath,
} from '../model/urls.ts'

/**
 * A key of KV, and the target of an outbox row: `article:x`, `page:/…`, `feed:/…`, `link:c`,
 * `file:/…`.
 */
export type Target = string

/**
 * Names a set of documents that the same changes affect: the key of a channel or archive page, or
 * `sitemap`, `sitemap/2026-11`, `news`, `directory`.
 */
export type Group = string

type TargetKindRow<Address> = {
  /** The part of the key before the colon. */
  readonly prefix: 'article' | 'page' | 'feed' | 'link' | 'file'
  /** Writes the part after the colon. */
  readonly format: (address: Address) => string
  /** Parses that part. It may accept other spellings too, because `parseTarget` rejects them. */
  readonly parse: (text: string) => Address | undefined
  /** Returns `undefined` for a target that only its own article or link changes. */
  readonly findGroup: (address: Address) => Group | undefined
}
const row = <Address extends object>(definition: TargetKindRow<Address>): TargetKindRow<Address> =>
  definition

const findNoGroup = (): undefined => undefined
const getChannelGroup = ({ channel }: { channel: Channel }): Group => formatChannelKey(channel)
const getArchiveGroup = ({ channel, page }: { channel: Channel; page: number }): Group =>
  formatArchiveKey(channel, page)

/** Defines a kind that has exactly one document. */
const singleDocument = (prefix: 'page' | 'file', path: string, group: Group) =>
  row({
    prefix,
    format: () => path,
    parse: (text) => (text === path ? {} : undefined),
    findGroup: () => group,
  })

const ARTICLE_PATH = /^\/articles\/([a-z0-9-]+)$/
const SITEMAP_PATH = /^\/sitemaps\/([1-9]\d{3}-(?:0[1-9]|1[0-2]))(?:-([2-9]|[1-9]\d{1,3}))?\.xml$/

const TARGET_KINDS = {
  /** The article as JSON, which programs get, and from which previews are made. */
  article: row<{ id: string }>({
    prefix: 'article',
    format: ({ id }) => id,
    parse: (id) => ({ id }),
    findGroup: findNoGroup,
  }),
  /** The page of the article. */
  'article-page': row<{ id: string }>({
    prefix: 'page',
    format: ({ id }) => articlePath(id),
    parse: (path) => {
      const id = ARTICLE_PATH.exec(path)?.[1]
      return id === undefined ? undefined : { id }
    },
    findGroup: findNoGroup,
  }),
  /** One key for all codes with the same folded form. */
  link: row<{ folded: string }>({
    prefix: 'link',
    format: ({ folded }) => folded,
    parse: (folded) => ({ folded }),
    findGroup: findNoGroup,
  }),
  // Documents for crawlers and aggregators (docs/decisions/016-what-crawlers-find.md).
  'sitemap-index': singleDocument('file', ROUTES.sitemapIndex, 'sitemap'),
  /** `file` counts from 1. */
  sitemap: row<{ month: string; file: number }>({
    prefix: 'file',
    format: ({ month, file }) => sitemapPath(month, file),
    parse: (path) => {
      const [, month, file = '1'] = SITEMAP_PATH.exec(path) ?? []
      return month === undefined ? undefined : { month, file: Number(file) }
    },
    findGroup: ({ month }) => `sitemap/${month}`,
  }),
  'news-sitemap': singleDocument('file', ROUTES.newsSitemap, 'news'),
  'subscription-list': singleDocument('file', ROUTES.subscriptionList, 'directory'),
  'feed-directory': singleDocument('page', ROUTES.feedDirectory, 'directory'),
  feed: row<{ channel: Channel; format: Format }>({
    prefix: 'feed',
    format: ({ channel, format }) => documentPath(channel, format.file),
    parse: (path) => {
      const slash = path.lastIndexOf('/')
      const format = findFormatOfFile(path.slice(slash + 1))
      const channel = format && parseChannelPath(path.slice(0, slash) || '/')
      return channel && { channel, format }
    },
    findGroup: getChannelGroup,
  }),
  'channel-page': row<{ channel: Channel }>({
    prefix: 'page',
    format: ({ channel }) => channelPath(channel),
    parse: (path) => {
      const channel = parseChannelPath(path)
      return channel && { channel }
    },
    findGroup: getChannelGroup,
  }),
  'archive-feed': row<{ channel: Channel; page: number; format: Format }>({
    prefix: 'feed',
    format: ({ channel, page, format }) => archivePath(channel, page, format.file),
    parse: (path) => {
      const parts = splitArchivePath(path)
      const format = parts && findFormatOfFile(parts.file)
      const channel = format && parseChannelPath(parts.channelPath)
      return channel && { channel, page: parts.page, format }
    },
    findGroup: getArchiveGroup,
  }),
  'archive-page': row<{ channel: Channel; page: number }>({
    prefix: 'page',
    format: ({ channel, page }) => archivePath(channel, page, ''),
    parse: (path) => {
      const parts = splitArchivePath(path)
      const channel = parts && parseChannelPath(parts.channelPath)
      return channel && { channel, page: parts.page }
    },
    findGroup: getArchiveGroup,
  }),
}

export type TargetKind = keyof typeof TARGET_KINDS
type KindAddresses = {
  [K in TargetKind]: (typeof TARGET_KINDS)[K] extends TargetKindRow<infer Address> ? Address : never
}
/** A parsed key of one of the kinds `K`, or of any kind by default. */
export type ParsedTarget<K extends TargetKind = TargetKind> = {
  [Each in K]: { kind: Each } & KindAddresses[Each]
}[K]

const KIND_ROWS: { readonly [K in TargetKind]: TargetKindRow<KindAddresses[K]> } = TARGET_KINDS
const KINDS_BY_PREFIX: ReadonlyMap<string, readonly TargetKind[]> = Map.groupBy(
  Object.keys(TARGET_KINDS) as TargetKind[],
  (kind) => TARGET_KINDS[kind].prefix,
)

/** Returns the key of a parsed target. */
export function formatTarget<K extends TargetKind>(parsed: ParsedTarget<K>): Target {
  const { prefix, format } = KIND_ROWS[parsed.kind]
  return `${prefix}:${format(parsed)}`
}

/**
 * Parses a key. Returns `undefined` for a key that Dateline did not write, and for other spellings
 * of a key.
 */
export function parseTarget(target: Target): ParsedTarget | undefined {
  const colon = target.indexOf(':')
  if (colon < 0) return undefined
  const text = target.slice(colon + 1)
  for (const kind of KINDS_BY_PREFIX.get(target.slice(0, colon)) ?? []) {
    const parsed = parseAs(kind, text)
    if (parsed) return parsed
  }
  return undefined
}

function parseAs<K extends TargetKind>(kind: K, text: string): ParsedTarget<K> | undefined {
  const { parse, format } = KIND_ROWS[kind]
  const address = parse(text)
  return address && format(address) === text ? { kind, ...address } : undefined
}

/** Returns the group of a document, or `undefined` if only its own article or link affects it. */
export function findGroup(target: Target): Group | undefined {
  const parsed = parseTarget(target)
  return parsed && findParsedGroup(parsed)
}

const findParsedGroup = <K extends TargetKind>(parsed: ParsedTarget<K>): Group | undefined =>
  KIND_ROWS[parsed.kind].findGroup(parsed)

/**
 * Lists the groups, besides those of channels, whose documents change with an article that was
 * published in one of these months.
 */
export const listDiscoveryGroups = (months: string[]): Group[] => [
  'sitemap',
  'news',
  'directory',
  ...months.map((month) => `sitemap/${month}`),
]

/**
 * The path of a channel has an empty part before its first slash, and at most a folder and a slug.
 */
const MAX_PATH_PARTS = 3

function parseChannelPath(path: string): Channel | undefined {
  if (path === '/') return ALL_CHANNEL
  const parts = path.split('/')
  if (parts.length > MAX_PATH_PARTS) return undefined
  try {
    return parseChannelKey(parts.slice(1).map(decodeURIComponent).join('/'))
  } catch {
    return undefined
  }
}

export const articleTarget = (id: string): Target => formatTarget({ kind: 'article', id })
export const articlePageTarget = (id: string): Target => formatTarget({ kind: 'article-page', id })
export const linkTarget = (folded: string): Target => formatTarget({ kind: 'link', folded })
export const feedTarget = (channel: Channel, format: Format): Target =>
  formatTarget({ kind: 'feed', channel, format })
export const channelPageTarget = (channel: Channel): Target =>
  formatTarget({ kind: 'channel-page', channel })
export const archiveFeedTarget = (channel: Channel, page: number, format: Format): Target =>
  formatTarget({ kind: 'archive-feed', channel, page, format })
export const archivePageTarget = (channel: Channel, page: number): Target =>
  formatTarget({ kind: 'archive-page', channel, page })

export const SITEMAP_INDEX_TARGET = formatTarget({ kind: 'sitemap-index' })
export const NEWS_SITEMAP_TARGET = formatTarget({ kind: 'news-sitemap' })
export const SUBSCRIPTION_LIST_TARGET = formatTarget({ kind: 'subscription-list' })
export const FEED_DIRECTORY_TARGET = formatTarget({ kind: 'feed-directory' })
export const sitemapTarget = (month: string, file: number): Target =>
  formatTarget({ kind: 'sitemap', month, file })
/** Returns the target of the monthly sitemap at this path; `undefined` for any other path. */
export function findSitemapTarget(path: string): Target | undefined {
  const parsed = parseAs('sitemap', path)
  return parsed && formatTarget(parsed)
}
