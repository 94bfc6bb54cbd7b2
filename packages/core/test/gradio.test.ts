import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type FlagValue,
  type FlaggedFile,
  type ReadOptions,
  type Sample,
  image,
  loadExamples,
  text,
} from '@flagging/core'
import { describe, expect, it } from 'vitest'
import { PNG, temporary } from './csv-logger-support.ts'

const FIXTURES = fileURLToPath(new URL('fixtures/gradio/', import.meta.url))
const HEX = '00003b02ee97e6c12c2d'

function written(name: string, content: string): string {
  const dir = temporary()
  writeFileSync(join(dir, name), content.replaceAll('\n', '\r\n'))
  return dir
}

/** A log with one column `im` of these cells, and one file in the folder of that column. */
function pictures(cells: readonly string[], folder = `im/${HEX}`): string {
  const lines = cells.map((cell) => `"${cell.replaceAll('"', '""')}",2026-11-22 17:05:07.763269\n`)
  const dir = written('dataset1.csv', `im,timestamp\n${lines.join('')}`)
  mkdirSync(join(dir, folder), { recursive: true })
  writeFileSync(join(dir, folder, 'image.png'), PNG)
  return dir
}

async function load(dir: string, options: ReadOptions = {}) {
  const problems: string[] = []
  const onBad = ({ message }: Error): void => void problems.push(message)
  return { samples: await loadExamples(dir, { ...options, onBad }), problems }
}

async function content(value: FlagValue | undefined): Promise<Buffer> {
  expect(value).toHaveProperty('bytes')
  return Buffer.from(await (value as FlaggedFile).bytes())
}

const details = ({ option, username, details: { timestamp } }: Sample) => [
  option,
  username,
  timestamp,
]

describe("directories of Gradio's own loggers", () => {
  it('calculator: numbers, and the mark in front of negative ones', async () => {
    const { samples, problems } = await load(join(FIXTURES, 'calculator'))
    expect(problems).toEqual([])
    expect(samples).toStrictEqual(
      [
        [{ num1: 5, operation: 'add', num2: 7 }, 12, '2026-11-22 17:05:07.763269'],
        [{ num1: 6, operation: 'subtract', num2: 1.5 }, 4.5, '2026-11-22 17:05:07.763433'],
        [{ num1: -2, operation: 'multiply', num2: 3 }, -6, '2026-11-22 17:05:07.763529'],
      ].map(([inputs, Output, timestamp], n) => ({
        n,
        inputs,
        outputs: { Output },
        option: null,
        username: null,
        endpoint: null,
        details: { log: 'dataset1.csv', missing: [], timestamp },
      })),
    )
  })

  it('classic: quotes, line ends, marks in front and inside', async () => {
    const { samples, problems } = await load(join(FIXTURES, 'classic'))
    expect(problems).toEqual([])
    expect(samples.map(({ inputs, outputs }) => [inputs, outputs])).toStrictEqual([
      [{ text: '=1+1, said "x"\nand more' }, { Output: -0.5678 }],
      [{ text: 'plain' }, { Output: 'a,-b' }],
    ])
    expect(samples.map(details)).toEqual([
      ['wrong', null, '2026-11-22 17:05:07.764649'],
      [null, 'ada', '2026-11-22 17:05:07.764788'],
    ])
  })

  it.each(['classifier', 'renamed'])('classifier: files and JSON, in a folder %s', async (name) => {
    const dir = join(temporary(), name)
    cpSync(join(FIXTURES, 'classifier'), dir, { recursive: true })
    const { samples, problems } = await load(dir)
    expect(problems).toEqual([])
    expect(samples.map(details)).toEqual([
      ['Incorrect', 'ada', '2026-11-22 17:05:07.764112'],
      ['Other', 'bob', '2026-11-22 17:05:07.764380'],
    ])
    expect(samples.map(({ outputs }) => outputs.Output)).toEqual([
      { cat: 0.7, dog: 0.3 },
      { cat: 0.2, dog: 0.8 },
    ])
    const stored = readFileSync(join(dir, 'im', HEX, 'image.png'))
    for (const { inputs } of samples) {
      const { name: given, type, size } = inputs.im as FlaggedFile
      expect([given, type, size]).toEqual(['image.png', 'image/png', stored.length])
      expect(await content(inputs.im)).toEqual(stored)
    }
  })

  it('rotated: one file after the other', async () => {
    const { samples, problems } = await load(join(FIXTURES, 'rotated'), { inputs: ['in'] })
    expect(problems).toEqual([])
    expect(samples.map(({ n, inputs, outputs }) => [n, inputs, outputs])).toEqual([
      [0, { in: 'a' }, { out: 'b' }],
      [1, { in: 'x' }, { out: 'y' }],
    ])
    expect(samples.map(({ option, details: { log } }) => [option, log])).toEqual([
      [null, 'dataset1.csv'],
      ['ok', 'dataset2.csv'],
    ])
  })

  it('simple: needs to be told the labels', async () => {
    const dir = join(FIXTURES, 'simple')
    await expect(loadExamples(dir)).rejects.toMatchObject({
      code: 'ERR_FLAGGING_OPTION',
      message: expect.stringMatching(/log\.csv.*`inputs`/),
    })
    for (const options of [{ inputs: ['a'] }, { inputs: ['a'], outputs: ['Output'] }]) {
      const { samples, problems } = await load(dir, options)
      expect(problems).toEqual([])
      expect(samples.map(({ n, inputs, outputs }) => [n, inputs, outputs])).toEqual([
        [0, { a: 'x' }, { Output: 'y' }],
        [1, { a: 'z' }, { Output: 'w' }],
      ])
    }
    const both = await loadExamples(dir, { inputs: ['a', 'b'] })
    expect(both[0]).toMatchObject({ inputs: { a: 'x', b: 'y' }, outputs: {} })
    const { samples, problems } = await load(dir, { inputs: ['a'], outputs: [] })
    expect([samples.length, problems.length]).toEqual([0, 2])
  })
})

describe('cells of Gradio', () => {
  it('are read as what they most likely were', async () => {
    const cells = ['', "'=x", "'x", "''", "'a,=b", "'-1", '1e3', '007', 'true', 'null', 'NaN', ' 5']
    const more = [
      '"quoted"',
      '[1, {"a": null}]',
      '{broken',
      '12345678901234567890',
      '1e400',
      "'\tx",
    ]
    const read = [null, '=x', "'x", "''", 'a,=b', -1, 1000, '007', true, null, 'NaN', ' 5']
    const readMore = [
      '"quoted"',
      [1, { a: null }],
      '{broken',
      '12345678901234567890',
      '1e400',
      '\tx',
    ]
    const lines = [...cells, ...more].map((cell) => `"${cell.replaceAll('"', '""')}",t\n`)
    const dir = written('dataset1.csv', `x,timestamp\n${lines.join('')}`)
    const samples = await loadExamples(dir)
    expect(samples.map(({ inputs }) => inputs.x)).toEqual([...read, ...readMore])
  })

  it('are texts where that is asked for', async () => {
    const dir = written('dataset1.csv', `x,timestamp\n5,t\n'-5,t\n"{""a"":1}",t\nim/0.png,t\n,t\n`)
    const samples = await loadExamples(dir, { inputs: [text('x')], outputs: [] })
    expect(samples.map(({ inputs }) => inputs.x)).toEqual(['5', '-5', '{"a":1}', 'im/0.png', null])
  })

  it('stand below headers in many forms', async () => {
    const header = `'=a,"''b,-c",flag,output 0,output 1,username,timestamp`
    const [sample] = await loadExamples(written('dataset1.csv', `${header}\n1,2,3,4,5,ada,t\n`))
    expect(sample).toMatchObject({
      inputs: { '=a': 1, 'b,-c': 2, flag: 3 },
      outputs: { 'output 0': 4, 'output 1': 5 },
      username: 'ada',
      option: null,
    })
    const [twice] = await loadExamples(
      written('dataset1.csv', 'x,x,timestamp,timestamp\n1,2,3,t\n'),
    )
    expect(twice?.inputs).toEqual({ x: 1, 'x 2': 2, timestamp: 3 })
    const [bare] = await loadExamples(written('dataset.csv', 'x,output\n1,2\n'))
    expect(bare).toMatchObject({ inputs: { x: 1 }, outputs: { output: 2 } })
  })

  it('that a later call added are no samples', async () => {
    const dir = written('dataset1.csv', 'in,out,timestamp\na,b,t\na,b,flagged,t\n')
    const { samples, problems } = await load(dir)
    expect(samples).toHaveLength(1)
    expect(problems).toEqual([
      'dataset1.csv, row 1 at bytes 25 to 39: its number of cells is 4, not 3',
    ])
  })

  it('of a chat stand under the labels that they belong to', async () => {
    const talk = '"[{""role"": ""user"", ""content"": ""hi""}]"'
    const header = 'conversation,index,value,flag,timestamp'
    const [sample] = await loadExamples(written('log.csv', `${header}\n${talk},1,Like,t\n`))
    expect(sample).toMatchObject({
      inputs: { conversation: [{ role: 'user', content: 'hi' }], index: 1 },
      option: 'Like',
      details: { timestamp: 't' },
    })
  })
})

describe('files of Gradio', () => {
  it('are found from any working directory', async () => {
    const dir = pictures([
      `app/.gradio/flagged/im/${HEX}/image.png`,
      `im/${HEX}/image.png`,
      `/srv/app/flagged/im/${HEX}/image.png`,
      `flagged\\im\\${HEX}\\image.png`,
      JSON.stringify({ path: `flagged/im/${HEX}/image.png`, orig_name: 'cat.png', size: 7 }),
    ])
    const { samples, problems } = await load(dir)
    expect(problems).toEqual([])
    for (const { inputs } of samples) expect(await content(inputs.im)).toEqual(PNG)
    expect(samples[4]?.inputs.im).toHaveProperty('name', 'cat.png')
  })

  it('may be several in one cell', async () => {
    const path = `flagged/im/${HEX}/image.png`
    const gone = `flagged/im/${HEX}/gone.png`
    const dir = pictures([JSON.stringify([path, path]), JSON.stringify([{ path }, { path: gone }])])
    const samples = await loadExamples(dir)
    expect(samples.map(({ inputs }) => (inputs.im as readonly FlaggedFile[]).length)).toEqual([
      2, 1,
    ])
    expect(samples.map((sample) => sample.details.missing)).toEqual([[], ['im']])
  })

  it('lie in a folder whose name is the label, less some signs', async () => {
    const label = 'Ein Bild? <b>: 1/2!'
    const folder = `Ein Bild b 12/${HEX}`
    const dir = written('dataset1.csv', `${label},timestamp\nflagged/${folder}/image.png,t\n`)
    mkdirSync(join(dir, folder), { recursive: true })
    writeFileSync(join(dir, folder, 'image.png'), PNG)
    const [sample] = await loadExamples(dir)
    expect(await content(sample?.inputs[label])).toEqual(PNG)
  })

  it('of the first versions lie in the folder itself', async () => {
    const dir = pictures(['im/image.png', 'im/other.png'], 'im')
    const samples = await loadExamples(dir)
    expect(await content(samples[0]?.inputs.im)).toEqual(PNG)
    expect(samples[1]).toMatchObject({ inputs: { im: 'im/other.png' }, details: { missing: [] } })
  })

  it('that are gone leave null and the label', async () => {
    const path = `flagged/im/${HEX}/gone.png`
    const samples = await loadExamples(pictures([path, JSON.stringify({ path })]))
    for (const {
      inputs,
      details: { missing },
    } of samples) {
      expect([inputs.im, missing]).toEqual([null, ['im']])
    }
  })

  it('are never opened outside of the folder of their column', async () => {
    const other = `flagged/other/${HEX}/image.png`
    const texts = [
      '/etc/passwd',
      '../../etc/passwd',
      `../im/../${HEX}/image.png`,
      `im/${HEX}/..`,
      `..`,
      'dataset1.csv',
      `./dataset1.csv`,
      `../${HEX}/image.png`,
      other,
      `im/${HEX}/image.png/`,
    ]
    const values = [
      { path: '/etc/passwd', meta: { _type: 'gradio.FileData' } },
      { path: other },
      { path: 5 },
    ]
    const dir = pictures([...texts, ...values.map((value) => JSON.stringify(value))])
    mkdirSync(join(dir, 'other', HEX), { recursive: true })
    writeFileSync(join(dir, 'other', HEX, 'image.png'), PNG)
    const { samples, problems } = await load(dir, { inputs: [image('im')], outputs: [] })
    expect(samples.map(({ inputs }) => inputs.im)).toEqual([...texts, ...values])
    expect(problems).toEqual([])
  })

  it('are never links, nor behind links', async () => {
    const elsewhere = temporary()
    writeFileSync(join(elsewhere, 'image.png'), PNG)
    const [first, second] = ['a'.repeat(20), 'b'.repeat(20)]
    const dir = pictures([
      `im/${first}/image.png`,
      `im/${second}/image.png`,
      `im/${HEX}/image.png`,
      'im/link.png',
    ])
    symlinkSync(elsewhere, join(dir, 'im', first))
    mkdirSync(join(dir, 'im', second))
    symlinkSync('/etc/passwd', join(dir, 'im', second, 'image.png'))
    symlinkSync('/etc/passwd', join(dir, 'im', 'link.png'))
    const { samples, problems } = await load(dir)
    expect(samples.map(({ n }) => n)).toEqual([2, 3])
    expect(samples[1]?.inputs.im).toBe('im/link.png')
    expect(problems).toHaveLength(2)
    for (const problem of problems)
      expect(problem).toMatch(/^dataset1\.csv, row \d at bytes \d+ to \d+: a file/)
  })
})
