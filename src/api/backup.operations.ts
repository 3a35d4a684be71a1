/**
 * OpenAPI operations that export a desk and import it into an empty one. `backup.ts` implements
 * them.
 *
 * The conformance tests send the examples in this order. An example may depend on the ones before
 * it.
 */
import type { Publication } from '../model/publication.ts'
import { ROUTES } from '../model/urls.ts'
import { MAX_PAGE_BYTES } from './backup.ts'
import { ndjsonBody, type Operation } from './openapi/operation.ts'
import { COMMON_REASONS } from './openapi/problems.ts'

const EXPORT_NAME = 'yMhU0hGzIZTAOgp4cTnT9Q'
const LINES_SCHEMA = {
  type: 'string',
  description: 'Records as NDJSON: one JSON object on each line. docs/storage.md describes them.',
}
const ORDER_NOTE = 'The lines must keep the order in which they are exported.'

export function buildBackupOperations({ tag }: Publication): Operation[] {
  const { authority, date } = tag
  const header = {
    record: 'desk',
    version: 1,
    export: EXPORT_NAME,
    tag: { authority, date },
    exported: '2025-10-15T02:00:00Z',
    change: 1,
    counts: { article: 1, code: 1, channel: 1, membership: 1, document: 0, audit: 1 },
  }
  const code = { record: 'code', code: 'expo25', article: 'technology-expo' }
  const page = `${JSON.stringify(header)}\n${JSON.stringify(code)}\n`
  return [
    {
      route: ROUTES.apiImport,
      method: 'get',
      operationId: 'readImport',
      tag: 'desk',
      summary: 'Read the status of an import',
      description:
        'To continue an interrupted import, begin with the line after the last imported one.',
      responses: [
        {
          status: 200,
          description: 'The status of the import.',
          json: { schema: 'Standing', examples: { empty: { state: 'empty' } } },
        },
      ],
      problems: COMMON_REASONS,
    },
    {
      route: ROUTES.apiImport,
      method: 'post',
      operationId: 'importPage',
      tag: 'desk',
      summary: 'Import lines of an export into an empty desk',
      description: `Send whole lines, at most ${MAX_PAGE_BYTES} bytes. Pages may begin and end at any line. Lines that were imported before change nothing. Until the end record has arrived and matches, nobody can publish, and readers get 503 for everything that is not in KV. After that, all of KV is written again.`,
      parameters: [
        {
          name: 'export',
          in: 'query',
          required: true,
          description: 'The name of the export, from its first line.',
          schema: { type: 'string' },
          examples: { begun: EXPORT_NAME },
        },
        {
          name: 'line',
          in: 'query',
          required: true,
          description: `The number of the first line that is sent. The first line of the export has number 1. ${ORDER_NOTE}`,
          schema: { type: 'integer', minimum: 1 },
          examples: { begun: 1 },
        },
      ],
      body: ndjsonBody({ schema: LINES_SCHEMA, examples: { begun: page } }),
      responses: [
        {
          status: 200,
          description:
            'The lines are imported. They may have been imported before this request. The state is done when the end record has arrived and matches.',
          json: {
            schema: 'Standing',
            examples: { begun: { state: 'under-way', export: EXPORT_NAME, lines: 2 } },
          },
        },
      ],
      problems: [
        'bad-query',
        'unparsable',
        'not-empty',
        'import-refused',
        'too-large',
        'unsupported-coding',
        'unsupported-type',
        'invalid',
        ...COMMON_REASONS,
      ],
    },
    {
      route: ROUTES.apiImport,
      method: 'delete',
      operationId: 'abandonImport',
      tag: 'desk',
      summary: 'Abandon an import that is under way',
      description: 'Deletes everything that was imported, and opens the empty desk again.',
      responses: [
        {
          status: 200,
          description: 'The import is abandoned.',
          json: { schema: 'Standing', examples: { empty: { state: 'empty' } } },
        },
      ],
      problems: ['import-refused', ...COMMON_REASONS],
    },
    {
      route: ROUTES.apiExport,
      method: 'get',
      operationId: 'exportPage',
      tag: 'desk',
      summary: 'Export everything that the desk stores',
      description: `Returns one page of lines. The Link header has the address of the next page. The last page ends with the end record. Publishing can continue: everything that changes during the export is exported again at its end. ${ORDER_NOTE} An import needs all pages.`,
      parameters: [
        {
          name: 'after',
          in: 'query',
          description:
            'The position at which the page begins. Copy it from the address in the Link header of the previous page.',
          schema: { type: 'string' },
        },
      ],
      responses: [
        {
          status: 200,
          description: 'One page of lines.',
          optionalHeaders: ['Link'],
          ndjson: { schema: LINES_SCHEMA, examples: { first: page } },
        },
      ],
      problems: ['bad-query', 'import-under-way', ...COMMON_REASONS],
    },
  ]
}
