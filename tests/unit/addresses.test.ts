/** Checks that all addresses in articles and settings conform to RFC 3986. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanMarkup } from '../../src/manuscript/sanitize.ts'
import { encodeAddress } from '../../src/text/addresses.ts'
import { runs } from '../support/runs.ts'
import { buildArticle, buildPublication, STORY_SETTINGS } from '../support/stories.ts'

/** The grammar of addresses with an authority (RFC 3986, appendix A). */
const RFC_3986 =
  /^[a-z][a-z0-9+.-]*:\/\/(?:[\w.~!$&'()*+,;=:@-]|%[0-9a-f]{2}|\[[0-9a-f:.]+\])*(?:\/(?:[\w.~!$&'()*+,;=:@/-]|%[0-9a-f]{2})*)?(?:\?(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9a-f]{2})*)?(?:#(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9a-f]{2})*)?$/i

const hostilePart = fc.string({
  unit: fc.constantFrom(...'[]|^%`{}"<>#?/&=:@\'()*+,;!$~-._ aé中ب1', '%4', '%zz', '%41', '\\'),
  maxLength: 20,
})

describe('encodeAddress', () => {
  it.each([
    [
      'https://a.example/x[1]|^?y[]=50%#a#b',
      'https://a.example/x%5B1%5D%7C%5E?y%5B%5D=50%25#a%23b',
    ],
    ['https://[::1]:80/[a]', 'https://[::1]:80/%5Ba%5D'],
    ['https://a.example/%D8%AE?q=%41&b=%4', 'https://a.example/%D8%AE?q=%41&b=%254'],
    ['mailto:a|b@c.example', 'mailto:a%7Cb@c.example'],
    ['/media/x[1].jpg', '/media/x%5B1%5D.jpg'],
    ['https://us%er:p%5Bw@x.example/', 'https://us%25er:p%5Bw@x.example/'],
  ])('turns %s into %s', (address, encoded) => {
    expect(encodeAddress(address)).toBe(encoded)
    expect(encodeAddress(encoded)).toBe(encoded)
  })

  it('returns an address that RFC 3986 allows, for every address that a URL parser accepts', () => {
    fc.assert(
      fc.property(hostilePart, hostilePart, hostilePart, (path, query, fragment) => {
        const address = `https://a.example/${path}?${query}#${fragment}`
        const encoded = encodeAddress(new URL(address).href)
        expect(encoded).toMatch(RFC_3986)
        expect(new URL(encoded).href).toBe(encoded)
      }),
      { numRuns: runs(1000) },
    )
  })
})

it('every address of a text, picture, article and setting conforms to RFC 3986', () => {
  fc.assert(
    fc.property(hostilePart, (part) => {
      const address = `https://www.news.example/${part.replaceAll(/["<>\s\\]/g, '')}`
      const cleaned = cleanMarkup(
        'html',
        `<p><a href="${address}">a</a><img src="${address}" alt="a"><q cite="${address}">q</q></p>`,
        { origins: ['https://news.example'] },
      )
      if ('detail' in cleaned) throw new Error(cleaned.detail)
      const addresses = [...cleaned.html.matchAll(/(?:href|src|cite)="([^"]*)"/g)].map(
        ([, encoded = '']) => encoded.replaceAll('&#x26;', '&').replaceAll('&#x27;', "'"),
      )
      expect(addresses).toHaveLength(3)
      const article = buildArticle({ canonical: address, image: { url: address, alt: 'a' } })
      const { logoUrl = '' } = buildPublication({ ...STORY_SETTINGS, LOGO_URL: address })
      for (const each of [
        ...addresses,
        article.canonical ?? '',
        article.story.image?.url ?? '',
        logoUrl,
      ])
        expect(each).toMatch(RFC_3986)
    }),
    { numRuns: runs(200) },
  )
})

describe('a relative address', () => {
  const clean = (address: string, origin = 'https://news.example') =>
    cleanMarkup('html', `<a href="${address}">a</a>`, { origins: [origin] })
  it('gets the scheme of the site if it has a host but no scheme', () => {
    expect(clean('//cdn.example/x')).toMatchObject({
      html: '<a href="https://cdn.example/x">a</a>',
    })
    expect(clean('//cdn.example/x', 'http://news.example')).toMatchObject({
      html: '<a href="http://cdn.example/x">a</a>',
    })
  })

  it.each(['story.html', '../a/b', './x', 'x?y=1'])(
    'is reported if it depends on the folder of the page, which is unknown: %s',
    (address) => {
      expect(clean(address)).toMatchObject({
        removed: [expect.stringMatching(/^relative href ".*" on <a>, read as \/\S*$/)],
      })
    },
  )

  it.each(['/a', '?b=1', '#'])('is not reported if it depends on no folder: %s', (address) => {
    const cleaned = clean(address)
    expect(
      'removed' in cleaned && cleaned.removed.filter((removal) => removal.startsWith('relative')),
    ).toEqual([])
  })
})
