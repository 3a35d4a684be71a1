/**
 * What has been sent out: the KV namespace that every reader is served from. This file alone knows its keys
 * and their codecs (docs/storage.md). Only the desk writes; a key is also the name of an outbox row.
 */
import * as v from 'valibot'
import { ALL, archiveKey, type Channel, channelKey, parseChannelKey } from './channel.ts'
import { exactCode } from './code.ts'
import { type Format, formatOfFile } from './feeds/formats.ts'
import { type CodedBody, compress, LEAST_CODED_BYTES } from './http/coding.ts'
import type { DocumentStatus } from './http/representation.ts'
import {
  archivePath,
  articlePath,
  channelPath,
  documentPath,
  ROUTES,
  sitemapPath,
  splitArchivePath,
} from './urls.ts'

/** Key of a thing on the wire, and target of an outbox row: `article:x`, `page:/…`, `feed:/…`, `link:c`, `file:/…`. */
export type Target = string

export const articleTarget = (id: string): Target => `article:${id}`
export const articlePageTarget = (id: string): Target => `page:${articlePath(id)}`
/** One key for all codes that fold to the same. */
export const linkTarget = (folded: string): Target => `link:${folded}`
export const feedTarget = (channel: Channel, format: Format): Target =>
  `feed:${documentPath(channel, format.file)}`
export const channelPageTarget = (channel: Channel): Target => `page:${channelPath(channel)}`
export const archiveFeedTarget = (channel: Channel, page: number, format: Format): Target =>
  `feed:${archivePath(channel, page, format.file)}`
export const archivePageTarget = (channel: Channel, page: number): Target =>
  `page:${archivePath(channel, page, '')}`

/** What crawlers and aggregators look for (docs/decisions/016-what-crawlers-find.md). */
export const SITEMAP_INDEX_TARGET: Target = `file:${ROUTES.sitemapIndex}`
export const NEWS_SITEMAP_TARGET: Target = `file:${ROUTES.newsSitemap}`
export const SUBSCRIPTION_LIST_TARGET: Target = `file:${ROUTES.subscriptionList}`
export const FEED_DIRECTORY_TARGET: Target = `page:${ROUTES.feedDirectory}`
export const sitemapTarget = (month: string, file: number): Target =>
  `file:${sitemapPath(month, file)}`

/** `file` counts from 1. */
export type DiscoveryTarget =
  | { kind: 'sitemap-index' }
  | { kind: 'sitemap'; month: string; file: number }
  | { kind: 'news-sitemap' }
  | { kind: 'subscription-list' }
  | { kind: 'feed-directory' }

export type ParsedTarget =
  | { kind: 'article'; id: string }
  | { kind: 'article-page'; id: string }
  | { kind: 'link'; folded: string }
  | { kind: 'feed'; channel: Channel; format: Format }
  | { kind: 'channel-page'; channel: Channel }
  | DiscoveryTarget
  | { kind: 'archive-feed'; channel: Channel; page: number; format: Format }
  | { kind: 'archive-page'; channel: Channel; page: number }

/** What a key stands for; `undefined` for a key that nobody of ours wrote. */
export function parseTarget(target: Target): ParsedTarget | undefined {
  const discovery = parseDiscoveryTarget(target)
  if (discovery) return discovery
  const colon = target.indexOf(':')
  const rest = target.slice(colon + 1)
  switch (target.slice(0, colon)) {
    case 'article':
      return { kind: 'article', id: rest }
    case 'link':
      return { kind: 'link', folded: rest }
    case 'page': {
      const id = /^\/articles\/([a-z0-9-]+)$/.exec(rest)?.[1]
      if (id !== undefined) return { kind: 'article-page', id }
      const channel = channelOfPath(rest)
      return channel ? { kind: 'channel-page', channel } : archiveOf(target)
    }
    case 'feed': {
      const slash = rest.lastIndexOf('/')
      const format = formatOfFile(rest.slice(slash + 1))
      const channel = channelOfPath(rest.slice(0, slash) || '/')
      if (!channel || !format) return archiveOf(target)
      return feedTarget(channel, format) === target ? { kind: 'feed', channel, format } : undefined
    }
    default:
      return undefined
  }
}

const MONTHLY = /^file:\/sitemaps\/([1-9]\d{3}-(?:0[1-9]|1[0-2]))(?:-([2-9]|[1-9]\d{1,3}))?\.xml$/

function parseDiscoveryTarget(target: Target): DiscoveryTarget | undefined {
  switch (target) {
    case SITEMAP_INDEX_TARGET:
      return { kind: 'sitemap-index' }
    case NEWS_SITEMAP_TARGET:
      return { kind: 'news-sitemap' }
    case SUBSCRIPTION_LIST_TARGET:
      return { kind: 'subscription-list' }
    case FEED_DIRECTORY_TARGET:
      return { kind: 'feed-directory' }
    default: {
      const [, month, file = '1'] = MONTHLY.exec(target) ?? []
      return month === undefined ? undefined : { kind: 'sitemap', month, file: Number(file) }
    }
  }
}

/** What wakes a document: the key of its channel or archive page, or `sitemap`, `sitemap/2026-11`, `news`, `directory`. */
export type Group = string

/** The groups beside the channels' that a change wakes of an article that was or is published in these months. */
export const discoveryGroups = (months: string[]): Group[] => [
  'sitemap',
  'news',
  'directory',
  ...months.map((month) => `sitemap/${month}`),
]

/** The group of a kept document; `undefined` of what is owed for its article alone. */
export function groupOf(target: Target): Group | undefined {
  const parsed = parseTarget(target)
  switch (parsed?.kind) {
    case 'feed':
    case 'channel-page':
      return channelKey(parsed.channel)
    case 'archive-feed':
    case 'archive-page':
      return archiveKey(parsed.channel, parsed.page)
    case 'sitemap-index':
      return 'sitemap'
    case 'sitemap':
      return `sitemap/${parsed.month}`
    case 'news-sitemap':
      return 'news'
    case 'subscription-list':
    case 'feed-directory':
      return 'directory'
    case 'article':
    case 'article-page':
    case 'link':
    case undefined:
      return undefined
    default:
      return parsed satisfies never
  }
}

/** An archive page, as HTML or in a format. It has one spelling. */
function archiveOf(target: Target): ParsedTarget | undefined {
  const parts = splitArchivePath(target.slice(target.indexOf(':') + 1))
  const channel = parts && channelOfPath(parts.channelPath)
  if (!channel) return undefined
  const { page, file } = parts
  if (archivePageTarget(channel, page) === target) return { kind: 'archive-page', channel, page }
  const format = formatOfFile(file)
  return format && archiveFeedTarget(channel, page, format) === target
    ? { kind: 'archive-feed', channel, page, format }
    : undefined
}

function channelOfPath(path: string): Channel | undefined {
  if (path === '/') return ALL
  try {
    const channel = parseChannelKey(path.slice(1).split('/').map(decodeURIComponent).join('/'))
    // A channel has one path: another spelling of it is nobody's.
    return channel && channelPath(channel) === path ? channel : undefined
  } catch {
    return undefined
  }
}

/** Validators and type of a document: all that a conditional request needs. Times in seconds, length in bytes. */
export type Validators = {
  status: DocumentStatus
  type: string
  etag: string
  modified: number
  length: number
  language?: string
  /** Numbers of the archive pages before and after a feed document, for its `Link` header. */
  older?: number
  newer?: number
}

/** What a target should hold, as the desk sees it. `notes` of a document are stored beside it and read by their name. */
export type Content =
  | { kind: 'document'; validators: Validators; body: string; notes?: string }
  | { kind: 'redirect'; location: string }
  | { kind: 'link'; record: LinkRecord }
  | { kind: 'absent' }

/**
 * Where a code leads, of which article (`id`) or, for a page, with which title, since when (`made`) and until when; or that
 * it leads nowhere any more, since when, and on which legal demand. `page`: it never was an article's. Times in seconds. What
 * an earlier version wrote has `to` or `gone` alone.
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
const LinkRecordSchema = v.object({
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

const documentMetadata = {
  s: v.optional(v.picklist([410, 451])),
  t: v.string(),
  e: v.string(),
  m: v.number(),
  l: v.optional(v.string()),
  b: v.optional(v.number()),
  a: v.optional(v.number()),
}
const SEGMENTS = ['identity', 'br', 'gzip', 'notes'] as const
/** Bytes of the text, then of each segment. */
const LengthsSchema = v.strictTuple([v.number(), v.number(), v.number(), v.number(), v.number()])
type Lengths = v.InferOutput<typeof LengthsSchema>

/**
 * Metadata in KV, short because its limit is 1,024 bytes: `r` marks a redirect, whose address is the value; with `n` the
 * value is a text of so many bytes; with `c` it is segments, one after another. A version that knows no segments
 * refuses the last, instead of serving them for text.
 */
const MetadataSchema = v.union([
  v.object({ r: v.literal(1) }),
  v.object({ ...documentMetadata, n: v.number() }),
  v.object({ ...documentMetadata, c: LengthsSchema }),
])
type Metadata = v.InferOutput<typeof MetadataSchema>

/** Longest time that a key of ours may be cached where it was read, in seconds: KV's least. */
const CACHE_TTL_SECONDS = 30

/** A document as read: the body is still on its way, and exactly one of the two is called, so that a 304 need not wait. */
export type ReadDocument =
  | {
      kind: 'document'
      validators: Validators
      /** Throws when the value is not as long as its metadata says. */
      body: () => Promise<CodedBody>
      discard: () => void
    }
  | { kind: 'redirect'; location: string }

/** The read side. Throws when KV does not answer, or holds what nobody of ours wrote. */
export async function readDocument(
  kv: KVNamespace,
  target: Target,
): Promise<ReadDocument | undefined> {
  const { value, metadata: given } = await kv.getWithMetadata<unknown>(target, {
    type: 'stream',
    cacheTtl: CACHE_TTL_SECONDS,
  })
  if (value === null) return undefined
  const metadata = v.parse(MetadataSchema, given)
  if ('r' in metadata) return { kind: 'redirect', location: await new Response(value).text() }
  return {
    kind: 'document',
    validators: validatorsOf(metadata),
    body: async () => {
      const whole = new Uint8Array(await new Response(value).arrayBuffer())
      return 'c' in metadata ? segmentsOf(whole, metadata.c) : { identity: new Blob([whole]) }
    },
    discard: () => void value.cancel(),
  }
}

function segmentsOf(whole: Uint8Array<ArrayBuffer>, [_, ...lengths]: Lengths): CodedBody {
  if (lengths.reduce((sum, length) => sum + length, 0) !== whole.length)
    throw new Error('A document on the wire is not as long as its segments')
  const body: CodedBody = {}
  let offset = 0
  for (const [index, name] of SEGMENTS.entries()) {
    const length = lengths[index] ?? 0
    if (length > 0) body[name] = new Blob([whole.subarray(offset, offset + length)])
    offset += length
  }
  return body
}

export async function readLink(kv: KVNamespace, folded: string): Promise<LinkRecord | undefined> {
  const found = await kv.get<unknown>(linkTarget(folded), {
    type: 'json',
    cacheTtl: CACHE_TTL_SECONDS,
  })
  return found === null ? undefined : v.parse(LinkRecordSchema, found)
}

function validatorsOf(metadata: Exclude<Metadata, { r: 1 }>): Validators {
  return {
    status: metadata.s ?? 200,
    type: metadata.t,
    etag: metadata.e,
    modified: metadata.m,
    length: 'c' in metadata ? metadata.c[0] : metadata.n,
    ...(metadata.l !== undefined && { language: metadata.l }),
    ...(metadata.b !== undefined && { older: metadata.b }),
    ...(metadata.a !== undefined && { newer: metadata.a }),
  }
}

/** The write side: makes one key hold what it should. The desk's outbox alone calls it. */
export async function writeContent(
  kv: KVNamespace,
  target: Target,
  content: Content,
): Promise<void> {
  switch (content.kind) {
    case 'absent':
      return await kv.delete(target)
    case 'link':
      return await kv.put(target, JSON.stringify(content.record))
    case 'redirect':
      return await kv.put(target, content.location, { metadata: { r: 1 } satisfies Metadata })
    case 'document': {
      const { status, type, etag, modified, length, language, older, newer } = content.validators
      const segments = inSegments(content)
      const metadata: Metadata = {
        ...(status !== 200 && { s: status }),
        t: type,
        e: etag,
        m: modified,
        ...(language !== undefined && { l: language }),
        ...(older !== undefined && { b: older }),
        ...(newer !== undefined && { a: newer }),
        ...(segments ? { c: [length, ...segments.lengths] } : { n: length }),
      }
      return await kv.put(target, segments?.value ?? content.body, { metadata })
    }
    default:
      return content satisfies never
  }
}

type Segmented = { value: Uint8Array<ArrayBuffer>; lengths: [number, number, number, number] }

/** A document compressed, and its notes; `undefined` for a short one without notes, which is stored as text. */
function inSegments({
  body,
  notes = '',
}: Extract<Content, { kind: 'document' }>): Segmented | undefined {
  const identity = new TextEncoder().encode(body)
  const coded = identity.length >= LEAST_CODED_BYTES
  if (!coded && notes === '') return undefined
  const none = new Uint8Array()
  const plain = coded ? none : identity
  const brotli = coded ? compress(identity, 'br') : none
  const gzip = coded ? compress(identity, 'gzip') : none
  const noted = new TextEncoder().encode(notes)
  const lengths: Segmented['lengths'] = [plain.length, brotli.length, gzip.length, noted.length]
  const value = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
  let offset = 0
  for (const segment of [plain, brotli, gzip, noted]) {
    value.set(segment, offset)
    offset += segment.length
  }
  return { value, lengths }
}

/** One page of all keys, for the sweep that finds what does not belong. */
export async function listTargets(
  kv: KVNamespace,
  cursor: string | undefined,
): Promise<{ targets: Target[]; cursor?: string }> {
  const page = await kv.list(cursor === undefined ? {} : { cursor })
  const targets = page.keys.map(({ name }) => name)
  return page.list_complete ? { targets } : { targets, cursor: page.cursor }
}
