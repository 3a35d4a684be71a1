/**
 * Example requests and responses of the publish API, for its OpenAPI document.
 *
 * The code that builds real responses also builds the examples, so they cannot become outdated. The
 * conformance tests send the requests to an empty desk, in the order of the document, and compare
 * the responses.
 */
import type { StoredArticle } from '../../desk/protocol.ts'
import { buildProblem } from '../../http/problem.ts'
import {
  EMPTY_REPORT,
  prepareLine,
  prepareManuscript,
  type TextReport,
} from '../../manuscript/prepare.ts'
import type { Draft } from '../../model/article.ts'
import type { Result } from '../../model/failures.ts'
import type { Publication } from '../../model/publication.ts'
import type { LineResult } from '../../model/responses.ts'
import { column } from '../../model/rows.ts'
import { STORY } from '../../model/story.ts'
import { listEmbargoWarnings } from '../../model/warnings.ts'
import {
  buildFullArticle,
  buildLineReceipt,
  buildOutline,
  buildReceipt,
} from '../article-receipt.ts'

/** Returns the origin of another site that the publisher owns. */
export const getPublisherOrigin = ({ siteUrl, allowedHosts }: Publication): string =>
  `${new URL(siteUrl).protocol}//${allowedHosts[0]}`

const buildCompleteManuscript = (publication: Publication) => ({
  id: 'technology-expo',
  ...column(STORY, 'example'),
  canonical: `${getPublisherOrigin(publication)}/2025/technology-expo`,
  code: 'expo25',
  published: '2025-10-14T12:00:00+05:00',
  updated: '2025-10-14T15:30:00+05:00',
  correction: 'An earlier version said that the expo runs for two days. It runs for three.',
  republish: false,
})

const MARKDOWN_MANUSCRIPT = `---
title: A lunar rover wakes after two weeks of night
summary:
  - It answered at the first call.
section: Space
tags: [Moon]
code: rover
published: 2025-10-15T09:00:00Z
---

TOKYO: The rover answered at the first call on Wednesday.
`

const HTML_MANUSCRIPT = {
  title: 'Ferry to the islands sails again',
  html: '<p onclick="track()">The ferry sails at <b>eight</b>.</p>',
  section: 'Transport',
  code: 'ferry',
  published: '2025-10-16',
}

const BULK_LINES = [
  {
    id: 'budget-2099',
    title: 'The budget in ten figures',
    body: 'Embargoed until it is presented.',
    code: 'budget',
    published: '2099-03-01T11:00:00Z',
  },
  { id: 'no-headline', body: 'A text without a headline.' },
]

export const WITHDRAWAL = { reason: 'Published before it was checked' }
export const LEGAL_WITHDRAWAL = { legal: 'A court in Tokyo has forbidden its publication' }

const encoder = new TextEncoder()

/** Builds all examples of articles, by name. */
export function buildArticleExamples(publication: Publication) {
  const complete = buildCompleteManuscript(publication)
  const markdownId = 'lunar-rover'
  const htmlId = 'island-ferry'
  const jsonType = 'application/json'
  const encodeJson = (value: unknown) => encoder.encode(JSON.stringify(value))
  const preparedComplete = unwrap(
    prepareManuscript(encodeJson(complete), jsonType, complete.id, publication),
  )
  const preparedMarkdown = unwrap(
    prepareManuscript(
      encoder.encode(MARKDOWN_MANUSCRIPT),
      'text/markdown',
      markdownId,
      publication,
    ),
  )
  const preparedHtml = unwrap(
    prepareManuscript(encodeJson(HTML_MANUSCRIPT), jsonType, htmlId, publication),
  )
  const stored = {
    complete: buildStoredArticle(preparedComplete.draft),
    markdown: buildStoredArticle(preparedMarkdown.draft),
    html: buildStoredArticle(preparedHtml.draft),
  }
  const buildExampleReceipt = (article: StoredArticle, report: TextReport, changed = true) =>
    buildReceipt({ article, created: changed, changed }, report, publication)
  const withdrawnAt = stored.markdown.published + 3600
  const withdrawn: StoredArticle = {
    ...stored.markdown,
    state: 'withdrawn',
    revision: 2,
    withdrawn: { when: withdrawnAt, ...WITHDRAWAL },
  }
  const legal: StoredArticle = {
    ...withdrawn,
    revision: 3,
    withdrawn: { when: withdrawnAt, ...WITHDRAWAL, ...LEGAL_WITHDRAWAL },
  }
  const bulk = buildBulkExample(publication)
  return {
    ids: { complete: complete.id, markdown: markdownId, html: htmlId },
    stored: { ...stored, legal },
    manuscripts: { complete, markdown: MARKDOWN_MANUSCRIPT, html: HTML_MANUSCRIPT },
    receipts: {
      complete: buildExampleReceipt(stored.complete, preparedComplete),
      again: buildExampleReceipt(stored.complete, preparedComplete, false),
      asRead: buildExampleReceipt(stored.complete, EMPTY_REPORT, false),
      markdown: buildExampleReceipt(stored.markdown, preparedMarkdown),
      html: buildExampleReceipt(stored.html, preparedHtml),
      withdrawal: buildExampleReceipt(withdrawn, EMPTY_REPORT),
      legal: buildExampleReceipt(legal, EMPTY_REPORT),
    },
    articles: {
      complete: buildFullArticle(stored.complete, publication),
      html: buildFullArticle(stored.html, publication),
    },
    lines: BULK_LINES.map((line) => `${JSON.stringify(line)}\n`).join(''),
    bulk: bulk.response,
    list: {
      articles: [bulk.embargoed, stored.html, legal, stored.complete].map((article) =>
        buildOutline(article, publication),
      ),
    },
  }
}

function buildBulkExample(publication: Publication) {
  const prepared = BULK_LINES.map((line, index) =>
    prepareLine({ number: index + 1, bytes: encoder.encode(JSON.stringify(line)) }, publication),
  )
  const [acceptedLine, refusedLine] = prepared
  if (!acceptedLine || !refusedLine || refusedLine.ok)
    throw new Error('The example of a refused line is accepted')
  const preparedLine = unwrap(acceptedLine)
  const { draft } = preparedLine
  const embargoed = buildStoredArticle(draft, 'embargoed')
  // With 0 as the current time, the example always has the warning.
  const warnings = listEmbargoWarnings(embargoed.published, 0)
  const outcome = { article: embargoed, created: true, changed: true, warnings }
  const problem = buildProblem(refusedLine.failure, publication.siteUrl)
  const results: LineResult[] = [
    {
      line: 1,
      id: draft.id,
      status: 201,
      receipt: buildLineReceipt(outcome, preparedLine, publication),
    },
    { line: 2, id: 'no-headline', status: problem.status, problem },
  ]
  return { embargoed, response: { results, accepted: 1, refused: 1 } }
}

/**
 * Returns an article as the desk would store it. Every example sets its own code and times, because
 * otherwise the desk would choose them.
 */
function buildStoredArticle(draft: Draft, state: StoredArticle['state'] = 'public'): StoredArticle {
  const { id, story, code, canonical, published, updated = published, corrections = [] } = draft
  if (code === undefined || published === undefined || updated === undefined)
    throw new Error(`The example ${id} does not set its code and its times`)
  return {
    id,
    state,
    revision: 1,
    digest: '',
    code,
    ...(typeof canonical === 'string' && { canonical }),
    published,
    updated,
    everPublic: state === 'public',
    corrections: corrections.map((text) => ({ at: updated, text })),
    story,
  }
}

function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`An example is refused: ${JSON.stringify(result.failure)}`)
  return result.value
}
