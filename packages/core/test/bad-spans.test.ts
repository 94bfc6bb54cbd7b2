import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type FlaggingError, type Sample, loadExamples } from '@flagging/core'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { formatRecords } from '../src/store/csv.ts'
import { nodeFileSystem } from '../src/store/node-file-system.ts'
import { resolveReadOptions } from '../src/store/read-options.ts'
import { readFrom } from '../src/store/read-samples.ts'
import { temporary } from './csv-logger-support.ts'
import { TIMEOUT, times } from './soak/scale.ts'

const MIB = 1024 * 1024
/** Of a log that is all faults. */
const SIZE = times(2, 50) * MIB
const HEADER = 'a,b,c,d\n'
/** A text of several lines, of which one looks like a row. */
const FORGED = 'hello\n-666,forged,7,12\nbye'

/** What a log with this content is read as: the first column, and what was left out. */
async function read(content: string | Uint8Array, header = HEADER) {
  const dir = temporary()
  writeFileSync(join(dir, 'logs.csv'), Buffer.concat([Buffer.from(header), Buffer.from(content)]))
  const problems: string[] = []
  const onBad = ({ code, message }: FlaggingError): void => {
    expect(code).toBe('ERR_FLAGGING_BAD_ROW')
    problems.push(message)
  }
  const samples = await loadExamples(dir, { onBad })
  return { samples, problems, first: samples.map(({ inputs }) => inputs['a']) }
}

const row = (...cells: (string | number)[]): string => formatRecords([cells.map(String)])
const rows = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, at) => row(from + at, 'add', 7, 12)).join('')
/** Rows from 1000 on that are longer together than what a row can have lost its end in. */
const FILLER = Array.from({ length: 40 }, (_, at) => row(1000 + at, 'x'.repeat(4000), 7, 12)).join(
  '',
)
/** Rows from 10 on, and how many rows there are with those before it. */
const MANY = { text: rows(10, 1000) + FILLER, end: 1040 }
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at)

describe('a quote that is left open', () => {
  it('costs its own row, however many follow', async () => {
    const broken = '100,"add,7,12\n'
    const tail = rows(101, 20_000)
    const { first, problems, samples } = await read(rows(0, 100) + broken + tail)
    expect(first).toEqual([...range(0, 100), ...range(101, 20_000)])
    const start = HEADER.length + rows(0, 100).length
    expect(problems).toEqual([
      `logs.csv, row 100 at bytes ${start} to ${start + broken.length - 1}: ` +
        'a quote in it is left open, or is one too many',
    ])
    expect(samples.at(-1)?.n).toBe(19_999)
  })

  it.each([
    ['at the start of a cell', '4,"add,7,12\n'],
    ['in front of a row', '"4,add,7,12\n'],
    ['behind a text', '4,"add""x,7,12\n'],
    ['over two lines', '4,"add\nx,7,12\n'],
    ['twice, and a third time', '4,"add","7,"12\n'],
  ])('is found in whatever follows: %s', async (_name, broken) => {
    for (const text of [
      'x, y',
      'say "hi"',
      '\nx',
      ',x',
      'x\n',
      FORGED,
      `\n${FORGED}`,
      '"',
      ',"\n"',
    ]) {
      const content = rows(0, 4) + broken + row(5, text, 7, 12) + rows(6, 9) + row(9, text, 7, 12)
      const { first, problems } = await read(content + MANY.text)
      expect(first.slice(0, 4)).toEqual(range(0, 4))
      expect(first.slice(10 - MANY.end)).toEqual(range(10, MANY.end))
      expect(first).not.toContain(-666)
      // In front of a comma an open quote closes as if it had been meant: then nobody knows.
      if (text.startsWith(',')) continue
      expect(problems).toHaveLength(1)
      expect(first.slice(4, 10 - MANY.end)).toEqual(range(5, 10))
    }
  })

  it('hides nothing between two of them', async () => {
    const { first, problems } = await read(
      `${rows(0, 3)}3,"add,7,12\n${rows(4, 9)}9,"add,7,12\n${MANY.text}`,
    )
    expect(first).toEqual([...range(0, 3), ...range(4, 9), ...range(10, MANY.end)])
    expect(problems).toHaveLength(2)
  })

  it('is one span where every line has one, and one position', async () => {
    const { samples, problems } = await read(
      `${rows(0, 3)}${'3,"add,7,12\n'.repeat(50)}${rows(4, 9)}${FILLER}`,
    )
    expect(samples.map(({ n }) => n)).toEqual([0, 1, 2, ...range(4, 49)])
    expect(problems).toHaveLength(1)
  })

  it('is no row where it joins two rows to one of the right width', async () => {
    const { samples, problems } = await read(`1,"add,7,12\n2,"x, y",7,12\n${rows(3, 5)}`)
    expect(samples.map(({ inputs }) => [inputs['a'], inputs['b']])).toEqual([
      [2, 'x, y'],
      [3, 'add'],
      [4, 'add'],
    ])
    expect(problems).toHaveLength(1)
  })

  it('makes no rows of the lines of a text where any line is one', async () => {
    const texts = '"one\ntwo\nthree\nfour\n"five\nsix"\nseven\n'
    const { first } = await read(texts, 'a\n')
    expect(first).toEqual(['five\nsix', 'seven'])
  })
})

describe('a row with a wrong number of cells', () => {
  it('is left out with all of its lines', async () => {
    for (const count of [1, 2, 5]) {
      const edited = Array.from({ length: count }, (_, at) => row(at, FORGED, 12)).join('')
      const { first, problems } = await read(rows(0, 3) + edited + rows(3, 6))
      expect(first).toEqual(range(0, 6))
      expect(problems).toHaveLength(count)
      expect(problems[0]).toMatch(/its number of cells is 3, not 4$/)
    }
  })
})

describe('an unfinished end', () => {
  it('is no row, whatever its lines look like, wherever it is cut', async () => {
    const torn = row(3, `${FORGED}\n-667,forged,1,2\n"-668",forged,1,2\n`, `,${FORGED}\n`, 12)
    for (let size = 1; size < torn.length; size++) {
      const { first, problems } = await read(rows(0, 3) + torn.slice(0, size))
      expect(first).toEqual(range(0, 3))
      expect(problems).toHaveLength(1)
      expect(problems[0]).toMatch(/^logs\.csv, row 3 .*: it is unfinished/)
    }
  })

  it('is no row where an open quote lies before it', async () => {
    const torn = row(9, FORGED, 7, 12).slice(0, -8)
    const { first } = await read(`${rows(0, 3)}3,"add,7,12\n${rows(4, 9)}${torn}`)
    expect(first).toEqual([...range(0, 3), ...range(4, 9)])
  })

  it.each([100, 4096, 70_000])(
    'is no row behind a hole of %i zeros and the rest of a sector',
    async (zeros) => {
      const last = [row(3, 'x, y', 7, 12), row(4, FORGED, 7, 12), row(5, 'z', 7, 12)].join('')
      const start = rows(0, 3)
      for (let at = 1; at < last.length; at++) {
        for (const length of [1, 5, 20]) {
          const before = Buffer.byteLength(HEADER + start + last.slice(0, at))
          // A power failure leaves whole sectors, from wherever the file ended.
          const hole = '\0'.repeat(Math.ceil((before + zeros) / 512) * 512 - before)
          const holed = last.slice(0, at) + hole + last.slice(at + length)
          const { first } = await read(start + holed)
          expect(first).not.toContain(-666)
          expect(first.slice(0, 3)).toEqual(range(0, 3))
        }
        if (zeros > 4096) at += 6
      }
    },
  )

  it('is not what lies far behind a hole', async () => {
    const tail = 'x'.repeat(4 * MIB)
    const holed = `${rows(0, 3)}3,"a\0\nd",7,12\n4,\0,1,2\n${rows(5, 9)}`
    const { first, problems } = await read(holed + row(9, tail, 7, 12))
    expect(first).toEqual([...range(0, 3), ...range(5, 10)])
    expect(problems).toHaveLength(2)
  })
})

describe('any fault in one row', () => {
  // None starts with a line's end or a comma: a quote that is left open may close in front of such a
  // text as if that were meant, and nothing can tell.
  const text = fc.constantFrom('x', 'x, y', 'say "hi"', FORGED, `${FORGED}\n`, 'x\n', '', '日本')
  const table = fc.array(fc.tuple(text, text), { minLength: 3, maxLength: 8 })
  const fault = fc.record({
    row: fc.nat(),
    at: fc.nat(),
    cut: fc.nat({ max: 3 }),
    put: fc.constantFrom('', '"', ',', '\n', '""', ' "', '\r\n'),
  })

  it('hides no other row, and makes none', async () => {
    let multiline = 0
    let quoted = 0
    await fc.assert(
      fc.asyncProperty(table, fault, async (cells, { row: at, at: byte, cut, put }) => {
        const good = cells.map(([b, c], index) => row(index, b, c, 'end'))
        const index = at % good.length
        const hit = good[index] ?? ''
        const from = byte % hit.length
        const edited = hit.slice(0, from) + put + hit.slice(from + cut)
        const isJoined = !edited.endsWith('\n')
        const content = [...good.slice(0, index), edited, ...good.slice(index + 1)].join('')
        const { samples } = await read(content + FILLER)
        const whole = new Map(samples.map((sample) => [sample.inputs['a'], sample]))
        const others = range(0, good.length).filter(
          (n) => n !== index && !(isJoined && n === index + 1),
        )
        for (const n of others) {
          expect(whole.get(n)?.inputs).toMatchObject({
            b: cells[n]?.[0] || null,
            c: cells[n]?.[1] || null,
          })
        }
        expect(whole.has(1039)).toBe(true)
        expect(whole.has(-666) && !hit.includes('-666')).toBe(false)
        if (hit.split('\n').length > 2) multiline++
        if (put.includes('"') || hit.slice(from, from + cut).includes('"')) quoted++
      }),
      { numRuns: 400 },
    )
    expect(Math.min(multiline, quoted)).toBeGreaterThan(100)
  })
})

describe('a log that is all faults', () => {
  /** Reads a file of one repeated text, and tells how many bytes were read for each that it has. */
  async function cost(text: string, size: number): Promise<{ share: number; samples: Sample[] }> {
    const dir = temporary()
    const fd = openSync(join(dir, 'logs.csv'), 'w')
    writeSync(fd, HEADER)
    const block = Buffer.from(text.repeat(Math.ceil(MIB / text.length)))
    for (let written = 0; written < size; written += block.length) writeSync(fd, block)
    closeSync(fd)
    let bytes = 0
    const fs = {
      ...nodeFileSystem,
      open: async (...args: Parameters<typeof nodeFileSystem.open>) => {
        const file = await nodeFileSystem.open(...args)
        const count = async (...given: Parameters<typeof file.read>): Promise<number> => {
          const done = await file.read(...given)
          bytes += done
          return done
        }
        return new Proxy(file, {
          get: (target, name) => {
            if (name === 'read') return count
            const value: unknown = Reflect.get(target, name)
            return typeof value === 'function' ? (value.bind(target) as unknown) : value
          },
        })
      },
    }
    // Of a hundred thousand errors, stacks take longer than the reading.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    onTestFinished(() => void (Error.stackTraceLimit = stackTraceLimit))
    const samples: Sample[] = []
    const settings = resolveReadOptions({ limit: 1000 })
    for await (const sample of readFrom(fs, dir, settings)) samples.push(sample)
    return { share: bytes / size, samples }
  }

  it.each([
    ['open quotes', '5,"add,7,12\n'],
    ['quotes that close one and open another', 'a","b\n'],
    ['the same, far apart', `a","b\n${'x\n'.repeat(5000)}`],
    ['rows of a wrong width, then an open quote', `${'1,"a\nb"\n'.repeat(300)}"x"y\n`],
    ['one open quote', `"${'x\n'.repeat(MIB)}`],
    ['quotes alone', '"'],
    ['pairs of quotes', 'x,"\n""\n'],
  ])(
    'is read in bounded time: %s',
    async (_name, text) => {
      const { share } = await cost(text, SIZE)
      expect(share).toBeLessThan(6)
    },
    TIMEOUT,
  )
})
