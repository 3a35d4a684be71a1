/** A channel's page: what is out, newest first, and the feeds to subscribe to. The front page is the channel of all. */
import type { FC } from 'hono/jsx'
import type { Entry, FeedDocument } from '../feeds/entry.ts'
import { feedLinks } from '../feeds/formats.ts'
import { directionOf } from '../language.ts'
import type { Publication } from '../publication.ts'
import { Corrections, Time } from './article-page.tsx'
import { Copyable, renderPage } from './layout.tsx'
import { saidIn, type Words, wordsIn } from './words.ts'

export function renderChannelPage(feed: FeedDocument, publication: Publication): string {
  const words = wordsIn(feed.language)
  const whole = feed.channel.kind === 'all'
  const corrected = feed.channel.kind === 'corrections'
  return renderPage(
    {
      publication,
      title: feed.title,
      language: feed.language,
      ...(!whole && { channels: [{ channel: feed.channel, title: feed.title }] }),
      head: (
        <>
          <link rel="canonical" href={feed.pageUrl} />
          <meta name="description" content={feed.description} />
        </>
      ),
    },
    <>
      <h1 class={whole ? 'latest' : undefined}>
        {whole ? (
          <span {...saidIn(words, feed.language)}>{words.latest}</span>
        ) : (
          <bdi {...(corrected && saidIn(words, feed.language))}>{feed.name}</bdi>
        )}
      </h1>
      <ol class="stories">
        {feed.entries.map((entry) =>
          corrected ? <Corrected entry={entry} /> : <Story entry={entry} />,
        )}
      </ol>
      {feed.entries.length === 0 && <p {...saidIn(words, feed.language)}>{words.nothing}</p>}
      <Subscribe feed={feed} publication={publication} words={words} />
    </>,
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
        {feedLinks(feed.channel, publication).map(({ format, url }) => (
          <>
            <dt>
              <a href={url} type={format.mediaType} dir="ltr" lang="en">
                {format.title}
              </a>
            </dt>
            <dd>
              <Copyable address={url} label={words.selectToCopy} />
            </dd>
          </>
        ))}
      </dl>
    </section>
  )
}
