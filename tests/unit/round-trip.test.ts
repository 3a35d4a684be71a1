/**
 * An article from the publish API can be sent back. If it is unchanged, nothing changes; if one key
 * was edited, only that key changes.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildFullArticle } from '../../src/api/article-receipt.ts'
import { acceptDraft } from '../../src/desk/editing.ts'
import type { StoredArticle } from '../../src/desk/ledger/ledger.ts'
import {
  type PreparedManuscript,
  prepareLine,
  prepareManuscript,
} from '../../src/manuscript/prepare.ts'
import type { Fault, Result } from '../../src/model/failures.ts'
import {
  expectFailure,
  expectOk,
  openDesk,
  PUBLICATION,
  START,
  type TestDesk,
} from '../support/drafts.ts'
import { runs } from '../support/runs.ts'

const encodeJson = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const prepare = (id: string, value: unknown): PreparedManuscript => {
  const prepared = prepareManuscript(encodeJson(value), 'application/json', id, PUBLICATION)
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.failure))
  return prepared.value
}
const send = (desk: TestDesk, id: string, value: unknown) =>
  acceptDraft(
    desk.ledger,
    PUBLICATION,
    prepare(id, value).draft,
    {},
    {
      now: desk.clock.now * 1000,
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    },
  )
const getFaults = (result: Result<unknown>): Fault[] => {
  const failure = expectFailure(result as Result<never>)
  return failure.reason === 'invalid' ? failure.faults : []
}
/** Returns the article as a client gets it: through JSON. */
const read = (desk: TestDesk, id: string): Record<string, unknown> =>
  JSON.parse(
    JSON.stringify(buildFullArticle(desk.ledger.findArticle(id) as StoredArticle, PUBLICATION)),
  )

const word = fc.constantFrom('Rover', 'wakes', 'خبر', 'नया', '新聞', 'C++', 'a & b <c>', "it's")
const line = fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => words.join(' '))
const name = fc.constantFrom('Sana Tariq', 'سنا', 'O’Neil & Sons', '山田')
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const text = fc.oneof(
  fc.record({
    body: fc.constantFrom(
      'ISLAMABAD: The first.\n\n- one\n- two\n',
      '**LAHORE**: Bold place.\r\n\r\n[link](/x) and <b>html</b>',
      'No place. <script>x</script>',
      '| a | b |\n|---|---|\n| 1 | 2 |\n\n[^1] note\n\n[^1]: Text.',
    ),
  }),
  fc.record({ html: fc.constantFrom('<p>A</p><p>B</p>', '<p>KARACHI: Text <i>x</i></p>') }),
)
const manuscript = fc
  .record({
    text,
    title: line,
    summary: optional(fc.oneof(line, fc.array(line, { minLength: 1, maxLength: 5 }))),
    dateline: optional(fc.constantFrom('ISLAMABAD', 'Lahore', 'کراچی')),
    authors: optional(
      fc.array(fc.oneof(name, fc.record({ name, url: fc.constant('https://a.example/سنا') })), {
        minLength: 1,
        maxLength: 3,
      }),
    ),
    section: optional(name),
    tags: optional(fc.array(name, { minLength: 1, maxLength: 3 })),
    language: optional(fc.constantFrom('en', 'AR-eg', 'ur')),
    image: optional(
      fc.record(
        {
          url: fc.constantFrom('/media/a%20b.png', 'https://a.example/خ.jpg'),
          alt: line,
          width: fc.nat(9).map((n) => n + 1),
          type: fc.constant('IMAGE/PNG'),
          credit: line,
        },
        { requiredKeys: ['url', 'alt'] },
      ),
    ),
    canonical: optional(
      fc.constantFrom('https://news.example/2026/a', 'https://news.example/articles/a'),
    ),
    code: optional(fc.constantFrom('abcde', 'Mixed-Case')),
    published: optional(fc.constantFrom('2026-01-15', '2025-10-14T12:00:00+05:00', '2999-01-01')),
  })
  .map(({ text: input, ...rest }) => ({ ...input, ...rest }))

describe('an article that is sent back as it was read', () => {
  it('changes nothing, whichever keys its manuscript had', () => {
    fc.assert(
      fc.property(manuscript, (input) => {
        const desk = openDesk()
        expectOk(send(desk, 'a', input))
        desk.clock.now += 100
        const again = expectOk(send(desk, 'a', read(desk, 'a')))
        expect(again).toMatchObject({ changed: false, article: { revision: 1 } })
      }),
      { numRuns: runs(120) },
    )
  })

  it('changes nothing after corrections, a withdrawal and a republication', () => {
    const desk = openDesk()
    const body = { title: 'A', body: 'Text.' }
    expectOk(send(desk, 'a', { ...body, correction: ['One', 'Two'] }))
    expectOk(send(desk, 'a', { ...body, correction: 'Three' }))
    expect(expectOk(send(desk, 'a', read(desk, 'a'))).changed).toBe(false)
    expectOk(desk.withdraw('a', { reason: 'Too early', legal: 'Order 7' }))
    const withdrawn = read(desk, 'a')
    expect(Object.keys(withdrawn)).toEqual(
      expect.arrayContaining(['withdrawn', 'reason', 'legal', 'corrections']),
    )
    expect(expectFailure(send(desk, 'a', withdrawn)).reason).toBe('withdrawn')
    const back = expectOk(send(desk, 'a', { ...withdrawn, republish: true }))
    expect(back.article).toMatchObject({ state: 'public', corrections: { length: 3 } })
    expect(expectOk(send(desk, 'a', read(desk, 'a'))).changed).toBe(false)
  })

  it('changes only the keys that were edited', () => {
    const desk = openDesk()
    expectOk(
      send(desk, 'a', { title: 'A', body: 'LAHORE: Text.', tags: ['Space'], correction: 'One' }),
    )
    const before = read(desk, 'a')
    expectOk(send(desk, 'a', { ...before, title: 'B' }))
    expect(read(desk, 'a')).toEqual({ ...before, title: 'B', revision: 2 })
    expectOk(send(desk, 'a', { ...read(desk, 'a'), correction: 'Two' }))
    expect(read(desk, 'a')['corrections']).toHaveLength(2)
  })

  it('is accepted as a line of NDJSON and as front matter, and changes nothing', () => {
    const desk = openDesk()
    expectOk(send(desk, 'a', { title: 'A', body: 'Text.' }))
    const prepared = prepareLine({ number: 1, bytes: encodeJson(read(desk, 'a')) }, PUBLICATION)
    if (!prepared.ok) throw new Error('refused')
    const moment = { now: START * 1000, randomBytes: (count: number) => new Uint8Array(count) }
    const { draft } = prepared.value
    expect(expectOk(acceptDraft(desk.ledger, PUBLICATION, draft, {}, moment)).changed).toBe(false)
    const markdown = new TextEncoder().encode(
      `---\ntitle: A\nrevision: 1\nstatus: public\ncorrections: []\n---\nText.`,
    )
    const front = prepareManuscript(markdown, 'text/markdown', 'a', PUBLICATION)
    if (!front.ok) throw new Error('refused')
    const result = acceptDraft(desk.ledger, PUBLICATION, front.value.draft, {}, moment)
    expect(expectOk(result).changed).toBe(false)
  })
})

describe('a key that the desk sets', () => {
  const openDeskWithArticle = () => {
    const desk = openDesk()
    expectOk(send(desk, 'a', { title: 'A', body: 'Text.', code: 'abcde', correction: 'One' }))
    return desk
  }

  it.each([
    ['revision', 7, 'revision is set by the desk and is now 1'],
    ['revision', '1', 'revision is set by the desk and is now 1'],
    ['status', 'withdrawn', 'status is set by the desk and is now "public"'],
    ['status', null, 'status is set by the desk and is now "public"'],
    [
      'short_url',
      'https://x.example/abcde',
      'is set by the desk and is now "https://nws.example/abcde"',
    ],
    ['withdrawn', '2026-01-15T09:00:00Z', 'withdrawn is set by the desk; leave it out'],
    ['reason', 'No', 'reason is set by the desk; leave it out'],
    ['legal', '', 'legal is set by the desk; leave it out'],
    ['corrections', [], 'corrections is set by the desk; send a new one as correction'],
    [
      'corrections',
      [{ at: '2026-01-15T09:00:00Z', text: 'Two' }],
      'corrections is set by the desk',
    ],
    ['corrections', 'One', 'corrections is set by the desk'],
  ])('is refused if it differs from the current value: %s', (key, value, detail) => {
    const desk = openDeskWithArticle()
    const before = read(desk, 'a')
    const faults = getFaults(send(desk, 'a', { ...before, title: 'B', [key]: value }))
    expect(faults).toEqual([{ detail: expect.stringContaining(detail), pointer: `/${key}` }])
    expect(read(desk, 'a')).toEqual(before)
  })

  it('is refused for an article that does not exist; all such keys are reported at once', () => {
    const desk = openDeskWithArticle()
    const { id: _, code: __, canonical: ___, ...rest } = read(desk, 'a')
    const faults = getFaults(send(desk, 'b', rest))
    expect(faults.map(({ pointer }) => pointer).sort()).toEqual([
      '/corrections',
      '/revision',
      '/short_url',
      '/status',
    ])
    expect(desk.ledger.findArticle('b')).toBeUndefined()
  })

  it('may have the same time with another UTC offset', () => {
    const desk = openDeskWithArticle()
    const corrections = [{ text: 'One', at: '2026-01-15T14:00:00+05:00' }]
    expect(expectOk(send(desk, 'a', { ...read(desk, 'a'), corrections })).changed).toBe(false)
  })

  it('is not suggested as the correction of a mistyped key', () => {
    const prepared = prepareManuscript(
      encodeJson({ title: 'A', body: 'Text.', stats: 1 }),
      'application/json',
      'a',
      PUBLICATION,
    )
    expect(JSON.stringify(prepared)).not.toContain('the nearest is \\"status\\"')
  })
})
