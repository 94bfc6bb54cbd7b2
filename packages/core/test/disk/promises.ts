import { parse } from 'csv-parse/sync'
import type { CSVLoggerOptions } from '../../src/store/csv-logger.ts'
import { resolveReadOptions } from '../../src/store/read-options.ts'
import { readFrom } from '../../src/store/read-samples.ts'
import { PNG, fileOf } from '../csv-logger-support.ts'
import type { DiskImage } from './disk-image.ts'
import { filesOf, logsOf } from './files-of.ts'
import { ModelDisk } from './model-disk.ts'
import { type Removed, checkGone, checkNumbers } from './removals.ts'
import { DIR, Run, type Sent, type Shape, printOf } from './samples.ts'

/** What must hold of a disk. */
export interface Expected {
  readonly sent: ReadonlyMap<string, Sent>
  readonly acknowledged: readonly string[]
  /** What was deleted, or began to be. */
  readonly removed?: readonly Removed[]
  /** What of that must be gone. */
  readonly gone?: readonly Removed[]
  /** The datasets that go on. */
  readonly shapes: Iterable<Shape>
  readonly options: CSVLoggerOptions
}

/** The keys of the rows of a disk, as a reader finds them: each must be one that was sent. */
export async function readDisk(
  disk: ModelDisk,
  { sent, acknowledged, options, gone = [] }: Expected,
): Promise<string[]> {
  const keys: string[] = []
  for await (const sample of readFrom(disk, DIR, resolveReadOptions({}))) {
    const values = { ...sample.inputs, ...sample.outputs }
    const key = values['key'] as string
    const row = sent.get(key)
    if (row === undefined)
      throw new Error(`A row that was never sent: ${JSON.stringify(values).slice(0, 200)}`)
    if (keys.includes(key)) throw new Error(`${key} is there twice`)
    keys.push(key)
    if (Object.keys(values).length !== row.prints.size) throw new Error(`${key} has other columns`)
    for (const [label, { text, isStored }] of row.prints) {
      // Nobody promises what lies in files that were never synced.
      if (row.isRemoved === true || (isStored && options.fsync === 'none')) continue
      const found = (await printOf(values[label] ?? null)).text
      if (found !== text) throw new Error(`${key} reads ${label} as ${found}, not as ${text}`)
    }
  }
  const lost = acknowledged.filter((key) => !keys.includes(key))
  if (lost.length > 0) throw new Error(`Lost though acknowledged: ${lost.join(' ')}`)
  checkGone(disk, gone)
  return keys
}

/**
 * Checks a disk as a cut of the power left it: what is read as it is, and, after a new logger has
 * stored one more sample in each dataset, everything else that is promised. Gives what that did.
 */
export async function checkRecovery(
  image: DiskImage,
  expected: Expected,
  mark: string,
  isReadable = true,
): Promise<Run> {
  const disk = new ModelDisk(image)
  if (isReadable) await readDisk(disk, expected)
  const before = logsOf(disk)
  const asideBefore = asideOf(disk)
  const run = new Run(disk, expected)
  run.options = expected.options
  const logger = run.logger(expected.options)
  const counts = new Map<string, number>()
  for (const [index, shape] of [...expected.shapes].entries()) {
    const values = shape.components
      .slice(1)
      .map(({ type }) => (type === 'image' ? fileOf(PNG) : '-1.5'))
    const count = await run.flag(logger, shape, `${mark}${index}`, ...values)
    if (count === undefined)
      throw new Error(`It does not go on: ${String(causeOf(run.rejected[0]))}`)
    counts.set(shape.dir, count)
  }
  await run.close()
  if (disk.openFiles > 0) throw new Error(`${disk.openFiles} files were left open`)
  const acknowledged = run.acknowledged.map(({ key }) => key)
  const keys = await readDisk(disk, { ...expected, sent: run.sent, acknowledged })
  for (const [dir, count] of counts) {
    const rows = keys.filter((key) => run.sent.get(key)?.shape.dir === dir).length
    if (rows !== count) throw new Error(`flag() gave ${count} for ${rows} rows in ${dir}`)
  }
  checkLogs(disk)
  checkNumbers(disk, expected.removed ?? [])
  checkAside(before, logsOf(disk), asideBefore, asideOf(disk), run)
  return run
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? (error.cause ?? error) : error
}

/** Whether strangers read the logs: one header each, one width, each file in one row. */
export function checkLogs(disk: ModelDisk): void {
  const numbers = new Map<string, string>()
  for (const [path, bytes] of logsOf(disk)) {
    const rows = parse(bytes)
    const [header = []] = rows
    if (rows.filter((row) => row.join() === header.join()).length !== 1)
      throw new Error(`${path} has two headers`)
    for (const [index, row] of rows.slice(1).entries()) {
      for (const [cell, number] of row
        .join('\n')
        .matchAll(/^(?:\["|)(?:im|Output|note|data)\/(\d+)/gm)) {
        const place = `${path} ${index}`
        const dataset = path.slice(0, path.lastIndexOf('/'))
        const taken = numbers.get(`${dataset} ${number}`)
        if (taken !== undefined && taken !== place) throw new Error(`${cell} is in two rows`)
        numbers.set(`${dataset} ${number}`, place)
      }
    }
  }
}

/** Checks that all that logs had is still in them, or set aside: a cut may come at any moment. */
export function checkKept(base: DiskImage, image: DiskImage): void {
  const [before, after] = [new ModelDisk(base), new ModelDisk(image)]
  const tails = [...asideOf(after).values()]
  for (const [path, bytes] of logsOf(before)) {
    const now = logsOf(after).get(path)
    if (now === undefined) throw new Error(`${path} is gone`)
    if (!isKeptIn(bytes, now, tails)) throw new Error(`${path} lost bytes that are not set aside`)
  }
}

/** Whether a log still has its bytes, but for what was set aside from its end. */
function isKeptIn(bytes: Buffer, now: Buffer, tails: readonly Buffer[]): boolean {
  if (now.subarray(0, bytes.length).equals(bytes)) return true
  return tails.some((tail) => {
    const kept = bytes.length - tail.length
    return kept >= 0 && Buffer.concat([now.subarray(0, kept), tail]).equals(bytes)
  })
}

/** What the logs lost must lie beside them and be told of. */
function checkAside(
  before: ReadonlyMap<string, Buffer>,
  after: ReadonlyMap<string, Buffer>,
  asideBefore: ReadonlyMap<string, Buffer>,
  aside: ReadonlyMap<string, Buffer>,
  run: Run,
): void {
  const tails = [...aside].filter(([name]) => !asideBefore.has(name)).map(([, tail]) => tail)
  for (const [path, bytes] of before) {
    const now = after.get(path)
    if (now === undefined) throw new Error(`${path} is gone`)
    if (!isKeptIn(bytes, now, tails)) throw new Error(`${path} lost bytes that were not set aside`)
  }
  const told = run.reports.filter(({ code }) => code === 'ERR_FLAGGING_TORN_ROW').length
  if (told !== tails.length)
    throw new Error(`${tails.length} tails were set aside and ${told} told of`)
  const others = run.reports.filter(({ code }) => code !== 'ERR_FLAGGING_TORN_ROW')
  if (others.length > 0) throw new Error(`Told of: ${String(others[0])}`)
}

function asideOf(disk: ModelDisk): Map<string, Buffer> {
  return filesOf(disk, (name) => name.startsWith('torn-'))
}
