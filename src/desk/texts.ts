/** Reads the texts of articles page by page, so that the worker can clean them again. */
import { omitUndefined } from '../text/json.ts'
import type { Ledger, StoredArticle } from './ledger/ledger.ts'
import type { TextPage } from './protocol.ts'

/** The texts of one page have at most this many characters, to bound the memory of a call. */
const MAX_TEXT_PAGE_CHARACTERS = 2_000_000

/** Reads at most `limit` articles whose ids follow `after`, with their texts. */
export function readTextPage(ledger: Ledger, after: string, limit: number): TextPage {
  const ids = ledger.listArticleIds(after, limit)
  const articles: StoredArticle[] = []
  let characters = 0
  let checked = 0
  for (const id of ids) {
    const article = ledger.findArticle(id)
    const { html = '', source } = article?.story ?? {}
    characters += html.length + (source?.text.length ?? 0)
    if (checked > 0 && characters > MAX_TEXT_PAGE_CHARACTERS) break
    checked += 1
    if (article && article.state !== 'withdrawn') articles.push(article)
  }
  const isLastPage = ids.length < limit && checked === ids.length
  return {
    articles,
    checked,
    ...omitUndefined({ last: isLastPage ? undefined : ids[checked - 1] }),
  }
}
