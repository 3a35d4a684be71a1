/**
 * The journal of what a desk has accepted from this machine, so that only changes are sent. One
 * line an entry, appended as soon as the desk has responded, so that a kill loses nothing that was
 * acknowledged.
 */
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { dirname, relative } from 'node:path'
import * as v from 'valibot'

const JournalLineSchema = v.tuple([v.string(), v.string()])

/** A file, or one article of a file that has many, with the digest of what was sent. */
export type JournalEntry = { path: string; id?: string; digest: string }

/** Returns a digest of 22 characters, enough to distinguish versions of one manuscript. */
export const digestManuscript = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('base64url').slice(0, 22)

export class SentJournal {
  readonly #file: string
  readonly #digests: Map<string, string>

  constructor(file: string) {
    this.#file = file
    this.#digests = readJournal(file)
  }

  has(entry: JournalEntry): boolean {
    return this.#digests.get(this.#getKey(entry)) === entry.digest
  }

  /**
   * Keys are relative to the journal, so they do not depend on the working folder, and survive
   * moving both.
   */
  #getKey({ path, id }: JournalEntry): string {
    const relativePath = relative(dirname(this.#file), path)
    return id === undefined ? relativePath : `${relativePath}#${id}`
  }

  add(entries: JournalEntry[]): void {
    if (entries.length === 0) return
    const lines = entries.map((entry) => {
      this.#digests.set(this.#getKey(entry), entry.digest)
      return formatLine(this.#getKey(entry), entry.digest)
    })
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 })
    appendFileSync(this.#file, lines.join(''), { mode: 0o600 })
  }
}

/** The journal cannot be read. Treating it as empty would send old files over newer corrections. */
export class DamagedJournalError extends Error {
  constructor(file: string) {
    super(`Cannot read "${file}": it is damaged; delete it to have every manuscript sent again`)
  }
}

const formatLine = (key: string, digest: string): string => `${JSON.stringify([key, digest])}\n`

/** Ignores a last line without its end, which was being written when the process was killed. */
function readJournal(file: string): Map<string, string> {
  if (!existsSync(file)) return new Map()
  const text = readFileSync(file, 'utf8')
  const completeText = text.slice(0, text.lastIndexOf('\n') + 1)
  const lines = completeText.split('\n').slice(0, -1)
  const digests = new Map<string, string>()
  try {
    for (const line of lines) {
      const [key, digest] = v.parse(JournalLineSchema, JSON.parse(line))
      digests.set(key, digest)
    }
  } catch {
    throw new DamagedJournalError(file)
  }
  if (completeText.length < text.length || lines.length > 2 * digests.size + 100) {
    writeFileSync(`${file}.new`, [...digests].map((entry) => formatLine(...entry)).join(''), {
      mode: 0o600,
    })
    renameSync(`${file}.new`, file)
  }
  return digests
}
