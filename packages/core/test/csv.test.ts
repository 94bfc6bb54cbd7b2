import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import Papa from 'papaparse'
import { describe, expect, it } from 'vitest'
import { formatRecords } from '../src/store/csv.ts'
import { type ParsedRecord, RecordParser } from '../src/store/record-parser.ts'
import { RecordScanner } from '../src/store/record-scanner.ts'
import { cpuTime } from './cpu-time.ts'

const BOM = Buffer.from([0xef, 0xbb, 0xbf])

const piece = fc.oneof(
  fc.constantFrom(
    '"',
    '""',
    ',',
    ';',
    '\t',
    '|',
    '\n',
    '\r',
    '\r\n',
    ' ',
    '\ufeff',
    "'",
    'é',
    '日',
    '😀',
  ),
  fc.string({ unit: 'grapheme', maxLength: 5 }),
)
const cell = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(''))
const records = fc.integer({ min: 1, max: 4 }).chain((columns) =>
  fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), {
    minLength: 1,
    maxLength: 6,
  }),
)
/** Bytes of no particular form, with what matters in CSV. */
const anyBytes = fc
  .array(
    fc.oneof(
      fc
        .constantFrom('"', '"', '""', ',', '\n', '\n', '\r\n', '\r', 'a', ' ', '日')
        .map((text) => Buffer.from(text)),
      fc.constantFrom(BOM, Buffer.from([0xff]), Buffer.from([0xe6, 0x97]), Buffer.from([0])),
    ),
    { maxLength: 40 },
  )
  .map((parts) => Buffer.concat(parts))
const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 })

/** The bytes in pieces of these sizes, over and over, all in one buffer that is filled again. */
function* inPieces(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  const buffer = new Uint8Array(Math.max(...sizes))
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const taken = bytes.subarray(at, at + (sizes[turn % sizes.length] ?? 1))
    buffer.fill(0x22)
    buffer.set(taken)
    yield buffer.subarray(0, taken.length)
    at += taken.length
  }
}

function parseAll(
  bytes: Uint8Array,
  sizes: readonly number[] = [bytes.length || 1],
): ParsedRecord[] {
  const parser = new RecordParser()
  const read: ParsedRecord[] = []
  for (const chunk of inPieces(bytes, sizes)) {
    for (const record of parser.push(chunk)) read.push(record)
  }
  return [...read, ...parser.end()]
}

function scanAll(bytes: Uint8Array, sizes: readonly number[] = [bytes.length || 1]): RecordScanner {
  const scanner = new RecordScanner()
  for (const chunk of inPieces(bytes, sizes)) scanner.push(chunk)
  return scanner
}

/** What {@link RecordParser} tells of a record on one line, if it is one. */
const plain = { terminated: true, isOneLine: true, quoting: 'strict', isUTF8: true }

const cellsOf = (read: readonly ParsedRecord[]) => read.map(({ cells }) => cells)

describe('formatRecords', () => {
  it('quotes only where a reader needs it', () => {
    expect(
      formatRecords([
        ['num1', 'operation', 'num2', 'Output'],
        ['5', 'add', '7', '12'],
      ]),
    ).toBe('num1,operation,num2,Output\n5,add,7,12\n')
    expect(formatRecords([["a'b", 'a b', '', "'=1", '-1.5', '{}', 'im/0.png']])).toBe(
      "a'b,a b,,'=1,-1.5,{},im/0.png\n",
    )
    for (const quoted of [
      'a,b',
      'a;b',
      'a\tb',
      'a|b',
      'a\nb',
      'a\rb',
      ' a',
      'a ',
      '\ufeffa',
      'a\u3000',
    ]) {
      expect(formatRecords([[quoted, 'x']])).toBe(`"${quoted}",x\n`)
    }
    expect(formatRecords([['""', 'say "hi"']])).toBe('"""""","say ""hi"""\n')
  })

  it('writes no line that is empty', () => {
    expect(formatRecords([['a'], [''], ['b']])).toBe('a\n""\nb\n')
    expect(formatRecords([['', ''], ['']])).toBe(',\n""\n')
    expect(formatRecords([])).toBe('')
  })

  it('writes what other readers read alike, whichever line ends they look for', () => {
    let quotes = 0
    fc.assert(
      fc.property(records, (table) => {
        const csv = formatRecords(table)
        expect(parse(csv)).toEqual(table)
        expect(parse(csv, { bom: true })).toEqual(table)
        expect(Papa.parse(csv.slice(0, -1), { delimiter: ',' }).data).toEqual(table)
        expect(csv.startsWith('\ufeff')).toBe(false)
        if (csv.includes('""')) quotes++
      }),
      { numRuns: 1000 },
    )
    expect(quotes).toBeGreaterThan(200)
  })

  it('lets no other separator cut a cell in two', () => {
    for (const delimiter of [';', '\t', '|']) {
      const csv = formatRecords([[`a${delimiter}=1+1`]])
      expect(Papa.parse(csv, { delimiter }).data[0]).toEqual([`a${delimiter}=1+1`])
    }
  })
})

describe('RecordParser', () => {
  it('gives back what was formatted, in whatever pieces the bytes come', () => {
    let multibyte = 0
    let breaks = 0
    fc.assert(
      fc.property(records, cuts, (table, sizes) => {
        const csv = formatRecords(table)
        const read = parseAll(Buffer.from(csv), sizes)
        expect(cellsOf(read)).toEqual(table)
        expect(read.every(({ terminated }) => terminated)).toBe(true)
        if (/[^\0-\x7f]/.test(csv)) multibyte++
        if (csv.split('\n').length > table.length + 1) breaks++
      }),
      { numRuns: 2000 },
    )
    expect(Math.min(multibyte, breaks)).toBeGreaterThan(200)
  })

  it('tells where each record lies, so that it can be read again from there', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyBytes,
          records.map((table) => Buffer.from(formatRecords(table))),
        ),
        cuts,
        (bytes, sizes) => {
          const read = parseAll(bytes, sizes)
          let at = 0
          for (const record of read) {
            expect(record.start).toBe(at)
            const parser = new RecordParser(record.start)
            const alone = bytes.subarray(record.start, record.end)
            expect([...parser.push(alone), ...parser.end()]).toEqual([record])
            at = record.end
          }
          expect(at).toBe(bytes.equals(BOM) ? 0 : bytes.length)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('reads any bytes, the same in one piece and in many, and agrees with RecordScanner', () => {
    let torn = 0
    let whole = 0
    fc.assert(
      fc.property(anyBytes, cuts, (bytes, sizes) => {
        const read = parseAll(bytes, sizes)
        expect(read).toEqual(parseAll(bytes))
        const ended = read.filter(({ terminated }) => terminated)
        const scanner = scanAll(bytes, sizes)
        expect(scanner.records).toBe(ended.length)
        expect(scanner.boundary).toBe(ended.at(-1)?.end ?? 0)
        expect(scanner.partial).toBe(bytes.length - scanner.boundary)
        expect(read.length - ended.length).toBeLessThanOrEqual(1)
        torn += read.length - ended.length
        whole += ended.length
      }),
      { numRuns: 5000 },
    )
    expect(Math.min(torn, whole)).toBeGreaterThan(1000)
  })

  it('accepts CRLF, a byte order mark and a last line without its end', () => {
    const read = parseAll(
      Buffer.concat([BOM, Buffer.from('"num 1",日本\r\n"a\r\nb",c\r\n\r\n1,2')]),
      [3],
    )
    expect(read).toEqual([
      { ...plain, cells: ['num 1', '日本'], start: 0, end: 19 },
      { ...plain, cells: ['a\r\nb', 'c'], start: 19, end: 29, isOneLine: false },
      { ...plain, cells: [''], start: 29, end: 31 },
      { ...plain, cells: ['1', '2'], start: 31, end: 34, terminated: false },
    ])
    expect(parseAll(Buffer.alloc(0))).toEqual([])
    expect(parseAll(BOM)).toEqual([])
  })

  it('takes a byte order mark for one only at the start of the file', () => {
    const parser = new RecordParser(100)
    expect(parser.push(Buffer.from('\ufeffa\n'))).toEqual([
      { ...plain, cells: ['\ufeffa'], start: 100, end: 105 },
    ])
    const quoted = new RecordParser(100)
    expect(cellsOf(quoted.push(Buffer.from('\ufeff"a\n')))).toEqual([['\ufeff"a']])
    expect(cellsOf(quoted.push(Buffer.from('b",c\n')))).toEqual([['b"', 'c']])
  })

  it.each([
    [
      'a quote inside a cell',
      'a "b" c,5" disk\nx,y\n',
      [
        ['a "b" c', '5" disk'],
        ['x', 'y'],
      ],
    ],
    ['text behind a closing quote', '"a"b,"c" "d"\n', [['ab', 'c "d"']]],
    ['broken UTF-8', Buffer.from([0x61, 0xff, 0x2c, 0xe6, 0x97, 0x0a]), [['a\ufffd', '\ufffd']]],
    ['too few cells', 'a,b\n1\n', [['a', 'b'], ['1']]],
    ['a quote that is never closed', 'a,"b\nc,d\n', [['a', 'b\nc,d\n']]],
  ])('reads files edited by hand: %s', (_, content, expected) => {
    expect(cellsOf(parseAll(Buffer.from(content as string)))).toEqual(expected)
  })

  it('holds no more than 64 MiB of a record that never ends, and goes on behind it', () => {
    const parser = new RecordParser()
    const read = parser.push(Buffer.from('a,b\n"'))
    const filler = Buffer.alloc(1024 * 1024, 'x,y\n')
    const before = process.memoryUsage().arrayBuffers
    for (let pushed = 0; pushed < 100; pushed++) read.push(...parser.push(filler))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(90 * 1024 * 1024)
    read.push(...parser.push(Buffer.from('",z\nc,d\ne')), ...parser.end())
    const end = 5 + 100 * 1024 * 1024 + 4
    expect(read).toEqual([
      { ...plain, cells: ['a', 'b'], start: 0, end: 4 },
      { ...plain, cells: [], start: 4, end, isOneLine: false, quoting: 'broken' },
      { ...plain, cells: ['c', 'd'], start: end, end: end + 4 },
      { ...plain, cells: ['e'], start: end + 4, end: end + 5, terminated: false },
    ])
  })
})

describe('RecordScanner', () => {
  const log = [
    ['label', 'num 1'],
    ['say "hi"\nand, "bye"', '-1.5'],
    ['日本😀', '{"a":"\\""}'],
    ['last,\r\n', '""'],
  ]

  it('finds the last whole record of a log that is cut off at any byte', () => {
    const bytes = Buffer.from(formatRecords(log))
    const ends = parseAll(bytes).map(({ end }) => end)
    for (let length = 0; length <= bytes.length; length++) {
      const scanner = scanAll(bytes.subarray(0, length), [5])
      const whole = ends.filter((end) => end <= length)
      expect(scanner.records).toBe(whole.length)
      expect(scanner.boundary).toBe(whole.at(-1) ?? 0)
      expect(scanner.partial).toBe(length - scanner.boundary)

      const next = [
        ...bytes.subarray(0, scanner.boundary),
        ...Buffer.from(formatRecords([['x', 'y']])),
      ]
      const read = cellsOf(parseAll(Buffer.from(next)))
      expect(read).toEqual([...log.slice(0, whole.length), ['x', 'y']])
    }
  })

  it('takes zeros and garbage behind the last record for no record', () => {
    const bytes = Buffer.from(formatRecords(log))
    for (const tail of [Buffer.alloc(100), Buffer.from('a,"b\n\n\n'), Buffer.from([0xff, 0x22])]) {
      const scanner = scanAll(Buffer.concat([bytes, tail]), [64])
      expect(scanner.records).toBe(log.length)
      expect(scanner.boundary).toBe(bytes.length)
      expect(scanner.partial).toBe(tail.length)
    }
  })

  it('takes time in proportion to the bytes, whatever they are', () => {
    for (const text of ['"', '"a\n",', '"",', ',', '\n', 'a"', '""\n', 'x'.repeat(49_999)]) {
      const bytes = Buffer.from(`${text.repeat(500_000 / text.length)}\n`)
      const started = cpuTime()
      scanAll(bytes)
      parseAll(bytes)
      expect(cpuTime() - started).toBeLessThan(3000)
    }
  })
})
