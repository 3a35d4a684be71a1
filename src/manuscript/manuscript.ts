/**
 * From bytes to a draft: Markdown with front matter, or the same as JSON, checked whole and cleaned. Pure:
 * no clock, no network. The API, the CLI's `check` and the tests all come through here.
 */
import { isAlias, isMap, LineCounter, parseDocument, visit } from 'yaml'
import { DESK_KEYS, type Draft, type Manuscript } from '../model/article.ts'
import { slugOf } from '../model/channel.ts'
import { type Fault, fail, ok, type Result } from '../model/failures.ts'
import { parseManuscript } from '../model/faults.ts'
import type { Publication } from '../model/publication.ts'
import { LIMITS } from '../model/rules.ts'
import { givenOf, storyOf } from '../model/story.ts'
import { canonicalUrl, ID_GRAMMAR, isOwnPath } from '../model/urls.ts'
import { byteLength, cleanText, oneLine, PAGE_MARK, SITE_MARK } from '../text/characters.ts'
import { defined, isRecord, parseJson, pick } from '../text/json.ts'
import type { Line } from '../text/ndjson.ts'
import { cleanMarkup, TOO_MUCH_HTML } from './sanitize.ts'

export const MANUSCRIPT_TYPES = ['application/json', 'text/markdown'] as const
export type ManuscriptType = (typeof MANUSCRIPT_TYPES)[number]

/** JSON escapes can make a manuscript six times as long as its text; beyond that nothing is worth reading. */
export const MAX_BODY_BYTES = 6 * (LIMITS.sourceBytes + 64 * 1024)
const MAX_FRONT_MATTER_BYTES = 64 * 1024

/** `locate` adds the line to a fault that is found later, as far as the manuscript has lines. */
export type Prepared = { draft: Draft; removed: string[]; locate: (fault: Fault) => Fault }

/** The settings that decide how a manuscript is read. Without `allowedHosts` any host may be a canonical's. */
export type Desk = Pick<Publication, 'language' | 'siteUrl' | 'shortUrl'> &
  Partial<Pick<Publication, 'allowedHosts'>>

/**
 * Reads a manuscript and prepares it for the desk. `id` is the one in the address or made of the file name.
 * Failures: `unparsable` (400), `invalid` with every fault (422); in Markdown each fault tells its line.
 */
export function prepareManuscript(
  bytes: Uint8Array,
  type: ManuscriptType,
  id: string,
  desk: Desk,
): Result<Prepared> {
  const read = readManuscript(bytes, type)
  if (!read.ok) return fail({ reason: 'unparsable', action: 'publish', subject: id, why: read.why })
  if (read.value['id'] !== undefined && read.value['id'] !== id) {
    const fault = { detail: `id is not "${id}", which the address names`, pointer: '/id' }
    return invalid(id, [read.locate(fault)])
  }
  return prepareRead(read, id, { ...read.value, id }, desk)
}

/** Reads keys and values, whatever they are; what they may be is not looked at yet. */
export function readManuscript(bytes: Uint8Array, type: ManuscriptType): Read {
  const text = decode(bytes)
  if (text === undefined) return { ok: false, why: 'the body is not UTF-8' }
  return type === 'application/json' ? readJson(text) : readMarkdown(text)
}

/**
 * The same for one line of many, which names its `id` itself. The answer has the id as far as the line tells one
 * that can be one. Failures: `unparsable`, `invalid`, and `too-large` for a line longer than a manuscript may be.
 */
export function prepareLine(line: Line, desk: Desk): Result<Prepared> & { id?: string } {
  const subject = `line ${line.number}`
  const action = 'publish'
  if (line.bytes.length > MAX_BODY_BYTES)
    return fail({ reason: 'too-large', action, subject, limit: MAX_BODY_BYTES })
  const text = decode(line.bytes)
  const read: Read =
    text === undefined ? { ok: false, why: 'the line is not UTF-8' } : readJson(text, 'line')
  if (!read.ok) return fail({ reason: 'unparsable', action, subject, why: read.why })
  const given = read.value['id']
  const id = typeof given === 'string' && ID_GRAMMAR.test(given) ? given : undefined
  return { ...prepareRead(read, id ?? subject, read.value, desk), ...(id !== undefined && { id }) }
}

const invalid = (subject: string, faults: Fault[]) =>
  fail({ reason: 'invalid', action: 'publish', subject, faults })

function prepareRead(
  read: Extract<Read, { ok: true }>,
  subject: string,
  value: Record<string, unknown>,
  desk: Desk,
): Result<Prepared> {
  const parsed = parseManuscript(value)
  if (!parsed.ok) return invalid(subject, parsed.faults.map(read.locate))
  const prepared = prepare(parsed.manuscript, desk)
  return prepared.ok
    ? ok({ ...prepared.value, locate: read.locate })
    : invalid(subject, prepared.faults.map(read.locate))
}

export type Read =
  | { ok: true; value: Record<string, unknown>; locate: (fault: Fault) => Fault }
  | { ok: false; why: string }

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch {
    return undefined
  }
}

function readJson(text: string, what = 'body'): Read {
  const parsed = parseJson(text, what)
  if (!parsed.ok) return parsed
  if (!isRecord(parsed.value)) return { ok: false, why: `the ${what} is not a JSON object` }
  return { ok: true, value: parsed.value, locate: (fault) => fault }
}

const FENCE = /^---[ \t]*$/

/** Splits front matter from body. Lines are counted, so that `check` can say `articles/x.md:7: …`. */
function readMarkdown(text: string): Read {
  const lines = text
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .split('\n')
  if (!FENCE.test(lines[0] ?? '')) {
    return { ok: false, why: 'the manuscript does not begin with front matter between --- lines' }
  }
  const end = lines.findIndex((line, index) => index > 0 && FENCE.test(line))
  if (end === -1) return { ok: false, why: 'the front matter has no closing --- line' }
  const front = lines.slice(1, end).join('\n')
  const body = lines.slice(end + 1).join('\n')
  if (byteLength(front) > MAX_FRONT_MATTER_BYTES) {
    return { ok: false, why: `the front matter is larger than ${MAX_FRONT_MATTER_BYTES} bytes` }
  }
  const yaml = parseYaml(front)
  if (!yaml.ok) return yaml
  const bodyGiven = body.trim() !== ''
  if (yaml.value['body'] !== undefined && bodyGiven) {
    return { ok: false, why: 'the front matter has a body beside the text below it' }
  }
  return {
    ok: true,
    value: bodyGiven ? { ...yaml.value, body } : yaml.value,
    locate: (fault) => ({
      ...fault,
      line: fault.pointer === '/body' ? end + 2 : yaml.lineOf(fault.pointer),
    }),
  }
}

type Yaml =
  | { ok: true; value: Record<string, unknown>; lineOf: (pointer: string) => number }
  | { ok: false; why: string }

/** YAML 1.2 core schema: no custom tags, no timestamps; aliases are refused, so that none can multiply. */
function parseYaml(front: string): Yaml {
  if (nestingOf(front) > MAX_YAML_DEPTH) {
    return { ok: false, why: `the front matter is nested deeper than ${MAX_YAML_DEPTH}` }
  }
  const marks = front.match(/[\n:,[\]{}"'#&!?]/g)?.length ?? 0
  if (marks > MAX_YAML_MARKS) {
    return {
      ok: false,
      why: `the front matter has ${marks} lines and marks, more than ${MAX_YAML_MARKS}`,
    }
  }
  const counter = new LineCounter()
  const document = parseDocument(front, {
    schema: 'core',
    uniqueKeys: true,
    lineCounter: counter,
    prettyErrors: false,
    logLevel: 'silent',
  })
  // A warning is a tag that the schema does not know: its value would be taken for something else.
  const error = document.errors[0] ?? document.warnings[0]
  if (error) {
    const line = counter.linePos(error.pos[0]).line + 1
    return { ok: false, why: `line ${line} of the front matter: ${plainReason(error.message)}` }
  }
  let alias = false
  visit(document, (_, node) => {
    alias ||= isAlias(node)
  })
  if (alias) return { ok: false, why: 'the front matter has an alias (*name)' }
  const value: unknown = document.toJS({ maxAliasCount: 0 })
  if (!isRecord(value))
    return { ok: false, why: 'the front matter is not a list of keys and values' }
  return {
    ok: true,
    value,
    lineOf: (pointer) => {
      const path = pointer
        .split('/')
        .slice(1)
        .map((key) => (/^\d+$/.test(key) ? Number(key) : key))
      for (let length = path.length; length > 0; length -= 1) {
        const key = path[length - 1]
        const parent = document.getIn(path.slice(0, length - 1), true) ?? document.contents
        const holder = length === 1 ? document.contents : parent
        const pair = isMap(holder)
          ? holder.items.find((item) => String(item.key) === String(key))
          : undefined
        const node = (pair?.key ?? document.getIn(path.slice(0, length), true)) as
          | { range?: [number, number, number] | null }
          | undefined
        if (node?.range) return counter.linePos(node.range[0]).line + 1
      }
      return 1
    },
  }
}

const MAX_YAML_DEPTH = 16
/** The YAML reader compares each key of a map with all others, and each mark is a token. */
const MAX_YAML_MARKS = 5_000

/** Flow brackets and block indentation, counted before the recursive parser sees them. */
function nestingOf(yaml: string): number {
  let deepest = 0
  let open = 0
  for (const character of yaml) {
    if (character === '[' || character === '{') deepest = Math.max(deepest, ++open)
    else if (character === ']' || character === '}') open = Math.max(0, open - 1)
  }
  for (const line of yaml.split('\n')) {
    const dashes = /^(?:\s*[-?:]\s)+/.exec(line)?.[0].match(/[-?:]/g)?.length ?? 0
    deepest = Math.max(deepest, dashes)
  }
  return deepest
}

const plainReason = (message: string): string =>
  message
    .split('\n')[0]
    ?.replace(/[.:]$/, '')
    .replace(/[^\P{C}]/gu, '?')
    .slice(0, 200) ?? 'not YAML'

/** Cleans the text, fills in what the settings say, and checks what the schema alone cannot. */
function prepare(
  manuscript: Manuscript,
  desk: Desk,
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

/** Bytes of the HTML once its marks are addresses; the article's own may be given later, so the longest counts. */
function sizeWithAddresses(html: string, desk: Desk): number {
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
function ownHome(canonical: string | undefined, id: string, desk: Desk): string | null | undefined {
  return canonical === canonicalUrl(desk, { id }) ? null : canonical
}

function canonicalFault(canonical: string | null | undefined, desk: Desk): Fault | undefined {
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

/** The id that a file name stands for: `2026-01-15-itcn-asia.md` is `itcn-asia`. */
export const idOfFile = (name: string): string =>
  name
    .replace(/^.*[\\/]/, '')
    .replace(/\.(?:md|markdown|json)$/i, '')
    .replace(/^\d{4}-\d{2}-\d{2}-(?=.)/, '')
    .toLowerCase()
