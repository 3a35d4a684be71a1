/**
 * Records which manuscripts a desk has accepted from this machine, so that only changed ones are
 * sent again.
 *
 * The journal is a file with one entry on each line. Entries are appended as soon as the desk has
 * responded, so a killed process loses no entry of an earlier response.
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

/** A file, or one article (`id`) of a collection, with the digest of the bytes that were sent. */
export type JournalEntry = { path: string; id?: string; digest: string }

/** Returns a digest of 22 characters (132 bits), enough to tell versions of a manuscript apart. */
export const digestManuscript = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('base64url').slice(0, 22)

export class SentJournal {
  readonly #file: string
  readonly #digests: Map<string, string>

  constructor(file: string) {
    this.#file = file
    this.#digests = readJournal(file)
  }

  /** Returns whether the desk has accepted this version of the manuscript. */
  has(entry: JournalEntry): boolean {
    return this.#digests.get(this.#getKey(entry)) === entry.digest
  }

  /**
   * Returns the key of an entry. It has the path relative to the journal, which does not depend on
   * the current folder and stays the same when journal and manuscripts are moved together.
   */
  #getKey({ path, id }: JournalEntry): string {
    const relativePath = relative(dirname(this.#file), path)
    return id === undefined ? relativePath : `${relativePath}#${id}`
  }

  /** Appends entries to the file. Creates its folder if necessary. */
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

/**
 * Thrown if the journal is damaged. It must not be treated as empty, because then every manuscript
 * would be sent again and overwrite corrections that were made elsewhere.
 */
export class DamagedJournalError extends Error {
  constructor(file: string) {
    super(`Cannot read "${file}": it is damaged; delete it to have every manuscript sent again`)
  }
}

const formatLine = (key: string, digest: string): string => `${JSON.stringify([key, digest])}\n`

/**
 * Returns the digests by key. Ignores a last line without a line feed, because a killed process
 * left it incomplete. Rewrites the file if it has such a line, or if most of its lines are
 * outdated.
 */
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
