/**
 * The directory of feeds: which channels are listed, and in which order. Its page and the OPML
 * document are rendered from it.
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

/** The directory lists at most this many channels. Nobody reads a longer list. */
export const MAX_DIRECTORY_CHANNELS = 1_000

/**
 * A channel in the ledger. `language` is the language of the article that gave the channel its
 * title.
 */
export type StoredChannel = { channel: Channel; title: string; members: number; language: string }

/**
 * A channel as the directory lists it. `name` is its own name, which is empty for the channel of
 * everything. `title` is the title of its feeds, and `url` is the address of its page.
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
/** If `hasMore` is true, there are more channels than are listed. */
export type Directory = {
  everything: ListedChannel
  corrections: ListedChannel
  kinds: { kind: ListedKind; channels: ListedChannel[] }[]
  hasMore: boolean
}

const KINDS: readonly ListedKind[] = ['section', 'tag', 'author', 'place', 'language']

/**
 * Builds the directory. The channels of everything and of corrections are listed even before their
 * first article, because their feeds always exist.
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
