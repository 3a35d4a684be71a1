/**
 * Names of the things that readers are served: the keys of KV, which are also the keys of outbox
 * rows. Each kind has one row, which says how its key is written and parsed, and which group of
 * changes renders its document again. No other file knows that.
 */
import { type Format, formatOfFile } from '../feeds/formats.ts'
import { ALL, archiveKey, type Channel, channelKey, parseChannelKey } from '../model/channel.ts'
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
 * Key of a thing on the wire, and target of an outbox row: `article:x`, `page:/…`, `feed:/…`,
 * `link:c`, `file:/…`.
 */
export type Target = string

/**
 * What wakes a document: the key of its channel or archive page, or `sitemap`, `sitemap/2026-11`,
 * `news`, `directory`.
 */
export type Group = string

type Row<Address> = {
  /** The part of the key before the colon. */
  readonly prefix: 'article' | 'page' | 'feed' | 'link' | 'file'
  /** Writes the part after the colon. */
  readonly write: (address: Address) => string
  /** Parses that part. It may accept other spellings too: `parseTarget` rejects those. */
  readonly read: (text: string) => Address | undefined
  /** Returns `undefined` for a target that only its own article or link changes. */
  readonly group: (address: Address) => Group | undefined
}
const row = <Address extends object>(parts: Row<Address>): Row<Address> => parts

const alone = (): undefined => undefined
const ofChannel = ({ channel }: { channel: Channel }): Group => channelKey(channel)
const ofArchive = ({ channel, page }: { channel: Channel; page: number }): Group =>
  archiveKey(channel, page)

/** A kind that has exactly one document. */
const single = (prefix: 'page' | 'file', path: string, group: Group) =>
  row({
    prefix,
    write: () => path,
    read: (text) => (text === path ? {} : undefined),
    group: () => group,
  })

const ARTICLE_PATH = /^\/articles\/([a-z0-9-]+)$/
const SITEMAP_PATH = /^\/sitemaps\/([1-9]\d{3}-(?:0[1-9]|1[0-2]))(?:-([2-9]|[1-9]\d{1,3}))?\.xml$/

const KINDS = {
  article: row<{ id: string }>({
    prefix: 'article',
    write: ({ id }) => id,
    read: (id) => ({ id }),
    group: alone,
  }),
  'article-page': row<{ id: string }>({
    prefix: 'page',
    write: ({ id }) => articlePath(id),
    read: (path) => {
      const id = ARTICLE_PATH.exec(path)?.[1]
      return id === undefined ? undefined : { id }
    },
    group: alone,
  }),
  /** One key for all codes that fold to the same. */
  link: row<{ folded: string }>({
    prefix: 'link',
    write: ({ folded }) => folded,
    read: (folded) => ({ folded }),
    group: alone,
  }),
  // What crawlers and aggregators look for (docs/decisions/016-what-crawlers-find.md).
  'sitemap-index': single('file', ROUTES.sitemapIndex, 'sitemap'),
  /** `file` counts from 1. */
  sitemap: row<{ month: string; file: number }>({
    prefix: 'file',
    write: ({ month, file }) => sitemapPath(month, file),
    read: (path) => {
      const [, month, file = '1'] = SITEMAP_PATH.exec(path) ?? []
      return month === undefined ? undefined : { month, file: Number(file) }
    },
    group: ({ month }) => `sitemap/${month}`,
  }),
  'news-sitemap': single('file', ROUTES.newsSitemap, 'news'),
  'subscription-list': single('file', ROUTES.subscriptionList, 'directory'),
  'feed-directory': single('page', ROUTES.feedDirectory, 'directory'),
  feed: row<{ channel: Channel; format: Format }>({
    prefix: 'feed',
    write: ({ channel, format }) => documentPath(channel, format.file),
    read: (path) => {
      const slash = path.lastIndexOf('/')
      const format = formatOfFile(path.slice(slash + 1))
      const channel = format && channelOfPath(path.slice(0, slash) || '/')
      return channel && { channel, format }
    },
    group: ofChannel,
  }),
  'channel-page': row<{ channel: Channel }>({
    prefix: 'page',
    write: ({ channel }) => channelPath(channel),
    read: (path) => {
      const channel = channelOfPath(path)
      return channel && { channel }
    },
    group: ofChannel,
  }),
  'archive-feed': row<{ channel: Channel; page: number; format: Format }>({
    prefix: 'feed',
    write: ({ channel, page, format }) => archivePath(channel, page, format.file),
    read: (path) => {
      const parts = splitArchivePath(path)
      const format = parts && formatOfFile(parts.file)
      const channel = format && channelOfPath(parts.channelPath)
      return channel && { channel, page: parts.page, format }
    },
    group: ofArchive,
  }),
  'archive-page': row<{ channel: Channel; page: number }>({
    prefix: 'page',
    write: ({ channel, page }) => archivePath(channel, page, ''),
    read: (path) => {
      const parts = splitArchivePath(path)
      const channel = parts && channelOfPath(parts.channelPath)
      return channel && { channel, page: parts.page }
    },
    group: ofArchive,
  }),
}

export type Kind = keyof typeof KINDS
type Addresses = {
  [K in Kind]: (typeof KINDS)[K] extends Row<infer Address> ? Address : never
}
/** A parsed key of one of these kinds; of any kind by default. */
export type ParsedTarget<K extends Kind = Kind> = {
  [Each in K]: { kind: Each } & Addresses[Each]
}[K]

const ROWS: { readonly [K in Kind]: Row<Addresses[K]> } = KINDS
const KINDS_OF_PREFIX: ReadonlyMap<string, readonly Kind[]> = Map.groupBy(
  Object.keys(KINDS) as Kind[],
  (kind) => KINDS[kind].prefix,
)

/** Returns the key of a parsed target. */
export function targetOf<K extends Kind>(parsed: ParsedTarget<K>): Target {
  const { prefix, write } = ROWS[parsed.kind]
  return `${prefix}:${write(parsed)}`
}

/**
 * Parses a key. Returns `undefined` for a key that Dateline did not write. Each thing has one key.
 */
export function parseTarget(target: Target): ParsedTarget | undefined {
  const colon = target.indexOf(':')
  if (colon < 0) return undefined
  const text = target.slice(colon + 1)
  for (const kind of KINDS_OF_PREFIX.get(target.slice(0, colon)) ?? []) {
    const parsed = readAs(kind, text)
    if (parsed) return parsed
  }
  return undefined
}

function readAs<K extends Kind>(kind: K, text: string): ParsedTarget<K> | undefined {
  const { read, write } = ROWS[kind]
  const address = read(text)
  return address && write(address) === text ? { kind, ...address } : undefined
}

/** The group of a kept document; `undefined` of what is owed for its article alone. */
export function groupOf(target: Target): Group | undefined {
  const parsed = parseTarget(target)
  return parsed && groupOfParsed(parsed)
}

const groupOfParsed = <K extends Kind>(parsed: ParsedTarget<K>): Group | undefined =>
  ROWS[parsed.kind].group(parsed)

/**
 * The groups beside the channels' that a change wakes of an article that was or is published in
 * these months.
 */
export const discoveryGroups = (months: string[]): Group[] => [
  'sitemap',
  'news',
  'directory',
  ...months.map((month) => `sitemap/${month}`),
]

/** The key of a channel is a folder and a slug at most, so a longer path is no channel. */
const MAX_PATH_PARTS = 3

function channelOfPath(path: string): Channel | undefined {
  if (path === '/') return ALL
  const parts = path.split('/')
  if (parts.length > MAX_PATH_PARTS) return undefined
  try {
    return parseChannelKey(parts.slice(1).map(decodeURIComponent).join('/'))
  } catch {
    return undefined
  }
}

export const articleTarget = (id: string): Target => targetOf({ kind: 'article', id })
export const articlePageTarget = (id: string): Target => targetOf({ kind: 'article-page', id })
export const linkTarget = (folded: string): Target => targetOf({ kind: 'link', folded })
export const feedTarget = (channel: Channel, format: Format): Target =>
  targetOf({ kind: 'feed', channel, format })
export const channelPageTarget = (channel: Channel): Target =>
  targetOf({ kind: 'channel-page', channel })
export const archiveFeedTarget = (channel: Channel, page: number, format: Format): Target =>
  targetOf({ kind: 'archive-feed', channel, page, format })
export const archivePageTarget = (channel: Channel, page: number): Target =>
  targetOf({ kind: 'archive-page', channel, page })

export const SITEMAP_INDEX_TARGET = targetOf({ kind: 'sitemap-index' })
export const NEWS_SITEMAP_TARGET = targetOf({ kind: 'news-sitemap' })
export const SUBSCRIPTION_LIST_TARGET = targetOf({ kind: 'subscription-list' })
export const FEED_DIRECTORY_TARGET = targetOf({ kind: 'feed-directory' })
export const sitemapTarget = (month: string, file: number): Target =>
  targetOf({ kind: 'sitemap', month, file })
/** Returns the target of the monthly sitemap at this path; `undefined` for any other path. */
export function sitemapTargetOf(path: string): Target | undefined {
  const parsed = readAs('sitemap', path)
  return parsed && targetOf(parsed)
}
