import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JSONValue } from '../src/sample/flag-value.ts'
import { encodeCell } from '../src/store/cells.ts'
import { formatRecords } from '../src/store/csv.ts'
import { simpleCell } from '../src/store/simple-cell.ts'

/** What csv-stringify gives when it looks at every cell itself. */
function formatted(records: readonly (readonly string[])[]): string {
  return stringify([...records], {
    record_delimiter: '\n',
    quote_record_delimiter: true,
    quoted_match: [';', '\t', '|', /^\s|\s$/],
  })
}

const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))
const odd = ['\u00a0', '\u3000', '\ufeff', '\u2028', '\u0085', 'é', '日', '😀', '\ud800']
const piece = fc.constantFrom(...ascii, ...odd)
/** Mostly plain, with one sign of any kind at any place. */
const word = fc.constantFrom(
  '',
  'add',
  '5',
  '-1.5',
  'a b',
  'im/7.png',
  'null',
  'true',
  "it's",
  '{}',
)
const text = fc.oneof(
  word,
  fc.tuple(word, piece, word).map((parts) => parts.join('')),
  fc.string({ unit: piece, maxLength: 4 }),
)
const table = fc
  .integer({ min: 1, max: 4 })
  .chain((width) =>
    fc.array(fc.array(text, { minLength: width, maxLength: width }), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .filter((records) => records.every((record) => record.join('') !== '' || record.length > 1))

describe('a row of plain cells', () => {
  it('is what csv-stringify makes of it, as is every other', () => {
    let plain = 0
    let quoted = 0
    fc.assert(
      fc.property(table, (records) => {
        const csv = formatRecords(records)
        expect(csv).toBe(formatted(records))
        if (csv.includes('"')) quoted++
        else plain++
      }),
      { numRuns: 5000 },
    )
    expect(Math.min(plain, quoted)).toBeGreaterThan(1000)
  })

  it('is so with each sign at each place of a cell', () => {
    for (const sign of [...ascii, ...odd]) {
      for (const cell of [sign, `${sign}a`, `a${sign}`, `a${sign}b`, `a ${sign} b`]) {
        expect(formatRecords([['5', cell, '']])).toBe(formatted([['5', cell, '']]))
        expect(formatRecords([[cell]])).toBe(formatted([[cell]]))
      }
    }
  })
})

describe('simpleCell', () => {
  const value: fc.Arbitrary<JSONValue> = fc.oneof(
    text,
    fc.double().map(String),
    fc.double(),
    fc.integer(),
    fc.constantFrom(null, true, false, -0, 0, 1e21, 5e-324, Number.NaN),
    fc.array(text, { maxLength: 2 }),
  )

  it('gives the cell of a value, or leaves it to those who look closer', () => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(value, fc.constantFrom('any', 'text'), fc.boolean(), (of, mode, onlyColumn) => {
        const cell = simpleCell(of, mode, onlyColumn)
        const kind = cell === undefined ? 'left' : typeof of
        seen.set(kind, (seen.get(kind) ?? 0) + 1)
        expect(cell ?? encodeCell(of, mode, { onlyColumn })).toBe(
          encodeCell(of, mode, { onlyColumn }),
        )
      }),
      { numRuns: 10_000 },
    )
    const kinds = ['left', 'string', 'number', 'boolean', 'object']
    expect(kinds.filter((kind) => (seen.get(kind) ?? 0) < 50)).toEqual([])
  })

  it('does so with each sign at each place of a text', () => {
    for (const sign of [...ascii, ...odd]) {
      for (const of of [sign, `${sign}a`, `a${sign}`, `1${sign}`, `im${sign}7.png`, `1${sign}5`]) {
        for (const mode of ['any', 'text'] as const) {
          expect([encodeCell(of, mode), undefined]).toContain(simpleCell(of, mode, false))
        }
      }
    }
  })
})
