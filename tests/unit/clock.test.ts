/**
 * Simulates clocks that are set back or ahead by seconds, a day or a year, with and without a
 * restart of the object. Acknowledged changes must reach KV within seconds after the clock has
 * changed.
 */
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { Alarm, SAFETY_INTERVAL_MS } from '../../src/desk/alarm.ts'
import { BulkPace } from '../../src/desk/bulk-pace.ts'
import { Desk } from '../../src/desk/desk.ts'
import { getMaxWait } from '../../src/desk/drain.ts'
import { ok } from '../../src/model/failures.ts'
import { WireCache } from '../../src/reader/cache.ts'
import { ClockWatch, checkDeskClock, correctDeskClock } from '../../src/reader/clock.ts'
import { Shield } from '../../src/reader/shield.ts'
import { getAge } from '../../src/text/time.ts'
import { buildDraft, expectOk, openDesk, START } from '../support/drafts.ts'
import { runs } from '../support/runs.ts'
import { SimulatedDesk, useFakeClock } from '../support/simulated-desk.ts'

useFakeClock()

const SECOND = 1000
const DAY = 86_400 * SECOND
const YEAR = 365 * DAY
const STEPS = [
  ['back by 40 s', -40 * SECOND],
  ['back by a day', -DAY],
  ['back by a year', -YEAR],
  ['ahead by 40 s', 40 * SECOND],
  ['ahead by a day', DAY],
  ['ahead by a year', YEAR],
] as const
/** Longer than the maximum wait of a row that has not failed. */
const SOON = getMaxWait(0) + 5 * SECOND

const FEED = 'feed:/rss.xml'
const moveClock = (by: number): void => void vi.setSystemTime(Date.now() + by)

/** Lets time pass, and ends every KV write successfully. */
async function runFor(simulation: SimulatedDesk, milliseconds: number): Promise<void> {
  const end = Date.now() + milliseconds
  while (Date.now() < end) {
    await simulation.completeWrites('succeeds')
    await simulation.advanceClock(250)
  }
  await simulation.completeWrites('succeeds')
}

async function simulateWithFeed(): Promise<SimulatedDesk> {
  const simulation = new SimulatedDesk(Desk)
  await simulation.publish('a')
  await simulation.desk.getContent(FEED)
  await runFor(simulation, SOON)
  expect(simulation.kv.get(FEED)).toContain('Story a')
  return simulation
}

async function withdraw(simulation: SimulatedDesk, id: string): Promise<void> {
  expect((await simulation.desk.withdraw(id, {}, {})).ok).toBe(true)
  await simulation.advanceClock(10)
}

function expectWithdrawn(simulation: SimulatedDesk): void {
  expect(simulation.kv.get(FEED)).not.toContain('Story a')
  expect(simulation.kv.get('page:/articles/a')).not.toContain('The text of a')
  expect(simulation.ledger.countOutbox(Date.now()).rows).toBe(0)
  expect(simulation.listDifferingKeys()).toEqual([])
}

describe('an acknowledged withdrawal', () => {
  for (const [name, step] of STEPS) {
    it(`reaches KV within seconds if the clock was set ${name} before it`, async () => {
      const simulation = await simulateWithFeed()
      moveClock(step)
      await withdraw(simulation, 'a')
      await runFor(simulation, SOON)
      expectWithdrawn(simulation)
    })

    it(`reaches KV if the clock is set ${name} before its write begins`, async () => {
      const simulation = await simulateWithFeed()
      await simulation.publish('b')
      await runFor(simulation, 500)
      await withdraw(simulation, 'a')
      moveClock(step)
      // Any request would do, for example one from a monitor or a reader.
      await simulation.desk.getOverview()
      await runFor(simulation, SOON)
      expectWithdrawn(simulation)
    })

    it(`reaches KV without a request if the object is killed and the clock is set ${name}`, async () => {
      const simulation = await simulateWithFeed()
      await simulation.publish('b')
      await withdraw(simulation, 'a')
      moveClock(step)
      await simulation.evict(() => false)
      await runFor(simulation, SOON)
      expectWithdrawn(simulation)
    })

    it(`reaches KV if the clock was set ${name} before it, and was corrected after a kill of the object`, async () => {
      const simulation = await simulateWithFeed()
      moveClock(step)
      await simulation.publish('b')
      await runFor(simulation, 500)
      await withdraw(simulation, 'a')
      await simulation.evict((index) => index % 2 === 0)
      moveClock(-step)
      await simulation.evict(() => false)
      await runFor(simulation, SOON)
      expectWithdrawn(simulation)
    })
  }
})

describe('KV', () => {
  it('equals the ledger in the end, however the clock changes and whenever the object is killed', async () => {
    const actions = fc.array(
      fc.oneof(
        fc.record({ publish: fc.constantFrom('a', 'b', 'c') }),
        fc.record({ withdraw: fc.constantFrom('a', 'b', 'c') }),
        fc.record({ jump: fc.constantFrom(...STEPS.map(([, step]) => step)) }),
        fc.record({ kill: fc.boolean() }),
        fc.record({ pass: fc.integer({ min: 0, max: 3000 }) }),
        fc.record({ fail: fc.boolean() }),
      ),
      { maxLength: 14 },
    )
    await fc.assert(
      fc.asyncProperty(actions, async (steps) => {
        vi.setSystemTime(START * 1000)
        const simulation = new SimulatedDesk(Desk)
        await simulation.desk.getContent(FEED)
        let edits = 0
        for (const step of steps) {
          edits += 1
          if ('publish' in step) {
            const edit = buildDraft(step.publish, { title: `Edit ${edits}`, republish: true })
            expect((await simulation.desk.publish(edit, {})).ok, 'an edit without published').toBe(
              true,
            )
            await simulation.advanceClock(10)
          } else if ('withdraw' in step) await simulation.desk.withdraw(step.withdraw, {}, {})
          else if ('jump' in step) moveClock(step.jump)
          else if ('kill' in step) await simulation.evict(() => step.kill)
          else if ('fail' in step) await simulation.completeWrites(step.fail ? 'fails' : 'succeeds')
          else await simulation.advanceClock(step.pass)
        }
        await simulation.desk.getOverview()
        await runFor(simulation, 20 * SECOND)
        expect(simulation.ledger.countOutbox(Date.now()).rows).toBe(0)
        expect(simulation.listDifferingKeys()).toEqual([])
      }),
      { numRuns: runs(30) },
    )
  })
})

describe('a row that waits longer than any back-off', () => {
  it('counts as failing until the next request, which makes it due', async () => {
    const simulation = await simulateWithFeed()
    simulation.ledger.enqueue(FEED, simulation.ledger.incrementSequence(), Date.now() + YEAR)
    const countFailing = async (): Promise<number | undefined> => {
      const overview = await simulation.desk.getOverview()
      return overview.ok ? overview.value.failing : undefined
    }
    expect(await countFailing()).toBe(1)
    expect(await countFailing()).toBe(0)
    await runFor(simulation, SOON)
    expect(simulation.ledger.countOutbox(Date.now()).rows).toBe(0)
  })

  it('is distinguished from a row that waits because of failures', () => {
    const { ledger } = openDesk()
    const now = START * 1000
    const attempts = [0, 1, 4, 8, 9, 40]
    for (const count of attempts) {
      ledger.enqueue(`row ${count}`, 1, now)
      for (let failure = 0; failure < count; failure += 1)
        ledger.postponeRow(
          { target: `row ${count}`, sequence: 1, attempts: failure, due: now },
          now + getMaxWait(count),
          'KV PUT failed',
        )
      if (count === 0)
        ledger.postponeRow(
          { target: 'row 0', sequence: 1, attempts: 0, due: now },
          now + getMaxWait(0),
          undefined,
        )
    }
    ledger.resetExcessiveWaits(now)
    expect(ledger.listDueRows(now, 9, new Set(), true)).toEqual([])
    expect(ledger.countOutbox(now).failing).toBe(attempts.length - 1)
    expect(ledger.countOutbox(now - 1).failing).toBe(attempts.length)
    ledger.resetExcessiveWaits(now - 1)
    expect(ledger.listDueRows(now - 1, 9, new Set(), true)).toHaveLength(attempts.length)
    expect(getMaxWait(40)).toBe(300_000)
  })
})

describe('the alarm', () => {
  const requests: Record<string, (simulation: SimulatedDesk) => Promise<unknown>> = {
    getArticle: (simulation) => simulation.desk.getArticle('a'),
    listArticles: (simulation) => simulation.desk.listArticles(undefined, 10),
    getLink: (simulation) => simulation.desk.getLink('abc'),
    listLinks: (simulation) => simulation.desk.listLinks('', 10),
    listUnknownCodes: (simulation) => simulation.desk.listUnknownCodes(10),
    lookUpCode: (simulation) => simulation.desk.lookUpCode('nowhere'),
    getContent: (simulation) => simulation.desk.getContent('article:nowhere'),
    getOverview: (simulation) => simulation.desk.getOverview(),
    exportPage: (simulation) => simulation.desk.exportPage(undefined),
    getImportStatus: (simulation) => simulation.desk.getImportStatus(),
    open: (simulation) => simulation.desk.open(),
  }
  for (const [name, request] of Object.entries(requests)) {
    it(`is set again by ${name} if it was set while the clock was a year ahead`, async () => {
      const simulation = new SimulatedDesk(Desk)
      moveClock(YEAR)
      await simulation.publish('a')
      await simulation.publish('later', { published: START + 3600 })
      moveClock(-YEAR)
      await request(simulation)
      expect(simulation.alarm).toBeLessThanOrEqual(Date.now() + SAFETY_INTERVAL_MS)
    })

    it(`is set again by ${name} if it should have fired long ago`, async () => {
      const simulation = new SimulatedDesk(Desk)
      await simulation.publish('later', { published: START + 3600 })
      simulation.alarm = undefined
      moveClock(2 * 3600 * SECOND)
      await request(simulation)
      expect(simulation.alarm).toBeLessThanOrEqual(Date.now() + SAFETY_INTERVAL_MS)
    })
  }

  it('is not changed by requests while it is set correctly', async () => {
    const simulation = await simulateWithFeed()
    await simulation.publish('later', { published: START + 3 * 365 * 86_400 })
    await runFor(simulation, SOON)
    const { armed } = simulation
    for (const request of Object.values(requests))
      if (request !== requests['open']) await request(simulation)
    expect(simulation.armed).toBe(armed)
  })

  it('waits for an embargo however far ahead it is, because scheduled times are trusted', async () => {
    const simulation = new SimulatedDesk(Desk)
    const published = START + 3 * 365 * 86_400
    await simulation.publish('later', { published })
    for (const request of Object.values(requests)) await request(simulation)
    await runFor(simulation, SOON)
    expect(simulation.alarm).toBe(published * 1000)
    expect(simulation.ledger.findArticle('later')?.state).toBe('embargoed')
  })

  it('is brought forward and never delayed, unless it is overdue', () => {
    const set: number[] = []
    const alarm = new Alarm({
      findNextTime: () => 50_000,
      storage: {
        setAlarm: async (at) => void set.push(Number(at)),
        deleteAlarm: async () => undefined,
      },
    })
    alarm.reschedule(0)
    alarm.bringForward(60_000)
    alarm.bringForward(undefined)
    alarm.bringForward(40_000)
    alarm.ensureArmed(0)
    alarm.ensureArmed(40_000 + SAFETY_INTERVAL_MS)
    expect(set).toEqual([50_000, 40_000])
    alarm.ensureArmed(40_001 + SAFETY_INTERVAL_MS)
    expect(set).toEqual([50_000, 40_000, 50_000])
  })
})

describe('a clock that was set back', () => {
  it('is detected once for each change, by the first request after it', () => {
    const watch = new ClockWatch()
    const times = [5000, 6000, 5001, 7000, 2000, 2500, 1499, 1500, 9000]
    expect(times.filter((now) => watch.wasSetBack(now))).toEqual([2000, 1499])
  })

  it('makes the desk end its object as soon as a caller sends the right time, and a new object has that time', async () => {
    const simulation = await simulateWithFeed()
    await withdraw(simulation, 'a')
    const right = Date.now() - DAY
    let callCount = 0
    const callOpen = async (clock?: number) => {
      callCount += 1
      try {
        return await simulation.desk.open(clock)
      } catch (cause) {
        vi.setSystemTime(right)
        await simulation.evict(() => false)
        throw cause
      }
    }
    await correctDeskClock(
      () => ({ open: callOpen }),
      () => right,
    )
    expect(callCount).toBe(2)
    await runFor(simulation, SOON)
    expectWithdrawn(simulation)
  })

  it('is not assumed if the caller sends no time, or a time that is at most a second behind', async () => {
    const simulation = new SimulatedDesk(Desk)
    for (const clock of [undefined, Date.now() - 1000, Date.now() + DAY])
      expect((await simulation.desk.open(clock)).ok).toBe(true)
    await expect(simulation.desk.open(Date.now() - 1001)).rejects.toThrow('The clock was set back')
  })

  it('is detected by the time in a response of the desk, even if no request has noticed the change', async () => {
    const reportedTimes: (number | undefined)[] = []
    const callOpen = async (clock?: number) => {
      reportedTimes.push(clock)
      return ok({ opened: true as const })
    }
    const desk = () => ({ open: callOpen })
    for (const deskTime of [START - 5, START, START + 1000])
      await checkDeskClock(desk, deskTime, () => START)
    expect(reportedTimes).toEqual([])
    await checkDeskClock(desk, START + 1001, () => START)
    expect(reportedTimes).toEqual([START])
  })

  it('does not prevent a response if the desk does not receive the new time', async () => {
    const callOpen = async () => {
      throw new Error('the desk failed')
    }
    await correctDeskClock(
      () => ({ open: callOpen }),
      () => START,
    )
    expect(console.warn).toHaveBeenCalledTimes(2)
  })
})

describe('a bulk run', () => {
  it('ends at once if its last call is in the future, because the clock was set back', () => {
    const pace = new BulkPace()
    pace.recordCall(START * 1000)
    const before = START * 1000 - DAY
    expect(pace.getBacklogStart(before)).toBe(before)
    expect(pace.getBacklogStart(START * 1000 + 500)).toBe(START * 1000 + 1000)
  })
})

describe('an article published while the clock was a year ahead', () => {
  const WRONG = START + YEAR / 1000
  const publishWronglyDated = () => {
    const desk = openDesk()
    desk.clock.now = WRONG
    expectOk(desk.publish('a'))
    desk.clock.now = START
    return desk
  }

  it('can be edited: an edit without `published`, or with the same `published`, changes no time', () => {
    const desk = publishWronglyDated()
    const edited = expectOk(desk.publish('a', { title: 'Edited' }))
    expect(edited.article).toMatchObject({ state: 'public', published: WRONG, revision: 2 })
    const again = expectOk(desk.publish('a', { title: 'Edited again', published: WRONG }))
    expect(again.article).toMatchObject({ state: 'public', revision: 3 })
  })

  it('can be corrected, withdrawn and republished', () => {
    const desk = publishWronglyDated()
    const corrected = expectOk(desk.publish('a', { corrections: ['It was five'] }))
    expect(corrected.article.corrections).toHaveLength(1)
    expect(expectOk(desk.withdraw('a')).article.state).toBe('withdrawn')
    expect(expectOk(desk.publish('a', { republish: true })).article.state).toBe('public')
  })

  it('is withdrawn at the right time', () => {
    const desk = publishWronglyDated()
    expect(expectOk(desk.withdraw('a')).article.withdrawn?.when).toBe(START)
  })

  it('can be moved to a past time, and then `updated` is the current time', () => {
    const desk = publishWronglyDated()
    const { article } = expectOk(desk.publish('a', { published: START - 60 }))
    expect(article).toMatchObject({ state: 'public', published: START - 60, updated: START })
  })

  it('cannot be moved to another time in the future', () => {
    const desk = publishWronglyDated()
    const moved = desk.publish('a', { published: WRONG + 1 })
    expect(moved.ok || moved.failure.reason).toBe('moved-into-future')
  })
})

describe('the caches of an isolate', () => {
  const createClock = (now: number) => {
    const clock = { now }
    return { clock, read: () => clock.now }
  }

  for (const [name, step] of STEPS.filter(([, by]) => by < 0)) {
    it(`read KV again at once if the clock was set ${name}, and accept its values`, async () => {
      const { clock, read } = createClock(START * 1000)
      const cache = new WireCache(read)
      const redirect = (location: string) => ({ kind: 'redirect', location }) as const
      const newer = { kind: 'link', record: { at: START, codes: {} } } as const
      const older = { kind: 'link', record: { at: START - 9, codes: {} } } as const
      cache.set('page:/', 5, redirect('/a'))
      cache.set('link:a', 5, newer)
      cache.set('link:b', 5, newer)
      clock.now += step
      expect(cache.get('page:/', 5)).toBeUndefined()
      expect(await cache.refresh('page:/', 5, async () => redirect('/b'))).toEqual(redirect('/b'))
      expect(cache.get('page:/', 5)).toEqual(redirect('/b'))
      // The cached value is dated in the future too, so an older one is accepted.
      expect(await cache.refresh('link:a', 5, async () => older)).toEqual(older)
      expect(await cache.refresh('link:b', 5, async () => undefined)).toBeUndefined()
    })

    it(`call the desk again at once if the clock was set ${name}`, async () => {
      const { clock, read } = createClock(START * 1000)
      const shield = new Shield(read, async () => undefined)
      let callCount = 0
      const request = () =>
        shield.getOrLoad('a', 'client', async () => {
          callCount += 1
          return { result: ok(callCount), bytes: 10 }
        })
      expect(await request()).toEqual(ok(1))
      expect(await request()).toEqual(ok(1))
      clock.now += step
      expect(await request()).toEqual(ok(2))
      expect(await request()).toEqual(ok(2))
    })
  }

  it('use a cached value if the clock was set back by less than a second', () => {
    const { clock, read } = createClock(START * 1000)
    const cache = new WireCache(read)
    cache.set('page:/', 5, { kind: 'redirect', location: '/a' })
    clock.now -= 999
    expect(cache.get('page:/', 5)).toBeDefined()
    expect([getAge(2000, 1000), getAge(2001, 1000), getAge(1000, 2000)]).toEqual([
      -1000,
      Number.POSITIVE_INFINITY,
      1000,
    ])
  })
})
