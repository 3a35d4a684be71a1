/**
 * Channels: the selections of articles that have feeds of their own, and their slugs. The ledger
 * and the addresses name a channel by its key: `all`, `tags/c++`, `places/islamabad`.
 */
import { byteLength } from '../text/characters.ts'

/** The folder in addresses for each kind of channel that has slugs. */
export const FOLDERS = {
  section: 'sections',
  tag: 'tags',
  author: 'authors',
  place: 'places',
  language: 'languages',
} as const

/** The two channels that exist before they have an article. */
export type PermanentKind = 'all' | 'corrections'
export type FolderKind = keyof typeof FOLDERS
export type ChannelKind = PermanentKind | FolderKind
/** `slug` is empty only for the permanent kinds. */
export type Channel = { kind: ChannelKind; slug: string }

export const ALL_CHANNEL: Channel = { kind: 'all', slug: '' }
/** Corrected articles, in the order of their last corrections. */
export const CORRECTIONS_CHANNEL: Channel = { kind: 'corrections', slug: '' }
export const MAX_SLUG_BYTES = 100

/**
 * Returns the slug of a section, tag, author or place. Names of one kind with equal slugs mean the
 * same channel. The slug keeps letters, marks and digits of every script, and `+ #`, so that C++ is
 * not C# and Arabic stays Arabic. Case is folded by way of upper case, so that ß becomes ss, and a
 * final sigma becomes a usual sigma. The result may be empty, or too long for a channel.
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
    // Composes again, because a removed character may have separated a letter from its accent.
    .normalize('NFKC')

/** Returns the slug of a language: its tag in lower case, such as `ar-eg`. */
export const slugifyLanguage = (tag: string): string => tag.toLowerCase()

/**
 * Returns whether a channel may have this slug: `slugify` does not change it, and it has 1 to 100
 * bytes of UTF-8.
 */
export const isSlug = (slug: string): boolean =>
  slug !== '' && slugify(slug) === slug && byteLength(slug) <= MAX_SLUG_BYTES

const isPermanentKind = (kind: ChannelKind): kind is PermanentKind =>
  kind === 'all' || kind === 'corrections'

/** Returns whether the channel exists before its first article. */
export const isPermanent = ({ kind }: Channel): boolean => isPermanentKind(kind)

export const formatChannelKey = ({ kind, slug }: Channel): string =>
  isPermanentKind(kind) ? kind : `${FOLDERS[kind]}/${slug}`

/**
 * Returns the key of an archive page in the ledger: `tags/x/3`. It is unambiguous, because no slug
 * contains a slash.
 */
export const formatArchiveKey = (channel: Channel, page: number): string =>
  `${formatChannelKey(channel)}/${page}`

const KIND_BY_FOLDER: ReadonlyMap<string, FolderKind> = new Map(
  (Object.keys(FOLDERS) as FolderKind[]).map((kind) => [FOLDERS[kind], kind]),
)

export const findKindByFolder = (folder: string): FolderKind | undefined =>
  KIND_BY_FOLDER.get(folder)

/** Returns the channel of a key, or `undefined` for any other text. */
export function parseChannelKey(key: string): Channel | undefined {
  if (key === 'all') return ALL_CHANNEL
  if (key === 'corrections') return CORRECTIONS_CHANNEL
  const slash = key.indexOf('/')
  const kind = findKindByFolder(key.slice(0, slash))
  const slug = key.slice(slash + 1)
  return kind !== undefined && isSlug(slug) ? { kind, slug } : undefined
}

/** The parts of an article that decide its channels. */
export type ChannelCriteria = {
  section?: string | undefined
  tags: string[]
  authors: { name: string }[]
  dateline?: string | undefined
  language: string
}

/**
 * Lists the channels of an article, each once. `title` is the name as the article spells it. The
 * first article of a channel gives the channel its title.
 */
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
