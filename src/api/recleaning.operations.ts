/** OpenAPI operation of the request that cleans stored texts again (`recleaning.ts`). */
import { ROUTES } from '../model/urls.ts'
import type { Operation } from './openapi/operation.ts'
import { COMMON_REASONS } from './openapi/problems.ts'

export function buildRecleaningOperations(): Operation[] {
  return [
    {
      route: ROUTES.apiReclean,
      method: 'post',
      operationId: 'recleanTexts',
      tag: 'desk',
      summary: 'Clean stored texts again',
      description:
        'Cleans the stored source of some articles again, in the order of their ids, and publishes those whose text changes. Their `updated` stays as it is. To clean all, repeat the request at the address `next` until there is none. Withdrawn articles are left out.',
      parameters: [
        {
          name: 'after',
          in: 'query',
          description: 'The id after which to begin; without it, begins with the first article.',
          schema: { type: 'string' },
        },
        {
          name: 'dry_run',
          in: 'query',
          description: 'If true, reports what would change, and changes nothing.',
          schema: { type: 'string', enum: ['true', 'false'] },
        },
      ],
      responses: [
        {
          status: 200,
          description: 'The articles that changed or were refused.',
          json: {
            schema: 'RecleanedPage',
            examples: {
              one: {
                checked: 20,
                results: [
                  {
                    id: 'expo-2026',
                    changes: [
                      { key: 'html', before: '<p>Opened by Lahore’s', after: '<p>Opened by ' },
                    ],
                    removed: [],
                  },
                ],
                next: `${ROUTES.apiReclean}?after=expo-2026`,
              },
            },
          },
        },
      ],
      problems: ['bad-query', 'import-under-way', ...COMMON_REASONS],
    },
  ]
}
