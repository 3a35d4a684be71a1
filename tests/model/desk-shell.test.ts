/**
 * Tests the promise of the outbox for the whole desk: when the outbox is empty, KV equals the
 * ledger.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Desk } from '../../src/desk/desk.ts'
import { runs } from '../support/runs.ts'
import { runPending, SimulatedDesk, useFakeClock } from '../support/simulated-desk.ts'

useFakeClock()

type Step =
  | { do: 'publish' | 'withdraw'; id: string; tags: string[]; correction: string | undefined }
  | { do: 'end'; index: number; how: 'succeeds' | 'fails' | 'succeeds unnoticed' }
  | { do: 'pass'; milliseconds: number }
  /** The bits of `arriving` select the pending writes that still reach KV. */
  | { do: 'evict'; arriving: number }
  | { do: 'request'; target: string }
  | { do: 'rebuild' }

const TARGETS = [
  'feed:/rss.xml',
  'feed:/tags/x/rss.xml',
  'page:/',
  'page:/feeds',
  'file:/feeds.opml',
  'file:/sitemap.xml',
  'file:/sitemaps/2026-01.xml',
  'file:/news-sitemap.xml',
  'feed:/tags/x/atom.xml',
  'feed:/corrections/feed.json',
  'page:/corrections',
  'page:/',
]
const id = fc.constantFrom('a', 'b', 'c')
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('publish' as const, 'publish' as const, 'withdraw' as const),
      id,
      tags: fc.subarray(['x', 'y']),
      correction: fc.constantFrom(undefined, undefined, 'One is two', 'Two is three'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      index: fc.nat(5),
      how: fc.constantFrom(
        'succeeds' as const,
        'succeeds' as const,
        'fails' as const,
        'succeeds unnoticed' as const,
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      milliseconds: fc.constantFrom(5, 200, 1000, 3000, 20_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('evict' as const), arriving: fc.nat(63) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('request' as const),
      target: fc.constantFrom(...TARGETS),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rebuild' as const) }) },
)

describe('the whole desk with ledger, renderers and alarm', () => {
  it('always empties its outbox in the end, and then every key in KV equals the ledger', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 30 }), async (steps) => {
        const simulation = new SimulatedDesk(Desk)
        let requests: Promise<unknown>[] = []
        for (const next of steps) {
          switch (next.do) {
            case 'publish':
              await simulation.publish(next.id, {
                tags: next.tags,
                republish: true,
                ...(next.correction !== undefined && { corrections: [next.correction] }),
              })
              break
            case 'withdraw':
              await simulation.desk.withdraw(next.id, {}, {})
              await simulation.advanceClock(10)
              break
            case 'end':
              simulation.writes[next.index]?.end(next.how)
              await runPending()
              break
            case 'pass':
              await simulation.advanceClock(next.milliseconds)
              break
            case 'evict':
              await simulation.evict((index) => ((next.arriving >> index) & 1) === 1)
              requests = []
              break
            case 'request':
              requests.push(simulation.desk.getContent(next.target))
              await runPending()
              break
            case 'rebuild':
              await simulation.desk.rebuild()
              break
            default:
              next satisfies never
          }
          const keys = simulation.writes.map(({ key }) => key)
          expect(new Set(keys).size).toBe(keys.length)
        }
        expect(await simulation.drainAll()).toBe(true)
        await Promise.all(requests)
        expect(await simulation.drainAll()).toBe(true)
        expect(simulation.listDifferingKeys()).toEqual([])
        // After two days, news has expired in the news sitemap. The alarm of an evicted object may
        // still fire, without effect.
        await simulation.advanceClock(49 * 3_600_000)
        expect(await simulation.drainAll()).toBe(true)
        await simulation.advanceClock(20_000)
        // Recent corrections and withdrawals expire in their documents one after another, by the
        // alarm alone.
        for (let ends = 0; ; ends += 1) {
          expect(simulation.listDifferingKeys()).toEqual([])
          const end = simulation.ledger.findNextExpiry()
          expect(simulation.alarm).toBe(end === undefined ? undefined : end * 1000)
          if (end === undefined) break
          expect(ends).toBeLessThan(2 * steps.length)
          await simulation.advanceClock(end * 1000 - Date.now())
          expect(await simulation.drainAll()).toBe(true)
        }
        for (const [key, value] of simulation.kv)
          if (key.startsWith('feed:')) expect(value).not.toMatch(/deleted-entry|Withdrawn article/)
      }),
      { numRuns: runs(30) },
    )
  })
})
