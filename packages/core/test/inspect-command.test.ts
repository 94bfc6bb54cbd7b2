import { appendFileSync, chmodSync, cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadExamples } from '@flagging/core'
import { runCommand } from '../src/inspect/command.ts'
import { nodeFileSystem } from '../src/store/node-file-system.ts'
import { verify } from '../src/inspect/verify.ts'
import { linesOf, startWriter, temporary } from './csv-logger-support.ts'
import {
  DAMAGES,
  flagRows,
  flagWithHole,
  runToEnd,
  snapshot,
  startCommand,
} from './inspect-support.ts'

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command here. */
async function run(args: readonly string[], isTTY = false): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  const code = await runCommand(args, {
    fs: nodeFileSystem,
    stdout: { write: (text) => (stdout += text) },
    stderr: { isTTY, write: (text) => (stderr += text) },
    version: '1.2.3',
    cwd: '/',
  })
  return { code, stdout, stderr }
}

async function dataset(rows = 10): Promise<string> {
  const dir = join(temporary(), 'flagged')
  await flagRows(dir, rows)
  return dir
}

describe('the command line', () => {
  it.each([
    [[], 'Say what to do'],
    [['verfy', 'x'], 'Did you mean verify?'],
    [['verify'], 'needs the directory'],
    [['verify', 'a', 'b'], 'takes one directory'],
    [['verify', 'a', '--jsn'], 'Did you mean --json?'],
    [['verify', 'a', '--rows'], 'verify has no option "--rows"'],
    [['repair', 'a', '--dryrun'], 'Did you mean --dry-run?'],
    [['repair', 'a', '--rows=yes'], 'takes no value'],
    [['verify', 'a', '-x'], 'has no option "-x"'],
  ])('%j is refused with what to type', async (args, message) => {
    const { code, stdout, stderr } = await run(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
    expect(stderr).toContain('Usage: flagging verify DIR')
  })

  it('says how it is used, and its version', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, stderr: '' })
    expect((await run(['verify', '-h'])).stdout).toContain('Usage')
    expect(await run(['--version'])).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' })
  })

  it.each(['verify', 'repair'])('%s says which directory it cannot read', async (command) => {
    const { code, stdout, stderr } = await run([command, join(temporary(), 'nowhere'), '--json'])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('nowhere is not there')
  })
})

describe('flagging verify', () => {
  it('prints a line for each dataset, and 0 if all is well', async () => {
    const dir = await dataset(2)
    await flagRows(join(dir, 'calculate'), 1)
    const { code, stdout, stderr } = await run(['verify', dir])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      /^dataset {4}rows {2}files {3}size\n\. +2 +2 +\d+ B {2}ok\ncalculate +1 /,
    )
    expect(stdout).toContain('\nall ')
    expect(stdout).toContain('All is well: 3 rows can be read.')
    expect((await run(['verify', dir, '--quiet'])).stdout).toBe('')
  })

  it('lists 20 problems of a dataset, one a line, and says what is next', async () => {
    const dir = await dataset(4)
    appendFileSync(join(dir, 'logs.csv'), 'x\n'.repeat(50))
    DAMAGES['a file that is gone']?.make(dir)
    const { code, stdout } = await run(['verify', dir, '--quiet'])
    expect(code).toBe(1)
    expect(stdout.match(/^ {2}bad_row/gm)).toHaveLength(20)
    expect(stdout).toContain('and 31 more: --json has all of them')
    expect(stdout).toContain('--rows')
  })

  it('prints one JSON document with all problems', async () => {
    const dir = await dataset(10)
    for (const what of ['a file that is gone', 'a row with too few cells']) DAMAGES[what]?.make(dir)
    const { code, stdout } = await run(['verify', dir, '--json'])
    expect(code).toBe(1)
    const report = JSON.parse(stdout) as Record<string, unknown>
    expect(Object.keys(report)).toEqual([
      'version',
      'dir',
      'ok',
      'totals',
      'datasets',
      'problems',
      'notes',
    ])
    expect(report).toMatchObject({
      version: 1,
      ok: false,
      totals: { datasets: 1, logs: 1, rows: 10, files: 9, problems: 2, notes: 0 },
      datasets: [{ dataset: '.', rows: 10 }],
      problems: [
        { code: 'bad_row', dataset: '.', log: 'logs.csv', row: 10 },
        { code: 'missing_file', dataset: '.', log: 'logs.csv', row: 3, file: 'im/3-0.json' },
      ],
    })
  })

  it('steers no terminal with the name of a folder', async () => {
    const dir = await dataset(1)
    await flagRows(join(dir, 'a\u001b[2Jb'), 1)
    DAMAGES['an unfinished row']?.make(join(dir, 'a\u001b[2Jb'))
    const { stdout } = await run(['verify', dir])
    expect(stdout).toContain('a\\u001b[2Jb/logs.csv')
    expect(stdout).not.toContain('\u001b')
  })

  it('draws no bar for a short log, nor where nobody looks', async () => {
    const dir = await dataset(1)
    expect((await run(['verify', dir], true)).stderr).toBe('')
  })

  it('runs as a program, and in a directory that cannot be written', async () => {
    const dir = await dataset(3)
    DAMAGES['an unfinished row']?.make(dir)
    const folders = [join(dir, '.flagging'), join(dir, 'im'), dir]
    for (const folder of folders) chmodSync(folder, 0o500)
    chmodSync(join(dir, '.flagging/lock'), 0o400)
    const before = snapshot(dir)
    const { code, stdout, stderr } = await runToEnd(['verify', dir])
    expect([code, stderr]).toEqual([1, ''])
    expect(stdout).toContain('torn_tail')
    expect(snapshot(dir)).toEqual(before)
    for (const folder of folders) chmodSync(folder, 0o700)
    expect(await runToEnd(['verify', dir, '--yes'])).toMatchObject({ code: 2, stdout: '' })
  })

  it('reads 200,000 rows in the memory that a few take', async () => {
    const dir = await dataset(1)
    const rows = ',"note, so it goes"\n'.repeat(20_000)
    for (let n = 0; n < 10; n++) appendFileSync(join(dir, 'logs.csv'), rows)
    const { code, stdout } = await runToEnd(['verify', dir], ['--max-old-space-size=40'])
    expect(stdout).toContain('200,001 rows can be read')
    expect(code).toBe(0)
  })

  it('finds nothing wrong twenty times beside a writer', async () => {
    const dir = join(temporary(), 'flagged')
    const job = {
      dir,
      name: 'a',
      // The more there is to verify, the more is written meanwhile: without an end, each round would take
      // half as long again as the one before.
      flags: 2000,
      concurrency: 2,
      size: 3000,
      width: 2,
      files: true,
    }
    const child = startWriter(job)
    let flagged = 0
    let ended: Promise<unknown> | undefined
    const started = new Promise<void>((resolve) => {
      ended = linesOf(child, () => {
        flagged++
        resolve()
      })
    })
    try {
      await started
      let before = 0
      for (let round = 0; round < 20; round++) {
        const { problems, totals } = await verify(nodeFileSystem, dir)
        expect(problems).toEqual([])
        expect(totals.rows).toBeGreaterThanOrEqual(before)
        before = flagged
      }
    } finally {
      child.kill('SIGKILL')
      await ended
    }
  }, 120_000)
})

describe('flagging repair', () => {
  it('says what it would do, does it, and then has nothing to do', async () => {
    const dir = await dataset(3)
    DAMAGES['an unfinished row']?.make(dir)
    const planned = await run(['repair', dir, '--dry-run'])
    expect(planned).toMatchObject({ code: 0, stderr: '' })
    expect(planned.stdout).toContain('Nothing was changed')
    const done = await run(['repair', dir])
    expect(done.code).toBe(0)
    expect(done.stdout).toContain('1 thing put right; no byte was thrown away.')
    expect((await run(['repair', dir])).stdout).toBe('There is nothing to repair.\n')
  })

  it('prints one JSON document, and 1 where something is left', async () => {
    const dir = await dataset(10)
    for (const what of ['a file that is gone', 'a file that no row names']) DAMAGES[what]?.make(dir)
    const { code, stdout } = await run(['repair', dir, '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      dryRun: false,
      ok: false,
      actions: [{ code: 'orphan', file: 'im/70-0.json', to: '.flagging/orphans/im/70-0.json' }],
      left: [{ code: 'missing_file', file: 'im/3-0.json' }],
    })
  })

  it('loses nothing when it is killed', async () => {
    const dir = join(temporary(), 'flagged')
    await flagWithHole(dir)
    for (const what of ['a file that no row names', 'an upload whose writer has died']) {
      DAMAGES[what]?.make(dir)
    }
    const copy = join(temporary(), 'flagged')
    cpSync(dir, copy, { recursive: true, preserveTimestamps: true })
    const bytes = readFileSync(join(dir, 'logs.csv'))
    const samples = await loadExamples(dir)
    const since = performance.now()
    expect((await runToEnd(['repair', copy])).code).toBe(0)
    const whole = performance.now() - since
    for (const share of [0.6, 0.7, 0.8, 0.9, 1, 9]) {
      const child = startCommand(['repair', dir])
      const timer = setTimeout(() => child.kill('SIGKILL'), whole * share)
      await new Promise((resolve) => child.once('close', resolve))
      clearTimeout(timer)
      expect((await loadExamples(dir)).length).toBe(samples.length)
      const log = readFileSync(join(dir, 'logs.csv'))
      expect(log.equals(bytes) || !log.includes(0)).toBe(true)
    }
    const all = snapshot(dir)
    const kept = Object.entries(all).filter(([path]) => path.includes('orphans/'))
    expect(kept.map(([, content]) => content)).toEqual(expect.arrayContaining(['nobody', 'half']))
    const torn = Object.keys(all).filter((path) => path.includes('torn-'))
    expect(torn.length).toBeGreaterThan(0)
    for (const path of torn) rmSync(join(dir, path))
    expect((await verify(nodeFileSystem, dir)).problems).toEqual([])
  }, 90_000)
})
