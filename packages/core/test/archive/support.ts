import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { DownloadSample, DownloadValue } from '../../src/archive/download-sample.ts'
import type { FlagValue } from '../../src/sample/flag-value.ts'
import { SourceFile, memorySource, pathSource } from '../../src/store/byte-source.ts'
import { nodeFileSystem } from '../../src/store/node-file-system.ts'

/** A sample with some of its parts; the others say nothing. */
export function sampleOf(
  inputs: readonly (readonly [label: string, value: FlagValue])[],
  more: Partial<DownloadSample> = {},
): DownloadSample {
  return {
    dataset: null,
    log: 'logs.csv',
    inputs: valuesOf(inputs),
    outputs: [],
    option: null,
    username: null,
    details: {},
    review: null,
    ...more,
  }
}

/** Values by label. */
export function valuesOf(
  values: readonly (readonly [label: string, value: FlagValue])[],
): DownloadValue[] {
  return values.map(([label, value]) => ({ label, value }))
}

/** A folder of its own, removed after the test. */
export function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'flagging-archive-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** A file as it stands in memory. */
export function fileOf(bytes: Uint8Array, type: string, storedAs?: string): SourceFile {
  return new SourceFile('../evil\r\n.exe', type, memorySource(bytes), storedAs)
}

/** A file as it lies on the disk. */
export async function storedFile(
  dir: string,
  name: string,
  bytes: Uint8Array,
  type: string,
): Promise<SourceFile> {
  await writeFile(join(dir, name), bytes)
  return diskFile(join(dir, name), bytes.length, type, `im/${name}`)
}

/** A file that is there. */
export function diskFile(path: string, size: number, type: string, storedAs: string): SourceFile {
  return new SourceFile(undefined, type, pathSource(nodeFileSystem, path, size), storedAs)
}

/** All of a stream. */
export async function allOf(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Samples one by one; tells how many were taken, and whether they were let go. */
export function given(samples: Iterable<DownloadSample>) {
  const seen = { taken: 0, isOver: false }
  async function* each(): AsyncGenerator<DownloadSample> {
    try {
      for (const sample of samples) {
        seen.taken++
        yield sample
      }
    } finally {
      seen.isOver = true
    }
  }
  return { samples: each(), seen }
}
