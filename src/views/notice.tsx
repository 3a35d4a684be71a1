/** Pages of one sentence: unknown, withdrawn, failed, and what a problem of the API means. */
import type { Child, FC } from 'hono/jsx'
import type { SimilarCode } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { FRONT_PATH } from '../model/urls.ts'
import { Time } from './article-page.tsx'
import { renderPage } from './layout.tsx'
import { SimilarCodes } from './similar-codes.tsx'
import { getWords } from './words.ts'

type Withdrawal = { when?: number; legal?: string }

/**
 * Says plainly that it was withdrawn, when, and on which demand, and nothing of the story (rule
 * T-09).
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
 * `near`: short links that may have been meant. `when`: since what was here is gone, in seconds.
 */
export const renderNotice = (
  publication: Publication,
  title: string,
  sentence: string,
  {
    near: similarCodes = [],
    when: withdrawnAt,
  }: { near?: readonly SimilarCode[]; when?: number | undefined } = {},
): string =>
  renderNoticePage(
    publication,
    title,
    <>
      <p>{sentence}</p>
      {withdrawnAt !== undefined && <WithdrawnAt seconds={withdrawnAt} />}
      {similarCodes.length > 0 && <SimilarCodes codes={similarCodes} />}
    </>,
  )

/**
 * What is not shown for legal reasons, and which (RFC 7725 section 3): `why` in the newsroom's own
 * words and language.
 */
export const renderLegalNotice = (
  publication: Publication,
  why: string,
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
      <blockquote dir="auto">{why}</blockquote>
      {withdrawnAt !== undefined && <WithdrawnAt seconds={withdrawnAt} />}
    </>,
  )

const WithdrawnAt: FC<{ seconds: number }> = ({ seconds: when }) => (
  <p>
    Withdrawn: <Time seconds={when} language="en" />
  </p>
)

const renderNoticePage = (publication: Publication, title: string, content: Child): string =>
  renderPage(
    {
      publication,
      title: `${title} · ${publication.title}`,
      language: 'en',
      head: <meta name="robots" content="noindex" />,
    },
    <>
      <h1>{title}</h1>
      {content}
      <p>
        <a href={FRONT_PATH}>{getWords('en').home}</a>
      </p>
    </>,
  )
