import { FlaggingError } from '../errors.ts'
import type { FlaggedFile } from '../sample/flag-value.ts'
import { BLOCK_BYTES, giveBlock, takeBlock } from './blocks.ts'
import { writeAll } from './disk.ts'
import type { FileSystem, OpenFile } from './file-system.ts'
import { nodeFileSystem } from './node-file-system.ts'

/** Where the bytes of a file come from. It may be read several times, also at once. */
export interface ByteSource {
  readonly size: number
  /** The path of the stored file that it reads, if it reads one. */
  readonly path?: string
  /**
   * The bytes in order, `size` in all; a source that has fewer fails. A chunk is not to be written to,
   * and holds its bytes only until the next one is asked for.
   */
  chunks(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /**
   * A part of it that lies within it, read from where it starts; absent where nothing can be read but
   * from the first byte on.
   */
  part?(offset: number, size: number): ByteSource
}

/** Bytes that lie in memory. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    chunks: () => (bytes.length === 0 ? [] : [bytes]),
    part: (offset, size) => memorySource(bytes.subarray(offset, offset + size)),
  }
}

/** Text as UTF-8, encoded a piece at a time while it is read. It must hold no lone surrogate. */
export function textSource(text: string): ByteSource {
  return { size: Buffer.byteLength(text), chunks: () => encoded(text) }
}

/** Characters that are encoded at once. */
const PIECE = 64 * 1024

function* encoded(text: string): Generator<Uint8Array> {
  for (let from = 0; from < text.length;) {
    let to = Math.min(from + PIECE, text.length)
    // A pair is one character.
    if (to < text.length && /[\ud800-\udbff]/.test(text.charAt(to - 1))) to++
    yield Buffer.from(text.slice(from, to))
    from = to
  }
}

/** A part of an open file, which must stay open for as long as the source is read. */
export function rangeSource(file: OpenFile, offset: number, size: number): ByteSource {
  return {
    size,
    chunks: () => wholeRange(file, offset, size),
    part: (from, length) => rangeSource(file, offset + from, length),
  }
}

/**
 * A stored file, opened on each read, and only if the path names a regular file: never a symbolic
 * link, a FIFO or a device.
 * @param offset where its bytes start in the file
 */
export function pathSource(fs: FileSystem, path: string, size: number, offset = 0): ByteSource {
  return {
    size,
    path,
    chunks: () => storedFile(fs, path, offset, size),
    part: (from, length) => pathSource(fs, path, length, offset + from),
  }
}

async function* wholeRange(
  file: OpenFile,
  offset: number,
  size: number,
): AsyncGenerator<Uint8Array> {
  // Many small files may be read at once.
  const block = size < BLOCK_BYTES ? Buffer.allocUnsafeSlow(size) : takeBlock()
  try {
    for (let read = 0; read < size;) {
      const length = Math.min(block.length, size - read)
      const count = await file.read(block, 0, length, offset + read)
      if (count === 0) {
        throw new FlaggingError('ERR_FLAGGING_STORE', 'A file is shorter than recorded')
      }
      read += count
      yield block.subarray(0, count)
    }
  } finally {
    giveBlock(block)
  }
}

async function* storedFile(
  fs: FileSystem,
  path: string,
  offset: number,
  size: number,
): AsyncGenerator<Uint8Array> {
  const file = await fs.open(path, 'read')
  try {
    if ((await file.stat()).kind !== 'file') {
      throw new FlaggingError('ERR_FLAGGING_STORE', 'A stored file is no regular file')
    }
    yield* wholeRange(file, offset, size)
  } finally {
    await file.close()
  }
}

/** All of a source in memory. */
export async function bytesOf(source: ByteSource): Promise<Uint8Array> {
  const whole = new Uint8Array(source.size)
  let at = 0
  for await (const chunk of source.chunks()) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

/** A file of a sample over any {@link ByteSource}. */
export class SourceFile implements FlaggedFile {
  readonly name: string | undefined
  readonly type: string
  readonly source: ByteSource
  /** Where it lies below its dataset's folder, with `/`; `undefined` if it does not lie in one. */
  readonly storedAs: string | undefined

  constructor(name: string | undefined, type: string, source: ByteSource, storedAs?: string) {
    this.name = name
    this.type = type
    this.source = source
    this.storedAs = storedAs
  }

  get size(): number {
    return this.source.size
  }

  /** The content, in chunks; what is not read is not fetched, and a cancel closes the source. */
  stream(): ReadableStream<Uint8Array> {
    const chunks = eachChunk(this.source)
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller): Promise<void> {
          const { done, value } = await chunks.next()
          if (done === true) controller.close()
          else controller.enqueue(value)
        },
        async cancel(): Promise<void> {
          await chunks.return(undefined)
        },
      },
      { highWaterMark: 0 },
    )
  }

  bytes(): Promise<Uint8Array> {
    return bytesOf(this.source)
  }

  async saveTo(path: string): Promise<void> {
    const target = await nodeFileSystem.open(path, 'create')
    try {
      await copyTo(target, this.source.chunks())
      await target.close()
    } catch (error) {
      await target.close().catch(() => undefined)
      await nodeFileSystem.unlink(path).catch(() => undefined)
      throw error
    }
  }
}

// The reader of a stream may change or transfer what it gets, so memory is handed out as copies.
async function* eachChunk(source: ByteSource): AsyncGenerator<Uint8Array, undefined, undefined> {
  for await (const chunk of source.chunks()) yield new Uint8Array(chunk)
  return undefined
}

/** Writes chunks into an open file from its start and gives their length. */
export async function copyTo(
  target: OpenFile,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<number> {
  let size = 0
  for await (const chunk of chunks) {
    await writeAll(target, chunk, size)
    size += chunk.length
  }
  return size
}
