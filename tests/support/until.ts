/** Waits for a condition instead of a fixed time. */

/** Polls often at first and then rarely. */
const POLL_MS = { first: 5, longest: 50 }
const GROWTH = 1.3
const TIMEOUT_MS = 60_000

/**
 * Resolves once the condition is true. Rejects with the name of the condition if it is not true
 * within `timeoutMs`.
 */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  timeoutMs = TIMEOUT_MS,
): Promise<void> {
  const end = performance.now() + timeoutMs
  for (let pause = POLL_MS.first; !(await condition()); pause *= GROWTH) {
    if (performance.now() > end) throw new Error(`Not true after ${timeoutMs} ms: ${what}`)
    const pauseMs = Math.min(pause, POLL_MS.longest)
    await new Promise((resume) => setTimeout(resume, pauseMs))
  }
}
