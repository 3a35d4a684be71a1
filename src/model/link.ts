/**
 * Links that editors manage: codes for pages on the publisher's hosts, and further codes of
 * articles. The schemas validate input and describe it in the API. Destinations are validated here;
 * the desk decides whether a code is free. The record of links that KV stores is at the end of the
 * file.
 */
import * as v from 'valibot'
import { omitUndefined } from '../text/json.ts'
import { CODE_GRAMMAR, findTypedCode } from './code.ts'
import { type Failure, type Fault, fail, ok, type Result } from './failures.ts'
import { toFault } from './faults.ts'
import { parsePastedCode } from './pasted-code.ts'
import type { Publication } from './publication.ts'
import { LIMITS, plainText, time, webAddress } from './rules.ts'
import { ID_GRAMMAR, isReservedCode } from './urls.ts'

const SHARED_ENTRIES = {
  url: v.exactOptional(webAddress('url')),
  article: v.exactOptional(
    v.pipe(
      v.string('article is not text'),
      v.regex(ID_GRAMMAR, 'article is not the id of an article'),
    ),
  ),
  title: v.exactOptional(plainText('title', LIMITS.titleCharacters)),
  expires: v.exactOptional(time('expires')),
}
const LinkObjectSchema = v.strictObject(
  {
    ...SHARED_ENTRIES,
    republish: v.exactOptional(v.boolean('republish is neither true nor false')),
  },
  'link is not an object',
)
const LinkLineObjectSchema = v.strictObject(
  {
    code: v.pipe(
      v.string('code is not text'),
      v.regex(CODE_GRAMMAR, 'code is not 1 to 64 characters of A-Z, a-z, 0-9, _ and -'),
    ),
    ...SHARED_ENTRIES,
    created: v.exactOptional(time('created')),
  },
  'link is not an object',
)
type Destination = Pick<v.InferOutput<typeof LinkObjectSchema>, 'url' | 'article' | 'expires'>

/** A link has either an address or an article as its destination. */
const hasOneDestination = ({ url, article }: Destination): boolean =>
  (url === undefined) !== (article === undefined)
/** Only a link to an address may expire. */
const mayExpire = ({ article, expires }: Destination): boolean =>
  article === undefined || expires === undefined
const ONE_DESTINATION_MESSAGE = 'url is missing; send either url or article, and not both'
const NO_EXPIRY_MESSAGE = 'expires is not allowed for a code of an article, which never expires'

/** The body of `PUT /api/links/:code`. Times become seconds. */
export const LinkSchema = v.pipe(
  LinkObjectSchema,
  v.metadata({ oneOf: [{ required: ['url'] }, { required: ['article'] }] }),
  v.forward(v.partialCheck([['url'], ['article']], hasOneDestination, ONE_DESTINATION_MESSAGE), [
    'url',
  ]),
  v.forward(v.partialCheck([['article'], ['expires']], mayExpire, NO_EXPIRY_MESSAGE), ['expires']),
)
/**
 * One line of `POST /api/links`. It contains the code and may contain the creation time, but not
 * `republish`.
 */
export const LinkLineSchema = v.pipe(
  LinkLineObjectSchema,
  v.metadata({ oneOf: [{ required: ['url'] }, { required: ['article'] }] }),
  v.forward(v.partialCheck([['url'], ['article']], hasOneDestination, ONE_DESTINATION_MESSAGE), [
    'url',
  ]),
  v.forward(v.partialCheck([['article'], ['expires']], mayExpire, NO_EXPIRY_MESSAGE), ['expires']),
)

/** The body of `DELETE /api/links/:code`: the legal demand, which readers see (RFC 7725). */
export const RemovalSchema = v.strictObject({
  legal: v.exactOptional(plainText('legal', LIMITS.reasonCharacters)),
})

type LinkSettings = Pick<Publication, 'siteUrl' | 'shortUrl' | 'allowedHosts'>

/**
 * Validates the new link for `code`. An `invalid` failure lists all faults. If the code itself is
 * malformed, it lists only this fault.
 */
export function parseLinkDraft(
  input: unknown,
  code: string,
  settings: LinkSettings,
): Result<LinkDraft> {
  if (!CODE_GRAMMAR.test(code)) {
    const detail = 'code is not 1 to 64 characters of A-Z, a-z, 0-9, _ and -'
    return fail(buildInvalidFailure('change', code.slice(0, 100), [{ detail, pointer: '/code' }]))
  }
  const parsed = v.safeParse(LinkSchema, input, { abortPipeEarly: true })
  if (!parsed.success)
    return fail(
      buildInvalidFailure(
        'change',
        code,
        parsed.issues.map((issue) => toFault(issue, listKeys(LinkObjectSchema))),
      ),
    )
  return buildLinkDraft('change', { code, ...parsed.output }, settings)
}

/** Validates a line of a bulk request. An `invalid` failure lists all faults. */
export function parseLinkLine(input: unknown, settings: LinkSettings): Result<LinkDraft> {
  const parsed = v.safeParse(LinkLineSchema, input, { abortPipeEarly: true })
  if (parsed.success) return buildLinkDraft('import', parsed.output, settings)
  const faults = parsed.issues.map((issue) => toFault(issue, listKeys(LinkLineObjectSchema)))
  return fail(buildInvalidFailure('import', getSubject(input), faults))
}

/** Returns the code of a line for a message, or `a link` if the code is not valid. */
function getSubject(input: unknown): string {
  const parsed = v.safeParse(v.object({ code: LinkLineObjectSchema.entries.code }), input)
  return parsed.success ? parsed.output.code : 'a link'
}

type LinkInput = v.InferOutput<typeof LinkObjectSchema> &
  Pick<v.InferOutput<typeof LinkLineObjectSchema>, 'code' | 'created'>

/** A validated link, as it is sent to the desk. Times are in seconds. */
export type LinkDraft = Pick<LinkInput, 'code' | 'title' | 'created' | 'expires'> & {
  to: Required<Pick<LinkInput, 'url'>> | Required<Pick<LinkInput, 'article'>>
  republish: boolean
}

function buildLinkDraft(
  action: string,
  input: LinkInput,
  settings: LinkSettings,
): Result<LinkDraft> {
  const { code, url, article, title, created, expires, republish = false } = input
  const fault = url === undefined ? undefined : findDestinationFault(url, settings)
  if (fault) return fail(buildInvalidFailure(action, code, [{ detail: fault, pointer: '/url' }]))
  const to = url !== undefined ? { url } : { article: article ?? '' }
  return ok({ code, to, republish, ...omitUndefined({ title, created, expires }) })
}

/**
 * Returns what is wrong with a destination. Hosts other than the publisher's are rejected, because
 * the short host must not be an open redirect. Short links are rejected, because they would
 * redirect twice or in a circle.
 */
function findDestinationFault(address: string, { siteUrl, shortUrl, allowedHosts }: LinkSettings) {
  const url = new URL(address)
  if (!allowedHosts.includes(url.host) && url.host !== new URL(siteUrl).host)
    return `url is on host "${url.host}", which neither SITE_URL nor ALLOWED_HOSTS names`
  const ownHosts = new Set([siteUrl, shortUrl].map((origin) => new URL(origin).host))
  const codes = ownHosts.has(url.host) ? parsePastedCode(url.pathname, ownHosts)?.codes : undefined
  return codes?.some((code) => !isReservedCode(code))
    ? 'url is a short link itself; send the address that it redirects to'
    : undefined
}

const listKeys = (schema: { entries: object }): string[] => Object.keys(schema.entries)

const buildInvalidFailure = (action: string, subject: string, faults: Fault[]): Failure => ({
  reason: 'invalid',
  action,
  subject,
  faults,
})

/**
 * What a code resolves to, as stored in KV. Times are in seconds.
 *
 * - `to`: the URL to which the code redirects. It is the address of the article `id`, or of a page
 *   with a `title`. A link to a page also has its creation time (`made`) and, if it expires, the
 *   time at which it does (`until`).
 * - `gone`: the article was withdrawn or the link was removed, at the time `when`. `legal` is the
 *   legal demand, if there was one. `page` is true if the code never belonged to an article.
 *
 * Records of earlier versions have only `to` or only `gone`.
 */
const LinkAnswerSchema = v.union([
  v.object({
    to: v.string(),
    id: v.exactOptional(v.string()),
    title: v.exactOptional(v.string()),
    made: v.exactOptional(v.number()),
    until: v.exactOptional(v.number()),
  }),
  v.object({
    gone: v.literal(true),
    when: v.exactOptional(v.number()),
    legal: v.exactOptional(v.string()),
    page: v.exactOptional(v.literal(true)),
  }),
])
export const LinkRecordSchema = v.object({
  /**
   * Time of the last change, in seconds. It increases with each change, so that a stale record can
   * be recognized.
   */
  at: v.exactOptional(v.number()),
  // `v.record` would skip keys such as `constructor`, which may be a code.
  codes: v.pipe(
    v.custom<object>((codes) => typeof codes === 'object' && codes !== null),
    v.transform((codes) => Object.entries(codes)),
    v.array(v.tuple([v.string(), LinkAnswerSchema])),
    v.transform((entries) => Object.fromEntries(entries)),
  ),
})
/** All codes with one folded form, each with its answer. */
export type LinkRecord = v.InferOutput<typeof LinkRecordSchema>
export type LinkAnswer = v.InferOutput<typeof LinkAnswerSchema>

/**
 * Returns the code that the reader typed, in its exact spelling, with its answer. A text that
 * differs from several codes only in case is ambiguous, unless all of them lead to one page.
 */
export function resolveCode(
  { codes }: LinkRecord,
  typed: string,
): { code: string; answer: LinkAnswer } | undefined {
  const code = findTypedCode(codes, typed)
  const answer = code === undefined ? undefined : codes[code]
  if (code !== undefined && answer) return { code, answer }
  const candidates = Object.entries(codes).map(([each, its]) => ({ code: each, answer: its }))
  const destinations = new Set(candidates.map((each) => 'to' in each.answer && each.answer.to))
  if (destinations.size !== 1 || destinations.has(false)) return undefined
  // A link that expires would stop working before the others.
  return candidates.find((each) => !('until' in each.answer)) ?? candidates[0]
}

/** Returns the answer for a code as the reader typed it. */
export const resolveLink = (record: LinkRecord, typed: string): LinkAnswer | undefined =>
  resolveCode(record, typed)?.answer
