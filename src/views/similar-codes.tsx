/**
 * Shows suggestions for a mistyped short link: existing links with similar codes, each with the
 * headline of its article.
 */
import type { FC } from 'hono/jsx'
import type { SimilarCode } from '../model/failures.ts'
import { getDirection } from '../text/language.ts'

export const SimilarCodes: FC<{ codes: readonly SimilarCode[] }> = ({ codes }) => (
  <>
    <h2>Was it one of these?</h2>
    <ul class="near">
      {codes.map(({ url, title, language }) => (
        <li>
          <a href={url}>
            <bdi lang={language} dir={language === undefined ? 'auto' : getDirection(language)}>
              {title}
            </bdi>
          </a>
          <span class="meta" dir="ltr">
            {url.replace(/^https?:\/\//, '')}
          </span>
        </li>
      ))}
    </ul>
  </>
)
