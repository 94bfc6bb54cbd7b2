import type { Readable } from 'node:stream'
import type { Ending } from './conversation.ts'

/** After which of a stream's events there may be more to read, or nothing ever. */
const NEWS = ['readable', 'end', 'close', 'error', 'aborted'] as const

/** Reads the body of an answer in steps; takes nothing from the wire until it is asked. */
export class BodyReader {
  readonly #source: Readable
  #ending: Ending | undefined

  constructor(source: Readable) {
    this.#source = source
    source.on('end', () => (this.#ending ??= 'complete'))
    source.on('aborted', () => (this.#ending ??= 'cut off'))
    source.on('error', () => (this.#ending ??= 'cut off'))
    source.on('close', () => (this.#ending ??= 'cut off'))
  }

  /** Resolves with that many bytes, fewer only where the answer is over. */
  async read(bytes: number): Promise<Buffer> {
    const chunks: Buffer[] = []
    for (let missing = bytes; missing > 0;) {
      const chunk = this.#take(missing)
      if (chunk) {
        chunks.push(chunk)
        missing -= chunk.length
      } else if (this.#ending) break
      else await this.#more()
    }
    return Buffer.concat(chunks)
  }

  async rest(): Promise<{ readonly body: Buffer; readonly ending: Ending }> {
    const body = await this.read(Number.POSITIVE_INFINITY)
    return { body, ending: this.#ending ?? 'cut off' }
  }

  #take(most: number): Buffer | null {
    const { readableLength } = this.#source
    if (readableLength === 0) {
      // Asks the stream to fetch, and to end where it is over.
      return this.#source.read() as Buffer | null
    }
    return this.#source.read(Math.min(most, readableLength)) as Buffer | null
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        for (const event of NEWS) this.#source.off(event, done)
        resolve()
      }
      for (const event of NEWS) this.#source.on(event, done)
    })
  }
}
