/**
 * Tests export and import together: the imported desk serves the same bytes as the first one,
 * whatever was published during the export.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PAGE_LIMITS } from '../../src/desk/backup/exporting.ts'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import { exportLines, importLines, listAllTargets, readContents } from '../support/copies.ts'
import { openDesk, PUBLICATION, START, type TestDesk } from '../support/drafts.ts'
import { runs } from '../support/runs.ts'
import { openMemoryLedger } from '../support/sqlite.ts'

type Row = Record<string, unknown>

type Step =
  | { do: 'publish'; id: string; tags: string[]; more: Row }
  | { do: 'withdraw'; id: string; legal?: string }
  | { do: 'link'; code: string; to: { url: string } | { article: string } }
  | { do: 'remove'; code: string; legal?: string }
  | { do: 'pass'; seconds: number }
  | { do: 'render'; index: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      tags: fc.subarray(['x', 'y', 'C++', 'إسلام']),
      more: fc.record(
        {
          title: fc.string({ minLength: 1, unit: 'grapheme' }).map((text) => text.trim() || 'x'),
          canonical: fc.constantFrom('https://news.example/1', 'https://news.example/2', null),
          code: fc.constantFrom('One', 'oNe', 'two', 'three', '__proto__'),
          published: fc.constantFrom(START - 1000, START + 30, START + 300),
          republish: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      {
        do: fc.constant('withdraw' as const),
        id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        legal: fc.constant('A court'),
      },
      { requiredKeys: ['do', 'id'] },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('link' as const),
      code: fc.constantFrom('One', 'four', 'five', 'FIVE'),
      to: fc.oneof(
        fc.constantFrom('https://news.example/1', 'https://news.example/x').map((url) => ({ url })),
        fc.constantFrom('a', 'b').map((article) => ({ article })),
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        do: fc.constant('remove' as const),
        code: fc.constantFrom('One', 'four', 'five', 'FIVE'),
        legal: fc.constant('A court'),
      },
      { requiredKeys: ['do', 'code'] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      seconds: fc.constantFrom(0, 1, 7, 60, 400),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('render' as const), index: fc.nat(60) }) },
)

function applySteps(desk: TestDesk, steps: Step[]): void {
  for (const next of steps) {
    switch (next.do) {
      case 'publish':
        desk.publish(next.id, { tags: next.tags, ...next.more })
        break
      case 'withdraw':
        desk.withdraw(next.id, next.legal === undefined ? {} : { legal: next.legal })
        break
      case 'link':
        desk.putLink(next.code, next.to)
        break
      case 'remove':
        desk.removeLink(next.code, next.legal)
        break
      case 'pass':
        desk.clock.now += next.seconds
        desk.release()
        break
      case 'render': {
        const targets = listAllTargets(desk.ledger)
        const target = targets[next.index % targets.length]
        if (target !== undefined)
          renderTarget(desk.ledger, PUBLICATION, target, desk.clock.now * 1000, true)
        break
      }
      default:
        next satisfies never
    }
  }
}

describe('an imported desk', () => {
  it('serves the same documents and exports the same lines as the first desk, after random changes', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 30 }),
        (steps, length) => {
          const first = openDesk()
          applySteps(first, steps)
          const before = exportLines(first.ledger, first.clock)
          const second = openMemoryLedger()
          expect(importLines(second, before, length)).toMatchObject({ value: { state: 'done' } })
          expect(exportLines(second, first.clock).slice(1)).toEqual(before.slice(1))
          // Documents that were rendered before the export are equal at any later time. The others
          // are equal if both desks render them in the same second.
          expect(readContents(second, first.clock)).toEqual(readContents(first.ledger, first.clock))
          const later = { now: first.clock.now + 100_000 }
          expect(readContents(second, later)).toEqual(readContents(first.ledger, later))
        },
      ),
      { numRuns: runs(30) },
    )
  })

  it('equals the first desk at the end of the export, even if that desk changes during the export', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 25 }),
        fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 25 }),
        fc.integer({ min: 1, max: 12 }),
        (steps, during, lines) => {
          const first = openDesk()
          applySteps(first, steps)
          let page = 0
          const exported = exportLines(first.ledger, first.clock, {
            limits: { ...PAGE_LIMITS, lines },
            meanwhile: () => {
              applySteps(first, during[page++] ?? [])
              if (page % 3 === 0) first.clock.now += 1
            },
          })
          const second = openMemoryLedger()
          expect(importLines(second, exported)).toMatchObject({ value: { state: 'done' } })
          expect(exportLines(second, first.clock).slice(1)).toEqual(
            exportLines(first.ledger, first.clock).slice(1),
          )
          expect(readContents(second, first.clock)).toEqual(readContents(first.ledger, first.clock))
        },
      ),
      { numRuns: runs(30) },
    )
  })
})
