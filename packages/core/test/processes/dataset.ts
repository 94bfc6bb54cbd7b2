import assert from 'node:assert/strict'
import { createReadStream, existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse } from 'csv-parse'
import { readSamples } from '../../src/store/examples.ts'
import { STORED_PATH } from '../../src/store/cells.ts'
import { type Mix, cellsOf, columnsOf } from './samples.ts'

const WORKING_FILE = /^(?:components\.json|lock|turn|sizes|torn-[\w-]+|[\w-]{12}\.tmp)$/

/** What lies in a dataset. */
export interface Found {
  /** The ids of its samples, in the order of the rows. */
  readonly ids: readonly string[]
  /** By id: the number of the sample's files. */
  readonly numbers: ReadonlyMap<string, number>
  /** Unfinished rows that were set aside. */
  readonly torn: number
  /** Names of uploads in flight, which only a writer that died leaves. */
  readonly temporary: number
  /** Files that no row names, which only a writer that died leaves. */
  readonly orphans: number
}

/** Reads a dataset to its last byte, and throws if anything in it is not as it must be. */
export async function readDataset(dir: string, mix: Mix): Promise<Found> {
  const found = await readLog(dir, 'logs.csv', mix)
  const names = readdirSync(dir).filter((name) => !columnsOf(mix).some((at) => at.label === name))
  assert.deepEqual(names.toSorted(), ['.flagging', 'logs.csv'])
  const working = readdirSync(join(dir, '.flagging'))
  assert.deepEqual(
    working.filter((name) => !WORKING_FILE.test(name)),
    [],
  )
  const seen: string[] = []
  for await (const { inputs, outputs } of readSamples(dir))
    seen.push(idIn({ ...inputs, ...outputs }))
  assert.deepEqual(seen, found.ids)
  return {
    ...found,
    torn: working.filter((name) => name.startsWith('torn-')).length,
    temporary: working.filter((name) => name.endsWith('.tmp')).length,
    orphans: orphansIn(dir, mix, found.paths),
  }
}

function idIn(values: Readonly<Record<string, unknown>>): string {
  return typeof values['id'] === 'string' ? values['id'] : ''
}

function orphansIn(dir: string, mix: Mix, paths: ReadonlySet<string>): number {
  let orphans = 0
  for (const { label } of columnsOf(mix)) {
    if (!existsSync(join(dir, label))) continue
    for (const name of readdirSync(join(dir, label))) if (!paths.has(`${label}/${name}`)) orphans++
  }
  return orphans
}

/** One log: every row whole and exactly as it was sent, every file byte by byte. */
interface ReadLog {
  readonly ids: readonly string[]
  readonly numbers: ReadonlyMap<string, number>
  readonly paths: ReadonlySet<string>
}

/**
 * Reads one log of a dataset, with somebody else's parser.
 * @param path relative to the dataset, or absolute
 */
export async function readLog(dir: string, path: string, mix: Mix): Promise<ReadLog> {
  const labels = columnsOf(mix).map(({ label }) => label)
  const ids: string[] = []
  const numbers = new Map<string, number>()
  const paths = new Set<string>()
  let isHeader = true
  const log = path.startsWith('/') ? path : join(dir, path)
  for await (const row of createReadStream(log).pipe(parse()) as AsyncIterable<string[]>) {
    if (isHeader) assert.deepEqual(row, labels, `The header of ${basename(log)}`)
    else checkRow(row)
    isHeader = false
  }
  assert.equal(new Set(ids).size, ids.length, 'A sample is there twice')
  assert.equal(new Set(numbers.values()).size, numbers.size, 'Two samples share a number')
  return { ids, numbers, paths }

  function checkRow(row: readonly string[]): void {
    const [id = ''] = row
    const expected = cellsOf(mix, id)
    assert.equal(row.length, expected.length)
    ids.push(id)
    for (const [column, cell] of row.entries()) {
      const want = expected[column] ?? ''
      if (typeof want !== 'string') checkFiles(id, labels[column] ?? '', cell, want)
      // Not by `assert.equal`, which would print megabytes.
      else assert.ok(cell === want, `Cell ${labels[column]} of ${id} is not what was sent`)
    }
  }

  function checkFiles(id: string, label: string, cell: string, want: readonly Buffer[]): void {
    const stored = want.length > 1 ? (JSON.parse(cell) as string[]) : [cell]
    assert.equal(stored.length, want.length)
    for (const [index, at] of stored.entries()) {
      const [, folder, number] = STORED_PATH.exec(at) ?? []
      assert.equal(folder, label)
      assert.equal(numbers.get(id) ?? Number(number), Number(number), `${id} has two numbers`)
      numbers.set(id, Number(number))
      assert.ok(!paths.has(at), `${at} belongs to two samples`)
      paths.add(at)
      assert.ok(readFileSync(join(dir, at)).equals(want[index]!), `${at} is not what was sent`)
    }
  }
}

/** Throws unless everything in one list is in the other as well. */
export function assertWithin(
  part: readonly string[],
  whole: readonly string[],
  what: string,
): void {
  const all = new Set(whole)
  assert.deepEqual(
    part.filter((item) => !all.has(item)),
    [],
    what,
  )
}
