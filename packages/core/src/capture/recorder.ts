import type { OpenFile } from '../store/file-system.ts'
import { isUTF8, shortText } from './short-text.ts'
import { Spill, type SpillContext } from './spill.ts'

/** What a recorder needs from its flagging. */
export interface RecorderContext extends SpillContext {
  /** The cap on one body, in bytes. */
  readonly bodyBytes: number
  /** The cap on both bodies of an interaction. Default: none but that on each. */
  readonly interactionBytes?: number
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
  #spill: Spill | undefined
  #released = false
  /** Whether bytes passed that did not fit. */
  #isCut = false
  /** Bytes kept in memory. */
  #size = 0
  /** The recorder of the interaction's other body, which shares a cap with this one. */
  other: Recorder | undefined

  constructor(context: RecorderContext) {
    this.#context = context
  }

  /** Bytes kept. */
  get size(): number {
    return this.#spill?.size ?? this.#size
  }

  /** Whether bytes passed that were not kept. */
  get truncated(): boolean {
    return this.#isCut || this.#spill?.failed === true
  }

  /** What it takes in memory at the moment. */
  get memoryBytes(): number {
    return this.#spill?.memoryBytes ?? this.#taken
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
      this.#isCut = true
      bytes = bytes.subarray(0, room)
    }
    if (bytes.length === 0) return
    if (this.#spill === undefined && this.#size + bytes.length <= SPILL_AFTER) this.#append(bytes)
    else if (!this.#startSpill() || this.#spill?.add(bytes) !== bytes.length) this.#isCut = true
  }

  /** What was kept: bytes in memory, or an open file of which the first `size` bytes count. */
  async content(): Promise<Uint8Array | { file: OpenFile; size: number }> {
    return this.contentNow() ?? (await this.#spill?.content()) ?? new Uint8Array()
  }

  /** What was kept if that is one short text, whose UTF-8 is the body. */
  textNow(): string | undefined {
    return this.#text
  }

  /** What was kept if that is all in memory, without waiting. */
  contentNow(): Uint8Array | undefined {
    if (this.#spill) return undefined
    if (this.#text !== undefined) return Buffer.from(this.#text)
    this.seal()
    return this.#blocks[0]?.bytes ?? new Uint8Array()
  }

  /** Nothing more will come: what is in memory becomes one block of exactly its size, or is spilled. */
  seal(): void {
    this.#spill?.end()
    if (this.#isHosts && this.#text !== undefined) {
      this.#text = Buffer.from(this.#text).toString()
      this.#isHosts = false
    }
    const [first] = this.#blocks
    if (first === undefined) return
    const { buffer } = first.bytes
    if (this.#blocks.length === 1 && buffer.byteLength === this.#size) return
    const joined = Buffer.allocUnsafeSlow(this.#size)
    let at = 0
    for (const { bytes, used } of this.#blocks) {
      joined.set(bytes.subarray(0, used), at)
      at += used
    }
    this.#blocks = [{ bytes: joined, used: this.#size }]
    this.#giveBackMemory(this.#taken - this.#size)
  }

  /** Gives back what was taken; what was kept is gone. It may be called again. */
  release(): void {
    this.#released = true
    this.#giveBackMemory(this.#taken)
    this.#text = undefined
    this.#blocks = []
    this.#spill?.release()
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
      this.#size = this.#taken = size
    } else this.#isCut = true
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
    if (!fits || !isUTF8(encoding) || this.#size + most > SPILL_AFTER) return false
    const written = last.bytes.write(text, last.used)
    last.used += written
    this.#size += written
    return true
  }

  /** Many small chunks share a block: each alone would cost far more than its bytes. */
  #append(bytes: Uint8Array): void {
    const last = this.#blocks.at(-1)
    const fits = last ? Math.min(last.bytes.length - last.used, bytes.length) : 0
    const rest = bytes.subarray(fits)
    if (rest.length > 0) {
      const grown = Math.min(FIRST_BLOCK << this.#blocks.length, LARGEST_BLOCK)
      const size = last ? Math.max(rest.length, grown) : rest.length
      if (!this.#context.budget.takeMemory(size)) {
        this.#isCut = true
        return
      }
      this.#taken += size
      const block = Buffer.allocUnsafe(size)
      block.set(rest)
      this.#blocks.push({ bytes: block, used: rest.length })
    }
    if (last && fits > 0) {
      last.bytes.set(bytes.subarray(0, fits), last.used)
      last.used += fits
    }
    this.#size += bytes.length
  }

  /** Moves what is in memory to a file; gives whether there is one. */
  #startSpill(): boolean {
    if (this.#spill) return true
    const taken = this.#taken
    const blocks = this.#blocks
    // What the file takes in its place is less, or hardly more, but not both at once.
    this.#giveBackMemory(taken)
    this.#spill = new Spill(this.#context)
    if (this.#spill.begin(blocks.map(({ bytes, used }) => bytes.subarray(0, used)))) {
      this.#blocks = []
      return true
    }
    this.#spill.release()
    this.#spill = undefined
    this.#giveBackMemory(-taken)
    return false
  }

  #giveBackMemory(bytes: number): void {
    this.#taken -= bytes
    this.#context.budget.memory -= bytes
  }
}
