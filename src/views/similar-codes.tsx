/** Similar short links for an unknown code, each with its headline, so that nobody has to guess. */
import type { FC } from 'hono/jsx'
import type { SimilarCode } from '../model/failures.ts'
import { getDirection } from '../text/language.ts'

export const SimilarCodes: FC<{ codes: readonly SimilarCode[] }> = ({ codes: near }) => (
  <>
    <h2>Was it one of these?</h2>
    <ul class="near">
      {near.map(({ url, title, language }) => (
        <li>
          <a href={url}>
            <bdi lang={language} dir={getDirection(language)}>
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
