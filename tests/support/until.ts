/** Waits for a condition instead of for a time. */

const POLL_MS = 15
const PATIENCE_MS = 20_000

/** Resolves once the condition holds; rejects, naming it, when it does not within 20 seconds (or `patience`). */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  patience = PATIENCE_MS,
): Promise<void> {
  const end = performance.now() + patience
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Waited ${patience} ms in vain: ${what}`)
    await new Promise((resume) => setTimeout(resume, POLL_MS))
  }
}
