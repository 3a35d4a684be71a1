/**
 * Prints the output of the command line: lines for people, JSON lines for programs, and a progress
 * bar on a terminal.
 */
import { progress as createBar } from '@clack/prompts'
import { Pace } from './pace.ts'

/** A progress display. `advance` adds `weight` to the bar, for `count` finished items. */
export type Progress = {
  advance: (weight: number, count: number) => void
  end: (summary: string) => void
}

export type Output = {
  line: (text: string) => void
  error: (text: string) => void
  /** Prints one result: as JSON with --json, else as lines. Failures go to standard error. */
  item: (value: unknown, lines: string[], failed: boolean) => void
  /** `total` is the sum of all weights, in any unit. */
  startProgress: (total: number, title: string) => Progress
}

/**
 * On a narrower terminal, or one of unknown width, the bar would break the line at every character.
 */
const MIN_BAR_COLUMNS = 60
/** Leaves room for count, rate and remaining time on the same line. */
const BAR_CHARACTERS = 24

type OutputDependencies = { out: NodeJS.WriteStream; err: NodeJS.WriteStream; now: () => number }

export function createOutput(json: boolean, { out, err, now }: OutputDependencies): Output {
  const plain: Output = {
    line: (text) => void (json || out.write(`${text}\n`)),
    error: (text) => void err.write(json ? `${JSON.stringify({ error: text })}\n` : `${text}\n`),
    item: (value, lines, failed) => {
      if (json) out.write(`${JSON.stringify(value)}\n`)
      else for (const line of lines) (failed ? err : out).write(`${line}\n`)
    },
    startProgress: () => ({ advance: () => undefined, end: (summary) => plain.line(summary) }),
  }
  if (!json && out.isTTY && out.columns >= MIN_BAR_COLUMNS)
    plain.startProgress = (total, title) => startTerminalBar(plain, total, title, { out, now })
  return plain
}

/**
 * Shows a progress bar. Other lines would break the bar, so only failures are printed, after it has
 * ended.
 */
function startTerminalBar(
  plain: Output,
  total: number,
  title: string,
  { out, now }: Pick<OutputDependencies, 'out' | 'now'>,
): Progress {
  const failureLines: string[] = []
  const pace = new Pace(total, now())
  const bar = createBar({
    output: out,
    max: Math.max(1, total),
    style: 'light',
    size: BAR_CHARACTERS,
  })
  bar.start(title)
  const printItem = plain.item
  plain.item = (_, lines, failed) => void (failed && failureLines.push(...lines))
  return {
    advance: (weight, count) => {
      pace.add(weight, count, now())
      bar.advance(weight, `${title} ${pace.format()}`)
    },
    end: (summary) => {
      bar.stop(summary)
      plain.item = printItem
      for (const line of failureLines) plain.error(line)
    },
  }
}
