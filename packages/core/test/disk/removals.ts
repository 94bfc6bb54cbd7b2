import { STORED_PATH } from '../../src/store/cells.ts'
import type { CSVLogger } from '../../src/store/csv-logger.ts'
import { type ParsedRecord, RecordParser } from '../../src/store/record-parser.ts'
import { type RowKey, rowHash } from '../../src/store/row-key.ts'
import { filesOf, logsOf } from './files-of.ts'
import type { ModelDisk } from './model-disk.ts'
import type { Run, Shape } from './samples.ts'

/** A sample that is deleted, and when, by how many changes the disk had seen. */
export interface Removed {
  readonly key: string
  readonly dir: string
  /** The files that it had. */
  readonly paths: readonly string[]
  /** From then on nobody knows whether it is there. */
  readonly from: number
  /** From then on it must not be; absent if that was refused. */
  until?: number
  /** Set where its files could not be removed, which was told. */
  isLeft?: boolean
}

interface Row {
  readonly key: string
  readonly rowKey: RowKey
  readonly paths: readonly string[]
}

/** The rows of a dataset as they are on a disk, looked at past its calls. */
export function rowsOn(disk: ModelDisk, dir: string): Row[] {
  return [...logsOf(disk)].flatMap(([path, bytes]) => {
    if (path.slice(0, path.lastIndexOf('/')) !== dir) return []
    const log = path.slice(dir.length + 1)
    const parser = new RecordParser()
    const records = [...parser.push(bytes), ...parser.end()].slice(1)
    return records.map((record) => rowOf(log, bytes, record))
  })
}

function rowOf(log: string, bytes: Buffer, { cells, start, end }: ParsedRecord): Row {
  const hash = rowHash(bytes.subarray(start, end))
  const paths = cells.flatMap((cell) => {
    const list = cell.startsWith('["') ? (JSON.parse(cell) as string[]) : [cell]
    return list.filter((path) => STORED_PATH.test(path))
  })
  return { key: cells[0] ?? '', rowKey: { log, offset: start, hash }, paths }
}

/** Deletes samples; gives how many there were, or `undefined` if that was rejected. */
export async function removeFrom(
  run: Run,
  logger: CSVLogger,
  { dir }: Shape,
  ...keys: string[]
): Promise<number | undefined> {
  const rows = rowsOn(run.disk, dir).filter(({ key }) => keys.includes(key))
  if (rows.length !== keys.length) throw new Error(`Not all of ${keys.join()} are there`)
  const from = run.disk.mutations.length
  const told = run.reports.length
  const removed: Removed[] = rows.map(({ key, paths }) => ({ key, dir, paths, from }))
  run.removed.push(...removed)
  try {
    const count = await logger.remove(dir, { rows: rows.map(({ rowKey }) => rowKey) })
    if (count !== keys.length) throw new Error(`${count} of ${keys.join()} were deleted`)
    const isLeft = run.reports.slice(told).some(({ message }) => message.startsWith('Files of'))
    for (const one of removed) Object.assign(one, { until: run.disk.mutations.length, isLeft })
    return count
  } catch (error) {
    run.rejected.push(error)
    return undefined
  }
}

/** Checks that what was deleted for good is gone with its files. */
export function checkGone(disk: ModelDisk, gone: readonly Removed[]): void {
  for (const { key, dir, paths, isLeft } of gone) {
    if (rowsOn(disk, dir).some((row) => row.key === key)) throw new Error(`${key} came back`)
    const files = filesOf(disk, () => true)
    const back = isLeft === true ? undefined : paths.find((path) => files.has(`${dir}/${path}`))
    if (back !== undefined) throw new Error(`${back} of ${key} came back`)
  }
}

/** Checks that no sample has a number that one which was deleted has had. */
export function checkNumbers(disk: ModelDisk, removed: readonly Removed[]): void {
  for (const { key, dir, paths } of removed) {
    const numbers = paths.map(numberOf)
    for (const row of rowsOn(disk, dir)) {
      const taken = row.paths.find((path) => numbers.includes(numberOf(path)))
      if (taken !== undefined && row.key !== key) {
        throw new Error(`${row.key} has a number of ${key}, which was deleted: ${taken}`)
      }
    }
  }
}

function numberOf(path: string): string | undefined {
  return STORED_PATH.exec(path)?.[2]
}
