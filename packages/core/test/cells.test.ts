import { isDeepStrictEqual } from 'node:util'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import Papa from 'papaparse'
import { describe, expect, it } from 'vitest'
import type { JSONValue } from '../src/sample/flag-value.ts'
import {
  type CellMode,
  STORED_PATH,
  decodeCell,
  encodeCell,
  fileCell,
  parseStoredPath,
} from '../src/store/cells.ts'
import { formatRecords } from '../src/store/csv.ts'
import { RecordParser } from '../src/store/record-parser.ts'
import {
  type Kind,
  TRIGGERS,
  goodPath,
  hostile,
  json,
  path,
  seen,
  short,
} from './hostile-values.ts'

/** Written anew on purpose: what a spreadsheet may take for a formula. */
function isFormula(cell: string): boolean {
  for (const char of cell) {
    if ('\t\r\n\0'.includes(char)) return true
    if (/[\s\p{C}\p{Default_Ignorable_Code_Point}]/u.test(char)) continue
    if (!TRIGGERS.includes(char)) return false
    return !/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(cell)
  }
  return false
}

/** Cells to bytes and back, the bytes in pieces of some size. */
function throughFile(
  records: readonly (readonly string[])[],
  pieceSize: number,
): (readonly string[])[] {
  const bytes = Buffer.from(formatRecords(records))
  const parser = new RecordParser()
  const read = []
  for (let at = 0; at < bytes.length; at += pieceSize) {
    read.push(...parser.push(bytes.subarray(at, at + pieceSize)))
  }
  return [...read, ...parser.end()].map(({ cells }) => cells)
}

function expectSame(decoded: ReturnType<typeof decodeCell>, value: JSONValue) {
  const isSame = decoded.kind === 'value' && isDeepStrictEqual(decoded.value, value)
  expect(isSame, `${JSON.stringify(value)} came back as ${JSON.stringify(decoded)}`).toBe(true)
}

describe('encodeCell and decodeCell', () => {
  it.each<[JSONValue, string]>([
    [5, '5'],
    [-1.5, '-1.5'],
    [-0, '-0'],
    [1e21, '1e+21'],
    [true, 'true'],
    [false, 'false'],
    [0, '0'],
    [null, ''],
    ['', '""'],
    ['add', 'add'],
    ['007', '007'],
    ['1e+', '1e+'],
    ['NaN', 'NaN'],
    ['[INFO] started', '[INFO] started'],
    ['-1.5', "'-1.5"],
    ['1e400', "'1e400"],
    ['true', "'true"],
    ['null', "'null"],
    ['{"a":1}', `'{"a":1}`],
    ['=1+1', "'=1+1"],
    ['-1+1', "'-1+1"],
    ['＝1', "'＝1"],
    ['\u22121', "'\u22121"],
    [' \u200b@SUM(A1)', "' \u200b@SUM(A1)"],
    ['\ufeff\t1', "'\ufeff\t1"],
    ["'", "''"],
    ["''", "'''"],
    ['"', `'"`],
    ['im/0.png', "'im/0.png"],
    ['anything/12-3.bin', "'anything/12-3.bin"],
    ['im/00.png', 'im/00.png'],
    ['../../etc/passwd', '../../etc/passwd'],
    ['a\0b', '"a\\u0000b"'],
    ['=\ud800', '"=\\ud800"'],
    [{ cat: 0.7, dog: -0 }, '{"cat":0.7,"dog":-0}'],
    [['im/0.png'], '["im/0.png"]'],
    [['im/0.png', 'im/1.png'], '[ "im/0.png","im/1.png"]'],
    [['im/0.png', 'b'], '["im/0.png","b"]'],
  ])('writes %j in an untyped column as %s', (value, cell) => {
    expect(encodeCell(value, 'any')).toBe(cell)
    expectSame(decodeCell(cell, 'any'), value)
  })

  it.each<[JSONValue, string]>([
    [null, ''],
    ['', '""'],
    ['-1.5', '-1.5'],
    ['-1.5x', "'-1.5x"],
    [' -1.5', "' -1.5"],
    ['007', '007'],
    ['true', 'true'],
    ['null', 'null'],
    ['{"a":1}', '{"a":1}'],
    ['["im/0.png","im/1.png"]', `'["im/0.png","im/1.png"]`],
    ['im/0.png', "'im/0.png"],
    ['=HYPERLINK("http://x")', `'=HYPERLINK("http://x")`],
  ])('writes %j in a text column as %s', (value, cell) => {
    expect(encodeCell(value, 'text')).toBe(cell)
    expectSame(decodeCell(cell, 'text'), value)
  })

  it('gives back every JSON value and text through a file that other readers read alike', () => {
    seen.clear()
    const row = (columns: number) =>
      fc.array(fc.array(json, { minLength: columns, maxLength: columns }), { minLength: 1 })
    const table = fc.integer({ min: 1, max: 4 }).chain(row)
    const modes = fc.array(fc.constantFrom<CellMode>('any', 'text'), { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(table, modes, fc.integer({ min: 1, max: 40 }), (rows, modeOf, pieceSize) => {
        const options = { onlyColumn: rows[0]?.length === 1 }
        const mode = (column: number) => modeOf[column] ?? 'any'
        const cells = rows.map((values) =>
          values.map((value, column) => encodeCell(value, mode(column), options)),
        )
        expect(cells.flat().filter(isFormula)).toEqual([])
        const csv = formatRecords(cells)
        expect(parse(csv)).toEqual(cells)
        expect(Papa.parse(csv.slice(0, -1), { delimiter: ',' }).data).toEqual(cells)

        const read = throughFile(cells, pieceSize)
        expect(read).toEqual(cells)
        for (const [index, values] of rows.entries()) {
          for (const [column, value] of values.entries()) {
            const cell = read[index]?.[column] ?? ''
            const isCoerced = mode(column) === 'text' && value !== null && typeof value !== 'string'
            const expected = isCoerced ? encodeCell(value, 'any').replace(/^\[ /, '[') : value
            expectSame(decodeCell(cell, mode(column), options), expected)
          }
        }
      }),
      { numRuns: 2000 },
    )
    const others: Kind[] = ['minusZero', 'prototypeKey', 'pathArray', 'nested']
    const kinds = [...(Object.keys(hostile) as Kind[]), ...others]
    expect(kinds.filter((kind) => (seen.get(kind) ?? 0) < 100)).toEqual([])
  })

  it('keeps exact JSON text: digits, key order, repeated keys', () => {
    const exact = '{"n":12345678901234567890,"b":1,"b":2,"1":-1e400}'
    expect(encodeCell({}, 'any', { json: exact })).toBe(exact)
    expect(encodeCell(null, 'any', { json: '1e400' })).toBe('1e400')
    expect(encodeCell(null, 'any', { json: 'null' })).toBe('')
    expect(decodeCell(encodeCell({}, 'text', { json: exact }), 'text')).toEqual({
      kind: 'value',
      value: exact,
    })
    const list = '["im\\/0.png","\\u0069m/1.png"]'
    expect(encodeCell([], 'any', { json: list })).toBe(`[ ${list.slice(1)}`)
    expectSame(decodeCell(`[ ${list.slice(1)}`, 'any'), ['im/0.png', 'im/1.png'])
  })

  it('never leaves the only cell of a line empty', () => {
    const only = { onlyColumn: true }
    for (const mode of ['any', 'text'] as const) {
      expect(encodeCell(null, mode, only)).toBe('null')
      expectSame(decodeCell('null', mode, only), null)
      expect(encodeCell('null', mode, only)).toBe("'null")
      expectSame(decodeCell("'null", mode, only), 'null')
      expect(encodeCell('', mode, only)).toBe('""')
    }
  })

  it('reads whatever somebody has typed into a cell', () => {
    const fragments = fc.array(
      fc.oneof(
        fc.constantFrom(...`'"{}[],:/\\.-=0 1eE`, 'im/0.png', 'null', '\\u00', '\ud800'),
        short,
      ),
    )
    let kept = 0
    fc.assert(
      fc.property(fragments, fc.constantFrom<CellMode>('any', 'text'), (parts, mode) => {
        const cell = parts.join('')
        const decoded = decodeCell(cell, mode)
        if (decoded.kind === 'value' && decoded.value === cell) kept++
      }),
      { numRuns: 2000 },
    )
    expect(kept).toBeGreaterThan(500)
    for (const cell of ['"abc', '{"a":', '[1,', '"a" b', '"\\x"', ' 5', '+5', 'TRUE', '{a}', '"']) {
      expectSame(decodeCell(cell, 'any'), cell)
    }
  })
})

describe('file cells', () => {
  it('hold a bare path, or a JSON list of several', () => {
    expect(fileCell(['im/7.png'])).toBe('im/7.png')
    expect(fileCell(['im/7-0.png', 'im/7-1.png'])).toBe('["im/7-0.png","im/7-1.png"]')
    expect(fileCell([])).toBe('')
    for (const mode of ['any', 'text'] as const) {
      expect(decodeCell('im/7.png', mode)).toEqual({ kind: 'file', path: 'im/7.png' })
      expect(decodeCell('["im/7-0.png","im/7-1.png"]', mode)).toEqual({
        kind: 'files',
        paths: ['im/7-0.png', 'im/7-1.png'],
      })
    }
  })

  it('are nothing that a captured value can become', () => {
    let paths = 0
    fc.assert(
      fc.property(fc.oneof(goodPath, path, fc.array(goodPath)), (value) => {
        if (typeof value === 'string' && STORED_PATH.test(value)) paths++
        for (const mode of ['any', 'text'] as const) {
          expect(decodeCell(encodeCell(value, mode), mode).kind).toBe('value')
          expect(decodeCell(encodeCell(JSON.stringify(value), mode), mode).kind).toBe('value')
        }
      }),
      { numRuns: 1000 },
    )
    expect(paths).toBeGreaterThan(100)
  })

  it('are taken apart into folder, numbers and extension', () => {
    expect(parseStoredPath('num 1/0.png')).toEqual({
      folder: 'num 1',
      n: 0,
      k: undefined,
      ext: 'png',
    })
    expect(parseStoredPath('im/12-3.txt')).toEqual({ folder: 'im', n: 12, k: 3, ext: 'txt' })
  })

  it.each([
    '../0.png',
    './0.png',
    '.flagging/0.png',
    '/0.png',
    '0.png',
    'a/b/0.png',
    'a\\b/0.png',
    'a/../0.png',
    'im/00.png',
    'im/-1.png',
    'im/1-.png',
    'im/1e3.png',
    'im/0.PNG',
    'im/0.tar.gz',
    'im/0.',
    'im/0.png\n',
    'a\nb/0.png',
    'im/0.png\0',
    'im/1234567890123456.png',
    'C:\\im/0.png',
    'file:///im/0.png',
  ])('do not take %j for a path of ours', (claim) => {
    expect(parseStoredPath(claim)).toBeUndefined()
    expect(decodeCell(claim, 'any').kind).toBe('value')
  })
})
