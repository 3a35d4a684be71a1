/**
 * The description of the publish API as OpenAPI 3.1, made of the schemas, the table of problems and
 * the tables of operations. An address that is added to the API gets its rows in one of those, or
 * in one of its own here.
 */
import { FAILURE_REASONS } from '../../model/failures.ts'
import type { Publication } from '../../model/publication.ts'
import { buildArticleOperations } from '../articles.operations.ts'
import { buildBackupOperations } from '../backup.operations.ts'
import { buildLinkOperations } from '../links.operations.ts'
import { buildMaintenanceOperations } from '../maintenance.operations.ts'
import { HEADERS } from './headers.ts'
import { buildPaths } from './operation.ts'
import { buildProblemExamples, buildProblemResponse } from './problems.ts'
import { buildSchemas } from './schemas.ts'

export const OPENAPI_VERSION = '3.1.0'
/** That of package.json; a test compares them. */
export const API_VERSION = '0.1.0'

const INTRODUCTION = `Publish an article once, and every feed that should carry it, its page and its short link follow.

- A 2xx to a change means that it is durable. Any other answer is a problem (RFC 9457) and has changed nothing.
- The types of problems are addresses of pages that explain them. An unknown address under /api/ is \`not-found\`, another method than those described is \`method-not-allowed\` with \`Allow\`.
- Wherever GET is described, HEAD is answered too, without a body.
- Bodies are UTF-8. An unknown key in a manuscript is refused, and the nearest right one is named.
- Examples of one operation that have the same name belong together: parameters, request and answer.`

/** The whole document. The same settings give the same bytes. */
export function describeApi(publication: Publication): object {
  const { siteUrl, title } = publication
  const operations = [
    ...buildBackupOperations(publication),
    ...buildArticleOperations(publication),
    ...buildLinkOperations(publication),
    ...buildMaintenanceOperations(),
  ]
  return {
    openapi: OPENAPI_VERSION,
    info: { title: `Publish API of ${title}`, version: API_VERSION, description: INTRODUCTION },
    servers: [{ url: siteUrl }],
    security: [{ token: [] }],
    tags: [
      { name: 'articles', description: 'What is published.' },
      { name: 'links', description: 'Short links, those that are not of articles too.' },
      { name: 'desk', description: 'What is still owed, and how to make it whole.' },
      { name: 'monitoring', description: 'Open to everybody, without a token.' },
    ],
    paths: buildPaths(operations),
    components: {
      schemas: buildSchemas(siteUrl),
      responses: Object.fromEntries(
        FAILURE_REASONS.map((reason) => [reason, buildProblemResponse([reason])]),
      ),
      examples: buildProblemExamples(siteUrl),
      headers: HEADERS,
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: "The desk's token, DESK_TOKEN. It is read from this header only.",
        },
      },
    },
  }
}
