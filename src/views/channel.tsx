/** A channel's page: what is out, newest first. The front page is the channel of everything. */
import type { Channel } from '../channel.ts'
import type { FeedDocument } from '../feeds/entry.ts'
import { feedLinks } from '../feeds/formats.ts'
import { directionOf } from '../language.ts'
import type { Publication } from '../publication.ts'
import { formatTime } from '../time.ts'
import { renderPage } from './layout.tsx'

export function renderChannelPage(feed: FeedDocument, publication: Publication): string {
  return renderPage(
    {
      publication,
      title: feed.title,
      language: feed.language,
      channel: feed.channel,
      head: <Head feed={feed} />,
    },
    <>
      <h1>{feed.channel.kind === 'all' ? feed.description : feed.title}</h1>
      <Feeds channel={feed.channel} publication={publication} />
      <ol class="stories">
        {feed.entries.map((entry) => (
          <li lang={entry.language} dir={directionOf(entry.language)}>
            <h2>
              <a href={entry.url}>{entry.title}</a>
            </h2>
            <p>{entry.summary}</p>
            <p class="about">
              <time datetime={formatTime(entry.published)} dir="ltr">
                {formatTime(entry.published).slice(0, 10)}
              </time>
              {' · '}
              <a href={entry.shortUrl} dir="ltr">
                {entry.shortUrl.replace(/^https?:\/\//, '')}
              </a>
            </p>
          </li>
        ))}
      </ol>
      {feed.entries.length === 0 && <p>Nothing is out here at present.</p>}
    </>,
  )
}

const Head = ({ feed }: { feed: FeedDocument }) => (
  <>
    <link rel="canonical" href={feed.pageUrl} />
    <meta name="description" content={feed.description} />
  </>
)

const Feeds = ({ channel, publication }: { channel: Channel; publication: Publication }) => (
  <p class="about" lang="en" dir="ltr">
    {feedLinks(channel, publication).map(({ format, url }, index) => (
      <>
        {index > 0 && ' · '}
        <a href={url}>{format.title}</a>
      </>
    ))}
  </p>
)
