/**
 * A channel's page: what is out, newest first, and the feeds to subscribe to. The front page is the
 * channel of all. A page of its archive looks alike and says which it is.
 */
import type { FC } from 'hono/jsx'
import type { Entry, FeedDocument } from '../feeds/entry.ts'
import { addressOf } from '../feeds/formats.ts'
import type { Publication } from '../model/publication.ts'
import { archivePath, channelPath } from '../model/urls.ts'
import { directionOf } from '../text/language.ts'
import { Corrections, Time } from './article-page.tsx'
import { FeedAddresses, renderPage } from './layout.tsx'
import { saidIn, type Words, wordsIn } from './words.ts'

export function renderChannelPage(feed: FeedDocument, publication: Publication): string {
  const words = wordsIn(feed.language)
  const whole = feed.channel.kind === 'all'
  const { page } = feed.past ?? {}
  const which = page === undefined ? undefined : `${words.archivePage} ${inFigures(page, words)}`
  const corrected = feed.channel.kind === 'corrections'
  return renderPage(
    {
      publication,
      title: which === undefined ? feed.title : `${which} · ${feed.title}`,
      language: feed.language,
      ...(!whole && { channels: [{ channel: feed.channel, title: feed.title }] }),
      head: (
        <>
          <link rel="canonical" href={addressOf(feed.channel, publication, '', feed.past?.page)} />
          <Series feed={feed} publication={publication} />
          <meta name="description" content={feed.description} />
        </>
      ),
    },
    <>
      <h1 class={whole ? 'latest' : undefined}>
        {whole ? (
          <span {...saidIn(words, feed.language)}>{which ?? words.latest}</span>
        ) : (
          <bdi {...(corrected && saidIn(words, feed.language))}>{feed.name}</bdi>
        )}
      </h1>
      {!whole && which !== undefined && (
        <p class="page" {...saidIn(words, feed.language)}>
          {which}
        </p>
      )}
      <ol class="stories">
        {feed.entries.map((entry) =>
          corrected ? <Corrected entry={entry} /> : <Story entry={entry} />,
        )}
      </ol>
      {feed.entries.length === 0 && <p {...saidIn(words, feed.language)}>{words.nothing}</p>}
      <Turn feed={feed} words={words} />
      <Subscribe feed={feed} publication={publication} words={words} />
    </>,
  )
}

const inFigures = (page: number, words: Words): string =>
  new Intl.NumberFormat(words.language, { useGrouping: false }).format(page)

/** Archive pages are a series in the order of time, numbered from the oldest. */
const Series: FC<{ feed: FeedDocument; publication: Publication }> = ({ feed, publication }) => {
  const { page, older, newer } = feed.past ?? {}
  if (page === undefined) return null
  const url = (number: number): string => addressOf(feed.channel, publication, '', number)
  return (
    <>
      {older !== undefined && <link rel="prev" href={url(older)} />}
      {newer !== undefined && <link rel="next" href={url(newer)} />}
    </>
  )
}

/**
 * To the pages beside this one; what is newer than the newest archive page stands on the channel's
 * own.
 */
const Turn: FC<{ feed: FeedDocument; words: Words }> = ({ feed, words }) => {
  const { channel, past = {} } = feed
  const { page, older, newer } = past
  if (page === undefined && older === undefined) return null
  const path = (number?: number): string =>
    number === undefined ? channelPath(channel) : archivePath(channel, number, '')
  return (
    <nav class="turn" aria-label={words.archivePage} {...saidIn(words, feed.language)}>
      {page !== undefined && (
        <a href={path(newer)} rel={newer === undefined ? undefined : 'next'}>
          {newer === undefined ? words.latest : words.newer}
        </a>
      )}
      {older !== undefined && (
        <a href={path(older)} rel="prev">
          {words.older}
        </a>
      )}
    </nav>
  )
}

const Story: FC<{ entry: Entry }> = ({ entry }) => (
  <li lang={entry.language} dir={directionOf(entry.language)}>
    <h2>
      <a href={entry.url}>{entry.title}</a>
    </h2>
    <p>{entry.summary}</p>
    <p class="meta">
      <Time seconds={entry.published} language={wordsIn(entry.language).language} dateOnly />
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

/** Under the headline what was wrong and what is right, the last first. */
const Corrected: FC<{ entry: Entry }> = ({ entry }) => (
  <li lang={entry.language} dir={directionOf(entry.language)}>
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
      <h2 {...saidIn(words, feed.language)}>{words.subscribe}</h2>
      <dl>
        <FeedAddresses channel={feed.channel} publication={publication} words={words} />
      </dl>
    </section>
  )
}
