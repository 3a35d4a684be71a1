/**
 * From bytes to a draft: reads, validates and cleans a manuscript. Pure: no clock, no network. The
 * API, the CLI's `check` and the tests all come through here.
 */
import { DESK_KEYS, type Draft, type Manuscript } from '../model/article.ts'
import { slugOf } from '../model/channel.ts'
import { type Fault, fail, ok, type Result } from '../model/failures.ts'
import { parseManuscript } from '../model/faults.ts'
import type { Publication } from '../model/publication.ts'
import { LIMITS } from '../model/rules.ts'
import { givenOf, storyOf } from '../model/story.ts'
import { canonicalUrl, ID_GRAMMAR, isOwnPath } from '../model/urls.ts'
import { byteLength, cleanText, oneLine, PAGE_MARK, SITE_MARK } from '../text/characters.ts'
import { defined, pick } from '../text/json.ts'
import type { Line } from '../text/ndjson.ts'
import { decodeUtf8 } from '../text/utf8.ts'
import type { Read } from './front-matter.ts'
import { MAX_BODY_BYTES, type ManuscriptType, readJson, readManuscript } from './read.ts'
import { cleanMarkup, TOO_MUCH_HTML } from './sanitize.ts'

/** `locate` adds the line to a fault that is found later, as far as the manuscript has lines. */
export type Prepared = { draft: Draft; removed: string[]; locate: (fault: Fault) => Fault }

/**
 * The settings that decide how a manuscript is read. Without `allowedHosts` any host may be a
 * canonical's.
 */
export type ReadingSettings = Pick<Publication, 'language' | 'siteUrl' | 'shortUrl'> &
  Partial<Pick<Publication, 'allowedHosts'>>

/**
 * Reads a manuscript and prepares it for the desk. `id` is the one in the address or made of the
 * file name. Failures: `unparsable` (400), `invalid` with every fault (422); in Markdown each fault
 * tells its line.
 */
export function prepareManuscript(
  bytes: Uint8Array,
  type: ManuscriptType,
  id: string,
  desk: ReadingSettings,
): Result<Prepared> {
  const read = readManuscript(bytes, type)
  if (!read.ok) return fail({ reason: 'unparsable', action: 'publish', subject: id, why: read.why })
  if (read.value['id'] !== undefined && read.value['id'] !== id) {
    const fault = { detail: `id is not "${id}", which the address names`, pointer: '/id' }
    return invalid(id, [read.locate(fault)])
  }
  return prepareRead(read, id, { ...read.value, id }, desk)
}

/**
 * The same for one line of many, which names its `id` itself. The answer has the id as far as the
 * line tells one that can be one. Failures: `unparsable`, `invalid`, and `too-large` for a line
 * longer than a manuscript may be.
 */
export function prepareLine(line: Line, desk: ReadingSettings): Result<Prepared> & { id?: string } {
  const subject = `line ${line.number}`
  const action = 'publish'
  if (line.bytes.length > MAX_BODY_BYTES)
    return fail({ reason: 'too-large', action, subject, limit: MAX_BODY_BYTES })
  const text = decodeUtf8(line.bytes)
  const read: Read =
    text === undefined ? { ok: false, why: 'the line is not UTF-8' } : readJson(text, 'line')
  if (!read.ok) return fail({ reason: 'unparsable', action, subject, why: read.why })
  const given = read.value['id']
  const id = typeof given === 'string' && ID_GRAMMAR.test(given) ? given : undefined
  return { ...prepareRead(read, id ?? subject, read.value, desk), ...defined({ id }) }
}

const invalid = (subject: string, faults: Fault[]) =>
  fail({ reason: 'invalid', action: 'publish', subject, faults })

function prepareRead(
  read: Extract<Read, { ok: true }>,
  subject: string,
  value: Record<string, unknown>,
  desk: ReadingSettings,
): Result<Prepared> {
  const parsed = parseManuscript(value)
  if (!parsed.ok) return invalid(subject, parsed.faults.map(read.locate))
  const prepared = prepare(parsed.manuscript, desk)
  return prepared.ok
    ? ok({ ...prepared.value, locate: read.locate })
    : invalid(subject, prepared.faults.map(read.locate))
}

/** Cleans the text, fills in what the settings say, and checks what the schema alone cannot. */
function prepare(
  manuscript: Manuscript,
  desk: ReadingSettings,
): { ok: true; value: Omit<Prepared, 'locate'> } | { ok: false; faults: Fault[] } {
  const { id, body, html, code, published, updated, correction } = manuscript
  const form = body === undefined ? 'html' : 'markdown'
  const source = body ?? html ?? ''
  const pointer = form === 'html' ? '/html' : '/body'
  const origins = [...new Set([desk.siteUrl, desk.shortUrl])]
  const cleaned = cleanMarkup(form, source, { origins, dateline: manuscript.dateline })
  if ('detail' in cleaned)
    return { ok: false, faults: [{ detail: `${pointer.slice(1)} ${cleaned.detail}`, pointer }] }
  const faults: Fault[] = []
  if (sizeWithAddresses(cleaned.html, desk) > LIMITS.htmlBytes) {
    faults.push({ detail: `${pointer.slice(1)} ${TOO_MUCH_HTML}`, pointer })
  }
  if (cleaned.html === '') {
    faults.push({ detail: `${pointer.slice(1)} is empty once it is cleaned`, pointer })
  }
  const canonical = ownHome(manuscript.canonical, id, desk)
  const fault = canonicalFault(canonical, desk)
  if (fault) faults.push(fault)
  if (faults.length > 0) return { ok: false, faults }
  const claims = pick(manuscript, DESK_KEYS)
  const story = storyOf({
    ...givenOf(manuscript),
    summary: manuscript.summary ?? [],
    excerpt: excerptOf(cleaned.text),
    ...defined({ dateline: manuscript.dateline ?? cleaned.dateline }),
    authors: uniqueBy(manuscript.authors ?? [], (author) => slugOf(author.name)),
    tags: uniqueBy(manuscript.tags ?? [], slugOf),
    language: manuscript.language ?? desk.language,
    html: cleaned.html,
    source: { form, text: cleanText(source).text },
  })
  return {
    ok: true,
    value: {
      draft: {
        id,
        story,
        ...defined({ code, canonical, published, updated, corrections: correction }),
        republish: manuscript.republish ?? false,
        ...(Object.keys(claims).length > 0 && { claims }),
      },
      removed: cleaned.removed,
    },
  }
}

/**
 * Bytes of the HTML once its marks are addresses; the article's own may be given later, so the
 * longest counts.
 */
function sizeWithAddresses(html: string, desk: ReadingSettings): number {
  const count = (mark: string): number => html.split(mark).length - 1
  return (
    byteLength(html) +
    count(PAGE_MARK) * LIMITS.urlCharacters +
    count(SITE_MARK) * desk.siteUrl.length
  )
}

const EXCERPT_CHARACTERS = 280

/** The beginning of the text, cut at a word. */
function excerptOf(text: string): string {
  const line = oneLine(text)
  let excerpt = ''
  let length = 0
  for (const [word] of line.matchAll(/[^ ]+/g)) {
    const characters = [...word]
    if (length + characters.length >= EXCERPT_CHARACTERS)
      return `${excerpt || characters.slice(0, EXCERPT_CHARACTERS).join('')} …`
    excerpt += `${excerpt && ' '}${word}`
    length += characters.length + (length && 1)
  }
  return excerpt
}

/** A canonical that is the page Dateline serves anyway brings the article home. */
function ownHome(
  canonical: string | undefined,
  id: string,
  desk: ReadingSettings,
): string | null | undefined {
  return canonical === canonicalUrl(desk, { id }) ? null : canonical
}

function canonicalFault(
  canonical: string | null | undefined,
  desk: ReadingSettings,
): Fault | undefined {
  if (canonical === undefined || canonical === null) return undefined
  const pointer = '/canonical'
  const url = new URL(canonical)
  if (desk.allowedHosts && !desk.allowedHosts.includes(url.host)) {
    return {
      detail: `canonical is on host "${url.host}", which ALLOWED_HOSTS does not name`,
      pointer,
    }
  }
  // Hosts, not origins: http leads to https, and so to the same place.
  const own = [desk.siteUrl, desk.shortUrl].some((origin) => new URL(origin).host === url.host)
  return own && isOwnPath(url.pathname)
    ? { detail: 'canonical is an address that Dateline itself answers', pointer }
    : undefined
}

function uniqueBy<T>(items: T[], key: (item: T) => string): T[] {
  const seen = new Set<string>()
  return items.filter((item) => !seen.has(key(item)) && seen.add(key(item)))
}
