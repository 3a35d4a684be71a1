/**
 * Sitemaps (sitemaps.org, protocol 0.9) and Google's news sitemap: rules, group 11. Nothing is said
 * of how often a page changes or how much it matters, because nobody reads that (rule S-06).
 */
import type { Publication } from '../model/publication.ts'
import { collapseWhiteSpace } from '../text/characters.ts'
import { formatTime } from '../text/time.ts'
import { element } from './xml.ts'

const SITEMAP_NAMESPACE = 'http://www.sitemaps.org/schemas/sitemap/0.9'
const NEWS_NAMESPACE = 'http://www.google.com/schemas/sitemap-news/0.9'

export const SITEMAP_TYPE = 'application/xml; charset=utf-8'

/**
 * Articles in one file. The protocol allows 50,000 and 50 MB; a value on the wire may have 25 MiB,
 * and whoever publishes waits for the file of this month: so many, at the longest address that is
 * listed, stay below it.
 */
export const MAX_SITEMAP_ARTICLES = 10_000
/** Articles in the news sitemap, and how old they may be (Google). */
export const MAX_NEWS_ARTICLES = 1_000
export const MAX_NEWS_AGE_SECONDS = 48 * 3600

/** An index of sitemaps by their addresses. */
export const renderSitemapIndex = (addresses: string[]): string =>
  element(
    'sitemapindex',
    { xmlns: SITEMAP_NAMESPACE },
    ...addresses.map((address) => element('sitemap', {}, element('loc', {}, address))),
  ).renderDocument()

/** Pages with the last change of their substance, in seconds. */
export const renderSitemap = (pages: { url: string; updated: number }[]): string =>
  element(
    'urlset',
    { xmlns: SITEMAP_NAMESPACE },
    ...pages.map(({ url, updated }) =>
      element('url', {}, element('loc', {}, url), element('lastmod', {}, formatTime(updated))),
    ),
  ).renderDocument()

/** `published` in seconds, `language` a tag. */
export type NewsPage = { url: string; published: number; title: string; language: string }

/**
 * The articles of the last two days. Without any it is an empty set, which does no harm (rule
 * S-15).
 */
export function renderNewsSitemap(pages: NewsPage[], publication: Publication): string {
  const name = formatNewsName(publication.title)
  return element(
    'urlset',
    { xmlns: SITEMAP_NAMESPACE, 'xmlns:news': NEWS_NAMESPACE },
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
            element('news:language', {}, formatNewsLanguage(language)),
          ),
          element('news:publication_date', {}, formatTime(published)),
          element('news:title', {}, title),
        ),
      ),
    ),
  ).renderDocument()
}

/**
 * The publication's name without what stands in parentheses; of a name that is nothing else,
 * without the signs.
 */
export function formatNewsName(title: string): string {
  let name = title
  for (let previous = ''; previous !== name; ) {
    previous = name
    name = name.replace(/[(（][^()（）]*[)）]/g, ' ')
  }
  const removeParentheses = (text: string): string =>
    collapseWhiteSpace(text.replace(/[()（）]/g, ' '))
  return removeParentheses(name) || removeParentheses(title) || '-'
}

/** ISO 639, the language alone; of Chinese Google wants to hear which one: `zh-cn` or `zh-tw`. */
export function formatNewsLanguage(tag: string): string {
  const { language, script } = new Intl.Locale(tag).maximize()
  if (language !== 'zh') return language
  return script === 'Hant' ? 'zh-tw' : 'zh-cn'
}
