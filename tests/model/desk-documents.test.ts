/** Compares documents, links and validators with a plain model after every change. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import { ARCHIVE_PAGE_LENGTH } from '../../src/desk/ledger/ledger.ts'
import { FORMATS } from '../../src/feeds/formats.ts'
import { ALL_CHANNEL, type Channel, formatChannelKey } from '../../src/model/channel.ts'
import { resolveLink } from '../../src/model/link.ts'
import type { Publication } from '../../src/model/publication.ts'
import { digest } from '../../src/text/digest.ts'
import type { Content } from '../../src/wire/codec.ts'
import { articleTarget, feedTarget, linkTarget, type Target } from '../../src/wire/targets.ts'
import { openDesk, PUBLICATION, type TestDesk } from '../support/drafts.ts'
import { runs } from '../support/runs.ts'

const tag = (slug: string): Channel => ({ kind: 'tag', slug })

/** Without `evenIfSent`, a document that was sent and has not changed is not rendered again. */
function render(desk: TestDesk, target: Target, evenIfSent = true, settings = PUBLICATION) {
  return renderTarget(desk.ledger, settings, target, desk.clock.now * 1000, evenIfSent)
}

function renderContent(desk: TestDesk, target: Target, settings?: Publication): Content {
  const found = render(desk, target, true, settings)
  if (found.kind !== 'content') throw new Error(`${target} is too early`)
  return found.content
}

type Edit =
  | { do: 'publish'; id: string; tags: string[]; title: number; past: number }
  | { do: 'withdraw'; id: string }
  | { do: 'embargo'; id: string; future: number }
  | { do: 'pass'; seconds: number }

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      id,
      tags: fc.subarray(['x', 'y']),
      title: fc.nat(2),
      past: fc.constantFrom(0, 0, 1, 50, 900),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('withdraw' as const), id }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('embargo' as const),
      id,
      future: fc.constantFrom(1, 5, 100),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('pass' as const), seconds: fc.constantFrom(1, 3, 60) }),
  },
)

/** A plain model of the desk's public state, by article id. */
type Model = Map<
  string,
  {
    state: 'public' | 'embargoed' | 'withdrawn'
    everPublic: boolean
    published: number
    tags: string[]
    revision: number
    codes: string[]
  }
>

const CHANNELS: Channel[] = [ALL_CHANNEL, tag('x'), tag('y')]
/** `desk-corrections.test.ts` has the model of notices, tombstones and corrections. */
const WITHOUT_NOTICES = { ...PUBLICATION, withdrawalNoticeDays: 0 }
/** Lists the ids of the entries in a feed document, in order. */
function listIds(body: string): string[] {
  const entries = body.replace(/<at:deleted-entry[^>]*>|"_tombstones":\{.*?\]\},?/g, '')
  const seen = [...entries.matchAll(/tag:news\.example,2026:([a-z0-9-]+)(?=["<])/g)].map(
    ([, found]) => found ?? '',
  )
  return [...new Set(seen)]
}

/**
 * The articles of each channel in the order in which they joined it, which is the order of the
 * archive. An article that left the channel and joined it again occurs twice.
 */
type Positions = Map<string, string[]>

function listExpected(model: Model, positions: Positions, channel: Channel): string[] {
  const members = [...model]
    .filter(([, { state, tags }]) => state === 'public' && belongsTo(tags, channel))
    .sort(([a, one], [b, two]) => two.published - one.published || (a < b ? -1 : 1))
    .map(([member]) => member)
  const joined = positions.get(formatChannelKey(channel)) ?? []
  const archivedCount = joined.length - (joined.length % ARCHIVE_PAGE_LENGTH)
  return members.filter(
    (member, index) => index < 50 || joined.lastIndexOf(member) >= archivedCount,
  )
}

const belongsTo = (tags: string[], channel: Channel): boolean =>
  channel.kind === 'all' || tags.includes(channel.slug)

/** Applies one edit to the desk and to the model; both must accept or refuse it. */
function applyEdit(desk: TestDesk, model: Model, positions: Positions, next: Edit): void {
  const { now } = desk.clock
  const join = (member: string, before: string[] | undefined, tags: string[]): void => {
    for (const channel of CHANNELS) {
      if (!belongsTo(tags, channel) || (before && belongsTo(before, channel))) continue
      const key = formatChannelKey(channel)
      positions.set(key, [...(positions.get(key) ?? []), member])
    }
  }
  if (next.do === 'pass') {
    desk.clock.now += next.seconds
    desk.release()
    const due = [...model]
      .filter(([, one]) => one.state === 'embargoed' && one.published <= desk.clock.now)
      .sort(([a, one], [b, two]) => one.published - two.published || (a < b ? -1 : 1))
    for (const [member, one] of due) {
      Object.assign(one, { state: 'public', everPublic: true, revision: one.revision + 1 })
      join(member, undefined, one.tags)
    }
    return
  }
  const previous = model.get(next.id)
  if (next.do === 'withdraw') {
    const outcome = desk.withdraw(next.id)
    expect(outcome.ok).toBe(previous !== undefined)
    if (!previous || !outcome.ok) return
    expect(outcome.value.changed).toBe(previous.state !== 'withdrawn')
    if (outcome.value.changed)
      Object.assign(previous, { state: 'withdrawn', revision: previous.revision + 1 })
    expect(outcome.value.article.revision).toBe(previous.revision)
    return
  }
  const published = next.do === 'embargo' ? now + next.future : now - next.past
  const tags = next.do === 'embargo' ? ['x'] : next.tags
  const title = next.do === 'embargo' ? 'Soon' : `Title ${next.title}`
  const code = `Code-${next.id}-${title.length}`
  const outcome = desk.publish(next.id, { published, tags, title, code, republish: true })
  const refusedForFuture = next.do === 'embargo' && previous?.everPublic === true
  expect(outcome.ok).toBe(!refusedForFuture)
  if (!outcome.ok) return
  const { article, changed } = outcome.value
  expect(article.revision).toBe((previous?.revision ?? 0) + (changed ? 1 : 0))
  expect(article.updated).toBeGreaterThanOrEqual(article.published)
  const state = published > now ? 'embargoed' : 'public'
  if (state === 'public') {
    join(next.id, previous?.state === 'public' ? previous.tags : undefined, tags)
    // A story that is republished within the second of its withdrawal is dated one second later, so
    // `updated` runs ahead by at most one second for each change.
    expect(article.updated).toBeLessThanOrEqual(now + article.revision)
  }
  model.set(next.id, {
    state,
    everPublic: state === 'public' || (previous?.everPublic ?? false),
    published,
    tags,
    revision: article.revision,
    codes: [...new Set([...(previous?.codes ?? []), code])],
  })
}

/**
 * Compares all feeds, articles and links with the model. `step` selects the format of the feeds.
 */
function compare(
  desk: TestDesk,
  model: Model,
  positions: Positions,
  modified: Map<Target, number>,
  step: number,
): void {
  for (const channel of CHANNELS) {
    const target = feedTarget(channel, FORMATS[step % FORMATS.length] ?? expect.fail())
    const found = render(desk, target, true, WITHOUT_NOTICES)
    if (found.kind === 'too-early') continue
    const expected = listExpected(model, positions, channel)
    const exists =
      channel.kind === 'all' || (positions.get(formatChannelKey(channel)) ?? []).length > 0
    if (!exists) {
      expect(found.content.kind).toBe('absent')
      continue
    }
    if (found.content.kind !== 'document') throw new Error(found.content.kind)
    const { body, validators } = found.content
    expect(listIds(body)).toEqual(expected)
    expect(validators.modified).toBeGreaterThanOrEqual(modified.get(target) ?? 0)
    expect(validators.etag).toBe(`W/"${digest(body)}"`)
    modified.set(target, validators.modified)
  }
  for (const [member, { state, everPublic, codes }] of model) {
    const page = render(desk, articleTarget(member))
    if (page.kind === 'content') {
      const status = page.content.kind === 'document' ? page.content.validators.status : 'absent'
      expect(status).toBe(everPublic ? (state === 'public' ? 200 : 410) : 'absent')
    }
    for (const code of codes) {
      const link = renderContent(desk, linkTarget(code.toLowerCase()))
      const resolved = link.kind === 'link' ? resolveLink(link.record, code) : undefined
      const to = { to: `https://news.example/articles/${member}`, id: member }
      const withdrawn = { gone: true, when: expect.any(Number) }
      expect(resolved).toEqual(everPublic ? (state === 'withdrawn' ? withdrawn : to) : undefined)
    }
  }
}

describe('documents', () => {
  it('have the same entries, links and validators as a plain model after every random change', () => {
    let compared = 0
    fc.assert(
      fc.property(fc.array(edit, { minLength: 16, maxLength: 25 }), (edits) => {
        const desk = openDesk()
        const model: Model = new Map()
        const positions: Positions = new Map()
        const modified = new Map<Target, number>()
        for (const next of edits) {
          applyEdit(desk, model, positions, next)
          compare(desk, model, positions, modified, compared)
          applyEdit(desk, model, positions, { do: 'pass', seconds: 2 })
          compared += 1
        }
      }),
      { numRuns: runs(40) },
    )
    expect(compared).toBeGreaterThan(300)
  })

  it('have the newest 50 articles and all that are not archived yet, during 130 changes', () => {
    const desk = openDesk()
    const model: Model = new Map()
    const positions: Positions = new Map()
    const modified = new Map<Target, number>()
    for (let index = 0; index < 130; index += 1) {
      const past = (index * 37) % 113
      const member = `n${(index * 7) % 120}`
      applyEdit(desk, model, positions, {
        do: 'publish',
        id: member,
        tags: ['x'],
        title: index,
        past,
      })
      if (index % 11 === 5) applyEdit(desk, model, positions, { do: 'withdraw', id: `n${index}` })
      desk.clock.now += 2
      if (index % 7 === 0 || index > 110) compare(desk, model, positions, modified, index)
    }
    expect(positions.get('tags/x')?.length).toBeGreaterThan(100)
  })
})
