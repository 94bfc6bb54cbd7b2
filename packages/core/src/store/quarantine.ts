import { copyTo } from './byte-source.ts'
import { randomName, readRange } from './disk.ts'
import type { FileSystem, OpenFile } from './file-system.ts'

/** A part of a file. */
export interface Span {
  readonly start: number
  /** The offset behind its last byte. */
  readonly end: number
}

/**
 * Copies what is no row of a log to a file of its own in the dataset's working folder, and brings that
 * to the disk with its name, whatever `fsync` says: it may be all that is left of rows that were.
 * If that fails there is no such file.
 * @returns its name, `torn-` with the time
 */
export async function quarantine(
  fs: FileSystem,
  folder: string,
  log: OpenFile,
  spans: readonly Span[],
): Promise<string> {
  const name = `torn-${new Date().toISOString().replaceAll(/[:.]/g, '-')}-${randomName()}`
  const path = `${folder}/${name}`
  await copySpans(fs, log, spans, path)
  try {
    await fs.syncDirectory(folder)
  } catch (error) {
    await fs.unlink(path).catch(() => undefined)
    throw error
  }
  return name
}

/** Copies parts of an open file, one behind the other, to a new file, and syncs that; or leaves none. */
export async function copySpans(
  fs: FileSystem,
  from: OpenFile,
  spans: readonly Span[],
  path: string,
): Promise<void> {
  const target = await fs.open(path, 'create')
  try {
    const bytes = await copyTo(target, bytesOf(from, spans))
    if (bytes !== lengthOf(spans)) throw new Error('A log became shorter while it was read')
    await target.sync()
    await target.close()
  } catch (error) {
    await target.close().catch(() => undefined)
    await fs.unlink(path).catch(() => undefined)
    throw error
  }
}

/** How many bytes they are together. */
export function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { start, end }) => sum + end - start, 0)
}

/** What lies between parts of a file, which are given in order, from its start to its end. */
export function spansBetween(spans: readonly Span[], size: number): Span[] {
  const between: Span[] = []
  let start = 0
  for (const span of [...spans, { start: size, end: size }]) {
    if (span.start > start) between.push({ start, end: span.start })
    start = span.end
  }
  return between
}

async function* bytesOf(file: OpenFile, spans: readonly Span[]): AsyncGenerator<Uint8Array> {
  for (const { start, end } of spans) yield* readRange(file, start, end)
}
