/** Untidy paths and the addresses that they mean (docs/decisions/017-feed-addresses.md). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findOldFeed, findQueriedFeed } from '../../src/model/old-addresses.ts'
import { findTidyPath } from '../../src/model/tidy-path.ts'
import { runs } from '../support/runs.ts'

describe('findTidyPath', () => {
  it.each([
    // Slashes
    ['//', '/'],
    ['///', '/'],
    ['/tags/space/', '/tags/space'],
    ['/tags//space', '/tags/space'],
    ['//tags/space', '/tags/space'],
    ['/corrections/', '/corrections'],
    ['/corrections//archive/1/', '/corrections/archive/1'],
    ['/archive/1/', '/archive/1'],
    ['/feeds//', '/feeds'],
    ['/healthz/', '/healthz'],
    ['//rss.xml', '/rss.xml'],
    ['/feed.css/', '/feed.css'],
    ['/tags/space//rss.xml/', '/tags/space/rss.xml'],
    ['/tags/space/archive//1/atom.xml', '/tags/space/archive/1/atom.xml'],
    ['/.well-known/security.txt/', '/.well-known/security.txt'],
    ['//.well-known//security.txt', '/.well-known/security.txt'],
    ['/api//openapi.json', '/api/openapi.json'],
    ['/api/openapi.json/', '/api/openapi.json'],
    ['/sitemaps//2026-11.xml', '/sitemaps/2026-11.xml'],
    ['/problems/not-found/', '/problems/not-found'],
    // Other spellings
    ['/tags/SPACE', '/tags/space'],
    ['/Tags/Space/', '/tags/space'],
    ['/tags/C++/', '/tags/c%2B%2B'],
    ['/tags/SPACE/feed', '/tags/space/feed'],
    ['/tags/SPACE/archive/2', '/tags/space/archive/2'],
    ['/languages/en_US', '/languages/en-us'],
    ['/articles/A-Story', '/articles/a-story'],
    ['/articles//a-story/', '/articles/a-story'],
    ['/articles/a-story.json/', '/articles/a-story.json'],
    // Folders of other systems
    ['/category/world', '/sections/world'],
    ['/category/news/World/', '/sections/world'],
    ['/Tag/space/', '/tags/space'],
    ['/author/sana-khan/', '/authors/sana-khan'],
    // Pages of lists, and AMP
    ['/tag/space/page/2/', '/tags/space'],
    ['/category/news/world/page/12', '/sections/world'],
    ['/author/sana-khan//page//3', '/authors/sana-khan'],
    ['/sections/world/page/2/', '/sections/world'],
    ['/page/2/', '/'],
    ['/tag/space/amp/', '/tags/space'],
    ['/articles/a-story/amp', '/articles/a-story'],
    ['/category/world/amp/page/2/', '/sections/world'],
    // Feeds
    ['/feed/', '/rss.xml'],
    ['/feed//', '/rss.xml'],
    ['//feed', '/feed'],
    ['/rss', '/rss.xml'],
    ['//feed.xml', '/rss.xml'],
    ['/feed.xml//', '/rss.xml'],
    ['//index.xml', '/rss.xml'],
    ['/feed//atom/', '/atom.xml'],
    ['/feed/json', '/feed.json'],
    ['/tags/c%2b%2b/feed/', '/tags/c%2B%2B/rss.xml'],
    ['/tags/feed/rss', '/tags/feed/rss.xml'],
    ['/sections/feed/feed/atom', '/sections/feed/atom.xml'],
    ['/archive/1/feed/', '/archive/1/rss.xml'],
    ['/corrections/feed/', '/corrections/rss.xml'],
    ['/category/world/feed', '/sections/world/rss.xml'],
    ['/category/world//feed/', '/sections/world/rss.xml'],
    ['/category/news/world/feed/atom/', '/sections/world/atom.xml'],
    ['/category/world/page/2/feed/', '/sections/world/rss.xml'],
    ['/category/world/feed/page/2/', '/sections/world/rss.xml'],
    ['/category/world/rss.xml', '/sections/world/rss.xml'],
    ['/category/feed/feed/', '/sections/feed/rss.xml'],
    ['/tag/space//feed', '/tags/space/rss.xml'],
    ['/world/feed/', '/sections/world/rss.xml'],
    ['//World/feed//', '/sections/world/rss.xml'],
    ['/live/feed', '/sections/live/rss.xml'],
    ['/Category/World/Page/2/Feed/RSS2/', '/sections/world/rss.xml'],
    ['/Tag/Space/RSS.xml', '/tags/space/rss.xml'],
    ['/Feed/Atom/', '/atom.xml'],
  ])('%s becomes %s', (path, tidy) => {
    expect(findTidyPath(path)).toBe(tidy)
  })

  it.each([
    ['/', '/atom.xml'],
    ['//', '/atom.xml'],
    ['/corrections', '/corrections/atom.xml'],
    ['/archive/1', '/archive/1/atom.xml'],
    ['/sections/world', '/sections/world/atom.xml'],
    ['/sections/World/', '/sections/world/atom.xml'],
    ['/category/news/world/page/2/', '/sections/world/atom.xml'],
    ['/tag/space/', '/tags/space/atom.xml'],
    ['/tag/space/feed/rss/', '/tags/space/rss.xml'],
  ])('%s with ?feed=atom becomes %s', (path, tidy) => {
    expect(findTidyPath(path, 'atom')).toBe(tidy)
  })

  it.each([
    ...['/', '/feed', '/feeds', '/rss.xml', '/corrections/feed', '/tags/space/feed', '/tags/feed'],
    ...['/tags/c++', '/tags/c%2b%2b', '/archive/1', '/articles/feed', '/articles/a-story.json'],
    // Short links and their forms, whose names may be those of sections
    ...['/mheng', '/mheng/', '//mheng', '/mheng+', '/Feeds', '/Feed', '/amp/', '/page', '/world//'],
    // Nothing that we have
    ...[
      '/tag/',
      '/category',
      '/tags',
      '/tag/a/b/',
      '/tags/page/2',
      '/tag/page/2/',
      '/2026/01/feed',
    ],
    ...['//evil.example', '/nobody/nothing/', '/api/articles/', '/api//x'],
    ...['/tags/%zz/', '/tag/%ff/feed', '/tags/%E2%80%AE/', `/tags/${'a'.repeat(200)}/`],
    ...['/feed/feed/', '/rss/feed'],
  ])('%s does not change', (path) => {
    expect(findTidyPath(path)).toBeUndefined()
  })

  it.each(['/mheng', '/articles/a-story', '/feeds', '/world'])('%s ignores ?feed=', (path) => {
    expect(findTidyPath(path, 'rss2')).toBeUndefined()
  })

  it.each(['', 'comments-rss2', 'constructor', 'feed/atom'])('ignores ?feed=%s', (value) => {
    expect(findTidyPath('/', value)).toBeUndefined()
  })

  it('returns an absolute path on the same host, which it never changes again', () => {
    const name = fc.oneof(
      fc.constantFrom(
        ...['', '', 'tags', 'Tag', 'category', 'author', 'sections', 'archive', 'corrections'],
        ...['articles', 'feed', 'rss', 'atom', 'rss.xml', 'feed.json', 'page', '2', 'amp', 'api'],
        ...['World', 'c++', 'evil.example', '%zz', '%2F', '%5C', '.well-known', 'security.txt'],
      ),
      fc
        .string({ unit: 'binary', maxLength: 8 })
        .map((text) => encodeURIComponent(text.toWellFormed())),
    )
    fc.assert(
      fc.property(
        fc.array(name, { maxLength: 8 }),
        fc.constantFrom('', 'atom', 'rss2', 'x'),
        (names, query) => {
          const { pathname } = new URL(`https://news.example/${names.join('/')}`)
          const tidy = findTidyPath(pathname, query)
          if (tidy === undefined) return
          const url = new URL(tidy, 'https://news.example')
          expect(url.href).toBe(`https://news.example${tidy}`)
          expect(tidy).not.toMatch(/\/\/|.\/$/)
          expect(findTidyPath(tidy)).toBeUndefined()
        },
      ),
      { numRuns: runs(3000) },
    )
  })

  it('finds the same address however slashes, pages and AMP are added', () => {
    const noise = fc.constantFrom('/', '//', '/page/2/', '/amp/', '/amp//page/3/')
    const slashes = fc.constantFrom('/', '//', '///')
    const folder = fc.constantFrom('category', 'category/news', 'sections', 'Category')
    fc.assert(
      fc.property(folder, noise, slashes, slashes, (typed, end, one, other) => {
        const path = `${other}${typed}${one}world${end}`
        expect(findTidyPath(path)).toBe('/sections/world')
        expect(findTidyPath(path, 'atom')).toBe('/sections/world/atom.xml')
        expect(findTidyPath(`${path}feed${one}atom${other}`)).toBe('/sections/world/atom.xml')
        expect(findTidyPath(`${path}rss.xml${other}`)).toBe('/sections/world/rss.xml')
      }),
    )
  })
})

describe('findTidyPath, for a path of two thousand characters,', () => {
  it.each(['/page/2', '/amp', '/feed', '/a', '%20', '/', '/tags'])(
    'of %s takes little time',
    (part) => {
      const start = performance.now()
      for (let round = 0; round < 20; round += 1)
        findTidyPath(`/category${part.repeat(2000)}`.slice(0, 2000))
      expect(performance.now() - start).toBeLessThan(2000)
    },
  )
})

describe('a feed name of another program', () => {
  it.each<[string, string | undefined]>([
    ['feed', 'rss'],
    ['rss2', 'rss'],
    ['feed/atom', 'atom'],
    ['feed/json', 'json'],
    ['feed/', undefined],
    ['constructor', undefined],
    ['', undefined],
  ])('%j means %s', (old, format) => {
    expect(findOldFeed(old)).toBe(format)
  })

  it.each<[string, string | undefined]>([
    ['rss2', 'rss'],
    ['rss', 'rss'],
    ['feed', 'rss'],
    ['atom', 'atom'],
    ['', undefined],
    ['comments-rss2', undefined],
    ['feed/atom', undefined],
  ])('such as ?feed=%s means %s', (value, format) => {
    expect(findQueriedFeed(value)).toBe(format)
  })
})
