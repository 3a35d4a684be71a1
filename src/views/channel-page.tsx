/**
 * Renders the page of a channel: the headlines of its public articles, newest first, and its feeds.
 * The front page is the page of the channel of everything. An archive page looks the same, but also
 * shows its number.
 */
import type { FC } from 'hono/jsx'
import type { FeedDocument, FeedEntry } from '../feeds/entry.ts'
import { getDocumentUrl } from '../feeds/formats.ts'
import type { Publication } from '../model/publication.ts'
import { archivePath, channelPath } from '../model/urls.ts'
import { getDirection } from '../text/language.ts'
import { Corrections, Time } from './article-page.tsx'
import { FeedAddresses, renderPage } from './layout.tsx'
import { OpenGraph } from './open-graph.tsx'
import { getLanguageAttributes, getWords, type Words } from './words.ts'

export function renderChannelPage(feed: FeedDocument, publication: Publication): string {
  const words = getWords(feed.language)
  const isEverything = feed.channel.kind === 'all'
  const { page } = feed.archivePosition ?? {}
  const pageLabel =
    page === undefined ? undefined : `${words.archivePage} ${formatPageNumber(page, words)}`
  const isCorrections = feed.channel.kind === 'corrections'
  const title = pageLabel === undefined ? feed.title : `${pageLabel} · ${feed.title}`
  const url = getDocumentUrl(feed.channel, publication, '', feed.archivePosition?.page)
  return renderPage(
    {
      publication,
      title,
      language: feed.language,
      ...(!isEverything && { channels: [{ channel: feed.channel, title: feed.title }] }),
      head: (
        <>
          <link rel="canonical" href={url} />
          <SeriesLinks feed={feed} publication={publication} />
          <meta name="description" content={feed.description} />
          <OpenGraph
            {...{ publication, title, url }}
            description={feed.description}
            language={feed.language}
          />
        </>
      ),
    },
    <>
      <h1 class={isEverything ? 'latest' : undefined}>
        {isEverything ? (
          <span {...getLanguageAttributes(words, feed.language)}>{pageLabel ?? words.latest}</span>
        ) : (
          <bdi {...(isCorrections && getLanguageAttributes(words, feed.language))}>{feed.name}</bdi>
        )}
      </h1>
      {!isEverything && pageLabel !== undefined && (
        <p class="page" {...getLanguageAttributes(words, feed.language)}>
          {pageLabel}
        </p>
      )}
      <ol class="stories">
        {feed.entries.map((entry) =>
          isCorrections ? <CorrectedStory entry={entry} /> : <Story entry={entry} />,
        )}
      </ol>
      {feed.entries.length === 0 && (
        <p {...getLanguageAttributes(words, feed.language)}>{words.noStories}</p>
      )}
      <Pagination feed={feed} words={words} />
      <Subscribe feed={feed} publication={publication} words={words} />
    </>,
  )
}

const formatPageNumber = (page: number, words: Words): string =>
  new Intl.NumberFormat(words.language, { useGrouping: false }).format(page)

/**
 * Links archive pages as a series. They are numbered from the oldest, so `prev` links to the older
 * page.
 */
const SeriesLinks: FC<{ feed: FeedDocument; publication: Publication }> = ({
  feed,
  publication,
}) => {
  const { page, older, newer } = feed.archivePosition ?? {}
  if (page === undefined) return null
  const getUrl = (number: number): string => getDocumentUrl(feed.channel, publication, '', number)
  return (
    <>
      {older !== undefined && <link rel="prev" href={getUrl(older)} />}
      {newer !== undefined && <link rel="next" href={getUrl(newer)} />}
    </>
  )
}

/**
 * Links to the older and the newer page. The newest archive page links to the channel's own page as
 * the newer one.
 */
const Pagination: FC<{ feed: FeedDocument; words: Words }> = ({ feed, words }) => {
  const { channel, archivePosition = {} } = feed
  const { page, older, newer } = archivePosition
  if (page === undefined && older === undefined) return null
  const getPath = (number?: number): string =>
    number === undefined ? channelPath(channel) : archivePath(channel, number, '')
  return (
    <nav
      class="turn"
      aria-label={words.archivePage}
      {...getLanguageAttributes(words, feed.language)}
    >
      {page !== undefined && (
        <a href={getPath(newer)} rel={newer === undefined ? undefined : 'next'}>
          {newer === undefined ? words.latest : words.newer}
        </a>
      )}
      {older !== undefined && (
        <a href={getPath(older)} rel="prev">
          {words.older}
        </a>
      )}
    </nav>
  )
}

const Story: FC<{ entry: FeedEntry }> = ({ entry }) => (
  <li lang={entry.language} dir={getDirection(entry.language)}>
    <h2>
      <a href={entry.url}>{entry.title}</a>
    </h2>
    <p>{entry.summary}</p>
    <p class="meta">
      <Time seconds={entry.published} language={getWords(entry.language).language} dateOnly />
      {entry.shortUrl !== undefined && (
        <>
          {' · '}
          <a href={entry.shortUrl} dir="ltr" lang="en">
            {entry.shortUrl.replace(/^https?:\/\//, '')}
          </a>
        </>
      )}
    </p>
  </li>
)

/** Shows the corrections of an article below its headline, latest first. */
const CorrectedStory: FC<{ entry: FeedEntry }> = ({ entry }) => (
  <li lang={entry.language} dir={getDirection(entry.language)}>
    <h2>
      <a href={entry.url}>{entry.title}</a>
    </h2>
    <Corrections corrections={entry.corrections.toReversed()} language={entry.language} />
  </li>
)

const Subscribe: FC<{ feed: FeedDocument; publication: Publication; words: Words }> = (props) => {
  const { feed, publication, words } = props
  return (
    <section class="feeds">
      <h2 {...getLanguageAttributes(words, feed.language)}>{words.subscribe}</h2>
      <dl>
        <FeedAddresses channel={feed.channel} publication={publication} words={words} />
      </dl>
    </section>
  )
}
