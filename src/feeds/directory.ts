/**
 * The directory of feeds: which channels it names, in which order, whatever form it is written in.
 */
import {
  ALL_CHANNEL,
  type Channel,
  CORRECTIONS_CHANNEL,
  type FolderKind,
} from '../model/channel.ts'
import type { Publication } from '../model/publication.ts'
import { channelPath, pageUrl } from '../model/urls.ts'
import { formatChannelTitle, getChannelName } from './entry.ts'

/** Channels in a directory; a reader of more of them looks for something else than a list. */
export const MAX_DIRECTORY_CHANNELS = 1_000

/** A channel as it is known to a desk. `language`: that of the article that gave it its title. */
export type StoredChannel = { channel: Channel; title: string; members: number; language: string }

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
  hasMore: boolean
}

const KINDS: readonly ListedKind[] = ['section', 'tag', 'author', 'place', 'language']

/**
 * Everything and corrections are named even before their first article: their feeds are always
 * there.
 */
export function buildDirectory(
  storedChannels: StoredChannel[],
  hasMore: boolean,
  publication: Publication,
): Directory {
  const listed = storedChannels.map((stored) => toListedChannel(stored, publication))
  const listPermanent = (channel: Channel): ListedChannel => {
    const members =
      storedChannels.find((stored) => stored.channel.kind === channel.kind)?.members ?? 0
    return toListedChannel(
      { channel, title: '', members, language: publication.language },
      publication,
    )
  }
  const kinds = KINDS.map((kind) => ({
    kind,
    channels: listed.filter(({ channel }) => channel.kind === kind),
  }))
  return {
    everything: listPermanent(ALL_CHANNEL),
    corrections: listPermanent(CORRECTIONS_CHANNEL),
    kinds: kinds.filter(({ channels }) => channels.length > 0),
    hasMore,
  }
}

const toListedChannel = (
  { channel, title, members, language }: StoredChannel,
  publication: Publication,
): ListedChannel => ({
  channel,
  name: getChannelName(channel, title, publication),
  title: formatChannelTitle(channel, title, publication),
  url: pageUrl(publication, channelPath(channel)),
  members,
  language,
})
