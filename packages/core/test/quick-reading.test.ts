import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type FlaggingError, type Sample, readSamples } from '@flagging/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bareValue } from '../src/store/bare-cell.ts'
import { type CellMode, decodeCell } from '../src/store/cells.ts'
import { withoutDoubled } from '../src/store/doubled-quotes.ts'
import { LogBytes } from '../src/store/log-bytes.ts'
import { BadSpan } from '../src/store/log-entry.ts'
import { entriesFrom } from '../src/store/log-records.ts'
import { endOfRows } from '../src/store/log-scan.ts'
import { nodeFileSystem } from '../src/store/node-file-system.ts'
import { ownColumns } from '../src/store/own-columns.ts'
import { BadDraft, RowDraft, logPlan } from '../src/store/row-draft.ts'
import { MAX_CELL } from '../src/store/sample-row.ts'
import { StoredFiles } from '../src/store/stored-files.ts'
import { temporary } from './csv-logger-support.ts'
import { TIMEOUT, times } from './soak/scale.ts'

const LABELS = ['a', 'b', 'Output']
const RUNS = times(40, 2000)

/** What was read, in its order: samples, and what was told of rows that were left out. */
type Read = (Sample | string)[]

/** Rows of a log, each with how often it stands there. */
type Parts = readonly (readonly [row: string, times: number])[]

/** Bytes of rows; `\xff` is a byte of its own. */
function bytesOf([row, times]: Parts[number]): Buffer {
  const [first = '', ...others] = row.split('\xff')
  const bytes = others.flatMap((text) => [Buffer.from([0xff]), Buffer.from(text)])
  const once = Buffer.concat([Buffer.from(first), ...bytes])
  return Buffer.alloc(once.length * times, once)
}

function logOf(parts: Parts, labels: readonly string[]): string {
  const dir = temporary()
  const header = Buffer.from(`${labels.join()}\n`)
  writeFileSync(join(dir, 'logs.csv'), Buffer.concat([header, ...parts.map(bytesOf)]))
  return dir
}

async function quickly(dir: string): Promise<Read> {
  const read: Read = []
  const onBad = ({ message }: FlaggingError): void => void read.push(message)
  for await (const sample of readSamples(dir, { onBad })) read.push(sample)
  return read
}

/** The same, with care from the first row to the last. */
async function carefully(dir: string, labels: readonly string[]): Promise<Read> {
  const read: Read = []
  const asked = { inputs: undefined, outputs: undefined }
  const columns = ownColumns(labels, undefined, asked, new StoredFiles(nodeFileSystem, dir))
  const plan = logPlan('logs.csv', { name: 'logs.csv', endpoint: null, columns, absent: [] })
  const file = await nodeFileSystem.open(join(dir, 'logs.csv'), 'read')
  const bytes = new LogBytes(file, await endOfRows(file, (await file.stat()).size))
  const form = { width: labels.length, maxCell: MAX_CELL }
  let n = 0
  for await (const entries of entriesFrom(bytes, form, labels.join().length + 1)) {
    for (const entry of entries) {
      const isBad = entry instanceof BadSpan
      const draft = isBad ? new BadDraft(plan, entry, n) : new RowDraft(plan, entry, n)
      n++
      try {
        read.push(await draft.read())
      } catch (error) {
        read.push((error as FlaggingError).message)
      }
    }
  }
  await file.close()
  return read
}

function expectSame(read: Read, expected: Read): void {
  const at = expected.findIndex((one, index) => !isDeepStrictEqual(one, read[index]))
  expect([at, read[at], read.length]).toStrictEqual([-1, undefined, expected.length])
}

const either = (weight: number, ...of: string[]) => ({
  weight,
  arbitrary: fc.constantFrom(...of),
})
/** Cells as a writer makes them, and as people do. */
const cell = fc.oneof(
  either(9, '5', 'add', '-1.25', '', '日本', 'é', 'null', "'=x", '1e5'),
  either(5, '"x, y"', '"say ""hi"""', '"two\nlines"', '"{""x"":1}"'),
  either(1, '""', '"[1]"', '{"x":1}', '-0', '007', 'true', '\ufeff'),
  either(1, ' '.repeat(30), 'x'.repeat(40), `"${'x\n'.repeat(30)}"`),
  either(1, '1/2', 'a/0.png', '"[""a/0.png"",""a/1.png""]"'),
)
/** What only careful reading knows what to do with, and a file that no column has. */
const oddity = fc.constantFrom('5" pipe', '"open', '"broken"x', 'a\rb', 'a\0b', '\xff', 'c/7.txt')
const cells = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(cell, cell, cell) },
  { weight: 1, arbitrary: fc.tuple(cell, cell) },
  { weight: 1, arbitrary: fc.tuple(cell, oddity, cell) },
)
const lineEnd = fc.oneof(either(9, '\n'), either(1, '\r\n', '\n\n', ',\n'))
const row = fc.tuple(cells, lineEnd).map(([of, end]) => of.join() + end)
const often = fc.oneof(
  { weight: 4, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.integer({ min: 50, max: 1000 }) },
)
const parts = fc.array(fc.tuple(row, often), { maxLength: 10 })
/** More than what is read with care before it is tried again without. */
const filler = fc
  .tuple(fc.constantFrom('x', 'é', ' ""y"",\n'), fc.integer({ min: 270_000, max: 290_000 }))
  .map(([sign, size]): Parts => {
    const long = `5,"${sign.repeat(200)}",7\n`
    return [[long, Math.ceil(size / Buffer.byteLength(long))]]
  })
const tail = fc.constantFrom('', '1,2', '1,"2', '1,2,3')

describe('reading without care where none is needed', () => {
  it(
    'gives what careful reading gives, in its order, whatever stands there',
    async () => {
      let changes = 0
      const pieces = fc.tuple(parts, filler, parts, filler, parts)
      await fc.assert(
        fc.asyncProperty(pieces, tail, async (log, end) => {
          const dir = logOf([...log.flat(), [end, 1]], LABELS)
          const read = await quickly(dir)
          expectSame(read, await carefully(dir, LABELS))
          if (read.filter((one) => typeof one === 'string').length > 1) changes++
        }),
        { numRuns: RUNS },
      )
      expect(changes).toBeGreaterThan(RUNS / 3)
    },
    TIMEOUT,
  )

  it('gives the same where a row is one cell', async () => {
    const log: Parts = [
      ['x\n', 9000],
      ['"y, z"\n', 9000],
      ['""\n\n', 3],
      ['null\n"null"\n5\n', 9000],
    ]
    const dir = logOf(log, ['a'])
    const read = await quickly(dir)
    expect(read).toHaveLength(45_000)
    expectSame(read, await carefully(dir, ['a']))
  })

  it.each([10, 100, 1000, 3000])('gives the same for texts of %i KiB', async (size) => {
    const text = 'é, "" and so\n'.repeat((size * 1024) / 13)
    const log: Parts = [
      ['1,2,3\n', 7000],
      [`1,"${text}",${'x'.repeat(size * 1024)}\n`, 2],
      ['4,5,6\n', 7000],
      [`1,"${text.slice(0, 100_000)}`, 1],
    ]
    const dir = logOf(log, LABELS)
    const read = await quickly(dir)
    expectSame(read, await carefully(dir, LABELS))
    expect(read.filter((one) => typeof one !== 'string')).toHaveLength(14_002)
  })

  it('gives samples that share nothing', async () => {
    const dir = logOf([['1,2,"[1]"\n', 2]], LABELS)
    const [first, second] = (await quickly(dir)) as Sample[]
    const before = structuredClone(second)
    Object.assign(first?.inputs ?? {}, { a: 9, more: 9 })
    Object.assign(first?.outputs['Output'] ?? [], [9])
    Object.assign(first?.details ?? {}, { log: '9' })
    Object.assign(first?.details.missing ?? [], ['a'])
    expect(second).toStrictEqual(before)
  })
})

describe('the value of a cell', () => {
  it('is told by its first characters only where they tell it', () => {
    const text = fc
      .oneof(
        fc.string(),
        fc.stringMatching(/^-?\d{0,18}\.?\d{0,8}$/),
        fc.double().map(String),
        fc.constantFrom('null', 'nul', 'true', 'n', '-', '.', '-.5', '5.', '00', '-0', '-0.0'),
        cell,
      )
      .filter((found) => !found.includes('/'))
    const mode = fc.constantFrom<CellMode>('any', 'text')
    let told = 0
    fc.assert(
      fc.property(text, mode, fc.boolean(), (found, how, onlyColumn) => {
        const value = bareValue(`,1${found}2,`, 2, 2 + found.length, how)
        if (value === undefined) return
        expect({ kind: 'value', value }).toStrictEqual(decodeCell(found, how, { onlyColumn }))
        told++
      }),
      { numRuns: 5000 },
    )
    expect(told).toBeGreaterThan(2500)
  })
})

describe('a cell with quotes in it', () => {
  it('has each of them once, whatever else it has', () => {
    const piece = fc.oneof(fc.constantFrom('"', '""', 'é', '日', 'x'.repeat(50)), fc.string())
    const text = fc.array(piece, { maxLength: 200 }).map((pieces) => pieces.join(''))
    let wide = 0
    fc.assert(
      fc.property(text, (cellText) => {
        const doubled = cellText.replaceAll('"', '""')
        const quotes = doubled.length - cellText.length
        const line = `1,"${doubled}",2\n`
        expect(withoutDoubled(line, 3, 3 + doubled.length, quotes)).toBe(cellText)
        if (quotes > 0 && cellText.includes('日')) wide++
      }),
      { numRuns: 1000 },
    )
    expect(wide).toBeGreaterThan(100)
  })
})
