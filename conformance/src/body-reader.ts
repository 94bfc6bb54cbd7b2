import { once } from 'node:events'
import type { Readable } from 'node:stream'
import type { Ending } from './conversation.ts'

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

  async #more(): Promise<void> {
    const over = new AbortController()
    const events = ['readable', 'end', 'close', 'error', 'aborted'].map((event) =>
      once(this.#source, event, over).catch(() => {}),
    )
    await Promise.race(events)
    over.abort()
  }
}
