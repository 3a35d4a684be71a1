/**
 * Previews of short links, and their QR codes: what they contain, and what they must not reveal
 * (rules L; RFC 7725).
 */
import type { Nodes, Root } from 'hast'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exchange, withoutClock } from '../support/exchange.ts'
import {
  findElements,
  getTextContent,
  listLinksTo,
  listMetaContents,
  parsePage,
} from '../support/html.ts'
import { manuscript, type Newsroom, openNewsroom, SETTINGS } from '../support/newsroom.ts'

type HeaderLine = readonly [name: string, value: string]

const ACCEPT_HTML = ['Accept', 'text/html,application/xhtml+xml,*/*;q=0.8'] as const
const ACCEPT_JSON = ['Accept', 'application/json'] as const
const MOON_URL = `${SETTINGS.SITE_URL}/articles/moon`
const OTHER_PAGE = 'https://www.news.example/2026/%D8%AE%D8%A8%D8%B1?edition=uae&page=2#story'
const TITLE = 'AT&T <b>x</b> says "Q&amp;A" </title><script>alert(1)</script>'
const LEGAL = 'A court said so: "Suit <12> & 13"'
/**
 * What follows a code in its addresses: nothing for the link, then the preview as a page and as
 * JSON, and the QR code.
 */
const SUFFIXES = ['', '+', '+.json', '.svg']

const STORIES = {
  moon: {
    code: 'Mheng',
    title: TITLE,
    section: 'Science & <Space>',
    published: '2026-03-11T10:00:00Z',
    updated: '2026-03-12T11:30:00Z',
    correction: ['The year is 2029 & not <2028>.'],
  },
  arabic: {
    code: 'amal2',
    title: 'خمس سنوات في المدار',
    section: 'فضاء',
    language: 'ar',
    published: '2026-03-11T10:00:00Z',
    updated: '2026-03-11T10:00:00Z',
    canonical: 'https://www.news.example/2026/خبر?edition=uae&page=2#story',
  },
  plain: { code: 'plain', section: undefined, title: 'Plain' },
  secret: { code: 'secret', title: 'Not yet', published: '2999-01-01T00:00:00Z' },
  withdrawn: { code: 'pulled', title: 'Withdrawn headline' },
  forbidden: { code: 'banned', title: 'Forbidden headline' },
}

let newsroom: Newsroom

beforeAll(async () => {
  newsroom = await openNewsroom()
  for (const [id, story] of Object.entries(STORIES))
    expect((await newsroom.publish(id, manuscript(story))).status, id).toBe(201)
  await newsroom.withdraw('withdrawn')
  const body = JSON.stringify({ reason: 'not for readers', legal: LEGAL })
  const response = await newsroom.api('/api/articles/forbidden', { method: 'DELETE', body })
  expect(response.status).toBe(200)
  await newsroom.waitForOutbox()
})
afterAll(async () => await newsroom.close())

const request = (method: string, path: string, ...headers: HeaderLine[]) =>
  exchange(newsroom.url, { method, path, headers })
const get = (path: string, ...headers: HeaderLine[]) => request('GET', path, ...headers)
const readPage = async (path: string): Promise<Root> =>
  parsePage((await get(path, ACCEPT_HTML)).text)
const readFacts = (page: Root): Record<string, string> => {
  const [terms, values] = [findElements(page, 'dt'), findElements(page, 'dd')]
  return Object.fromEntries(
    terms.map((term, index) => [
      getTextContent(term),
      values[index] ? getTextContent(values[index]) : '',
    ]),
  )
}
const findOnly = (page: Nodes, name: string) => {
  const [element, ...more] = findElements(page, name)
  if (!element || more.length > 0) throw new Error(`The page must have exactly one ${name}`)
  return element
}

describe('the preview of a short link', () => {
  it('L-11, L-18: the preview shows the headline, facts and destination of the story, and links to the destination', async () => {
    const response = await get('/Mheng+', ACCEPT_HTML)
    expect([response.status, response.header('Content-Type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ])
    const page = parsePage(response.text)
    expect(getTextContent(findOnly(page, 'h1'))).toBe(TITLE)
    expect(readFacts(page)).toEqual({
      Section: 'Science & <Space>',
      Published: 'March 11, 2026 at 10:00 AM UTC',
      Updated: 'March 12, 2026 at 11:30 AM UTC',
      Language: 'English',
    })
    const times = findElements(page, 'time').map(({ properties }) => properties['dateTime'])
    expect(times).toEqual(['2026-03-11T10:00:00Z', '2026-03-12T11:30:00Z', '2026-03-12T11:30:00Z'])
    const corrected = getTextContent(findOnly(page, 'section'))
    expect(corrected).toContain('Correction')
    expect(corrected).toContain('The year is 2029 & not <2028>.')
    const main = findOnly(page, 'main')
    expect(findElements(main, 'a').map(({ properties }) => properties['href'])).toEqual([MOON_URL])
    expect(getTextContent(main)).toContain(MOON_URL)
    expect(findElements(main, 'strong').map(getTextContent)).toEqual(['news.example'])
    expect(getTextContent(main)).toContain(`${SETTINGS.SHORT_URL}/Mheng`)
    expect(findOnly(main, 'img').properties).toMatchObject({
      src: '/Mheng.svg',
      width: 200,
      height: 200,
      alt: `QR code: ${SETTINGS.SHORT_URL}/Mheng`,
    })
  })

  it('L-01, L-14: the destination in the preview is exactly that of the redirect, in ASCII', async () => {
    const destination = (await get('/amal2')).header('Location')
    expect(destination).toBe(OTHER_PAGE)
    const main = findOnly(await readPage('/amal2+'), 'main')
    expect(findElements(main, 'a').map(({ properties }) => properties['href'])).toEqual([
      OTHER_PAGE,
    ])
    expect(getTextContent(main)).toContain(OTHER_PAGE)
    expect(JSON.parse((await get('/amal2+.json')).text)).toMatchObject({ url: OTHER_PAGE })
  })

  it('G-17, G-21: the preview has the language and direction of the story', async () => {
    const response = await get('/amal2+', ACCEPT_HTML)
    const html = findOnly(parsePage(response.text), 'html')
    expect([html.properties['lang'], html.properties['dir']]).toEqual(['ar', 'rtl'])
    expect(response.header('Content-Language')).toBe('ar')
    expect(readFacts(parsePage(response.text))).toEqual({
      القسم: 'فضاء',
      نُشر: '11 مارس 2026 في 10:00 ص UTC',
      اللغة: 'العربية',
    })
    expect((await get('/Mheng+', ACCEPT_HTML)).header('Content-Language')).toBe('en')
  })

  it('L-22: a client that wants JSON gets the same facts, and the address with .json always returns JSON', async () => {
    const expected = {
      code: 'Mheng',
      short_url: `${SETTINGS.SHORT_URL}/Mheng`,
      url: MOON_URL,
      title: TITLE,
      article: 'moon',
      section: 'Science & <Space>',
      language: 'en',
      published: '2026-03-11T10:00:00Z',
      updated: '2026-03-12T11:30:00Z',
      corrections: [{ at: '2026-03-12T11:30:00Z', text: 'The year is 2029 & not <2028>.' }],
      qr: `${SETTINGS.SHORT_URL}/Mheng.svg`,
    }
    for (const response of [
      await get('/Mheng+', ACCEPT_JSON),
      await get('/Mheng+.json'),
      await get('/Mheng+.json', ACCEPT_HTML),
    ]) {
      expect([response.status, response.header('Content-Type')]).toEqual([200, 'application/json'])
      expect(JSON.parse(response.text)).toEqual(expected)
    }
    const plain = JSON.parse((await get('/plain+.json')).text)
    expect(Object.keys(plain)).not.toContain('section')
    expect(plain).toMatchObject({ title: 'Plain', corrections: [] })
  })

  it('H-15, H-20, H-32, H-50: Accept selects HTML or JSON, for failures as well, and Vary names Accept', async () => {
    const forms: [HeaderLine[], string][] = [
      [[ACCEPT_HTML], 'text/html; charset=utf-8'],
      [[['Accept', '*/*']], 'text/html; charset=utf-8'],
      [[], 'application/json'],
      [[ACCEPT_JSON], 'application/json'],
      [[['Accept', 'text/html;q=0.5, application/json']], 'application/json'],
      [[['Accept', 'application/json;q=0.5, text/html']], 'text/html; charset=utf-8'],
    ]
    for (const [lines, type] of forms) {
      const response = await get('/Mheng+', ...lines)
      expect(response.header('Content-Type'), String(lines)).toBe(type)
      expect(response.header('Vary')).toBe('Accept, Accept-Encoding')
      expect(response.header('Content-Location')).toBe(
        type === 'application/json' ? `${SETTINGS.SHORT_URL}/Mheng+.json` : undefined,
      )
      const failed = await get('/nobody9+', ...lines)
      expect(failed.header('Content-Type')).toBe(
        type === 'application/json' ? 'application/problem+json' : type,
      )
      const notModified = await get('/Mheng+', ...lines, [
        'If-None-Match',
        response.header('ETag') ?? '',
      ] as const)
      expect(notModified.status).toBe(304)
      for (const name of ['ETag', 'Vary', 'Content-Location', 'Cache-Control', 'Link'])
        expect(notModified.header(name), name).toBe(response.header(name))
    }
    const tags = [await get('/Mheng+', ACCEPT_HTML), await get('/Mheng+', ACCEPT_JSON)]
    expect(new Set(tags.map((response) => response.header('ETag'))).size).toBe(2)
    expect((await get('/Mheng+.json')).header('Vary')).toBe('Accept-Encoding')
  })

  it('L-25, L-26, H-23: the preview has a canonical address and noindex, sets no cookie, and is cached for a minute', async () => {
    // Requests have the Host of short links, because responses for other hosts have noindex.
    const own = ['Host', new URL(SETTINGS.SHORT_URL).host] as const
    for (const response of [
      await get('/Mheng+', own, ACCEPT_HTML),
      await get('/Mheng+.json', own),
    ]) {
      expect(response.header('Link')).toBe(`<${MOON_URL}>; rel="canonical"`)
      expect(response.header('X-Robots-Tag')).toBe('noindex')
      expect(response.header('Set-Cookie')).toBeUndefined()
      expect(response.header('Cache-Control')).toBe('public, max-age=60')
      expect(response.header('Referrer-Policy')).toBe('strict-origin-when-cross-origin')
      expect(response.header('Content-Security-Policy')).toContain("script-src 'none'")
      expect(response.header('Access-Control-Allow-Origin')).toBe('*')
      expect(response.header('X-Content-Type-Options')).toBe('nosniff')
    }
    const page = await readPage('/Mheng+')
    expect(listMetaContents(page, 'robots')).toEqual(['noindex'])
    expect(listMetaContents(page, 'og:url')).toEqual([`${SETTINGS.SHORT_URL}/Mheng+`])
    expect(
      listLinksTo(page, 'alternate').filter(({ type }) => type === 'application/json'),
    ).toEqual([{ href: `${SETTINGS.SHORT_URL}/Mheng+.json`, type: 'application/json', title: '' }])
  })

  it('L-15, L-17: preview and QR code show the exact code, whatever case or slash is requested', async () => {
    const page = await get('/Mheng+', ACCEPT_HTML)
    const picture = await get('/Mheng.svg')
    expect(picture.text).toContain(`<title>${SETTINGS.SHORT_URL}/Mheng</title>`)
    for (const typed of ['mheng', 'MHENG', 'mHENG']) {
      for (const slash of ['', '/']) {
        expect((await get(`/${typed}+${slash}`, ACCEPT_HTML)).text, typed).toBe(page.text)
        expect((await get(`/${typed}.svg${slash}`)).text, typed).toBe(picture.text)
      }
    }
  })

  it('X-21: markup in a title, a section or a correction remains text', async () => {
    const { text } = await get('/Mheng+', ACCEPT_HTML)
    expect(text).not.toContain('<script>')
    expect(text).not.toContain('<Space>')
    expect(text).not.toContain('<2028>')
    expect(getTextContent(findOnly(parsePage(text), 'title'))).toBe(`${TITLE} · ${SETTINGS.TITLE}`)
  })

  it('L-06: a correction of the story changes the preview and its ETag', async () => {
    const story = { code: 'fresh', title: 'Before' }
    await newsroom.publish('fresh', manuscript(story))
    await newsroom.waitForOutbox()
    const before = await get('/fresh+', ACCEPT_HTML)
    await newsroom.publish(
      'fresh',
      manuscript({ ...story, title: 'After', correction: 'It is so.' }),
    )
    await newsroom.waitForOutbox()
    const condition = ['If-None-Match', before.header('ETag') ?? ''] as const
    const after = await get('/fresh+', ACCEPT_HTML, condition)
    expect(after.status).toBe(200)
    const page = parsePage(after.text)
    expect(getTextContent(findOnly(page, 'h1'))).toBe('After')
    expect(getTextContent(findOnly(page, 'section'))).toContain('It is so.')
  })
})

describe('the QR code of a short link', () => {
  it('X-24: the QR code can be embedded anywhere, and nothing in it executes or loads', async () => {
    const response = await get('/Mheng.svg')
    expect(response.status).toBe(200)
    expect(response.header('Content-Type')).toBe('image/svg+xml')
    expect(response.header('Content-Security-Policy')).toBe("default-src 'none'; sandbox")
    expect(response.header('X-Content-Type-Options')).toBe('nosniff')
    expect(response.header('Access-Control-Allow-Origin')).toBe('*')
    expect(response.header('Cross-Origin-Resource-Policy')).toBe('cross-origin')
    expect(response.header('Set-Cookie')).toBeUndefined()
    expect(response.text).not.toMatch(/<script|<style|href|url\(/)
  })

  it('H-23, H-33: the QR code is cached for a day, and a query does not change it', async () => {
    const plain = await get('/Mheng.svg')
    expect(plain.header('Cache-Control')).toBe('public, max-age=86400')
    expect(withoutClock(await get('/Mheng.svg?size=9'))).toEqual(withoutClock(plain))
  })

  it('H-04, H-14, H-16, H-34, H-40, H-41, H-42: page, JSON and QR code support conditional requests, HEAD and codings', async () => {
    for (const [path, ...lines] of [
      ['/Mheng+', ACCEPT_HTML],
      ['/Mheng+.json', ACCEPT_JSON],
      ['/Mheng.svg', ACCEPT_HTML],
    ] as const) {
      const full = await get(path, ...lines)
      const tag = full.header('ETag') ?? ''
      expect(tag).toMatch(/^W\/"[\w-]{22}"$/)
      expect((await get(path, ...lines)).header('ETag')).toBe(tag)
      const head = await request('HEAD', path, ...lines)
      expect(head.body).toHaveLength(0)
      const listLinesWithoutLength = (response: typeof full): string[] =>
        withoutClock(response).filter(
          (line) => !/^(?:content-length|transfer-encoding):/.test(line),
        )
      expect(listLinesWithoutLength(head)).toEqual(listLinesWithoutLength(full))
      for (const method of ['GET', 'HEAD']) {
        const response = await request(method, path, ...lines, ['If-None-Match', tag])
        expect([response.status, response.body.length]).toEqual([304, 0])
        expect(response.header('Content-Type')).toBeUndefined()
        expect(response.header('ETag')).toBe(tag)
      }
      expect((await get(path, ...lines, ['If-None-Match', '"other"'])).status).toBe(200)
      const compressed = await newsroom.get(path, { headers: { Accept: lines[0][1] } })
      expect(await compressed.text()).toBe(full.text)
      const coded = await get(path, ...lines, ['Accept-Encoding', 'br'])
      // Shorter bodies may be compressed by workerd itself, in another coding.
      if (full.body.length >= 1000) expect(coded.header('Content-Encoding'), path).toBe('br')
    }
  })
})

describe('preview and QR code of a code without a destination', () => {
  it('L-08, T-16: the responses for an embargoed code equal those for an unknown code, byte for byte', async () => {
    for (const accept of [
      ACCEPT_HTML,
      ACCEPT_JSON,
      ['Accept', '*/*'],
      ['Accept', 'image/svg+xml'],
    ] as const)
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST'])
        for (const form of SUFFIXES) {
          const secret = await request(method, `/secret${form}`, accept)
          const unknown = await request(method, `/nobody${form}`, accept)
          expect(secret.status, form).toBe(
            method === 'OPTIONS' ? 204 : method === 'POST' ? 405 : 404,
          )
          expect(unknown.status).toBe(secret.status)
          expect(withoutClock(secret), form).toEqual(withoutClock(unknown))
          expect(secret.body).toEqual(unknown.body)
        }
    expect((await newsroom.api('/api/articles/secret')).status).toBe(200)
  })

  it('L-08, L-09, L-10: the code of a withdrawn story returns 410 with a notice, cached for two minutes', async () => {
    for (const form of SUFFIXES) {
      const page = await get(`/pulled${form}`, ACCEPT_HTML)
      expect([page.status, page.header('Content-Type')], form).toEqual([
        410,
        'text/html; charset=utf-8',
      ])
      expect(listMetaContents(parsePage(page.text), 'robots')).toEqual(['noindex'])
      expect(page.text).not.toContain('Withdrawn headline')
      expect(page.header('Link')).toBeUndefined()
      const problem = await get(`/pulled${form}`, ACCEPT_JSON)
      const since = /<time datetime="([^"]+)">/.exec(page.text)?.[1] ?? ''
      expect(since).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      expect(JSON.parse(problem.text)).toMatchObject({ status: 410, withdrawn: since })
      for (const response of [page, problem])
        expect(response.header('Cache-Control')).toBe('public, max-age=120')
    }
  })

  it('L-08, X-21: after a legal demand, all addresses of the story return 451, quote the demand and name who blocks the story', async () => {
    const paths = [
      ...SUFFIXES.map((form) => `/banned${form}`),
      '/articles/forbidden',
      '/articles/forbidden.json',
    ]
    for (const path of paths) {
      for (const accept of [ACCEPT_HTML, ACCEPT_JSON, ['Accept', '*/*']] as const) {
        const response = await get(path, accept)
        expect(response.status, path).toBe(451)
        expect(response.header('Link'), path).toBe(`<${SETTINGS.SITE_URL}>; rel="blocked-by"`)
        expect(response.text).not.toContain('Forbidden headline')
        expect(response.text).not.toContain('not for readers')
        const type = response.header('Content-Type')
        if (type === 'text/html; charset=utf-8') {
          const page = parsePage(response.text)
          expect(getTextContent(findOnly(page, 'h1'))).toBe('Unavailable for legal reasons')
          expect(getTextContent(findOnly(page, 'blockquote'))).toBe(LEGAL)
          expect(listMetaContents(page, 'robots')).toEqual(['noindex'])
        } else {
          expect(response.text).toContain(JSON.stringify(LEGAL).slice(1, -1))
        }
        const head = await request('HEAD', path, accept)
        expect([head.status, head.header('Link')]).toEqual([451, response.header('Link')])
      }
    }
    expect(JSON.parse((await get('/articles/forbidden.json')).text)).toMatchObject({
      id: 'forbidden',
      status: 'withdrawn',
      legal: LEGAL,
    })
    expect(JSON.parse((await get('/banned+.json')).text)).toMatchObject({
      type: `${SETTINGS.SITE_URL}/problems/legal`,
      status: 451,
    })
  })

  it('L-08: after a withdrawal without a legal demand, responses mention no demand and name nobody who blocks the story', async () => {
    for (const path of ['/articles/withdrawn', '/articles/withdrawn.json']) {
      const response = await get(path, ACCEPT_HTML)
      expect([response.status, response.header('Link')]).toEqual([410, undefined])
      expect(response.text).not.toContain('legal')
    }
  })
})
