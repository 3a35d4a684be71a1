/**
 * Renders the page of an article. People see its text, picture, corrections and short link. Link
 * previews and search engines read its metadata (`metadata.tsx`).
 */
import { raw } from 'hono/html'
import type { FC } from 'hono/jsx'
import { formatChannelTitle, renderFullText } from '../feeds/entry.ts'
import type { Article, Correction } from '../model/article.ts'
import { type Channel, listArticleChannels } from '../model/channel.ts'
import type { Publication } from '../model/publication.ts'
import { canonicalUrl, channelPath, shortLink } from '../model/urls.ts'
import { formatLongDate, formatLongTime, formatTime } from '../text/time.ts'
import { renderPage, SelectableAddress } from './layout.tsx'
import { MetaTags, renderLinkedData } from './metadata.tsx'
import { getLanguageAttributes, getWords, type Words } from './words.ts'

type ArticlePageProps = { article: Article; publication: Publication; words: Words }

export function renderArticlePage(article: Article, publication: Publication): string {
  const { story } = article
  const url = canonicalUrl(publication, article)
  const props = { article, publication, words: getWords(story.language) }
  const frame = {
    publication,
    title: `${story.title} · ${publication.title}`,
    language: story.language,
    channels: listFeedChannels(article, publication),
    head: <MetaTags article={article} publication={publication} />,
  }
  return renderPage(
    frame,
    <article>
      <Kicker {...props} />
      <h1>{story.title}</h1>
      {story.summary.length > 0 && (
        <ul class="points">
          {story.summary.map((point) => (
            <li>{point}</li>
          ))}
        </ul>
      )}
      <Byline {...props} />
      {article.corrections.length > 0 && (
        <section class="corrections" aria-labelledby="corrections">
          <h2 id="corrections" {...getLanguageAttributes(props.words, story.language)}>
            {article.corrections.length > 1 ? props.words.corrections : props.words.correction}
          </h2>
          <Corrections corrections={article.corrections} language={story.language} />
        </section>
      )}
      <Picture {...props} />
      <div class="text">{raw(renderFullText(article, url, publication))}</div>
      <div class="keep">
        <p {...getLanguageAttributes(props.words, story.language)}>
          {props.words.shortLink}: {props.words.selectToCopy}
        </p>
        <SelectableAddress address={shortLink(publication, article.code)} />
      </div>
      <RelatedChannels {...props} />
      {raw(renderLinkedData(article, publication))}
    </article>,
  )
}

/**
 * Lists at most four channels whose feeds the page announces: the section, then the tags. Authors
 * and languages have their own pages, which announce their feeds.
 */
function listFeedChannels(article: Article, publication: Publication) {
  return listArticleChannels(article.story)
    .filter(({ channel }) => channel.kind === 'section' || channel.kind === 'tag')
    .slice(0, 4)
    .map(({ channel, title }) => ({
      channel,
      title: formatChannelTitle(channel, title, publication),
    }))
}

const listChannelLinks = (
  article: Article,
  kind: Channel['kind'],
): { path: string; title: string }[] =>
  listArticleChannels(article.story)
    .filter(({ channel }) => channel.kind === kind)
    .map(({ channel, title }) => ({ path: channelPath(channel), title }))

const Kicker: FC<ArticlePageProps> = ({ article }) => (
  <>
    {listChannelLinks(article, 'section').map(({ path, title }) => (
      <p class="kicker">
        <a href={path}>{title}</a>
      </p>
    ))}
  </>
)

const Byline: FC<ArticlePageProps> = ({ article, words }) => {
  const authors = listChannelLinks(article, 'author')
  return (
    <div class="byline" {...getLanguageAttributes(words, article.story.language)}>
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

const Picture: FC<ArticlePageProps> = ({ article, publication, words }) => {
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
        <figcaption {...getLanguageAttributes(words, article.story.language)}>
          {words.picture}: <bdi>{image.credit}</bdi>
        </figcaption>
      )}
    </figure>
  )
}

const RelatedChannels: FC<ArticlePageProps> = ({ article, words }) => {
  const channels = [...listChannelLinks(article, 'place'), ...listChannelLinks(article, 'tag')]
  if (channels.length === 0) return null
  return (
    <nav aria-label={words.moreOnThis}>
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

/** Shows each correction with its time. `language` is the language of the story. */
export const Corrections: FC<{ corrections: Correction[]; language: string }> = (props) => {
  const { corrections, language } = props
  const words = getWords(language)
  return (
    <ul class="stated">
      {corrections.map(({ at, text }) => (
        <li>
          <p>{text}</p>
          <p class="meta" {...getLanguageAttributes(words, language)}>
            <Time seconds={at} language={words.language} />
          </p>
        </li>
      ))}
    </ul>
  )
}

/**
 * Shows a time to people in `language`, and to programs in UTC (RFC 3339). `seconds` counts from
 * 1970.
 */
export const Time: FC<{ seconds: number; language: string; dateOnly?: boolean }> = (props) => {
  const { seconds, language, dateOnly = false } = props
  return (
    <time datetime={formatTime(seconds)}>
      <bdi>{(dateOnly ? formatLongDate : formatLongTime)(seconds, language)}</bdi>
    </time>
  )
}
