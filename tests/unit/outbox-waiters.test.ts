/** Waiting for an empty outbox, with the desk's own outbox and a clock that the test moves. */
import { describe, expect, it, vi } from 'vitest'
import { MAX_WAITERS } from '../../src/desk/outbox-waiters.ts'
import { SETTINGS, SimulatedDesk, useFakeClock } from '../support/desk-world.ts'

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
function answersOf(world: SimulatedDesk): { owed: number[]; ask: (milliseconds: number) => void } {
  const owed: number[] = []
  const ask = (milliseconds: number): void =>
    void world.desk.getOverview(milliseconds).then((overview) => {
      if (overview.ok) owed.push(overview.value.rows)
    })
  return { owed, ask }
}

describe('a caller that waits for the outbox', () => {
  it('gets a response at once when the outbox is empty', async () => {
    const world = new SimulatedDesk(Desk)
    const { owed, ask } = answersOf(world)
    ask(30_000)
    await world.pass(0)
    expect(owed).toEqual([0])
  })

  it('gets a response when the last write ends, and not before', async () => {
    const world = new SimulatedDesk(Desk)
    await world.publish('a')
    const { owed, ask } = answersOf(world)
    ask(30_000)
    expect(world.writes.length).toBeGreaterThan(1)
    await world.end('well', world.writes[0]?.key)
    expect(owed).toEqual([])
    expect(await world.drainAll()).toBe(true)
    await world.pass(0)
    expect(owed).toEqual([0])
  })

  it('gets the remaining counts when its time is over', async () => {
    const world = new SimulatedDesk(Desk)
    await world.publish('a')
    const { owed, ask } = answersOf(world)
    ask(2000)
    await world.pass(1999)
    expect(owed).toEqual([])
    await world.pass(1)
    expect(owed).toHaveLength(1)
    expect(owed[0]).toBeGreaterThan(0)
  })

  it('gets a response at once if many wait already, and if the desk is closed', async () => {
    const world = new SimulatedDesk(Desk)
    await world.publish('a')
    const { owed, ask } = answersOf(world)
    for (let count = 0; count < MAX_WAITERS + 1; count += 1) ask(30_000)
    await world.pass(0)
    expect(owed).toHaveLength(1)
    const closed = world.restart({ ...SETTINGS, FEED_LENGTH: 'many' })
    expect((await closed.getOverview(30_000)).ok).toBe(false)
  })
})
