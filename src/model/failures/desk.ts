/**
 * Failures of the desk itself: an import that conflicts with its state, invalid settings, and
 * damaged or full storage. Most need an operator, so `advice` addresses the operator.
 */
import { row } from './row.ts'

const EXAMPLE_EXPORT = 'yMhU0hGzIZTAOgp4cTnT9Q'

/** An operator must repair the desk first, which takes some minutes. */
const retryAfterRepair = () => ({ 'Retry-After': '300' })
const retryAfterCleanup = () => ({ 'Retry-After': '60' })

export const DESK_FAILURES = {
  'import-under-way': row<{ action: string }>({
    status: 409,
    title: 'An import is under way',
    advice: 'Wait until it ends. GET /api/import reports its progress.',
    sentence: ({ action }) =>
      `Cannot ${action}: an import is under way, and the desk is closed until it ends`,
    example: { action: 'publish' },
  }),
  'import-refused': row<{ action: string; why: string }>({
    status: 409,
    title: 'The import does not fit this desk',
    advice:
      'GET /api/import reports which line comes next. DELETE /api/import abandons the import.',
    sentence: ({ action, why }) => `Cannot ${action}: ${why}`,
    example: {
      action: `import "${EXAMPLE_EXPORT}"`,
      why: 'line 3 was expected next, but line 9 was sent',
    },
  }),
  'not-empty': row<{ subject: string }>({
    status: 409,
    title: 'The desk is not empty',
    advice: 'Import into a new desk. An import is never merged with existing articles.',
    sentence: ({ subject }) =>
      `Cannot import "${subject}": this desk has articles already, and an import needs an empty desk`,
    example: { subject: EXAMPLE_EXPORT },
  }),
  internal: row({
    status: 500,
    title: 'Something unexpected went wrong',
    advice: 'Try again later. Everything that was acknowledged is stored.',
    sentence: () => 'Cannot answer: something unexpected went wrong',
    example: {},
  }),
  'settings-refused': row<{ why: string }>({
    status: 503,
    title: 'A setting is invalid',
    advice: 'The operator must correct this setting and deploy again.',
    sentence: ({ why }) => `Cannot open the desk: ${why}`,
    example: { why: 'DESK_TOKEN is shorter than 16 characters' },
    headers: retryAfterRepair,
  }),
  'ledger-damaged': row<{ action: string; why: string }>({
    status: 503,
    title: 'The ledger is damaged',
    advice:
      'The operator must restore it: stop the desk, move the damaged ledger away, and import a backup (docs/operate.md).',
    sentence: ({ action, why }) =>
      `Cannot ${action}: the ledger of this desk is damaged (${why}) and must be restored from a backup`,
    example: { action: 'publish', why: 'database disk image is malformed' },
    headers: retryAfterRepair,
  }),
  'ledger-missing': row<{ action: string }>({
    status: 503,
    title: 'The ledger is missing',
    advice:
      'The operator must import a backup. A new desk needs an empty KV namespace or state folder.',
    sentence: ({ action }) =>
      `Cannot ${action}: the ledger of this desk is empty, but KV has published documents; import a backup, or use an empty KV for a new desk`,
    example: { action: 'publish' },
    headers: retryAfterRepair,
  }),
  'disk-full': row<{ action: string }>({
    status: 503,
    title: 'The disk is full',
    advice: 'The operator must free space. Then send the request again: none of it was stored.',
    sentence: ({ action }) => `Cannot ${action}: the disk of this desk is full`,
    example: { action: 'publish "technology-expo"' },
    headers: retryAfterCleanup,
  }),
  'disk-read-only': row<{ action: string }>({
    status: 503,
    title: 'The disk is read-only',
    advice:
      'The operator must make it writable. Then send the request again: none of it was stored.',
    sentence: ({ action }) => `Cannot ${action}: the disk of this desk is read-only`,
    example: { action: 'publish "technology-expo"' },
    headers: retryAfterCleanup,
  }),
  unavailable: row<{ retryAfterSeconds: number }>({
    status: 503,
    title: 'The storage did not respond',
    advice: 'Try again after the time in Retry-After.',
    sentence: ({ retryAfterSeconds }) =>
      `Cannot answer now: the storage did not respond; try again in ${retryAfterSeconds} seconds`,
    example: { retryAfterSeconds: 30 },
    headers: ({ retryAfterSeconds }) => ({ 'Retry-After': String(retryAfterSeconds) }),
  }),
}
