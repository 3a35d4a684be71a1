/**
 * Channels: the selections of articles that have feeds of their own, and the slugs they are known
 * by. The ledger and the URLs name a channel by its key: `all`, `tags/c++`, `places/islamabad`.
 */
import { byteLength } from '../text/characters.ts'

/** Folder in URLs for each kind of channel but `all`. */
export const FOLDERS = {
  section: 'sections',
  tag: 'tags',
  author: 'authors',
  place: 'places',
  language: 'languages',
} as const

/** The two that are always there, whether they have had an article or not. */
export type PermanentKind = 'all' | 'corrections'
export type FolderKind = keyof typeof FOLDERS
export type ChannelKind = PermanentKind | FolderKind
/** `slug` is empty for the standing kinds only. */
export type Channel = { kind: ChannelKind; slug: string }

export const ALL_CHANNEL: Channel = { kind: 'all', slug: '' }
/** Corrected articles, in the order of their last corrections. */
export const CORRECTIONS_CHANNEL: Channel = { kind: 'corrections', slug: '' }
export const MAX_SLUG_BYTES = 100

/**
 * The slug of a section, tag, author or place. Equal slugs are one channel. Letters, marks and
 * digits of every script stay, and `+ #`: C++ is not C#, Arabic stays Arabic. Case is folded by way
 * of capitals, so that ß is ss and a final sigma is a sigma. May be empty, or longer than allowed.
 */
export const slugify = (name: string): string =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replace(/ς/g, 'σ')
    .normalize('NFKC')
    .replace(/[\s\p{Pd}_]+/gu, '-')
    .replace(/[^\p{L}\p{M}\p{N}+#-]/gu, '')
    .replace(/-{2,}/g, '-')
    .replace(/^-+|-+$/g, '')
    // What was taken out may have stood between a letter and its accent.
    .normalize('NFKC')

/** A language's slug is its tag in lower case: `ar-eg`. */
export const slugifyLanguage = (tag: string): string => tag.toLowerCase()

/**
 * True for a slug that a channel may have: unchanged by `slugOf`, not empty, at most 100 bytes of
 * UTF-8.
 */
export const isSlug = (slug: string): boolean =>
  slug !== '' && slugify(slug) === slug && byteLength(slug) <= MAX_SLUG_BYTES

const isPermanentKind = (kind: ChannelKind): kind is PermanentKind =>
  kind === 'all' || kind === 'corrections'

/** Whether the channel is there before its first article. */
export const isPermanent = ({ kind }: Channel): boolean => isPermanentKind(kind)

export const formatChannelKey = ({ kind, slug }: Channel): string =>
  isPermanentKind(kind) ? kind : `${FOLDERS[kind]}/${slug}`

/** Names an archive page of a channel in the ledger: `tags/x/3`. No slug holds a slash. */
export const formatArchiveKey = (channel: Channel, page: number): string =>
  `${formatChannelKey(channel)}/${page}`

const KIND_BY_FOLDER: ReadonlyMap<string, FolderKind> = new Map(
  (Object.keys(FOLDERS) as FolderKind[]).map((kind) => [FOLDERS[kind], kind]),
)

export const findKindByFolder = (folder: string): FolderKind | undefined =>
  KIND_BY_FOLDER.get(folder)

/** The channel that a key names; `undefined` when it names none. */
export function parseChannelKey(key: string): Channel | undefined {
  if (key === 'all') return ALL_CHANNEL
  if (key === 'corrections') return CORRECTIONS_CHANNEL
  const slash = key.indexOf('/')
  const kind = findKindByFolder(key.slice(0, slash))
  const slug = key.slice(slash + 1)
  return kind !== undefined && isSlug(slug) ? { kind, slug } : undefined
}

/** What decides an article's channels. */
export type ChannelCriteria = {
  section?: string | undefined
  tags: string[]
  authors: { name: string }[]
  dateline?: string | undefined
  language: string
}

/** The channels a story belongs to, each once, with the title that its first member gives it. */
export function listArticleChannels(
  article: ChannelCriteria,
): { channel: Channel; title: string }[] {
  const channels = new Map<string, { channel: Channel; title: string }>()
  const add = (kind: ChannelKind, slug: string, title: string): void => {
    const channel = { kind, slug }
    const key = formatChannelKey(channel)
    if (!channels.has(key)) channels.set(key, { channel, title })
  }
  add('all', '', '')
  if (article.section) add('section', slugify(article.section), article.section)
  for (const tag of article.tags) add('tag', slugify(tag), tag)
  for (const author of article.authors) add('author', slugify(author.name), author.name)
  if (article.dateline) add('place', slugify(article.dateline), article.dateline)
  add('language', slugifyLanguage(article.language), article.language)
  return [...channels.values()]
}
