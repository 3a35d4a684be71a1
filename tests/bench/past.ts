/**
 * Gives a desk a past. A hundred thousand articles through the API would be half an hour of telling the wire, and
 * what is asked is what publishing costs with so many in the ledger. So the desk's own code writes them into the
 * ledger's file while no server has it open, and what they would owe to the wire is struck out.
 */
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { accept } from '../../src/desk/editing.ts'
import { createLedger } from '../../src/desk/ledger/ledger.ts'
import { prepareManuscript } from '../../src/manuscript/manuscript.ts'
import type { Draft } from '../../src/model/article.ts'
import type { Story } from '../../src/model/story.ts'
import { articlePageTarget, articleTarget, linkTarget } from '../../src/wire/targets.ts'
import { asSql, transactionOf } from '../support/sqlite.ts'
import { madeUp } from './manuscripts.ts'
import type { Workshop } from './workshop.ts'

/** So many different texts; cleaning each of a hundred thousand would take longer than all the rest. */
const TEXTS = 200
const ARTICLES_AT_ONCE = 1000
/** As long as the tags and fingerprints that the desk keeps. */
const TAG = 'x'.repeat(22)
const PAST_SEED = 1
const SETTINGS = {
  language: 'en',
  siteUrl: 'https://news.example',
  shortUrl: 'https://nws.example',
}

/** State folder of a desk with so many articles in its ledger, and nothing owed. */
export async function folderWithPast(workshop: Workshop, articles: number): Promise<string> {
  const stateFolder = workshop.newFolder(`past-${articles}`)
  const desk = await workshop.start({ stateFolder })
  await desk.api('/api/wake', { method: 'POST' })
  await desk.stop()
  const database = new DatabaseSync(ledgerFile(stateFolder))
  // Nothing is lost that could not be made again.
  database.exec('PRAGMA synchronous = OFF')
  const ledger = createLedger(asSql(database), transactionOf(database))
  const texts = Array.from({ length: TEXTS }, (_, index) => preparedStory(index))
  const moment = { now: Date.now(), randomBytes: (count: number) => randomBytes(count) }
  for (let first = 0; first < articles; first += ARTICLES_AT_ONCE) {
    ledger.transaction(() => {
      for (let index = first; index < Math.min(first + ARTICLES_AT_ONCE, articles); index += 1) {
        const outcome = accept(ledger, draftOf(index, texts), {}, moment)
        if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure))
        const { id, code } = outcome.value.article
        for (const target of [articleTarget(id), articlePageTarget(id), linkTarget(code)])
          ledger.saveDocument({ target, etag: TAG, modified: 0, fingerprint: TAG })
      }
      database.exec('DELETE FROM outbox')
    })
  }
  database.close()
  return stateFolder
}

/** The one file of the object's storage; beside it lies what the runtime notes for itself. */
export function ledgerFile(stateFolder: string): string {
  const file = readdirSync(stateFolder, { recursive: true, encoding: 'utf8' }).find((path) =>
    /Desk[\\/][0-9a-f]{64}\.sqlite$/.test(path),
  )
  if (file === undefined) throw new Error(`No ledger is in ${stateFolder}`)
  return join(stateFolder, file)
}

/** Through the same door as the API's. */
function preparedStory(index: number): Story {
  const manuscript = madeUp(index, { form: 'html', dated: true, seed: PAST_SEED })
  const bytes = new TextEncoder().encode(JSON.stringify(manuscript))
  const prepared = prepareManuscript(bytes, 'application/json', manuscript.id, SETTINGS)
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.failure))
  return prepared.value.draft.story
}

/** Article number `index`: channels, title and time of its own, one of the prepared texts. */
function draftOf(index: number, texts: readonly Story[]): Draft {
  const made = madeUp(index, { form: 'html', dated: true, seed: PAST_SEED, characters: 0 })
  const text = texts[index % texts.length]
  if (text === undefined) throw new Error('There are no texts')
  const { id, title, summary, section, tags, dateline, language, authors, published } = made
  return {
    id,
    story: {
      ...text,
      ...{ title, summary, section, tags, dateline, language },
      authors: authors.map((name) => ({ name })),
    },
    published: Date.parse(published ?? '') / 1000,
    republish: false,
  }
}
