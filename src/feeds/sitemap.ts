/**
 * Sitemaps (sitemaps.org, protocol 0.9) and Google's news sitemap. They omit `changefreq` and
 * `priority`, because crawlers ignore these elements.
 */
import type { Publication } from '../model/publication.ts'
import { collapseWhiteSpace } from '../text/characters.ts'
import { formatTime } from '../text/time.ts'
import { element } from './xml.ts'

const SITEMAP_NAMESPACE = 'http://www.sitemaps.org/schemas/sitemap/0.9'
const NEWS_NAMESPACE = 'http://www.google.com/schemas/sitemap-news/0.9'

export const SITEMAP_TYPE = 'application/xml; charset=utf-8'

/**
 * The number of articles in one file. The protocol allows 50,000 and 50 MB, but a KV value may have
 * at most 25 MiB, and publishing an article renders the file of its month again. With the longest
 * addresses, this many articles stay below 25 MiB.
 */
export const MAX_SITEMAP_ARTICLES = 10_000
/** Google's limits for a news sitemap: the number of articles, and their age. */
export const MAX_NEWS_ARTICLES = 1_000
export const MAX_NEWS_AGE_SECONDS = 48 * 3600

/** Renders an index of sitemaps. */
export const renderSitemapIndex = (addresses: string[]): string =>
  element(
    'sitemapindex',
    { xmlns: SITEMAP_NAMESPACE },
    ...addresses.map((address) => element('sitemap', {}, element('loc', {}, address))),
  ).renderDocument()

/**
 * Renders a sitemap. `updated` is the time of the last substantial change of a page, in seconds.
 */
export const renderSitemap = (pages: { url: string; updated: number }[]): string =>
  element(
    'urlset',
    { xmlns: SITEMAP_NAMESPACE },
    ...pages.map(({ url, updated }) =>
      element('url', {}, element('loc', {}, url), element('lastmod', {}, formatTime(updated))),
    ),
  ).renderDocument()

/** A page of an article. `published` is in seconds, and `language` is a language tag. */
export type NewsPage = { url: string; published: number; title: string; language: string }

/** Renders a news sitemap. Without pages it is an empty set, which is valid. */
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
 * Removes parentheses and their contents from the publication's name. If nothing else is left,
 * removes only the parentheses.
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

/**
 * Returns the ISO 639 code of a language. For Chinese it returns `zh-cn` or `zh-tw`, as Google
 * requires.
 */
export function formatNewsLanguage(tag: string): string {
  const { language, script } = new Intl.Locale(tag).maximize()
  if (language !== 'zh') return language
  return script === 'Hant' ? 'zh-tw' : 'zh-cn'
}
