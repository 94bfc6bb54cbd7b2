import { type Hash, createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FlaggedFile, FlaggingError } from '@flagging/core'
import { SourceFile } from '@flagging/core/store'
import type { StoredFacts } from './file-store.ts'
import { OF_FILE, fileError, unreadable } from './file-fault.ts'

/** Bytes that are handed on at once, and that are looked at in one turn of the host's. */
const PIECE_BYTES = 256 * 1024
const TURN_BYTES = 1024 * 1024

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
   * whatever reading them throws; each says that the file is at fault. A chunk holds its bytes only
   * until the next one is asked for.
   */
  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const piece of piecesOf(this.#file)) {
        this.#size += piece.length
        if (this.#size > this.#file.size) throw wrongSize()
        this.#hash.update(piece)
        yield piece
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

/** A file that lies in memory may be one chunk: whoever works on it must let others have their turn. */
async function* piecesOf(file: FlaggedFile): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = file instanceof SourceFile ? file.source.chunks() : file.stream()
  let inTurn = 0
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      const piece = chunk.subarray(at, at + PIECE_BYTES)
      inTurn += piece.length
      if (inTurn > TURN_BYTES) {
        await nextTurn()
        inTurn = piece.length
      }
      yield piece
    }
  }
}

function wrongSize(): Error {
  return fileError(OF_FILE, 'A file of the sample is not as long as it says')
}

function changed(): Error {
  return fileError(OF_FILE, 'A file of the sample was changed while it was read')
}
