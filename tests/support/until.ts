/** Waits for a condition instead of a fixed time. */

/** Polls often at first and then rarely. */
const POLL_MS = { first: 5, longest: 50 }
const GROWTH = 1.3
const PATIENCE_MS = 60_000

/**
 * Resolves once the condition is true. Rejects, naming the condition, if it is not true within 60
 * seconds (or `patience`).
 */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  patience = PATIENCE_MS,
): Promise<void> {
  const end = performance.now() + patience
  for (let pause = POLL_MS.first; !(await condition()); pause *= GROWTH) {
    if (performance.now() > end) throw new Error(`Waited ${patience} ms in vain: ${what}`)
    const pauseMs = Math.min(pause, POLL_MS.longest)
    await new Promise((resume) => setTimeout(resume, pauseMs))
  }
}
