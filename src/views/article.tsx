/** The article's page, and the notice that stands where a withdrawn one was. */
import { raw } from 'hono/html'
import type { Article } from '../article.ts'
import { fullText } from '../feeds/entry.ts'
import type { Publication } from '../publication.ts'
import { formatTime } from '../time.ts'
import { canonicalUrl, shortLink } from '../urls.ts'
import { renderPage } from './layout.tsx'

export function renderArticlePage(article: Article, publication: Publication): string {
  const { story } = article
  const url = canonicalUrl(publication, article)
  const short = shortLink(publication, article.code)
  const image = story.image && new URL(story.image.url, publication.siteUrl).href
  const summary = story.summary.join(' ') || story.excerpt
  const head = (
    <>
      <link rel="canonical" href={url} />
      <link rel="shortlink" href={short} />
      <meta name="description" content={summary} />
      <meta name="robots" content="max-image-preview:large" />
      <meta property="og:type" content="article" />
      <meta property="og:title" content={story.title} />
      <meta property="og:url" content={url} />
      <meta property="og:description" content={summary} />
      <meta property="og:site_name" content={publication.title} />
      {image && <meta property="og:image" content={image} />}
    </>
  )
  const frame = {
    publication,
    title: `${story.title} · ${publication.title}`,
    language: story.language,
    head,
  }
  return renderPage(
    frame,
    <article>
      <h1>{story.title}</h1>
      {story.summary.length > 0 && (
        <ul class="summary">
          {story.summary.map((point) => (
            <li>{point}</li>
          ))}
        </ul>
      )}
      <p class="about">
        {story.authors.length > 0 && (
          <>
            <bdi>{story.authors.map(({ name }) => name).join(', ')}</bdi>
            {' · '}
          </>
        )}
        <Time seconds={article.published} />
        {article.updated > article.published && (
          <>
            {' · ↻ '}
            <Time seconds={article.updated} />
          </>
        )}
      </p>
      {story.image && image && (
        <figure>
          <img
            src={image}
            alt={story.image.alt}
            width={story.image.width}
            height={story.image.height}
          />
          {story.image.credit && <figcaption>{story.image.credit}</figcaption>}
        </figure>
      )}
      {raw(fullText(article, url, publication))}
      <p class="about">
        <a href={short} dir="ltr">
          {short.replace(/^https?:\/\//, '')}
        </a>
      </p>
    </article>,
  )
}

const Time = ({ seconds }: { seconds: number }) => (
  <time datetime={formatTime(seconds)} dir="ltr">
    {formatTime(seconds)
      .replace('T', ' ')
      .replace(/:\d\dZ$/, ' UTC')}
  </time>
)

/** Says plainly that it was withdrawn, and nothing of the story (RULES T-09). */
export const renderWithdrawnPage = (publication: Publication): string =>
  renderNotice(
    publication,
    'Withdrawn article',
    'The newsroom took this article back. Its address will not be used for another.',
  )

/** A page of one sentence: unknown, withdrawn, failed. */
export const renderNotice = (publication: Publication, title: string, sentence: string): string =>
  renderPage(
    {
      publication,
      title: `${title} · ${publication.title}`,
      language: 'en',
      head: <meta name="robots" content="noindex" />,
    },
    <>
      <h1>{title}</h1>
      <p>{sentence}</p>
      <p>
        <a href="/">{publication.title}</a>
      </p>
    </>,
  )
