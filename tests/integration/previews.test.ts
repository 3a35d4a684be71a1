/**
 * Tests previews of short links if data is missing, if the link has expired or its article was
 * withdrawn, and if KV is still old or cannot be read.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findElements, getTextContent, parsePage } from '../support/html.ts'
import {
  type FaultyNewsroom,
  manuscript,
  openFaultyNewsroom,
  SETTINGS,
} from '../support/newsroom.ts'

const PAGE = { headers: { Accept: 'text/html' } }
const ABOUT = 'https://www.news.example/about?a=b&c=d'
const CREATED = Date.UTC(2026, 2, 11, 10) / 1000
const SHORT = SETTINGS.SHORT_URL

let newsroom: FaultyNewsroom

beforeAll(async () => {
  newsroom = await openFaultyNewsroom({ LANGUAGE: 'ur' })
  for (const [id, code] of [
    ['story', 'story'],
    ['gone', 'gone7'],
    ['banned', 'banned'],
    ['dark', 'dark7'],
  ] as const)
    expect((await newsroom.publish(id, manuscript({ code, title: id }))).status).toBe(201)
  await newsroom.waitForOutbox()
})
afterAll(async () => await newsroom.close())
beforeEach(async () => await newsroom.faults({}))

const putValue = (key: string, value: unknown): Promise<Response> =>
  newsroom.get(`/__put?key=${key}`, { method: 'POST', body: JSON.stringify(value) })
const readJson = async (path: string): Promise<unknown> => (await newsroom.get(path)).json()
const secondsFromNow = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds
const getMaxAge = (response: Response): number =>
  Number(/^public, max-age=(\d+)$/.exec(response.headers.get('Cache-Control') ?? '')?.[1])

describe('the preview of a link to a page', () => {
  it('shows its title, its host, its creation time and its expiry', async () => {
    const until = Date.UTC(2099, 0, 1) / 1000
    await putValue('link:about', {
      codes: { About: { to: ABOUT, title: 'دفتر کے بارے میں', made: CREATED, until } },
    })
    expect(await readJson('/about+.json')).toEqual({
      code: 'About',
      short_url: `${SHORT}/About`,
      url: ABOUT,
      title: 'دفتر کے بارے میں',
      created: '2026-03-11T10:00:00Z',
      expires: '2099-01-01T00:00:00Z',
      qr: `${SHORT}/About.svg`,
    })
    const response = await newsroom.get('/about+', PAGE)
    expect([response.status, response.headers.get('Content-Language')]).toEqual([200, 'ur'])
    const page = parsePage(await response.text())
    expect(findElements(page, 'h1').map(getTextContent)).toEqual(['دفتر کے بارے میں'])
    expect(findElements(page, 'h1')[0]?.properties['dir']).toBe('auto')
    expect(findElements(page, 'strong').map(getTextContent)).toEqual(['www.news.example'])
    expect(findElements(page, 'dt').map(getTextContent)).toEqual(['بنایا گیا', 'کارآمد تا'])
    expect(findElements(page, 'time').map(({ properties }) => properties['dateTime'])).toEqual([
      '2026-03-11T10:00:00Z',
      '2099-01-01T00:00:00Z',
    ])
  })

  it('is cached no longer than the link is valid, like its QR code', async () => {
    await putValue('link:soon', {
      codes: { soon: { to: ABOUT, made: CREATED, until: secondsFromNow(30) } },
    })
    for (const path of ['/soon+', '/soon+.json', '/soon.svg']) {
      const age = getMaxAge(await newsroom.get(path))
      expect(age, path).toBeGreaterThan(0)
      expect(age, path).toBeLessThanOrEqual(30)
    }
  })

  it('is 410 once the link has expired', async () => {
    await putValue('link:over', {
      codes: { over: { to: ABOUT, made: CREATED, until: secondsFromNow(-1) } },
    })
    for (const path of ['/over+', '/over+.json', '/over.svg']) {
      const response = await newsroom.get(path)
      expect([response.status, response.headers.get('Location')], path).toEqual([410, null])
      expect(await response.text()).not.toContain(ABOUT)
    }
  })

  it('is 451 with the legal demand if the link was removed for legal reasons', async () => {
    const removed = { gone: true, when: CREATED, legal: 'A court said so', page: true }
    await putValue('link:removed', { codes: { removed } })
    for (const path of ['/removed', '/removed+', '/removed+.json', '/removed.svg']) {
      const response = await newsroom.get(path, PAGE)
      expect([response.status, response.headers.get('Link')], path).toEqual([
        451,
        `<${SETTINGS.SITE_URL}>; rel="blocked-by"`,
      ])
      expect(await response.text()).toContain('A court said so')
    }
  })

  it('shows the address instead of a missing title, and omits other missing data', async () => {
    await putValue('link:old', { codes: { old: { to: ABOUT } } })
    expect(await readJson('/old+.json')).toEqual({
      code: 'old',
      short_url: `${SHORT}/old`,
      url: ABOUT,
      qr: `${SHORT}/old.svg`,
    })
    const page = parsePage(await (await newsroom.get('/old+', PAGE)).text())
    expect(findElements(page, 'h1').map(getTextContent)).toEqual([ABOUT])
    expect(findElements(page, 'title').map(getTextContent)).toEqual([
      `${ABOUT} · ${SETTINGS.TITLE}`,
    ])
    expect(findElements(page, 'dt')).toEqual([])
    expect((await newsroom.get('/old.svg')).status).toBe(200)
  })
})

describe('the preview of a link to an article', () => {
  it('is 410 after a withdrawal, or 451 with the legal demand, even while KV still has the old link', async () => {
    await newsroom.snapshotKv()
    await newsroom.withdraw('gone')
    const body = JSON.stringify({ legal: 'A court said so' })
    await newsroom.api('/api/articles/banned', { method: 'DELETE', body })
    await newsroom.waitForOutbox()
    await newsroom.faults({ answerOld: ['link:'] })
    for (const headers of [{ Accept: 'text/html' }, { Accept: 'application/json' }]) {
      expect((await newsroom.get('/gone7', { headers })).status).toBe(302)
      const removed = await newsroom.get('/gone7+', { headers })
      expect(removed.status).toBe(410)
      const banned = await newsroom.get('/banned+', { headers })
      expect([banned.status, banned.headers.get('Link')]).toEqual([
        451,
        `<${SETTINGS.SITE_URL}>; rel="blocked-by"`,
      ])
      expect(await banned.text()).toContain('A court said so')
    }
  })

  it('is 404 if the article does not exist, and 503 if KV cannot be read', async () => {
    await putValue('link:lost', {
      codes: { lost: { to: `${SETTINGS.SITE_URL}/articles/lost`, id: 'lost' } },
    })
    expect((await newsroom.get('/lost+')).status).toBe(404)
    await newsroom.faults({ failReads: ['article:'] })
    const failed = await newsroom.get('/dark7+')
    expect([failed.status, failed.headers.get('Retry-After')]).toEqual([503, '30'])
    expect((await newsroom.get('/dark7')).status).toBe(302)
  })

  it('is 503, not 500, if the value in KV is not an article', async () => {
    await putValue('article:dark', { status: 'public', title: 7 })
    const failed = await newsroom.get('/dark7+.json')
    expect([failed.status, failed.headers.get('Cache-Control')]).toEqual([503, 'no-store'])
  })

  it('has its own ETag, and does not answer 304 to the validators of the article', async () => {
    const article = await newsroom.get('/articles/story.json')
    const etag = article.headers.get('ETag') ?? ''
    const full = await newsroom.get('/story+.json')
    for (const headers of [
      { 'If-None-Match': etag },
      { 'If-Modified-Since': new Date().toUTCString() },
    ]) {
      const response = await newsroom.get('/story+.json', { headers })
      expect([response.status, response.headers.get('ETag')]).toEqual([
        200,
        full.headers.get('ETag'),
      ])
    }
    const head = await newsroom.get('/story+.json', {
      method: 'HEAD',
      headers: { 'If-None-Match': etag },
    })
    expect([head.status, head.headers.get('ETag')]).toEqual([200, full.headers.get('ETag')])
  })

  it('writes nothing to KV', async () => {
    await newsroom.faults({})
    for (const path of ['/story+', '/story+.json', '/story.svg']) await newsroom.get(path, PAGE)
    expect((await newsroom.counts()).writtenKeys).toEqual([])
  })
})
