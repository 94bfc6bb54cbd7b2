import { spawn } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type FlaggingError, loadExamples, readSamples } from '@flagging/core'
import { describe, expect, it } from 'vitest'
import { formatRecords } from '../src/store/csv.ts'
import type { FileSystem } from '../src/store/file-system.ts'
import { nodeFileSystem } from '../src/store/node-file-system.ts'
import { resolveReadOptions } from '../src/store/read-options.ts'
import { readFrom } from '../src/store/read-samples.ts'
import { linesOf, temporary } from './csv-logger-support.ts'

const HEADER = 'a,b,c\n'
const ROWS = 100_000
/** A text of which each line looks like a row. */
const LINES = '-1,false,row\n'.repeat(7000)

function logOf(content: string): string {
  const dir = temporary()
  writeFileSync(join(dir, 'logs.csv'), HEADER + content)
  return dir
}

const rowsOf = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, at) => `${from + at},x,y\n`).join('')

/** Another process appends rows, piece by piece, until it is told to stop; prints how many. */
const WRITER = `
  import { openSync, writeSync } from 'node:fs'
  import { setTimeout as sleep } from 'node:timers/promises'
  const [path, lines] = [process.argv[1], process.env.LINES]
  const fd = openSync(path, 'a')
  let isOver = false
  process.stdin.on('end', () => (isOver = true)).resume()
  let n = 0
  for (; n < 400 && !isOver; n++) {
    const row = Buffer.from(n + ',"' + lines + '","' + lines + n + '"\\n')
    for (let at = 0; at < row.length; at += 40_009) {
      writeSync(fd, row, at, Math.min(40_009, row.length - at))
      await sleep(1)
    }
  }
  console.log(n)`

describe('reading while another process writes', () => {
  it('gives whole rows in order, however large their cells', async () => {
    const dir = logOf('')
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', WRITER, join(dir, 'logs.csv')],
      { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, LINES } },
    )
    const ended = linesOf(child)
    let most = 0
    const read = async (): Promise<number> => {
      const problems: string[] = []
      const onBad = ({ message }: FlaggingError) => void problems.push(message)
      let n = 0
      for await (const { inputs } of readSamples(dir, { onBad })) {
        if (inputs['a'] !== n || inputs['c'] !== LINES + n) throw new Error(`Row ${n}`)
        n++
      }
      expect(n).toBeGreaterThanOrEqual(most)
      expect(problems.filter((problem) => !problem.includes('unfinished'))).toEqual([])
      most = n
      return problems.length
    }
    let unfinished = 0
    while (unfinished < 10 && child.exitCode === null) unfinished += await read()
    child.stdin.end()
    const [written] = await ended
    expect(unfinished).toBeGreaterThanOrEqual(10)
    expect(await read()).toBe(0)
    expect(most).toBe(Number(written))
  })
})

describe('a log to which something is done while it is read', () => {
  const other = `${HEADER}${formatRecords([['-9', LINES, 'z']]).repeat(40)}`
  const own = (dir: string) => join(dir, 'logs.csv')
  it.each<[string, (dir: string) => void, boolean]>([
    ['deleted', (dir) => unlinkSync(own(dir)), true],
    ['with its folder', (dir) => rmSync(dir, { recursive: true }), true],
    [
      'renamed, and another one made',
      (dir) => {
        renameSync(own(dir), join(dir, 'logs.csv.1'))
        writeFileSync(own(dir), other)
      },
      true,
    ],
    [
      'replaced',
      (dir) => {
        writeFileSync(join(dir, 'new'), other)
        renameSync(join(dir, 'new'), own(dir))
      },
      true,
    ],
    ['appended to', (dir) => appendFileSync(own(dir), rowsOf(ROWS, ROWS + 9)), true],
    ['emptied', (dir) => truncateSync(own(dir)), false],
    ['cut in the middle of a row', (dir) => truncateSync(own(dir), 700_003), false],
    ['emptied and written anew', (dir) => writeFileSync(own(dir), other), false],
  ])('%s, it gives its own rows alone', async (_name, change, isWhole) => {
    const dir = logOf(rowsOf(0, ROWS))
    const problems: string[] = []
    let n = 0
    const onBad = ({ message }: FlaggingError) => void problems.push(message)
    for await (const { inputs } of readSamples(dir, { onBad })) {
      if (inputs['a'] !== n || inputs['b'] !== 'x' || inputs['c'] !== 'y') throw new Error(`${n}`)
      if (n++ === 10) change(dir)
    }
    expect(n > 10 && n <= ROWS).toBe(true)
    expect(n === ROWS).toBe(isWhole)
    expect(problems.length).toBeLessThanOrEqual(1)
    // Nothing stays behind for the next test to remove.
    mkdirSync(dir, { recursive: true })
  })

  it.each<[string, (path: string) => void]>([
    ['gone', unlinkSync],
    [
      'a link',
      (path) => {
        renameSync(path, `${path}.1`)
        symlinkSync(`${path}.1`, path)
      },
    ],
    [
      'a directory',
      (path) => {
        unlinkSync(path)
        mkdirSync(path)
      },
    ],
  ])('is no error where it is %s between being found and being opened', async (name, change) => {
    const dir = logOf(rowsOf(0, 3))
    writeFileSync(join(dir, 'logs2.csv'), HEADER + rowsOf(3, 5))
    const fs: FileSystem = {
      ...nodeFileSystem,
      open: async (path, mode) => {
        if (path === own(dir)) change(path)
        return nodeFileSystem.open(path, mode)
      },
    }
    const problems: string[] = []
    const onBad = ({ message }: FlaggingError) => void problems.push(message)
    const found: unknown[] = []
    for await (const { inputs } of readFrom(fs, dir, resolveReadOptions({ onBad }))) {
      found.push(inputs['a'])
    }
    expect(found).toEqual([3, 4])
    expect(problems).toEqual(name === 'gone' ? [] : ['logs.csv is left out: it is no regular file'])
    expect(readFileSync(join(dir, 'logs2.csv'), 'utf8')).toBe(HEADER + rowsOf(3, 5))
    expect(await loadExamples(join(dir, 'none'))).toEqual([])
  })
})
