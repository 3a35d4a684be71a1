/**
 * The settings of the publication. They are parsed once. If one is invalid, the site reports it in
 * a sentence instead of serving pages. They come from `wrangler.toml [vars]`, and in the embedded
 * runtime also from the environment. The token is a secret, not a setting.
 */
import * as v from 'valibot'
import { encodeAddress } from '../text/addresses.ts'
import { collapseWhiteSpace, describeCharacter, findForbidden } from '../text/characters.ts'
import { omitUndefined } from '../text/json.ts'
import { canonicalizeLanguage } from '../text/language.ts'
import { parseTime } from '../text/time.ts'
import { fail, ok, type Result } from './failures.ts'

export const MIN_FEED_LENGTH = 50
export const MAX_FEED_LENGTH = 500
export const MAX_NOTICE_DAYS = 365
export const MIN_TOKEN_LENGTH = 16
export const DEFAULT_MEMORY_SECONDS = 5
/**
 * User agents that get no deltas by default. feedparser requests deltas on behalf of every program
 * that uses it. One of them, rss2email, identifies itself as feedparser and treats the status 226
 * as an error.
 */
export const DEFAULT_NO_DELTA_AGENTS = 'feedparser/ rss2email'
export const MAX_MEMORY_SECONDS = 60
/** The header in which Cloudflare sends the client's address. Clients cannot forge it there. */
export const DEFAULT_TRUSTED_PROXY = 'CF-Connecting-IP'
/** The value of `TRUSTED_PROXY` if no header is trusted. */
export const NO_PROXY = 'none'

/** One line without characters that would make documents ill-formed. */
const line = (name: string) =>
  v.pipe(
    v.string(`${name} is not text`),
    v.check(
      (value) => findForbidden(value) === undefined,
      (issue) => `${name} has ${describeCharacter(findForbidden(issue.input)?.codePoint ?? 0)}`,
    ),
    v.transform(collapseWhiteSpace),
  )

const text = (name: string) => v.pipe(line(name), v.minLength(1, `${name} is empty`))

const optionalText = (name: string) => v.optional(line(name), '')

const origin = (name: string) =>
  v.pipe(
    text(name),
    v.check((value) => isOrigin(value), `${name} is not an http or https address without a path`),
    v.transform((value) => new URL(value).origin),
  )

const optionalUrl = (name: string) =>
  v.pipe(
    optionalText(name),
    v.check(
      (value) => value === '' || (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)),
      `${name} is not an absolute http or https address`,
    ),
    v.transform((value) => (value === '' ? undefined : encodeAddress(new URL(value).href))),
  )

const SettingsSchema = v.object({
  TITLE: text('TITLE'),
  DESCRIPTION: text('DESCRIPTION'),
  LANGUAGE: v.pipe(
    text('LANGUAGE'),
    v.check(
      (tag) => canonicalizeLanguage(tag) !== undefined,
      'LANGUAGE is not a language tag (BCP 47)',
    ),
    v.transform((tag) => canonicalizeLanguage(tag) ?? tag),
  ),
  SITE_URL: origin('SITE_URL'),
  SHORT_URL: origin('SHORT_URL'),
  ALLOWED_HOSTS: v.pipe(
    optionalText('ALLOWED_HOSTS'),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const entries = dataset.value.split(/[\s,]+/).filter(Boolean)
      const hosts = entries.flatMap((entry) => parseHost(entry) ?? [])
      if (hosts.length === entries.length) return hosts
      const invalidEntry = entries.find((entry) => parseHost(entry) === undefined) ?? ''
      addIssue({
        message: `ALLOWED_HOSTS has "${invalidEntry.slice(0, 100)}", which is not a host such as news.example or news.example:8443; leave out scheme, path, wildcard and final dot, and separate hosts with spaces or commas`,
      })
      return NEVER
    }),
  ),
  TAG_AUTHORITY: v.pipe(
    text('TAG_AUTHORITY'),
    v.regex(
      /^(?:[a-z0-9._-]+@)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/,
      'TAG_AUTHORITY is not a host or e-mail address in lower case (RFC 4151)',
    ),
  ),
  TAG_DATE: v.pipe(
    text('TAG_DATE'),
    v.check(
      (date) =>
        /^\d{4}(?:-\d{2}(?:-\d{2})?)?$/.test(date) &&
        parseTime(`${date}-01-01`.slice(0, 10)) !== undefined,
      'TAG_DATE is not a year, a month or a day such as 2026, 2026-01 or 2026-01-15 (RFC 4151)',
    ),
  ),
  PUBLISHER: text('PUBLISHER'),
  CONTACT: v.pipe(
    optionalText('CONTACT'),
    v.check(
      (address) => address === '' || /^[^\s@()]+@[^\s@()]+$/.test(address),
      'CONTACT is not an e-mail address',
    ),
  ),
  LOGO_URL: optionalUrl('LOGO_URL'),
  ICON_URL: optionalUrl('ICON_URL'),
  COPYRIGHT: optionalText('COPYRIGHT'),
  FEED_LENGTH: v.pipe(
    v.optional(v.string(), String(MIN_FEED_LENGTH)),
    v.regex(/^\d{1,6}$/, 'FEED_LENGTH is not a whole number'),
    v.transform(Number),
    v.minValue(MIN_FEED_LENGTH, `FEED_LENGTH is less than ${MIN_FEED_LENGTH}`),
    v.maxValue(MAX_FEED_LENGTH, `FEED_LENGTH is more than ${MAX_FEED_LENGTH}`),
  ),
  MEMORY_SECONDS: v.pipe(
    v.optional(v.string(), String(DEFAULT_MEMORY_SECONDS)),
    v.regex(/^\d{1,6}$/, 'MEMORY_SECONDS is not a whole number'),
    v.transform(Number),
    v.maxValue(MAX_MEMORY_SECONDS, `MEMORY_SECONDS is more than ${MAX_MEMORY_SECONDS}`),
  ),
  NO_DELTA_AGENTS: v.pipe(
    v.optional(line('NO_DELTA_AGENTS'), DEFAULT_NO_DELTA_AGENTS),
    v.transform((agents) =>
      agents
        .toLowerCase()
        .split(/[\s,]+/)
        .filter(Boolean),
    ),
  ),
  TRUSTED_PROXY: v.pipe(
    optionalText('TRUSTED_PROXY'),
    v.check(
      (name) => name === '' || /^[!#$%&'*+.^_`|~\w-]+$/.test(name),
      'TRUSTED_PROXY is not the name of one header',
    ),
    v.check(
      (name) => name.toLowerCase() !== 'forwarded',
      'TRUSTED_PROXY is "Forwarded", which is not supported; let the proxy set X-Forwarded-For',
    ),
  ),
  WITHDRAWAL_NOTICE_DAYS: v.pipe(
    v.optional(v.string(), '30'),
    v.regex(/^\d{1,6}$/, 'WITHDRAWAL_NOTICE_DAYS is not a whole number'),
    v.transform(Number),
    v.maxValue(MAX_NOTICE_DAYS, `WITHDRAWAL_NOTICE_DAYS is more than ${MAX_NOTICE_DAYS}`),
  ),
})

/** The settings as the program uses them. Addresses have no slash at the end. */
const PublicationSchema = v.pipe(
  SettingsSchema,
  v.transform((settings) => ({
    title: settings.TITLE,
    description: settings.DESCRIPTION,
    language: settings.LANGUAGE,
    siteUrl: settings.SITE_URL,
    shortUrl: settings.SHORT_URL,
    allowedHosts:
      settings.ALLOWED_HOSTS.length > 0
        ? settings.ALLOWED_HOSTS
        : [new URL(settings.SITE_URL).host],
    tag: { authority: settings.TAG_AUTHORITY, date: settings.TAG_DATE },
    publisher: settings.PUBLISHER,
    ...omitUndefined({
      contact: settings.CONTACT || undefined,
      logoUrl: settings.LOGO_URL,
      iconUrl: settings.ICON_URL,
      copyright: settings.COPYRIGHT || undefined,
    }),
    feedLength: settings.FEED_LENGTH,
    /** Parts of user agents, in lower case, that get no deltas. */
    noDeltaAgents: settings.NO_DELTA_AGENTS,
    /**
     * How long an isolate uses a cached value, in seconds; 0 means not at all. No document depends
     * on it.
     */
    memorySeconds: settings.MEMORY_SECONDS,
    /**
     * The header with the client's address; absent if no header is trusted. No document depends on
     * it.
     */
    ...omitUndefined({
      trustedProxy:
        settings.TRUSTED_PROXY === NO_PROXY
          ? undefined
          : settings.TRUSTED_PROXY || DEFAULT_TRUSTED_PROXY,
    }),
    /**
     * How many days feeds show a notice in place of a withdrawn article; 0 means that they show
     * none.
     */
    withdrawalNoticeDays: settings.WITHDRAWAL_NOTICE_DAYS,
  })),
)

export type Publication = v.InferOutput<typeof PublicationSchema>

/** Parses the settings. The failure names the first invalid setting and what it must be. */
export function parsePublication(settings: unknown): Result<Publication> {
  const parsed = v.safeParse(PublicationSchema, settings, { abortPipeEarly: true })
  if (!parsed.success) {
    const issue = parsed.issues[0]
    const isMissing = issue.path?.length === 1 && issue.path[0].value === undefined
    const why = isMissing ? `${String(issue.path?.[0].key)} is not set` : issue.message
    return fail({ reason: 'settings-refused', why })
  }
  return ok(parsed.output)
}

function isOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false
  const url = new URL(value)
  return /^https?:$/.test(url.protocol) && url.href === `${url.origin}/` && url.username === ''
}

/**
 * Matches labels of ASCII letters, digits, `-` and `_`, or an IP address in brackets, with an
 * optional port.
 */
const HOST_GRAMMAR = /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::\d+)?$/

/**
 * Returns a host as URLs spell it, in lower case and ASCII (`مثال.example` becomes
 * `xn--mgbh0fb.example`), without the default port 443. Returns `undefined` if it is not a host.
 */
function parseHost(entry: string): string | undefined {
  const address = `https://${entry}`
  if (/[/\\?#@]/.test(entry) || !URL.canParse(address)) return undefined
  const { host } = new URL(address)
  return HOST_GRAMMAR.test(host) ? host : undefined
}
