/** The operations on the desk itself, for operators and monitors, and the description's own. */
import { MAX_WAIT_SECONDS } from '../desk/protocol.ts'
import { STORAGE_REASONS } from '../model/storage-failures.ts'
import { ROUTES } from '../model/urls.ts'
import type { Operation } from './openapi/operation.ts'
import { ALWAYS } from './openapi/problems.ts'

const NOTHING_OWED = {
  owed: 0,
  backlog: 0,
  oldest_owed_seconds: 0,
  failing_keys: 0,
  rebuilding: false,
  importing: false,
}

export function upkeepOperations(): Operation[] {
  return [
    {
      route: ROUTES.apiOutbox,
      method: 'get',
      id: 'readOutbox',
      tag: 'desk',
      summary: 'Read what is still owed to readers',
      meaning:
        'An editor who must know that a change is out asks until nothing is owed, or asks once with wait.',
      parameters: [
        {
          name: 'wait',
          in: 'query',
          meaning: `Seconds for which the answer may wait until owed is 0. A desk that has many waiting answers at once.`,
          schema: { type: 'integer', minimum: 1, maximum: MAX_WAIT_SECONDS },
        },
      ],
      answers: [
        {
          status: 200,
          meaning: 'Counts and ages.',
          json: { schema: 'Outbox', examples: { settled: NOTHING_OWED } },
        },
      ],
      problems: ['bad-query', ...ALWAYS],
    },
    {
      route: ROUTES.apiRebuild,
      method: 'post',
      id: 'rebuildWire',
      tag: 'desk',
      summary: 'Make what readers are served from equal to the ledger',
      meaning: 'Runs on after the answer; the outbox tells when it is done. Safe at any time.',
      answers: [
        {
          status: 202,
          meaning: 'Begun.',
          json: { schema: 'Rebuilding', examples: { begun: { rebuilding: true } } },
        },
      ],
      problems: ['import-under-way', ...ALWAYS],
    },
    {
      route: ROUTES.apiWake,
      method: 'post',
      id: 'wakeDesk',
      tag: 'desk',
      summary: 'Open the desk after a deploy',
      meaning:
        'Documents that new settings or a new renderer make stale are queued. Safe at any time.',
      answers: [
        {
          status: 200,
          meaning: 'It is open.',
          json: { schema: 'Open', examples: { open: { open: true } } },
        },
      ],
      problems: ALWAYS,
    },
    {
      route: ROUTES.health,
      method: 'get',
      id: 'readHealth',
      tag: 'monitoring',
      open: true,
      summary: 'Tell a monitor whether readers get what was published',
      meaning: 'Up to ten seconds old.',
      answers: [
        {
          status: 200,
          meaning: 'All is well.',
          json: { schema: 'Health', examples: { well: { status: 'ok', ...NOTHING_OWED } } },
        },
        {
          status: 503,
          meaning:
            'A person should look: news is owed for too long, or cannot be written. Or a problem, when the desk does not answer, its ledger is damaged or its disk is full.',
          json: {
            schema: 'Health',
            examples: {
              failing: {
                ...NOTHING_OWED,
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
      id: 'readDescription',
      tag: 'monitoring',
      open: true,
      summary: 'Read this description',
      meaning: 'It holds nothing secret and may be read from any page.',
      answers: [
        {
          status: 200,
          meaning: 'An OpenAPI 3.1 document.',
          headers: ['ETag'],
          json: { schema: 'Description', examples: { abridged: { openapi: '3.1.0' } } },
        },
        { status: 304, meaning: 'It is one of those known.', headers: ['ETag'] },
      ],
      problems: ['coding-refused', 'internal', 'settings-refused'],
    },
  ]
}
