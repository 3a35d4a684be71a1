/**
 * What each target should hold, rendered from the ledger: validators, status, redirects, link records. And a
 * model: whatever the newsroom does in whatever order, the documents show exactly what is public.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import { ARCHIVE_PAGE_LENGTH } from '../../src/desk/ledger/ledger.ts'
import { FORMATS } from '../../src/feeds/formats.ts'
import { ALL, type Channel, channelKey } from '../../src/model/channel.ts'
import { resolveLink } from '../../src/model/link.ts'
import type { Publication } from '../../src/model/publication.ts'
import { digest } from '../../src/text/digest.ts'
import type { Content } from '../../src/wire/store.ts'
import {
  articlePageTarget,
  articleTarget,
  channelPageTarget,
  feedTarget,
  linkTarget,
  type Target,
} from '../../src/wire/targets.ts'
import { openDesk, PUBLICATION, START, type TestDesk, taken } from '../support/drafts.ts'
import { runs } from '../support/runs.ts'

const RSS = 'feed:/rss.xml'
const tag = (slug: string): Channel => ({ kind: 'tag', slug })

function rendering(desk: TestDesk, target: Target, always = true, settings = PUBLICATION) {
  return renderTarget(desk.ledger, settings, target, desk.clock.now * 1000, always)
}

function contentOf(desk: TestDesk, target: Target, settings?: Publication): Content {
  const found = rendering(desk, target, true, settings)
  if (found.kind !== 'content') throw new Error(`${target} is too early`)
  return found.content
}

function documentOf(desk: TestDesk, target: Target, settings?: Publication) {
  const content = contentOf(desk, target, settings)
  if (content.kind !== 'document') throw new Error(`${target} is ${content.kind}`)
  return content
}

/** As the drain does it: rendered, written, noted, the row settled. */
function send(desk: TestDesk, target: Target): Content | 'unchanged' | 'too early' {
  const row = desk.ledger
    .dueRows(Number.MAX_SAFE_INTEGER, 1000, new Set(), true)
    .find((owed) => owed.target === target)
  const found = rendering(desk, target, false)
  if (found.kind !== 'content') return 'too early'
  if (row && found.fingerprint !== undefined && !found.unchanged)
    desk.ledger.markSent(row, found.fingerprint, 0)
  if (row) desk.ledger.settleRow(row, 0)
  return found.unchanged ? 'unchanged' : found.content
}

describe('the validators of a document', () => {
  it('are the digest of its bytes, their length, and the second of its change', () => {
    const desk = openDesk()
    taken(desk.publish('a', { title: 'Ünïcode' }))
    for (const target of [RSS, 'feed:/atom.xml', 'feed:/feed.json', 'page:/', 'article:a']) {
      const { body, validators } = documentOf(desk, target)
      expect(validators).toMatchObject({
        status: 200,
        etag: `W/"${digest(body)}"`,
        length: Buffer.byteLength(body),
        modified: START,
      })
      expect(body).toContain('Ünïcode')
    }
  })

  it('stay when nothing changed, whenever it is rendered again', () => {
    const desk = openDesk()
    taken(desk.publish('a'))
    const first = documentOf(desk, RSS)
    desk.clock.now += 86_400
    expect(documentOf(desk, RSS)).toEqual(first)
    taken(desk.publish('a'))
    expect(documentOf(desk, RSS)).toEqual(first)
  })

  it('stay through a rebuild, which sends the same again', () => {
    const desk = openDesk()
    taken(desk.publish('a'))
    const first = documentOf(desk, RSS)
    desk.ledger.owe(RSS, desk.ledger.nextSequence(), 0)
    expect(send(desk, RSS)).toEqual(first)
    desk.clock.now += 100
    desk.ledger.owe(RSS, desk.ledger.nextSequence(), 0)
    expect(send(desk, RSS)).toBe('unchanged')
    desk.ledger.markUnsent(RSS)
    expect(send(desk, RSS)).toEqual(first)
  })

  it('rise strictly with every change: one within the same second is too early', () => {
    const desk = openDesk()
    taken(desk.publish('a'))
    const first = documentOf(desk, RSS)
    taken(desk.publish('b'))
    expect(rendering(desk, RSS)).toEqual({ kind: 'too-early', due: (START + 1) * 1000 })
    expect(desk.ledger.document(RSS)).toMatchObject({
      modified: START,
      etag: first.validators.etag,
    })
    desk.clock.now += 1
    expect(documentOf(desk, RSS).validators.modified).toBe(START + 1)
  })

  it('rise by one when the clock was set back for hours, and wait when it is off by a second', () => {
    const desk = openDesk()
    taken(desk.publish('a'))
    documentOf(desk, RSS)
    taken(desk.publish('b', { published: START - 9000 }))
    desk.clock.now = START - 1
    expect(rendering(desk, RSS)).toEqual({ kind: 'too-early', due: (START + 1) * 1000 })
    desk.clock.now = START - 7200
    expect(documentOf(desk, RSS).validators.modified).toBe(START + 1)
  })

  it('change when settings change the bytes, although the articles are the same', () => {
    const desk = openDesk()
    taken(desk.publish('a'))
    const first = documentOf(desk, RSS)
    desk.clock.now += 10
    const second = documentOf(desk, RSS, { ...PUBLICATION, title: 'A new name' })
    expect(second.validators.etag).not.toBe(first.validators.etag)
    expect(second.validators.modified).toBe(START + 10)
  })

  it('are those in the RSS itself: lastBuildDate is Last-Modified', () => {
    const desk = openDesk()
    taken(desk.publish('a', { published: START - 500 }))
    desk.clock.now += 7
    const { body, validators } = documentOf(desk, RSS)
    const built = /<lastBuildDate>([^<]+)</.exec(body)?.[1] ?? ''
    expect(Date.parse(built) / 1000).toBe(validators.modified)
    expect(validators.modified).toBe(START + 7)
  })
})

describe('what was sent', () => {
  it('is not rendered and not sent again until its data changes', () => {
    const desk = openDesk()
    taken(desk.publish('a'))
    expect(send(desk, articleTarget('a'))).toMatchObject({ kind: 'document' })
    desk.ledger.owe(articleTarget('a'), desk.ledger.nextSequence(), 0)
    expect(send(desk, articleTarget('a'))).toBe('unchanged')
    desk.clock.now += 5
    taken(desk.publish('a', { title: 'Another' }))
    expect(send(desk, articleTarget('a'))).toMatchObject({ kind: 'document' })
  })

  it('is rendered for a reader all the same', () => {
    const desk = openDesk()
    taken(desk.publish('a'))
    send(desk, articleTarget('a'))
    expect(rendering(desk, articleTarget('a'), true)).toMatchObject({
      unchanged: true,
      content: { kind: 'document', validators: { modified: START } },
    })
  })

  it('is sent again when the truth comes back to it after a write whose end nobody heard of', () => {
    const desk = openDesk()
    taken(desk.publish('a', { tags: ['x'] }))
    const target = feedTarget(tag('x'), FORMATS[0] ?? expect.fail())
    documentOf(desk, target)
    desk.ledger.owe(target, desk.ledger.nextSequence(), 0)
    send(desk, target)
    desk.clock.now += 5
    taken(desk.publish('b', { tags: ['x'] }))
    expect(rendering(desk, target, false)).toMatchObject({ unchanged: false })
    desk.clock.now += 5
    taken(desk.withdraw('b'))
    expect(send(desk, target)).toMatchObject({ kind: 'document' })
  })

  it('is a link that is sent again when its address comes back after such a write', () => {
    const desk = openDesk()
    const [one, two] = ['https://news.example/1', 'https://news.example/2']
    taken(desk.publish('a', { code: 'mheng', canonical: one }))
    send(desk, linkTarget('mheng'))
    taken(desk.publish('a', { canonical: two }))
    rendering(desk, linkTarget('mheng'), false)
    taken(desk.publish('a', { canonical: one }))
    expect(send(desk, linkTarget('mheng'))).toEqual({
      kind: 'link',
      record: { at: START + 2, codes: { mheng: { to: one, id: 'a' } } },
    })
  })
})

describe('an article', () => {
  it('that is public has a page and its JSON', () => {
    const desk = openDesk()
    const { article } = taken(
      desk.publish('a', { tags: ['C++'], summary: ['One'], section: 'World' }),
    )
    expect(JSON.parse(documentOf(desk, articleTarget('a')).body)).toEqual({
      id: 'a',
      tag: 'tag:news.example,2026:a',
      status: 'public',
      revision: 1,
      code: article.code,
      short_url: `https://nws.example/${article.code}`,
      url: 'https://news.example/articles/a',
      title: 'Story a',
      summary: ['One'],
      authors: [],
      section: 'World',
      tags: ['C++'],
      language: 'en',
      published: '2026-01-15T09:00:00Z',
      updated: '2026-01-15T09:00:00Z',
      html: '<p>The text of a.</p>',
    })
    const page = documentOf(desk, articlePageTarget('a'))
    expect(page.validators).toMatchObject({ status: 200, language: 'en' })
    expect(page.body).toContain('The text of a.')
  })

  it('that lives elsewhere has a redirect for a page, and a page again when it comes home', () => {
    const desk = openDesk()
    taken(desk.publish('a', { canonical: 'https://news.example/x' }))
    expect(contentOf(desk, articlePageTarget('a'))).toEqual({
      kind: 'redirect',
      location: 'https://news.example/x',
    })
    desk.clock.now += 1
    taken(desk.publish('a', { canonical: null }))
    expect(documentOf(desk, articlePageTarget('a')).validators.modified).toBe(START + 1)
  })

  it.each([{}, { canonical: 'https://news.example/x' }])(
    'that was withdrawn is 410 without its story (%j)',
    (more) => {
      const desk = openDesk()
      const secret = { title: 'SECRET', html: '<p>SECRET</p>', excerpt: 'SECRET', tags: ['SECRET'] }
      taken(desk.publish('a', { ...more, ...secret }))
      desk.clock.now += 1
      taken(desk.withdraw('a', 'It was wrong'))
      for (const target of [articleTarget('a'), articlePageTarget('a')]) {
        const { body, validators } = documentOf(desk, target)
        expect(validators.status).toBe(410)
        expect(body).not.toContain('SECRET')
      }
      expect(JSON.parse(documentOf(desk, articleTarget('a')).body)).toEqual({
        id: 'a',
        tag: 'tag:news.example,2026:a',
        status: 'withdrawn',
        withdrawn: '2026-01-15T09:00:01Z',
      })
    },
  )

  it('that was never public is absent everywhere, embargoed or withdrawn', () => {
    const desk = openDesk()
    taken(desk.publish('a', { published: START + 10, code: 'soon', tags: ['x'] }))
    const targets = [
      articleTarget('a'),
      articlePageTarget('a'),
      linkTarget('soon'),
      channelPageTarget(tag('x')),
      'feed:/tags/x/rss.xml',
    ]
    const absent = targets.map(() => ({ kind: 'absent' }))
    expect(targets.map((target) => contentOf(desk, target))).toEqual(absent)
    taken(desk.withdraw('a'))
    expect(targets.map((target) => contentOf(desk, target))).toEqual(absent)
    expect(documentOf(desk, RSS).body).not.toContain('Story a')
  })

  it.each([
    'nonsense',
    'article:',
    'feed:/tags/nobody/rss.xml',
    'feed:/rss.xml/',
    'page:/nobody',
    '',
  ])('or channel that nobody knows is absent (%s)', (target) => {
    expect(contentOf(openDesk(), target)).toEqual({ kind: 'absent' })
  })

  it.each(['feed:/tags/%78/rss.xml', 'feed://rss.xml', 'page:/tags/%78', 'feed:/tags/X/rss.xml'])(
    'or channel has one key: another spelling is absent (%s)',
    (target) => {
      const desk = openDesk()
      taken(desk.publish('a', { tags: ['x'] }))
      expect(contentOf(desk, target)).toEqual({ kind: 'absent' })
    },
  )
})

describe('a link record', () => {
  const recordOf = (desk: TestDesk, folded: string) => {
    const content = contentOf(desk, linkTarget(folded))
    if (content.kind !== 'link') throw new Error(content.kind)
    return content.record
  }

  it('holds all codes that fold alike, the exact one first, without embargoed ones', () => {
    const desk = openDesk()
    taken(desk.publish('a', { code: 'Mheng' }))
    taken(desk.publish('b', { code: 'mhenG' }))
    taken(desk.publish('c', { code: 'MHENG', published: START + 10 }))
    taken(desk.withdraw('b'))
    const record = recordOf(desk, 'mheng')
    expect(record.codes).toEqual({
      Mheng: { to: 'https://news.example/articles/a', id: 'a' },
      mhenG: { gone: true, when: START },
    })
    expect(resolveLink(record, 'Mheng')).toEqual(record.codes['Mheng'])
    expect(resolveLink(record, 'mhenG')).toEqual({ gone: true, when: START })
    expect(resolveLink(record, 'MHENG')).toBeUndefined()
  })

  it('answers any case while only one code folds so', () => {
    const desk = openDesk()
    taken(desk.publish('a', { code: 'Mheng' }))
    taken(desk.publish('c', { code: 'MHENG', published: START + 10 }))
    expect(resolveLink(recordOf(desk, 'mheng'), 'MHENG')).toEqual({
      to: 'https://news.example/articles/a',
      id: 'a',
    })
  })

  it.each(['constructor', 'prototype', '__proto__', 'toString'])(
    'holds the code %s like any other',
    (code) => {
      const desk = openDesk()
      taken(desk.publish('a', { code }))
      const to = { to: 'https://news.example/articles/a', id: 'a' }
      expect(resolveLink(recordOf(desk, code.toLowerCase()), code)).toEqual(to)
    },
  )
})

type Deed =
  | { do: 'publish'; id: string; tags: string[]; title: number; past: number }
  | { do: 'withdraw'; id: string }
  | { do: 'embargo'; id: string; future: number }
  | { do: 'pass'; seconds: number }

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
const deed: fc.Arbitrary<Deed> = fc.oneof(
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

/** What the world may know, kept by hand beside the ledger. */
type Model = Map<
  string,
  {
    state: 'public' | 'embargoed' | 'withdrawn'
    known: boolean
    published: number
    tags: string[]
    revision: number
    codes: string[]
  }
>

const CHANNELS: Channel[] = [ALL, tag('x'), tag('y')]
/** What notices, tombstones and corrections show is modelled in `desk-corrections.test.ts`. */
const WITHOUT_NOTICES = { ...PUBLICATION, withdrawalNoticeDays: 0 }
/** Ids of the entries that a feed document shows, in its order. */
function shownIn(body: string): string[] {
  const entries = body.replace(/<at:deleted-entry[^>]*>|"_tombstones":\{.*?\]\},?/g, '')
  const seen = [...entries.matchAll(/tag:news\.example,2026:([a-z0-9-]+)(?=["<])/g)].map(
    ([, found]) => found ?? '',
  )
  return [...new Set(seen)]
}

/** Members in order of joining, holes included, for the rule of the archive. */
type Positions = Map<string, string[]>

function expectedIn(model: Model, positions: Positions, channel: Channel): string[] {
  const members = [...model]
    .filter(([, { state, tags }]) => state === 'public' && belongs(tags, channel))
    .sort(([a, one], [b, two]) => two.published - one.published || (a < b ? -1 : 1))
    .map(([member]) => member)
  const joined = positions.get(channelKey(channel)) ?? []
  const complete = joined.length - (joined.length % ARCHIVE_PAGE_LENGTH)
  return members.filter((member, index) => index < 50 || joined.lastIndexOf(member) >= complete)
}

const belongs = (tags: string[], channel: Channel): boolean =>
  channel.kind === 'all' || tags.includes(channel.slug)

/** Does one deed to the desk and to the model; the desk must take or refuse what the model says. */
function perform(desk: TestDesk, model: Model, positions: Positions, next: Deed): void {
  const { now } = desk.clock
  const join = (member: string, before: string[] | undefined, tags: string[]): void => {
    for (const channel of CHANNELS) {
      if (!belongs(tags, channel) || (before && belongs(before, channel))) continue
      const key = channelKey(channel)
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
      Object.assign(one, { state: 'public', known: true, revision: one.revision + 1 })
      join(member, undefined, one.tags)
    }
    return
  }
  const known = model.get(next.id)
  if (next.do === 'withdraw') {
    const outcome = desk.withdraw(next.id)
    expect(outcome.ok).toBe(known !== undefined)
    if (!known || !outcome.ok) return
    expect(outcome.value.changed).toBe(known.state !== 'withdrawn')
    if (outcome.value.changed)
      Object.assign(known, { state: 'withdrawn', revision: known.revision + 1 })
    expect(outcome.value.article.revision).toBe(known.revision)
    return
  }
  const published = next.do === 'embargo' ? now + next.future : now - next.past
  const tags = next.do === 'embargo' ? ['x'] : next.tags
  const title = next.do === 'embargo' ? 'Soon' : `Title ${next.title}`
  const code = `Code-${next.id}-${title.length}`
  const outcome = desk.publish(next.id, { published, tags, title, code, republish: true })
  const refusedForFuture = next.do === 'embargo' && known?.known === true
  expect(outcome.ok).toBe(!refusedForFuture)
  if (!outcome.ok) return
  const { article, changed } = outcome.value
  expect(article.revision).toBe((known?.revision ?? 0) + (changed ? 1 : 0))
  expect(article.updated).toBeGreaterThanOrEqual(article.published)
  const state = published > now ? 'embargoed' : 'public'
  if (state === 'public') {
    join(next.id, known?.state === 'public' ? known.tags : undefined, tags)
    // Coming back within the second of its withdrawal it is a second newer, so at most one for each change.
    expect(article.updated).toBeLessThanOrEqual(now + article.revision)
  }
  model.set(next.id, {
    state,
    known: state === 'public' || (known?.known ?? false),
    published,
    tags,
    revision: article.revision,
    codes: [...new Set([...(known?.codes ?? []), code])],
  })
}

/** Everything that the outside can see is what the model says. */
function compare(
  desk: TestDesk,
  model: Model,
  positions: Positions,
  modified: Map<Target, number>,
  step: number,
): void {
  for (const channel of CHANNELS) {
    const target = feedTarget(channel, FORMATS[step % FORMATS.length] ?? expect.fail())
    const found = rendering(desk, target, true, WITHOUT_NOTICES)
    if (found.kind === 'too-early') continue
    const expected = expectedIn(model, positions, channel)
    const open = channel.kind === 'all' || (positions.get(channelKey(channel)) ?? []).length > 0
    if (!open) {
      expect(found.content.kind).toBe('absent')
      continue
    }
    if (found.content.kind !== 'document') throw new Error(found.content.kind)
    const { body, validators } = found.content
    expect(shownIn(body)).toEqual(expected)
    expect(validators.modified).toBeGreaterThanOrEqual(modified.get(target) ?? 0)
    expect(validators.etag).toBe(`W/"${digest(body)}"`)
    modified.set(target, validators.modified)
  }
  for (const [member, { state, known, codes }] of model) {
    const page = rendering(desk, articleTarget(member))
    if (page.kind === 'content') {
      const status = page.content.kind === 'document' ? page.content.validators.status : 'absent'
      expect(status).toBe(known ? (state === 'public' ? 200 : 410) : 'absent')
    }
    for (const code of codes) {
      const link = contentOf(desk, linkTarget(code.toLowerCase()))
      const answer = link.kind === 'link' ? resolveLink(link.record, code) : undefined
      const to = { to: `https://news.example/articles/${member}`, id: member }
      const gone = { gone: true, when: expect.any(Number) }
      expect(answer).toEqual(known ? (state === 'withdrawn' ? gone : to) : undefined)
    }
  }
}

describe('whatever the newsroom does', () => {
  it('documents, links and validators are those of a plain model, after every step', () => {
    let compared = 0
    fc.assert(
      fc.property(fc.array(deed, { minLength: 8, maxLength: 25 }), (deeds) => {
        const desk = openDesk()
        const model: Model = new Map()
        const positions: Positions = new Map()
        const modified = new Map<Target, number>()
        for (const next of deeds) {
          perform(desk, model, positions, next)
          compare(desk, model, positions, modified, compared)
          perform(desk, model, positions, { do: 'pass', seconds: 2 })
          compared += 1
        }
      }),
      { numRuns: runs(20) },
    )
    expect(compared).toBeGreaterThan(300)
  }, 60_000)

  it('a channel shows the newest 50 and all that are unarchived, after every one of 130 changes', () => {
    const desk = openDesk()
    const model: Model = new Map()
    const positions: Positions = new Map()
    const modified = new Map<Target, number>()
    for (let index = 0; index < 130; index += 1) {
      const past = (index * 37) % 113
      const member = `n${(index * 7) % 120}`
      perform(desk, model, positions, {
        do: 'publish',
        id: member,
        tags: ['x'],
        title: index,
        past,
      })
      if (index % 11 === 5) perform(desk, model, positions, { do: 'withdraw', id: `n${index}` })
      desk.clock.now += 2
      if (index % 7 === 0 || index > 110) compare(desk, model, positions, modified, index)
    }
    expect(positions.get('tags/x')?.length).toBeGreaterThan(100)
  }, 60_000)
})
