/** Pages of one sentence: unknown, withdrawn, failed, and explanations of the API's problems. */
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
 * Says that the article was withdrawn, when, and because of which demand, and nothing of the story.
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

/** `near`: short links with similar codes. `when`: the time of the withdrawal in seconds. */
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
 * Says what is blocked for legal reasons (RFC 7725 section 3); `why` has the newsroom's own words.
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
