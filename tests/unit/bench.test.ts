/** Checks the calculations of the benchmarks, because wrong figures can look plausible. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { growthAim, median, medianRatio, percentile, runInTurns } from '../bench/comparison.ts'
import { memoryCurve, memoryTable, stepFor } from '../bench/curve.ts'
import { ResponseReader } from '../bench/framing.ts'
import { importPart } from '../bench/importing.ts'
import { formatCode, linkPart } from '../bench/links.ts'
import { generateManuscript, toLines } from '../bench/manuscripts.ts'
import type { MemoryRun } from '../bench/memory.ts'
import { listPolls } from '../bench/polls.ts'
import { type Frame, profileTables, summarise } from '../bench/profile.ts'
import { readPart } from '../bench/reads.ts'
import { formatMarkdown, formatReport, type Part, round } from '../bench/report.ts'

describe('codes of a generated ledger', () => {
  it('are all different and use only the alphabet of codes', () => {
    for (const length of [5, 8, 11]) {
      const codes = Array.from({ length: 20_000 }, (_, index) => formatCode(index * 50, length))
      expect(new Set(codes).size).toBe(codes.length)
      for (const code of codes.slice(0, 100)) expect(code).toMatch(/^[2-9a-hjkmnp-z]+$/)
      expect(codes[0]).toHaveLength(length)
    }
  })
})

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)

  it('is the value at the rank of the share, whatever the order of the values', () => {
    expect(percentile(hundred, 0.5)).toBe(50)
    expect(percentile(hundred, 0.99)).toBe(99)
    expect(percentile(hundred, 1)).toBe(100)
    expect(percentile([7], 0.99)).toBe(7)
  })

  it('is not a number if there are no values', () => {
    expect(percentile([], 0.5)).toBeNaN()
  })

  it('orders numbers as numbers', () => {
    expect(percentile([9, 10, 100], 1)).toBe(100)
  })
})

describe('median', () => {
  it('is the middle value, or the mean of the two in the middle', () => {
    expect(median([10, 9, 100])).toBe(10)
    expect(median([1, 2, 4, 100])).toBe(3)
  })
})

describe('medianRatio', () => {
  it('compares values in pairs, so that a disturbance of both values of a pair changes nothing', () => {
    expect(medianRatio([50, 5, 50], [100, 10, 100])).toBe(0.5)
    // The ratio of the two medians would be 50 / 60.
    expect(medianRatio([50, 5, 60], [100, 10, 60])).toBe(0.5)
  })

  it('refuses lists of different lengths', () => {
    expect(() => medianRatio([1, 2], [1])).toThrow('Cannot pair 2 values with 1')
  })
})

describe('runInTurns', () => {
  it('runs each contestant once per turn in rotating order, after warm-up turns without results', async () => {
    const order: string[] = []
    const results = await runInTurns(['a', 'b', 'c'], { warmUp: 1, turns: 2 }, (name, turn) => {
      order.push(name)
      return `${name}${turn}`
    })
    expect(order.join('')).toBe('abcbcacab')
    expect(results).toEqual([
      ['a1', 'a2'],
      ['b1', 'b2'],
      ['c1', 'c2'],
    ])
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

  it('finds where each response ends, wherever the chunks are split', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...RESPONSES),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        (response, cuts) => {
          const reader = new ResponseReader()
          const bytes = Buffer.from(response.text, 'latin1')
          let isComplete = false
          for (let offset = 0; offset < bytes.length; ) {
            expect(isComplete).toBe(false)
            const end = offset + (cuts.next().value ?? 1)
            isComplete = reader.push(bytes.subarray(offset, end))
            offset = end
          }
          expect({ isComplete, status: reader.status, length: reader.length }).toEqual({
            isComplete: true,
            status: response.status,
            length: response.length,
          })
        },
      ),
    )
  })

  it('reads one response after another', () => {
    const reader = new ResponseReader()
    const statuses = RESPONSES.map(
      ({ text }) => reader.push(Buffer.from(text, 'latin1')) && reader.status,
    )
    expect(statuses).toEqual([304, 200, 302, 200])
  })

  it('refuses bytes after the end of the response, and a response without a recognisable end', () => {
    expect(() =>
      new ResponseReader().push(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy')),
    ).toThrow('after its end')
    expect(() => new ResponseReader().push(Buffer.from('HTTP/1.1 200 OK\r\n\r\nxy'))).toThrow(
      'neither a length nor chunks',
    )
  })
})

describe('generateManuscript', () => {
  const options = { form: 'markdown', dated: true, seed: 1 } as const

  it('returns the same manuscript for the same seed, and another id for another seed', () => {
    expect(generateManuscript(7, options)).toEqual(generateManuscript(7, options))
    expect(generateManuscript(7, options).id).not.toBe(
      generateManuscript(7, { ...options, seed: 2 }).id,
    )
  })

  it('returns about three kilobytes of text, three tags, and increasing times', () => {
    const manuscripts = Array.from({ length: 200 }, (_, index) =>
      generateManuscript(index, options),
    )
    for (const manuscript of manuscripts) {
      expect('body' in manuscript ? manuscript.body.length : 0).toBeGreaterThan(2_800)
      expect('body' in manuscript ? manuscript.body.length : 0).toBeLessThan(3_400)
      expect(new Set(manuscript.tags).size).toBe(3)
    }
    const times = manuscripts.map(({ published = '' }) => published)
    expect([...times].sort()).toEqual(times)
    expect(toLines(manuscripts.slice(0, 2)).split('\n')).toHaveLength(3)
  })

  it('uses a few tags often and many tags rarely', () => {
    const tags = Array.from(
      { length: 1_000 },
      (_, index) => generateManuscript(index, { ...options, characters: 0 }).tags,
    ).flat()
    const counts = new Map<string, number>()
    for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1)
    expect(counts.get('tag 1')).toBeGreaterThan(150)
    expect([...counts.values()].filter((count) => count === 1).length).toBeGreaterThan(300)
    expect(counts.has('tag 0')).toBe(false)
  })
})

describe('polls', () => {
  it('request what is new since an edition, or the whole document', () => {
    const polls = listPolls('"now"', (stories) => `"${stories} ago"`)
    expect(polls.map(({ name, status }) => `${name}: ${status}`)).toEqual([
      'nothing new (304): 304',
      ...[1, 5, 20].flatMap((stories) => [
        `delta of ${stories}: 226`,
        `delta of ${stories}, gzip: 226`,
      ]),
      ...['whole: 200', 'whole, gzip: 200', 'whole, br: 200'],
    ])
    expect(polls[0]?.headers).toEqual({ 'If-None-Match': '"now"' })
    const delta = { 'A-IM': 'feed', 'If-None-Match': '"5 ago"' }
    expect(polls[3]?.headers).toEqual(delta)
    expect(polls[4]?.headers).toEqual({ ...delta, 'Accept-Encoding': 'gzip' })
    expect(polls[9]?.headers).toEqual({ 'Accept-Encoding': 'br' })
  })
})

describe('a summarised profile', () => {
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

  it('counts a function once per stack, and does not count idle samples', () => {
    const { samples, functions } = summarise(
      'mine',
      profile,
      ({ url, lineNumber }) => `${url}:${lineNumber + 1}`,
    )
    expect(samples).toBe(4)
    expect(functions[0]).toEqual({ name: 'render', place: 'worker.js:10', self: 3, total: 4 })
    expect(functions.find(({ name }) => name === 'escape')).toMatchObject({ self: 1, total: 3 })
  })

  it('is reported in shares of the samples of all isolates', () => {
    const mine = summarise('mine', profile, () => 'a.ts:1')
    const other = { isolate: 'other', samples: 12, functions: [] }
    const report = formatReport([{ tables: profileTables([mine, other], 1) }])
    expect(report).toContain('| mine    | 25.0 % |')
    expect(report).toContain('| render   | mine    | a.ts:1 | 18.8 % |             25.0 % |')
    expect(report).not.toContain('escape')
  })
})

describe('tables', () => {
  it('are aligned, with numbers on the right and words on the left', () => {
    const rows = [
      ['a', 1],
      ['longer', 12_345, { times: 0.896 }],
    ]
    expect(formatMarkdown({ head: ['name', 'n', 'against it'], rows }).split('\n')).toEqual([
      '| name   |      n | against it |',
      '| ------ | -----: | ---------: |',
      '| a      |      1 |            |',
      '| longer | 12,345 |     0.90 × |',
    ])
  })

  it('show figures with as many digits as are meaningful', () => {
    expect([1234.5, 99.44, 9.444, 0.0123, 0, Number.NaN].map(round)).toEqual([
      '1,235',
      '99.4',
      '9.4',
      '0.012',
      '0',
      '–',
    ])
  })

  const buildReading = (name: string, requests: number, cpu = 1.5) => {
    const rounds = [{ requests, seconds: 1, latencies: [10, 10, 20], bodyBytes: 0, cpu }]
    return { name, peak: 300, rounds }
  }
  const listAims = ({ aims: all = [] }: Part) => all
  const formatLines = (part: Part) => formatReport([part]).split('\n')

  it('list each constant below the case that it is compared with', () => {
    const ours = buildReading('feed, 304', 896)
    const [, , first, second] = formatLines(
      readPart([[ours, buildReading('constant 304', 1000, 1)]]),
    )
    expect(first).toMatch(/^\| feed, 304 +\| +896 \| +10 \| +20 \| +1\.7 \| +300 \| +0 \| +\| +\|$/)
    expect(second).toMatch(/^\| – constant 304 .*\| +0\.90 × \| +1\.67 × \|$/)
  })

  it('compute the ratio of each round, and show the median', () => {
    const rounds = (name: string, rates: number[]) => ({
      ...buildReading(name, 1),
      rounds: rates.flatMap((rate) => buildReading(name, rate).rounds),
    })
    const ours = rounds('feed, 304', [50, 5, 60])
    const part = readPart([[ours, rounds('constant 304', [100, 10, 60])]])
    expect(listAims(part)).toMatchObject([{ measured: { times: 0.5 }, reached: false }])
  })

  it('list every aim of the read benchmark', () => {
    const part = readPart([
      [buildReading('feed, 304', 900), buildReading('constant 304', 1000)],
      [
        buildReading('feed, 50 items, gzip', 1400),
        buildReading('the same gzip bytes, Blob', 1573),
        buildReading('the text uncompressed, string', 1000),
      ],
      [buildReading('short link', 2), buildReading('constant redirect', 1)],
      [buildReading('unknown code', 2), buildReading('constant 404', 1)],
    ])
    expect(listAims(part).map(({ reached }) => reached)).toEqual([true, false, true, true])
    expect(listAims(part)[2]?.text).toBe(
      'a full feed as gzip: at least 1.4 × its text, uncompressed',
    )
  })

  it('count three KV keys for each imported article, and show the median of the runs', () => {
    const runs = [2.0004, 4, 1].map((seconds) => ({
      acknowledging: { seconds, cpu: 2 },
      draining: { seconds: 10, cpu: 6 },
      ...{ peak: seconds * 100, clientPeak: 100 },
    }))
    const [, , row, , , , aim] = formatLines(importPart(1000, [{ form: 'html', runs }]))
    expect(row).toMatch(
      /^\| HTML, 3 KB \| +1,000 \| +500 \| +10 \| +300 \| +2 \| +8 \| +400 \| +100 \|$/,
    )
    expect(aim).toMatch(/^\| import of html: at least 500 articles\/s \| +500 \| no +\|$/)
  })

  it('compare each number of links with the smallest one, unless a case has another comparison', () => {
    const buildTimes = (ratio: number) => [[10], [10 * ratio]]
    const part = linkPart(
      [1000, 1e6],
      [
        { name: 'mint a code', times: buildTimes(123.4), comparedWith: 'the small ledger' },
        { name: 'make a link', times: buildTimes(1.5), comparedWith: 'the small ledger' },
        { name: 'embargoed', times: buildTimes(9), comparedWith: 'an unknown code' },
      ],
    )
    const [few, many, , , embargoed, aim] = formatLines(part).slice(2)
    expect(few).toMatch(/^\| mint a code +\| +1,000 \| +10 \| +10 \| +\| +\|$/)
    expect(many).toMatch(
      /^\| mint a code +\| +1,000,000 \| +1,234 \| +1,234 \| the small ledger +\| +123\.40 × \|$/,
    )
    expect(embargoed).toMatch(/^\| embargoed +\| +1,000,000 .*\| an unknown code +\| +9\.00 × \|$/)
    expect(aim).toBe('')
    expect(listAims(part).map(({ text, reached }) => [text, reached])).toEqual([
      ['mint a code: at 1,000,000 links at most 1.5 × at 1,000', false],
      ['make a link: at 1,000,000 links at most 1.5 × at 1,000', true],
    ])
  })

  it('do not count an aim as reached because its figure was rounded', () => {
    const growth = { sizes: [100, 2000], things: 'articles', most: 1.2 }
    expect(
      formatLines({ tables: [], aims: growthAim('publish', growth, [[1], [1.2001]]) })[2],
    ).toBe('| publish: at 2,000 articles at most 1.2 × at 100 |   1.20 × | no      |')
    const part = readPart([[buildReading('feed, 304', 896), buildReading('constant 304', 1000)]])
    expect(formatLines(part).at(-1)).toMatch(/\| +0\.90 × \| no +\|$/)
    expect(formatReport([{ tables: [] }])).toBe('')
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

  it('has a line for each run, with time to the right and memory upward', () => {
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

  it('has marks at round numbers', () => {
    expect(stepFor(860, 6)).toBe(200)
    expect(stepFor(300, 6)).toBe(50)
    expect(stepFor(60, 12)).toBe(5)
    expect(stepFor(1, 12)).toBe(1)
  })

  it('has a table with the memory when idle, after twelve minutes, in two quarters, and at most', () => {
    const row = formatMarkdown(memoryTable([{ name: 'this version', run }])).split('\n')[2] ?? ''
    const cells = row.split('|').map((cell) => cell.trim())
    expect(cells.slice(1, 13)).toEqual(
      'this version;20;20,000;9,000;5,000;120;100;220;175;275;300;2.2'.split(';'),
    )
  })
})
