/**
 * Renders the metadata of an article's page for link previews and search engines: canonical link,
 * short link, Open Graph, Twitter cards, and a NewsArticle of schema.org as JSON-LD. It contains
 * only facts that the page also shows.
 */
import type { FC } from 'hono/jsx'
import type { Article } from '../model/article.ts'
import { type Channel, slugify } from '../model/channel.ts'
import type { Publication } from '../model/publication.ts'
import { canonicalUrl, channelPath, pageUrl, shortLink } from '../model/urls.ts'
import { formatTime } from '../text/time.ts'
import { OpenGraph } from './open-graph.tsx'

type ArticleProps = { article: Article; publication: Publication }

export const getDescription = (article: Article): string =>
  article.story.summary.join(' ') || article.story.excerpt || article.story.title

export const MetaTags: FC<ArticleProps> = ({ article, publication }) => {
  const { story } = article
  const url = canonicalUrl(publication, article)
  const description = getDescription(article)
  return (
    <>
      <link rel="canonical" href={url} />
      <link rel="shortlink" href={shortLink(publication, article.code)} />
      <meta name="description" content={description} />
      <meta name="robots" content="max-image-preview:large" />
      <OpenGraph
        publication={publication}
        title={story.title}
        url={url}
        description={description}
        language={story.language}
        type="article"
        hasImage={story.image !== undefined}
      />
      <ImageTags article={article} publication={publication} />
      <meta property="article:published_time" content={formatTime(article.published)} />
      <meta property="article:modified_time" content={formatTime(article.updated)} />
      {story.section !== undefined && <meta property="article:section" content={story.section} />}
      {story.authors.map((author) => (
        <meta property="article:author" content={getAuthorUrl(author, publication)} />
      ))}
      {story.tags.map((tag) => (
        <meta property="article:tag" content={tag} />
      ))}
      <meta name="twitter:card" content={story.image ? 'summary_large_image' : 'summary'} />
    </>
  )
}

const ImageTags: FC<ArticleProps> = ({ article, publication }) => {
  const { image } = article.story
  if (!image) return null
  return (
    <>
      <meta property="og:image" content={new URL(image.url, publication.siteUrl).href} />
      <meta property="og:image:alt" content={image.alt} />
      {image.type !== undefined && <meta property="og:image:type" content={image.type} />}
      {image.width !== undefined && (
        <meta property="og:image:width" content={String(image.width)} />
      )}
      {image.height !== undefined && (
        <meta property="og:image:height" content={String(image.height)} />
      )}
    </>
  )
}

/**
 * Returns the address of the author in the manuscript. Without one, returns the page of the
 * author's channel.
 */
function getAuthorUrl(author: { name: string; url?: string }, publication: Publication): string {
  const channel: Channel = { kind: 'author', slug: slugify(author.name) }
  return author.url ?? pageUrl(publication, channelPath(channel))
}

/**
 * Renders the JSON-LD block. Every `<` is escaped, because otherwise a headline could close the
 * script element.
 */
export function renderLinkedData(article: Article, publication: Publication): string {
  const { story } = article
  const url = canonicalUrl(publication, article)
  const data = {
    '@context': 'https://schema.org',
    '@type': 'NewsArticle',
    '@id': url,
    mainEntityOfPage: url,
    url,
    headline: story.title,
    description: getDescription(article),
    datePublished: formatTime(article.published),
    dateModified: formatTime(article.updated),
    inLanguage: story.language,
    isAccessibleForFree: true,
    articleSection: story.section,
    keywords: story.tags.length > 0 ? story.tags : undefined,
    dateline: story.dateline,
    correction:
      article.corrections.length > 0
        ? article.corrections.map(({ at, text }) => ({
            '@type': 'CorrectionComment',
            text,
            datePublished: formatTime(at),
          }))
        : undefined,
    image: story.image && [new URL(story.image.url, publication.siteUrl).href],
    author: story.authors.map((author) => ({
      '@type': 'Person',
      name: author.name,
      url: getAuthorUrl(author, publication),
    })),
    publisher: {
      '@type': 'NewsMediaOrganization',
      name: publication.publisher,
      url: pageUrl(publication, '/'),
      logo: publication.logoUrl && { '@type': 'ImageObject', url: publication.logoUrl },
    },
  }
  return `<script type="application/ld+json">${JSON.stringify(data).replace(/</g, '\\u003c')}</script>`
}
