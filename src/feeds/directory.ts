/**
 * The directory of feeds: which channels it names, in which order, whatever form it is written in.
 */
import { ALL, type Channel, CORRECTIONS, type FolderKind } from '../model/channel.ts'
import type { Publication } from '../model/publication.ts'
import { channelPath, pageUrl } from '../model/urls.ts'
import { nameOf, titleOf } from './entry.ts'

/** Channels in a directory; a reader of more of them looks for something else than a list. */
export const DIRECTORY_LENGTH = 1_000

/** A channel as it is known to a desk. `language`: that of the article that gave it its title. */
export type KnownChannel = { channel: Channel; title: string; members: number; language: string }

/**
 * `name` is the channel's own and empty for everything, `title` that of its feeds; `url` is its
 * page.
 */
export type ListedChannel = {
  channel: Channel
  name: string
  title: string
  url: string
  members: number
  language: string
}
export type ListedKind = FolderKind
/** `more`: there are channels that it does not name. */
export type Directory = {
  everything: ListedChannel
  corrections: ListedChannel
  kinds: { kind: ListedKind; channels: ListedChannel[] }[]
  more: boolean
}

const KINDS: readonly ListedKind[] = ['section', 'tag', 'author', 'place', 'language']

/**
 * Everything and corrections are named even before their first article: their feeds are always
 * there.
 */
export function buildDirectory(
  known: KnownChannel[],
  more: boolean,
  publication: Publication,
): Directory {
  const listed = known.map((each) => list(each, publication))
  const standing = (channel: Channel): ListedChannel => {
    const members = known.find((each) => each.channel.kind === channel.kind)?.members ?? 0
    return list({ channel, title: '', members, language: publication.language }, publication)
  }
  const kinds = KINDS.map((kind) => ({
    kind,
    channels: listed.filter(({ channel }) => channel.kind === kind),
  }))
  return {
    everything: standing(ALL),
    corrections: standing(CORRECTIONS),
    kinds: kinds.filter(({ channels }) => channels.length > 0),
    more,
  }
}

const list = (
  { channel, title, members, language }: KnownChannel,
  publication: Publication,
): ListedChannel => ({
  channel,
  name: nameOf(channel, title, publication),
  title: titleOf(channel, title, publication),
  url: pageUrl(publication, channelPath(channel)),
  members,
  language,
})
