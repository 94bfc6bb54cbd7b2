import { crc32 } from 'node:zlib'
import { type ByteSource, memorySource, rangeSource } from '../store/byte-source.ts'
import { writeAll } from '../store/disk.ts'
import type { OpenFile } from '../store/file-system.ts'
import { nodeFileSystem } from '../store/node-file-system.ts'

/** Bytes that stay in memory. */
const MEMORY = 256 * 1024

/**
 * Bytes that are needed again at the end: the first ones in memory, more in a file without a name,
 * which dies with the process. It is to be closed.
 */
export class Spool {
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  #file: OpenFile | undefined
  #written = 0
  /** The CRC-32 of all of it. */
  crc = 0

  get size(): number {
    return this.#written + this.#pendingBytes
  }

  /** Adds bytes, which must not change any more; resolves when there is room for more. */
  async add(bytes: Uint8Array): Promise<void> {
    this.crc = crc32(bytes, this.crc)
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
    if (this.#pendingBytes < MEMORY) return
    const block = Buffer.concat(this.#pending)
    this.#file ??= await nodeFileSystem.openUnnamed()
    await writeAll(this.#file, block, this.#written)
    this.#written += block.length
    this.#pending = []
    this.#pendingBytes = 0
  }

  /** All of it; nothing may be added any more, and it must not be closed before it was read. */
  get source(): ByteSource {
    const rest = memorySource(Buffer.concat(this.#pending))
    const file = this.#file
    if (file === undefined) return rest
    const start = rangeSource(file, 0, this.#written)
    return {
      size: this.size,
      async *chunks() {
        yield* start.chunks()
        yield* rest.chunks()
      },
    }
  }

  async close(): Promise<void> {
    await this.#file?.close()
  }
}
