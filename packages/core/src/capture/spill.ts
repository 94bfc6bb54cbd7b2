import { writeAll } from '../store/disk.ts'
import type { OpenFile } from '../store/file-system.ts'
import type { Budget } from './budget.ts'
import { BLOCK_BYTES, giveBlock, takeBlock } from '../store/blocks.ts'

/** What a spill needs of its flagging. */
export interface SpillContext {
  readonly budget: Budget
  /** Makes a file that has no name and dies with the process. */
  readonly openSpill: () => Promise<OpenFile>
  readonly onError: (error: unknown) => void
}

/** Bytes on their way to the file; `used` of them count. */
interface Pending {
  readonly bytes: Buffer
  used: number
}

/**
 * A recorded body that goes on in an unnamed file. What comes is gathered in blocks, and a block is
 * written when it is full: a call for each small piece would cost the host more than its bytes.
 */
export class Spill {
  readonly #context: SpillContext
  #pending: Pending[] = []
  /** Bytes in the file. */
  #written = 0
  /** Bytes for which the budget has given room in spill files. */
  #room = 0
  /** What the blocks take, of which the budget knows. */
  #taken = 0
  #file: OpenFile | undefined
  #isWriting = false
  #writing: Promise<void> | undefined
  #isEnding = false
  #holdsFile = false
  #isReleased = false
  /** Whether the file could not be made or written: what it has then is all there is. */
  failed = false
  /** Bytes kept. */
  size = 0

  constructor(context: SpillContext) {
    this.#context = context
  }

  /** Takes what was in memory until now; false where the budget has no room for that. */
  begin(parts: Iterable<Uint8Array>): boolean {
    if (!this.#context.budget.takeSpillFile()) return false
    this.#holdsFile = true
    for (const part of parts) if (this.add(part) < part.length) return false
    return true
  }

  /** What it takes in memory at the moment. */
  get memoryBytes(): number {
    return this.#taken
  }

  /** Keeps a copy of these bytes, or of as many as there is room for; gives their number. */
  add(bytes: Uint8Array): number {
    if (this.failed || !this.#context.budget.takeSpill(bytes.length)) return 0
    this.#room += bytes.length
    let kept = 0
    while (kept < bytes.length) {
      const block = this.#blockFor(bytes.length - kept)
      if (block === undefined) break
      const part = bytes.subarray(kept, kept + block.bytes.length - block.used)
      block.bytes.set(part, block.used)
      block.used += part.length
      kept += part.length
    }
    this.size += kept
    this.#writeOn()
    return kept
  }

  /** Nothing more will come: what is left is written, too, so that nothing stays in memory. */
  end(): void {
    this.#isEnding = true
    this.#writeOn()
  }

  /** All that was kept, as the first bytes of an open file; `undefined` if no file could be made. */
  async content(): Promise<{ file: OpenFile; size: number } | undefined> {
    this.end()
    while (this.#isWriting) await this.#writing
    return this.#file && { file: this.#file, size: this.size }
  }

  /** Gives back what was taken; what was kept is gone. It may be called again. */
  release(): void {
    this.#isReleased = true
    this.#giveBackMemory(this.#taken)
    this.#giveBackFile()
    this.#dropPending()
    void this.#close()
  }

  #blockFor(bytes: number): Pending | undefined {
    const last = this.#pending.at(-1)
    if (last !== undefined && last.used < last.bytes.length) return last
    // Where little memory is left, as little as will do.
    const size = [BLOCK_BYTES, bytes].find((one) => this.#context.budget.takeMemory(one))
    if (size === undefined) return undefined
    this.#taken += size
    const block = {
      bytes: size === BLOCK_BYTES ? takeBlock() : Buffer.allocUnsafeSlow(size),
      used: 0,
    }
    this.#pending.push(block)
    return block
  }

  #isDue(): boolean {
    const [first] = this.#pending
    return first !== undefined && (this.#isEnding || first.used === first.bytes.length)
  }

  #writeOn(): void {
    if (this.#isWriting || !this.#isDue()) return
    this.#writing = this.#write()
  }

  async #write(): Promise<void> {
    this.#isWriting = true
    try {
      while (this.#isDue()) {
        this.#file ??= await this.#context.openSpill()
        // Released meanwhile.
        if (!this.#isDue()) break
        const { bytes, used } = this.#pending.shift() as Pending
        try {
          await writeAll(this.#file, bytes.subarray(0, used), this.#written)
        } finally {
          this.#drop(bytes)
        }
        this.#written += used
      }
    } catch (error) {
      this.#fail()
      this.#context.onError(error)
    } finally {
      this.#isWriting = false
    }
  }

  /** What is in the file stays. */
  #fail(): void {
    this.failed = true
    this.size = this.#written
    this.#dropPending()
    if (this.#file === undefined) this.#giveBackFile()
  }

  #dropPending(): void {
    for (const { bytes } of this.#pending.splice(0)) this.#drop(bytes)
  }

  #drop(bytes: Buffer): void {
    // What it gave back when it was released is not given back again.
    if (!this.#isReleased) this.#giveBackMemory(bytes.length)
    giveBlock(bytes)
  }

  #giveBackMemory(bytes: number): void {
    this.#taken -= bytes
    this.#context.budget.memory -= bytes
  }

  async #close(): Promise<void> {
    while (this.#isWriting) await this.#writing
    try {
      await this.#file?.close()
    } catch (error) {
      this.#context.onError(error)
    }
  }

  #giveBackFile(): void {
    if (!this.#holdsFile) return
    this.#holdsFile = false
    this.#context.budget.spillFiles--
    this.#context.budget.spill -= this.#room
  }
}
