/**
 * Turns the bytes of a manuscript into a draft: parses, validates and cleans it. It uses neither
 * the clock nor the network. The API, the command `check` and the tests all use it.
 */
import { DESK_KEYS, type Draft, type Manuscript } from '../model/article.ts'
import { slugify } from '../model/channel.ts'
import { type Fault, fail, ok, type Result } from '../model/failures.ts'
import { parseManuscript } from '../model/faults.ts'
import type { Publication } from '../model/publication.ts'
import { LIMITS } from '../model/rules.ts'
import { buildStory, pickSharedKeys } from '../model/story.ts'
import { canonicalUrl, ID_GRAMMAR, isOwnPath } from '../model/urls.ts'
import { byteLength, cleanText, PAGE_MARK, SITE_MARK } from '../text/characters.ts'
import { omitUndefined, pick } from '../text/json.ts'
import type { NdjsonLine } from '../text/ndjson.ts'
import { decodeUtf8 } from '../text/utf8.ts'
import { buildExcerpt } from './excerpt.ts'
import type { ParseResult } from './front-matter.ts'
import { listDamageWarnings, listTemplateWarnings } from './leftovers.ts'
import {
  MAX_MANUSCRIPT_BYTES,
  type ManuscriptType,
  parseJsonObject,
  parseManuscriptBytes,
} from './read.ts'
import { cleanMarkup, TOO_MUCH_HTML } from './sanitize.ts'

/** What was removed from a text as unsafe or invalid, and what in it an editor should check. */
export type TextReport = { removed: string[]; warnings: string[] }
/** The report of a change that sends no text. */
export const EMPTY_REPORT: TextReport = { removed: [], warnings: [] }

/** `locate` adds the line to a fault that is found later, if the manuscript is Markdown. */
export type PreparedManuscript = TextReport & {
  draft: Draft
  locate: (fault: Fault) => Fault
}

/**
 * The settings that affect how a manuscript is read. Without `allowedHosts` a canonical address may
 * have any host.
 */
export type ReadingSettings = Pick<Publication, 'language' | 'siteUrl' | 'shortUrl'> &
  Partial<Pick<Publication, 'allowedHosts'>>

/**
 * Prepares a manuscript for the desk. `id` comes from the address or the file name. Failures:
 * `unparsable` (400), and `invalid` (422) with all faults, in Markdown with their lines.
 */
export function prepareManuscript(
  bytes: Uint8Array,
  type: ManuscriptType,
  id: string,
  settings: ReadingSettings,
): Result<PreparedManuscript> {
  const parsed = parseManuscriptBytes(bytes, type)
  if (!parsed.ok)
    return fail({ reason: 'unparsable', action: 'publish', subject: id, why: parsed.why })
  if (parsed.value['id'] !== undefined && parsed.value['id'] !== id) {
    const fault = { detail: `id differs from "${id}" in the address`, pointer: '/id' }
    return failInvalid(id, [parsed.locate(fault)])
  }
  return prepareParsed(parsed, id, { ...parsed.value, id }, settings)
}

/**
 * Prepares one line of a bulk request, which contains the `id` of its article. The result has this
 * id if it is valid. Failures: `unparsable`, `invalid`, and `too-large` for a line longer than a
 * manuscript may be.
 */
export function prepareLine(
  line: NdjsonLine,
  settings: ReadingSettings,
): Result<PreparedManuscript> & { id?: string } {
  const subject = `line ${line.number}`
  const action = 'publish'
  if (line.bytes.length > MAX_MANUSCRIPT_BYTES)
    return fail({ reason: 'too-large', action, subject, limit: MAX_MANUSCRIPT_BYTES })
  const text = decodeUtf8(line.bytes)
  const parsed: ParseResult =
    text === undefined ? { ok: false, why: 'the line is not UTF-8' } : parseJsonObject(text, 'line')
  if (!parsed.ok) return fail({ reason: 'unparsable', action, subject, why: parsed.why })
  const sentId = parsed.value['id']
  const id = typeof sentId === 'string' && ID_GRAMMAR.test(sentId) ? sentId : undefined
  return {
    ...prepareParsed(parsed, id ?? subject, parsed.value, settings),
    ...omitUndefined({ id }),
  }
}

const failInvalid = (subject: string, faults: Fault[]) =>
  fail({ reason: 'invalid', action: 'publish', subject, faults })

function prepareParsed(
  input: Extract<ParseResult, { ok: true }>,
  subject: string,
  value: Record<string, unknown>,
  settings: ReadingSettings,
): Result<PreparedManuscript> {
  const parsed = parseManuscript(value)
  if (!parsed.ok) return failInvalid(subject, parsed.faults.map(input.locate))
  const prepared = prepare(parsed.manuscript, settings)
  return prepared.ok
    ? ok({ ...prepared.value, locate: input.locate })
    : failInvalid(subject, prepared.faults.map(input.locate))
}

/** Cleans the text, applies the defaults of the settings, and checks what the schema cannot. */
function prepare(
  manuscript: Manuscript,
  settings: ReadingSettings,
): { ok: true; value: Omit<PreparedManuscript, 'locate'> } | { ok: false; faults: Fault[] } {
  const { id, body, html, code, published, updated, correction } = manuscript
  const form = body === undefined ? 'html' : 'markdown'
  const source = body ?? html ?? ''
  const pointer = form === 'html' ? '/html' : '/body'
  const ownOrigins = [...new Set([settings.siteUrl, settings.shortUrl])]
  const language = manuscript.language ?? settings.language
  const { dateline } = manuscript
  const cleaned = cleanMarkup(form, source, { origins: ownOrigins, dateline, language })
  if ('detail' in cleaned)
    return { ok: false, faults: [{ detail: `${pointer.slice(1)} ${cleaned.detail}`, pointer }] }
  const faults: Fault[] = []
  if (countBytesWithAddresses(cleaned.html, settings) > LIMITS.htmlBytes) {
    faults.push({ detail: `${pointer.slice(1)} ${TOO_MUCH_HTML}`, pointer })
  }
  if (cleaned.html === '') {
    faults.push({ detail: `${pointer.slice(1)} is empty after cleaning`, pointer })
  }
  const canonical = normalizeCanonical(manuscript.canonical, id, settings)
  const fault = findCanonicalFault(canonical, settings)
  if (fault) faults.push(fault)
  if (faults.length > 0) return { ok: false, faults }
  const claims = pick(manuscript, DESK_KEYS)
  const story = buildStory({
    ...pickSharedKeys(manuscript),
    summary: manuscript.summary ?? [],
    excerpt: buildExcerpt(cleaned.text, language),
    ...omitUndefined({ dateline: manuscript.dateline ?? cleaned.dateline }),
    authors: uniqueBy(manuscript.authors ?? [], (author) => slugify(author.name)),
    tags: uniqueBy(manuscript.tags ?? [], slugify),
    language,
    html: cleaned.html,
    source: { form, text: cleanText(source).text },
  })
  return {
    ok: true,
    value: {
      draft: {
        id,
        story,
        ...omitUndefined({ code, canonical, published, updated, corrections: correction }),
        republish: manuscript.republish ?? false,
        ...(Object.keys(claims).length > 0 && { claims }),
      },
      removed: cleaned.removed,
      warnings: [...listKeyWarnings(manuscript), ...cleaned.warnings],
    },
  }
}

/** Warns about damaged characters and template codes in keys that readers see. */
const listKeyWarnings = (manuscript: Manuscript): string[] =>
  SHOWN_KEYS.flatMap((key) => {
    const value = manuscript[key]
    if (value === undefined) return []
    const texts = [value]
      .flat()
      .map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
    const text = texts.join('\n')
    return [...listDamageWarnings(key, text), ...listTemplateWarnings(key, text)]
  })
const SHOWN_KEYS = [
  'title',
  'summary',
  'dateline',
  'authors',
  'section',
  'tags',
  'image',
  'correction',
] as const

/**
 * Counts the bytes of the HTML with addresses in place of its marks. Assumes the longest possible
 * address of the article, because the address can change later.
 */
function countBytesWithAddresses(html: string, settings: ReadingSettings): number {
  const countMarks = (mark: string): number => html.split(mark).length - 1
  return (
    byteLength(html) +
    countMarks(PAGE_MARK) * LIMITS.urlCharacters +
    countMarks(SITE_MARK) * settings.siteUrl.length
  )
}

/**
 * Returns `null` if the canonical address is that of the page that Dateline serves for the article.
 * `null` tells the desk to remove an earlier canonical.
 */
function normalizeCanonical(
  canonical: string | undefined,
  id: string,
  settings: ReadingSettings,
): string | null | undefined {
  return canonical === canonicalUrl(settings, { id }) ? null : canonical
}

function findCanonicalFault(
  canonical: string | null | undefined,
  settings: ReadingSettings,
): Fault | undefined {
  if (canonical === undefined || canonical === null) return undefined
  const pointer = '/canonical'
  const url = new URL(canonical)
  if (settings.allowedHosts && !settings.allowedHosts.includes(url.host)) {
    return {
      detail: `canonical is on host "${url.host}", which is not in ALLOWED_HOSTS`,
      pointer,
    }
  }
  // Compares hosts instead of origins, because http redirects to https.
  const isOwnHost = [settings.siteUrl, settings.shortUrl].some(
    (origin) => new URL(origin).host === url.host,
  )
  return isOwnHost && isOwnPath(url.pathname)
    ? { detail: 'canonical is an address that Dateline serves itself', pointer }
    : undefined
}

function uniqueBy<T>(items: T[], getKey: (item: T) => string): T[] {
  const seen = new Set<string>()
  return items.filter((item) => !seen.has(getKey(item)) && seen.add(getKey(item)))
}
