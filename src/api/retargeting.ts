/**
 * Retargeting is visible at once where it is made: the isolate that took a change of a code, or of an article, goes on with
 * what the desk says now, not with what it remembers of the wire. Elsewhere it takes as long as the wire and memory do.
 */
import type { Context } from 'hono'
import { foldCode } from '../model/code.ts'
import { type App, desk } from '../reader/context.ts'
import { linkTarget } from '../wire/targets.ts'

/** Learns anew where a code leads, after it was changed here. */
export const learnCode = (c: Context<App>, code: string): Promise<void> =>
  learn(c, [linkTarget(foldCode(code))])

/** Many codes were taken here: none of them is unknown any more, although somebody probed it before (RULES L-07). */
export function forgetProbesOf(c: Context<App>, codes: readonly string[]): void {
  for (const code of codes) c.get('shield').forget(linkTarget(foldCode(code)))
}

/** Learns anew where all codes of an article lead that this isolate knows of, `code` among them. */
export const learnCodesOf = (c: Context<App>, article: { id: string; code: string }) =>
  learn(c, [linkTarget(foldCode(article.code)), ...c.get('memory').linksTo(article.id)])

/** The change is durable already: a desk that does not answer costs the memory, and is no failure. */
async function learn(c: Context<App>, targets: readonly string[]): Promise<void> {
  const memory = c.get('memory')
  const seconds = c.get('publication').memorySeconds
  for (const target of new Set(targets)) {
    // It may have been probed before there was such a code (RULES L-07).
    c.get('shield').forget(target)
    if (seconds === 0) continue
    try {
      const told = await desk(c).demand(target)
      const record = told.ok && told.value.kind === 'link' ? told.value.record : undefined
      memory.learn(target, seconds, record && { kind: 'link', record })
    } catch {
      memory.learn(target, seconds, undefined)
    }
  }
}
