/**
 * Renders the subscription list: an OPML 2.0 document with the RSS feed of every channel, grouped
 * by kind.
 */
import type { Publication } from '../model/publication.ts'
import { formatHttpDate } from '../text/time.ts'
import type { Directory, ListedChannel, ListedKind } from './directory.ts'
import { listFeedLinks } from './formats.ts'
import { element, type Xml } from './xml.ts'

export const OPML_TYPE = 'text/x-opml; charset=utf-8'

/**
 * Renders the list. `modified` is its Last-Modified in seconds. `kindNames` are in the
 * publication's language if the pages are translated into it, otherwise in English.
 */
export function renderOpml(
  directory: Directory,
  kindNames: Readonly<Record<ListedKind, string>>,
  modified: number,
  publication: Publication,
): string {
  const renderOutline = (listed: ListedChannel): Xml => renderFeedOutline(listed, publication)
  return element(
    'opml',
    { version: '2.0' },
    element(
      'head',
      {},
      element('title', {}, publication.title),
      element('dateModified', {}, formatHttpDate(modified)),
      element('ownerName', {}, publication.publisher),
      publication.contact !== undefined && element('ownerEmail', {}, publication.contact),
    ),
    element(
      'body',
      {},
      renderOutline(directory.everything),
      renderOutline(directory.corrections),
      ...directory.kinds.map(({ kind, channels }) =>
        element(
          'outline',
          { text: kindNames[kind], title: kindNames[kind] },
          ...channels.toSorted(compareSlugs).map(renderOutline),
        ),
      ),
    ),
  ).renderDocument()
}

/**
 * Orders channels by slug and not by number of articles, so that publishing an article does not
 * reorder the list.
 */
const compareSlugs = (a: ListedChannel, b: ListedChannel): number =>
  a.channel.slug < b.channel.slug ? -1 : 1

const renderFeedOutline = (listed: ListedChannel, publication: Publication): Xml =>
  element('outline', {
    type: 'rss',
    version: 'RSS2',
    text: listed.name || listed.title,
    title: listed.title,
    xmlUrl: listFeedLinks(listed.channel, publication).find(({ format }) => format.name === 'rss')
      ?.url,
    htmlUrl: listed.url,
    description: publication.description,
    language: listed.language,
  })
