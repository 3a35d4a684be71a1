/** The operations on the desk itself, for operators and monitors, and the description's own. */
import { MAX_WAIT_SECONDS } from '../desk/protocol.ts'
import { STORAGE_REASONS } from '../model/storage-failures.ts'
import { ROUTES } from '../model/urls.ts'
import type { Operation } from './openapi/operation.ts'
import { COMMON_REASONS } from './openapi/problems.ts'

const EMPTY_OUTBOX = {
  owed: 0,
  backlog: 0,
  oldest_owed_seconds: 0,
  failing_keys: 0,
  rebuilding: false,
  importing: false,
}

export function buildMaintenanceOperations(): Operation[] {
  return [
    {
      route: ROUTES.apiOutbox,
      method: 'get',
      operationId: 'readOutbox',
      tag: 'desk',
      summary: 'Read what is still owed to readers',
      description:
        'An editor who must know that a change is out asks until nothing is owed, or asks once with wait.',
      parameters: [
        {
          name: 'wait',
          in: 'query',
          description: `Seconds for which the answer may wait until owed is 0. A desk that has many waiting answers at once.`,
          schema: { type: 'integer', minimum: 1, maximum: MAX_WAIT_SECONDS },
        },
      ],
      responses: [
        {
          status: 200,
          description: 'Counts and ages.',
          json: { schema: 'Outbox', examples: { settled: EMPTY_OUTBOX } },
        },
      ],
      problems: ['bad-query', ...COMMON_REASONS],
    },
    {
      route: ROUTES.apiRebuild,
      method: 'post',
      operationId: 'rebuildWire',
      tag: 'desk',
      summary: 'Make what readers are served from equal to the ledger',
      description: 'Runs on after the answer; the outbox tells when it is done. Safe at any time.',
      responses: [
        {
          status: 202,
          description: 'Begun.',
          json: { schema: 'Rebuilding', examples: { begun: { rebuilding: true } } },
        },
      ],
      problems: ['import-under-way', ...COMMON_REASONS],
    },
    {
      route: ROUTES.apiOpen,
      method: 'post',
      operationId: 'wakeDesk',
      tag: 'desk',
      summary: 'Open the desk after a deploy',
      description:
        'Documents that new settings or a new renderer make stale are queued. Safe at any time.',
      responses: [
        {
          status: 200,
          description: 'It is open.',
          json: { schema: 'Open', examples: { open: { open: true } } },
        },
      ],
      problems: COMMON_REASONS,
    },
    {
      route: ROUTES.health,
      method: 'get',
      operationId: 'readHealth',
      tag: 'monitoring',
      isPublic: true,
      summary: 'Tell a monitor whether readers get what was published',
      description: 'Up to ten seconds old.',
      responses: [
        {
          status: 200,
          description: 'All is well.',
          json: { schema: 'Health', examples: { well: { status: 'ok', ...EMPTY_OUTBOX } } },
        },
        {
          status: 503,
          description:
            'A person should look: news is owed for too long, or cannot be written. Or a problem, when the desk does not answer, its ledger is damaged or its disk is full.',
          json: {
            schema: 'Health',
            examples: {
              failing: {
                ...EMPTY_OUTBOX,
                status: 'failing',
                owed: 3,
                oldest_owed_seconds: 240,
                failing_keys: 2,
              },
            },
          },
        },
      ],
      problems: [
        'coding-refused',
        'internal',
        'settings-refused',
        ...STORAGE_REASONS,
        'unavailable',
      ],
    },
    {
      route: ROUTES.apiDescription,
      method: 'get',
      operationId: 'readDescription',
      tag: 'monitoring',
      isPublic: true,
      summary: 'Read this description',
      description: 'It holds nothing secret and may be read from any page.',
      responses: [
        {
          status: 200,
          description: 'An OpenAPI 3.1 document.',
          headers: ['ETag'],
          json: { schema: 'Description', examples: { abridged: { openapi: '3.1.0' } } },
        },
        { status: 304, description: 'It is one of those known.', headers: ['ETag'] },
      ],
      problems: ['coding-refused', 'internal', 'settings-refused'],
    },
  ]
}
