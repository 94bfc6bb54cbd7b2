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
  #writing: Promise<void> | undefined
  #isEnding = false
  #holdsFile = true
  /** Whether the file could not be made or written: what it has then is all there is. */
  failed = false
  /** Bytes kept. */
  size = 0

  private constructor(context: SpillContext) {
    this.#context = context
  }

  /** Begins with what was in memory until now; `undefined` where the budget has no room for that. */
  static begin(context: SpillContext, parts: Iterable<Uint8Array>): Spill | undefined {
    if (!context.budget.takeSpillFile()) return undefined
    const spill = new Spill(context)
    for (const part of parts) {
      if (spill.add(part) === part.length) continue
      spill.release()
      return undefined
    }
    return spill
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
    while (this.#writing) await this.#writing
    return this.#file && { file: this.#file, size: this.size }
  }

  /** Gives back what was taken; what was kept is gone. */
  release(): void {
    this.#dropPending()
    void this.#close()
    this.#giveBackFile()
  }

  #blockFor(bytes: number): Pending | undefined {
    const last = this.#pending.at(-1)
    if (last !== undefined && last.used < last.bytes.length) return last
    const { budget } = this.#context
    let block: Pending | undefined
    if (budget.takeMemory(BLOCK_BYTES)) block = { bytes: takeBlock(), used: 0 }
    // Little memory is left: then as little as will do.
    else if (budget.takeMemory(bytes)) block = { bytes: Buffer.allocUnsafeSlow(bytes), used: 0 }
    if (block === undefined) return undefined
    this.#taken += block.bytes.length
    this.#pending.push(block)
    return block
  }

  #isDue(): boolean {
    const [first] = this.#pending
    return first !== undefined && (this.#isEnding || first.used === first.bytes.length)
  }

  #writeOn(): void {
    if (this.#writing !== undefined || !this.#isDue()) return
    // Not begun at once: what fails before it had to wait would be over before it is noted.
    this.#writing = Promise.resolve().then(() => this.#write())
  }

  async #write(): Promise<void> {
    try {
      while (this.#isDue()) {
        this.#file ??= await this.#context.openSpill()
        // Released meanwhile.
        if (!this.#isDue()) break
        const { bytes, used } = this.#pending.shift() as Pending
        try {
          await writeFully(this.#file, bytes.subarray(0, used), this.#written)
        } finally {
          this.#giveBack(bytes)
        }
        this.#written += used
      }
    } catch (error) {
      this.#fail()
      this.#context.onError(error)
    }
    this.#writing = undefined
  }

  /** What is in the file stays. */
  #fail(): void {
    this.failed = true
    this.size = this.#written
    this.#dropPending()
    if (this.#file === undefined) this.#giveBackFile()
  }

  #dropPending(): void {
    for (const { bytes } of this.#pending.splice(0)) this.#giveBack(bytes)
  }

  #giveBack(bytes: Buffer): void {
    giveBlock(bytes)
    this.#taken -= bytes.length
    this.#context.budget.memory -= bytes.length
  }

  async #close(): Promise<void> {
    while (this.#writing) await this.#writing
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

async function writeFully(file: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const taken = await file.write(bytes, done, bytes.length - done, position + done)
    if (taken === 0) throw new Error('A spill file takes no more bytes.')
    done += taken
  }
}
