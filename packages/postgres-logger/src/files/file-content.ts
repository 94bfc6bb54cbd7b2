import { type Hash, createHash } from 'node:crypto'
import type { FlaggedFile, FlaggingError } from '@flagging/core'
import type { StoredFacts } from './file-store.ts'
import { OF_FILE, fileError, unreadable } from './file-fault.ts'

/** Reads a file of a sample once, and tells what it has been. */
export class FileContent {
  readonly #file: FlaggedFile
  readonly #expected: string | undefined
  readonly #hash: Hash = createHash('sha256')
  #size = 0
  #facts: StoredFacts | undefined
  #failure: FlaggingError | undefined

  /** @param expected its SHA-256, where it has been read before */
  constructor(file: FlaggedFile, expected?: string) {
    this.#file = file
    this.#expected = expected
  }

  /** What reading was rejected with, if it was. */
  get failure(): FlaggingError | undefined {
    return this.#failure
  }

  /**
   * Its bytes, as many as it says: more or fewer are a failure, as are others than were expected and
   * whatever reading them throws; each says that the file is at fault.
   */
  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of this.#file.stream()) {
        this.#size += chunk.length
        if (this.#size > this.#file.size) throw wrongSize()
        this.#hash.update(chunk)
        yield chunk
      }
      if (this.#size < this.#file.size) throw wrongSize()
      this.#facts = { size: this.#size, sha256: this.#hash.digest('hex') }
      if (this.#expected !== undefined && this.#expected !== this.#facts.sha256) throw changed()
    } catch (error) {
      this.#failure = unreadable(error)
      throw this.#failure
    }
  }

  /** What it was, once all of it is read. */
  get facts(): StoredFacts {
    if (this.#facts === undefined) throw new Error('The file is not read yet')
    return this.#facts
  }
}

function wrongSize(): Error {
  return fileError(OF_FILE, 'A file of the sample is not as long as it says')
}

function changed(): Error {
  return fileError(OF_FILE, 'A file of the sample was changed while it was read')
}
