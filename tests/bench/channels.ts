/** Feed documents that readers poll, so that publishing has to keep them true: the publication's and the largest channels'. */
import { type Running, settled } from './workshop.ts'

const POLLED: readonly string[] = [
  '/rss.xml',
  '/atom.xml',
  '/feed.json',
  '/',
  ...[1, 2, 3, 4, 5, 6].map((rank) => `/sections/section-${rank}/rss.xml`),
  ...[1, 2, 3, 4, 5, 6].map((rank) => `/tags/tag-${rank}/atom.xml`),
  ...['en', 'ur'].map((language) => `/languages/${language}/feed.json`),
  ...['author-1', 'author-2'].map((author) => `/authors/${author}/rss.xml`),
]

/** Asks for each once, which keeps it for good. Resolves with how many exist. */
export async function askForFeeds(desk: Running): Promise<number> {
  let kept = 0
  for (const path of POLLED) {
    const answer = await desk.get(path)
    await answer.arrayBuffer()
    if (answer.ok) kept += 1
  }
  await settled(desk)
  return kept
}
