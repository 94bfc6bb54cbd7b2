const HEAD_END = '\r\n\r\n'
/** What ends an answer in chunks. */
const LAST_CHUNK = Buffer.from('0\r\n\r\n')

/**
 * Tells where answers on one connection end, one after the other. The first is read; of the others
 * the bytes are counted, which costs next to nothing, so all must be as long as the first.
 */
export class AnswerEnd {
  #head = ''
  #received = 0
  #tail: Buffer = Buffer.alloc(0)
  /** How long an answer is; `chunks` where that is not said. */
  #length: number | 'chunks' | undefined

  /** Whether the answer ends with these bytes. */
  isAtEnd(bytes: Buffer): boolean {
    this.#received += bytes.length
    if (this.#length === undefined) this.#readHead(bytes)
    if (this.#length === 'chunks') return this.#endsInChunk(bytes)
    if (this.#length === undefined || this.#received < this.#length) return false
    if (this.#received > this.#length) throw new Error('An answer is longer than the one before')
    this.#received = 0
    return true
  }

  #readHead(bytes: Buffer): void {
    this.#head += bytes.toString('latin1')
    const end = this.#head.indexOf(HEAD_END)
    if (end < 0) return
    const head = this.#head.slice(0, end)
    if (!head.startsWith('HTTP/1.1 2')) throw new Error(`The server answers ${head}`)
    const length = /^content-length: (\d+)/im.exec(head)?.[1]
    this.#length = length === undefined ? 'chunks' : end + HEAD_END.length + Number(length)
  }

  #endsInChunk(bytes: Buffer): boolean {
    const { length } = LAST_CHUNK
    this.#tail = bytes.length < length ? Buffer.concat([this.#tail, bytes]) : bytes
    this.#tail = this.#tail.subarray(-length)
    return this.#tail.equals(LAST_CHUNK)
  }
}
