/** How keys, link records and documents with their metadata are stored in KV (docs/storage.md). */
import { brotliDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { FORMATS } from '../../src/feeds/formats.ts'
import { type CodedBody, getEncodedBody, readNotes } from '../../src/http/coding.ts'
import { ALL_CHANNEL, type Channel } from '../../src/model/channel.ts'
import { type LinkRecord, resolveLink } from '../../src/model/link.ts'
import { byteLength } from '../../src/text/characters.ts'
import type { Content } from '../../src/wire/codec.ts'
import { listTargets, readDocument, readLink, writeContent } from '../../src/wire/store.ts'
import {
  archiveFeedTarget,
  archivePageTarget,
  articlePageTarget,
  articleTarget,
  channelPageTarget,
  feedTarget,
  linkTarget,
  parseTarget,
} from '../../src/wire/targets.ts'
import { createMemoryKv } from '../support/kv.ts'

const CHANNELS: Channel[] = [
  ALL_CHANNEL,
  { kind: 'section', slug: 'pakistan' },
  { kind: 'tag', slug: 'c++' },
  { kind: 'tag', slug: 'c#' },
  { kind: 'author', slug: 'أمل-الحربي' },
  { kind: 'place', slug: 'ع'.repeat(50) },
  { kind: 'language', slug: 'zh-hant-tw' },
]

describe('parseTarget', () => {
  it('parses the targets of articles, article pages and links', () => {
    expect(parseTarget(articleTarget('itcn-asia'))).toEqual({ kind: 'article', id: 'itcn-asia' })
    expect(parseTarget(articlePageTarget('itcn-asia'))).toEqual({
      kind: 'article-page',
      id: 'itcn-asia',
    })
    expect(parseTarget(linkTarget('mheng'))).toEqual({ kind: 'link', folded: 'mheng' })
  })

  it.each(CHANNELS)('parses the page and the documents of $kind $slug', (channel) => {
    expect(parseTarget(channelPageTarget(channel))).toEqual({ kind: 'channel-page', channel })
    expect(FORMATS.length).toBeGreaterThanOrEqual(3)
    for (const format of FORMATS)
      expect(parseTarget(feedTarget(channel, format))).toEqual({ kind: 'feed', channel, format })
  })

  it.each(CHANNELS)('parses the archive pages of $kind $slug', (channel) => {
    for (const page of [1, 7, 10, 999_999]) {
      expect(parseTarget(archivePageTarget(channel, page))).toEqual({
        kind: 'archive-page',
        channel,
        page,
      })
      for (const format of FORMATS)
        expect(parseTarget(archiveFeedTarget(channel, page, format))).toEqual({
          kind: 'archive-feed',
          channel,
          page,
          format,
        })
    }
  })

  it.each([
    '',
    'x',
    ...[
      '0',
      '-1',
      '+1',
      '01',
      '1e3',
      '٣',
      '%31',
      '1.0',
      ' 1',
      '',
      'x',
      '1000000',
      '1'.repeat(20),
    ].flatMap((page) => [`feed:/archive/${page}/rss.xml`, `page:/tags/space/archive/${page}`]),
    'feed:/archive/1',
    'feed:/archive/1/',
    'feed:/archive/1/x.xml',
    'feed:/archive/1/rss.xml/',
    'feed:/tags/archive/1/rss.xml',
    'feed:/tags/A/archive/1/rss.xml',
    'feed:/tags/%78/archive/1/rss.xml',
    'feed://archive/1/rss.xml',
    'feed:archive/1/rss.xml',
    'feed:/archive/1/archive/1/rss.xml',
    'page:/archive',
    'page:/archive/1/',
    'page:/archive/1/rss.xml',
    'page://archive/1',
    'other:x',
    'page:',
    'page:/nowhere',
    'page:/tags/',
    'page:/tags/A',
    'page:/tags/a b',
    'page:/tags/%ff',
    'page:/tags/%',
    'page:/tags%2Fspace',
    'page:/%74ags/space',
    'page:/articles/A',
    'feed:/',
    'feed:/rss',
    'feed:/nowhere/rss.xml',
    'feed:/tags/rss.xml',
    'feed:/tags/space/rss.xml/',
    'feed://rss.xml',
    'feed:/tags/c++/rss.xml',
    'feed:rss.xml',
    'constructor:x',
  ])('rejects %j', (target) => {
    expect(parseTarget(target)).toBeUndefined()
  })
})

describe('resolveLink', () => {
  const to = (id: string): { to: string } => ({ to: `https://news.example/${id}` })

  it('prefers the exact code to others with the same folded form', () => {
    const record = { codes: { AbC: to('1'), abc: to('2') } }
    expect(resolveLink(record, 'AbC')).toEqual(to('1'))
    expect(resolveLink(record, 'abc')).toEqual(to('2'))
  })

  it('finds a single code by its folded form', () => {
    expect(resolveLink({ codes: { AbC: to('1') } }, 'aBc')).toEqual(to('1'))
  })

  it('finds nothing if the folded code is ambiguous or unknown', () => {
    expect(resolveLink({ codes: { AbC: to('1'), abc: to('2') } }, 'ABC')).toBeUndefined()
    expect(resolveLink({ codes: {} }, 'abc')).toBeUndefined()
  })

  it('returns a withdrawn article as withdrawn', () => {
    expect(resolveLink({ codes: { abc: { gone: true } } }, 'ABC')).toEqual({ gone: true })
  })

  it('does not call a code ambiguous if all its spellings lead to one page', () => {
    const codes = { AbC: to('1'), abc: to('1') }
    expect(resolveLink({ codes }, 'ABC')).toEqual(to('1'))
    expect(resolveLink({ codes: { ...codes, aBC: to('2') } }, 'ABC')).toBeUndefined()
    expect(resolveLink({ codes: { ...codes, aBC: { gone: true } } }, 'ABC')).toBeUndefined()
  })

  it('does not treat inherited properties of objects as codes', () => {
    expect(resolveLink({ codes: { x: to('1'), y: to('2') } }, 'constructor')).toBeUndefined()
    expect(resolveLink({ codes: { x: to('1'), y: to('2') } }, '__proto__')).toBeUndefined()
  })
})

describe('link records', () => {
  it.each(['mheng', 'constructor', 'prototype', '__proto__', 'toString', 'hasOwnProperty'])(
    'preserve the code %s when they are written and read',
    async (code) => {
      const { kv } = createMemoryKv()
      const record: LinkRecord = {
        codes: Object.fromEntries([[code, { to: 'https://news.example/a' }]]),
      }
      await writeContent(kv, linkTarget(code.toLowerCase()), { kind: 'link', record })
      const read = await readLink(kv, code.toLowerCase())
      expect(read && resolveLink(read, code)).toEqual({ to: 'https://news.example/a' })
      expect({}).not.toHaveProperty('to')
    },
  )

  it('record that an article was withdrawn, and do not exist for other codes', async () => {
    const { kv } = createMemoryKv()
    await writeContent(kv, linkTarget('abc'), {
      kind: 'link',
      record: { codes: { abc: { gone: true } } },
    })
    expect(await readLink(kv, 'abc')).toEqual({ codes: { abc: { gone: true } } })
    expect(await readLink(kv, 'abd')).toBeUndefined()
  })

  it.each([
    '{}',
    '{"codes":{"a":{}}}',
    '{"codes":{"a":{"gone":false}}}',
    '{"codes":null}',
    '[]',
    '7',
  ])('in any other form cause an error: %s', async (value) => {
    const { kv, entries } = createMemoryKv()
    entries.set('link:abc', { value, metadata: null })
    await expect(readLink(kv, 'abc')).rejects.toThrow()
  })
})

describe('documents', () => {
  const largestDocument: Extract<Content, { kind: 'document' }> = {
    kind: 'document',
    body: 'خبر',
    validators: {
      status: 410,
      type: 'application/feed+json; charset=utf-8',
      etag: `W/"${'a'.repeat(43)}"`,
      modified: 253_402_300_799,
      length: Number.MAX_SAFE_INTEGER,
      language: 'x'.repeat(100),
      older: 999_999,
      newer: 999_999,
    },
  }

  it('are read with body and validators, and the largest metadata needs at most half of the 1,024 bytes that KV allows', async () => {
    const { kv, entries } = createMemoryKv()
    const target = feedTarget(
      { kind: 'language', slug: 'x'.repeat(100) },
      FORMATS[2] ?? failForMissing(),
    )
    await writeContent(kv, target, largestDocument)
    expect(byteLength(JSON.stringify(entries.get(target)?.metadata))).toBeLessThan(512)
    const read = await readDocument(kv, target)
    if (read?.kind !== 'document') throw new Error('No document was read')
    expect(read.validators).toEqual(largestDocument.validators)
    expect(await decodeBody(await read.readBody())).toBe('خبر')
  })

  const LONG = 'خبر يتكرر، '.repeat(5000)
  const writeAndRead = async (body: string, notes?: string) => {
    const { kv, entries } = createMemoryKv()
    const validators = { ...largestDocument.validators, length: byteLength(body) }
    const document = { kind: 'document', validators, body } as const
    await writeContent(kv, 'page:/', notes === undefined ? document : { ...document, notes })
    const read = await readDocument(kv, 'page:/')
    if (read?.kind !== 'document') throw new Error('No document was read')
    const { value, metadata } = entries.get('page:/') ?? failForMissing()
    return { parts: await read.readBody(), value, metadata, kv, entries }
  }

  it('are stored as brotli and gzip, from which identity is derived (H-34)', async () => {
    const { parts, value, metadata } = await writeAndRead(LONG)
    expect(byteLength(JSON.stringify(metadata))).toBeLessThan(1024)
    expect(parts.identity).toBeUndefined()
    expect(value.length).toBe((parts.br?.size ?? 0) + (parts.gzip?.size ?? 0))
    expect(value.length).toBeLessThan(byteLength(LONG) / 50)
    const brotli = Buffer.from((await parts.br?.arrayBuffer()) ?? new ArrayBuffer())
    expect(brotliDecompressSync(brotli).toString() === LONG).toBe(true)
    expect((await decodeBody(parts)) === LONG).toBe(true)
    expect(await readNotes(parts)).toBeUndefined()
  })

  it('have the same value for the same text, so that a rebuild changes nothing', async () => {
    expect((await writeAndRead(LONG, 'n')).value).toEqual((await writeAndRead(LONG, 'n')).value)
  })

  it('have notes beside a short or long body, but nothing is added for empty notes', async () => {
    for (const body of ['short', LONG]) {
      const { parts } = await writeAndRead(body, 'ملاحظة')
      expect(await readNotes(parts)).toBe('ملاحظة')
      expect((await decodeBody(parts)) === body).toBe(true)
    }
    expect(await readNotes((await writeAndRead(LONG, '')).parts)).toBeUndefined()
    expect((await writeAndRead('short', '')).value).toBe('short')
  })

  it('of an earlier version are read correctly, however long they are', async () => {
    const { kv, entries, metadata } = await writeAndRead('short')
    expect(metadata).not.toHaveProperty('c')
    entries.set('page:/', { value: LONG, metadata })
    const read = await readDocument(kv, 'page:/')
    expect(read?.kind === 'document' && (await decodeBody(await read.readBody())) === LONG).toBe(
      true,
    )
  })

  it('in segments have no `n`, so that earlier versions refuse them instead of serving them as text', async () => {
    expect((await writeAndRead(LONG)).metadata).not.toHaveProperty('n')
    expect((await writeAndRead('short', 'n')).metadata).not.toHaveProperty('n')
  })

  it('that were truncated cause an error only when the body is read', async () => {
    const { kv, entries, value, metadata } = await writeAndRead(LONG)
    entries.set('page:/', { value: value.slice(1), metadata })
    const read = await readDocument(kv, 'page:/')
    await expect(read?.kind === 'document' && read.readBody()).rejects.toThrow('not as long')
  })

  it('with the body of another entity-tag cause an error when the body is read', async () => {
    const { kv, entries, value, metadata } = await writeAndRead(LONG)
    if (typeof metadata !== 'object') throw new Error('No metadata was read')
    entries.set('page:/', { value, metadata: { ...metadata, e: 'W/"another"' } })
    const read = await readDocument(kv, 'page:/')
    await expect(read?.kind === 'document' && read.readBody()).rejects.toThrow('does not decode')
  })

  it('have status 200 and no language by default', async () => {
    const { kv } = createMemoryKv()
    const { language: _, ...validators } = { ...largestDocument.validators, status: 200 as const }
    await writeContent(kv, 'page:/', { ...largestDocument, validators })
    expect(await readDocument(kv, 'page:/')).toMatchObject({ validators })
  })

  it('can be replaced by a redirect to an address of any length', async () => {
    const { kv } = createMemoryKv()
    const location = `https://news.example/${'a'.repeat(8000)}`
    await writeContent(kv, articlePageTarget('x'), { kind: 'redirect', location })
    expect(await readDocument(kv, articlePageTarget('x'))).toEqual({ kind: 'redirect', location })
  })

  it('are deleted from KV when they become absent', async () => {
    const { kv, entries } = createMemoryKv()
    await writeContent(kv, 'page:/', largestDocument)
    await writeContent(kv, 'page:/', { kind: 'absent' })
    expect(entries.size).toBe(0)
    expect(await readDocument(kv, 'page:/')).toBeUndefined()
  })

  it.each([
    null,
    {},
    { r: 2 },
    { t: 'a', e: 'b', m: '1', n: 2 },
    { s: 200, t: 'a', e: 'b', m: 1, n: 2 },
    { t: 'a', e: 'b', m: 1, c: [1, 2, 3, 4] },
  ])('with other metadata cause an error: %j', async (metadata) => {
    const { kv, entries } = createMemoryKv()
    entries.set('page:/', { value: 'x', metadata })
    await expect(readDocument(kv, 'page:/')).rejects.toThrow()
  })
})

it('listTargets lists all keys, page by page', async () => {
  const { kv } = createMemoryKv()
  for (const id of ['a', 'b', 'c'])
    await writeContent(kv, articleTarget(id), { kind: 'redirect', location: 'x' })
  const first = await listTargets(kv, undefined)
  expect(first).toEqual({ targets: ['article:a'], cursor: '1' })
  expect(await listTargets(kv, first.cursor)).toEqual({ targets: ['article:b', 'article:c'] })
})

const decodeBody = async (body: CodedBody): Promise<string> =>
  (await getEncodedBody(body, undefined)).text()

function failForMissing(): never {
  throw new Error('The value that the test needs does not exist')
}
