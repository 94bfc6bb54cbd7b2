import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CSVLogger, type FlagValue, readSamples } from '@flagging/core'
import { parse } from 'csv-parse'
import Papa from 'papaparse'
import { expect, it } from 'vitest'
import { components, details, temporary, typed } from '../csv-logger-support.ts'
import { TIMEOUT, report, times } from './scale.ts'

const ROWS = times(3000, 200_000)
const BATCH = 1000
const LABELS = ['value', 'text', 'Output']

/** What a value can have that a log could stumble over, with the least share of values that do. */
const HAZARDS: readonly (readonly [name: string, isIt: RegExp, share: number])[] = [
  ['quote', /"/, 0.1],
  ['comma', /,/, 0.1],
  ['line end', /\n/, 0.1],
  ['CR', /\r/, 0.05],
  ['other separators', /[;\t|]/, 0.05],
  ['NUL', /\0/, 0.02],
  ['lone surrogate', /\p{Cs}/u, 0.02],
  ['formula', /^[=+\-@]/, 0.05],
  ['mark', /^'/, 0.02],
  ['looks like JSON', /^(?:-?\d+|\{.*\}|\[.*\]|true|null)$/, 0.05],
  ['looks like a path', /^\w+\/\d+\.png$/, 0.02],
  ['edge blank', /^\s|\s$/, 0.1],
  ['beyond ASCII', /[^\0-\x7f]/, 0.1],
  ['empty', /^$/, 0.01],
]
const PIECES =
  '" "" , \n \r\n \r ; \t | \0 \ud800 \udfff = + - @ \' 日本 😀 \ufeff \u2028 x word 12 { } [ ] 1,2\n'
    .split(' ')
    .concat(' ')
const WHOLE = [
  '',
  '5',
  '-1.5',
  '1e400',
  'true',
  'null',
  '{}',
  '{"a":1}',
  '[1]',
  'value/0.png',
  '007',
]

/** The same numbers on every run: below `limit`, whole. */
function numbers(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
}

function* hostileRows(): Generator<[FlagValue, string, FlagValue]> {
  const next = numbers(7)
  const pick = (from: readonly string[]): string => from[next(from.length)] ?? ''
  const text = (): string =>
    next(4) === 0 ? pick(WHOLE) : Array.from({ length: 1 + next(5) }, () => pick(PIECES)).join('')
  const value = (): FlagValue => {
    const kinds = [null, true, -0, next(1e9) / 7, { [text()]: text() }, [text(), [next(9)]]]
    return next(2) === 0 ? text() : (kinds[next(kinds.length)] ?? null)
  }
  for (let row = 0; row < ROWS; row++) yield [value(), text(), value()]
}

async function store(dir: string): Promise<number[]> {
  const [value, answer] = components('value', 'Output')
  const of = [value, ...typed('text', 'text'), answer].filter((part) => part !== undefined)
  const logger = new CSVLogger({ exclusive: true, fsync: 'none' })
  const counts = HAZARDS.map(() => 0)
  let waiting: Promise<number>[] = []
  for (const row of hostileRows()) {
    HAZARDS.forEach(([, isIt], at) => (counts[at] = (counts[at] ?? 0) + Number(isIt.test(row[1]))))
    waiting.push(logger.flag(row, null, null, details(dir, of)))
    if (waiting.length === BATCH) await Promise.all(waiting.splice(0))
  }
  await Promise.all(waiting)
  waiting = []
  await logger.close()
  return counts
}

/** A sum over all cells, whoever has read them. */
class CellSum {
  readonly #hash = createHash('sha256')
  rows = 0

  add(cells: readonly string[]): void {
    this.rows++
    for (const cell of cells) this.#hash.update(`${Buffer.byteLength(cell)}:`).update(cell)
  }

  get hex(): string {
    return this.#hash.digest('hex')
  }
}

const PYTHON = `
import csv, hashlib, sys
sum, rows = hashlib.sha256(), 0
with open(sys.argv[1], newline='', encoding='utf-8') as log:
    for cells in csv.reader(log, strict=True):
        rows += 1
        for cell in cells:
            data = cell.encode()
            sum.update(b'%d:' % len(data))
            sum.update(data)
print(rows, sum.hexdigest())
`

it(
  'gives hostile rows back as they were, and the same table to every reader',
  async () => {
    const dir = temporary()
    const log = join(dir, 'logs.csv')
    const counts = await store(dir)
    for (const [at, [name, , share]] of HAZARDS.entries()) {
      expect({ name, isOften: (counts[at] ?? 0) / ROWS >= share }).toEqual({ name, isOften: true })
    }

    const rows = hostileRows()
    let same = 0
    for await (const { inputs, outputs } of readSamples(dir, { outputs: ['Output'] })) {
      const row: unknown = rows.next().value
      expect([inputs['value'], inputs['text'], outputs['Output']]).toStrictEqual(row)
      same++
    }
    expect(same).toBe(ROWS)

    const strict = new CellSum()
    for await (const cells of createReadStream(log).pipe(parse())) strict.add(cells as string[])
    const { hex } = strict
    expect(strict.rows).toBe(ROWS + 1)

    const papa = new CellSum()
    const text = readFileSync(log, 'utf8').slice(0, -1)
    Papa.parse<string[]>(text, {
      delimiter: ',',
      newline: '\n',
      step: ({ data }) => papa.add(data),
    })
    expect([papa.rows, papa.hex]).toEqual([ROWS + 1, hex])

    const python = spawnSync('python3', ['-c', PYTHON, log], { encoding: 'utf8' })
    const isThere = python.error === undefined
    expect(isThere ? python.stdout.trim() : `${ROWS + 1} ${hex}`).toBe(`${ROWS + 1} ${hex}`)
    const readers = ['loadExamples', 'csv-parse', 'papaparse', ...(isThere ? ['python3'] : [])]
    report(`${ROWS} rows of ${LABELS.length} cells, the same in ${readers.join(', ')}`)
  },
  TIMEOUT,
)
