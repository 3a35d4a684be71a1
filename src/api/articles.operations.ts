/**
 * OpenAPI operations on articles: publish one or many, read, list and withdraw. `articles.ts` and
 * `articles-bulk.ts` implement them. `openapi/document.ts` assembles the document.
 */
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
      description: `A 2xx response means that the article is stored durably. Its feeds, its page and its short link are updated afterwards. Sending the same manuscript again changes nothing. The body may have at most ${MAX_MANUSCRIPT_BYTES} bytes.`,
      parameters: [
        idParameter({ ...ids, again: ids.complete, asRead: ids.complete }),
        IF_MATCH,
        ifNoneMatch('Send * to publish only if the article does not exist yet.'),
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
                'Front matter, then the text in Markdown: CommonMark with the tables, strikethrough and task lists of GitHub. The front matter is YAML between two lines of three hyphens. It has the keys of Manuscript, and may contain the text too, instead of the part below it. YAML aliases and tags are refused.',
            },
            examples: { markdown: manuscripts.markdown },
          },
        },
      },
      responses: [
        {
          status: 201,
          description: 'The article was created.',
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
          description: 'The article was changed, or it already had this content.',
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
        'Returns the article as the desk stores it, whether it is public, embargoed or withdrawn. The text is returned as it was sent.',
      parameters: [
        idParameter({ complete: ids.complete, html: ids.html }),
        ifNoneMatch(
          'The entity-tags of states that the client already has. They are compared weakly.',
        ),
      ],
      responses: [
        {
          status: 200,
          description: 'The article.',
          headers: ['ETag'],
          json: { schema: 'Article', examples: articles },
        },
        { status: 304, description: 'The client already has this state.', headers: ['ETag'] },
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
        'Removes the article from all feeds. Its page and its short link then respond with 410. If the key legal describes a legal demand, they respond with 451 and this text (RFC 7725). Only the newsroom sees the reason. The code is never used for another article. A second withdrawal changes nothing, unless it describes another legal demand.',
      parameters: [
        idParameter({ withdrawal: ids.markdown, legal: ids.markdown }),
        IF_MATCH,
        ifNoneMatch(
          'The article is not withdrawn if its state has one of these entity-tags. They are compared weakly.',
        ),
      ],
      body: jsonBody(false, 'Withdrawal', { withdrawal: WITHDRAWAL, legal: LEGAL_WITHDRAWAL }),
      responses: [
        {
          status: 200,
          description: 'The article is withdrawn. It may have been withdrawn before this request.',
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
      description: `Send one manuscript with its id on each line, at most ${MAX_LINES} lines and ${MAX_BULK_BYTES} bytes. Each line is accepted or refused independently of the others, so check the status of each line. Sending the same lines again changes nothing. Send them again if no response arrives.`,
      body: ndjsonObjectsBody('ManuscriptLine', { lines }),
      responses: [
        {
          status: 200,
          description: 'The result of each line, in order.',
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
        'Lists articles by publication time, newest first. New articles do not shift the pages that follow.',
      parameters: [
        {
          name: 'after',
          in: 'query',
          description:
            'The position at which the page begins. Copy it from the address in next of the previous page.',
          schema: { type: 'string' },
        },
      ],
      responses: [
        {
          status: 200,
          description: 'One page of the list.',
          optionalHeaders: ['Link'],
          json: { schema: 'Articles', examples: { list } },
        },
      ],
      problems: ['bad-query', ...COMMON_REASONS],
    },
  ]
}
