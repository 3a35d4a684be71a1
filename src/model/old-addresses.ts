/**
 * Addresses of WordPress, Ghost, Hugo, Jekyll and Drupal that people and feed readers still
 * request, and what each means here (docs/decisions/017-feed-addresses.md).
 */
import type { FolderKind } from './channel.ts'

/** Ends of feed addresses, below the site or a folder, and the formats of our feeds. */
const OLD_FEEDS: Readonly<Record<string, 'rss' | 'atom' | 'json'>> = {
  feed: 'rss',
  rss: 'rss',
  rss2: 'rss',
  atom: 'atom',
  'feed.xml': 'rss',
  'index.xml': 'rss',
  'feed/rss': 'rss',
  'feed/rss2': 'rss',
  'feed/rdf': 'rss',
  'feed/atom': 'atom',
  'feed/json': 'json',
}
/** The names of feeds at the root. */
export const OLD_FEED_NAMES: readonly string[] = Object.keys(OLD_FEEDS)

/** Folders of channels. A section may also be at the root: `/world/feed/`. */
const OLD_FOLDERS: Readonly<Record<string, FolderKind>> = {
  category: 'section',
  tag: 'tag',
  author: 'author',
}
export const OLD_FOLDER_NAMES: readonly string[] = Object.keys(OLD_FOLDERS)
/** The only folder with folders in it: parent categories precede the category. */
export const NESTED_FOLDER = 'category'

/** Returns the format that the end of a feed address means: Atom for `feed/atom`. */
export const findOldFeed = (end: string): 'rss' | 'atom' | 'json' | undefined =>
  Object.hasOwn(OLD_FEEDS, end) ? OLD_FEEDS[end] : undefined

/** Returns the format that WordPress' `?feed=` means, or `undefined` for a value to ignore. */
export const findQueriedFeed = (value: string): 'rss' | 'atom' | 'json' | undefined =>
  findOldFeed(value === 'feed' ? value : `feed/${value}`)

/** Returns the kind of channel of an old folder. */
export const findOldFolderKind = (folder: string): FolderKind | undefined =>
  Object.hasOwn(OLD_FOLDERS, folder) ? OLD_FOLDERS[folder] : undefined
