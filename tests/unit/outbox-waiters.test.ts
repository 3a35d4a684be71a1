/** Tests waiting for an empty outbox, with the real outbox and a clock that the test advances. */
import { describe, expect, it, vi } from 'vitest'
import { MAX_WAITERS } from '../../src/desk/outbox-waiters.ts'
import { SETTINGS, SimulatedDesk, useFakeClock } from '../support/simulated-desk.ts'

vi.mock('cloudflare:workers', () => ({
  DurableObject: class {
    ctx: unknown
    constructor(context: unknown) {
      this.ctx = context
    }
  },
}))
const { Desk } = await import('../../src/desk/desk.ts')

useFakeClock()

/** Returns the numbers of queued rows that each response reports, in order. */
function collectResponses(simulation: SimulatedDesk): {
  counts: number[]
  wait: (milliseconds: number) => void
} {
  const counts: number[] = []
  const wait = (milliseconds: number): void =>
    void simulation.desk.getOverview(milliseconds).then((overview) => {
      if (overview.ok) counts.push(overview.value.rows)
    })
  return { counts, wait }
}

describe('a caller that waits for the outbox', () => {
  it('gets a response at once when the outbox is empty', async () => {
    const simulation = new SimulatedDesk(Desk)
    const { counts, wait } = collectResponses(simulation)
    wait(30_000)
    await simulation.advanceClock(0)
    expect(counts).toEqual([0])
  })

  it('gets a response when the last write has ended, and not before', async () => {
    const simulation = new SimulatedDesk(Desk)
    await simulation.publish('a')
    const { counts, wait } = collectResponses(simulation)
    wait(30_000)
    expect(simulation.writes.length).toBeGreaterThan(1)
    await simulation.completeWrites('succeeds', simulation.writes[0]?.key)
    expect(counts).toEqual([])
    expect(await simulation.drainAll()).toBe(true)
    await simulation.advanceClock(0)
    expect(counts).toEqual([0])
  })

  it('gets the remaining counts when its wait times out', async () => {
    const simulation = new SimulatedDesk(Desk)
    await simulation.publish('a')
    const { counts, wait } = collectResponses(simulation)
    wait(2000)
    await simulation.advanceClock(1999)
    expect(counts).toEqual([])
    await simulation.advanceClock(1)
    expect(counts).toHaveLength(1)
    expect(counts[0]).toBeGreaterThan(0)
  })

  it('gets a response at once if too many callers are waiting, or if the desk is closed', async () => {
    const simulation = new SimulatedDesk(Desk)
    await simulation.publish('a')
    const { counts, wait } = collectResponses(simulation)
    for (let count = 0; count < MAX_WAITERS + 1; count += 1) wait(30_000)
    await simulation.advanceClock(0)
    expect(counts).toHaveLength(1)
    const closedDesk = simulation.restart({ ...SETTINGS, FEED_LENGTH: 'many' })
    expect((await closedDesk.getOverview(30_000)).ok).toBe(false)
  })
})
