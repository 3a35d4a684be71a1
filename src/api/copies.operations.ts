/**
 * The operations that copy a desk: export, and import into an empty one. Their examples follow one
 * another.
 */
import type { Publication } from '../model/publication.ts'
import { ROUTES } from '../model/urls.ts'
import { MAX_PAGE_BYTES } from './copies.ts'
import { linesBody, type Operation } from './openapi/operation.ts'
import { ALWAYS } from './openapi/problems.ts'

const NAME = 'yMhU0hGzIZTAOgp4cTnT9Q'
const LINES = {
  type: 'string',
  description: 'Records as JSON, one a line (NDJSON), as docs/storage.md describes them.',
}
const SAME_ORDER = 'In the order of the export.'

export function copyingOperations({ tag }: Publication): Operation[] {
  const { authority, date } = tag
  const header = {
    record: 'desk',
    version: 1,
    export: NAME,
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
      id: 'readImport',
      tag: 'desk',
      summary: 'Read where an import stands',
      meaning: 'Whoever was interrupted goes on with the line after those that were taken.',
      answers: [
        {
          status: 200,
          meaning: 'Where it stands.',
          json: { schema: 'Standing', examples: { empty: { state: 'empty' } } },
        },
      ],
      problems: ALWAYS,
    },
    {
      route: ROUTES.apiImport,
      method: 'post',
      id: 'importPage',
      tag: 'desk',
      summary: 'Import lines of an export into an empty desk',
      meaning: `Whole lines, at most ${MAX_PAGE_BYTES} bytes; where pages begin and end does not matter. What was taken before changes nothing. Until the end record has come and agrees, nobody publishes and readers are answered 503 for what they were not sent before; then everything is written anew.`,
      parameters: [
        {
          name: 'export',
          in: 'query',
          required: true,
          meaning: 'The name of the export, as its first line has it.',
          schema: { type: 'string' },
          examples: { begun: NAME },
        },
        {
          name: 'line',
          in: 'query',
          required: true,
          meaning: `The number of the first line sent, from 1. ${SAME_ORDER}`,
          schema: { type: 'integer', minimum: 1 },
          examples: { begun: 1 },
        },
      ],
      body: linesBody({ schema: LINES, examples: { begun: page } }),
      answers: [
        {
          status: 200,
          meaning: 'Taken, now or before; the state is done once the end record agrees.',
          json: {
            schema: 'Standing',
            examples: { begun: { state: 'under-way', export: NAME, lines: 2 } },
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
        ...ALWAYS,
      ],
    },
    {
      route: ROUTES.apiImport,
      method: 'delete',
      id: 'abandonImport',
      tag: 'desk',
      summary: 'Abandon an import that is under way',
      meaning: 'Everything that it has brought is forgotten, and the empty desk is open again.',
      answers: [
        {
          status: 200,
          meaning: 'Abandoned.',
          json: { schema: 'Standing', examples: { empty: { state: 'empty' } } },
        },
      ],
      problems: ['import-refused', ...ALWAYS],
    },
    {
      route: ROUTES.apiExport,
      method: 'get',
      id: 'exportPage',
      tag: 'desk',
      summary: 'Export everything that the desk knows',
      meaning: `One page of lines; the next is at the address in Link, and the last ends with the end record. Publishing goes on meanwhile; what it changes is told again. ${SAME_ORDER} All pages together are what an import takes.`,
      parameters: [
        {
          name: 'after',
          in: 'query',
          meaning: 'Where the page begins; only ever taken from Link of the page before.',
          schema: { type: 'string' },
        },
      ],
      answers: [
        {
          status: 200,
          meaning: 'A page.',
          sometimes: ['Link'],
          ndjson: { schema: LINES, examples: { first: page } },
        },
      ],
      problems: ['bad-query', 'import-under-way', ...ALWAYS],
    },
  ]
}
