import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FlaggingError, loadExamples } from '@flagging/core'
import { describe, expect, it } from 'vitest'
import { temporary } from './csv-logger-support.ts'

const HEADER = 'code,note,Output,id'
const ROWS = ['007,é,1.5,x1', '-1.5,"a;b",2,x2', "'=1,it's,3,x3"]
const LINES = [HEADER, ...ROWS]
const DESCRIBED = {
  components: [
    { label: 'code', type: 'text', role: 'input' },
    { label: 'note', type: 'text', role: 'input' },
    { label: 'Output', type: 'number', role: 'output' },
  ],
  columns: ['id'],
}
const SAMPLES = [
  ['007', 'é', 1.5, 'x1'],
  ['-1.5', 'a;b', 2, 'x2'],
  ['=1', "it's", 3, 'x3'],
]

/** What a log is read as, with and without the list of its components beside it. */
async function read(log: string | Uint8Array, isDescribed = true) {
  const dir = temporary()
  writeFileSync(join(dir, 'logs.csv'), log)
  if (isDescribed) {
    const list = { version: 1, skipped: 0, logs: { 'logs.csv': DESCRIBED } }
    mkdirSync(join(dir, '.flagging'))
    writeFileSync(join(dir, '.flagging/components.json'), JSON.stringify(list))
  }
  const problems: string[] = []
  const onBad = ({ message }: FlaggingError) => void problems.push(message)
  const samples = await loadExamples(dir, { onBad })
  return { samples, problems }
}

async function values(log: string | Uint8Array) {
  const { samples, problems } = await read(log)
  const found = samples.map(({ inputs, outputs, details }) => [
    inputs['code'],
    inputs['note'],
    outputs['Output'],
    details.id,
  ])
  return { found, problems, samples }
}

const windows1252 = (text: string): Buffer => Buffer.from(text, 'latin1')
const quoted = (line: string): string =>
  line.includes('"') ? line : line.replaceAll(/[^,]+/g, '"$&"')

describe('a log that a spreadsheet saved again', () => {
  it.each([
    ['as it was', `${LINES.join('\n')}\n`],
    ['with a mark and CRLF', `\ufeff${LINES.join('\r\n')}\r\n`],
    ['with more quotes', `${LINES.map(quoted).join('\r\n')}\r\n`],
    ['with empty columns at the end', `${LINES.map((line) => `${line},,`).join('\r\n')}\r\n`],
  ])('is read right %s', async (_name, log) => {
    const { found, problems, samples } = await values(log)
    expect(found).toEqual(SAMPLES)
    expect(problems).toEqual([])
    expect(Object.keys(samples[0]?.inputs ?? {})).toEqual(['code', 'note'])
  })

  it('is read right with its columns in another order', async () => {
    const { samples, problems } = await read('note,Output,code,id\né,1.5,007,x1\n5,2,-1.5,x2\n')
    expect(samples.map(({ inputs, outputs }) => [inputs, outputs])).toEqual([
      [{ note: 'é', code: '007' }, { Output: 1.5 }],
      [{ note: '5', code: '-1.5' }, { Output: 2 }],
    ])
    expect(samples.map(({ details }) => details.id)).toEqual(['x1', 'x2'])
    expect(problems).toEqual([])
  })

  const semicolons = LINES.map((line) => line.replaceAll('"', '').replaceAll(',', ';'))
  it.each([
    ['semicolons', `${semicolons.join('\r\n')}\r\n`, /`;` or TAB between its cells/],
    ['semicolons and quotes', '"code";note;Output;id\n"007";a;1,5;x1\n', /`;` or TAB between/],
    ['TAB', `${LINES.join('\n').replaceAll(',', '\t')}\n`, /`;` or TAB between its cells/],
    ['sep=;', `sep=;\r\n${semicolons.join('\r\n')}\r\n`, /`sep=` in front/],
    ['sep=,', `sep=,\r\n${LINES.join('\r\n')}\r\n`, /`sep=` in front/],
    [
      'UTF-16',
      Buffer.from(`\ufeff${LINES.join('\r\n').replaceAll(',', '\t')}`, 'utf16le'),
      /UTF-16/,
    ],
    ['a header in Windows-1252', windows1252('codé,note\n1,2\n'), /not in UTF-8/],
  ])('is left out with one report: %s', async (_name, log, message) => {
    for (const isDescribed of [true, false]) {
      const { samples, problems } = await read(log, isDescribed)
      expect(samples).toEqual([])
      expect(problems).toEqual([expect.stringMatching(message)])
      expect(problems[0]).toMatch(/^logs\.csv is left out: .*: save (it|the file) /)
    }
  })

  it('is read as far as it is UTF-8', async () => {
    const { found, problems } = await values(windows1252(`${LINES.join('\r\n')}\r\n`))
    expect(found).toEqual(SAMPLES.slice(1))
    expect(problems).toEqual([
      'logs.csv, row 0 at bytes 21 to 34: it is not in UTF-8: save the file in UTF-8',
    ])
  })

  it('may hold a text with the sign for what no encoding has', async () => {
    const { found } = await values(`${HEADER}\n1,\ufffd,2,x\n`)
    expect(found).toEqual([['1', '\ufffd', 2, 'x']])
  })

  it('is not what has a label with a semicolon', async () => {
    const { samples, problems } = await read('"a;b"\n1\n', false)
    expect(samples.map(({ inputs }) => inputs)).toEqual([{ 'a;b': 1 }])
    expect(problems).toEqual([])
  })
})

describe('a header that somebody edited', () => {
  const told = (column: number) =>
    `logs.csv: its header was edited: column ${column} has no known type`

  it('keeps types with their labels, and tells of others', async () => {
    const renamed = await read('key,note,Output,id\n007,1,1.5,x\n')
    expect(renamed.samples[0]).toMatchObject({ inputs: { key: '007', note: '1' } })
    expect(renamed.samples[0]?.details.id).toBe('x')
    expect(renamed.problems).toEqual([told(1)])

    const inserted = await read('code,new,note,Output,id\n007,5,1,1.5,x\n')
    expect(inserted.samples[0]).toMatchObject({
      inputs: { code: '007', new: 5, note: '1' },
      outputs: { Output: 1.5 },
    })
    expect(inserted.problems).toEqual([told(2)])

    const deleted = await read('note,Output,id\n1,1.5,x\n')
    expect(deleted.samples[0]).toMatchObject({ inputs: { note: '1' }, outputs: { Output: 1.5 } })
    expect(deleted.problems).toEqual([])
  })

  it('shifts no value where the rows were left as they are', async () => {
    for (const header of ['note,Output,id', 'code,new,note,Output,id']) {
      const { samples, problems } = await read(`${header}\n${ROWS.join('\n')}\n`)
      expect(samples).toEqual([])
      expect(problems.filter((problem) => /its number of cells is 4/.test(problem))).toHaveLength(3)
    }
  })
})
