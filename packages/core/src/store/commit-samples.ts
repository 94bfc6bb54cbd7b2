import { FlaggingError } from '../errors.ts'
import type { DatasetFiles } from './dataset-files.ts'
import type { LogContext } from './log-context.ts'
import type { PendingSample } from './pending-sample.ts'
import { rowHash } from './row-key.ts'
import { type StoredSize, noteSizes } from './size-ledger.ts'
import { AppendError } from './store-errors.ts'

const LF = 0x0a
const QUOTE = 0x22

/**
 * Stores samples under the lock, layout by layout; those that fail by their own fault fail alone, and
 * each is told of its count or its error.
 */
export async function commitSamples(
  context: LogContext,
  files: DatasetFiles,
  samples: readonly PendingSample[],
): Promise<void> {
  for (const group of byLayout(samples)) await commitGroup(context, files, group)
}

async function commitGroup(
  context: LogContext,
  dataset: DatasetFiles,
  group: readonly PendingSample[],
): Promise<void> {
  const { fs, dir, folder, sync } = context
  const placed: PendingSample[] = []
  const folders = new Set<string>()
  const sizes: StoredSize[] = []
  let next = dataset.next
  try {
    for (const sample of group) {
      const number = sample.files ? await place(dataset, sample, next, folders) : next
      if (number === undefined) continue
      next = number + 1
      placed.push(sample)
      if (sample.files) sizes.push(...sample.files.sizes(number))
    }
    const [first] = placed
    if (first === undefined) return
    if (sync) {
      for (const name of folders) await fs.syncDirectory(`${dir}/${name}`)
    }
    if (sizes.length > 0) await noteSizes(fs, folder, sizes)
    const { layout } = first.row
    const log = dataset.logFor(layout)
    const rows = placed.map(({ row }) => row.cells)
    const bytes = await dataset.append(log, layout, rows, next)
    const before = dataset.samples - placed.length
    for (const [index, sample] of placed.entries()) sample.count = before + index + 1
    noteRows(context, placed, log.name, bytes, log.extent.size - bytes.length)
  } catch (error) {
    // Rows that could not be cut off again may still be read: then their files must stay.
    const isGone = !(error instanceof AppendError) || error.cut
    for (const { files } of placed) await (isGone ? files?.displace() : files?.leave())
    const cause = error instanceof AppendError ? error.cause : error
    for (const sample of group) sample.error ??= cause
  }
}

async function place(
  dataset: DatasetFiles,
  sample: PendingSample,
  next: number,
  folders: Set<string>,
): Promise<number | undefined> {
  try {
    for (const folder of sample.files?.folders ?? []) {
      if (!folders.has(folder)) await dataset.useFolder(folder)
      folders.add(folder)
    }
    return await sample.files?.place(next)
  } catch (error) {
    sample.error = error
    return undefined
  }
}

/**
 * Tells those who asked where their rows stand. Never throws: they are stored.
 * @param bytes what was written: the rows, and in a new log the header before them
 * @param start where that is in the log
 */
function noteRows(
  { report }: LogContext,
  placed: readonly PendingSample[],
  log: string,
  bytes: Uint8Array,
  start: number,
): void {
  if (!placed.some(({ noted }) => noted !== undefined)) return
  try {
    let at = start === 0 ? endOfRow(bytes, 0) : 0
    for (const { noted } of placed) {
      const end = endOfRow(bytes, at)
      noted?.({ log, offset: start + at, hash: rowHash(bytes.subarray(at, end)) })
      at = end
    }
  } catch (cause) {
    const message = 'Flags were stored, but cannot be taken back'
    report(new FlaggingError('ERR_FLAGGING_STORE', message, { cause }))
  }
}

/** Where a row ends that was just written: behind the first LF outside of quotes. */
function endOfRow(bytes: Uint8Array, start: number): number {
  let isQuoted = false
  let at = start
  for (; at < bytes.length; at++) {
    if (bytes[at] === QUOTE) isQuoted = !isQuoted
    else if (bytes[at] === LF && !isQuoted) return at + 1
  }
  return at
}

function byLayout(samples: readonly PendingSample[]): Iterable<PendingSample[]> {
  const groups = new Map<object, PendingSample[]>()
  for (const sample of samples) {
    const group = groups.get(sample.row.layout)
    if (group === undefined) groups.set(sample.row.layout, [sample])
    else group.push(sample)
  }
  return groups.values()
}
