/** The command `dateline reclean`: cleans all stored texts again, and shows what changes. */
import type { RecleanedPage } from '../client/client.ts'
import { type CommandContext, connect } from './commands.ts'

type Text = RecleanedPage['results'][number]

/**
 * Asks the desk for one page after another, and prints each article whose text changes. Returns 1
 * if the desk refused an article, and changes nothing if `dryRun` is set.
 */
export async function reclean(
  context: CommandContext,
  options: { dryRun: boolean },
): Promise<number> {
  const desk = connect(context)
  if (!desk) return 1
  const counts = { checked: 0, changed: 0, refused: 0 }
  for (let next: string | undefined; ; ) {
    const response = await desk.client.reclean(options.dryRun, next)
    if (!response.ok) {
      context.output.error(response.problem.detail)
      return 1
    }
    const page: RecleanedPage = response.value
    counts.checked += page.checked
    for (const text of page.results) {
      if (text.problem) counts.refused += 1
      if (text.changes.length > 0) counts.changed += 1
      context.output.item(text, formatText(text), text.problem !== undefined)
    }
    next = page.next
    if (next === undefined) break
  }
  const { checked, changed, refused } = counts
  context.output.line(
    `${checked} articles checked, ${changed} ${options.dryRun ? 'would change' : 'changed'}${refused > 0 ? `, ${refused} refused` : ''}`,
  )
  return refused > 0 ? 1 : 0
}

function formatText({ id, changes, removed, problem }: Text): string[] {
  const lines = [
    ...changes.map(
      ({ key, before, after }) =>
        `${id}: ${key}: ${JSON.stringify(before)} becomes ${JSON.stringify(after)}`,
    ),
    ...removed.map((what) => `${id}: removes ${what}`),
  ]
  if (!problem) return lines
  const faults = problem.errors?.map(({ detail }) => detail).join('; ') ?? problem.detail
  const scope = changes.length > 0 ? 'only the text is cleaned' : 'unchanged'
  return [...lines, `${id}: ${scope}, because the desk refuses other keys: ${faults}`]
}
