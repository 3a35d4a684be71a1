/**
 * Plans the two documents of an article: its JSON and its page. Both are absent until the article
 * is public for the first time, and report a withdrawal (410 or 451). If the article has a
 * canonical address elsewhere, its page is a redirect to that address.
 */
import { renderArticleJson } from '../../feeds/article-json.ts'
import type { Publication } from '../../model/publication.ts'
import { digestValue } from '../../text/digest.ts'
import { renderArticlePage } from '../../views/article-page.tsx'
import { HTML_TYPE } from '../../views/layout.tsx'
import { renderWithdrawnPage } from '../../views/notice.tsx'
import type { Ledger, StoredArticle } from '../ledger/ledger.ts'
import type { PlannedContent, Planners } from './plan.ts'

const wasEverPublic = (ledger: Ledger, { id }: { id: string }): boolean =>
  ledger.findArticle(id)?.everPublic ?? false

// These plans read published articles only. Reading an embargoed article would take longer than
// finding nothing, and the response time would reveal that it exists.
export const ARTICLE_PLANNERS: Planners<'article' | 'article-page'> = {
  article: {
    plan: (ledger, publication, { id }) =>
      planArticle(ledger.findArticle(id, true), 'application/json', (article) =>
        renderArticleJson(article, publication),
      ),
    isTracked: wasEverPublic,
  },
  'article-page': {
    plan: (ledger, publication, { id }) =>
      planArticlePage(ledger.findArticle(id, true), publication),
    isTracked: wasEverPublic,
  },
}

/** Plans one of the two documents. It is absent if the article was never public. */
function planArticle(
  article: StoredArticle | undefined,
  type: string,
  render: (article: StoredArticle) => string,
): PlannedContent {
  if (!article?.everPublic) return { kind: 'absent' }
  const { state, revision, story, withdrawn } = article
  return {
    kind: 'plan',
    plan: {
      fingerprint: digestValue({ revision, state }),
      status: state !== 'withdrawn' ? 200 : withdrawn?.legal === undefined ? 410 : 451,
      type,
      ...(state !== 'withdrawn' && type === HTML_TYPE && { language: story.language }),
      render: () => render(article),
    },
  }
}

function planArticlePage(
  article: StoredArticle | undefined,
  publication: Publication,
): PlannedContent {
  if (article?.state === 'public' && article.canonical !== undefined) {
    return { kind: 'redirect', location: article.canonical }
  }
  return planArticle(article, HTML_TYPE, (stored) =>
    stored.state === 'withdrawn'
      ? renderWithdrawnPage(publication, stored.withdrawn ?? {})
      : renderArticlePage(stored, publication),
  )
}
