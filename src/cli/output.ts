/** What the CLI prints: lines for people, JSON lines for programs, a bar on a terminal and nowhere else. */
import { progress as createBar } from '@clack/prompts'
import { Pace } from './pace.ts'

/** `step`: so much of the total is done, which were so many things. */
export type Progress = {
  advance: (weight: number, count: number) => void
  end: (summary: string) => void
}

export type Output = {
  line: (text: string) => void
  error: (text: string) => void
  /** One thing done: its JSON with --json, else its lines; failures go to standard error. */
  item: (value: unknown, lines: string[], failed: boolean) => void
  /** `total`: the sum of the weights to come, in any unit. */
  startProgress: (total: number, title: string) => Progress
}

/** On a narrower terminal, or one that does not tell its width, the bar would break at every character. */
const MIN_BAR_COLUMNS = 60
/** Leaves room for count, rate and time left on the same line. */
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

/** Lines of single items would tear the bar, so on a terminal only failures are told, when it has ended. */
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
