/** How a preview reads an article's JSON, and what its page shows. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseArticleJson, renderArticleJson } from '../../src/feeds/article-json.ts'
import { renderLegalNotice } from '../../src/views/notice.tsx'
import { renderPreviewPage } from '../../src/views/preview-page.tsx'
import { findElements, getTextContent, parsePage } from '../support/html.ts'
import { runs } from '../support/runs.ts'
import { buildArticle, PUBLICATION, PUBLISHED, UPDATED } from '../support/stories.ts'

const readFacts = (article: ReturnType<typeof buildArticle>) =>
  parseArticleJson(renderArticleJson(article, PUBLICATION))

describe('the data of an article', () => {
  it('are read from its public JSON, with times in seconds', () => {
    const story = {
      id: 'moon',
      title: 'T',
      section: 'Space',
      language: 'ar',
      correction: ['One', 'Two'],
    }
    expect(readFacts(buildArticle(story))).toEqual({
      status: 'public',
      id: 'moon',
      title: 'T',
      section: 'Space',
      language: 'ar',
      published: PUBLISHED,
      updated: UPDATED,
      corrections: [
        { at: UPDATED, text: 'One' },
        { at: UPDATED, text: 'Two' },
      ],
    })
    const plain = readFacts(buildArticle({ id: 'plain' }))
    expect(plain).not.toHaveProperty('section')
    expect(plain).toMatchObject({ corrections: [] })
  })

  it('are only the time of the withdrawal and the legal demand if it is withdrawn', () => {
    const withdrawnArticle = {
      ...buildArticle(),
      state: 'withdrawn' as const,
      withdrawn: { when: UPDATED },
    }
    expect(readFacts(withdrawnArticle)).toEqual({ status: 'withdrawn', withdrawn: UPDATED })
    const legallyWithdrawn = {
      ...withdrawnArticle,
      withdrawn: { when: UPDATED, reason: 'own', legal: 'A court' },
    }
    expect(readFacts(legallyWithdrawn)).toEqual({
      status: 'withdrawn',
      withdrawn: UPDATED,
      legal: 'A court',
    })
    expect(renderArticleJson(legallyWithdrawn, PUBLICATION)).not.toContain('own')
  })

  it.each(['', '{', 'null', '[]', '{"status":"public"}', '{"status":"embargoed","id":"x"}'])(
    'are not read from %j',
    (text) => expect(parseArticleJson(text)).toBeUndefined(),
  )

  it('are not read if a time is invalid', () => {
    const json = JSON.parse(renderArticleJson(buildArticle(), PUBLICATION))
    expect(parseArticleJson(JSON.stringify(json))).toBeDefined()
    for (const time of ['yesterday', '2026-02-30T00:00:00Z', 7])
      expect(parseArticleJson(JSON.stringify({ ...json, published: time }))).toBeUndefined()
  })
})

/** Printable text, as `plainText` returns it. */
const TEXT = fc
  .string({ unit: 'grapheme-ascii', minLength: 1 })
  .filter((text) => text.trim() !== '')

describe('the page of a preview', () => {
  it('shows any title, section and correction as text, and links only to its address', () => {
    fc.assert(
      fc.property(TEXT, TEXT, TEXT, (title, section, text) => {
        const page = parsePage(
          renderPreviewPage(
            {
              code: 'mheng',
              url: 'https://news.example/a?b&c',
              article: {
                status: 'public',
                id: 'a',
                title,
                section,
                language: 'en',
                published: PUBLISHED,
                updated: PUBLISHED,
                corrections: [{ at: PUBLISHED, text }],
              },
            },
            PUBLICATION,
          ),
        )
        expect(findElements(page, 'h1').map(getTextContent)).toEqual([title])
        expect(findElements(page, 'dd').map(getTextContent)[0]).toBe(section)
        expect(findElements(page, 'section').map(getTextContent).join('')).toContain(text)
        const [main] = findElements(page, 'main')
        const links = main ? findElements(main, 'a') : []
        expect(links.map(({ properties }) => properties['href'])).toEqual([
          'https://news.example/a?b&c',
        ])
        expect(findElements(page, 'script')).toEqual([])
      }),
      { numRuns: runs(50) },
    )
  })

  it('emphasises the host, whatever surrounds it', () => {
    for (const [url, host] of [
      ['https://www.news.example:8443/a@b/c', 'www.news.example:8443'],
      ['http://news.example?x=https://evil.example/', 'news.example'],
      ['https://news.example#@evil.example/', 'news.example'],
      ['https://xn--mgbh0fb.example/', 'xn--mgbh0fb.example'],
    ] as const) {
      const page = parsePage(renderPreviewPage({ code: 'x', url }, PUBLICATION))
      expect(findElements(page, 'strong').map(getTextContent)).toEqual([host])
      expect(findElements(page, 'h1').map(getTextContent)).toEqual([url])
    }
  })

  it('has labels in English, marked as English, if the article’s language has no translation', () => {
    const article = {
      status: 'public' as const,
      id: 'a',
      title: 'Überschrift',
      language: 'de',
      published: PUBLISHED,
      updated: UPDATED,
      corrections: [],
    }
    const html = renderPreviewPage(
      { code: 'x', url: 'https://news.example/a', article },
      PUBLICATION,
    )
    const page = parsePage(html)
    expect(findElements(page, 'html')[0]?.properties['lang']).toBe('de')
    expect(findElements(page, 'dl')[0]?.properties['lang']).toBe('en')
    expect(findElements(page, 'dd').map(getTextContent).at(-1)).toBe('Deutsch')
  })
})

describe('the notice of a legal demand', () => {
  it('shows the demand as text, in the direction of its letters', () => {
    const page = parsePage(renderLegalNotice(PUBLICATION, 'حكم <b>المحكمة</b> & more'))
    const [quoted] = findElements(page, 'blockquote')
    expect(quoted && getTextContent(quoted)).toBe('حكم <b>المحكمة</b> & more')
    expect(quoted?.properties['dir']).toBe('auto')
  })
})
