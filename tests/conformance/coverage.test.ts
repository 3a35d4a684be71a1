/**
 * Checks that the tables in README.md are complete: every cited test exists, every test is cited,
 * every rule has its text, and every rule of the groups has a test or a reason why it has none.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const FOLDER = 'tests/conformance'
const README = readFileSync(`${FOLDER}/README.md`, 'utf8')

/** The groups whose rules must all be in the tables, with the number of the last rule. */
const GROUPS: readonly [letter: string, last: number][] = [
  ['R', 50],
  ['A', 33],
  ['J', 25],
  ['H', 69],
  ['L', 30],
  ['U', 38],
  ['X', 28],
  ['P', 24],
  ['S', 34],
  ['D', 26],
  ['T', 19],
]

/** Rows of the first table: `| R-01 | what it requires | rss.test.ts | name |`. */
const CITATIONS = [
  ...README.matchAll(/^\| ([A-Z]-\d\d) \| (.+) \| (\S+\.test\.ts) \| (.+) \|$/gm),
].map(([, rule = '', text = '', file = '', name = '']) => ({ rule, text, file, name }))
/** In the table this means: the same text as in the row above. */
const DITTO = '″'
/** Rows of the second table: `| R-09 | why |`. */
const UNTESTED = [...README.matchAll(/^\| ([A-Z]-\d\d) \| ([^|]+) \|$/gm)].map(
  ([, rule = '', why = '']) => ({ rule, why }),
)

const listTestNames = (file: string): string[] =>
  [
    ...readFileSync(`${FOLDER}/${file}`, 'utf8').matchAll(
      /\bit\(\s*(['"`])([\s\S]*?)\1,\s*(?:async\s*)?\(/g,
    ),
  ].map(([, , name = '']) => name)

const getRules = (name: string): string[] =>
  /^((?:[A-Z]-\d\d(?:, )?)+): /.exec(name)?.[1]?.split(', ') ?? []

const FILES = readdirSync(FOLDER).filter(
  (file) => file.endsWith('.test.ts') && file !== 'coverage.test.ts',
)

describe('README.md', () => {
  it('cites only existing tests, under rules that their titles name', () => {
    expect(CITATIONS.length).toBeGreaterThan(150)
    for (const { rule, file, name } of CITATIONS) {
      expect(FILES, name).toContain(file)
      expect(listTestNames(file), `${file} has no such test`).toContain(name)
      expect(getRules(name), name).toContain(rule)
    }
  })

  it('cites every test under each rule that its title names', () => {
    const expected = FILES.flatMap((file) =>
      listTestNames(file).flatMap((name) => {
        expect(getRules(name), `${file}: ${name}`).not.toEqual([])
        return getRules(name).map((rule) => `${rule} ${file} ${name}`)
      }),
    )
    const cited = CITATIONS.map(({ rule, file, name }) => `${rule} ${file} ${name}`)
    expect(cited.sort()).toEqual(expected.sort())
  })

  it('has the text of each rule once, in the first row of the rule', () => {
    const seen = new Set<string>()
    for (const { rule, text } of CITATIONS) {
      if (seen.has(rule)) expect(text, rule).toBe(DITTO)
      else expect(text, rule).toMatch(/^\[[MSVOG]\].{15,}/)
      seen.add(rule)
    }
  })

  it('gives a reason for every rule without a test', () => {
    const tested = new Set(CITATIONS.map(({ rule }) => rule))
    const untested = new Set(UNTESTED.map(({ rule }) => rule))
    for (const [letter, last] of GROUPS) {
      for (let number = 1; number <= last; number += 1) {
        const rule = `${letter}-${String(number).padStart(2, '0')}`
        expect(tested.has(rule) || untested.has(rule), `${rule} is not in the table`).toBe(true)
        expect(tested.has(rule) && untested.has(rule), `${rule} is in both tables`).toBe(false)
      }
    }
    for (const { why } of UNTESTED) expect(why.length).toBeGreaterThan(10)
  })
})
