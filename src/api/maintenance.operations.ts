/**
 * OpenAPI operations for operators and monitors, including the one that returns the OpenAPI
 * document. `maintenance.ts`, `description.ts` and the routes of `/healthz` implement them.
 */
import { MAX_WAIT_SECONDS } from '../desk/protocol.ts'
import { STORAGE_REASONS } from '../model/storage-failures.ts'
import { ROUTES } from '../model/urls.ts'
import type { Operation } from './openapi/operation.ts'
import { COMMON_REASONS } from './openapi/problems.ts'

/**
 * `owed` counts all keys that still have to be written to KV. `backlog` counts those of them that
 * belong to bulk requests and sweeps.
 */
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
      summary: 'Read the state of the outbox',
      description:
        'Returns how many keys still have to be written to KV, and how long news has been waiting. To find out whether a change has reached KV, repeat the request until the field `owed` is 0, or send it once with the parameter `wait`.',
      parameters: [
        {
          name: 'wait',
          in: 'query',
          description:
            'How many seconds the response may be delayed until owed is 0. If too many requests are waiting already, the desk responds at once.',
          schema: { type: 'integer', minimum: 1, maximum: MAX_WAIT_SECONDS },
        },
      ],
      responses: [
        {
          status: 200,
          description: 'How many keys are queued, and how long news has been waiting.',
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
      summary: 'Write everything to KV again',
      description:
        'Writes every key of the ledger to KV again, and deletes keys that the ledger does not have. The rebuild continues after the response, and the outbox reports rebuilding until it is done. A rebuild is safe at any time.',
      responses: [
        {
          status: 202,
          description: 'The rebuild has begun.',
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
        'Opens the desk, and enqueues the documents that new settings or a new renderer have made outdated. This is safe at any time.',
      responses: [
        {
          status: 200,
          description: 'The desk is open.',
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
      summary: 'Check whether readers get what was published',
      description: 'Monitors can poll this address. The status may be up to ten seconds old.',
      responses: [
        {
          status: 200,
          description: 'Everything is published on time.',
          json: { schema: 'Health', examples: { well: { status: 'ok', ...EMPTY_OUTBOX } } },
        },
        {
          status: 503,
          description:
            'Someone should check the site, because news is late, writing to KV fails, or an import is under way. The response is a problem if the desk does not respond, its ledger is damaged, or its disk is full.',
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
      summary: 'Read this document',
      description: 'The document contains nothing secret, and scripts of any site may read it.',
      responses: [
        {
          status: 200,
          description: 'An OpenAPI 3.1 document.',
          headers: ['ETag'],
          json: { schema: 'Description', examples: { abridged: { openapi: '3.1.0' } } },
        },
        { status: 304, description: 'The client already has this version.', headers: ['ETag'] },
      ],
      problems: ['coding-refused', 'internal', 'settings-refused'],
    },
  ]
}
