/** Checks that batches lose no item, and that each batch ends at the first item that fills it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitIntoBatches } from '../../src/text/batches.ts'
import { runs } from '../support/runs.ts'

async function* yieldEach<T>(items: T[]): AsyncGenerator<T> {
  yield* items
}

const total = (numbers: number[]): number => numbers.reduce((sum, each) => sum + each, 0)

describe('batches', () => {
  it('contain all items in order, reach a limit only with their last item, and are never empty', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(9), { maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 30 }),
        fc.boolean(),
        async (sizes, count, size, isAsync) => {
          const batches: number[][] = []
          const items = isAsync ? yieldEach(sizes) : sizes
          for await (const batch of splitIntoBatches(items, [count, size], (each) => [1, each]))
            batches.push(batch)
          expect(batches.flat()).toEqual(sizes)
          const isFull = (batch: number[]) => batch.length >= count || total(batch) >= size
          for (const batch of batches) {
            expect(batch).not.toEqual([])
            expect(isFull(batch.slice(0, -1))).toBe(false)
          }
          expect(batches.slice(0, -1).every(isFull)).toBe(true)
        },
      ),
      { numRuns: runs(200) },
    )
  })

  it('are yielded as soon as they are full, before more input is read', async () => {
    let read = 0
    function* countUp(): Generator<number> {
      while (true) yield (read += 1)
    }
    for await (const batch of splitIntoBatches(countUp(), [3], () => [1])) {
      expect(batch).toEqual([1, 2, 3])
      break
    }
    expect(read).toBe(3)
  })
})
