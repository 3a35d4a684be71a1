/**
 * Builds the OpenAPI 3.1 document of the publish API from the valibot schemas, the table of
 * problems and the tables of operations.
 *
 * To document a new route, add a row to one of the `*.operations.ts` files next to the routes, or
 * add such a file and list it in `describeApi`. A test checks that every route is documented.
 */
import { FAILURE_REASONS } from '../../model/failures.ts'
import type { Publication } from '../../model/publication.ts'
import { buildArticleOperations } from '../articles.operations.ts'
import { buildBackupOperations } from '../backup.operations.ts'
import { buildLinkOperations } from '../links.operations.ts'
import { buildMaintenanceOperations } from '../maintenance.operations.ts'
import { buildRecleaningOperations } from '../recleaning.operations.ts'
import { HEADERS } from './headers.ts'
import { buildPaths } from './operation.ts'
import { buildProblemExamples, buildProblemResponse } from './problems.ts'
import { buildSchemas } from './schemas.ts'

export const OPENAPI_VERSION = '3.1.0'
/** The version in package.json. A test checks that the two are equal. */
export const API_VERSION = '0.1.0'

const INTRODUCTION = `Publish an article once. This updates its page, its short link and every feed that it belongs to.

- A 2xx response to a change means that the change is stored durably. Any other response is a problem (RFC 9457), and nothing has changed.
- The type of a problem is the address of a page that explains it. An unknown address under /api/ gives \`not-found\`. A method that is not described here gives \`method-not-allowed\`, with an \`Allow\` header.
- HEAD works wherever GET is described. Its response has no body.
- Bodies are UTF-8. A manuscript with an unknown key is refused, and the problem names the most similar valid key.
- Within an operation, examples with the same name (of parameters, request and response) belong to the same exchange.`

/** Builds the whole document. The same settings give the same bytes. */
export function describeApi(publication: Publication): object {
  const { siteUrl, title } = publication
  const operations = [
    ...buildBackupOperations(publication),
    ...buildArticleOperations(publication),
    ...buildLinkOperations(publication),
    ...buildMaintenanceOperations(),
    ...buildRecleaningOperations(),
  ]
  return {
    openapi: OPENAPI_VERSION,
    info: { title: `Publish API of ${title}`, version: API_VERSION, description: INTRODUCTION },
    servers: [{ url: siteUrl }],
    security: [{ token: [] }],
    tags: [
      { name: 'articles', description: 'Publish, read, list and withdraw articles.' },
      {
        name: 'links',
        description:
          'Create, change, read, list and remove short links of articles and of other pages.',
      },
      { name: 'desk', description: 'Read the outbox, rebuild, export and import.' },
      { name: 'monitoring', description: 'Addresses that need no token.' },
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
          description:
            "The desk's token, DESK_TOKEN, in the Authorization header. It is not read from anywhere else.",
        },
      },
    },
  }
}
