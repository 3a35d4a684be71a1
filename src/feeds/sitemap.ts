/**
 * Sitemaps (sitemaps.org, protocol 0.9) and Google's news sitemap: rules, group 11. Nothing is said
 * of how often a page changes or how much it matters, because nobody reads that (rule S-06).
 */
import type { Publication } from '../model/publication.ts'
import { oneLine } from '../text/characters.ts'
import { formatTime } from '../text/time.ts'
import { element } from './xml.ts'

const SITEMAP = 'http://www.sitemaps.org/schemas/sitemap/0.9'
const NEWS = 'http://www.google.com/schemas/sitemap-news/0.9'

export const SITEMAP_TYPE = 'application/xml; charset=utf-8'

/**
 * Articles in one file. The protocol allows 50,000 and 50 MB; a value on the wire may have 25 MiB,
 * and whoever publishes waits for the file of this month: so many, at the longest address that is
 * listed, stay below it.
 */
export const SITEMAP_LENGTH = 10_000
/** Articles in the news sitemap, and how old they may be (Google). */
export const NEWS_LENGTH = 1_000
export const NEWS_SECONDS = 48 * 3600

/** An index of sitemaps by their addresses. */
export const renderSitemapIndex = (addresses: string[]): string =>
  element(
    'sitemapindex',
    { xmlns: SITEMAP },
    ...addresses.map((address) => element('sitemap', {}, element('loc', {}, address))),
  ).document()

/** Pages with the last change of their substance, in seconds. */
export const renderSitemap = (pages: { url: string; updated: number }[]): string =>
  element(
    'urlset',
    { xmlns: SITEMAP },
    ...pages.map(({ url, updated }) =>
      element('url', {}, element('loc', {}, url), element('lastmod', {}, formatTime(updated))),
    ),
  ).document()

/** `published` in seconds, `language` a tag. */
export type NewsPage = { url: string; published: number; title: string; language: string }

/**
 * The articles of the last two days. Without any it is an empty set, which does no harm (rule
 * S-15).
 */
export function renderNewsSitemap(pages: NewsPage[], publication: Publication): string {
  const name = newsName(publication.title)
  return element(
    'urlset',
    { xmlns: SITEMAP, 'xmlns:news': NEWS },
    ...pages.map(({ url, published, title, language }) =>
      element(
        'url',
        {},
        element('loc', {}, url),
        element(
          'news:news',
          {},
          element(
            'news:publication',
            {},
            element('news:name', {}, name),
            element('news:language', {}, newsLanguage(language)),
          ),
          element('news:publication_date', {}, formatTime(published)),
          element('news:title', {}, title),
        ),
      ),
    ),
  ).document()
}

/**
 * The publication's name without what stands in parentheses; of a name that is nothing else,
 * without the signs.
 */
export function newsName(title: string): string {
  let name = title
  for (let before = ''; before !== name; ) {
    before = name
    name = name.replace(/[(（][^()（）]*[)）]/g, ' ')
  }
  const without = (text: string): string => oneLine(text.replace(/[()（）]/g, ' '))
  return without(name) || without(title) || '-'
}

/** ISO 639, the language alone; of Chinese Google wants to hear which one: `zh-cn` or `zh-tw`. */
export function newsLanguage(tag: string): string {
  const { language, script } = new Intl.Locale(tag).maximize()
  if (language !== 'zh') return language
  return script === 'Hant' ? 'zh-tw' : 'zh-cn'
}
