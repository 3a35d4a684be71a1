/**
 * Every URL: the patterns the router matches and the addresses we print are both made here, so that neither
 * can drift from the other. Addresses are a contract (docs/decisions/005-urls.md).
 */
import { ALL, type Channel, CORRECTIONS, channelKey, FOLDERS } from './channel.ts'
import { CODE_GRAMMAR, foldCode } from './code.ts'

export const ID_GRAMMAR = /^[a-z0-9](?:[a-z0-9-]{0,94}[a-z0-9])?$/

// Grouped, because the router anchors only the ends of what stands between the braces.
const FOLDER = `:folder{(?:${Object.values(FOLDERS).join('|')})}`
const FEED_FILE = ':file{(?:rss\\.xml|atom\\.xml|feed\\.json)}'

/** Hono patterns, one a surface. */
export const ROUTES = {
  front: '/',
  feed: `/${FEED_FILE}`,
  corrections: '/corrections',
  correctionsFeed: `/corrections/${FEED_FILE}`,
  channel: `/${FOLDER}/:slug`,
  channelFeed: `/${FOLDER}/:slug/${FEED_FILE}`,
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
  link: '/:code',
  linkSlash: '/:code/',
} as const

/** First segments that surfaces of DESIGN use or will use; a code may be none of them, whatever its case. */
const FUTURE_SEGMENTS = `archive atom feed feeds hub index newsroom robots rss rss2 search sitemap
   news-sitemap www admin assets static about well-known favicon`.split(/\s+/)

const reserved: ReadonlySet<string> = new Set([
  ...FUTURE_SEGMENTS,
  ...Object.values(FOLDERS),
  ...Object.values(ROUTES)
    .map((pattern) => pattern.split('/')[1] ?? '')
    .filter((segment) => CODE_GRAMMAR.test(segment)),
])

/** True when a code would shadow a route, or a route that may come. */
export const isReservedCode = (code: string): boolean => reserved.has(foldCode(code))

const encode = (segment: string): string => encodeURIComponent(segment)

/** Path of a channel's page, without the host: `/`, `/corrections`, `/tags/c%2B%2B`. */
export function channelPath(channel: Channel): string {
  if (channel.kind === 'all') return '/'
  return `/${channelKey(channel).split('/').map(encode).join('/')}`
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
  /^(?:rss|atom|feed|index|sitemap|news-sitemap)\.xml$|^(?:feed\.json|feeds\.opml|favicon\.ico|robots\.txt)$/i

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
  return reserved.has(first.toLowerCase())
}

export const FAVICON_PATH = '/favicon.ico'
export const FRONT_PATH = documentPath(ALL, '')
/** The page that describes the feeds. */
export const FEEDS_PATH = '/feeds'
export const CORRECTIONS_PATH = documentPath(CORRECTIONS, '')
/** Rel of the short link in feeds: the page that defines the relation, since it is not in IANA's registry. */
export const SHORT_LINK_RELATION = 'http://microformats.org/wiki/rel-shortlink'
