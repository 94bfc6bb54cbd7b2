import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CSVLogger,
  type Component,
  type FlagValue,
  type FlaggedFile,
  type FlaggingError,
  type ReadOptions,
  type Sample,
  SimpleCSVLogger,
  image,
  loadExamples,
  number,
  readSamples,
  text,
} from '@flagging/core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { PNG, components, details, fileOf, temporary } from './csv-logger-support.ts'

const CALCULATOR = 'num1,operation,num2,Output\n5,add,7,12\n6,subtract,1.5,4.5\n'

/** A directory with these files in it. */
function folder(files: Record<string, string | Uint8Array>): string {
  const dir = temporary()
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(dir, path, '..'), { recursive: true })
    writeFileSync(join(dir, path), content)
  }
  return dir
}

function sidecar(logs: Record<string, unknown>): string {
  return JSON.stringify({ version: 1, skipped: 0, logs })
}

/** The samples of a directory and what was told of rows that were left out. */
async function load(dir: string, options: ReadOptions = {}) {
  const problems: FlaggingError[] = []
  const samples = await loadExamples(dir, { ...options, onBad: (bad) => void problems.push(bad) })
  for (const { code } of problems) expect(code).toBe('ERR_FLAGGING_BAD_ROW')
  return { samples, problems: problems.map(({ message }) => message) }
}

function onlyFile(value: FlagValue | undefined): FlaggedFile {
  expect(value).toHaveProperty('bytes')
  return value as FlaggedFile
}

async function store(dir: string, of: Component[], rows: FlagValue[][]): Promise<void> {
  const logger = new CSVLogger({ exclusive: true, fsync: 'none' })
  for (const row of rows) await logger.flag(row, undefined, undefined, details(dir, of))
  await logger.close()
}

function openPaths(below: string): string[] {
  const links = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)]
    } catch {
      return []
    }
  })
  return links.filter((path) => path.startsWith(below))
}

describe('loadExamples', () => {
  it("reads the guide's calculator", async () => {
    const samples = await loadExamples(folder({ 'logs.csv': CALCULATOR }))
    expectTypeOf(samples).toEqualTypeOf<Sample[]>()
    expect(samples).toStrictEqual([
      {
        n: 0,
        inputs: { num1: 5, operation: 'add', num2: 7 },
        outputs: { Output: 12 },
        option: null,
        username: null,
        endpoint: null,
        details: { log: 'logs.csv', missing: [] },
      },
      {
        n: 1,
        inputs: { num1: 6, operation: 'subtract', num2: 1.5 },
        outputs: { Output: 4.5 },
        option: null,
        username: null,
        endpoint: null,
        details: { log: 'logs.csv', missing: [] },
      },
    ])
  })

  it('reads the logs of a dataset in the order of their numbers', async () => {
    const dir = folder({
      'logs10.csv': 'd\n4\n',
      'logs2.csv': 'b\n2\n3\n',
      'logs.csv': 'a\n1\n',
      'logs-old.csv': 'z\n0\n',
    })
    const samples = await loadExamples(dir)
    expect(samples.map(({ n, inputs, details: { log } }) => [n, inputs, log])).toEqual([
      [0, { a: 1 }, 'logs.csv'],
      [1, { b: 2 }, 'logs2.csv'],
      [2, { b: 3 }, 'logs2.csv'],
      [3, { d: 4 }, 'logs10.csv'],
    ])
  })

  it('reads endpoint folders after the directory itself, in the order of their names', async () => {
    const dir = folder({
      'logs.csv': 'a\n1\n',
      'im/0.png': PNG,
      '.flagging/logs.csv': 'no\n9\n',
      'calculate/logs.csv': CALCULATOR,
      'PUT.items.{id}/logs.csv': 'id,Output\n7,ok\n',
      'PUT.items.{id}/nested/logs.csv': 'no\n9\n',
      'later/logs2.csv': 'b\n2\n',
      'later/.flagging/components.json': sidecar({}),
    })
    const samples = await loadExamples(dir)
    expect(samples.map(({ n, endpoint }) => [endpoint, n])).toEqual([
      [null, 0],
      ['PUT.items.{id}', 0],
      ['calculate', 0],
      ['calculate', 1],
      ['later', 0],
    ])
  })

  it('takes the columns at the end that are our own for details', async () => {
    const header =
      'a,Output,flag_option,username,comment,correction,timestamp,id,endpoint,status,duration,ended,truncated'
    const row = `1,2,wrong,ada,'=no,"{""x"":1}",2026-01-02T03:04:05.678Z,Zm9v,calculate,200,12.5,aborted,true`
    const dir = folder({ 'logs.csv': `${header}\n${row}\n1,2,,,,,,,,,,,\n3,4,,,,,,,,x,y,z,w\n` })
    const samples = await loadExamples(dir)
    expect(samples[0]).toStrictEqual({
      n: 0,
      inputs: { a: 1 },
      outputs: { Output: 2 },
      option: 'wrong',
      username: 'ada',
      endpoint: 'calculate',
      details: {
        log: 'logs.csv',
        missing: [],
        comment: '=no',
        correction: { x: 1 },
        timestamp: '2026-01-02T03:04:05.678Z',
        id: 'Zm9v',
        status: 200,
        duration: 12.5,
        ended: 'aborted',
        truncated: true,
      },
    })
    const nothing = {
      log: 'logs.csv',
      missing: [],
      comment: null,
      correction: null,
      timestamp: null,
      id: null,
      status: null,
      duration: null,
      ended: null,
      truncated: null,
    }
    expect(samples.slice(1).map((sample) => sample.details)).toStrictEqual([nothing, nothing])
    expect(samples[1]).toMatchObject({ option: null, username: null, endpoint: null })
  })

  it('takes our names in front of others for inputs and outputs', async () => {
    const dir = folder({ 'logs.csv': 'id,username,Output,status,text\n1,ada,2,3,4\n' })
    const [sample] = await loadExamples(dir)
    expect(sample).toMatchObject({
      inputs: { id: 1, username: 'ada' },
      outputs: { Output: 2, status: 3, text: 4 },
      username: null,
    })
    const [alone] = await loadExamples(folder({ 'logs.csv': 'comment\nhi\n' }))
    expect(alone?.inputs).toEqual({ comment: 'hi' })
  })

  it('reads labels that JavaScript knows as something else', async () => {
    const dir = folder({ 'logs.csv': '__proto__,constructor,Output\n1,2,3\n' })
    const [sample] = await loadExamples(dir)
    expect(Object.entries(sample?.inputs ?? {})).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ])
    expect(Object.getPrototypeOf(sample?.inputs)).toBe(Object.prototype)
    expect({}).not.toHaveProperty('1')
  })

  it('gives a label that stands twice a name of its own', async () => {
    const [sample] = await loadExamples(folder({ 'logs.csv': 'x,x,Output\n1,2,3\n' }))
    expect(sample?.inputs).toEqual({ x: 1, 'x 2': 2 })
  })

  it('reads what a spreadsheet has saved again: a mark in front and CRLF', async () => {
    const dir = folder({ 'logs.csv': '\ufeffa,Output\r\n1,"x\r\ny"\r\n' })
    const [sample] = await loadExamples(dir)
    expect(sample).toMatchObject({ inputs: { a: 1 }, outputs: { Output: 'x\r\ny' } })
  })
})

describe('the component list of a directory', () => {
  const log = { 'logs.csv': 'a,b,c,id\n007,5,x,abc\n' }
  const described = {
    components: [
      { label: 'a', type: 'text', role: 'input' },
      { label: 'b', type: 'text', role: 'output', from: 'field' },
      { label: 'c', type: 'any', role: 'input' },
    ],
    columns: ['id'],
  }

  it('says which columns are what', async () => {
    const list = sidecar({ 'logs.csv': described })
    const [sample] = await loadExamples(folder({ ...log, '.flagging/components.json': list }))
    expect(sample).toMatchObject({ inputs: { a: '007', c: 'x' }, outputs: { b: '5' } })
    expect(sample?.details.id).toBe('abc')
  })

  it('can say that a column with one of our names is an output', async () => {
    const parts = described.components.concat({ label: 'id', type: 'any', role: 'output' })
    const list = sidecar({ 'logs.csv': { components: parts, columns: [] } })
    const [sample] = await loadExamples(folder({ ...log, '.flagging/components.json': list }))
    expect(sample?.outputs).toEqual({ b: '5', id: 'abc' })
    expect(sample?.details).not.toHaveProperty('id')
  })

  it.each([
    ['no JSON', '{'],
    [
      'another version',
      JSON.stringify({ version: 2, skipped: 0, logs: { 'logs.csv': described } }),
    ],
    [
      'columns that are not ours',
      sidecar({ 'logs.csv': { components: [], columns: ['a', 'b', 'c', 'id'] } }),
    ],
    ['far too much', `${sidecar({ 'logs.csv': described })}${' '.repeat(17 * 1024 * 1024)}`],
  ])('is left aside with %s in it', async (_name, list) => {
    const [sample] = await loadExamples(folder({ ...log, '.flagging/components.json': list }))
    expect(sample).toMatchObject({ inputs: { a: '007', b: 5, c: 'x' }, outputs: {} })
  })

  it('says what columns are whose header was edited, by their labels', async () => {
    const list = sidecar({ 'logs.csv': { ...described, columns: ['status'] } })
    const [sample] = await loadExamples(folder({ ...log, '.flagging/components.json': list }))
    expect(sample).toMatchObject({ inputs: { a: '007', c: 'x' }, outputs: { b: '5' } })
  })

  it('is not looked for behind links', async () => {
    const elsewhere = folder({ 'components.json': sidecar({ 'logs.csv': described }) })
    const dir = folder(log)
    symlinkSync(elsewhere, join(dir, '.flagging'))
    const [linked] = await loadExamples(dir)
    expect(linked?.outputs).toEqual({})
  })
})

describe('the options `inputs` and `outputs`', () => {
  const dir = () => folder({ 'logs.csv': 'a,b,Output,extra,id\n007,5,12,x,abc\n' })

  it('choose columns; others are left out', async () => {
    const [sample] = await loadExamples(dir(), { inputs: ['b'], outputs: ['extra'] })
    expect(sample).toMatchObject({ inputs: { b: 5 }, outputs: { extra: 'x' } })
    expect(Object.keys(sample?.inputs ?? {})).toEqual(['b'])
    expect(sample?.details.id).toBe('abc')
  })

  it('leave all other columns to the side that is not given', async () => {
    const [first] = await loadExamples(dir(), { inputs: ['a'] })
    expect(first).toMatchObject({ inputs: { a: '007' }, outputs: { b: 5, Output: 12, extra: 'x' } })
    const [second] = await loadExamples(dir(), { outputs: ['Output'] })
    expect(second).toMatchObject({
      inputs: { a: '007', b: 5, extra: 'x' },
      outputs: { Output: 12 },
    })
  })

  it('give types to columns', async () => {
    const [sample] = await loadExamples(dir(), { inputs: [text('b'), number('a')], outputs: [] })
    expect(sample?.inputs).toEqual({ a: '007', b: '5' })
  })

  it('give null for what a log has no column for', async () => {
    const [sample] = await loadExamples(dir(), { inputs: ['a', 'new'], outputs: ['Output'] })
    expect(sample?.inputs).toStrictEqual({ a: '007', new: null })
  })

  it('may take a column with one of our names', async () => {
    const [sample] = await loadExamples(dir(), { inputs: ['a'], outputs: ['id'] })
    expect(sample?.outputs).toEqual({ id: 'abc' })
    expect(sample?.details).not.toHaveProperty('id')
  })
})

describe('what CSVLogger stored', () => {
  it('comes back, also when the folder has moved', async () => {
    const dir = join(temporary(), 'flagged')
    const parts = [
      { ...text('prompt'), role: 'input' as const },
      { ...image('im'), role: 'input' as const },
      { label: 'files', type: 'file' as const, role: 'input' as const },
      { label: 'answer', type: 'any' as const, role: 'output' as const },
    ]
    await store(dir, parts, [
      ['-1.5', fileOf(PNG), [fileOf(PNG), fileOf('hello', 'text/plain')], { cat: 0.7 }],
      ['', null, fileOf('alone', 'text/plain'), -0],
    ])
    const moved = join(temporary(), 'elsewhere')
    renameSync(dir, moved)

    const { samples, problems } = await load(moved)
    expect(problems).toEqual([])
    const [first, second] = samples
    expect(first?.inputs.prompt).toBe('-1.5')
    expect(first?.outputs).toEqual({ answer: { cat: 0.7 } })
    const im = onlyFile(first?.inputs.im)
    expect([im.name, im.type, im.size]).toEqual([undefined, 'image/png', PNG.length])
    expect(Buffer.from(await im.bytes())).toEqual(PNG)
    const files = first?.inputs.files as readonly FlaggedFile[]
    expect(files.map(({ type }) => type)).toEqual(['image/png', 'text/plain'])
    expect(Buffer.from((await files[1]?.bytes()) ?? []).toString()).toBe('hello')
    expect(second?.inputs).toMatchObject({ prompt: '', im: null })
    expect(Buffer.from(await onlyFile(second?.inputs.files).bytes()).toString()).toBe('alone')
    expect(second?.outputs).toEqual({ answer: -0 })
  })

  it('comes back where it was too large for its cell', async () => {
    const dir = temporary()
    const long = `\ufeff=${'é'.repeat(120_000)}`
    const broken = `\ud800${'x'.repeat(120_000)}`
    const list = Array.from({ length: 40_000 }, (_, index) => index)
    const of = [text('text'), ...components('json', 'lone', 'Output')]
    await store(dir, of, [[long, list, broken, long]])
    expect(readdirSync(join(dir, 'text'))).toEqual(['0.txt'])
    const [sample] = await loadExamples(dir, { outputs: ['Output'] })
    expect(sample).toMatchObject({
      inputs: { text: long, json: list, lone: broken },
      outputs: { Output: long },
      details: { missing: [] },
    })
  })

  it('keeps a long comment, which is no file', async () => {
    const dir = temporary()
    const logger = new CSVLogger({ exclusive: true, fsync: 'none', columns: ['id', 'timestamp'] })
    const comment = 'why '.repeat(40_000)
    await logger.flag([1], 'no', 'ada', details(dir, components('a'), { comment }))
    await logger.close()
    rmSync(join(dir, '.flagging'), { recursive: true })
    const [sample] = await loadExamples(dir)
    expect(sample?.details.comment).toBe(comment)
    expect(sample).toMatchObject({ inputs: { a: 1 }, option: 'no', username: 'ada' })
    expect(sample?.details).toMatchObject({ id: expect.any(String), timestamp: expect.any(String) })
  })

  it('comes back whatever it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.string()), {
          minLength: 1,
          maxLength: 20,
        }),
        async (rows) => {
          const dir = temporary()
          const of = [...components('a'), text('b'), ...components('Output')]
          await store(dir, of, rows as FlagValue[][])
          const samples = await loadExamples(dir, { outputs: ['Output'] })
          expect(
            samples.map(({ inputs, outputs }) => [inputs.a, inputs.b, outputs.Output]),
          ).toEqual(rows)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('comes back from a log without header, given the labels', async () => {
    const dir = temporary()
    const logger = new SimpleCSVLogger()
    const of = components('note', 'im', 'Output')
    await logger.flag(
      ["it's =1", fileOf('txt', 'text/plain'), { cat: 1 }],
      null,
      null,
      details(dir, of),
    )
    await logger.flag(["'5", null, '=5'], null, null, details(dir, of))
    const { samples, problems } = await load(dir, { inputs: ['note', 'im'] })
    expect(problems).toEqual([])
    expect(samples.map(({ n, inputs, outputs }) => [n, inputs.note, outputs])).toEqual([
      [0, "it's =1", { Output: { cat: 1 } }],
      [1, "'5", { Output: '=5' }],
    ])
    expect(samples[0]?.details.log).toBe('log.csv')
    expect(Buffer.from(await onlyFile(samples[0]?.inputs.im).bytes()).toString()).toBe('txt')
    await expect(loadExamples(dir)).rejects.toMatchObject({ code: 'ERR_FLAGGING_OPTION' })
  })
})

describe('rows that cannot be read', () => {
  it('are left out and told of by place, never by content', async () => {
    const dir = folder({
      'logs.csv': `a,im,Output\n1,,secret\n2,secret\n3,,x,secret\n"5"secret",,6\n7,,8\nsecret,`,
    })
    const { samples, problems } = await load(dir)
    expect(samples.map(({ n, outputs }) => [n, outputs.Output])).toEqual([
      [0, 'secret'],
      [3, 6],
      [4, 8],
    ])
    expect(problems).toEqual([
      'logs.csv, row 1 at bytes 22 to 30: its number of cells is 2, not 3',
      'logs.csv, row 2 at bytes 31 to 42: its number of cells is 4, not 3',
      expect.stringMatching(/^logs\.csv, row 5 at bytes 62 to 68: it is unfinished/),
    ])
    expect(await loadExamples(dir)).toHaveLength(3)
  })

  it('are those with NUL bytes, and hide none behind them unless a crash left them', async () => {
    const rows = Array.from({ length: 300 }, (_, n) => `${n},"text ${n}\nof two lines"\n`)
    const whole = Buffer.from(`a,b\n${rows.join('')}`)
    const found = async (from: number, to: number): Promise<unknown[]> => {
      const dir = folder({ 'logs.csv': Buffer.from(whole).fill(0, from, to) })
      const { samples, problems } = await load(dir)
      expect(problems).toEqual([expect.stringMatching(/it has a hole|unfinished/)])
      return samples.map(({ inputs }) => inputs.a)
    }
    const start = whole.indexOf('100,')
    const end = whole.indexOf('101,')
    const others = rows.map((_, n) => n).filter((n) => n !== 100)
    expect(await found(start, end - 1)).toEqual(others)
    expect(await found(start + 6, start + 8)).toEqual(others)
    // Whole sectors, as a power failure leaves them: what follows was written with them.
    expect(await found(1536, 2048)).toEqual(
      others.slice(0, whole.subarray(0, 1536).toString().split('lines"').length - 1),
    )
  })

  it('are those that name files elsewhere', async () => {
    const outside = folder({ '0.png': PNG })
    const dir = folder({
      'logs.csv':
        'im,other,n\nim/0.png,,0\nother/0.png,,1\nim/0.png,im/0.png,2\nim/1.png,,3\n' +
        '"[""im/0.png"",""other/0.png""]",,4\nim/2.png,,5\nim/3.png,,6\nlink/0.png,,7\n',
      'im/0.png': PNG,
      'other/0.png': PNG,
    })
    symlinkSync('/etc/passwd', join(dir, 'im/1.png'))
    mkdirSync(join(dir, 'im/2.png'))
    spawnSync('mkfifo', [join(dir, 'im/3.png')])
    symlinkSync(outside, join(dir, 'link'))
    const { samples, problems } = await load(dir)
    expect(samples.map(({ inputs }) => inputs.n)).toEqual([0])
    expect(problems.map((problem) => problem.replace(/ at bytes \d+ to \d+/, ''))).toEqual([
      'logs.csv, row 1: a file lies outside of the folder of its column',
      'logs.csv, row 2: a file lies outside of the folder of its column',
      'logs.csv, row 3: a file is no regular file',
      'logs.csv, row 4: a file lies outside of the folder of its column',
      'logs.csv, row 5: a file is no regular file',
      'logs.csv, row 6: a file is no regular file',
      'logs.csv, row 7: a file lies outside of the folder of its column',
    ])
  })

  it('are those whose folder is a link', async () => {
    const outside = folder({ '0.png': PNG })
    const dir = folder({ 'logs.csv': 'im\nim/0.png\n' })
    symlinkSync(outside, join(dir, 'im'))
    const { samples, problems } = await load(dir)
    expect(samples).toEqual([])
    expect(problems).toEqual([
      'logs.csv, row 0 at bytes 3 to 11: the folder of a file is no directory',
    ])
  })

  it('are those whose large value is broken', async () => {
    const dir = folder({
      'logs.csv': 'a\na/0.json\na/1.txt\na/2.json\n',
      'a/0.json': '{',
      'a/1.txt': new Uint8Array([0xff]),
      'a/2.json': '{"__proto__":1}',
    })
    const { samples, problems } = await load(dir)
    expect(samples.map(({ inputs }) => JSON.stringify(inputs.a))).toEqual(['{"__proto__":1}'])
    expect(problems).toHaveLength(2)
  })

  it('do not hide those behind them, and empty lines are nothing', async () => {
    const dir = folder({ 'logs.csv': '\na,b\n\n1,2\n\n\n3\n4,5\n\n' })
    const { samples, problems } = await load(dir)
    expect(samples.map(({ n, inputs }) => [n, inputs])).toEqual([
      [0, { a: 1, b: 2 }],
      [2, { a: 4, b: 5 }],
    ])
    expect(problems).toHaveLength(1)
  })

  it('end the reading where `onBad` throws', async () => {
    const dir = folder({ 'logs.csv': 'a,b\n1\n2,3\n' })
    const onBad = (problem: FlaggingError): void => {
      throw problem
    }
    await expect(loadExamples(dir, { onBad })).rejects.toMatchObject({
      code: 'ERR_FLAGGING_BAD_ROW',
    })
  })

  it.each([
    ['is unfinished', 'a,b'],
    ['has holes', 'a,\0\0\n1,2\n'],
  ])('are all rows of a log whose header %s', async (_name, content) => {
    const dir = folder({ 'logs.csv': content, 'logs2.csv': 'c\n1\n' })
    const { samples, problems } = await load(dir)
    expect(samples.map(({ inputs }) => inputs)).toEqual([{ c: 1 }])
    expect(problems).toEqual(['logs.csv is left out: its first line is broken'])
  })

  it('are all rows of a log that is no file', async () => {
    const dir = folder({ 'logs2.csv': 'c\n1\n' })
    symlinkSync('/etc/passwd', join(dir, 'logs.csv'))
    const { samples, problems } = await load(dir)
    expect(samples).toHaveLength(1)
    expect(problems).toEqual(['logs.csv is left out: it is no regular file'])
  })
})

describe('texts that look like paths', () => {
  it.each(['../../etc/passwd', '/etc/passwd', 'file:///etc/passwd', 'im/../../0.png', 'im/00.png'])(
    'are texts: %s',
    async (path) => {
      const dir = folder({
        'logs.csv': `im\n${path}\n"[""${path}"",""im/0.png""]"\n`,
        'im/0.png': PNG,
      })
      const { samples, problems } = await load(dir, { inputs: [image('im')], outputs: [] })
      expect(samples.map(({ inputs }) => inputs.im)).toEqual([path, [path, 'im/0.png']])
      expect(problems).toEqual([])
    },
  )
})

describe('files that are gone', () => {
  it('leave null and the label', async () => {
    const list = '"[""im/1-0.png"",""im/1-1.png""]"'
    const none = '"[""im/2-0.png"",""im/2-1.png""]"'
    const dir = folder({
      'logs.csv': `im,text,Output\nim/0.png,text/0.txt,Output/0.png\n${list},a,b\n${none},a,b\n`,
      'im/1-1.png': PNG,
    })
    const { samples, problems } = await load(dir)
    expect(problems).toEqual([])
    expect(samples[0]).toMatchObject({
      inputs: { im: null, text: null },
      outputs: { Output: null },
      details: { missing: ['im', 'text', 'Output'] },
    })
    expect(samples[1]?.inputs.im).toHaveLength(1)
    expect(samples[1]?.details.missing).toEqual(['im'])
    expect(samples[2]?.inputs.im).toBeNull()
  })

  it('fail when they are read, if that is later', async () => {
    const dir = folder({ 'logs.csv': 'im\nim/0.png\n', 'im/0.png': PNG })
    const [sample] = await loadExamples(dir)
    rmSync(join(dir, 'im/0.png'))
    symlinkSync('/etc/hostname', join(dir, 'im/0.png'))
    await expect(onlyFile(sample?.inputs.im).bytes()).rejects.toMatchObject({ code: 'ELOOP' })
  })
})

describe('nothing to read', () => {
  it('is no sample', async () => {
    expect(await loadExamples(join(temporary(), 'none'))).toEqual([])
    expect(await loadExamples(temporary())).toEqual([])
    expect(await loadExamples(folder({ 'logs.csv': '' }))).toEqual([])
    expect(await loadExamples(folder({ 'logs.csv': 'a,b\n' }))).toEqual([])
    expect(await loadExamples(folder({ 'im/0.png': PNG }))).toEqual([])
  })

  it('is an error where the directory is none', async () => {
    const dir = folder({ file: '' })
    await expect(loadExamples(join(dir, 'file'))).rejects.toMatchObject({
      name: 'FlaggingError',
      code: 'ERR_FLAGGING_OPTION',
    })
  })
})

describe('options that cannot be', () => {
  it.each([
    [{ input: ['a'] }, /'input'.*'inputs'/],
    [{ offset: -1 }, /offset/],
    [{ limit: 1.5 }, /limit/],
    [{ limit: Number.NaN }, /limit/],
    [{ onBad: true }, /onBad/],
    [{ inputs: 'a' }, /inputs/],
    [{ inputs: ['a', 'a'] }, /'a'/],
    [{ inputs: ['a'], outputs: [{ label: 'b', type: 'picture' }] }, /'picture'/],
  ])('throw at once: %j', async (options, message) => {
    const problem = { code: 'ERR_FLAGGING_OPTION', message: expect.stringMatching(message) }
    expect(() => readSamples('flagged', options as ReadOptions)).toThrow(
      expect.objectContaining(problem),
    )
    await expect(loadExamples('flagged', options as ReadOptions)).rejects.toMatchObject(problem)
  })

  it('are directories that have no name', () => {
    expect(() => readSamples('')).toThrow(/must be a path/)
    expect(() => readSamples(undefined as unknown as string)).toThrow(/must be a path/)
  })
})

describe('offset and limit', () => {
  it('cut out a part, whatever was left out before it', async () => {
    const dir = folder({
      'logs.csv': 'a,im\n0,\n1\n2,im/2.png\n3,im/3.png\n4,other/4.png\n5,\n',
      'logs2.csv': 'b\n6\n\n7\n',
      'calculate/logs.csv': CALCULATOR,
      'im/2.png': PNG,
    })
    const all = await loadExamples(dir)
    expect(all).toHaveLength(8)
    const ids = (samples: Sample[]) => samples.map(({ n, endpoint }) => `${endpoint} ${n}`)
    for (let offset = 0; offset < 10; offset++) {
      for (let limit = 0; limit < 10; limit++) {
        const part = await loadExamples(dir, { offset, limit })
        expect(ids(part)).toEqual(ids(all.slice(offset, offset + limit)))
      }
    }
    const { problems } = await load(dir, { offset: 2 })
    expect(problems).toHaveLength(1)
  })
})

describe('readSamples', () => {
  const ROWS = 200_000

  /** 80 MB. */
  function longLog(): string {
    const dir = folder({ 'logs.csv': 'a,b,Output\n' })
    const b = 'x'.repeat(400)
    for (let from = 0; from < ROWS; from += 1000) {
      const rows = Array.from(
        { length: 1000 },
        (_, at) => `${from + at},${b},"{""x"": ${from + at}}"\n`,
      )
      appendFileSync(join(dir, 'logs.csv'), rows.join(''))
    }
    return dir
  }

  it('reads any number of samples in little memory, and no more than it is asked for', async () => {
    const dir = longLog()
    let count = 0
    let most = 0
    const before = process.memoryUsage().rss
    const started = performance.now()
    for await (const { n, outputs } of readSamples(dir)) {
      if (n !== count || (outputs.Output as { x: number }).x !== n) throw new Error(`Row ${n}`)
      if (++count % 1000 === 0) most = Math.max(most, process.memoryUsage().rss - before)
    }
    expect(count).toBe(ROWS)
    expect(most).toBeLessThan(64 * 1024 * 1024)

    const all = performance.now() - started
    expect(await loadExamples(dir, { limit: 10 })).toHaveLength(10)
    expect(performance.now() - started - all).toBeLessThan(all / 2)
    const last = await loadExamples(dir, { offset: ROWS - 1, limit: 10 })
    expect(last.map(({ n }) => n)).toEqual([ROWS - 1])
  })

  it.runIf(process.platform === 'linux')('closes the log when the loop is left', async () => {
    const dir = longLog()
    const samples = readSamples(dir)
    await samples.next()
    expect(openPaths(dir)).toHaveLength(1)
    for await (const { n } of samples) if (n === 5) break
    expect(openPaths(dir)).toEqual([])
    expect(await samples.next()).toMatchObject({ done: true })
  })

  it('leaves out a last row that is cut anywhere', async () => {
    const rows = ['1,"say ""é"",\n"\n', '2,"say ""é"",\n"\n']
    const whole = Buffer.from(`a,b\n${rows.join('')}`)
    const dir = temporary()
    for (let size = whole.length - Buffer.byteLength(rows[1] ?? ''); size <= whole.length; size++) {
      writeFileSync(join(dir, 'logs.csv'), whole.subarray(0, size))
      const { samples, problems } = await load(dir)
      const isCut = size < whole.length && size > whole.length - Buffer.byteLength(rows[1] ?? '')
      expect(
        problems.map((problem) => problem.replace(/ to \d+: it is (unfinished): .*/, ': $1')),
      ).toEqual(isCut ? ['logs.csv, row 1 at bytes 21: unfinished'] : [])
      expect(samples.map(({ inputs }) => inputs)).toEqual(
        [1, 2].slice(0, size < whole.length ? 1 : 2).map((a) => ({ a, b: 'say "é",\n' })),
      )
    }
  })

  it('gives whole rows alone while a writer is at work', async () => {
    const dir = folder({ 'logs.csv': 'a,b\n' })
    const fd = openSync(join(dir, 'logs.csv'), 'a')
    let written = 0
    let reads = 0
    const write = async () => {
      while (reads < 50) {
        const rows = Array.from({ length: 20 }, () => `${written},"say ""${written++}"",\n"\n`)
        const bytes = Buffer.from(rows.join(''))
        // Cut anywhere, as a reader may see what is being written.
        const cut = (written * 7919) % bytes.length
        writeSync(fd, bytes.subarray(0, cut))
        await sleep(1)
        writeSync(fd, bytes.subarray(cut))
      }
    }
    const read = async () => {
      for (; reads < 50; reads++) {
        const { samples, problems } = await load(dir)
        samples.forEach(({ n, inputs }, index) => {
          if (n !== index || inputs.a !== n || inputs.b !== `say "${n}",\n`) throw new Error(`${n}`)
        })
        expect(problems.length).toBeLessThanOrEqual(1)
        for (const problem of problems) expect(problem).toMatch(/unfinished/)
        await sleep(1)
      }
    }
    await Promise.all([write(), read()])
    closeSync(fd)
    expect(await loadExamples(dir)).toHaveLength(written)
  })
})

describe('a folder of files', () => {
  const files = {
    'b10.txt': 'ten',
    'b9.png': PNG,
    '.hidden': 'x',
    'sub/c.txt': 'x',
    'table.csv': 'x',
  }

  it('is one sample each, in the order that people would say', async () => {
    const dir = folder(files)
    symlinkSync('/etc/passwd', join(dir, 'passwd'))
    const samples = await loadExamples(dir, { inputs: ['im'] })
    const found = samples.map(({ n, inputs, outputs, details: { log } }) => {
      const { name, type, size } = onlyFile(inputs.im)
      return [n, name, type, size, outputs, log]
    })
    expect(found).toEqual([
      [0, 'b9.png', 'image/png', PNG.length, {}, null],
      [1, 'b10.txt', 'text/plain', 3, {}, null],
      [2, 'table.csv', 'text/csv', 1, {}, null],
    ])
    const part = await loadExamples(dir, { inputs: ['im'], offset: 1, limit: 1 })
    expect(part.map(({ n }) => n)).toEqual([1])
  })

  it('is nothing where no single input says what the files are', async () => {
    expect(await loadExamples(folder(files))).toEqual([])
    expect(await loadExamples(folder(files), { inputs: ['a', 'b'] })).toEqual([])
  })

  it('is not what a flagged directory is', async () => {
    const dir = folder({ ...files, 'logs.csv': 'im\n1\n' })
    expect(await loadExamples(dir, { inputs: ['im'] })).toHaveLength(1)
  })
})
