/** Compares the corrections, notices and tombstones in documents with a plain model. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import { FORMATS, type Format, type FormatName } from '../../src/feeds/formats.ts'
import { ALL_CHANNEL, type Channel, CORRECTIONS_CHANNEL } from '../../src/model/channel.ts'
import { formatTime } from '../../src/text/time.ts'
import { feedTarget, type Target } from '../../src/wire/targets.ts'
import { expectOk, openDesk, PUBLICATION, type TestDesk } from '../support/drafts.ts'
import { runs } from '../support/runs.ts'

const DAY = 86_400
const X: Channel = { kind: 'tag', slug: 'x' }
const Y: Channel = { kind: 'tag', slug: 'y' }
const findFormat = (name: FormatName): Format => {
  const format = FORMATS.find((each) => each.name === name)
  if (!format) throw new Error(`There is no format ${name}`)
  return format
}
const JSON_FEED = findFormat('json')

/**
 * Returns the body of the target's document, or the kind of any other content. If it is too early
 * to render the target, moves the clock by a second.
 */
function renderBody(desk: TestDesk, target: Target, settings = PUBLICATION): string {
  for (;;) {
    const rendering = renderTarget(desk.ledger, settings, target, desk.clock.now * 1000, true)
    if (rendering.kind === 'too-early') desk.clock.now += 1
    else if (rendering.content.kind === 'document') return rendering.content.body
    else return rendering.content.kind
  }
}

type Item = { id: string; title: string; date_published: string; date_modified: string }
type FeedJson = { items: Item[]; _tombstones?: { items: { id: string; when: string }[] } }
const readFeed = (desk: TestDesk, channel: Channel, settings = PUBLICATION): FeedJson =>
  JSON.parse(
    renderBody(desk, feedTarget(channel, JSON_FEED), settings).replaceAll('.000Z', 'Z'),
  ) as FeedJson
const getId = (tag: string): string => tag.replace(/^.*:/, '')

type Edit =
  | { do: 'publish'; id: string; tags: string[]; correction: string | undefined; past: number }
  | { do: 'withdraw'; id: string }
  | { do: 'pass'; seconds: number }

const id = fc.constantFrom('a', 'b', 'c', 'd')
const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      id,
      tags: fc.subarray(['x', 'y']),
      correction: fc.constantFrom(undefined, undefined, 'One is two', 'Two is three', 'Three'),
      past: fc.constantFrom(0, 5, 500),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('withdraw' as const), id }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      seconds: fc.constantFrom(1, 60, DAY, 29 * DAY, 31 * DAY),
    }),
  },
)

/**
 * The public state of an article in a plain model. `corrected` is the time of its last correction,
 * and `ever` has all channels that it has been in.
 */
type ModelArticle = {
  published: number
  tags: string[]
  texts: string[]
  corrected: number
  withdrawn: number | undefined
  ever: Set<string>
}
const getKeys = (article: ModelArticle): string[] =>
  article.withdrawn === undefined
    ? ['all', ...article.tags, ...(article.texts.length > 0 ? ['corrections'] : [])]
    : []

const CHANNELS: [string, Channel][] = [
  ['all', ALL_CHANNEL],
  ['x', X],
  ['y', Y],
  ['corrections', CORRECTIONS_CHANNEL],
]

function applyEdit(desk: TestDesk, model: Map<string, ModelArticle>, next: Edit): void {
  if (next.do === 'pass') {
    desk.clock.now += next.seconds
    return
  }
  const before = model.get(next.id)
  if (next.do === 'withdraw') {
    const outcome = desk.withdraw(next.id)
    if (before && outcome.ok) before.withdrawn ??= outcome.value.article.withdrawn?.when
    return
  }
  const published = desk.clock.now - next.past
  const change = next.correction === undefined ? {} : { corrections: [next.correction] }
  const more = { tags: next.tags, published, republish: true, ...change }
  const { article } = expectOk(desk.publish(next.id, more))
  expect(expectOk(desk.publish(next.id, more)).changed).toBe(false)
  const isNewCorrection = next.correction !== undefined && !before?.texts.includes(next.correction)
  if (before?.withdrawn !== undefined) expect(article.updated).toBeGreaterThan(before.withdrawn)
  if (isNewCorrection) expect(article.corrections.at(-1)?.at).toBe(article.updated)
  const after: ModelArticle = {
    published,
    tags: next.tags,
    texts: [
      ...(before?.texts ?? []),
      ...(isNewCorrection && next.correction ? [next.correction] : []),
    ],
    corrected: isNewCorrection ? article.updated : (before?.corrected ?? 0),
    withdrawn: undefined,
    ever: before?.ever ?? new Set(),
  }
  for (const key of getKeys(after)) after.ever.add(key)
  model.set(next.id, after)
}

function compare(desk: TestDesk, model: Map<string, ModelArticle>): void {
  for (const [key, channel] of CHANNELS) {
    if (renderBody(desk, feedTarget(channel, JSON_FEED)) === 'absent') {
      expect([...model.values()].some(({ ever }) => ever.has(key))).toBe(false)
      continue
    }
    const document = readFeed(desk, channel)
    const { now } = desk.clock
    const withdrawnArticles = [...model]
      .filter(([, { ever, withdrawn = 0 }]) => ever.has(key) && withdrawn > now - 30 * DAY)
      .sort(([a, one], [b, two]) => (two.withdrawn ?? 0) - (one.withdrawn ?? 0) || (a < b ? -1 : 1))
    const getTime = ({ published, corrected, withdrawn }: ModelArticle): number =>
      key === 'corrections' ? (withdrawn ?? corrected) : published
    const present = [...model].filter(([, article]) => getKeys(article).includes(key))
    const expected = [...present, ...withdrawnArticles].sort(
      ([a, one], [b, two]) => getTime(two) - getTime(one) || (a < b ? -1 : 1),
    )
    expect(document.items.map((item) => [getId(item.id), item.title, item.date_published])).toEqual(
      expected.map(([member, { published, withdrawn }]) => [
        member,
        withdrawn === undefined ? `Story ${member}` : 'Withdrawn article',
        formatTime(published),
      ]),
    )
    expect(
      document._tombstones?.items.map(({ id: tag, when }) => [getId(tag), when]) ?? [],
    ).toEqual(
      withdrawnArticles.map(([member, { withdrawn = 0 }]) => [member, formatTime(withdrawn)]),
    )
    const ends = [
      ...present.filter(([, { texts }]) => texts.length > 0).map(([, { corrected }]) => corrected),
      ...withdrawnArticles.map(([, { withdrawn = 0 }]) => withdrawn),
    ].map((from) => from + 30 * DAY)
    const until = desk.ledger.findDocument(feedTarget(channel, JSON_FEED))?.until
    expect(until).toBe(ends.filter((end) => end > now).sort((a, b) => a - b)[0] ?? null)
  }
}

describe('documents after random changes', () => {
  it('have the same corrections, notices and tombstones as a plain model (T-03, T-05, T-11, P-09)', () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 5, maxLength: 20 }), (edits) => {
        const desk = openDesk()
        const model = new Map<string, ModelArticle>()
        for (const next of edits) {
          applyEdit(desk, model, next)
          compare(desk, model)
        }
      }),
      { numRuns: runs(25) },
    )
  })
})
