/**
 * Untidy addresses, and those of other systems, at the running worker
 * (docs/decisions/017-feed-addresses.md).
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exchange } from '../support/exchange.ts'
import { manuscript, type Newsroom, openNewsroom, SETTINGS } from '../support/newsroom.ts'
import { runs } from '../support/runs.ts'

let newsroom: Newsroom
beforeAll(async () => {
  newsroom = await openNewsroom({ CONTACT: 'desk@news.example' })
  const article = manuscript({
    section: 'World',
    // The tag 2 would be the wrong page for `/tag/space/page/2/`.
    tags: ['space', '2', 'C++', 'feed'],
    authors: [{ name: 'Amal Khan' }],
    code: 'mheng',
  })
  await newsroom.publish('slashes', article)
  await newsroom.publish(
    'elsewhere',
    manuscript({ canonical: 'https://www.news.example/2026/elsewhere' }),
  )
  await newsroom.publish('withdrawn', manuscript())
  await newsroom.withdraw('withdrawn')
  await newsroom.waitForOutbox()
})
afterAll(async () => await newsroom?.close())

const get = async (path: string, ...headers: (readonly [string, string])[]) => {
  const response = await exchange(newsroom.url, { path, headers })
  return [response.status, response.header('Location')]
}
const redirectTo = (path: string) => [301, `${SETTINGS.SITE_URL}${path}`]

const ADDRESSES = [
  ['/tags/space/', '/tags/space'],
  ['/tags//space', '/tags/space'],
  ['/tags/SPACE', '/tags/space'],
  ['/tags/SPACE/', '/tags/space'],
  ['/feeds/', '/feeds'],
  ['/corrections/', '/corrections'],
  ['//', '/'],
  ['///', '/'],
  ['//rss.xml', '/rss.xml'],
  ['//feed.xml', '/rss.xml'],
  ['/index.xml//', '/rss.xml'],
  ['/sections/world/rss.xml/', '/sections/world/rss.xml'],
  ['/sitemap.xml/', '/sitemap.xml'],
  ['//.well-known//security.txt/', '/.well-known/security.txt'],
  ['/api//openapi.json', '/api/openapi.json'],
  ['/api/openapi.json/', '/api/openapi.json'],
  ['/articles//slashes/', '/articles/slashes'],
  ['/articles/SLASHES', '/articles/slashes'],
  ['/articles/slashes/amp/', '/articles/slashes'],
  ['/category/world/', '/sections/world'],
  ['/category/news/world', '/sections/world'],
  ['/category/world/page/2/', '/sections/world'],
  ['/tag/space', '/tags/space'],
  ['/tag/space/page/2/', '/tags/space'],
  ['/author/amal-khan/page/2/', '/authors/amal-khan'],
  ['/category/news/world/feed/', '/sections/world/rss.xml'],
  ['/category/world//feed/', '/sections/world/rss.xml'],
  ['/category/world/rss.xml', '/sections/world/rss.xml'],
  ['/tag/space//feed', '/tags/space/rss.xml'],
  ['//world/feed//', '/sections/world/rss.xml'],
  ['//?feed=atom', '/atom.xml'],
  ['/tag/space/?feed=atom', '/tags/space/atom.xml'],
  ['/category/world/?feed=rss2', '/sections/world/rss.xml'],
  ['/sections/world/?feed=atom', '/sections/world/atom.xml'],
  ['/corrections?feed=rss2', '/corrections/rss.xml'],
] as const

describe('an untidy address', () => {
  it('redirects in one hop to the address that it means', async () => {
    for (const [path, target] of ADDRESSES) {
      expect(await get(path), path).toEqual(redirectTo(target))
      expect(await get(target), target).toEqual([200, undefined])
    }
  })

  it('redirects whatever the request accepts, and whatever its conditions are', async () => {
    for (const [path, target] of ADDRESSES)
      for (const header of [
        ['If-Match', '"x"'],
        ['If-None-Match', '*'],
        ['If-Modified-Since', 'Fri, 01 Jan 2100 00:00:00 GMT'],
        ['Accept', 'image/png'],
        ['Accept-Encoding', 'identity;q=0'],
        ['Range', 'bytes=900000-'],
        ['Host', new URL(SETTINGS.SHORT_URL).host],
      ] as const)
        expect(await get(path, header), `${path} ${header}`).toEqual(redirectTo(target))
  })

  it('does not redirect if nothing has the tidy address', async () => {
    for (const path of [
      ...['/tags/nobody/', '/tags/No-Such', '/tags/No-Such/feed', '/category/No-Such/'],
      ...['/author/Nobody/', '/tag/No%20Such/', '/tag/%zz/', '/tags/%zz/', '/tag/', '/archive/1/'],
      ...[
        '//evil.example',
        '/tags//evil.example',
        '/category//evil.example/',
        '/articles/NOSUCH//',
      ],
      ...['/category/nobody/page/2/', '/tag/page/2/', '/media//nothing.png'],
    ])
      expect((await get(path))[1], path).toBeUndefined()
  })

  it('of a short link finds the link', async () => {
    const cut = ['%/', '%E2%80', '%E2%80/', '%252', '%25E2%2580', '%E2%80%2F', '%E2%84%96']
    const hosts = [SETTINGS.SITE_URL, SETTINGS.SHORT_URL].flatMap((url) => [url, url.slice(8)])
    const repeated = hosts.flatMap((host) => [
      `/${host}//mheng`,
      `/${host}:443/mheng`,
      `//${host}./mheng`,
    ])
    for (const path of [
      ...['//mheng', '/mheng//', '/mheng/?feed=rss2', '/mheng?feed=atom'],
      ...cut.map((end) => `/mheng${end}`),
      ...repeated,
    ])
      expect(await get(path), path).toEqual([302, `${SETTINGS.SITE_URL}/articles/slashes`])
  })

  it('of a preview or QR code finds it too', async () => {
    for (const path of ['/mheng%E2%80+', '/mheng%E2%80.svg', '/mheng%+.json', '//mheng+/'])
      expect(await get(path), path).toEqual([200, undefined])
  })

  it('of an article that has moved or was withdrawn is answered like its tidy address', async () => {
    const moved = [301, 'https://www.news.example/2026/elsewhere']
    expect(await get('/articles/elsewhere')).toEqual(moved)
    expect(await get('/articles/Elsewhere/')).toEqual(moved)
    expect(await get('/articles/withdrawn')).toEqual([410, undefined])
    expect(await get('/articles//Withdrawn/')).toEqual([410, undefined])
  })

  it('of the API is only forgiven at its description', async () => {
    expect(await get('/api/articles/')).toEqual([401, undefined])
    expect((await newsroom.api('/api/articles/')).status).toBe(404)
  })

  it('redirects only to existing addresses of the site, in one hop, whatever it consists of', async () => {
    const name = fc.constantFrom(
      ...[
        '',
        '',
        '',
        'tags',
        'tag',
        'category',
        'author',
        'sections',
        'Sections',
        'news',
        'archive',
      ],
      ...[
        'World',
        'world',
        'space',
        'SPACE',
        'nobody',
        '2',
        'page',
        'amp',
        'c%2b%2b',
        'C++',
        '%zz',
      ],
      ...['feed', 'rss', 'atom', 'rss.xml', 'atom.xml', 'feed.xml', 'index.xml', 'articles'],
      ...[
        'slashes',
        'Slashes',
        'corrections',
        'feeds',
        'evil.example',
        '%2F%2Fevil.example',
        'api',
      ],
      ...['openapi.json', '.well-known', 'security.txt', 'mheng', 'amal-khan', 'languages', 'en'],
    )
    const query = fc.constantFrom(
      '',
      '',
      '?feed=atom',
      '?feed=rss2',
      '?feed=x',
      '?url=//evil.example',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(name, { maxLength: 6 }), query, async (names, search) => {
        const [status, location] = await get(`/${names.join('/')}${search}`)
        if (status !== 301 || typeof location !== 'string') return
        const { origin, pathname, href } = new URL(location)
        expect([href, origin]).toEqual([location, SETTINGS.SITE_URL])
        expect(await get(pathname), location).toEqual([200, undefined])
      }),
      { numRuns: runs(500) },
    )
  })
})
