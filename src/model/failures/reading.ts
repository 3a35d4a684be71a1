/** How a reader's request can fail: nothing is there, it was taken back, or it has ended. */
import { formatTime } from '../../text/time.ts'
import { type MoreMembers, row } from './row.ts'

/** An unknown address may exist soon, so the answer is cached briefly. */
const BRIEFLY = 'public, max-age=10'
const SOME_MINUTES = 'public, max-age=120'

const withdrawnAt = ({ when }: { when?: number }): MoreMembers =>
  when === undefined ? {} : { withdrawn: formatTime(when) }

/** Names the publisher as the one who blocks what is answered with 451 (RFC 7725 section 4). */
export const blockedBy = (siteUrl: string): Record<string, string> => ({
  Link: `<${siteUrl}>; rel="blocked-by"`,
})

/** `when` is the time of the withdrawal in seconds, absent if unknown. */
export const READING_FAILURES = {
  'not-found': row<{ what: string }>({
    status: 404,
    title: 'Nothing is here',
    advice: 'Check the address; the front page lists what is out.',
    sentence: ({ what }) => `Cannot find ${what}: there is nothing at this address`,
    example: { what: 'this part of the publish API' },
    caching: BRIEFLY,
  }),
  gone: row<{ what: string; when?: number }>({
    status: 410,
    title: 'This was withdrawn',
    advice: 'The newsroom took it back. Its short link will not be used for another story.',
    sentence: ({ what }) => `Cannot show ${what}: it was withdrawn`,
    example: { what: 'the story behind this short link', when: 1_760_500_800 },
    members: withdrawnAt,
    caching: SOME_MINUTES,
  }),
  expired: row<{ what: string }>({
    status: 410,
    title: 'This link has expired',
    advice: 'It was made for a time, which is over, and will not be used for another page.',
    sentence: ({ what }) =>
      `Cannot show ${what}: it was made to lead somewhere for a time, which is over`,
    example: { what: 'this short link' },
    caching: SOME_MINUTES,
  }),
  legal: row<{ what: string; why: string; when?: number }>({
    status: 451,
    title: 'Unavailable for legal reasons',
    advice: 'The newsroom had to take it back. What it may say about that stands in the answer.',
    sentence: ({ what, why }) => `Cannot show ${what}: ${why}`,
    example: {
      what: 'this short link',
      why: 'a court in Karachi forbade to show it on 3 March 2026',
    },
    members: withdrawnAt,
    headers: (_, siteUrl) => blockedBy(siteUrl),
    caching: SOME_MINUTES,
  }),
  'too-many-misses': row<{ retryAfterSeconds: number }>({
    status: 429,
    title: 'Too many new addresses',
    advice: 'Wait as long as Retry-After says. Documents that are already in KV are not limited.',
    sentence: ({ retryAfterSeconds }) =>
      `Cannot look this up: you asked for too many unknown or new addresses; wait ${retryAfterSeconds} seconds`,
    example: { retryAfterSeconds: 60 },
    headers: ({ retryAfterSeconds }) => ({ 'Retry-After': String(retryAfterSeconds) }),
  }),
}
