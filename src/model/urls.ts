/**
 * All addresses. The patterns of the router and the addresses in documents are built here from the
 * same names, so that they always match. Published addresses never change
 * (docs/decisions/005-urls.md). Names that routes use, or will use, are reserved and cannot become
 * codes.
 */
import {
  ALL_CHANNEL,
  type Channel,
  CORRECTIONS_CHANNEL,
  FOLDERS,
  formatChannelKey,
} from './channel.ts'
import { CODE_GRAMMAR, foldCode } from './code.ts'
import {
  findOldFeed,
  findOldFolderKind,
  NESTED_FOLDER,
  OLD_FEED_NAMES,
  OLD_FOLDER_NAMES,
} from './old-addresses.ts'

export const ID_GRAMMAR = /^[a-z0-9](?:[a-z0-9-]{0,94}[a-z0-9])?$/

// The inner group is needed: the router anchors a pattern without grouping its alternatives.
const FOLDER_PARAM = `:folder{(?:${Object.values(FOLDERS).join('|')})}`
const FEED_FILE_PARAM = ':file{(?:rss\\.xml|atom\\.xml|feed\\.json)}'
/** The same file names, by format. */
export const FEED_FILES = { rss: 'rss.xml', atom: 'atom.xml', json: 'feed.json' } as const
/** The folder of a channel's archive pages, within the channel's folder. */
const ARCHIVE_FOLDER = 'archive'

/** Hono patterns, one for each kind of address. */
export const ROUTES = {
  front: '/',
  feed: `/${FEED_FILE_PARAM}`,
  corrections: '/corrections',
  correctionsFeed: `/corrections/${FEED_FILE_PARAM}`,
  anyCorrectionsFeed: '/corrections/feed',
  correctionsArchive: `/corrections/${ARCHIVE_FOLDER}/:page`,
  correctionsArchiveFeed: `/corrections/${ARCHIVE_FOLDER}/:page/${FEED_FILE_PARAM}`,
  channel: `/${FOLDER_PARAM}/:slug`,
  channelFeed: `/${FOLDER_PARAM}/:slug/${FEED_FILE_PARAM}`,
  archive: `/${ARCHIVE_FOLDER}/:page`,
  archiveFeed: `/${ARCHIVE_FOLDER}/:page/${FEED_FILE_PARAM}`,
  channelArchive: `/${FOLDER_PARAM}/:slug/${ARCHIVE_FOLDER}/:page`,
  channelArchiveFeed: `/${FOLDER_PARAM}/:slug/${ARCHIVE_FOLDER}/:page/${FEED_FILE_PARAM}`,
  anyFeed: '/feed',
  anyChannelFeed: `/${FOLDER_PARAM}/:slug/feed`,
  feedStyle: '/feed.css',
  article: '/articles/:id{[a-z0-9-]+}',
  articleJson: '/articles/:file{[a-z0-9-]+\\.json}',
  media: '/media/*',
  favicon: '/favicon.ico',
  feedDirectory: '/feeds',
  subscriptionList: '/feeds.opml',
  sitemapIndex: '/sitemap.xml',
  sitemap: '/sitemaps/:file{[0-9-]+\\.xml}',
  newsSitemap: '/news-sitemap.xml',
  robots: '/robots.txt',
  securityContact: '/.well-known/security.txt',
  health: '/healthz',
  problem: '/problems/:reason',
  api: '/api/*',
  apiDescription: '/api/openapi.json',
  apiArticles: '/api/articles',
  apiArticle: '/api/articles/:id',
  apiExport: '/api/export',
  apiImport: '/api/import',
  apiLinks: '/api/links',
  apiLink: '/api/links/:code',
  apiUnknownCodes: '/api/misses',
  apiOutbox: '/api/outbox',
  apiRebuild: '/api/rebuild',
  apiReclean: '/api/reclean',
  apiOpen: '/api/wake',
  link: '/:code',
  linkSlash: '/:code/',
  any: '/*',
} as const

/**
 * First segments of planned addresses, or of addresses that were planned when codes already
 * existed. No new code gets such a name, but an existing code keeps working, even after the page
 * exists. Never remove a name from this list (docs/decisions/018-forgiving-links.md).
 */
const PLANNED_NAMES =
  `about admin assets contact favicon hub index live news-sitemap newsroom robots search
   sitemap static well-known www`.split(/\s+/)
const plannedNames: ReadonlySet<string> = new Set(PLANNED_NAMES)

const isCodeLike = (segment: string): boolean => CODE_GRAMMAR.test(segment)
const ROUTE_SEGMENTS = Object.values(ROUTES).map((pattern) => pattern.split('/').slice(1))

/** First segments below which all addresses belong to Dateline. */
const ownSegments: ReadonlySet<string> = new Set([
  ...PLANNED_NAMES,
  ...Object.values(FOLDERS),
  ...OLD_FEED_NAMES.filter(isCodeLike),
  ...ROUTE_SEGMENTS.map(([first = '']) => first).filter(isCodeLike),
])

const reservedNames: ReadonlySet<string> = new Set([...ownSegments, ...OLD_FOLDER_NAMES])
/** Names that no code can have, folded and sorted. They are derived from the routes. */
export const RESERVED_CODES: readonly string[] = [...reservedNames].sort()

/** Returns whether a code would hide a route, or a planned one. */
export const isReservedCode = (code: string): boolean => reservedNames.has(foldCode(code))

/**
 * Returns whether a name is reserved for a planned route. A code may be older than this
 * reservation.
 */
export const isPlannedName = (name: string): boolean => plannedNames.has(foldCode(name))

/**
 * First segments of one-segment addresses with a route, such as `/feeds`. A code may be older than
 * the route.
 */
const SERVED_NAMES = new Set([
  ...OLD_FEED_NAMES.filter(isCodeLike),
  ...ROUTE_SEGMENTS.filter(([, second]) => second === undefined || second === '*').flatMap(
    ([first = '']) => (isCodeLike(first) ? [first] : []),
  ),
])
/** Router pattern of these names, for older codes. */
export const OLDER_CODE_PATTERN = `/:code{(?:${[...SERVED_NAMES].sort().join('|')})}`

/**
 * Returns whether a route hides this code on the host of the site. On the host of the short links
 * the code still works. Always false if both have the same host.
 */
export const isHiddenCode = ({ siteUrl, shortUrl }: Origins, code: string): boolean =>
  siteUrl !== shortUrl && SERVED_NAMES.has(code)

const encode = (segment: string): string => encodeURIComponent(segment)

/** Returns the path of a channel's page: `/`, `/corrections`, `/tags/c%2B%2B`. */
export function channelPath(channel: Channel): string {
  if (channel.kind === 'all') return '/'
  return `/${formatChannelKey(channel).split('/').map(encode).join('/')}`
}

/**
 * Returns the path of a file in a channel's folder (`/rss.xml`, `/sections/pakistan/feed.json`), or
 * of the channel's page if `file` is empty.
 */
export function documentPath(channel: Channel, file: string): string {
  const folder = channelPath(channel)
  if (file === '') return folder
  return folder === '/' ? `/${file}` : `${folder}/${file}`
}

/**
 * Returns the path of a file of an archive page relative to its channel (`archive/1/rss.xml`), or
 * of the HTML page if `file` is empty.
 */
export const archiveFile = (page: number | string, file: string): string =>
  file === '' ? `${ARCHIVE_FOLDER}/${page}` : `${ARCHIVE_FOLDER}/${page}/${file}`

/**
 * Returns the path of a file of an archive page (`/archive/1/rss.xml`), or of the HTML page if
 * `file` is empty.
 */
export const archivePath = (channel: Channel, page: number, file: string): string =>
  documentPath(channel, archiveFile(page, file))

/**
 * Parses the number of an archive page. Returns `undefined` for any other spelling. Six digits
 * allow fifty million positions, more than a ledger can have.
 */
export const parseArchivePage = (text: string): number | undefined =>
  /^[1-9][0-9]{0,5}$/.test(text) ? Number(text) : undefined

/** Matches the path before the archive page, its number, and the file after it. */
const ARCHIVE_PATH = new RegExp(`^(.*)/${ARCHIVE_FOLDER}/([^/]+)(?:/([^/]+))?$`)

/**
 * Splits a path that `archivePath` may have built into the channel's path, the page and the file.
 */
export function splitArchivePath(
  path: string,
): { channelPath: string; page: number; file: string } | undefined {
  const [, folder, text = '', file = ''] = ARCHIVE_PATH.exec(path) ?? []
  const page = parseArchivePage(text)
  return folder === undefined || page === undefined
    ? undefined
    : { channelPath: folder || '/', page, file }
}

export const articlePath = (id: string): string => `/articles/${id}`

/**
 * Returns the id in the address of an article's page, on either host. Returns `undefined` for any
 * other address, and for one with a query or fragment.
 */
export function parseArticleUrl({ siteUrl, shortUrl }: Origins, url: string): string | undefined {
  const id = url.slice(url.lastIndexOf('/') + 1)
  const pages = [siteUrl, shortUrl].map((origin) => `${origin}${articlePath(id)}`)
  return ID_GRAMMAR.test(id) && pages.includes(url) ? id : undefined
}
export const articleJsonPath = (id: string): string => `/articles/${id}.json`
export const apiArticlePath = (id: string): string => `/api/articles/${id}`
export const apiLinkPath = (code: string): string => `/api/links/${code}`
export const apiLinksPath = (after: string): string => `/api/links?after=${encode(after)}`
export const apiArticlesPath = (cursor: string): string => `/api/articles?after=${encode(cursor)}`
export const apiExportPath = (cursor: string): string => `/api/export?after=${encode(cursor)}`
export const apiImportPath = (name: string, line: number): string =>
  `/api/import?export=${encode(name)}&line=${line}`
/**
 * Returns the path of a sitemap of one month. A month with many articles has several, counted from
 * 1: `/sitemaps/2026-11.xml`, `/sitemaps/2026-11-2.xml`.
 */
export const sitemapPath = (month: string, file: number): string =>
  `/sitemaps/${month}${file === 1 ? '' : `-${file}`}.xml`
export const problemPath = (reason: string): string => `/problems/${reason}`

/** The two origins of the publication, without a slash at the end. */
export type Origins = { siteUrl: string; shortUrl: string }

export const pageUrl = (origins: Origins, path: string): string =>
  `${origins.siteUrl}${path === '/' ? '/' : path}`
export const shortLink = (origins: Origins, code: string): string =>
  `${origins.shortUrl}/${encode(code)}`

/** Returns the address of the preview: a page that shows where a short link redirects to. */
export const previewUrl = (origins: Origins, code: string): string => `${shortLink(origins, code)}+`
export const previewJsonUrl = (origins: Origins, code: string): string =>
  `${previewUrl(origins, code)}.json`
/** Returns a path, because a page loads the picture from the host that serves the page. */
export const qrCodePath = (code: string): string => `/${encode(code)}.svg`
export const qrCodeUrl = (origins: Origins, code: string): string =>
  `${origins.shortUrl}${qrCodePath(code)}`

/**
 * Returns the canonical address of an article: the one in its manuscript, or the address of its
 * page.
 */
export const canonicalUrl = (
  origins: Origins,
  article: { id: string; canonical?: string | undefined },
): string => article.canonical ?? pageUrl(origins, articlePath(article.id))

/** Files at the root that have a route or are planned. */
const OWN_FILES =
  /^(?:rss|atom|feed|index|sitemap|news-sitemap)\.xml$|^(?:feed\.json|feed\.css|feeds\.opml|favicon\.ico|robots\.txt)$/i

/** Decodes a path as the router does. */
function decodePath(pathname: string): string {
  try {
    return decodeURIComponent(pathname)
  } catch {
    return pathname
  }
}

/**
 * Returns the feed id of an article (RFC 4151). It must never change, even if headline, host or
 * address do.
 */
export const articleTagUri = (tag: { authority: string; date: string }, id: string): string =>
  `tag:${tag.authority},${tag.date}:${id}`

/**
 * Returns the feed id of a channel, which all its formats share (RFC 4287 §4.2.6). Ids of articles
 * have no slash, so the feed ids of articles and channels cannot collide.
 */
export const channelTagUri = (tag: { authority: string; date: string }, channel: Channel): string =>
  articleTagUri(tag, `channel/${formatChannelKey(channel).split('/').map(encode).join('/')}`)

/**
 * Returns whether Dateline serves this path itself, so that it cannot be an article's canonical
 * address.
 */
export function isOwnPath(pathname: string): boolean {
  const [first = '', ...rest] = decodePath(pathname).split('/').slice(1)
  const isSingle = rest.length === 0 || (rest.length === 1 && rest[0] === '')
  if (isSingle && (first === '' || CODE_GRAMMAR.test(first) || OWN_FILES.test(first))) return true
  return ownSegments.has(first.toLowerCase()) || isOldFeed(first, rest)
}

/**
 * Matches `/world/feed/` and `/category/world/feed/`; other paths below such a first segment may be
 * canonical addresses.
 */
function isOldFeed(first: string, rest: string[]): boolean {
  const names = rest.at(-1) === '' ? rest.slice(0, -1) : rest
  const ends = [1, 2].filter((length) => findOldFeed(names.slice(-length).join('/')))
  const parents = findOldFolderKind(first) === undefined ? 0 : 1
  return ends.some((length) => {
    const count = names.length - length
    return count === parents || (count > parents && first === NESTED_FOLDER)
  })
}

/** Fragment of the directory of feeds that explains the extensions of the JSON feeds. */
export const EXTENSIONS_FRAGMENT = 'tombstones'
export const FAVICON_PATH = ROUTES.favicon
/**
 * The style sheet for feeds opened in a browser. It is a path, so that the style sheet loads from
 * the host of the feed.
 */
export const FEED_STYLE_PATH = ROUTES.feedStyle
/** Returns the path of the feed whose format is negotiated (`Accept`). */
export const anyFeedPath = (channel: Channel): string => documentPath(channel, 'feed')
export const FRONT_PATH = documentPath(ALL_CHANNEL, '')
export const CORRECTIONS_PATH = documentPath(CORRECTIONS_CHANNEL, '')
/**
 * Link relation of the short link in feeds. It is the address of a definition, because IANA has not
 * registered the relation (RFC 8288 §2.1.2).
 */
export const SHORT_LINK_RELATION = 'http://microformats.org/wiki/rel-shortlink'

/**
 * Returns whether a text is an absolute http or https address without user name, backslash and
 * control characters.
 */
export function isWebAddress(text: string): boolean {
  if (/[\\\s\p{C}]/u.test(text) || !/^https?:\/\//i.test(text) || !URL.canParse(text)) return false
  const url = new URL(text)
  return url.username === '' && url.password === '' && url.hostname !== ''
}
