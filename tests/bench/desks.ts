/** Prepares desks for measurements: with a feed of realistic size, or with a long archive. */
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { applyDraft } from '../../src/desk/editing.ts'
import { createLedger, type Ledger } from '../../src/desk/ledger/ledger.ts'
import type { Draft } from '../../src/model/article.ts'
import type { Story } from '../../src/model/story.ts'
import { articlePageTarget, articleTarget, linkTarget } from '../../src/wire/targets.ts'
import { buildDraft, expectOk } from '../support/drafts.ts'
import { asSql, createTransaction } from '../support/sqlite.ts'
import { buildArticle } from '../support/stories.ts'
import { type GeneratedManuscript, generateManuscript, generateManuscripts } from './manuscripts.ts'
import type { Running, Workshop } from './workshop.ts'

/** Lists the paths of the largest channels of a kind, largest first. */
export const listLargestChannels = (folder: string, name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `/${folder}/${name}-${index + 1}/`)
const POLLED_PATHS = [
  ...['/rss.xml', '/atom.xml', '/feed.json', '/'],
  ...listLargestChannels('sections', 'section', 6).map((place) => `${place}rss.xml`),
  ...listLargestChannels('tags', 'tag', 6).map((place) => `${place}atom.xml`),
  ...['/languages/en/feed.json', '/languages/ur/feed.json'],
  ...listLargestChannels('authors', 'author', 2).map((place) => `${place}rss.xml`),
]

/**
 * Requests each document that readers poll, so that the desk tracks it and keeps it up to date.
 * Resolves with the number of tracked documents.
 */
export async function requestPolledDocuments(desk: Running): Promise<number> {
  let count = 0
  for (const path of POLLED_PATHS) if ((await desk.get(path)).ok) count += 1
  await desk.waitForOutbox()
  return count
}

const ARTICLES = 120
/** With these options, a feed document of fifty items has about 300 KB. */
export const LARGE_FEED_STORIES = {
  form: 'markdown',
  dated: true,
  seed: 2,
  characters: 4_400,
} as const
export const NEWEST = generateManuscript(ARTICLES - 1, LARGE_FEED_STORIES)

/** Starts a desk with a full feed of realistic size. */
export async function openDeskWithFeed(
  workshop: Workshop,
  inspectorPort?: number,
): Promise<Running> {
  const desk = await workshop.start({ inspectorPort })
  await desk.publishAll(generateManuscripts(ARTICLES, LARGE_FEED_STORIES))
  await requestPolledDocuments(desk)
  return desk
}

/** Articles that exist before the measurement, so that there are channels to poll. */
const EARLIER_ARTICLES = 400

/** Starts a desk with earlier articles and tracked documents. */
export async function openDeskWithArchive(
  workshop: Workshop,
  inspectorPort?: number,
): Promise<Running> {
  const stateFolder = await prepareArchiveFolder(workshop, EARLIER_ARTICLES)
  const desk = await workshop.start({ stateFolder, inspectorPort })
  await requestPolledDocuments(desk)
  return desk
}

/**
 * The number of different texts. Cleaning a text for each of 100,000 articles would take longer
 * than everything else.
 */
const TEXTS = 200
const ARTICLES_PER_TRANSACTION = 1000
/** As long as the digests in the ETags and fingerprints that the desk stores. */
const DIGEST = 'x'.repeat(22)
const PAST = { form: 'html', dated: true, seed: 1 } as const

/**
 * Prepares the state folder of a desk that has this many articles in its ledger and an empty
 * outbox. Publishing a hundred thousand articles through the API would take half an hour, so the
 * desk's own code writes them into the ledger's file while no server has it open, and their outbox
 * rows are deleted.
 */
export async function prepareArchiveFolder(workshop: Workshop, articles: number): Promise<string> {
  const stateFolder = await prepareEmptyFolder(workshop)
  const { database, ledger } = openLedger(stateFolder)
  const texts = generateManuscripts(TEXTS, PAST).map((manuscript) => buildArticle(manuscript).story)
  let written = 0
  const context = { now: Date.now(), randomBytes: (count: number) => randomBytes(count) }
  for (let first = 0; first < articles; first += ARTICLES_PER_TRANSACTION) {
    const count = Math.min(ARTICLES_PER_TRANSACTION, articles - first)
    ledger.transaction(() => {
      for (const manuscript of generateManuscripts(count, { ...PAST, characters: 0 }, first)) {
        const draft = generateDraft(manuscript, texts[written % TEXTS])
        const { id, code } = expectOk(applyDraft(ledger, draft, {}, context)).article
        for (const target of [articleTarget(id), articlePageTarget(id), linkTarget(code)])
          ledger.saveDocument({ target, etag: DIGEST, modified: 0, fingerprint: DIGEST })
        written += 1
      }
      database.exec('DELETE FROM outbox')
    })
  }
  database.close()
  return stateFolder
}

/** Builds a draft with its own channels, title and time, and one of the prepared texts. */
function generateDraft(
  { id, published = '', authors, ...manuscript }: GeneratedManuscript,
  text: Story | undefined,
): Draft {
  const { title, summary, section, tags, dateline, language } = manuscript
  const own = { title, summary, section, tags, dateline, language }
  const names = authors.map((name) => ({ name }))
  return buildDraft(id, {
    ...text,
    ...own,
    authors: names,
    published: Date.parse(published) / 1000,
  })
}

/** Prepares the state folder of a desk that has started and is empty. */
export async function prepareEmptyFolder(workshop: Workshop): Promise<string> {
  const stateFolder = workshop.newFolder('desk')
  const desk = await workshop.start({ stateFolder })
  await desk.api('/api/wake', { method: 'POST' })
  await desk.waitForOutbox()
  await desk.stop()
  return stateFolder
}

/** Reuses prepared statements, as a Durable Object does. */
class CachingDatabase extends DatabaseSync {
  readonly #statements = new Map<string, StatementSync>()

  override prepare(query: string): StatementSync {
    const statement = this.#statements.get(query) ?? super.prepare(query)
    this.#statements.set(query, statement)
    return statement
  }
}

/** Opens the ledger of a desk that no server has open. */
export function openLedger(stateFolder: string): { database: DatabaseSync; ledger: Ledger } {
  // The runtime has files of its own beside the file of the object's storage.
  const file = readdirSync(stateFolder, { recursive: true, encoding: 'utf8' }).find((path) =>
    /Desk[\\/][0-9a-f]{64}\.sqlite$/.test(path),
  )
  if (file === undefined) throw new Error(`There is no ledger in ${stateFolder}`)
  const database = new CachingDatabase(join(stateFolder, file))
  // Everything in this file can be generated again, so it need not be synced.
  database.exec('PRAGMA synchronous = OFF')
  return { database, ledger: createLedger(asSql(database), createTransaction(database)) }
}
