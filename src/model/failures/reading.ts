/**
 * Failures of readers' requests: nothing at this address, withdrawn, blocked for legal reasons,
 * expired, or too many requests for unknown addresses.
 */
import { formatTime } from '../../text/time.ts'
import { type ProblemMembers, row } from './row.ts'

/** An unknown address may exist soon, so the response is cached briefly. */
const CACHE_10_SECONDS = 'public, max-age=10'
const CACHE_2_MINUTES = 'public, max-age=120'

const buildWithdrawnMember = ({ when }: { when?: number }): ProblemMembers =>
  when === undefined ? {} : { withdrawn: formatTime(when) }

/** Names the publisher as the one who blocks access, for status 451 (RFC 7725 section 4). */
export const buildBlockedByHeaders = (siteUrl: string): Record<string, string> => ({
  Link: `<${siteUrl}>; rel="blocked-by"`,
})

/** `when` is the time of the withdrawal in seconds, absent if unknown. */
export const READING_FAILURES = {
  'not-found': row<{ subject: string }>({
    status: 404,
    title: 'Not found',
    advice: 'Check the address. The front page lists what was published.',
    sentence: ({ subject }) => `Cannot find ${subject}: there is nothing at this address`,
    example: { subject: 'this part of the publish API' },
    cacheControl: CACHE_10_SECONDS,
  }),
  gone: row<{ subject: string; when?: number }>({
    status: 410,
    title: 'This was withdrawn',
    advice: 'The newsroom withdrew it. Its short link will not be used for another story.',
    sentence: ({ subject }) => `Cannot show ${subject}: it was withdrawn`,
    example: { subject: 'the story behind this short link', when: 1_760_500_800 },
    members: buildWithdrawnMember,
    cacheControl: CACHE_2_MINUTES,
  }),
  expired: row<{ subject: string }>({
    status: 410,
    title: 'This link has expired',
    advice: 'It was created for a limited time. It will not be used for another page.',
    sentence: ({ subject }) => `Cannot show ${subject}: it has expired`,
    example: { subject: 'this short link' },
    cacheControl: CACHE_2_MINUTES,
  }),
  legal: row<{ subject: string; why: string; when?: number }>({
    status: 451,
    title: 'Unavailable for legal reasons',
    advice:
      'The newsroom had to withdraw it. The response has the reason that the newsroom published.',
    sentence: ({ subject, why }) => `Cannot show ${subject}: ${why}`,
    example: {
      subject: 'this short link',
      why: 'a court in Karachi prohibited publication on 3 March 2026',
    },
    members: buildWithdrawnMember,
    headers: (_, siteUrl) => buildBlockedByHeaders(siteUrl),
    cacheControl: CACHE_2_MINUTES,
  }),
  'too-many-misses': row<{ retryAfterSeconds: number }>({
    status: 429,
    title: 'Too many unknown addresses',
    advice: 'Wait for the time in Retry-After. Documents that are already in KV are not limited.',
    sentence: ({ retryAfterSeconds }) =>
      `Cannot look this up: you requested too many unknown or new addresses; wait ${retryAfterSeconds} seconds`,
    example: { retryAfterSeconds: 60 },
    headers: ({ retryAfterSeconds }) => ({ 'Retry-After': String(retryAfterSeconds) }),
  }),
}
