/**
 * Computes the bytes of an entry in each format without rendering it. The result is never too
 * small, and at most a few bytes too large (`tests/unit/size.property.test.ts`).
 */
import type { Image } from '../model/story.ts'
import { byteLength } from '../text/characters.ts'
import type { FeedDocument, FeedEntry, FormatName, Tombstone } from './document.ts'

/** A number of bytes for each format. */
export type BytesPerFormat = Readonly<Record<FormatName, number>>

export const ZERO_BYTES: BytesPerFormat = { rss: 0, atom: 0, json: 0 }

export const addBytes = (a: BytesPerFormat, b: BytesPerFormat): BytesPerFormat => ({
  rss: a.rss + b.rss,
  atom: a.atom + b.atom,
  json: a.json + b.json,
})

export const subtractBytes = (a: BytesPerFormat, b: BytesPerFormat): BytesPerFormat => ({
  rss: a.rss - b.rss,
  atom: a.atom - b.atom,
  json: a.json - b.json,
})

/** Returns whether `a` is at most `b` in every format. */
export const fitsWithin = (a: BytesPerFormat, b: BytesPerFormat): boolean =>
  a.rss <= b.rss && a.atom <= b.atom && a.json <= b.json

/**
 * The bytes of a text in UTF-8, and how many bytes escaping adds in XML character data and in a
 * JSON string.
 */
type TextSize = { bytes: number; xmlExtra: number; jsonExtra: number }

/**
 * The bytes that escaping adds, by character code. `&` and `<` count as in titles of RSS
 * (`&#x26;`), all others as in Atom.
 */
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

function measureText(text: string): TextSize {
  let xmlExtra = 0
  let jsonExtra = 0
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code > 92) continue
    xmlExtra += XML_EXTRA[code] ?? 0
    jsonExtra += JSON_EXTRA[code] ?? 0
  }
  return {
    bytes: byteLength(text),
    xmlExtra,
    jsonExtra: jsonExtra + (text.match(/<\/script/gi)?.length ?? 0),
  }
}

const measureTexts = (texts: readonly string[]): TextSize => measureText(texts.join(''))

/**
 * Shortens a text to at most `maxBytes` in every format. A shortened text ends with an ellipsis.
 */
export function shorten(text: string, maxBytes: number): string {
  const measureLargest = (part: string): number => {
    const { bytes, xmlExtra, jsonExtra } = measureText(part)
    return bytes + Math.max(xmlExtra, jsonExtra)
  }
  if (measureLargest(text) <= maxBytes) return text
  let remaining = maxBytes - measureLargest('…')
  let beginning = ''
  for (const character of text) {
    remaining -= measureLargest(character)
    if (remaining < 0) break
    beginning += character
  }
  return `${beginning.trimEnd()}…`
}

const SAMPLE_TIME = '2026-01-15T09:00:00Z'
const measureMarkup = (rss: string, atom: string, json: string): BytesPerFormat => ({
  rss: byteLength(rss),
  atom: byteLength(atom),
  json: byteLength(json),
})

/** The markup that every entry has around its texts. */
const ENTRY_MARKUP = measureMarkup(
  `
        <item>
            <link></link>
            <guid isPermaLink="false"></guid>
            <pubDate>Thu, 15 Jan 2026 09:00:00 GMT</pubDate>
            <title></title>
            <dc:language></dc:language>
            <atom:updated>${SAMPLE_TIME}</atom:updated>
        </item>`,
  `<entry xml:lang=""><id></id><title type="text"></title><published>${SAMPLE_TIME}</published><updated>${SAMPLE_TIME}</updated>` +
    `<link rel="alternate" type="text/html" href=""/></entry>`,
  `{"id":"","content_html":"","url":"","title":"","date_modified":"2026-01-15T09:00:00.000Z",` +
    `"date_published":"2026-01-15T09:00:00.000Z","tags":[],"language":"","_dateline":{"id":""}},`,
)
const SHORT_LINK_MARKUP = measureMarkup(
  `
            <atom:link rel="http://microformats.org/wiki/rel-shortlink" href=""/>`,
  '<link rel="http://microformats.org/wiki/rel-shortlink" href=""/>',
  ',"code":"","short_url":""',
)
const SUMMARY_MARKUP = measureMarkup(
  `
            <description><![CDATA[]]></description>`,
  '<summary type="text"></summary>',
  ',"summary":""',
)
const FULL_TEXT_MARKUP = measureMarkup(
  `
            <content:encoded><![CDATA[]]></content:encoded>`,
  '<content type="html"></content>',
  '',
)
const SUMMARY_ONLY_MARKUP = measureMarkup('', '', ',"summary_only":true<p></p>')
const NOTICE_MARKUP = measureMarkup('', '', `,"withdrawn":"${SAMPLE_TIME}"`)
const AUTHORS_MARKUP = measureMarkup('', '', ',"authors":[]')
const AUTHOR_MARKUP = measureMarkup(
  `
            <dc:creator></dc:creator>`,
  '<author><name></name><uri></uri><email></email></author>',
  '{"name":"","url":""},',
)
const CATEGORY_MARKUP = measureMarkup(
  `
            <category></category>`,
  '<category term=""/>',
  '"",',
)
const CORRECTIONS_MARKUP = measureMarkup('', '', ',"corrections":[]')
const CORRECTION_MARKUP = measureMarkup('', '', `{"at":"${SAMPLE_TIME}","text":""},`)
const IMAGE_MARKUP = measureMarkup(
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

/** Returns the bytes of a text that occurs once in each format. */
const getEscapedBytes = ({ bytes, xmlExtra, jsonExtra }: TextSize): BytesPerFormat => ({
  rss: bytes + xmlExtra,
  atom: bytes + xmlExtra,
  json: bytes + jsonExtra,
})

const sumBytes = (parts: readonly BytesPerFormat[]): BytesPerFormat =>
  parts.reduce(addBytes, ZERO_BYTES)

/** Returns the bytes of a rendered entry. */
export function measureEntry(entry: FeedEntry): BytesPerFormat {
  const { id, tagUri, url, title, summary, language, authors, categories, corrections } = entry
  return sumBytes([
    ENTRY_MARKUP,
    getEscapedBytes(measureTexts([tagUri, url, title, language])),
    { ...ZERO_BYTES, json: byteLength(id) },
    ...(entry.shortUrl === undefined
      ? []
      : [SHORT_LINK_MARKUP, getEscapedBytes(measureText(entry.shortUrl))]),
    ...(entry.code === undefined ? [] : [{ ...ZERO_BYTES, json: measureText(entry.code).bytes }]),
    ...(summary === '' ? [] : [SUMMARY_MARKUP, getEscapedBytes(measureText(summary))]),
    ...(entry.html === undefined
      ? [SUMMARY_ONLY_MARKUP, measureSummaryAsHtml(summary || title)]
      : [FULL_TEXT_MARKUP, measureFullText(entry.html)]),
    ...(entry.isNotice ? [NOTICE_MARKUP] : []),
    ...(authors.length > 0 ? [AUTHORS_MARKUP] : []),
    ...authors.flatMap(({ name, url = '', email = '' }) => [
      AUTHOR_MARKUP,
      {
        ...getEscapedBytes(measureTexts([name, url])),
        rss: getEscapedBytes(measureText(name)).rss,
      },
      { ...ZERO_BYTES, atom: getEscapedBytes(measureText(email)).atom },
    ]),
    ...categories.flatMap((category) => [CATEGORY_MARKUP, getEscapedBytes(measureText(category))]),
    ...(corrections.length > 0 ? [CORRECTIONS_MARKUP] : []),
    ...corrections.flatMap(({ text }) => [
      CORRECTION_MARKUP,
      { ...ZERO_BYTES, json: getEscapedBytes(measureText(text)).json },
    ]),
    ...(entry.image ? [IMAGE_MARKUP, measureImage(entry.image)] : []),
  ])
}

/** Measures a full text. RSS writes it without escaping. */
function measureFullText(html: string): BytesPerFormat {
  const size = measureText(html)
  return { ...getEscapedBytes(size), rss: size.bytes }
}

/** Measures a summary that is written as HTML: JSON Feed has it instead of a missing full text. */
function measureSummaryAsHtml(summary: string): BytesPerFormat {
  const { bytes, xmlExtra, jsonExtra } = measureText(summary)
  return { ...ZERO_BYTES, json: bytes + xmlExtra + jsonExtra }
}

function measureImage({
  url,
  type = '',
  length,
  width,
  height,
  alt,
  credit = '',
}: Image): BytesPerFormat {
  const numbers = [width, height, width, height, length, length].map((number) => number ?? '')
  const urlSize = measureText(url)
  const inXml =
    3 * (urlSize.bytes + urlSize.xmlExtra) + byteLength(`${type}${type}${numbers.join('')}`)
  return addBytes(getEscapedBytes(measureTexts([alt, credit])), {
    rss: inXml,
    atom: inXml,
    json: urlSize.bytes + urlSize.jsonExtra,
  })
}

/** Returns the bytes of a tombstone. RSS has no tombstones. */
export const measureTombstone = ({ tagUri }: Tombstone): BytesPerFormat =>
  addBytes(
    measureMarkup(
      '',
      `<at:deleted-entry ref="" when="${SAMPLE_TIME}"/>`,
      `{"id":"","when":"${SAMPLE_TIME}"},`,
    ),
    {
      ...ZERO_BYTES,
      atom: byteLength(tagUri),
      json: byteLength(tagUri),
    },
  )

/** An upper limit for the elements, namespaces and dates of a document without entries. */
const HEAD_BYTES = 2_500

/**
 * Returns an upper limit for everything around the entries. `texts` are settings that appear there
 * at most twice each.
 */
export function measureHead(feed: FeedDocument, texts: readonly string[]): BytesPerFormat {
  const { bytes, xmlExtra, jsonExtra } = measureTexts([feed.title, feed.description, ...texts])
  // The addresses of a document and of its archive neighbours begin like that of its page, but may
  // be longer. There are at most five of them, with escapes.
  const addressBytes = 8 * byteLength(feed.pageUrl) + byteLength(feed.tagUri)
  const maxBytes = HEAD_BYTES + 2 * (bytes + xmlExtra + jsonExtra) + 5 * addressBytes
  return { rss: maxBytes, atom: maxBytes, json: maxBytes }
}
