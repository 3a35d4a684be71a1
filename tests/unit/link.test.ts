/**
 * Links as editors send them: allowed destinations, and the messages for others (rules L-11, L-12,
 * L-18).
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseLinkDraft, parseLinkLine } from '../../src/model/link.ts'

const ORIGINS = {
  siteUrl: 'https://news.example',
  shortUrl: 'https://nws.example',
  allowedHosts: ['www.news.example', 'nws.example'],
}
const parse = (link: unknown, code = 'summit') => parseLinkDraft(link, code, ORIGINS)
const getFaults = (link: unknown, code?: string) => {
  const prepared = parse(link, code)
  if (prepared.ok || prepared.failure.reason !== 'invalid') throw new Error('The link was accepted')
  return prepared.failure.faults.map(({ detail, pointer }) => `${pointer}: ${detail}`)
}

describe('a link', () => {
  it('redirects to a page of an allowed host or of the site, unchanged, with its fragment', () => {
    for (const url of [
      'https://www.news.example/2026/summit?day=1#map',
      'http://www.news.example/',
      'https://news.example/articles/summit',
      'https://news.example/tags/space',
      'https://news.example/',
      'https://news.example/rss.xml',
      'https://news.example/feeds',
    ])
      expect(parse({ url }), url).toMatchObject({ ok: true, value: { to: { url } } })
    expect(parse({ url: 'https://WWW.News.example/خبر' })).toMatchObject({
      value: { to: { url: 'https://www.news.example/%D8%AE%D8%A8%D8%B1' } },
    })
  })

  it('redirects neither to another host nor to an address that is not http or https', () => {
    for (const url of [
      'https://evil.example/',
      'https://news.example.evil.example/',
      'https://evil-nws.example/',
      'https://evil.news.example/',
      'https://news.example@evil.example/',
      'https://editor:secret@news.example/',
      'https://news.example:8443/',
      'https://news.example\\@evil.example/',
      '//news.example/x',
      '/x',
      'news.example/x',
      'javascript:alert(1)',
      'data:text/html,x',
      'ftp://news.example/x',
      'https://news.example/a\nb',
      '',
    ])
      expect(getFaults({ url }), url).toEqual([expect.stringMatching(/^\/url: url /)])
  })

  it('does not redirect to a short link, in any spelling, because that would be two hops or a loop', () => {
    for (const path of [
      'mheng',
      'MHENG/',
      'mheng.',
      'summit',
      'mheng+',
      '%20mheng',
      'https://nws.example/mheng',
    ])
      for (const host of ['news.example', 'nws.example'])
        expect(getFaults({ url: `https://${host}/${path}` }), path).toEqual([
          '/url: url is a short link itself; send the address that it redirects to',
        ])
    expect(parse({ url: 'https://www.news.example/mheng' }).ok).toBe(true)
  })

  it('redirects to an address or an article, and only the former can expire', () => {
    const article = 'summit-in-ten-figures'
    expect(parse({ article })).toEqual({
      ok: true,
      value: { code: 'summit', to: { article }, republish: false },
    })
    const message = '/url: url is missing; send either url or article, and not both'
    expect(getFaults({})).toEqual([message])
    expect(getFaults({ article, url: 'https://news.example/' })).toEqual([message])
    expect(getFaults({ article, expires: '2099-01-01' })).toEqual([
      '/expires: expires is not allowed for a code of an article, which never expires',
    ])
    expect(getFaults({ article: 'Not an id' })).toEqual([
      '/article: article is not the id of an article',
    ])
  })

  it('has no unknown keys; the error names the most similar key', () => {
    expect(getFaults({ url: 'https://news.example/', titel: 'x' })).toEqual([
      '/titel: "titel" is not a key; the nearest is "title"',
    ])
    expect(getFaults(null)).toEqual([': link is not an object'])
  })

  it('must have a code that matches the grammar', () => {
    for (const code of ['', 'a b', 'ö', 'a/b', 'x'.repeat(65)])
      expect(getFaults({ url: 'https://news.example/' }, code)).toEqual([
        '/code: code is not 1 to 64 characters of A-Z, a-z, 0-9, _ and -',
      ])
  })

  it('is parsed from any input without an exception, and redirects only to allowed hosts', () => {
    const hosts = new Set(['news.example', ...ORIGINS.allowedHosts])
    const url = fc.oneof(
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.webPath().map((path) => `https://news.example${path}`),
      fc.string({ unit: 'binary' }),
    )
    const link = fc.oneof(fc.jsonValue(), fc.record({ url, title: fc.string() }))
    fc.assert(
      fc.property(link, (input) => {
        for (const prepared of [parse(input), parseLinkLine(input, ORIGINS)]) {
          if (!prepared.ok || !('url' in prepared.value.to)) continue
          expect(hosts.has(new URL(prepared.value.to.url).host)).toBe(true)
        }
      }),
    )
  })
})

describe('one line of many links', () => {
  it('names its code, and may have a creation time', () => {
    const line = {
      code: 'Old-1',
      url: 'https://www.news.example/x',
      title: 'An old page',
      created: '2011-04-05T06:07:08Z',
    }
    expect(parseLinkLine(line, ORIGINS)).toEqual({
      ok: true,
      value: {
        code: 'Old-1',
        to: { url: line.url },
        title: line.title,
        created: Date.UTC(2011, 3, 5, 6, 7, 8) / 1000,
        republish: false,
      },
    })
    const withoutCode = parseLinkLine({ url: line.url }, ORIGINS)
    expect(withoutCode).toMatchObject({
      ok: false,
      failure: { faults: [{ detail: 'code is missing', pointer: '/code' }] },
    })
  })
})
