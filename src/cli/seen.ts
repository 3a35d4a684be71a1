/** Digests of manuscripts that a desk has taken, so that only what changed since is sent again. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import * as v from 'valibot'

const SeenSchema = v.record(v.string(), v.string())

export const digestOfFile = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex')

export class Seen {
  readonly #file: string
  readonly #digests: Record<string, string>

  constructor(file: string) {
    this.#file = file
    this.#digests = read(file)
  }

  has(path: string, digest: string): boolean {
    return this.#digests[this.#nameOf(path)] === digest
  }

  /** From where the memory is: the same wherever one stands, and when both are moved together. */
  #nameOf(path: string): string {
    return relative(dirname(this.#file), path)
  }

  /** Kept at once and whole: a kill between two files forgets neither. */
  add(path: string, digest: string): void {
    this.#digests[this.#nameOf(path)] = digest
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 })
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#digests, null, 1))
    renameSync(`${this.#file}.new`, this.#file)
  }
}

/** The memory cannot be read; to take it for empty would send everything again over what was corrected since. */
export class DamagedMemory extends Error {
  constructor(file: string) {
    super(`Cannot read "${file}": it is damaged; delete it to have every manuscript sent again`)
  }
}

function read(file: string): Record<string, string> {
  if (!existsSync(file)) return {}
  try {
    return v.parse(SeenSchema, JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    throw new DamagedMemory(file)
  }
}
