/**
 * Tracked documents are rendered again only if RENDERER_VERSION rises. This test stores the digest
 * of all documents of each version: a change of any byte requires a higher version and its digest.
 */

import { expect, it } from 'vitest'
import { RENDERER_VERSION } from '../../src/desk/documents/rendering.ts'
import { renderArticleJson } from '../../src/feeds/article-json.ts'
import { buildDirectory } from '../../src/feeds/directory.ts'
import { FORMATS, renderFeed } from '../../src/feeds/formats.ts'
import { renderOpml } from '../../src/feeds/opml.ts'
import { renderNewsSitemap, renderSitemap, renderSitemapIndex } from '../../src/feeds/sitemap.ts'
import { ALL_CHANNEL, type Channel, CORRECTIONS_CHANNEL } from '../../src/model/channel.ts'
import { column } from '../../src/model/rows.ts'
import { STORY } from '../../src/model/story.ts'
import { PAGE_MARK, SITE_MARK } from '../../src/text/characters.ts'
import { digest } from '../../src/text/digest.ts'
import { renderArticlePage } from '../../src/views/article-page.tsx'
import { renderChannelPage } from '../../src/views/channel-page.tsx'
import { renderDirectoryPage } from '../../src/views/directory-page.tsx'
import { renderWithdrawnPage } from '../../src/views/notice.tsx'
import { getWords } from '../../src/views/words.ts'
import {
  buildArticle,
  buildPublication,
  buildTestFeed,
  MODIFIED,
  renderTestDocument,
} from '../support/stories.ts'

/** The digest of all documents below, by version. */
const DIGESTS: Readonly<Record<number, string>> = {
  1: 'YAnYF2PEvlYu3vRkCf7DmF',
  2: 'htTfnP78i9svJaGrboChh1',
  3: 'Q5FnEBHWaO0QbVIxbe7TYU',
  4: '7TBEm9kC6htay9c2kavy6C',
  5: 'XRt-RylxN36bIBAsl7fa1w',
  6: 'vwn1mTqzk1V5foNORBAm04',
}

const PUBLICATION = buildPublication({
  LOGO_URL: 'https://news.example/logo.png',
  ICON_URL: 'https://news.example/icon.png',
  COPYRIGHT: '© 2026 Test Press',
  CONTACT: 'desk@news.example',
})

/**
 * Articles that reach every branch of the renderers: markup, pictures, authors, scripts, directions
 * and corrections.
 */
const PREPARED_ARTICLES = [
  buildArticle({
    // These are examples of all story keys. If a renderer begins to use one, the digest changes.
    ...column(STORY, 'example'),
    id: 'everything',
    language: 'en',
    dateline: 'ISLAMABAD',
    title: 'AT&T <b>x</b> says "Q&amp;A" 🚀',
    summary: ['One & two', 'Three'],
    body: 'ISLAMABAD: See [this](/a?b&c), [that](#d) and `a]]>b`.\n\n## d\n\n| a | b |\n|---|---|\n| 1 | 2 |',
    section: 'Q&A',
    tags: ['C++', 'Space'],
    authors: [
      'Desk',
      { name: 'Sana Khan', url: 'https://a.example/?b&c', email: 'sana@news.example' },
    ],
    image: {
      url: '/media/crowd.jpg',
      alt: 'A "crowd"',
      type: 'image/jpeg',
      length: 48_213,
      width: 1200,
      height: 630,
      credit: 'Ada & Co',
    },
    canonical: 'https://www.news.example/2026/a?b=c&d=e#f',
    published: '2026-03-11T10:00:00Z',
    updated: '2026-03-11T11:00:00Z',
    correction: ['AT&T is <not> IT&T', 'Two is three'],
  }),
  buildArticle({
    id: 'arabic',
    code: 'amal2',
    title: 'خبر',
    body: 'أبوظبي: النص.',
    language: 'ar',
    dateline: 'أبوظبي',
    correction: 'التصحيح.',
  }),
  buildArticle({
    id: 'plain',
    code: 'plain',
    body: 'No more than a text.',
    updated: '2026-03-11T10:00:00Z',
  }),
  ...['behind a picture', 'in a division', 'before a list'].map((place, index) =>
    buildArticle({
      id: `dateline-${index}`,
      code: `place${index}`,
      title: `A dateline ${place}`,
      body: 'A text.',
      language: 'pnb',
      dateline: 'لہور',
    }),
  ),
]
/**
 * HTML as it is stored. A change of the sanitiser does not change stored articles, so it must not
 * change the digest either.
 */
const STORED_HTML = [
  `<p>See <a href="${SITE_MARK}/a?b&#x26;c">this</a>, <a href="${PAGE_MARK}#d">that</a> and <code>a]]&gt;b</code>.</p>
<h2>d</h2>
<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>`,
  '<p>النص.</p>',
  '<p>No more than a text.</p>',
  '<figure><img src="https://a.example/p.jpg" alt=""></figure><p><a href="/">a</a></p><p>متن۔</p>',
  '<div><section>متن۔</section></div>',
  '<ul><li>متن۔</li></ul>',
]
const ARTICLES = PREPARED_ARTICLES.map((article, index) => ({
  ...article,
  story: { ...article.story, html: STORED_HTML[index] ?? '', excerpt: 'The beginning.' },
}))

const CHANNELS: [Channel, string][] = [
  [ALL_CHANNEL, ''],
  [{ kind: 'tag', slug: 'c++' }, 'C++'],
  [{ kind: 'language', slug: 'ar' }, 'ar'],
  [CORRECTIONS_CHANNEL, ''],
]

/** The same articles without their full texts, as in a document that has no space for them. */
const WITHOUT_TEXT = ARTICLES.map((article) => ({
  ...article,
  story: { ...article.story, html: '' },
}))

/** An archive page between two others. */
const MIDDLE = { page: 2, older: 1, newer: 3 }

function renderAllDocuments(): string[] {
  const [everything, arabic] = ARTICLES
  if (!everything || !arabic) throw new Error('The fixture has no articles')
  const withdrawn = { ...arabic, state: 'withdrawn' as const, withdrawn: { when: 1_773_223_200 } }
  const legallyWithdrawn = {
    ...withdrawn,
    withdrawn: { when: 1_773_223_200, legal: 'A <court> said so' },
  }
  return [
    ...CHANNELS.flatMap(([channel, title]) => [
      ...FORMATS.map(({ name }) => renderTestDocument(name, ARTICLES, PUBLICATION, channel, title)),
      ...FORMATS.map(({ name }) =>
        renderTestDocument(name, [...ARTICLES, withdrawn], PUBLICATION, channel, title, [
          withdrawn,
        ]),
      ),
      ...FORMATS.map(({ name }) => renderTestDocument(name, [], PUBLICATION, channel, title)),
      renderChannelPage(buildTestFeed(ARTICLES, PUBLICATION, channel, title), PUBLICATION),
      renderChannelPage(buildTestFeed([], PUBLICATION, channel, title), PUBLICATION),
    ]),
    ...CHANNELS.flatMap(([channel, title]) => {
      const feed = {
        ...buildTestFeed(ARTICLES, PUBLICATION, channel, title),
        archivePosition: MIDDLE,
      }
      return [
        ...FORMATS.map((format) => renderFeed(format, feed, PUBLICATION)),
        renderChannelPage(feed, PUBLICATION),
        renderChannelPage({ ...feed, archivePosition: { older: 3 } }, PUBLICATION),
      ]
    }),
    ...FORMATS.map(({ name }) => renderTestDocument(name, WITHOUT_TEXT, PUBLICATION)),
    ...ARTICLES.map((article) => renderArticlePage(article, PUBLICATION)),
    ...ARTICLES.map((article) => renderArticleJson(article, PUBLICATION)),
    renderArticleJson(withdrawn, PUBLICATION),
    renderWithdrawnPage(PUBLICATION, {}),
    renderArticleJson(legallyWithdrawn, PUBLICATION),
    renderWithdrawnPage(PUBLICATION, legallyWithdrawn.withdrawn),
    ...renderDiscoveryDocuments(),
  ]
}

const DISCOVERY_DOCUMENTS = 6

function renderDiscoveryDocuments(): string[] {
  const pages = ARTICLES.map(({ id, updated, published, story }) => {
    const url = `https://news.example/${id}?a&b`
    return { url, updated, published, title: story.title, language: story.language }
  })
  const entries = CHANNELS.map(([channel, title]) => ({
    channel,
    title,
    members: 3,
    language: 'ar',
  }))
  const directory = buildDirectory(entries, true, PUBLICATION)
  return [
    renderSitemapIndex(pages.map(({ url }) => url)),
    renderSitemap(pages),
    renderNewsSitemap(pages, PUBLICATION),
    renderNewsSitemap([], PUBLICATION),
    renderOpml(directory, getWords('en').kinds, MODIFIED, PUBLICATION),
    renderDirectoryPage(directory, PUBLICATION),
  ]
}

it('RENDERER_VERSION is raised whenever the bytes of a document change (CONTRIBUTING, critical rule 5)', () => {
  const documents = renderAllDocuments()
  expect(documents).toHaveLength(
    CHANNELS.length * (4 * FORMATS.length + 4) +
      FORMATS.length +
      2 * ARTICLES.length +
      4 +
      DISCOVERY_DOCUMENTS,
  )
  expect(
    digest(documents.join('\u0000')),
    'The bytes of documents have changed: raise RENDERER_VERSION in src/desk/documents/rendering.ts, so that the desk ' +
      'renders every tracked document again, and add the received digest to DIGESTS under the new version.',
  ).toBe(DIGESTS[RENDERER_VERSION])
})

it('every document of the fixture has content and differs from the others', () => {
  const documents = renderAllDocuments()
  expect(new Set(documents).size).toBe(documents.length)
  for (const document of documents) expect(document.length).toBeGreaterThan(100)
})
