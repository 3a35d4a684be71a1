/**
 * The article's page (rules, group 10): what a person reads, and what previewers and search engines
 * read in it.
 */
import { raw } from 'hono/html'
import type { FC } from 'hono/jsx'
import { fullText, titleOf } from '../feeds/entry.ts'
import type { Article, Correction } from '../model/article.ts'
import { type Channel, channelsOf } from '../model/channel.ts'
import type { Publication } from '../model/publication.ts'
import { canonicalUrl, channelPath, shortLink } from '../model/urls.ts'
import { formatTime, longDate, longTime } from '../text/time.ts'
import { Copyable, renderPage } from './layout.tsx'
import { linkedData, MetaTags } from './metadata.tsx'
import { saidIn, type Words, wordsIn } from './words.ts'

type Shown = { article: Article; publication: Publication; words: Words }

export function renderArticlePage(article: Article, publication: Publication): string {
  const { story } = article
  const url = canonicalUrl(publication, article)
  const shown = { article, publication, words: wordsIn(story.language) }
  const frame = {
    publication,
    title: `${story.title} · ${publication.title}`,
    language: story.language,
    channels: nearestChannels(article, publication),
    head: <MetaTags article={article} publication={publication} />,
  }
  return renderPage(
    frame,
    <article>
      <Kicker {...shown} />
      <h1>{story.title}</h1>
      {story.summary.length > 0 && (
        <ul class="points">
          {story.summary.map((point) => (
            <li>{point}</li>
          ))}
        </ul>
      )}
      <Byline {...shown} />
      {article.corrections.length > 0 && (
        <section class="corrections" aria-labelledby="corrections">
          <h2 id="corrections" {...saidIn(shown.words, story.language)}>
            {article.corrections.length > 1 ? shown.words.corrections : shown.words.correction}
          </h2>
          <Corrections corrections={article.corrections} language={story.language} />
        </section>
      )}
      <Picture {...shown} />
      <div class="text">{raw(fullText(article, url, publication))}</div>
      <div class="keep">
        <p {...saidIn(shown.words, story.language)}>
          {shown.words.shortLink}: {shown.words.selectToCopy}
        </p>
        <Copyable address={shortLink(publication, article.code)} />
      </div>
      <More {...shown} />
      {raw(linkedData(article, publication))}
    </article>,
  )
}

/** The section's feeds first, then the tags'; languages and authors are found on their pages. */
function nearestChannels(article: Article, publication: Publication) {
  return channelsOf(article.story)
    .filter(({ channel }) => channel.kind === 'section' || channel.kind === 'tag')
    .slice(0, 4)
    .map(({ channel, title }) => ({ channel, title: titleOf(channel, title, publication) }))
}

const pathOf = (article: Article, kind: Channel['kind']): { path: string; title: string }[] =>
  channelsOf(article.story)
    .filter(({ channel }) => channel.kind === kind)
    .map(({ channel, title }) => ({ path: channelPath(channel), title }))

const Kicker: FC<Shown> = ({ article }) => (
  <>
    {pathOf(article, 'section').map(({ path, title }) => (
      <p class="kicker">
        <a href={path}>{title}</a>
      </p>
    ))}
  </>
)

const Byline: FC<Shown> = ({ article, words }) => {
  const authors = pathOf(article, 'author')
  return (
    <div class="byline" {...saidIn(words, article.story.language)}>
      {authors.length > 0 && (
        <p>
          {words.by}{' '}
          {authors.map(({ path, title }, index) => (
            <>
              {index > 0 && ', '}
              <a class="who" href={path} rel="author">
                <bdi>{title}</bdi>
              </a>
            </>
          ))}
        </p>
      )}
      <p>
        {words.published} <Time seconds={article.published} language={words.language} />
        {article.updated > article.published && (
          <>
            {' · '}
            {words.updated} <Time seconds={article.updated} language={words.language} />
          </>
        )}
      </p>
    </div>
  )
}

const Picture: FC<Shown> = ({ article, publication, words }) => {
  const { image } = article.story
  if (!image) return null
  return (
    <figure>
      <img
        src={new URL(image.url, publication.siteUrl).href}
        alt={image.alt}
        width={image.width}
        height={image.height}
      />
      {image.credit !== undefined && (
        <figcaption {...saidIn(words, article.story.language)}>
          {words.picture}: <bdi>{image.credit}</bdi>
        </figcaption>
      )}
    </figure>
  )
}

const More: FC<Shown> = ({ article, words }) => {
  const channels = [...pathOf(article, 'place'), ...pathOf(article, 'tag')]
  if (channels.length === 0) return null
  return (
    <nav aria-label={words.more}>
      <ul class="more">
        {channels.map(({ path, title }) => (
          <li>
            <a href={path}>
              <bdi>{title}</bdi>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** What was wrong and what is right, each with its time; `language` is that of the story. */
export const Corrections: FC<{ corrections: Correction[]; language: string }> = (props) => {
  const { corrections, language } = props
  const words = wordsIn(language)
  return (
    <ul class="stated">
      {corrections.map(({ at, text }) => (
        <li>
          <p>{text}</p>
          <p class="meta" {...saidIn(words, language)}>
            <Time seconds={at} language={words.language} />
          </p>
        </li>
      ))}
    </ul>
  )
}

/** Written for people in the page's words, for machines in UTC; always with its zone. */
export const Time: FC<{ seconds: number; language: string; dateOnly?: boolean }> = (props) => {
  const { seconds, language, dateOnly = false } = props
  return (
    <time datetime={formatTime(seconds)}>
      <bdi>{(dateOnly ? longDate : longTime)(seconds, language)}</bdi>
    </time>
  )
}
