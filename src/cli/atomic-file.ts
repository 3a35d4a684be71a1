/**
 * A file that gets its final name only when it is complete, so that no program reads an incomplete
 * one. Callers write to it, `commit` it, and finally `discard` it in any case.
 */
import { createHash } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { basename } from 'node:path'

export class AtomicFile {
  readonly path: string
  readonly #handle: FileHandle
  readonly #hash = createHash('sha256')

  constructor(path: string, handle: FileHandle) {
    this.path = path
    this.#handle = handle
  }

  /** Creates the file under a temporary name. Removes the temporary file of an earlier attempt. */
  static async open(path: string): Promise<AtomicFile> {
    await rm(getTemporaryPath(path), { force: true })
    return new AtomicFile(path, await open(getTemporaryPath(path), 'wx', 0o600))
  }

  async write(text: string): Promise<void> {
    this.#hash.update(text)
    await this.#handle.appendFile(text)
  }

  /** Returns the checksum line of the content, as `sha256sum` writes and checks it. */
  formatChecksum(): string {
    return `${this.#hash.copy().digest('hex')}  ${basename(this.path)}\n`
  }

  async commit(): Promise<void> {
    await this.#handle.sync()
    await this.#handle.close()
    await rename(getTemporaryPath(this.path), this.path)
  }

  /** Deletes the temporary file. Does nothing after `commit`. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined)
    await rm(getTemporaryPath(this.path), { force: true })
  }
}

const getTemporaryPath = (path: string): string => `${path}.part`
