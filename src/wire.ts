/**
 * What has been sent out: the KV namespace that every reader is served from. This file alone knows its keys
 * and their codecs (docs/storage.md). Only the desk writes; a key is also the name of an outbox row.
 */
import * as v from 'valibot'
import { ALL, archiveKey, type Channel, channelKey, parseChannelKey } from './channel.ts'
import { type Format, formatOfFile } from './feeds/formats.ts'
import { type CodedBody, checksum, decodes, joinSegments, splitSegments } from './http/coding.ts'
import type { DocumentStatus } from './http/representation.ts'
import { type LinkRecord, LinkRecordSchema } from './link.ts'
import {
  archivePath,
  articlePath,
  channelPath,
  documentPath,
  ROUTES,
  sitemapPath,
  splitArchivePath,
} from './urls.ts'

export { type LinkAnswer, type LinkRecord, resolveLink } from './link.ts'

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

const documentMetadata = {
  s: v.optional(v.picklist([410, 451])),
  t: v.string(),
  e: v.string(),
  m: v.number(),
  l: v.optional(v.string()),
  b: v.optional(v.number()),
  a: v.optional(v.number()),
}
/** Bytes of the text, then of each segment. */
const LengthsSchema = v.strictTuple([v.number(), v.number(), v.number(), v.number(), v.number()])

/**
 * Metadata in KV, short because its limit is 1,024 bytes: `r` marks a redirect, whose address is
 * the value; with `n` the value is a text of so many bytes; with `c` it is segments, one after
 * another. A version that knows no segments refuses the last, instead of serving them for text. `k`
 * is the checksum of the value; what an earlier version wrote has none.
 */
const MetadataSchema = v.union([
  v.object({ r: v.literal(1), k: v.optional(v.number()) }),
  v.object({ ...documentMetadata, n: v.number() }),
  v.object({ ...documentMetadata, c: LengthsSchema, k: v.optional(v.number()) }),
])
type Metadata = v.InferOutput<typeof MetadataSchema>
const LinkMetadataSchema = v.object({ k: v.number() })

/**
 * What KV holds of a key is not what the desk wrote, or nobody of ours wrote it. It is a miss: the
 * desk knows better.
 */
export class DamagedValue extends Error {
  constructor(target: Target, why: string) {
    super(`${target}: ${why}`)
  }
}

/** Longest time that a key of ours may be cached where it was read, in seconds: KV's least. */
const CACHE_TTL_SECONDS = 30

/** A document as read: the body is still on its way, and exactly one of the two is called, so that a 304 need not wait. */
export type ReadDocument =
  | {
      kind: 'document'
      validators: Validators
      /** Throws `DamagedValue` when the value is not the one that belongs to the validators. */
      body: () => Promise<CodedBody>
      discard: () => void
    }
  | { kind: 'redirect'; location: string }

/**
 * The read side. Throws when KV does not answer, and `DamagedValue` when it holds what the desk did
 * not write.
 */
export async function readDocument(
  kv: KVNamespace,
  target: Target,
): Promise<ReadDocument | undefined> {
  const { value, metadata: given } = await readValue(kv, target)
  if (value === null) return undefined
  const parsed = v.safeParse(MetadataSchema, given)
  if (!parsed.success) {
    void value.cancel()
    throw new DamagedValue(target, 'its metadata is not ours')
  }
  const metadata = parsed.output
  if ('r' in metadata)
    return { kind: 'redirect', location: await locationOf(target, value, metadata) }
  return {
    kind: 'document',
    validators: validatorsOf(metadata),
    body: async () =>
      await intactBody(target, new Uint8Array(await new Response(value).arrayBuffer()), metadata),
    discard: () => void value.cancel(),
  }
}

const readValue = (kv: KVNamespace, target: Target) =>
  kv.getWithMetadata<unknown>(target, { type: 'stream', cacheTtl: CACHE_TTL_SECONDS })

async function locationOf(
  target: Target,
  value: ReadableStream,
  { k }: Extract<Metadata, { r: 1 }>,
): Promise<string> {
  const location = await new Response(value).text()
  if (k === undefined ? !URL.canParse(location) : k !== checksum(location))
    throw new DamagedValue(target, 'its address is not the one that was written')
  return location
}

/**
 * The body, once it is known to be what the validators tell of: checked here once, and at no
 * request that it serves.
 */
async function intactBody(
  target: Target,
  whole: Uint8Array<ArrayBuffer>,
  metadata: Exclude<Metadata, { r: 1 }>,
): Promise<CodedBody> {
  if ('n' in metadata) {
    if (await contradicts(whole, metadata.e))
      throw new DamagedValue(target, 'its text is not that of its entity-tag')
    return { identity: new Blob([whole]) }
  }
  const [length, ...lengths] = metadata.c
  const body = splitSegments(whole, lengths)
  if (!body) throw new DamagedValue(target, 'it is not as long as its segments')
  const intact =
    metadata.k === undefined
      ? await decodes(body, length)
      : metadata.k === checksum(whole, metadata.e)
  if (!intact) throw new DamagedValue(target, 'it does not decode to what was written')
  return body
}

/** Whether an entity-tag is a digest of ours, and of another text. */
async function contradicts(text: Uint8Array<ArrayBuffer>, etag: string): Promise<boolean> {
  const digest = /^W\/"([\w-]{22})"$/.exec(etag)?.[1]
  if (digest === undefined) return false
  const found = new Uint8Array(await crypto.subtle.digest('SHA-256', text))
  const written = btoa(String.fromCharCode(...found))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
  return !written.startsWith(digest)
}

/** Throws when KV does not answer, and `DamagedValue` when it holds what the desk did not write. */
export async function readLink(kv: KVNamespace, folded: string): Promise<LinkRecord | undefined> {
  const target = linkTarget(folded)
  const { value, metadata } = await readValue(kv, target)
  if (value === null) return undefined
  const text = await new Response(value).text()
  const told = v.safeParse(LinkMetadataSchema, metadata)
  if (told.success && told.output.k !== checksum(text))
    throw new DamagedValue(target, 'it is not the record that was written')
  const record = v.safeParse(v.pipe(v.string(), v.parseJson(), LinkRecordSchema), text)
  if (!record.success) throw new DamagedValue(target, 'it is no record of a link')
  return record.output
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
      return await putChecked(kv, target, JSON.stringify(content.record), {})
    case 'redirect':
      return await putChecked(kv, target, content.location, { r: 1 })
    case 'document': {
      const { status, type, etag, modified, length, language, older, newer } = content.validators
      const segments = joinSegments(content.body, content.notes ?? '')
      const metadata: Metadata = {
        ...(status !== 200 && { s: status }),
        t: type,
        e: etag,
        m: modified,
        ...(language !== undefined && { l: language }),
        ...(older !== undefined && { b: older }),
        ...(newer !== undefined && { a: newer }),
        ...(segments
          ? { c: [length, ...segments.lengths], k: checksum(segments.value, etag) }
          : { n: length }),
      }
      return await kv.put(target, segments?.value ?? content.body, { metadata })
    }
    default:
      return content satisfies never
  }
}

const putChecked = (kv: KVNamespace, target: Target, value: string, metadata: object) =>
  kv.put(target, value, { metadata: { ...metadata, k: checksum(value) } })

/** One page of all keys, for the sweep that finds what does not belong. */
export async function listTargets(
  kv: KVNamespace,
  cursor: string | undefined,
): Promise<{ targets: Target[]; cursor?: string }> {
  const page = await kv.list(cursor === undefined ? {} : { cursor })
  const targets = page.keys.map(({ name }) => name)
  return page.list_complete ? { targets } : { targets, cursor: page.cursor }
}
