/**
 * Links that are no article's own: codes for pages of the publisher's hosts, and more codes for an
 * article. The schemas are the only source of the rules; where a code leads is checked here,
 * whether it is free at the desk.
 */
import * as v from 'valibot'
import { defined } from '../text/json.ts'
import { CODE_GRAMMAR, exactCode } from './code.ts'
import { type Failure, type Fault, fail, ok, type Result } from './failures.ts'
import { toFault } from './faults.ts'
import { readPasted } from './pasted.ts'
import type { Publication } from './publication.ts'
import { LIMITS, plainText, time, webAddress } from './rules.ts'
import { ID_GRAMMAR, isReservedCode } from './urls.ts'

const TARGET = {
  url: v.exactOptional(webAddress('url')),
  article: v.exactOptional(
    v.pipe(v.string('article is not text'), v.regex(ID_GRAMMAR, 'article is not the id of one')),
  ),
  title: v.exactOptional(plainText('title', LIMITS.titleCharacters)),
  expires: v.exactOptional(time('expires')),
}
const LINK = v.strictObject(
  { ...TARGET, republish: v.exactOptional(v.boolean('republish is neither true nor false')) },
  'link is not an object',
)
const LINE = v.strictObject(
  {
    code: v.pipe(
      v.string('code is not text'),
      v.regex(CODE_GRAMMAR, 'code is not 1 to 64 of A-Z, a-z, 0-9, _ and -'),
    ),
    ...TARGET,
    created: v.exactOptional(time('created')),
  },
  'link is not an object',
)
type Destination = Pick<v.InferOutput<typeof LINK>, 'url' | 'article' | 'expires'>

/**
 * Either leads to an address or is one more code of an article; only the first can end by itself.
 */
const hasOneDestination = ({ url, article }: Destination): boolean =>
  (url === undefined) !== (article === undefined)
const mayEnd = ({ article, expires }: Destination): boolean =>
  article === undefined || expires === undefined
const ONE_DESTINATION = 'url is missing; it or article says where the code leads, and not both'
const NO_END = 'expires is given for a code of an article, which has no end'

/** What `PUT /api/links/:code` takes. Times become seconds. */
export const LinkSchema = v.pipe(
  LINK,
  v.metadata({ oneOf: [{ required: ['url'] }, { required: ['article'] }] }),
  v.forward(v.partialCheck([['url'], ['article']], hasOneDestination, ONE_DESTINATION), ['url']),
  v.forward(v.partialCheck([['article'], ['expires']], mayEnd, NO_END), ['expires']),
)
/**
 * One line of many, as `POST /api/links` takes them: it names its code, and may say when it was
 * made.
 */
export const LinkLineSchema = v.pipe(
  LINE,
  v.metadata({ oneOf: [{ required: ['url'] }, { required: ['article'] }] }),
  v.forward(v.partialCheck([['url'], ['article']], hasOneDestination, ONE_DESTINATION), ['url']),
  v.forward(v.partialCheck([['article'], ['expires']], mayEnd, NO_END), ['expires']),
)

/**
 * What `DELETE /api/links/:code` takes: the legal demand that made it necessary, as readers are
 * told (RFC 7725).
 */
export const RemovalSchema = v.strictObject({
  legal: v.exactOptional(plainText('legal', LIMITS.reasonCharacters)),
})

type Origins = Pick<Publication, 'siteUrl' | 'shortUrl' | 'allowedHosts'>

/**
 * Checks the link that a code is to be. The failure, `invalid`, has every fault; the code itself is
 * checked first.
 */
export function prepareLink(input: unknown, code: string, origins: Origins): Result<LinkDraft> {
  if (!CODE_GRAMMAR.test(code)) {
    const detail = 'code is not 1 to 64 of A-Z, a-z, 0-9, _ and -'
    return fail(invalid('change', code.slice(0, 100), [{ detail, pointer: '/code' }]))
  }
  const parsed = v.safeParse(LinkSchema, input, { abortPipeEarly: true })
  if (!parsed.success)
    return fail(
      invalid(
        'change',
        code,
        parsed.issues.map((issue) => toFault(issue, keysOf(LINK))),
      ),
    )
  return drafted('change', { code, ...parsed.output }, origins)
}

/** Checks one line of many, likewise. */
export function prepareLinkLine(input: unknown, origins: Origins): Result<LinkDraft> {
  const parsed = v.safeParse(LinkLineSchema, input, { abortPipeEarly: true })
  if (parsed.success) return drafted('import', parsed.output, origins)
  const faults = parsed.issues.map((issue) => toFault(issue, keysOf(LINE)))
  return fail(invalid('import', codeOf(input), faults))
}

/** The code that a line names, as far as it names one that can be said again. */
function codeOf(input: unknown): string {
  const named = v.safeParse(v.object({ code: LINE.entries.code }), input)
  return named.success ? named.output.code : 'a link'
}

type Given = v.InferOutput<typeof LINK> & Pick<v.InferOutput<typeof LINE>, 'code' | 'created'>

/** A link that was checked, on its way to the desk. Times in seconds. */
export type LinkDraft = Pick<Given, 'code' | 'title' | 'created' | 'expires'> & {
  to: Required<Pick<Given, 'url'>> | Required<Pick<Given, 'article'>>
  republish: boolean
}

function drafted(action: string, given: Given, origins: Origins): Result<LinkDraft> {
  const { code, url, article, title, created, expires, republish = false } = given
  const why = url === undefined ? undefined : faultOfTarget(url, origins)
  if (why) return fail(invalid(action, code, [{ detail: why, pointer: '/url' }]))
  const to = url !== undefined ? { url } : { article: article ?? '' }
  return ok({ code, to, republish, ...defined({ title, created, expires }) })
}

/**
 * Only the publisher's own hosts, or anybody could be sent anywhere; and no short link, or one hop
 * would be two.
 */
function faultOfTarget(address: string, { siteUrl, shortUrl, allowedHosts }: Origins) {
  const url = new URL(address)
  if (!allowedHosts.includes(url.host) && url.host !== new URL(siteUrl).host)
    return `url is on host "${url.host}", which neither SITE_URL nor ALLOWED_HOSTS names`
  const own = new Set([siteUrl, shortUrl].map((origin) => new URL(origin).host))
  const codes = own.has(url.host) ? readPasted(url.pathname, own)?.codes : undefined
  return codes?.some((code) => !isReservedCode(code))
    ? 'url is a short link itself; give the address that it leads to'
    : undefined
}

const keysOf = (schema: { entries: object }): string[] => Object.keys(schema.entries)

const invalid = (action: string, subject: string, faults: Fault[]): Failure => ({
  reason: 'invalid',
  action,
  subject,
  faults,
})

/**
 * Where a code leads, of which article (`id`) or, for a page, with which title, since when (`made`)
 * and until when; or that it leads nowhere any more, since when, and on which legal demand. `page`:
 * it never was an article's. Times in seconds. What an earlier version wrote has `to` or `gone`
 * alone.
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
  /** When it changed last, in seconds; rises strictly, so that an older record is known for one. */
  at: v.exactOptional(v.number()),
  // Not `v.record`, which passes over keys such as `constructor`, and that may be a code.
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

/** The answer for a code as it was typed. */
export const resolveLink = ({ codes }: LinkRecord, typed: string): LinkAnswer | undefined =>
  codes[exactCode(codes, typed) ?? '']
