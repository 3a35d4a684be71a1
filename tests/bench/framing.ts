/**
 * Finds the end of an HTTP/1.1 response (RFC 9112 sections 6 and 7.1) without copying or reading
 * the body, so that the load generator leaves the CPU to the processes that are measured.
 */

const HEAD_END = '\r\n\r\n'
const CARRIAGE_RETURN = 0x0d
const LINE_FEED = 0x0a
const MAX_HEAD_BYTES = 64 * 1024
const BODILESS_STATUSES = [204, 304]

type ParserState = 'head' | 'length' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'end'

/**
 * Reads the responses of one connection, one after another. The next request may be sent only when
 * a response is complete.
 */
export class ResponseReader {
  /** The status of the last response. */
  status = 0
  /** The number of bytes of its body. */
  length = 0
  /** The number of bytes before its body. */
  headLength = 0
  #state: ParserState = 'head'
  #head = ''
  #remaining = 0
  #line = ''

  /**
   * Adds received data. Returns whether the response is complete. Throws if the data are not HTTP,
   * or continue after the end of the response.
   */
  push(data: Buffer): boolean {
    let offset = this.#state === 'head' ? this.#readHead(data) : 0
    while (offset < data.length && this.#state !== 'end') offset = this.#readBody(data, offset)
    if (this.#state !== 'end') return false
    if (offset < data.length) throw new Error('The response continues after its end')
    this.#state = 'head'
    this.#head = ''
    return true
  }

  #readHead(data: Buffer): number {
    const before = this.#head.length
    this.#head += data.toString('latin1')
    const end = this.#head.indexOf(HEAD_END)
    if (end === -1) {
      if (this.#head.length > MAX_HEAD_BYTES)
        throw new Error('The head of the response is longer than 64 KB')
      return data.length
    }
    const head = this.#head.slice(0, end)
    this.headLength = end + HEAD_END.length
    this.status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1])
    this.length = 0
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    if (BODILESS_STATUSES.includes(this.status)) this.#state = 'end'
    else if (/\r\ntransfer-encoding: *chunked/i.test(head)) this.#state = 'chunk-size'
    else if (length === undefined) throw new Error('The response has neither a length nor chunks')
    else {
      this.#remaining = Number(length)
      this.#state = this.#remaining === 0 ? 'end' : 'length'
    }
    return end + HEAD_END.length - before
  }

  #readBody(data: Buffer, offset: number): number {
    if (this.#state !== 'length' && this.#state !== 'chunk') return this.#readLine(data, offset)
    const count = Math.min(this.#remaining, data.length - offset)
    this.#remaining -= count
    this.length += count
    if (this.#remaining === 0) this.#state = this.#state === 'length' ? 'end' : 'chunk-end'
    return offset + count
  }

  #readLine(data: Buffer, offset: number): number {
    const lineEnd = data.indexOf(LINE_FEED, offset)
    const end = lineEnd === -1 ? data.length : lineEnd
    const textEnd = data[end - 1] === CARRIAGE_RETURN ? end - 1 : end
    this.#line += data.toString('latin1', offset, Math.max(textEnd, offset))
    if (lineEnd === -1) return data.length
    const line = this.#line
    this.#line = ''
    if (this.#state === 'chunk-end') this.#state = 'chunk-size'
    else if (this.#state === 'trailer') this.#state = line === '' ? 'end' : 'trailer'
    else {
      this.#remaining = Number.parseInt(line, 16)
      if (Number.isNaN(this.#remaining)) throw new Error(`"${line}" is not the size of a chunk`)
      this.#state = this.#remaining === 0 ? 'trailer' : 'chunk'
    }
    return end + 1
  }
}
