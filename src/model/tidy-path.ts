/**
 * Corrects paths that people and programs write slightly wrong, or as another system would write
 * them: too many slashes, other spellings of a name, and pages and feeds of WordPress, Ghost, Hugo,
 * Jekyll and Drupal (docs/decisions/017-feed-addresses.md).
 *
 * Every path passes the same steps. Slashes are collapsed, the ends that have no meaning here are
 * removed, the name of a feed is split off, and what is left names a channel. Whether the tidy path
 * exists is for the caller to check.
 */
import {
  ALL_CHANNEL,
  type Channel,
  CORRECTIONS_CHANNEL,
  findKindByFolder,
  isSlug,
  slugify,
} from './channel.ts'
import { findOldFeed, findOldFolderKind, findQueriedFeed, NESTED_FOLDER } from './old-addresses.ts'
import {
  archiveFile,
  articlePath,
  documentPath,
  FEED_FILES,
  isPlannedName,
  isReservedCode,
  parseArchivePage,
  ROUTES,
} from './urls.ts'

/** A longer path is not corrected. A slug has at most 900 characters when percent-encoded. */
const MAX_PATH_LENGTH = 2000
const PATTERNS: readonly string[] = Object.values(ROUTES)
/** Addresses without parameters, such as `/feeds`. */
const FIXED_PATHS: ReadonlySet<string> = new Set(
  PATTERNS.filter((pattern) => !/[:*]/.test(pattern)),
)
/** First segments of addresses with parameters, such as `sitemaps`. */
const OWN_FOLDERS: ReadonlySet<string> = new Set(
  PATTERNS.flatMap((pattern) => /^\/([a-z]+)\/[:*]/.exec(pattern)?.[1] ?? []),
)
const FILES: readonly string[] = Object.values(FEED_FILES)
const [, ARTICLES_FOLDER = ''] = articlePath('').split('/')
const [, API_FOLDER = ''] = ROUTES.api.split('/')
/** `/sections/world/feed` has the format that `Accept` prefers. */
const NEGOTIATED_FILE = 'feed'

/**
 * Returns the tidy form of a path: `/tags//space/` becomes `/tags/space`, and
 * `/category/news/world/page/2/feed/` becomes `/sections/world/rss.xml`. `feedQuery` is the value
 * of `?feed=`. Returns `undefined` if the path is tidy, or if no kind of address here looks like
 * it. A tidy path is never changed again.
 */
export function findTidyPath(path: string, feedQuery = ''): string | undefined {
  const decodedPath = path.length > MAX_PATH_LENGTH ? undefined : decode(path)
  if (decodedPath === undefined) return undefined
  const segments = path.split('/').filter((segment) => segment !== '')
  const tidy =
    findDocumentPath(segments.map(decodeSegment), path.endsWith('/'), feedQuery) ??
    findPlainPath(segments)
  // Another percent-encoding of a tidy path is tidy too.
  return tidy === undefined || decode(tidy) === decodedPath ? undefined : tidy
}

/** Returns the path of a channel's page or feed. `names` are the decoded segments. */
function findDocumentPath(
  names: readonly string[],
  endsInSlash: boolean,
  feedQuery: string,
): string | undefined {
  const rest = removePageAndAmp(lowerFolder(names))
  // Longer ends first: `feed/atom`.
  for (const length of [2, 1]) {
    if (rest.length < length) continue
    const name = rest.slice(-length).join('/')
    const end = rest.length === 1 ? name : name.toLowerCase()
    const file = FILES.includes(end) ? end : getFile(findOldFeed(end))
    if (file === undefined) continue
    const folder = removePageAndAmp(rest.slice(0, -length))
    // Without a slash at the end, `/sections/world/feed` is our own address; with one it is that
    // of WordPress.
    const isNegotiated = end === NEGOTIATED_FILE && !endsInSlash && isOwnChannel(folder)
    const found = findFeedPath(folder, isNegotiated ? NEGOTIATED_FILE : file)
    if (found !== undefined) return found
  }
  return findChannelPath(rest, getFile(findQueriedFeed(feedQuery)) ?? '')
}

const getFile = (format: keyof typeof FEED_FILES | undefined): string | undefined =>
  format && FEED_FILES[format]

/** Returns the path of a feed, whose channel may be a section at the root (`/world/feed/`). */
function findFeedPath(folder: readonly string[], file: string): string | undefined {
  const [name = '', ...others] = folder
  // A reserved name cannot be a section at the root, unless it is only planned: no page has it yet.
  const mayBeSection = others.length === 0 && (isPlannedName(name) || !isReservedCode(name))
  const slug = slugify(name)
  return mayBeSection && isSlug(slug)
    ? documentPath({ kind: 'section', slug }, file)
    : findChannelPath(folder, file)
}

/** Returns the path of a file of a channel or of one of its archive pages. */
function findChannelPath(folder: readonly string[], file: string): string | undefined {
  const page = parseArchivePage(folder.at(-1) ?? '')
  const isArchive = page !== undefined && folder.at(-2) === 'archive'
  const channel = findChannel(isArchive ? folder.slice(0, -2) : folder)
  return channel && documentPath(channel, isArchive ? archiveFile(page, file) : file)
}

function findChannel([folder, ...names]: readonly string[]): Channel | undefined {
  if (folder === undefined) return ALL_CHANNEL
  if (`/${folder}` === ROUTES.corrections && names.length === 0) return CORRECTIONS_CHANNEL
  const kind = findKindByFolder(folder) ?? findOldFolderKind(folder)
  // The last of nested categories counts.
  const hasName = names.length === 1 || (names.length > 1 && folder === NESTED_FOLDER)
  if (kind === undefined || !hasName) return undefined
  const slug = slugify(names.at(-1) ?? '')
  return isSlug(slug) ? { kind, slug } : undefined
}

/** Returns whether our own addresses, not those of another system, name a channel like this. */
const isOwnChannel = (folder: readonly string[]): boolean =>
  findOldFolderKind(folder[0] ?? '') === undefined && findChannel(folder) !== undefined

/** Removes superfluous slashes from an address that is not that of a channel. */
function findPlainPath(segments: readonly string[]): string | undefined {
  const [folder = '', ...names] = removePageAndAmp(lowerFolder(segments))
  const path = `/${[folder, ...names].join('/')}`
  // Programs that call the API should notice a wrong address. People open its description.
  if (folder === API_FOLDER) return path === ROUTES.apiDescription ? path : undefined
  if (FIXED_PATHS.has(path)) return path
  if (names.length === 0 || !OWN_FOLDERS.has(folder)) return undefined
  // Ids of articles are in lower case; other names are not changed.
  return folder === ARTICLES_FOLDER ? path.toLowerCase() : path
}

/** Converts the folder to lower case. A single name may be a code, whose case matters. */
function lowerFolder(names: readonly string[]): readonly string[] {
  const [first = '', ...others] = names
  return others.length === 0 ? names : [first.toLowerCase(), ...others]
}

/**
 * Removes the ends that select a page of a list (`page/2`) or a form of a page (`amp`), because a
 * list here has one address. Alone or after one segment, `amp` may be a code or the name of a
 * channel.
 */
function removePageAndAmp(names: readonly string[]): readonly string[] {
  const folded = names.map((name) => name.toLowerCase())
  let end = folded.length
  for (;;) {
    if (end >= 2 && folded[end - 2] === 'page' && /^\d+$/.test(folded[end - 1] ?? '')) end -= 2
    else if (end >= 3 && folded[end - 1] === 'amp') end -= 1
    else return names.slice(0, end)
  }
}

const decodeSegment = (segment: string): string => decode(segment) ?? segment

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
