/** Plans the documents of an article: the article as JSON, and its page. */
import { articleJson } from '../../feeds/article-json.ts'
import type { Publication } from '../../model/publication.ts'
import { digestOf } from '../../text/digest.ts'
import { renderArticlePage } from '../../views/article-page.tsx'
import { HTML_TYPE } from '../../views/layout.tsx'
import { renderWithdrawnPage } from '../../views/notice.tsx'
import type { KeptArticle, Ledger } from '../ledger/ledger.ts'
import type { Planned, Planners } from './plan.ts'

const wasEverPublic = (ledger: Ledger, { id }: { id: string }): boolean =>
  ledger.article(id)?.everPublic ?? false

// An embargoed article is not even read: it must take as long as one that is not there (rule L-08).
export const ARTICLE_PLANNERS: Planners<'article' | 'article-page'> = {
  article: {
    plan: (ledger, publication, { id }) =>
      planArticle(ledger.article(id, true), 'application/json', (article) =>
        articleJson(article, publication),
      ),
    isKnown: wasEverPublic,
  },
  'article-page': {
    plan: (ledger, publication, { id }) => planArticlePage(ledger.article(id, true), publication),
    isKnown: wasEverPublic,
  },
}

/** Nothing outside knows of an article that was never public. */
function planArticle(
  article: KeptArticle | undefined,
  type: string,
  render: (article: KeptArticle) => string,
): Planned {
  if (!article?.everPublic) return { kind: 'absent' }
  const { state, revision, story, withdrawn } = article
  return {
    kind: 'plan',
    plan: {
      fingerprint: digestOf({ revision, state }),
      status: state !== 'withdrawn' ? 200 : withdrawn?.legal === undefined ? 410 : 451,
      type,
      ...(state !== 'withdrawn' && type === HTML_TYPE && { language: story.language }),
      render: () => render(article),
    },
  }
}

function planArticlePage(article: KeptArticle | undefined, publication: Publication): Planned {
  if (article?.state === 'public' && article.canonical !== undefined) {
    return { kind: 'redirect', location: article.canonical }
  }
  return planArticle(article, HTML_TYPE, (known) =>
    known.state === 'withdrawn'
      ? renderWithdrawnPage(publication, known.withdrawn ?? {})
      : renderArticlePage(known, publication),
  )
}
