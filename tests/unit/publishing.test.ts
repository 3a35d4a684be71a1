/** Sends manuscripts to a desk in bounded requests, in order, and again after an interruption. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { DeskClient } from '../../src/client/client.ts'
import type { Manuscript } from '../../src/client/manuscripts.ts'
import {
  type ConnectionLost,
  type ManuscriptOutcome,
  publishManuscripts,
} from '../../src/client/publishing.ts'
import { SentJournal } from '../../src/client/sent-journal.ts'

const folder = mkdtempSync(join(tmpdir(), 'dateline-publishing-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type ScriptedResponse = Response | 'accepts all' | 'disconnects'

/** The ids in each request to the desk. */
let requests: string[][]
/** The delays between requests, in milliseconds. */
let delays: number[]
let responses: ScriptedResponse[]
beforeEach(() => {
  requests = []
  delays = []
  responses = []
})

const receipt = (id: string) => ({
  id,
  status: 'public',
  revision: 1,
  title: id,
  code: id,
  short_url: `https://nws.example/${id}`,
  canonical: `https://news.example/articles/${id}`,
  published: '2026-01-01T00:00:00Z',
  removed: [],
  changed: true,
})

/** A desk that returns the next of `responses`, and accepts every line if there is none. */
const desk = new DeskClient('https://news.example', 'token', async (_, request) => {
  const text = new TextDecoder().decode(request?.body as Uint8Array<ArrayBuffer>)
  const ids = text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id)
  requests.push(ids)
  const response = responses.shift() ?? 'accepts all'
  if (response === 'disconnects') throw new TypeError('fetch failed')
  if (response !== 'accepts all') return response
  const results = ids.map((id, index) => ({
    line: index + 1,
    id,
    status: 201,
    receipt: receipt(id),
  }))
  return Response.json({ results, accepted: ids.length, refused: 0 })
})

const manuscript = (id: string, characters = 100): Manuscript => ({
  name: `${id}.md`,
  id,
  bytes: characters,
  journalEntry: { path: join(folder, `${id}.md`), digest: 'one' },
  line: {
    ok: true,
    json: new TextEncoder().encode(JSON.stringify({ id, body: 'x'.repeat(characters) })),
  },
  check: () => ({ faults: [], removed: [], warnings: [] }),
})

async function* all(manuscripts: Manuscript[]): AsyncGenerator<Manuscript> {
  yield* manuscripts
}
const buildMany = (count: number): Manuscript[] =>
  Array.from({ length: count }, (_, index) => manuscript(`a${index}`))

async function publish(
  manuscripts: Manuscript[],
  sentJournal?: SentJournal,
): Promise<(ManuscriptOutcome | ConnectionLost)[]> {
  const outcomes: (ManuscriptOutcome | ConnectionLost)[] = []
  const options = {
    ...(sentJournal && { journal: sentJournal }),
    dryRun: false,
    wait: async (milliseconds: number) => void delays.push(milliseconds),
  }
  for await (const one of publishManuscripts(desk, all(manuscripts), options)) outcomes.push(one)
  return outcomes
}
const states = (outcomes: (ManuscriptOutcome | ConnectionLost)[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { state } of outcomes) counts[state] = (counts[state] ?? 0) + 1
  return counts
}
const refuseBusy = (status: number): Response =>
  Response.json(
    { title: 'Not now', status, detail: 'Cannot answer now', type: 'about:blank' },
    { status },
  )

describe('requests', () => {
  it('have at most 200 manuscripts each, and together have all manuscripts in order', async () => {
    const outcomes = await publish(buildMany(450))
    expect(requests.map((ids) => ids.length)).toEqual([200, 200, 50])
    expect(requests.flat()).toEqual(buildMany(450).map(({ id }) => id))
    expect(outcomes.map((one) => one.state !== 'lost' && one.id)).toEqual(requests.flat())
  })

  it('are limited to a few megabytes each', async () => {
    const outcomes = await publish(
      Array.from({ length: 30 }, (_, index) => manuscript(`l${index}`, 1_000_000)),
    )
    expect(states(outcomes)).toEqual({ published: 30 })
    for (const ids of requests) expect(ids.length).toBeLessThanOrEqual(5)
  })

  it('are not sent for manuscripts that the desk has accepted already or that are invalid', async () => {
    const journal = new SentJournal(join(folder, 'seen.ndjson'))
    await publish(buildMany(3), journal)
    requests = []
    const faulty: Manuscript = { ...manuscript('faulty'), line: { ok: false, faults: ['no'] } }
    const outcomes = await publish([...buildMany(3), faulty, manuscript('new')], journal)
    expect(requests).toEqual([['new']])
    expect(outcomes.map(({ state }) => state)).toEqual([
      'skipped',
      'skipped',
      'skipped',
      'failed',
      'published',
    ])
  })

  it('are not sent if there is nothing to publish', async () => {
    expect(await publish([])).toEqual([])
    expect(requests).toEqual([])
  })
})

describe('a desk that responded before', () => {
  it.each([
    ['no response', 'disconnects'],
    ['429', refuseBusy(429)],
    ['503', refuseBusy(503)],
  ] as [string, ScriptedResponse][])(
    'gets the same request again after %s',
    async (_, response) => {
      responses = ['accepts all', response, 'accepts all']
      const outcomes = await publish(buildMany(400))
      expect(states(outcomes)).toEqual({ published: 400 })
      expect(requests[2]).toEqual(requests[1])
      expect(delays).toHaveLength(1)
    },
  )

  it('gets the request again if it accepted only a part', async () => {
    const parts = [
      { line: 1, id: 'a0', status: 201, receipt: receipt('a0') },
      {
        line: 2,
        id: 'a1',
        status: 503,
        problem: { title: 'x', status: 503, detail: 'Cannot answer now' },
      },
    ]
    responses = [Response.json({ results: parts, accepted: 1, refused: 1 })]
    expect(states(await publish(buildMany(2)))).toEqual({ published: 2 })
    expect(requests).toHaveLength(2)
  })

  it('gets no more requests after several failed retries with growing delays', async () => {
    const journal = new SentJournal(join(folder, 'given-up.ndjson'))
    responses = ['accepts all', ...Array<ScriptedResponse>(20).fill('disconnects')]
    const outcomes = await publish(buildMany(700), journal)
    expect(states(outcomes)).toEqual({ published: 200, lost: 1 })
    expect(outcomes.at(-1)).toMatchObject({
      problem: {
        detail: expect.stringMatching(/^Cannot reach the desk at https:\/\/news\.example: /),
      },
    })
    expect(delays.length).toBeGreaterThanOrEqual(4)
    expect(delays).toEqual(delays.toSorted((a, b) => a - b))
    requests = []
    responses = []
    expect(states(await publish(buildMany(700), journal))).toEqual({ skipped: 200, published: 500 })
    expect(requests.flat()).toHaveLength(500)
  })
})

describe('a desk that has not responded yet', () => {
  it('is not retried', async () => {
    responses = ['disconnects']
    expect(states(await publish(buildMany(3)))).toEqual({ lost: 1 })
    expect(delays).toEqual([])
  })

  it('is not retried if it refuses the token', async () => {
    responses = [refuseBusy(401)]
    expect(states(await publish(buildMany(3)))).toEqual({ lost: 1 })
    expect(requests).toHaveLength(1)
  })
})
