/**
 * Every URL: the patterns the router matches and the addresses we print are both made here, so that neither
 * can drift from the other. Addresses are a contract (docs/decisions/005-urls.md).
 */
import { ALL, type Channel, type ChannelKind, channelKey, FOLDERS } from './channel.ts'
import { CODE_GRAMMAR, foldCode } from './code.ts'

export const ID_GRAMMAR = /^[a-z0-9](?:[a-z0-9-]{0,94}[a-z0-9])?$/

// Grouped, because the router anchors only the ends of what stands between the braces.
const FOLDER = `:folder{(?:${Object.values(FOLDERS).join('|')})}`
const FEED_FILE = ':file{(?:rss\\.xml|atom\\.xml|feed\\.json)}'

/**
 * Where other programs keep their feeds, below the site or a folder, and which of our documents is meant:
 * WordPress, Ghost, Hugo, Jekyll, Drupal (docs/decisions/017-feed-addresses.md). All may end in a slash.
 */
const OLD_FEEDS: Readonly<Record<string, string>> = {
  feed: 'rss.xml',
  rss: 'rss.xml',
  rss2: 'rss.xml',
  atom: 'atom.xml',
  'feed.xml': 'rss.xml',
  'index.xml': 'rss.xml',
  'feed/rss': 'rss.xml',
  'feed/rss2': 'rss.xml',
  'feed/rdf': 'rss.xml',
  'feed/atom': 'atom.xml',
  'feed/json': 'feed.json',
}
/** Folders of channels in such programs. A section may stand at the root as well: `/world/feed/`. */
const OLD_FOLDERS: Readonly<Record<string, ChannelKind>> = {
  category: 'section',
  tag: 'tag',
  author: 'author',
}
const OLD_NAME = Object.keys(OLD_FEEDS).join('|').replaceAll('.', '\\.')
const OLD_FEED = `:old{(?:${OLD_NAME})/?}`
const OLD_FOLDER = `:oldFolder{(?:${Object.keys(OLD_FOLDERS).join('|')})}`

/** Hono patterns, one a surface. */
export const ROUTES = {
  front: '/',
  feed: `/${FEED_FILE}`,
  channel: `/${FOLDER}/:slug`,
  channelFeed: `/${FOLDER}/:slug/${FEED_FILE}`,
  anyFeed: '/feed',
  anyChannelFeed: `/${FOLDER}/:slug/feed`,
  oldFeed: `/${OLD_FEED}`,
  oldChannelFeed: `/${FOLDER}/:slug/${OLD_FEED}`,
  oldFolderFeed: `/${OLD_FOLDER}/:slug/${OLD_FEED}`,
  feedStyle: '/feed.css',
  article: '/articles/:id{[a-z0-9-]+}',
  articleAlike: '/articles/:id{[A-Za-z0-9-]+}',
  articleSlash: '/articles/:id{[A-Za-z0-9-]+}/',
  articleJson: '/articles/:file{[a-z0-9-]+\\.json}',
  media: '/media/*',
  favicon: '/favicon.ico',
  health: '/healthz',
  problem: '/problems/:reason',
  api: '/api/*',
  apiDescription: '/api/openapi.json',
  apiArticles: '/api/articles',
  apiArticle: '/api/articles/:id',
  apiExport: '/api/export',
  apiImport: '/api/import',
  apiOutbox: '/api/outbox',
  apiRebuild: '/api/rebuild',
  apiWake: '/api/wake',
  oldSectionFeed: `/:slug/${OLD_FEED}`,
  link: '/:code',
  linkSlash: '/:code/',
} as const

/** First segments that surfaces of DESIGN use or will use; a code may be none of them, whatever its case. */
const FUTURE_SEGMENTS =
  `archive atom corrections feed feeds hub index newsroom robots rss rss2 search sitemap
   news-sitemap www admin assets static about well-known favicon`.split(/\s+/)

/** First segments below which everything is ours. */
const ownSegments: ReadonlySet<string> = new Set([
  ...FUTURE_SEGMENTS,
  ...Object.values(FOLDERS),
  ...Object.values(ROUTES)
    .map((pattern) => pattern.split('/')[1] ?? '')
    .filter((segment) => CODE_GRAMMAR.test(segment)),
])

const reserved: ReadonlySet<string> = new Set([...ownSegments, ...Object.keys(OLD_FOLDERS)])

/** True when a code would shadow a route, or a route that may come. */
export const isReservedCode = (code: string): boolean => reserved.has(foldCode(code))

const named = (name: string): string | undefined =>
  Object.hasOwn(OLD_FEEDS, name) ? OLD_FEEDS[name] : undefined

/** The file that an old address means: `feed/atom/` is `atom.xml`. `undefined` when it is none of them. */
export const fileOfOldFeed = (old: string): string | undefined => named(old.replace(/\/$/, ''))

/** The file that `?feed=` of WordPress means, or `undefined`: then the query says nothing to us. */
export const fileOfFeedQuery = (value: string): string | undefined =>
  named(value === 'feed' ? value : `feed/${value}`)

/** The kind of channel that an old folder held. */
export const kindOfOldFolder = (folder: string): ChannelKind | undefined =>
  Object.hasOwn(OLD_FOLDERS, folder) ? OLD_FOLDERS[folder] : undefined

const encode = (segment: string): string => encodeURIComponent(segment)

/** Path of a channel's page, without the host: `/`, `/tags/c%2B%2B`. */
export function channelPath(channel: Channel): string {
  if (channel.kind === 'all') return '/'
  return `/${FOLDERS[channel.kind]}/${encode(channel.slug)}`
}

/** Path of a file in a channel's folder: `/rss.xml`, `/sections/pakistan/feed.json`; the page when `file` is empty. */
export function documentPath(channel: Channel, file: string): string {
  const folder = channelPath(channel)
  if (file === '') return folder
  return folder === '/' ? `/${file}` : `${folder}/${file}`
}

export const articlePath = (id: string): string => `/articles/${id}`
export const articleJsonPath = (id: string): string => `/articles/${id}.json`
export const apiArticlePath = (id: string): string => `/api/articles/${id}`
export const apiArticlesPath = (cursor: string): string => `/api/articles?after=${encode(cursor)}`
export const apiExportPath = (cursor: string): string => `/api/export?after=${encode(cursor)}`
export const apiImportPath = (name: string, line: number): string =>
  `/api/import?export=${encode(name)}&line=${line}`
export const problemPath = (reason: string): string => `/problems/${reason}`

/** Where the publication is reached: two origins, without a slash at the end. */
export type Origins = { siteUrl: string; shortUrl: string }

export const pageUrl = (origins: Origins, path: string): string =>
  `${origins.siteUrl}${path === '/' ? '/' : path}`
export const shortLink = (origins: Origins, code: string): string =>
  `${origins.shortUrl}/${encode(code)}`

/** Where an article lives: at the canonical address it was given, else on the page that Dateline serves. */
export const canonicalUrl = (
  origins: Origins,
  article: { id: string; canonical?: string | undefined },
): string => article.canonical ?? pageUrl(origins, articlePath(article.id))

/** Files at the root that are answered, or will be. */
const OWN_FILES =
  /^(?:rss|atom|feed|index|sitemap|news-sitemap)\.xml$|^(?:feed\.json|feed\.css|feeds\.opml|favicon\.ico|robots\.txt)$/i

/** As the router will see it. */
function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname)
  } catch {
    return pathname
  }
}

/** Feed id of an article (RFC 4151): never changes, whatever happens to headline, host or address. */
export const articleTag = (tag: { authority: string; date: string }, id: string): string =>
  `tag:${tag.authority},${tag.date}:${id}`

/** Feed id of a channel, one for all its formats (RFC 4287 section 4.2.6). The slash keeps it off article ids. */
export const channelTag = (tag: { authority: string; date: string }, channel: Channel): string =>
  articleTag(tag, `channel/${channelKey(channel).split('/').map(encode).join('/')}`)

/** True when Dateline itself answers this path, so that no article can have its canonical home there. */
export function isOwnPath(pathname: string): boolean {
  const [first = '', ...rest] = decoded(pathname).split('/').slice(1)
  const single = rest.length === 0 || (rest.length === 1 && rest[0] === '')
  if (single && (first === '' || CODE_GRAMMAR.test(first) || OWN_FILES.test(first))) return true
  return ownSegments.has(first.toLowerCase()) || isOldFeed(first, rest)
}

/** `/world/feed/`, `/category/world/feed/`; the rest below such a first segment is anybody's. */
function isOldFeed(first: string, rest: string[]): boolean {
  const tail = kindOfOldFolder(first) !== undefined && rest.length > 1 ? rest.slice(1) : rest
  return fileOfOldFeed(tail.join('/')) !== undefined
}

export const FAVICON_PATH = ROUTES.favicon
/** The style sheet of feeds that are opened in a browser; relative to the host that was asked. */
export const FEED_STYLE_PATH = ROUTES.feedStyle
/** Path of the address that answers in the format that the client asks for. */
export const anyFeedPath = (channel: Channel): string => documentPath(channel, 'feed')
export const FRONT_PATH = documentPath(ALL, '')
/** Rel of the short link in feeds: the page that defines the relation, since it is not in IANA's registry. */
export const SHORT_LINK_RELATION = 'http://microformats.org/wiki/rel-shortlink'
