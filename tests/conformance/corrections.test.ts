/**
 * Corrections and withdrawals for readers: RFC 6721, RFC 5005 section 4.1 (rules T, G-28, J-21,
 * P-09).
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { manuscript, type Newsroom, openNewsroom } from '../support/newsroom.ts'
import { getOnlyChild, getText, listChildren, parseRoot } from '../support/xml.ts'

let newsroom: Newsroom
let formerEtag: string | null
const ID = 'tag:news.example,2026:gone'
const SECRET = { title: 'SECRET', summary: ['SECRET'], body: 'SECRET' }

beforeAll(async () => {
  newsroom = await openNewsroom()
  await newsroom.publish('fixed', manuscript({ title: 'Fixed' }))
  await newsroom.publish('gone', manuscript({ ...SECRET, tags: ['moved'] }))
  await newsroom.publish('gone', manuscript({ ...SECRET, tags: ['space'] }))
  formerEtag = (await newsroom.get('/tags/moved/atom.xml')).headers.get('ETag')
  await newsroom.waitForOutbox()
  await newsroom.publish('fixed', manuscript({ title: 'Fixed', correction: 'One is <two>' }))
  await newsroom.withdraw('gone', 'SECRET')
  await newsroom.waitForOutbox()
})
afterAll(async () => await newsroom.close())

const readText = async (path: string): Promise<string> => await (await newsroom.get(path)).text()
const readAtomFeed = async (folder = '') => parseRoot(await readText(`${folder}/atom.xml`))
type Item = { id: string; date_modified: string; _dateline: Record<string, unknown> }
const readJsonFeed = async (folder = '') =>
  JSON.parse(await readText(`${folder}/feed.json`)) as {
    items: Item[]
    _tombstones?: { about: string; items: { id: string; when: string }[] }
  }

it('T-01, T-02, T-03, A-17: each feed names the withdrawn entry in one tombstone, with the time', async () => {
  for (const folder of ['', '/tags/space', '/tags/moved']) {
    const feed = await readAtomFeed(folder)
    const [tombstone, ...others] = listChildren(feed, 'at:deleted-entry')
    expect(others).toEqual([])
    expect(feed.attributes['xmlns:at']).toBe('http://purl.org/atompub/tombstones/1.0')
    expect(tombstone?.attributes['ref']).toBe(ID)
    const when = tombstone?.attributes['when'] ?? ''
    expect(when).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const times = [...listChildren(feed, 'entry').map((entry) => getText(entry, 'updated')), when]
    expect(getText(feed, 'updated')).toBe(times.sort().at(-1))
  }
})

it('T-07: the feed of a channel that the article had left gets the tombstone as well, and so a new ETag', async () => {
  const headers = { 'If-None-Match': formerEtag ?? '' }
  expect((await newsroom.get('/tags/moved/atom.xml', { headers })).status).toBe(200)
})

it('T-12, T-13: in feeds a notice replaces the withdrawn article, and reveals neither its text nor the reason', async () => {
  for (const file of ['rss.xml', 'atom.xml', 'feed.json']) {
    const document = await readText(`/${file}`)
    expect(document).toContain('Withdrawn article')
    expect(document).toContain('https://news.example/articles/gone')
    expect(document).not.toContain('SECRET')
  }
  expect(await readText('/')).not.toMatch(/SECRET|Withdrawn/)
})

it('J-21: JSON Feed lists tombstones in an extension that links to its documentation', async () => {
  const { _tombstones } = await readJsonFeed()
  expect(_tombstones).toMatchObject({
    about: 'https://news.example/feeds#tombstones',
    items: [{ id: ID }],
  })
})

it('T-14, G-28, R-50, A-15: all feeds and pages show a correction with the same time', async () => {
  const entry = listChildren(await readAtomFeed(), 'entry').find(
    (one) => getText(one, 'title') === 'Fixed',
  )
  if (!entry) throw new Error('The corrected article is not in the feed')
  const updated = getText(entry, 'updated')
  expect(getText(entry, 'content')).toContain('One is &lt;two&gt;')
  const item = (await readJsonFeed()).items.find(({ id }) => id.endsWith(':fixed'))
  expect(item?._dateline['corrections']).toEqual([{ at: updated, text: 'One is <two>' }])
  expect(item?.date_modified.replace('.000Z', 'Z')).toBe(updated)
  const rss = getOnlyChild(parseRoot(await readText('/corrections/rss.xml')), 'channel')
  expect(listChildren(rss, 'item').map((one) => getText(one, 'atom:updated'))).toEqual([updated])
  for (const page of ['/articles/fixed', '/corrections']) {
    const text = await readText(page)
    expect(text).toContain('One is &lt;two&gt;')
    expect(text).toContain(`datetime="${updated}"`)
  }
  expect(await readText('/articles/fixed')).toContain(`"dateModified":"${updated}"`)
})

it('T-19: a second withdrawal of an article changes nothing', async () => {
  const before = (await readJsonFeed())._tombstones
  expect((await newsroom.withdraw('gone')).status).toBe(200)
  expect((await readJsonFeed())._tombstones).toEqual(before)
})

it('T-15: an article with a new address and headline keeps its id and code, and its former page redirects in one hop', async () => {
  const before = (await readJsonFeed()).items.find(({ id }) => id.endsWith(':fixed'))
  const canonical = 'https://www.news.example/fixed'
  await newsroom.publish('fixed', manuscript({ title: 'Renamed', canonical }))
  await newsroom.waitForOutbox()
  const after = (await readJsonFeed()).items.find(({ id }) => id.endsWith(':fixed'))
  expect(after?._dateline['code']).toBe(before?._dateline['code'])
  const page = await newsroom.get('/articles/fixed')
  expect([page.status, page.headers.get('Location')]).toEqual([301, canonical])
})

it('T-05: a republished entry is newer than its tombstone, which is removed', async () => {
  const when = (await readJsonFeed())._tombstones?.items[0]?.when ?? ''
  await newsroom.publish('gone', manuscript({ republish: true }))
  await newsroom.waitForOutbox()
  const feed = await readJsonFeed()
  expect(feed).not.toHaveProperty('_tombstones')
  const item = feed.items.find(({ id }) => id === ID)
  expect(Date.parse(item?.date_modified ?? '')).toBeGreaterThan(Date.parse(when))
})

it('T-09: the page of a withdrawn article shows a notice and nothing of the story', async () => {
  await newsroom.publish('taken-back', manuscript({ title: 'SECRET', body: 'SECRET text.' }))
  await newsroom.withdraw('taken-back')
  await newsroom.waitForOutbox()
  const response = await newsroom.get('/articles/taken-back')
  expect(response.status).toBe(410)
  const page = await response.text()
  expect(page).toContain('<h1>Withdrawn article</h1>')
  expect(page).not.toMatch(/SECRET|ld\+json|og:|<img/)
})

it('P-09: an old article that is corrected returns to the subscription document with a newer date', async () => {
  const story = (index: number) => ({ id: `past-${index}`, title: `Past ${index}`, tags: ['past'] })
  const lines = Array.from({ length: 120 }, (_, index) =>
    JSON.stringify({
      ...story(index),
      body: 'Text.',
      published: `2020-01-01T00:${String(index % 60).padStart(2, '0')}:00Z`,
    }),
  )
  await newsroom.api('/api/articles', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-ndjson' },
    body: lines.join('\n'),
  })
  await newsroom.waitForOutbox()
  const readEntry = async () =>
    listChildren(await readAtomFeed('/tags/past'), 'entry').find(
      (entry) => getText(entry, 'title') === 'Past 0',
    )
  expect(await readEntry()).toBeUndefined()
  const { id: _, ...again } = story(0)
  await newsroom.publish('past-0', { ...again, body: 'Text.', correction: 'It was Monday' })
  await newsroom.waitForOutbox()
  const entry = await readEntry()
  if (!entry) throw new Error('The corrected article did not return to the feed')
  expect(getText(entry, 'published')).toBe('2020-01-01T00:00:00Z')
  expect(Date.parse(getText(entry, 'updated'))).toBeGreaterThan(Date.parse('2026-01-01'))
})
