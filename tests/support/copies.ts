/** Exports and imports without workerd, and reads the contents of a desk for comparisons. */
import { exportPage, PAGE_LIMITS, parseCursor } from '../../src/desk/backup/exporting.ts'
import { importPage } from '../../src/desk/backup/importing.ts'
import { type ImportPage, parsePage } from '../../src/desk/backup/records.ts'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import type { Ledger } from '../../src/desk/ledger/ledger.ts'
import type { ImportStatus } from '../../src/desk/protocol.ts'
import { FORMATS } from '../../src/feeds/formats.ts'
import { parseChannelKey } from '../../src/model/channel.ts'
import type { Result } from '../../src/model/failures.ts'
import type { Content } from '../../src/wire/codec.ts'
import {
  articlePageTarget,
  articleTarget,
  channelPageTarget,
  FEED_DIRECTORY_TARGET,
  feedTarget,
  linkTarget,
  NEWS_SITEMAP_TARGET,
  SITEMAP_INDEX_TARGET,
  SUBSCRIPTION_LIST_TARGET,
  sitemapTarget,
  type Target,
} from '../../src/wire/targets.ts'
import { PUBLICATION } from './drafts.ts'

/** Returns the pages of an export. `meanwhile` is called between two pages. */
export function exportPages(
  ledger: Ledger,
  clock: { now: number },
  options: { limits?: typeof PAGE_LIMITS; meanwhile?: () => void } = {},
): string[] {
  const texts: string[] = []
  let cursor: string | undefined
  do {
    const from = cursor === undefined ? undefined : parseCursor(cursor)
    const now = clock.now * 1000
    const page = exportPage(ledger, PUBLICATION.tag, from, now, options.limits ?? PAGE_LIMITS)
    if (!page.ok) throw new Error(page.failure.reason)
    if (texts.length > 5000) throw new Error('The export does not end')
    texts.push(page.value.text)
    cursor = page.value.cursor
    if (cursor !== undefined) options.meanwhile?.()
  } while (cursor !== undefined)
  return texts
}

export const exportLines = (...args: Parameters<typeof exportPages>): string[] =>
  exportPages(...args)
    .join('')
    .trimEnd()
    .split('\n')

export const getExportName = (lines: string[]): string =>
  (JSON.parse(lines[0] ?? '{}') as { export: string }).export

/** Builds a page of an import from these lines; `line` is the number of the first one. */
export function buildImportPage(
  lines: string[],
  line = 1,
  name = getExportName(lines),
): ImportPage {
  const page = parsePage(name, line, new TextEncoder().encode(`${lines.join('\n')}\n`))
  if (!page.ok) throw new Error(JSON.stringify(page.failure))
  return page.value
}

/**
 * Imports the lines in pages of `length` lines until a page is refused. Returns the last result.
 */
export function importLines(
  ledger: Ledger,
  lines: string[],
  length = lines.length,
): Result<ImportStatus> {
  const name = getExportName(lines)
  let status: Result<ImportStatus> = { ok: true, value: { state: 'empty' } }
  for (let first = 0; first < lines.length && status.ok; first += length) {
    const page = buildImportPage(lines.slice(first, first + length), first + 1, name)
    status = importPage(ledger, PUBLICATION, page, 0)
  }
  return status
}

/** Lists every target for which the desk could have a document, an article or a link. */
export function listAllTargets(ledger: Ledger): Target[] {
  const channels = ledger.listChannels('', 10_000).flatMap(({ key }) => parseChannelKey(key) ?? [])
  const ids = ledger.listArticleIds('', 10_000)
  const codes = new Set(ledger.listCodes('', 10_000).map((code) => code.toLowerCase()))
  return [
    ...channels.flatMap((channel) => [
      channelPageTarget(channel),
      ...FORMATS.map((format) => feedTarget(channel, format)),
    ]),
    ...ids.flatMap((id) => [articleTarget(id), articlePageTarget(id)]),
    ...[...codes].map(linkTarget),
    SITEMAP_INDEX_TARGET,
    NEWS_SITEMAP_TARGET,
    SUBSCRIPTION_LIST_TARGET,
    FEED_DIRECTORY_TARGET,
    ...ledger.listSitemapMonths(PUBLICATION.siteUrl).map(({ month }) => sitemapTarget(month, 1)),
  ]
}

const omitTime = ({ record: { codes }, ...link }: Extract<Content, { kind: 'link' }>): Content => ({
  ...link,
  record: { codes },
})

/**
 * Returns the content of each target with its validators. If a target cannot be rendered in this
 * second yet, its content is that of the next second.
 */
export function readContents(ledger: Ledger, clock: { now: number }): Map<Target, Content> {
  const contents = new Map<Target, Content>()
  for (const target of listAllTargets(ledger)) {
    const now = Math.max(clock.now, (ledger.findDocument(target)?.modified ?? 0) + 1)
    const rendering = renderTarget(ledger, PUBLICATION, target, now * 1000, true)
    if (rendering.kind !== 'content') throw new Error(`${target} is too early`)
    // Omits what differs between two desks: notes of older editions, and change times of links.
    const { notes: _, ...content } = { notes: '', ...rendering.content }
    contents.set(target, content.kind === 'link' ? omitTime(content) : content)
  }
  return contents
}
