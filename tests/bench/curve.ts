/** Draws the memory of a run as a curve (SVG) and formats it as a table, without side effects. */
import { median } from './comparison.ts'
import type { MemoryRun, MemorySample } from './memory.ts'
import type { Table } from './report.ts'

/** A run with the label of its curve. */
export type NamedRun = { name: string; run: MemoryRun }

const WIDTH = 760
const HEIGHT = 360
const LEFT = 62
const RIGHT = WIDTH - 20
const TOP = 20
const BOTTOM = HEIGHT - 46
/** These colours can be seen on white and on black. */
const COLOURS = ['#d1495b', '#2e86ab', '#66a182', '#edae49']
const GREY = '#808080'

/** Draws memory over time with one curve for each run. Both axes begin at zero. */
export function memoryCurve(runs: readonly NamedRun[]): string {
  // On a busy machine the last sample may be later than the end of the run.
  const ends = runs.flatMap(({ run }) => [run.minutes, (run.samples.at(-1)?.seconds ?? 0) / 60])
  const minutes = Math.max(1, ...ends)
  const highest = Math.max(
    1,
    ...runs.flatMap(({ run }) => run.samples.map((each) => each.megabytes)),
  )
  const step = stepFor(highest, 6)
  const ceiling = Math.ceil(highest / step) * step
  const x = (minute: number): number => LEFT + (minute / minutes) * (RIGHT - LEFT)
  const y = (megabytes: number): number => BOTTOM - (megabytes / ceiling) * (BOTTOM - TOP)
  const rules = multiples(step, ceiling).map(
    (megabytes) =>
      `<path d="M${LEFT} ${y(megabytes).toFixed(1)}H${RIGHT}" stroke="${GREY}" stroke-opacity=".3"/>` +
      text(LEFT - 8, y(megabytes) + 4, 'end', `${megabytes}`),
  )
  const times = multiples(stepFor(minutes, 12), minutes).map((minute) =>
    text(x(minute), BOTTOM + 18, 'middle', `${minute}`),
  )
  const curves = runs.map(({ name, run }, index) => {
    const colour = COLOURS[index % COLOURS.length]
    const points = run.samples.map(
      ({ seconds, megabytes }) => `${x(seconds / 60).toFixed(1)},${y(megabytes).toFixed(1)}`,
    )
    return (
      `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.5"/>` +
      `<text x="${RIGHT - 6}" y="${TOP + 14 + index * 18}" text-anchor="end" fill="${colour}">${escapeText(name)}</text>`
    )
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="${GREY}" role="img">`,
    '<title>Memory of workerd while readers poll and editors publish</title>',
    ...[...rules, ...times],
    text(WIDTH / 2, HEIGHT - 8, 'middle', 'minutes'),
    text(LEFT, TOP - 8, 'middle', 'MB resident'),
    ...curves,
    '</svg>\n',
  ].join('\n')
}

const text = (x: number, y: number, anchor: string, content: string): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${content}</text>`

const escapeText = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

const multiples = (step: number, max: number): number[] =>
  Array.from({ length: Math.floor(max / step) + 1 }, (_, index) => index * step)

/** Returns a step of 1, 2 or 5 times a power of ten, so that at most `count` steps reach `max`. */
export function stepFor(max: number, count: number): number {
  const power = 10 ** Math.floor(Math.log10(max / count))
  const factor = [1, 2, 5, 10].find((each) => each * power * count >= max) ?? 10
  return Math.max(1, factor * power)
}

/**
 * Builds a table with the memory of each run: before the polls, after twelve minutes, in the second
 * and the last quarter, and at most.
 */
export function memoryTable(runs: readonly NamedRun[]): Table {
  const head = [
    ...['memory of workerd, MB', 'minutes', 'requests', 'in no coding', '304', 'published'],
    ...['idle', 'after 12 min', 'median of the second quarter', 'of the last quarter', 'highest'],
    'CPU s / 1,000',
  ]
  const rows = runs.map(({ name, run }) => [
    ...[name, run.minutes, run.requests, run.identity, run.notModified, run.published],
    run.idleMegabytes,
    run.samples.find(({ seconds }) => seconds >= 12 * 60)?.megabytes ?? Number.NaN,
    ...[medianBetween(run, 0.25, 0.5), medianBetween(run, 0.75, 1)],
    Math.max(...run.samples.map(({ megabytes }) => megabytes)),
    run.cpuPerThousand,
  ])
  return { head, rows }
}

function medianBetween({ samples, minutes }: MemoryRun, from: number, to: number): number {
  const isInside = ({ seconds }: MemorySample): boolean =>
    seconds >= from * minutes * 60 && seconds <= to * minutes * 60 + 1
  return median(samples.filter(isInside).map(({ megabytes }) => megabytes))
}
