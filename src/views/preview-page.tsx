/**
 * Renders the preview of a short link. People can read there where the link leads, and what is
 * stored about it, before they follow it.
 */
import type { FC } from 'hono/jsx'
import type { ArticleFacts } from '../feeds/article-json.ts'
import type { Publication } from '../model/publication.ts'
import { previewJsonUrl, previewUrl, qrCodePath, shortLink } from '../model/urls.ts'
import { getDirection, getLanguageName } from '../text/language.ts'
import { Corrections, Time } from './article-page.tsx'
import { renderPage, SelectableAddress } from './layout.tsx'
import { OpenGraph } from './open-graph.tsx'
import { getLanguageAttributes, getWords, type Words } from './words.ts'

/**
 * What a preview shows of a live link. The link of an article has the facts of `article`. A link to
 * a page may have a title, the time when it was created (`made`), and the time when it expires
 * (`until`). Times are in seconds.
 */
export type Preview = {
  code: string
  url: string
  article?: Extract<ArticleFacts, { status: 'public' }>
  title?: string
  made?: number
  until?: number
}

/**
 * Renders the preview in the language of the article. The language of a linked page is unknown, so
 * its preview is in the publication's language. Without a title, the address is the heading.
 */
export function renderPreviewPage(preview: Preview, publication: Publication): string {
  const { code, url, article } = preview
  const language = article?.language ?? publication.language
  const words = getWords(language)
  const title = article?.title ?? preview.title
  const languageAttributes = getLanguageAttributes(words, language)
  const heading = `${title ?? url} · ${publication.title}`
  return renderPage(
    {
      publication,
      title: heading,
      language,
      head: (
        <>
          <meta name="robots" content="noindex" />
          <OpenGraph
            {...{ publication, language }}
            title={heading}
            url={previewUrl(publication, code)}
            description={url}
          />
          <link rel="alternate" type="application/json" href={previewJsonUrl(publication, code)} />
        </>
      ),
    },
    <article class="preview">
      <p class="kicker" {...languageAttributes}>
        {words.destination}
      </p>
      <h1 {...(article ? {} : { dir: 'auto' })}>{title ?? <Address url={url} />}</h1>
      {title !== undefined && (
        <p class="where">
          <Address url={url} />
        </p>
      )}
      <Facts preview={preview} words={words} language={language} />
      {article && article.corrections.length > 0 && (
        <section class="corrections" aria-labelledby="corrections">
          <h2 id="corrections" {...languageAttributes}>
            {article.corrections.length > 1 ? words.corrections : words.correction}
          </h2>
          <Corrections corrections={article.corrections} language={language} />
        </section>
      )}
      <p class="on" {...languageAttributes}>
        <a href={url}>{words.followLink}</a>
      </p>
      <div class="keep">
        <p {...languageAttributes}>
          {words.shortLink}: {words.selectToCopy}
        </p>
        <SelectableAddress address={shortLink(publication, code)} />
        <img
          class="qr"
          src={qrCodePath(code)}
          width="200"
          height="200"
          alt={`${words.qrCode}: ${shortLink(publication, code)}`}
        />
      </div>
    </article>,
  )
}

/** Shows an address and emphasises its host, because the host shows who owns the page. */
const Address: FC<{ url: string }> = ({ url }) => {
  const [, scheme = '', host = '', rest = ''] = /^(https?:\/\/)?([^/?#]*)(.*)$/s.exec(url) ?? []
  return (
    <span class="address" dir="ltr" lang="en">
      {scheme}
      <strong>{host}</strong>
      {rest}
    </span>
  )
}

const Facts: FC<{ preview: Preview; words: Words; language: string }> = (props) => {
  const { preview, words, language } = props
  const { article, made, until } = preview
  const times = [
    { term: words.published, seconds: article?.published },
    {
      term: words.updated,
      seconds: article && article.updated > article.published ? article.updated : undefined,
    },
    { term: words.created, seconds: made },
    { term: words.expires, seconds: until },
  ]
  return (
    <dl class="facts" {...getLanguageAttributes(words, language)}>
      {article?.section !== undefined && (
        <>
          <dt>{words.section}</dt>
          <dd lang={article.language} dir={getDirection(article.language)}>
            {article.section}
          </dd>
        </>
      )}
      {times.map(
        ({ term, seconds }) =>
          seconds !== undefined && (
            <>
              <dt>{term}</dt>
              <dd>
                <Time seconds={seconds} language={words.language} />
              </dd>
            </>
          ),
      )}
      {article && (
        <>
          <dt>{words.storyLanguage}</dt>
          <dd>
            <bdi lang={article.language}>{getLanguageName(article.language)}</bdi>
          </dd>
        </>
      )}
    </dl>
  )
}
