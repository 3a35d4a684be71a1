/** Pages of one sentence: unknown, withdrawn, failed, and what a problem of the API means. */
import type { NearCode } from '../failure.ts'
import type { Publication } from '../publication.ts'
import { FRONT_PATH } from '../urls.ts'
import { renderPage } from './layout.tsx'
import { NearCodes } from './near-codes.tsx'
import { wordsIn } from './words.ts'

/** Says plainly that it was withdrawn, and nothing of the story (RULES T-09). */
export const renderWithdrawnPage = (publication: Publication): string =>
  renderNotice(
    publication,
    'Withdrawn article',
    'The newsroom took this article back. Its address will not be used for another.',
  )

/** `near`: short links that may have been meant. */
export const renderNotice = (
  publication: Publication,
  title: string,
  sentence: string,
  near: readonly NearCode[] = [],
): string =>
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
      {near.length > 0 && <NearCodes near={near} />}
      <p>
        <a href={FRONT_PATH}>{wordsIn('en').home}</a>
      </p>
    </>,
  )
