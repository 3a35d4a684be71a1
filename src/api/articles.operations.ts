/** The operations on articles: publish one or many, read, list, withdraw. */
import { MAX_MANUSCRIPT_BYTES } from '../manuscript/read.ts'
import { ManuscriptSchema } from '../model/article.ts'
import type { Publication } from '../model/publication.ts'
import { ROUTES } from '../model/urls.ts'
import { MAX_BULK_BYTES, MAX_LINES } from './articles-bulk.ts'
import { buildArticleExamples, LEGAL_WITHDRAWAL, WITHDRAWAL } from './openapi/examples.ts'
import {
  type Examples,
  IF_MATCH,
  ifNoneMatch,
  jsonBody,
  ndjsonObjectsBody,
  type Operation,
  type Parameter,
} from './openapi/operation.ts'
import { BULK_REASONS, COMMON_REASONS } from './openapi/problems.ts'
import { convertSchema, schemaReference } from './openapi/schemas.ts'

const idParameter = (examples: Examples): Parameter => ({
  name: 'id',
  in: 'path',
  description: 'The id of the article.',
  schema: convertSchema(ManuscriptSchema.entries.id),
  examples,
})

export function buildArticleOperations(publication: Publication): Operation[] {
  const { ids, manuscripts, receipts, articles, lines, bulk, list } =
    buildArticleExamples(publication)
  return [
    {
      route: ROUTES.apiArticle,
      method: 'put',
      operationId: 'publishArticle',
      tag: 'articles',
      summary: 'Publish an article, or change it',
      description: `A 2xx means that the article is durable; every feed, the page and the short link follow. To send the same again changes nothing. The body is at most ${MAX_MANUSCRIPT_BYTES} bytes.`,
      parameters: [
        idParameter({ ...ids, again: ids.complete, asRead: ids.complete }),
        IF_MATCH,
        ifNoneMatch('* publishes only what does not exist yet.'),
      ],
      body: {
        required: true,
        content: {
          'application/json': {
            schema: schemaReference('Manuscript'),
            examples: {
              complete: manuscripts.complete,
              again: manuscripts.complete,
              asRead: articles.complete,
              html: manuscripts.html,
            },
          },
          'text/markdown': {
            schema: {
              type: 'string',
              description:
                'Markdown (CommonMark and the tables, strikethrough and task lists of GitHub) after front matter: YAML between two lines of three hyphens, with the keys of Manuscript but for the text, which stands below. No aliases, no tags of YAML. The text may instead be a key of the front matter.',
            },
            examples: { markdown: manuscripts.markdown },
          },
        },
      },
      responses: [
        {
          status: 201,
          description: 'Created.',
          headers: ['ETag', 'Location'],
          json: {
            schema: 'Receipt',
            examples: {
              complete: receipts.complete,
              html: receipts.html,
              markdown: receipts.markdown,
            },
          },
        },
        {
          status: 200,
          description: 'Changed, or found to be the very same.',
          headers: ['ETag'],
          json: { schema: 'Receipt', examples: { again: receipts.again, asRead: receipts.asRead } },
        },
      ],
      problems: [
        'unparsable',
        'withdrawn',
        'code-taken',
        'canonical-taken',
        'moved-into-future',
        'precondition-failed',
        'import-under-way',
        'too-large',
        'unsupported-coding',
        'unsupported-type',
        'invalid',
        ...COMMON_REASONS,
      ],
    },
    {
      route: ROUTES.apiArticle,
      method: 'get',
      operationId: 'readArticle',
      tag: 'articles',
      summary: 'Read an article in full',
      description:
        'As the desk has it, whether public, embargoed or withdrawn, with the text as it was sent.',
      parameters: [
        idParameter({ complete: ids.complete, html: ids.html }),
        ifNoneMatch('Entity-tags that are known already; compared weakly.'),
      ],
      responses: [
        {
          status: 200,
          description: 'The article.',
          headers: ['ETag'],
          json: { schema: 'Article', examples: articles },
        },
        { status: 304, description: 'It is one of those known.', headers: ['ETag'] },
      ],
      problems: ['unknown-article', ...COMMON_REASONS],
    },
    {
      route: ROUTES.apiArticle,
      method: 'delete',
      operationId: 'withdrawArticle',
      tag: 'articles',
      summary: 'Withdraw an article',
      description:
        'It leaves all feeds; its page and its short link say that it was withdrawn (410), or, when legal names the demand that made it necessary, that and what it says (451, RFC 7725). The reason is for the newsroom alone. Its code is never used again. A second withdrawal changes nothing, but for another legal.',
      parameters: [
        idParameter({ withdrawal: ids.markdown, legal: ids.markdown }),
        IF_MATCH,
        ifNoneMatch('Entity-tags of states that may not be withdrawn; compared weakly.'),
      ],
      body: jsonBody(false, 'Withdrawal', { withdrawal: WITHDRAWAL, legal: LEGAL_WITHDRAWAL }),
      responses: [
        {
          status: 200,
          description: 'Withdrawn, now or earlier.',
          headers: ['ETag'],
          json: {
            schema: 'Receipt',
            examples: { withdrawal: receipts.withdrawal, legal: receipts.legal },
          },
        },
      ],
      problems: [
        'unparsable',
        'unknown-article',
        'precondition-failed',
        'import-under-way',
        'too-large',
        'unsupported-coding',
        'invalid',
        ...COMMON_REASONS,
      ],
    },
    {
      route: ROUTES.apiArticles,
      method: 'post',
      operationId: 'publishArticles',
      tag: 'articles',
      summary: 'Publish many articles',
      description: `One manuscript a line, each with its id; at most ${MAX_LINES} lines and ${MAX_BULK_BYTES} bytes. Each line is taken or refused by itself: read the status of each. To send the same again changes nothing, so whoever heard no answer sends it again.`,
      body: ndjsonObjectsBody('ManuscriptLine', { lines }),
      responses: [
        {
          status: 200,
          description: 'What became of each line.',
          json: { schema: 'BulkAnswer', examples: { lines: bulk } },
        },
      ],
      problems: BULK_REASONS,
    },
    {
      route: ROUTES.apiArticles,
      method: 'get',
      operationId: 'listArticles',
      tag: 'articles',
      summary: 'List all articles',
      description:
        'Newest first by time of publication, in pages that stay whole while articles come in.',
      parameters: [
        {
          name: 'after',
          in: 'query',
          description: 'Where the page begins; only ever taken from next of the page before.',
          schema: { type: 'string' },
        },
      ],
      responses: [
        {
          status: 200,
          description: 'One page.',
          optionalHeaders: ['Link'],
          json: { schema: 'Articles', examples: { list } },
        },
      ],
      problems: ['bad-query', ...COMMON_REASONS],
    },
  ]
}
