/**
 * Examples of what is sent to the publish API and what it answers. The answers are made by the code
 * that makes them for callers, so they cannot grow old. Sent in this order to an empty desk, they
 * come out as they stand.
 */
import type { KeptArticle } from '../../desk/protocol.ts'
import { problemOf } from '../../http/problem.ts'
import { prepareLine, prepareManuscript } from '../../manuscript/prepare.ts'
import type { LineAnswer } from '../../model/answers.ts'
import type { Draft } from '../../model/article.ts'
import type { Result } from '../../model/failures.ts'
import type { Publication } from '../../model/publication.ts'
import { column } from '../../model/rows.ts'
import { STORY } from '../../model/story.ts'
import { warnOfEmbargo } from '../../model/warnings.ts'
import { inFull, lineReceipt, outline, receipt } from '../article-receipt.ts'

/** Origin of a page of the publisher that Dateline does not serve. */
export const siteOf = ({ siteUrl, allowedHosts }: Publication): string =>
  `${new URL(siteUrl).protocol}//${allowedHosts[0]}`

const completeManuscript = (publication: Publication) => ({
  id: 'technology-expo',
  ...column(STORY, 'example'),
  canonical: `${siteOf(publication)}/2025/technology-expo`,
  code: 'expo25',
  published: '2025-10-14T12:00:00+05:00',
  updated: '2025-10-14T15:30:00+05:00',
  correction: 'An earlier version said that the expo runs for two days. It runs for three.',
  republish: false,
})

const MARKDOWN = `---
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

const LINES = [
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
export const LEGAL_WITHDRAWAL = { legal: 'A court in Tokyo forbids to show it' }

const encoder = new TextEncoder()

/** All examples that tell of articles, by name. */
export function articleExamples(publication: Publication) {
  const complete = completeManuscript(publication)
  const markdownId = 'lunar-rover'
  const htmlId = 'island-ferry'
  const json = 'application/json'
  const asJson = (value: unknown) => encoder.encode(JSON.stringify(value))
  const first = taken(prepareManuscript(asJson(complete), json, complete.id, publication))
  const second = taken(
    prepareManuscript(encoder.encode(MARKDOWN), 'text/markdown', markdownId, publication),
  )
  const third = taken(prepareManuscript(asJson(HTML_MANUSCRIPT), json, htmlId, publication))
  const kept = {
    complete: keptOf(first.draft),
    markdown: keptOf(second.draft),
    html: keptOf(third.draft),
  }
  const told = (article: KeptArticle, removed: string[], changed = true) =>
    receipt({ article, created: changed, changed }, removed, publication)
  const when = kept.markdown.published + 3600
  const withdrawn: KeptArticle = {
    ...kept.markdown,
    state: 'withdrawn',
    revision: 2,
    withdrawn: { when, ...WITHDRAWAL },
  }
  const legal: KeptArticle = {
    ...withdrawn,
    revision: 3,
    withdrawn: { when, ...WITHDRAWAL, ...LEGAL_WITHDRAWAL },
  }
  const bulk = bulkExample(publication)
  return {
    ids: { complete: complete.id, markdown: markdownId, html: htmlId },
    kept: { ...kept, legal },
    manuscripts: { complete, markdown: MARKDOWN, html: HTML_MANUSCRIPT },
    receipts: {
      complete: told(kept.complete, first.removed),
      again: told(kept.complete, first.removed, false),
      asRead: told(kept.complete, [], false),
      markdown: told(kept.markdown, second.removed),
      html: told(kept.html, third.removed),
      withdrawal: told(withdrawn, []),
      legal: told(legal, []),
    },
    articles: {
      complete: inFull(kept.complete, publication),
      html: inFull(kept.html, publication),
    },
    lines: LINES.map((line) => `${JSON.stringify(line)}\n`).join(''),
    bulk: bulk.answer,
    list: {
      articles: [bulk.embargoed, kept.html, legal, kept.complete].map((article) =>
        outline(article, publication),
      ),
    },
  }
}

function bulkExample(publication: Publication) {
  const prepared = LINES.map((line, index) =>
    prepareLine({ number: index + 1, bytes: encoder.encode(JSON.stringify(line)) }, publication),
  )
  const [first, second] = prepared
  if (!first || !second || second.ok) throw new Error('The example of a refused line is taken')
  const { draft, removed } = taken(first)
  const embargoed = keptOf(draft, 'embargoed')
  // To whoever reads the example, the year is far ahead.
  const warnings = warnOfEmbargo(embargoed.published, 0)
  const outcome = { article: embargoed, created: true, changed: true, warnings }
  const problem = problemOf(second.failure, publication.siteUrl)
  const results: LineAnswer[] = [
    { line: 1, id: draft.id, status: 201, receipt: lineReceipt(outcome, removed, publication) },
    { line: 2, id: 'no-headline', status: problem.status, problem },
  ]
  return { embargoed, answer: { results, accepted: 1, refused: 1 } }
}

/** As the desk would keep it: every example names what the desk would otherwise make up. */
function keptOf(draft: Draft, state: KeptArticle['state'] = 'public'): KeptArticle {
  const { id, story, code, canonical, published, updated = published, corrections = [] } = draft
  if (code === undefined || published === undefined || updated === undefined)
    throw new Error(`The example ${id} leaves its code or its times to the desk`)
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

function taken<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`An example is refused: ${JSON.stringify(result.failure)}`)
  return result.value
}
