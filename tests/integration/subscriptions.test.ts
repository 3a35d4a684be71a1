/**
 * Tests the life of a subscription in real feed readers: they show the changes of the newsroom that
 * they support, and get a 304 when nothing is new.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { manuscript, type Newsroom, openReachableNewsroom } from '../support/newsroom.ts'
import { openRecordingProxy, type RecordingProxy } from '../support/recording-proxy.ts'
import { type ListedStory, READERS, type Reader, type Subscriber } from '../support/subscribers.ts'
import { until } from '../support/until.ts'

/** There is a channel for each reader and format, so that their steps are independent. */
type Subscription = { reader: Reader; tag: string; subscriber: Subscriber; proxy: RecordingProxy }

/**
 * An action of the newsroom, and what a reader with the stories `before` shows afterwards. Each
 * step continues from the previous one. To add a step, add a row to `STEPS`. The stories are
 * `first`, `second` and `third`.
 */
type Step = {
  name: string
  /**
   * Whether the step is a withdrawal. Only Atom can express a withdrawal in a delta; other formats
   * get the full document (rule D-12).
   */
  isWithdrawal?: boolean
  act: (tag: string) => Promise<Response>
  expect: (after: ListedStory[], before: ListedStory[], subscription: Subscription) => void
}

const formatTag = (id: string): string => `tag:news.example,2026:${id}`
const formatTitle = (id: string, tag: string): string => `The ${id} of ${tag}`
const getIds = (stories: ListedStory[]): string[] => stories.map(({ id }) => id).sort()
const find = (stories: ListedStory[], id: string): ListedStory | undefined =>
  stories.find((each) => each.id === formatTag(id))

const STEPS: readonly Step[] = [
  {
    name: 'a publish: one new item',
    act: (tag) =>
      newsroom.publish(`${tag}-fresh`, manuscript({ title: `Fresh in ${tag}`, tags: [tag] })),
    expect: (after, before, { tag }) => {
      expect(getIds(after)).toEqual([...getIds(before), formatTag(`${tag}-fresh`)].sort())
      expect(find(after, `${tag}-fresh`)?.title).toContain(`Fresh in ${tag}`)
    },
  },
  {
    name: 'a fix without a correction: the same item, changed if the reader shows changes',
    act: (tag) =>
      newsroom.publish(
        `${tag}-first`,
        // Some readers show only the summary and some only the text, so both are changed.
        manuscript({
          title: formatTitle('first', tag),
          tags: [tag],
          summary: ['A mended point'],
          body: 'LAHORE: A mended text.',
        }),
      ),
    expect: (after, before, { tag, reader }) => {
      expect(getIds(after)).toEqual(getIds(before))
      expect(find(after, `${tag}-first`)?.title).toContain(formatTitle('first', tag))
      const text = find(after, `${tag}-first`)?.text
      if (reader.onChange === 'shows') expect(text).toMatch(/A mended (?:text|point)/)
      else expect(text).toBe(find(before, `${tag}-first`)?.text)
    },
  },
  {
    name: 'a correction: the same item, with the text of the correction',
    act: (tag) =>
      newsroom.publish(
        `${tag}-second`,
        manuscript({
          title: formatTitle('second', tag),
          tags: [tag],
          // Some readers show only the summary, so it is corrected too.
          summary: ['Corrected: it was Tuesday and no other day'],
          correction: 'It was Tuesday and no other day',
        }),
      ),
    expect: (after, before, { tag, reader }) => {
      expect(getIds(after)).toEqual(getIds(before))
      const text = find(after, `${tag}-second`)?.text.replace(/\s+/g, ' ')
      if (reader.onChange === 'shows') expect(text).toMatch(/it was Tuesday and no other day/i)
    },
  },
  {
    name: 'a withdrawal: a notice in place of the item, and no other change',
    isWithdrawal: true,
    act: (tag) => newsroom.withdraw(`${tag}-third`),
    expect: (after, before, { tag, reader }) => {
      expect(new Set(getIds(after))).toEqual(new Set(getIds(before)))
      const now = after.filter(({ id }) => id === formatTag(`${tag}-third`))
      expect(now.some(({ title }) => title.includes('Withdrawn article'))).toBe(true)
      if (reader.onChange === 'shows')
        expect(now.map(({ text }) => text).join()).not.toContain('first paragraph')
    },
  },
]

/**
 * A reader may poll this often without validators. newsboat sends them only from its third poll on.
 */
const MAX_UNCONDITIONAL_POLLS = 3

let newsroom: Newsroom
let folder: string
beforeAll(async () => {
  newsroom = await openReachableNewsroom()
  folder = mkdtempSync(join(tmpdir(), 'dateline-subscriptions-'))
})
afterAll(async () => {
  await newsroom?.close()
  rmSync(folder, { recursive: true, force: true })
})

/**
 * Polls until the reader sends validators. That poll must be a 304 without a body, and no poll may
 * change the stories.
 */
async function expectNothingNew({ subscriber, reader, proxy }: Subscription): Promise<void> {
  const before = subscriber.listStories()
  for (let poll = 1; ; poll += 1) {
    proxy.take()
    await subscriber.poll()
    const requests = proxy.take()
    expect(requests, reader.name).toHaveLength(1)
    expect(subscriber.listStories()).toEqual(before)
    if (requests[0]?.conditional) {
      expect(requests[0]).toMatchObject({ status: 304, bytes: 0 })
      return
    }
    expect(poll, `${reader.name} sends no validators`).toBeLessThanOrEqual(MAX_UNCONDITIONAL_POLLS)
  }
}

/**
 * The shell function `fetch` that sfeed's README recommends calls curl so that it discards a
 * response whose Last-Modified is not later than the second of the last poll, but stores the ETag
 * of that response. Therefore each step begins in a new second.
 */
async function nextSecond(): Promise<void> {
  const second = Math.floor(Date.now() / 1000)
  await until('the second has passed', () => Math.floor(Date.now() / 1000) > second)
}

const CASES = READERS.flatMap((reader) => reader.formats.map((file) => ({ reader, file })))

// The cases are concurrent, because each of them mostly waits for the next second.
it.concurrent.each(CASES)(
  '$reader.name subscribes to $file, gets 304 if nothing is new, and shows the changes that it supports',
  async ({ reader, file }) => {
    const tag = `${reader.name}-${file}`.replace(/\W/g, '')
    const proxy = await openRecordingProxy(newsroom.url)
    try {
      for (const id of ['first', 'second', 'third']) {
        const story = manuscript({ title: formatTitle(id, tag), tags: [tag] })
        expect((await newsroom.publish(`${tag}-${id}`, story)).status).toBe(201)
      }
      await newsroom.waitForOutbox()
      const homeFolder = join(folder, tag)
      mkdirSync(homeFolder)
      const subscriber = reader.subscribe(
        `${proxy.url}/tags/${tag.toLowerCase()}/${file}`,
        homeFolder,
      )
      const subscription = { reader, tag, subscriber, proxy }
      await subscriber.poll()
      expect(getIds(subscriber.listStories())).toEqual(
        ['first', 'second', 'third'].map((id) => formatTag(`${tag}-${id}`)).sort(),
      )
      await expectNothingNew(subscription)
      for (const step of STEPS) {
        await nextSecond()
        const before = subscriber.listStories()
        const response = await step.act(tag)
        expect(response.ok, step.name).toBe(true)
        await newsroom.waitForOutbox()
        proxy.take()
        await subscriber.poll()
        expect(
          proxy.take().map(({ status }) => status),
          step.name,
        ).toEqual([reader.deltas && !(step.isWithdrawal && file !== 'atom.xml') ? 226 : 200])
        step.expect(subscriber.listStories(), before, subscription)
        await expectNothingNew(subscription)
      }
    } finally {
      await proxy.close()
    }
  },
)
