import { once } from 'node:events'
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { CSVLogger, type Component, type FlagValue, type FlaggingError } from '@flagging/core'
import { type StoredOptions, type StoredSample, readStored } from '@flagging/core/store'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compactJSON } from '../src/capture/json-text.ts'
import type { FlagDetails } from '../src/store/flagging-callback.ts'
import { PNG, components, details, fileOf, temporary, typed } from './csv-logger-support.ts'

const TWO = components('a', 'b')

/** Stores samples in one log, each with what is known of it. */
async function store(
  dir: string,
  of: Component[],
  rows: readonly FlagValue[][],
  more: Partial<FlagDetails> = {},
): Promise<void> {
  const logger = new CSVLogger({ exclusive: true, fsync: 'none' })
  for (const row of rows) await logger.flag(row, undefined, undefined, details(dir, of, more))
  await logger.close()
}

async function read(dir: string, options: StoredOptions = {}) {
  const bad: FlaggingError[] = []
  const samples: StoredSample[] = []
  const onBad = (problem: FlaggingError): void => void bad.push(problem)
  for await (const sample of readStored(dir, { onBad, ...options })) samples.push(sample)
  return { samples, bad: bad.map(({ message }) => message) }
}

describe('what a sample is given back as', () => {
  it('is its values, whatever JSON they are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.jsonValue(), fc.jsonValue()), { minLength: 1, maxLength: 8 }),
        async (rows) => {
          const dir = temporary()
          await store(dir, TWO, rows as FlagValue[][])
          const { samples, bad } = await read(dir)
          expect(bad).toEqual([])
          expect(samples.map(({ values }) => values)).toEqual(rows)
          expect(samples.every(({ json }) => json === undefined)).toBe(true)
        },
      ),
      { numRuns: 60 },
    )
  })

  it.each([
    ['digits beyond double precision', '12345678901234567890.10'],
    ['an exponent', '1e2'],
    ['keys in their order, repeated ones too', '{"b":1,"10":2,"b":3}'],
    ['escapes', '["\\u0041"]'],
    ['a list that looks like one of files', '["a/1.png","a/\\u0032.png"]'],
    ['what lies in a file of its own', `[${'1.0,'.repeat(40_000)}2]`],
  ])('is the JSON text where JavaScript cannot hold it: %s', async (_, json) => {
    const dir = temporary()
    await store(dir, TWO, [[JSON.parse(json) as FlagValue, 'x']], { json: [json, undefined] })
    const { samples } = await read(dir)
    expect(samples[0]?.json).toEqual([json, undefined])
    expect(samples[0]?.values).toEqual([JSON.parse(json), 'x'])
  })

  it('needs no JSON text where the value says it all, also where the cell is marked', async () => {
    const dir = temporary()
    const rows: FlagValue[][] = [
      [['a/1.png', 'b/2.png'], 'a/1.png'],
      [-0, '-0'],
      [{ b: 1, a: [null, ''] }, "'"],
      ['', null],
      ['x'.repeat(200_000), Array.from({ length: 50_000 }, () => 7)],
      ['\ud800', '\0'.repeat(200_000)],
    ]
    await store(dir, TWO, rows)
    const { samples } = await read(dir)
    expect(samples.map(({ values }) => values)).toEqual(rows)
    expect(samples.map(({ json }) => json)).toEqual(rows.map(() => undefined))
  })

  it('is a large JSON value with its text, which is not parsed before somebody asks', async () => {
    const dir = temporary()
    const json = compactJSON(JSON.stringify({ list: Array.from({ length: 200_000 }, () => 7) }))
    await store(dir, TWO, [[null, 'x']], { json: [json, undefined] })
    writeFileSync(join(dir, 'a/0.json'), json.replace('7', '!'))
    const { samples } = await read(dir)
    expect(samples[0]?.json?.at(0)).toBe(json.replace('7', '!'))
    expect(() => samples[0]?.values[0]).toThrow(SyntaxError)
    expect(samples[0]?.values[1]).toBe('x')
  })

  it('is a file with its bytes, and what is gone is named', async () => {
    const dir = temporary()
    const pair = [fileOf('one', 'text/plain'), fileOf('two', 'text/plain')]
    await store(dir, typed('file', 'a', 'b'), [
      [fileOf(PNG), pair],
      [fileOf('gone', 'application/json'), null],
    ])
    rmSync(join(dir, 'a/1-0.json'))
    const { samples } = await read(dir)
    const [first, second] = samples as [StoredSample, StoredSample]
    const [png, list] = first.values as [ReturnType<typeof fileOf>, ReturnType<typeof fileOf>[]]
    expect(png.type).toBe('image/png')
    expect(Buffer.from(await png.bytes())).toEqual(PNG)
    const texts = await Promise.all(list.map((file) => file.bytes()))
    expect(texts.map((bytes) => Buffer.from(bytes).toString())).toEqual(['one', 'two'])
    expect(second.values).toEqual([null, null])
    expect(second.details.missing).toEqual(['a'])
  })

  it('is its components with their types and roles, and what is known beside the values', async () => {
    const dir = temporary()
    const of: Component[] = [
      { label: 'age', type: 'text', role: 'input' },
      { label: 'y', type: 'number', role: 'output' },
    ]
    const correction = '{"b":1,"a":2.50}'
    const logger = new CSVLogger({ exclusive: true, columns: ['timestamp', 'id', 'ended'] })
    await logger.flag(['007', 7], 'Incorrect', null, {
      ...details(dir, of),
      comment: '=x',
      correction: JSON.parse(correction) as FlagValue as null,
      correctionJSON: correction,
    })
    await logger.close()
    const { samples } = await read(dir)
    expect(samples).toMatchObject([
      {
        dataset: null,
        log: 'logs.csv',
        components: of,
        values: ['007', 7],
        option: 'Incorrect',
        username: null,
        endpoint: null,
        correctionJSON: correction,
        details: {
          comment: '=x',
          correction: { b: 1, a: 2.5 },
          timestamp: '2026-01-02T03:04:05.678Z',
          id: 'Zm9vYmFyYmF6cXV4MTIzNA',
          ended: 'complete',
        },
      },
    ])
  })
})

describe('where reading starts and ends', () => {
  it('goes through all logs, and on from where each was left', async () => {
    const dir = temporary()
    const wide = components('a', 'b', 'c')
    await store(dir, TWO, [[1, 'one']])
    await store(dir, wide, [[1, 'x', 'y']])
    await store(join(dir, 'calculate'), TWO, [[1, 'other']])
    const first = await read(dir)
    const names = first.samples.map(({ dataset, log }) => [dataset, log])
    expect(names).toEqual([
      [null, 'logs.csv'],
      [null, 'logs2.csv'],
      ['calculate', 'logs.csv'],
    ])
    const from = new Map(
      first.samples.map(({ dataset, log, end }) => [
        dataset === null ? log : `${dataset}/${log}`,
        end,
      ]),
    )
    expect((await read(dir, { from })).samples).toEqual([])
    await store(dir, wide, [[2, 'line 1\nline 2', '"']])
    await store(join(dir, 'calculate'), TWO, [[2, 'again']])
    const { samples } = await read(dir, { from })
    expect(samples.map(({ values }) => values)).toEqual([
      [2, 'line 1\nline 2', '"'],
      [2, 'again'],
    ])
    for (const { dataset, log, start, end, cells } of samples) {
      const row = readFileSync(join(dir, dataset ?? '', log)).subarray(start, end)
      expect(row.toString().endsWith('\n')).toBe(true)
      expect(row.toString()).toContain(cells[0])
    }
  })

  it('leaves a row that is being written for another time, wherever it ends so far', async () => {
    const dir = temporary()
    await store(dir, TWO, [
      [1, 'one'],
      [2, 'one line\n3,another line that looks like a row\n4,"and, more'],
    ])
    const path = join(dir, 'logs.csv')
    const whole = readFileSync(path)
    const [one, two] = (await read(dir)).samples as [StoredSample, StoredSample]
    for (let size = one.end; size < whole.length; size++) {
      truncateSync(path, size)
      const from = new Map([['logs.csv', one.end]])
      expect(await read(dir, { from })).toEqual({ samples: [], bad: [] })
      expect(await read(dir)).toEqual({ samples: [one], bad: [] })
      appendFileSync(path, whole.subarray(size))
    }
    const { samples } = await read(dir, { from: new Map([['logs.csv', one.end]]) })
    expect(samples).toEqual([two])
  })

  it('tells of rows that cannot be read, and goes on behind them', async () => {
    const dir = temporary()
    await store(dir, TWO, [
      [1, 'x'.repeat(100_001)],
      [2, 'two'],
    ])
    writeFileSync(join(dir, 'b/0.txt'), new Uint8Array([0xff]))
    appendFileSync(join(dir, 'logs.csv'), 'too,many,cells\n3,three\n')
    const { samples, bad } = await read(dir)
    expect(samples.map(({ values }) => values)).toEqual([
      [2, 'two'],
      [3, 'three'],
    ])
    expect(bad).toEqual([
      'logs.csv, bytes 4 to 13: a value that lies in a file cannot be read',
      'logs.csv, bytes 20 to 34: its number of cells is 3, not 2',
    ])
  })

  it('reads nothing for as long as the disk refuses to say what the columns are', async () => {
    const dir = temporary()
    await store(dir, typed('text', 'a'), [['7']])
    const list = join(dir, '.flagging/components.json')
    const aside = `${list}.aside`
    renameSync(list, aside)
    const socket = createServer().listen(list)
    await once(socket, 'listening')
    await expect(read(dir)).rejects.toMatchObject({ code: 'ENXIO' })
    socket.close()
    await once(socket, 'close')
    renameSync(aside, list)
    expect((await read(dir)).samples.map(({ values }) => values)).toEqual([['7']])
  })

  it('tells where what the columns are is damaged', async () => {
    const dir = temporary()
    await store(dir, typed('text', 'a'), [['7']])
    writeFileSync(join(dir, '.flagging/components.json'), '{')
    const { samples, bad } = await read(dir)
    expect(samples.map(({ values }) => values)).toEqual([[7]])
    expect(bad).toEqual([expect.stringContaining('it is no JSON')])
  })
})

describe('what lies beside the values', () => {
  it('is read from a file of its own where it is long', async () => {
    const dir = temporary()
    const comment = 'because '.repeat(20_000)
    const correctionJSON = `[${'1.50,'.repeat(30_000)}1]`
    await store(dir, TWO, [[1, 2]], { comment, correction: 1, correctionJSON })
    const { samples, bad } = await read(dir)
    expect(bad).toEqual([])
    expect(samples[0]?.details.comment).toBe(comment)
    expect(samples[0]?.details.correction).toEqual(JSON.parse(correctionJSON))
    expect(samples[0]?.correctionJSON).toBe(correctionJSON)
    rmSync(join(dir, 'correction/0.json'))
    expect((await read(dir)).samples[0]).toMatchObject({
      correctionJSON: undefined,
      details: { correction: null, missing: ['correction'] },
    })
  })

  it('is no file where a text has the form of its path', async () => {
    const dir = temporary()
    await store(dir, TWO, [[1, 2]], { comment: 'comment/0.txt', correction: 'correction/0.json' })
    expect((await read(dir)).samples[0]).toMatchObject({
      correctionJSON: undefined,
      details: { comment: 'comment/0.txt', correction: 'correction/0.json', missing: [] },
    })
  })

  it('is told of in which dataset a row is bad', async () => {
    const dir = temporary()
    await store(join(dir, 'calculate'), TWO, [[1, 'one']])
    appendFileSync(join(dir, 'calculate/logs.csv'), 'alone\n')
    const datasets: (string | null)[] = []
    await read(dir, { onBad: (_problem, dataset) => datasets.push(dataset) })
    expect(datasets).toEqual(['calculate'])
  })
})

describe("what is read of Gradio's directories", () => {
  it('is a file, whatever it is called', async () => {
    const dir = temporary()
    const name = 'data/00003b02ee97e6c12c2d/7.json'
    mkdirSync(join(dir, 'data/00003b02ee97e6c12c2d'), { recursive: true })
    writeFileSync(join(dir, name), '{"not":"a value"}')
    writeFileSync(join(dir, 'dataset1.csv'), `data,timestamp\r\nflagged/${name},2026-11-22\r\n`)
    const value = (await read(dir)).samples[0]?.values[0] as ReturnType<typeof fileOf>
    expect(value.name).toBe('7.json')
    expect(Buffer.from(await value.bytes()).toString()).toBe('{"not":"a value"}')
  })

  it('is no log without header; the others are', async () => {
    const dir = temporary()
    writeFileSync(join(dir, 'log.csv'), '1,2\r\n')
    writeFileSync(join(dir, 'dataset1.csv'), 'a,timestamp\r\n7,2026-11-22\r\n')
    const { samples, bad } = await read(dir)
    expect(bad).toEqual(['log.csv is left out: it has no header'])
    expect(samples.map(({ values }) => values)).toEqual([[7]])
  })
})
