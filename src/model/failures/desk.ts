/** Failures of the desk itself: an import that does not fit, refused settings, its storage. */
import { row } from './row.ts'

const EXAMPLE_EXPORT = 'yMhU0hGzIZTAOgp4cTnT9Q'

/** An operator must repair the desk first, which takes some minutes. */
const retryAfterRepair = () => ({ 'Retry-After': '300' })
const retryAfterCleanup = () => ({ 'Retry-After': '60' })

export const DESK_FAILURES = {
  'import-under-way': row<{ action: string }>({
    status: 409,
    title: 'An import is under way',
    advice: 'Wait until it has ended; GET /api/import tells where it stands.',
    sentence: ({ action }) =>
      `Cannot ${action}: an import is under way, and the desk is closed until it has ended`,
    example: { action: 'publish' },
  }),
  'import-refused': row<{ action: string; why: string }>({
    status: 409,
    title: 'The import does not fit this desk',
    advice: 'GET /api/import tells what the desk waits for; DELETE there abandons an import.',
    sentence: ({ action, why }) => `Cannot ${action}: ${why}`,
    example: { action: `import "${EXAMPLE_EXPORT}"`, why: 'its line 3 comes next, not line 9' },
  }),
  'not-empty': row<{ subject: string }>({
    status: 409,
    title: 'The desk is not empty',
    advice: 'Import into a new desk: an import never mixes with articles that are there.',
    sentence: ({ subject }) =>
      `Cannot import "${subject}": this desk has articles already, and an import wants an empty one`,
    example: { subject: EXAMPLE_EXPORT },
  }),
  internal: row({
    status: 500,
    title: 'Something unexpected went wrong',
    advice: 'Everything that was acknowledged is stored. Try again later.',
    sentence: () => 'Cannot answer: something unexpected went wrong',
    example: {},
  }),
  'settings-refused': row<{ why: string }>({
    status: 503,
    title: 'The settings are refused',
    advice: 'The operator must correct the setting that is named and deploy again.',
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
      'The operator must import a backup. A new desk begins with an empty KV namespace or state folder.',
    sentence: ({ action }) =>
      `Cannot ${action}: the ledger of this desk is empty, and KV has what it published; import a backup, or give a new desk an empty KV`,
    example: { action: 'publish' },
    headers: retryAfterRepair,
  }),
  'disk-full': row<{ action: string }>({
    status: 503,
    title: 'The disk is full',
    advice:
      'The operator must free some space. Then send the request again: nothing of it was stored.',
    sentence: ({ action }) => `Cannot ${action}: the disk of this desk is full`,
    example: { action: 'publish "technology-expo"' },
    headers: retryAfterCleanup,
  }),
  'disk-read-only': row<{ action: string }>({
    status: 503,
    title: 'The disk is read-only',
    advice:
      'The operator must make it writable. Then send the request again: nothing of it was stored.',
    sentence: ({ action }) => `Cannot ${action}: the disk of this desk is read-only`,
    example: { action: 'publish "technology-expo"' },
    headers: retryAfterCleanup,
  }),
  unavailable: row<{ retryAfterSeconds: number }>({
    status: 503,
    title: 'The store did not answer',
    advice: 'Try again when Retry-After says.',
    sentence: ({ retryAfterSeconds }) =>
      `Cannot answer now: the store did not; try again in ${retryAfterSeconds} seconds`,
    example: { retryAfterSeconds: 30 },
    headers: ({ retryAfterSeconds }) => ({ 'Retry-After': String(retryAfterSeconds) }),
  }),
}
