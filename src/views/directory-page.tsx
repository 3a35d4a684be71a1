/**
 * Renders the directory of feeds: the channels by kind, each with its page and its feeds. At its
 * end, the page explains the two extensions of our JSON feeds. `about` of `_tombstones` is the
 * address of this explanation.
 */
import type { FC } from 'hono/jsx'
import { type Directory, type ListedChannel, MAX_DIRECTORY_CHANNELS } from '../feeds/directory.ts'
import { listFeedLinks } from '../feeds/formats.ts'
import { FOLDERS } from '../model/channel.ts'
import type { Publication } from '../model/publication.ts'
import { channelPath, EXTENSIONS_FRAGMENT, pageUrl, ROUTES } from '../model/urls.ts'
import { FeedAddresses, renderPage, SelectableAddress } from './layout.tsx'
import { OpenGraph } from './open-graph.tsx'
import { getLanguageAttributes, getWords, type Words } from './words.ts'

type DirectoryProps = { publication: Publication; words: Words }

/**
 * Renders the directory. The feeds of everything are shown with addresses that people can copy, the
 * feeds of all other channels as links.
 */
export function renderDirectoryPage(directory: Directory, publication: Publication): string {
  const { language } = publication
  const words = getWords(language)
  const props = { publication, words }
  const numberFormat = new Intl.NumberFormat(words.language)
  const title = `${words.feeds} · ${publication.title}`
  const url = pageUrl(publication, ROUTES.feedDirectory)
  const description = `${publication.title}: ${words.feedsIntro}`
  return renderPage(
    {
      publication,
      title,
      language,
      head: (
        <>
          <link rel="canonical" href={url} />
          <meta name="description" content={description} />
          <OpenGraph {...{ publication, title, url, description, language }} />
        </>
      ),
    },
    <div class="directory" {...getLanguageAttributes(words, language)}>
      <h1>{words.feeds}</h1>
      <p>{words.feedsIntro}</p>
      <Everything listed={directory.everything} {...props} />
      <ul class="channels">
        <ListedItem
          listed={directory.corrections}
          count={numberFormat.format(directory.corrections.members)}
          {...props}
        />
      </ul>
      {directory.kinds.length > 1 && (
        <nav aria-label={words.feeds}>
          <ul class="more">
            {directory.kinds.map(({ kind }) => (
              <li>
                <a href={`#${FOLDERS[kind]}`}>{words.kinds[kind]}</a>
              </li>
            ))}
          </ul>
        </nav>
      )}
      {directory.kinds.map(({ kind, channels }) => (
        <section id={FOLDERS[kind]}>
          <h2>{words.kinds[kind]}</h2>
          <ul class="channels">
            {channels.map((listed) => (
              <ListedItem listed={listed} count={numberFormat.format(listed.members)} {...props} />
            ))}
          </ul>
        </section>
      ))}
      {directory.hasMore && (
        <p class="limit">
          {words.moreChannels} ({numberFormat.format(MAX_DIRECTORY_CHANNELS)})
        </p>
      )}
      <Extensions words={words} />
    </div>,
  )
}

const Everything: FC<DirectoryProps & { listed: ListedChannel }> = ({
  listed,
  publication,
  words,
}) => (
  <section class="feeds" id="everything">
    <h2>{words.everything}</h2>
    <dl>
      <FeedAddresses channel={listed.channel} publication={publication} words={words} />
      <dt>
        <a href={ROUTES.subscriptionList}>{words.subscriptionList}</a>
      </dt>
      <dd>
        <SelectableAddress
          address={pageUrl(publication, ROUTES.subscriptionList)}
          label={words.selectToCopy}
        />
      </dd>
    </dl>
  </section>
)

const ListedItem: FC<DirectoryProps & { listed: ListedChannel; count: string }> = (props) => {
  const { listed, count, publication, words } = props
  return (
    <li>
      <a class="name" href={channelPath(listed.channel)}>
        <bdi lang={listed.language}>{listed.name}</bdi>
      </a>{' '}
      <span class="count" title={`${words.stories}: ${count}`}>
        {count}
      </span>{' '}
      <span class="formats" lang="en">
        {listFeedLinks(listed.channel, publication).map(({ format, url }) => (
          <>
            <a href={url} type={format.mediaType} aria-label={`${listed.name}: ${format.title}`}>
              {format.title.split(' ')[0]}
            </a>{' '}
          </>
        ))}
      </span>
    </li>
  )
}

const Extensions: FC<{ words: Words }> = ({ words }) => (
  <section class="extensions" id={EXTENSIONS_FRAGMENT}>
    <h2>{words.extensions}</h2>
    <p>{words.extensionsIntro}</p>
    <dl>
      <dt>
        <code dir="ltr">_dateline</code>
      </dt>
      <dd>{words.datelineMeaning}</dd>
      <dt>
        <code dir="ltr">_tombstones</code>
      </dt>
      <dd>{words.tombstonesMeaning}</dd>
    </dl>
  </section>
)
