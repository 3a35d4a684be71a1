/** Pages of one sentence: unknown, withdrawn, failed, and what a problem of the API means. */
import type { Child, FC } from 'hono/jsx'
import type { NearCode } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { FRONT_PATH } from '../model/urls.ts'
import { Time } from './article-page.tsx'
import { renderPage } from './layout.tsx'
import { NearCodes } from './near-codes.tsx'
import { wordsIn } from './words.ts'

type Withdrawn = { when?: number; legal?: string }

/**
 * Says plainly that it was withdrawn, when, and on which demand, and nothing of the story (rule
 * T-09).
 */
export const renderWithdrawnPage = (publication: Publication, withdrawn: Withdrawn): string =>
  withdrawn.legal === undefined
    ? renderNotice(
        publication,
        'Withdrawn article',
        'The newsroom took this article back. Its address will not be used for another.',
        withdrawn,
      )
    : renderLegalNotice(publication, withdrawn.legal, withdrawn.when)

/**
 * `near`: short links that may have been meant. `when`: since what was here is gone, in seconds.
 */
export const renderNotice = (
  publication: Publication,
  title: string,
  sentence: string,
  { near = [], when }: { near?: readonly NearCode[]; when?: number | undefined } = {},
): string =>
  noticePage(
    publication,
    title,
    <>
      <p>{sentence}</p>
      {when !== undefined && <Since when={when} />}
      {near.length > 0 && <NearCodes near={near} />}
    </>,
  )

/**
 * What is not shown for legal reasons, and which (RFC 7725 section 3): `why` in the newsroom's own
 * words and language.
 */
export const renderLegalNotice = (publication: Publication, why: string, when?: number): string =>
  noticePage(
    publication,
    'Unavailable for legal reasons',
    <>
      <p>
        The newsroom had to take this back. Its address will not be used for another. What the
        newsroom says of it:
      </p>
      <blockquote dir="auto">{why}</blockquote>
      {when !== undefined && <Since when={when} />}
    </>,
  )

const Since: FC<{ when: number }> = ({ when }) => (
  <p>
    Withdrawn: <Time seconds={when} language="en" />
  </p>
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
