import type { OpenFile } from '../store/file-system.ts'
import type { Budget } from './budget.ts'

/** What a recorder needs from its flagging. */
export interface RecorderContext {
  readonly budget: Budget
  /** The cap on one body, in bytes. */
  readonly bodyBytes: number
  /** Makes a file that has no name and dies with the process. */
  readonly openSpill: () => Promise<OpenFile>
  readonly onError: (error: unknown) => void
}

/** Bodies up to this size stay in memory. */
const SPILL_AFTER = 256 * 1024

/**
 * Keeps the bytes of one body that pass by, up to the caps: in memory, and beyond 256 KiB in an
 * unnamed file. It never holds anybody up: over a cap it stops keeping and says `truncated`.
 */
export class Recorder {
  readonly #context: RecorderContext
  #chunks: Uint8Array[] = []
  /** Bytes in `#chunks`: taken from the budget's memory. */
  #inMemory = 0
  #spilled = 0
  #file: OpenFile | undefined
  #writing: Promise<void> | undefined
  #spills = false
  #released = false
  /** Whether bytes passed that were not kept. */
  truncated = false
  /** Bytes kept. */
  size = 0

  constructor(context: RecorderContext) {
    this.#context = context
  }

  /** Bytes kept in memory at the moment. */
  get memoryBytes(): number {
    return this.#inMemory
  }

  /** Keeps a copy of the chunk: its buffer may be reused by its owner. */
  add(chunk: Uint8Array | string, encoding?: BufferEncoding): void {
    if (this.truncated || this.#released) return
    const { bodyBytes, budget } = this.#context
    let bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
    if (this.size + bytes.length > bodyBytes) {
      this.truncated = true
      bytes = bytes.subarray(0, bodyBytes - this.size)
    }
    if (bytes.length === 0) return
    const spill = this.#spills || this.size + bytes.length > SPILL_AFTER
    if (!budget.takeMemory(bytes.length)) {
      this.truncated = true
      return
    }
    if (spill && !this.#takeSpill(bytes.length)) {
      budget.memory -= bytes.length
      this.truncated = true
      return
    }
    this.#chunks.push(typeof chunk === 'string' ? bytes : Buffer.from(bytes))
    this.#inMemory += bytes.length
    this.size += bytes.length
    if (spill) this.#writing ??= this.#spillChunks()
  }

  /** What was kept: bytes in memory, or an open file of which the first `size` bytes count. */
  async content(): Promise<Uint8Array | { file: OpenFile; size: number }> {
    while (this.#writing) await this.#writing
    return this.contentNow() ?? { file: this.#file as OpenFile, size: this.size }
  }

  /** What was kept if that is all in memory, without waiting. */
  contentNow(): Uint8Array | undefined {
    if (this.#file || this.#writing) return undefined
    this.seal()
    return this.#chunks[0] ?? new Uint8Array()
  }

  /** Joins the chunks into one buffer of exactly their size, so that no larger one is kept alive. */
  seal(): void {
    if (this.#spills || this.#chunks.length === 0) return
    const [first] = this.#chunks as [Uint8Array]
    if (this.#chunks.length === 1 && first.buffer.byteLength === first.length) return
    const joined = Buffer.allocUnsafeSlow(this.size)
    let at = 0
    for (const chunk of this.#chunks) {
      joined.set(chunk, at)
      at += chunk.length
    }
    this.#chunks = [joined]
  }

  /** Gives back what was taken; what was kept is gone. */
  release(): void {
    if (this.#released) return
    this.#released = true
    this.#giveBackMemory(this.#inMemory)
    this.#chunks = []
    if (!this.#spills) return
    this.#giveBackSpill()
    void this.#closeFile()
  }

  #takeSpill(bytes: number): boolean {
    const { budget } = this.#context
    // What is in memory until now moves to the file with the first chunk that does not fit.
    const moving = this.#spills ? bytes : bytes + this.#inMemory
    if (!this.#spills && !budget.takeSpillFile()) return false
    if (!budget.takeSpill(moving)) {
      if (!this.#spills) budget.spillFiles--
      return false
    }
    this.#spills = true
    this.#spilled += moving
    return true
  }

  async #spillChunks(): Promise<void> {
    let at = 0
    try {
      this.#file ??= await this.#context.openSpill()
      at = this.size - this.#inMemory
      while (this.#chunks.length > 0) {
        const chunks = this.#chunks
        this.#chunks = []
        for (const chunk of chunks) {
          await writeFully(this.#file, chunk, at)
          if (this.#released) break
          at += chunk.length
          this.#giveBackMemory(chunk.length)
        }
      }
    } catch (error) {
      this.#fail(at)
      this.#context.onError(error)
    }
    this.#writing = undefined
  }

  /** What is in the file stays; without a file there is nothing. */
  #fail(written: number): void {
    this.truncated = true
    if (this.#released) return
    this.size = written
    this.#giveBackMemory(this.#inMemory)
    this.#chunks = []
    if (!this.#file) this.#giveBackSpill()
  }

  async #closeFile(): Promise<void> {
    while (this.#writing) await this.#writing
    try {
      await this.#file?.close()
    } catch (error) {
      this.#context.onError(error)
    }
  }

  #giveBackSpill(): void {
    this.#spills = false
    this.#context.budget.spillFiles--
    this.#context.budget.spill -= this.#spilled
    this.#spilled = 0
  }

  #giveBackMemory(bytes: number): void {
    this.#inMemory -= bytes
    this.#context.budget.memory -= bytes
  }
}

async function writeFully(file: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const taken = await file.write(bytes, done, bytes.length - done, position + done)
    if (taken === 0) throw new Error('A spill file takes no more bytes.')
    done += taken
  }
}
