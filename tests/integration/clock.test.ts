/**
 * Tests the real worker and desk with a wrong clock that is corrected later. Isolates cache for one
 * second, which is short compared with the changes of the clock.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FaultyNewsroom, manuscript, openFaultyNewsroom } from '../support/newsroom.ts'
import { until } from '../support/until.ts'

const DAY = 86_400_000
const FEEDS = ['/rss.xml', '/atom.xml', '/feed.json']
/** Less than the smallest change of the clock. */
const SOON_MS = 15_000

let newsroom: FaultyNewsroom
beforeAll(async () => {
  newsroom = await openFaultyNewsroom({ MEMORY_SECONDS: '1' })
  await newsroom.publish('first', manuscript())
  for (const path of FEEDS) await newsroom.get(path)
  await newsroom.waitForOutbox()
})
afterEach(async () => {
  await newsroom.faults({})
  await newsroom.waitForOutbox()
})
afterAll(async () => await newsroom.close())

async function publishAndRead(id: string): Promise<void> {
  expect((await newsroom.publish(id, manuscript({ title: `Story ${id}` }))).status).toBe(201)
  await newsroom.waitForOutbox()
  expect((await newsroom.get(`/articles/${id}`)).status).toBe(200)
  for (const path of FEEDS) await newsroom.get(path)
}

async function expectWithdrawn(id: string): Promise<void> {
  await until(
    `${id} is 410 and in no feed`,
    async () => {
      if ((await newsroom.get(`/articles/${id}`)).status !== 410) return false
      const feeds = await Promise.all(
        FEEDS.map(async (path) => await (await newsroom.get(path)).text()),
      )
      return feeds.every((text) => !text.includes(`Story ${id}`))
    },
    SOON_MS,
  )
}

async function expectDatesInOrder(paths: string[]): Promise<void> {
  for (const path of paths) {
    for (const method of ['GET', 'HEAD']) {
      const { headers } = await newsroom.get(path, { method })
      const [modified, date] = ['Last-Modified', 'Date'].map((name) =>
        Date.parse(headers.get(name) ?? ''),
      )
      expect(modified, `${method} ${path}`).toBeLessThanOrEqual(date ?? 0)
    }
  }
}

describe('a clock that is set back', () => {
  for (const [name, by] of [
    ['40 s', 40_000],
    ['a day', DAY],
    ['a year', 365 * DAY],
  ] as const) {
    it(`by ${name} leaves no withdrawn story readable, even if the desk is evicted after the withdrawal`, async () => {
      const id = `back-${by}`
      await newsroom.faults({ clock: by })
      await publishAndRead(id)
      await newsroom.faults({})
      expect((await newsroom.withdraw(id)).status).toBe(200)
      await expectWithdrawn(id)

      await newsroom.faults({ clock: by })
      await publishAndRead(`${id}-killed`)
      expect((await newsroom.withdraw(`${id}-killed`)).status).toBe(200)
      await newsroom.evict()
      await newsroom.faults({})
      await expectWithdrawn(`${id}-killed`)
    })
  }

  it('causes no Last-Modified later than Date (H-02), and hides no new story from readers', async () => {
    await newsroom.faults({ clock: 365 * DAY })
    await publishAndRead('dated')
    const ahead = (await newsroom.get('/rss.xml')).headers.get('Last-Modified') ?? ''
    expect(Date.parse(ahead)).toBeGreaterThan(Date.now())
    await newsroom.faults({})
    await expectDatesInOrder([...FEEDS, '/articles/dated', '/articles/dated.json'])
    const etag = (await newsroom.get('/rss.xml')).headers.get('ETag') ?? ''
    const poll = await newsroom.get('/rss.xml', { headers: { 'If-None-Match': etag } })
    expect(poll.status).toBe(304)
    // A reader that only uses dates sends the date of the wrong clock, and must still get new
    // stories.
    expect((await newsroom.publish('after', manuscript({ title: 'After' }))).status).toBe(201)
    await until('the new story is in the feed of a reader with that date', async () => {
      const response = await newsroom.get('/rss.xml', { headers: { 'If-Modified-Since': ahead } })
      return response.status === 200 && (await response.text()).includes('After')
    })
  })

  it('prevents neither edits nor corrections of an article', async () => {
    await newsroom.faults({ clock: 365 * DAY })
    await publishAndRead('wrong-year')
    await newsroom.faults({})
    const edited = await newsroom.publish('wrong-year', manuscript({ title: 'Edited' }))
    expect(edited.status).toBe(200)
    const corrected = await newsroom.publish(
      'wrong-year',
      manuscript({ title: 'Edited', correction: 'It was five' }),
    )
    expect(corrected.status).toBe(200)
    await until('readers see the edit and the correction', async () => {
      const text = await (await newsroom.get('/articles/wrong-year')).text()
      return text.includes('Edited') && text.includes('It was five')
    })
  })
})

describe('a clock that is set forward', () => {
  it('by a day delays no withdrawal, and /healthz reports no failure afterwards', async () => {
    await newsroom.faults({ clock: -DAY })
    await publishAndRead('ahead')
    await newsroom.faults({})
    expect((await newsroom.withdraw('ahead')).status).toBe(200)
    await expectWithdrawn('ahead')
    await newsroom.waitForOutbox()
    await until(
      '/healthz is 200 again',
      async () => (await newsroom.get('/healthz')).status === 200,
    )
  })
})
