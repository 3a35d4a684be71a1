/** Pages of one sentence: unknown, withdrawn, failed, and what a problem of the API means. */
import type { Child } from 'hono/jsx'
import type { NearCode } from '../failure.ts'
import type { Publication } from '../publication.ts'
import { FRONT_PATH } from '../urls.ts'
import { renderPage } from './layout.tsx'
import { NearCodes } from './near-codes.tsx'
import { wordsIn } from './words.ts'

/** Says plainly that it was withdrawn, and nothing of the story (RULES T-09); `legal`: on which demand. */
export const renderWithdrawnPage = (publication: Publication, legal?: string): string =>
  legal === undefined
    ? renderNotice(
        publication,
        'Withdrawn article',
        'The newsroom took this article back. Its address will not be used for another.',
      )
    : renderLegalNotice(publication, legal)

/** `near`: short links that may have been meant. */
export const renderNotice = (
  publication: Publication,
  title: string,
  sentence: string,
  near: readonly NearCode[] = [],
): string =>
  noticePage(
    publication,
    title,
    <>
      <p>{sentence}</p>
      {near.length > 0 && <NearCodes near={near} />}
    </>,
  )

/** What is not shown for legal reasons, and which (RFC 7725 section 3): `why` in the newsroom's own words and language. */
export const renderLegalNotice = (publication: Publication, why: string): string =>
  noticePage(
    publication,
    'Unavailable for legal reasons',
    <>
      <p>
        The newsroom had to take this back. Its address will not be used for another. What the
        newsroom says of it:
      </p>
      <blockquote dir="auto">{why}</blockquote>
    </>,
  )

const noticePage = (publication: Publication, title: string, said: Child): string =>
  renderPage(
    {
      publication,
      title: `${title} · ${publication.title}`,
      language: 'en',
      head: <meta name="robots" content="noindex" />,
    },
    <>
      <h1>{title}</h1>
      {said}
      <p>
        <a href={FRONT_PATH}>{wordsIn('en').home}</a>
      </p>
    </>,
  )
