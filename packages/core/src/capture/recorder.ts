import type { OpenFile } from '../store/file-system.ts'
import type { Budget } from './budget.ts'
import { isUTF8, shortText } from './short-text.ts'

/** What a recorder needs from its flagging. */
export interface RecorderContext {
  readonly budget: Budget
  /** The cap on one body, in bytes. */
  readonly bodyBytes: number
  /** The cap on both bodies of an interaction. Default: none but that on each. */
  readonly interactionBytes?: number
  /** Makes a file that has no name and dies with the process. */
  readonly openSpill: () => Promise<OpenFile>
  readonly onError: (error: unknown) => void
}

/** Bodies up to this size stay in memory. */
const SPILL_AFTER = 256 * 1024

/** Sizes of the blocks that small chunks are gathered in. */
const FIRST_BLOCK = 4 * 1024
const LARGEST_BLOCK = 64 * 1024

/** Bytes that a unit of a string takes at most in UTF-8. */
const LONGEST_CHARACTER = 3

/** Bytes in a row; `used` of them count. */
interface Block {
  readonly bytes: Buffer
  used: number
}

/**
 * Keeps the bytes of one body that pass by, up to the caps: in memory, and beyond 256 KiB in an
 * unnamed file. It never holds anybody up: over a cap it stops keeping and says `truncated`.
 */
export class Recorder {
  readonly #context: RecorderContext
  /** All of the body, while it is one short text: then there are no blocks. */
  #text: string | undefined
  /** Whether the text is the host's own string, which may be a part of a far larger one. */
  #isHosts = false
  #blocks: Block[] = []
  /** What the blocks take, of which the budget knows. */
  #taken = 0
  /** Bytes in the file. */
  #written = 0
  /** Bytes for which the budget has given room in spill files. */
  #spillRoom = 0
  #file: OpenFile | undefined
  #writing: Promise<void> | undefined
  #spills = false
  #released = false
  /** Whether bytes passed that were not kept. */
  truncated = false
  /** Bytes kept. */
  size = 0
  /** The recorder of the interaction's other body, which shares a cap with this one. */
  other: Recorder | undefined

  constructor(context: RecorderContext) {
    this.#context = context
  }

  /** What it takes in memory at the moment. */
  get memoryBytes(): number {
    return this.#taken
  }

  /** Keeps a copy of the chunk: its buffer may be reused by its owner. */
  add(chunk: Uint8Array | string, encoding?: BufferEncoding): void {
    if (this.truncated || this.#released) return
    const { bodyBytes, interactionBytes = Number.POSITIVE_INFINITY } = this.#context
    const room = Math.min(bodyBytes, interactionBytes - (this.other?.size ?? 0)) - this.size
    if (this.size === 0 && this.#keepText(chunk, encoding, room)) return
    this.#unfoldText()
    if (typeof chunk === 'string' && this.#appendText(chunk, encoding, room)) return
    let bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
    if (bytes.length > room) {
      this.truncated = true
      bytes = bytes.subarray(0, room)
    }
    if (bytes.length === 0) return
    const spills = this.#spills || this.size + bytes.length > SPILL_AFTER
    if ((spills && !this.#takeSpill(bytes.length)) || !this.#append(bytes)) {
      this.truncated = true
      return
    }
    this.size += bytes.length
    if (spills && this.#writing === undefined) this.#spill()
  }

  /** What was kept: bytes in memory, or an open file of which the first `size` bytes count. */
  async content(): Promise<Uint8Array | { file: OpenFile; size: number }> {
    while (this.#writing) await this.#writing
    return this.contentNow() ?? { file: this.#file as OpenFile, size: this.size }
  }

  /** What was kept if that is one short text, whose UTF-8 is the body. */
  textNow(): string | undefined {
    return this.#text
  }

  /** What was kept if that is all in memory, without waiting. */
  contentNow(): Uint8Array | undefined {
    if (this.#file || this.#writing) return undefined
    if (this.#text !== undefined) return Buffer.from(this.#text)
    this.seal()
    return this.#blocks[0]?.bytes ?? new Uint8Array()
  }

  /** Joins what is in memory into one block of exactly its size, so that nothing more is held. */
  seal(): void {
    if (this.#isHosts && this.#text !== undefined) {
      this.#text = Buffer.from(this.#text).toString()
      this.#isHosts = false
    }
    const [first] = this.#blocks
    if (this.#spills || first === undefined) return
    const { buffer } = first.bytes
    if (this.#blocks.length === 1 && buffer.byteLength === this.size) return
    const joined = Buffer.allocUnsafeSlow(this.size)
    let at = 0
    for (const { bytes, used } of this.#blocks) {
      joined.set(bytes.subarray(0, used), at)
      at += used
    }
    this.#blocks = [{ bytes: joined, used: this.size }]
    this.#giveBackMemory(this.#taken - this.size)
  }

  /** Gives back what was taken; what was kept is gone. It may be called again. */
  release(): void {
    this.#released = true
    this.#giveBackMemory(this.#taken)
    this.#text = undefined
    this.#blocks = []
    if (!this.#spills) return
    void this.#closeFile()
    this.#giveBackSpill()
  }

  /** Keeps the first chunk as text if it is a short one; false if it must be kept as bytes. */
  #keepText(chunk: Uint8Array | string, encoding: string | undefined, room: number): boolean {
    const text = shortText(chunk, encoding)
    if (text === undefined) return false
    const size = text === chunk ? Buffer.byteLength(text) : text.length
    if (size > room) return false
    if (size === 0) return true
    if (this.#context.budget.takeMemory(size)) {
      this.#text = text
      this.#isHosts = text === chunk
      this.size = this.#taken = size
    } else this.truncated = true
    return true
  }

  /** More has come: from now on it is bytes. */
  #unfoldText(): void {
    if (this.#text === undefined) return
    const bytes = Buffer.from(this.#text)
    this.#blocks.push({ bytes, used: bytes.length })
    this.#text = undefined
  }

  /** Writes text into the last block without bytes of its own, where it surely fits. */
  #appendText(text: string, encoding: string | undefined, room: number): boolean {
    const last = this.#blocks.at(-1)
    const most = text.length * LONGEST_CHARACTER
    const fits = last !== undefined && most <= last.bytes.length - last.used && most <= room
    if (!fits || !isUTF8(encoding) || this.#spills || this.size + most > SPILL_AFTER) return false
    const written = last.bytes.write(text, last.used)
    last.used += written
    this.size += written
    return true
  }

  /** Many small chunks share a block: each alone would cost far more than its bytes. */
  #append(bytes: Uint8Array): boolean {
    const last = this.#blocks.at(-1)
    if (last && bytes.length <= last.bytes.length - last.used) {
      last.bytes.set(bytes, last.used)
      last.used += bytes.length
      return true
    }
    const fits = last ? Math.min(last.bytes.length - last.used, bytes.length) : 0
    const rest = bytes.subarray(fits)
    if (rest.length > 0) {
      const grown = Math.min(FIRST_BLOCK << this.#blocks.length, LARGEST_BLOCK)
      const size = last || this.#spills ? Math.max(rest.length, grown) : rest.length
      if (!this.#context.budget.takeMemory(size)) return false
      this.#taken += size
      const block = Buffer.allocUnsafe(size)
      block.set(rest)
      this.#blocks.push({ bytes: block, used: rest.length })
    }
    if (last && fits > 0) {
      last.bytes.set(bytes.subarray(0, fits), last.used)
      last.used += fits
    }
    return true
  }

  #takeSpill(bytes: number): boolean {
    const { budget } = this.#context
    // What is in memory until now moves to the file with the first chunk that does not fit.
    const moving = this.#spills ? bytes : bytes + this.size
    if (!this.#spills && !budget.takeSpillFile()) return false
    if (!budget.takeSpill(moving)) {
      if (!this.#spills) budget.spillFiles--
      return false
    }
    this.#spills = true
    this.#spillRoom += moving
    return true
  }

  #spill(): void {
    const writing = this.#spillBlocks()
    // What failed before it had to wait is over: waiting for it would never end.
    if (!this.truncated) this.#writing = writing
  }

  async #spillBlocks(): Promise<void> {
    try {
      this.#file ??= await this.#context.openSpill()
      while (this.#blocks.length > 0) {
        const blocks = this.#blocks
        this.#blocks = []
        // Taken out one by one: what is written must not be held by those that still wait.
        for (let block = blocks.shift(); block; block = blocks.shift()) {
          const { bytes, used } = block
          await writeFully(this.#file, bytes.subarray(0, used), this.#written)
          if (this.#released) break
          this.#written += used
          this.#giveBackMemory(bytes.length)
        }
      }
    } catch (error) {
      this.#fail()
      this.#context.onError(error)
    }
    this.#writing = undefined
  }

  /** What is in the file stays; without a file there is nothing. */
  #fail(): void {
    this.truncated = true
    if (this.#released) return
    this.size = this.#written
    this.#giveBackMemory(this.#taken)
    this.#blocks = []
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
    this.#context.budget.spill -= this.#spillRoom
    this.#spillRoom = 0
  }

  #giveBackMemory(bytes: number): void {
    this.#taken -= bytes
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
