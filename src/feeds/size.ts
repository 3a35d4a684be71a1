/**
 * How many bytes an entry takes in each format, without rendering it. The figures are never too
 * small and a few bytes too large at most: `tests/unit/size.property.test.ts` compares them with
 * what the renderers write.
 */
import type { Image } from '../model/story.ts'
import { byteLength } from '../text/characters.ts'
import type { Entry, FeedDocument, FormatName, Tombstone } from './document.ts'

/** Bytes in each format. */
export type Sizes = Readonly<Record<FormatName, number>>

export const NOTHING: Sizes = { rss: 0, atom: 0, json: 0 }

export const plus = (a: Sizes, b: Sizes): Sizes => ({
  rss: a.rss + b.rss,
  atom: a.atom + b.atom,
  json: a.json + b.json,
})

export const minus = (a: Sizes, b: Sizes): Sizes => ({
  rss: a.rss - b.rss,
  atom: a.atom - b.atom,
  json: a.json - b.json,
})

/** True when `a` is within `b` in every format. */
export const fits = (a: Sizes, b: Sizes): boolean =>
  a.rss <= b.rss && a.atom <= b.atom && a.json <= b.json

/**
 * Bytes of a text in UTF-8, and how many more it has as character data of XML and as a string of
 * JSON.
 */
type Cost = { bytes: number; xml: number; json: number }

/** By code: `&` and `<` as RSS writes them in titles (`&#x26;`), the rest as Atom does. */
const XML_EXTRA: Readonly<Record<number, number>> = { 13: 4, 34: 5, 38: 5, 39: 4, 60: 5, 62: 3 }
const JSON_EXTRA: Readonly<Record<number, number>> = {
  8: 1,
  9: 1,
  10: 1,
  12: 1,
  13: 1,
  34: 1,
  92: 1,
}

function costOf(text: string): Cost {
  let xml = 0
  let json = 0
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code > 92) continue
    xml += XML_EXTRA[code] ?? 0
    json += JSON_EXTRA[code] ?? 0
  }
  return { bytes: byteLength(text), xml, json: json + (text.match(/<\/script/gi)?.length ?? 0) }
}

const costOfAll = (texts: readonly string[]): Cost => costOf(texts.join(''))

/**
 * The beginning of a text that takes at most `limit` bytes in every format, with an ellipsis where
 * it is cut.
 */
export function shorten(text: string, limit: number): string {
  const largest = (part: string): number => {
    const { bytes, xml, json } = costOf(part)
    return bytes + Math.max(xml, json)
  }
  if (largest(text) <= limit) return text
  let left = limit - largest('…')
  let kept = ''
  for (const character of text) {
    left -= largest(character)
    if (left < 0) break
    kept += character
  }
  return `${kept.trimEnd()}…`
}

const TIME = '2026-01-15T09:00:00Z'
const framesOf = (rss: string, atom: string, json: string): Sizes => ({
  rss: byteLength(rss),
  atom: byteLength(atom),
  json: byteLength(json),
})

/** What every entry has around its texts. */
const FRAME = framesOf(
  `
        <item>
            <link></link>
            <guid isPermaLink="false"></guid>
            <pubDate>Thu, 15 Jan 2026 09:00:00 GMT</pubDate>
            <title></title>
            <dc:language></dc:language>
            <atom:updated>${TIME}</atom:updated>
        </item>`,
  `<entry xml:lang=""><id></id><title type="text"></title><published>${TIME}</published><updated>${TIME}</updated>` +
    `<link rel="alternate" type="text/html" href=""/></entry>`,
  `{"id":"","content_html":"","url":"","title":"","date_modified":"2026-01-15T09:00:00.000Z",` +
    `"date_published":"2026-01-15T09:00:00.000Z","tags":[],"language":"","_dateline":{"id":""}},`,
)
const SHORT_LINK = framesOf(
  `
            <atom:link rel="http://microformats.org/wiki/rel-shortlink" href=""/>`,
  '<link rel="http://microformats.org/wiki/rel-shortlink" href=""/>',
  ',"code":"","short_url":""',
)
const SUMMARY = framesOf(
  `
            <description><![CDATA[]]></description>`,
  '<summary type="text"></summary>',
  ',"summary":""',
)
const TEXT = framesOf(
  `
            <content:encoded><![CDATA[]]></content:encoded>`,
  '<content type="html"></content>',
  '',
)
const NO_TEXT = framesOf('', '', ',"summary_only":true<p></p>')
const NOTICE = framesOf('', '', `,"withdrawn":"${TIME}"`)
const AUTHORS = framesOf('', '', ',"authors":[]')
const AUTHOR = framesOf(
  `
            <dc:creator></dc:creator>`,
  '<author><name></name><uri></uri><email></email></author>',
  '{"name":"","url":""},',
)
const CATEGORY = framesOf(
  `
            <category></category>`,
  '<category term=""/>',
  '"",',
)
const CORRECTIONS = framesOf('', '', ',"corrections":[]')
const CORRECTION = framesOf('', '', `{"at":"${TIME}","text":""},`)
const IMAGE = framesOf(
  `
            <enclosure length="" type="" url=""/>
            <media:content url="" medium="image" type="" width="" height="" fileSize="">
                <media:description type="plain"></media:description>
                <media:credit role="photographer"></media:credit>
                <media:thumbnail url="" width="" height=""/>
            </media:content>`,
  '<link rel="enclosure" type="" length="" href=""/><media:content url="" medium="image" type="" width="" height="" fileSize="">' +
    '<media:description type="plain"></media:description><media:credit role="photographer"></media:credit>' +
    '<media:thumbnail url="" width="" height=""/></media:content>',
  ',"image":"","image_alt":"","image_credit":""',
)

/** A text that stands once in each format. */
const once = ({ bytes, xml, json }: Cost): Sizes => ({
  rss: bytes + xml,
  atom: bytes + xml,
  json: bytes + json,
})

const total = (parts: readonly Sizes[]): Sizes => parts.reduce(plus, NOTHING)

/** Bytes of an entry as the renderers write it. */
export function sizeOf(entry: Entry): Sizes {
  const { id, tag, url, title, summary, language, authors, categories, corrections } = entry
  return total([
    FRAME,
    once(costOfAll([tag, url, title, language])),
    { ...NOTHING, json: byteLength(id) },
    ...(entry.shortUrl === undefined ? [] : [SHORT_LINK, once(costOf(entry.shortUrl))]),
    ...(entry.code === undefined ? [] : [{ ...NOTHING, json: costOf(entry.code).bytes }]),
    ...(summary === '' ? [] : [SUMMARY, once(costOf(summary))]),
    ...(entry.html === undefined ? [NO_TEXT, standIn(summary || title)] : [TEXT, text(entry.html)]),
    ...(entry.notice ? [NOTICE] : []),
    ...(authors.length > 0 ? [AUTHORS] : []),
    ...authors.flatMap(({ name, url = '', email = '' }) => [
      AUTHOR,
      { ...once(costOfAll([name, url])), rss: once(costOf(name)).rss },
      { ...NOTHING, atom: once(costOf(email)).atom },
    ]),
    ...categories.flatMap((category) => [CATEGORY, once(costOf(category))]),
    ...(corrections.length > 0 ? [CORRECTIONS] : []),
    ...corrections.flatMap(({ text }) => [
      CORRECTION,
      { ...NOTHING, json: once(costOf(text)).json },
    ]),
    ...(entry.image ? [IMAGE, sizeOfImage(entry.image)] : []),
  ])
}

/** RSS writes a full text as it is. */
function text(html: string): Sizes {
  const cost = costOf(html)
  return { ...once(cost), rss: cost.bytes }
}

/** What JSON Feed has in place of a full text, as HTML in a string. */
function standIn(summary: string): Sizes {
  const { bytes, xml, json } = costOf(summary)
  return { ...NOTHING, json: bytes + xml + json }
}

function sizeOfImage({ url, type = '', length, width, height, alt, credit = '' }: Image): Sizes {
  const figures = [width, height, width, height, length, length].map((figure) => figure ?? '')
  const address = costOf(url)
  const inXml = 3 * (address.bytes + address.xml) + byteLength(`${type}${type}${figures.join('')}`)
  return plus(once(costOfAll([alt, credit])), {
    rss: inXml,
    atom: inXml,
    json: address.bytes + address.json,
  })
}

/** Bytes of a tombstone; RSS has none. */
export const sizeOfTombstone = ({ tag }: Tombstone): Sizes =>
  plus(framesOf('', `<at:deleted-entry ref="" when="${TIME}"/>`, `{"id":"","when":"${TIME}"},`), {
    ...NOTHING,
    atom: byteLength(tag),
    json: byteLength(tag),
  })

/**
 * Elements, namespaces and dates of a document without entries, in the format that has most of
 * them, generously.
 */
const HEAD_BYTES = 2_500

/**
 * At most what stands around the entries. `texts`: settings that are written there, each at most
 * twice.
 */
export function sizeOfHead(feed: FeedDocument, texts: readonly string[]): Sizes {
  const { bytes, xml, json } = costOfAll([feed.title, feed.description, ...texts])
  // Its own address, those beside it in the archive, and its page, in one document.
  const addresses = 8 * byteLength(feed.pageUrl) + byteLength(feed.tag)
  const all = HEAD_BYTES + 2 * (bytes + xml + json) + 5 * addresses
  return { rss: all, atom: all, json: all }
}
