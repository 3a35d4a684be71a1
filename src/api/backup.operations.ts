/**
 * The operations that copy a desk: export, and import into an empty one. Their examples follow one
 * another.
 */
import type { Publication } from '../model/publication.ts'
import { ROUTES } from '../model/urls.ts'
import { MAX_PAGE_BYTES } from './backup.ts'
import { ndjsonBody, type Operation } from './openapi/operation.ts'
import { COMMON_REASONS } from './openapi/problems.ts'

const EXPORT_NAME = 'yMhU0hGzIZTAOgp4cTnT9Q'
const LINES_SCHEMA = {
  type: 'string',
  description: 'Records as JSON, one a line (NDJSON), as docs/storage.md describes them.',
}
const ORDER_NOTE = 'In the order of the export.'

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
      summary: 'Read where an import stands',
      description: 'Whoever was interrupted goes on with the line after those that were taken.',
      responses: [
        {
          status: 200,
          description: 'Where it stands.',
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
      description: `Whole lines, at most ${MAX_PAGE_BYTES} bytes; where pages begin and end does not matter. What was taken before changes nothing. Until the end record has come and agrees, nobody publishes and readers are answered 503 for what they were not sent before; then everything is written anew.`,
      parameters: [
        {
          name: 'export',
          in: 'query',
          required: true,
          description: 'The name of the export, as its first line has it.',
          schema: { type: 'string' },
          examples: { begun: EXPORT_NAME },
        },
        {
          name: 'line',
          in: 'query',
          required: true,
          description: `The number of the first line sent, from 1. ${ORDER_NOTE}`,
          schema: { type: 'integer', minimum: 1 },
          examples: { begun: 1 },
        },
      ],
      body: ndjsonBody({ schema: LINES_SCHEMA, examples: { begun: page } }),
      responses: [
        {
          status: 200,
          description: 'Taken, now or before; the state is done once the end record agrees.',
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
      description: 'Everything that it has brought is forgotten, and the empty desk is open again.',
      responses: [
        {
          status: 200,
          description: 'Abandoned.',
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
      summary: 'Export everything that the desk knows',
      description: `One page of lines; the next is at the address in Link, and the last ends with the end record. Publishing goes on meanwhile; what it changes is told again. ${ORDER_NOTE} All pages together are what an import takes.`,
      parameters: [
        {
          name: 'after',
          in: 'query',
          description: 'Where the page begins; only ever taken from Link of the page before.',
          schema: { type: 'string' },
        },
      ],
      responses: [
        {
          status: 200,
          description: 'A page.',
          optionalHeaders: ['Link'],
          ndjson: { schema: LINES_SCHEMA, examples: { first: page } },
        },
      ],
      problems: ['bad-query', 'import-under-way', ...COMMON_REASONS],
    },
  ]
}
