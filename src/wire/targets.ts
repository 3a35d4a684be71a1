/**
 * Names of the things that readers are served: the keys of KV, which are also the names of outbox rows. This file alone
 * knows how a key is written, what it stands for, and which group of changes makes its document render again.
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

/** Key of a thing on the wire, and target of an outbox row: `article:x`, `page:/…`, `feed:/…`, `link:c`, `file:/…`. */
export type Target = string

export const articleTarget = (id: string): Target => `article:${id}`
export const articlePageTarget = (id: string): Target => `page:${articlePath(id)}`
/** One key for all codes that fold to the same. */
export const linkTarget = (folded: string): Target => `link:${folded}`
export const feedTarget = (channel: Channel, format: Format): Target =>
  `feed:${documentPath(channel, format.file)}`
export const channelPageTarget = (channel: Channel): Target => `page:${channelPath(channel)}`
export const archiveFeedTarget = (channel: Channel, page: number, format: Format): Target =>
  `feed:${archivePath(channel, page, format.file)}`
export const archivePageTarget = (channel: Channel, page: number): Target =>
  `page:${archivePath(channel, page, '')}`

/** What crawlers and aggregators look for (docs/decisions/016-what-crawlers-find.md). */
export const SITEMAP_INDEX_TARGET: Target = `file:${ROUTES.sitemapIndex}`
export const NEWS_SITEMAP_TARGET: Target = `file:${ROUTES.newsSitemap}`
export const SUBSCRIPTION_LIST_TARGET: Target = `file:${ROUTES.subscriptionList}`
export const FEED_DIRECTORY_TARGET: Target = `page:${ROUTES.feedDirectory}`
export const sitemapTarget = (month: string, file: number): Target =>
  `file:${sitemapPath(month, file)}`

/** `file` counts from 1. */
export type DiscoveryTarget =
  | { kind: 'sitemap-index' }
  | { kind: 'sitemap'; month: string; file: number }
  | { kind: 'news-sitemap' }
  | { kind: 'subscription-list' }
  | { kind: 'feed-directory' }

export type ParsedTarget =
  | { kind: 'article'; id: string }
  | { kind: 'article-page'; id: string }
  | { kind: 'link'; folded: string }
  | { kind: 'feed'; channel: Channel; format: Format }
  | { kind: 'channel-page'; channel: Channel }
  | DiscoveryTarget
  | { kind: 'archive-feed'; channel: Channel; page: number; format: Format }
  | { kind: 'archive-page'; channel: Channel; page: number }

/** What a key stands for; `undefined` for a key that nobody of ours wrote. */
export function parseTarget(target: Target): ParsedTarget | undefined {
  const discovery = parseDiscoveryTarget(target)
  if (discovery) return discovery
  const colon = target.indexOf(':')
  const rest = target.slice(colon + 1)
  switch (target.slice(0, colon)) {
    case 'article':
      return { kind: 'article', id: rest }
    case 'link':
      return { kind: 'link', folded: rest }
    case 'page': {
      const id = /^\/articles\/([a-z0-9-]+)$/.exec(rest)?.[1]
      if (id !== undefined) return { kind: 'article-page', id }
      const channel = channelOfPath(rest)
      return channel ? { kind: 'channel-page', channel } : archiveOf(target)
    }
    case 'feed': {
      const slash = rest.lastIndexOf('/')
      const format = formatOfFile(rest.slice(slash + 1))
      const channel = channelOfPath(rest.slice(0, slash) || '/')
      if (!channel || !format) return archiveOf(target)
      return feedTarget(channel, format) === target ? { kind: 'feed', channel, format } : undefined
    }
    default:
      return undefined
  }
}

const MONTHLY = /^file:\/sitemaps\/([1-9]\d{3}-(?:0[1-9]|1[0-2]))(?:-([2-9]|[1-9]\d{1,3}))?\.xml$/

function parseDiscoveryTarget(target: Target): DiscoveryTarget | undefined {
  switch (target) {
    case SITEMAP_INDEX_TARGET:
      return { kind: 'sitemap-index' }
    case NEWS_SITEMAP_TARGET:
      return { kind: 'news-sitemap' }
    case SUBSCRIPTION_LIST_TARGET:
      return { kind: 'subscription-list' }
    case FEED_DIRECTORY_TARGET:
      return { kind: 'feed-directory' }
    default: {
      const [, month, file = '1'] = MONTHLY.exec(target) ?? []
      return month === undefined ? undefined : { kind: 'sitemap', month, file: Number(file) }
    }
  }
}

/** What wakes a document: the key of its channel or archive page, or `sitemap`, `sitemap/2026-11`, `news`, `directory`. */
export type Group = string

/** The groups beside the channels' that a change wakes of an article that was or is published in these months. */
export const discoveryGroups = (months: string[]): Group[] => [
  'sitemap',
  'news',
  'directory',
  ...months.map((month) => `sitemap/${month}`),
]

/** The group of a kept document; `undefined` of what is owed for its article alone. */
export function groupOf(target: Target): Group | undefined {
  const parsed = parseTarget(target)
  switch (parsed?.kind) {
    case 'feed':
    case 'channel-page':
      return channelKey(parsed.channel)
    case 'archive-feed':
    case 'archive-page':
      return archiveKey(parsed.channel, parsed.page)
    case 'sitemap-index':
      return 'sitemap'
    case 'sitemap':
      return `sitemap/${parsed.month}`
    case 'news-sitemap':
      return 'news'
    case 'subscription-list':
    case 'feed-directory':
      return 'directory'
    case 'article':
    case 'article-page':
    case 'link':
    case undefined:
      return undefined
    default:
      return parsed satisfies never
  }
}

/** An archive page, as HTML or in a format. It has one spelling. */
function archiveOf(target: Target): ParsedTarget | undefined {
  const parts = splitArchivePath(target.slice(target.indexOf(':') + 1))
  const channel = parts && channelOfPath(parts.channelPath)
  if (!channel) return undefined
  const { page, file } = parts
  if (archivePageTarget(channel, page) === target) return { kind: 'archive-page', channel, page }
  const format = formatOfFile(file)
  return format && archiveFeedTarget(channel, page, format) === target
    ? { kind: 'archive-feed', channel, page, format }
    : undefined
}

function channelOfPath(path: string): Channel | undefined {
  if (path === '/') return ALL
  try {
    const channel = parseChannelKey(path.slice(1).split('/').map(decodeURIComponent).join('/'))
    // A channel has one path: another spelling of it is nobody's.
    return channel && channelPath(channel) === path ? channel : undefined
  } catch {
    return undefined
  }
}
