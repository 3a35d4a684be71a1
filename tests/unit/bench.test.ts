/** The pure parts of the benchmarks: wrong arithmetic gives figures that look as good as right ones. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memoryCurve, memoryTable, stepFor } from '../bench/curve.ts'
import { ResponseReader } from '../bench/framing.ts'
import { codeOf } from '../bench/links.ts'
import { madeUp, toLines } from '../bench/manuscripts.ts'
import type { MemoryRun } from '../bench/memory.ts'
import { type Frame, summarise } from '../bench/profile.ts'
import type { ReadRow } from '../bench/reads.ts'
import {
  aims,
  importTable,
  linkTable,
  pollTable,
  profileTable,
  readTable,
  round,
  table,
} from '../bench/report.ts'
import { median, medianRatio, percentile } from '../bench/statistics.ts'

describe('codes of a made-up ledger', () => {
  it('are another for each number, in the alphabet of codes', () => {
    for (const length of [5, 8, 11]) {
      const codes = Array.from({ length: 20_000 }, (_, index) => codeOf(index * 50, length))
      expect(new Set(codes).size).toBe(codes.length)
      for (const code of codes.slice(0, 100)) expect(code).toMatch(/^[2-9a-hjkmnp-z]+$/)
      expect(codes[0]).toHaveLength(length)
    }
  })
})

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)

  it('is the value at the rank of the share, in whatever order they come', () => {
    expect(percentile(hundred, 0.5)).toBe(50)
    expect(percentile(hundred, 0.99)).toBe(99)
    expect(percentile(hundred, 1)).toBe(100)
    expect(percentile([7], 0.99)).toBe(7)
  })

  it('of nothing is no number', () => {
    expect(percentile([], 0.5)).toBeNaN()
  })

  it('orders numbers as numbers', () => {
    expect(percentile([9, 10, 100], 1)).toBe(100)
  })
})

describe('median', () => {
  it('is the middle one, or the mean of the two in the middle', () => {
    expect(median([10, 9, 100])).toBe(10)
    expect(median([1, 2, 4, 100])).toBe(3)
  })
})

describe('medianRatio', () => {
  it('compares pair by pair: a slow minute that meets both of a pair changes nothing', () => {
    expect(medianRatio([50, 5, 50], [100, 10, 100])).toBe(0.5)
    // The medians alone would say 50 / 60.
    expect(medianRatio([50, 5, 60], [100, 10, 60])).toBe(0.5)
  })

  it('refuses values that do not pair up', () => {
    expect(() => medianRatio([1, 2], [1])).toThrow('Cannot pair 2 values with 1')
  })
})

describe('ResponseReader', () => {
  const RESPONSES = [
    {
      text: 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 300\r\n\r\n',
      status: 304,
      length: 0,
    },
    { text: 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello', status: 200, length: 5 },
    { text: 'HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n', status: 302, length: 0 },
    {
      text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n3;x=y\r\n\r\n\r\r\n0\r\nTrailer: x\r\n\r\n',
      status: 200,
      length: 13,
    },
  ]

  it('finds where each response ends, wherever the pieces are cut', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...RESPONSES),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        (response, cuts) => {
          const reader = new ResponseReader()
          const bytes = Buffer.from(response.text, 'latin1')
          let whole = false
          for (let offset = 0; offset < bytes.length; ) {
            expect(whole).toBe(false)
            const end = offset + (cuts.next().value ?? 1)
            whole = reader.push(bytes.subarray(offset, end))
            offset = end
          }
          expect({ whole, status: reader.status, length: reader.length }).toEqual({
            whole: true,
            status: response.status,
            length: response.length,
          })
        },
      ),
    )
  })

  it('reads one response after another', () => {
    const reader = new ResponseReader()
    const seen = RESPONSES.map(
      ({ text }) => reader.push(Buffer.from(text, 'latin1')) && reader.status,
    )
    expect(seen).toEqual([304, 200, 302, 200])
  })

  it('refuses what goes on behind its end, or does not say where that is', () => {
    expect(() =>
      new ResponseReader().push(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy')),
    ).toThrow('behind its end')
    expect(() => new ResponseReader().push(Buffer.from('HTTP/1.1 200 OK\r\n\r\nxy'))).toThrow(
      'where it ends',
    )
  })
})

describe('madeUp', () => {
  const options = { form: 'markdown', dated: true, seed: 1 } as const

  it('makes the same of the same seed, and other ids of another', () => {
    expect(madeUp(7, options)).toEqual(madeUp(7, options))
    expect(madeUp(7, options).id).not.toBe(madeUp(7, { ...options, seed: 2 }).id)
  })

  it('gives about three kilobytes of text, seven channels, and times that rise', () => {
    const manuscripts = Array.from({ length: 200 }, (_, index) => madeUp(index, options))
    for (const manuscript of manuscripts) {
      expect('body' in manuscript ? manuscript.body.length : 0).toBeGreaterThan(2_800)
      expect('body' in manuscript ? manuscript.body.length : 0).toBeLessThan(3_400)
      expect(new Set(manuscript.tags).size).toBe(3)
    }
    const times = manuscripts.map(({ published = '' }) => published)
    expect([...times].sort()).toEqual(times)
    expect(toLines(manuscripts.slice(0, 2)).split('\n')).toHaveLength(3)
  })

  it('meets few tags often and many seldom', () => {
    const tags = Array.from(
      { length: 1_000 },
      (_, index) => madeUp(index, { ...options, characters: 0 }).tags,
    ).flat()
    const counts = new Map<string, number>()
    for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1)
    expect(counts.get('tag 1')).toBeGreaterThan(150)
    expect([...counts.values()].filter((count) => count === 1).length).toBeGreaterThan(300)
    expect(counts.has('tag 0')).toBe(false)
  })
})

describe('summarise', () => {
  const frame = (functionName: string, url = 'worker.js'): Frame => ({
    functionName,
    url,
    lineNumber: 9,
    columnNumber: 0,
  })
  const profile = {
    nodes: [
      { id: 1, callFrame: frame('(root)', ''), children: [2, 5] },
      { id: 2, callFrame: frame('render'), children: [3] },
      { id: 3, callFrame: frame('escape'), children: [4] },
      { id: 4, callFrame: frame('render') },
      { id: 5, callFrame: frame('(idle)', '') },
    ],
    samples: [2, 3, 4, 4, 5, 5, 5],
  }

  it('counts a function once a stack, and leaves waiting out', () => {
    const { samples, functions } = summarise(
      'mine',
      profile,
      ({ url, lineNumber }) => `${url}:${lineNumber + 1}`,
    )
    expect(samples).toBe(4)
    expect(functions[0]).toEqual({ name: 'render', place: 'worker.js:10', self: 3, total: 4 })
    expect(functions.find(({ name }) => name === 'escape')).toMatchObject({ self: 1, total: 3 })
  })

  it('gives shares of all isolates together', () => {
    const mine = summarise('mine', profile, () => 'a.ts:1')
    const printed = profileTable([mine, { isolate: 'other', samples: 12, functions: [] }], 1)
    expect(printed).toContain('| mine    | 25.0 % |')
    expect(printed).toContain('| render   | mine    | a.ts:1 | 18.8 % |             25.0 % |')
    expect(printed).not.toContain('escape')
  })
})

describe('tables', () => {
  it('line up, figures on the right and words on the left', () => {
    expect(
      table(
        ['name', 'n'],
        [
          ['a', '1'],
          ['longer', '12,345'],
        ],
      ),
    ).toBe(
      [
        '| name   |      n |',
        '| ------ | -----: |',
        '| a      |      1 |',
        '| longer | 12,345 |',
      ].join('\n'),
    )
  })

  it('show figures as far as they mean something', () => {
    expect([1234.5, 99.44, 9.444, 0.0123, 0, Number.NaN].map(round)).toEqual([
      '1,235',
      '99.4',
      '9.4',
      '0.012',
      '0',
      '–',
    ])
  })

  const row: ReadRow = {
    case: 'feed, 304',
    requestsPerSecond: 1000,
    p50: 10,
    p99: 20,
    cpuPerThousand: 1.5,
    peakMemory: 300,
    bodyBytes: 0,
  }
  const constant = { ...row, case: 'constant 304', against: { rate: 0.896, cpu: 1.5 } }

  it('put each constant under what it is compared with', () => {
    const lines = readTable([row, constant]).split('\n')
    expect(lines[2]).toMatch(/^\| feed, 304 .*\| +\| +\|$/)
    expect(lines[3]).toMatch(/^\| – constant 304 .*\| +0\.90 × \| +1\.50 × \|$/)
  })

  it('tell what one poll brings, in whatever ways it was polled', () => {
    const rows = [
      { format: 'rss', bytes: { '304': 512, whole: 301_234 } },
      { format: 'atom', bytes: { '304': 512, whole: 9 } },
    ]
    expect(pollTable(rows).split('\n')).toEqual([
      '| bytes of one poll | 304 |   whole |',
      '| ----------------- | --: | ------: |',
      '| rss               | 512 | 301,234 |',
      '| atom              | 512 |       9 |',
    ])
  })

  it('name every aim of reading', () => {
    const against = (name: string, rate: number) => ({
      ...row,
      case: name,
      against: { rate, cpu: 1 },
    })
    const told = aims({
      reads: [
        against('constant 304', 0.9),
        against('the same gzip bytes, Blob', 0.89),
        against('the text uncompressed, string', 1.4),
        against('constant redirect', 2),
      ],
    })
    expect(told.map(({ reached }) => reached)).toEqual([true, false, true, true])
    expect(told[2]?.text).toBe('a full feed as gzip: at least 1.4 × its text, uncompressed')
  })

  it('count three keys of the wire to an imported article', () => {
    const imported = {
      form: 'html',
      articles: 1000,
      articlesPerSecond: 499.9,
      untilSettled: 10,
      cpuAcknowledged: 2,
      cpuSettled: 8,
      peakMemory: 300,
      clientPeakMemory: 100,
    } as const
    expect(importTable([imported])).toMatch(/\| +10 \| +300 \|/)
    expect(aims({ import: [imported] })).toMatchObject([{ measured: '500', reached: false }])
  })

  it('set each number of links against the fewest, and tell what else was compared', () => {
    const time = { p50: 20, p99: 1234 }
    const rows = [
      { case: 'mint a code', links: 1000, time },
      { case: 'mint a code', links: 1e6, time, against: { what: 'the fewest', ratio: 1.5 } },
      { case: 'embargoed', links: 1e6, time, against: { what: 'an unknown one', ratio: 9 } },
    ]
    const lines = linkTable(rows).split('\n')
    expect(lines[2]).toMatch(/^\| mint a code +\| +1,000 \| +20 \| +1,234 \| +\| +\|$/)
    expect(lines[4]).toMatch(/\| an unknown one \| +9\.00 × \|$/)
    const text = 'mint a code: at 1,000,000 links at most 1.5 × at 1,000'
    expect(aims({ links: rows })).toEqual([{ text, measured: '1.50 ×', reached: true }])
  })

  it('do not take an aim for reached because its figure was rounded up', () => {
    expect(aims({ reads: [row, constant] })).toMatchObject([{ measured: '0.90 ×', reached: false }])
    expect(aims({})).toEqual([])
  })
})

describe('the curve of memory', () => {
  const run: MemoryRun = {
    minutes: 20,
    idleMegabytes: 100,
    samples: Array.from({ length: 21 }, (_, minute) => ({
      seconds: minute * 60,
      megabytes: 100 + minute * 10,
      requests: minute * 1000,
    })),
    requests: 20_000,
    notModified: 5_000,
    identity: 9_000,
    published: 120,
    cpuPerThousand: 2.2,
  }

  it('has a line for each run, from left to right and higher for more', () => {
    const svg = memoryCurve([
      { name: 'a < b', run },
      { name: 'other', run },
    ])
    expect(svg.match(/<polyline/g)).toHaveLength(2)
    expect(svg).toContain('a &lt; b')
    const points = (/points="([^"]+)"/.exec(svg)?.[1] ?? '')
      .split(' ')
      .map((point) => point.split(',').map(Number))
    expect(points).toHaveLength(21)
    for (const [index, [x = 0, y = 0]] of points.slice(1).entries()) {
      const [previousX = 0, previousY = 0] = points[index] ?? []
      expect(x).toBeGreaterThan(previousX)
      expect(y).toBeLessThan(previousY)
    }
  })

  it('has marks at round figures', () => {
    expect(stepFor(860, 6)).toBe(200)
    expect(stepFor(300, 6)).toBe(50)
    expect(stepFor(60, 12)).toBe(5)
    expect(stepFor(1, 12)).toBe(1)
  })

  it('is told as a table: after twelve minutes, the quarters, the highest', () => {
    const row = memoryTable([{ name: 'this version', run }]).split('\n')[2] ?? ''
    const cells = row.split('|').map((cell) => cell.trim())
    expect(cells.slice(1, 13)).toEqual(
      'this version;20;20,000;9,000;5,000;120;100;220;175;275;300;2.2'.split(';'),
    )
  })
})
