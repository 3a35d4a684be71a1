/**
 * Renders pages with a short notice in English: that something does not exist, was withdrawn or has
 * failed. Also renders the pages that explain problem types of the API (RFC 9457 §3.1.1).
 */
import type { Child, FC } from 'hono/jsx'
import type { SimilarCode } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { FRONT_PATH } from '../model/urls.ts'
import { Time } from './article-page.tsx'
import { renderPage } from './layout.tsx'
import { OpenGraph } from './open-graph.tsx'
import { SimilarCodes } from './similar-codes.tsx'
import { getWords } from './words.ts'

type Withdrawal = { when?: number; legal?: string }

/**
 * Renders the page of a withdrawn article. The page shows when the article was withdrawn, and which
 * legal demand was the reason if there was one. It shows nothing of the story.
 */
export const renderWithdrawnPage = (publication: Publication, withdrawal: Withdrawal): string =>
  withdrawal.legal === undefined
    ? renderNotice(
        publication,
        'Withdrawn article',
        'The newsroom took this article back. Its address will not be used for another.',
        withdrawal,
      )
    : renderLegalNotice(publication, withdrawal.legal, withdrawal.when)

/**
 * Renders a notice of one sentence. `when` is the time of a withdrawal, in seconds. `url` is the
 * address of a notice that is a page of its own, and not the response to a failure.
 */
export const renderNotice = (
  publication: Publication,
  title: string,
  sentence: string,
  {
    similarCodes = [],
    when: withdrawnAt,
    url,
  }: {
    similarCodes?: readonly SimilarCode[]
    when?: number | undefined
    url?: string
  } = {},
): string =>
  renderNoticePage(
    publication,
    title,
    <>
      <p>{sentence}</p>
      {withdrawnAt !== undefined && <WithdrawnAt seconds={withdrawnAt} />}
      {similarCodes.length > 0 && <SimilarCodes codes={similarCodes} />}
    </>,
    url !== undefined && (
      <OpenGraph {...{ publication, title, url, description: sentence, language: 'en' }} />
    ),
  )

/**
 * Renders the notice of a withdrawal for legal reasons, which has to explain the demand (RFC 7725
 * §3). `explanation` is the newsroom's explanation in any language. `withdrawnAt` is in seconds.
 */
export const renderLegalNotice = (
  publication: Publication,
  explanation: string,
  withdrawnAt?: number,
): string =>
  renderNoticePage(
    publication,
    'Unavailable for legal reasons',
    <>
      <p>
        The newsroom had to take this back. Its address will not be used for another. What the
        newsroom says of it:
      </p>
      <blockquote dir="auto">{explanation}</blockquote>
      {withdrawnAt !== undefined && <WithdrawnAt seconds={withdrawnAt} />}
    </>,
  )

const WithdrawnAt: FC<{ seconds: number }> = ({ seconds }) => (
  <p>
    Withdrawn: <Time seconds={seconds} language="en" />
  </p>
)

const renderNoticePage = (
  publication: Publication,
  title: string,
  content: Child,
  metadata: Child = false,
): string =>
  renderPage(
    {
      publication,
      title: `${title} · ${publication.title}`,
      language: 'en',
      head: (
        <>
          <meta name="robots" content="noindex" />
          {metadata}
        </>
      ),
    },
    <>
      <h1>{title}</h1>
      {content}
      <p>
        <a href={FRONT_PATH}>{getWords('en').home}</a>
      </p>
    </>,
  )
