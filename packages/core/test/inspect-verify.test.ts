import {
  appendFileSync,
  chmodSync,
  cpSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadExamples } from '@flagging/core'
import type { Report } from '../src/inspect/report.ts'
import { verify } from '../src/inspect/verify.ts'
import { CSVLogger } from '../src/store/csv-logger.ts'
import type { FileSystem } from '../src/store/file-system.ts'
import { nodeFileSystem } from '../src/store/node-file-system.ts'
import { components, fileOf, temporary, watchedFileSystem } from './csv-logger-support.ts'
import {
  DAMAGES,
  age,
  codesOf,
  flagRows,
  flagWithHole,
  overwrite,
  snapshot,
  startOf,
} from './inspect-support.ts'

const fixtures = new URL('fixtures/', import.meta.url).pathname

function look(dir: string, fs: FileSystem = nodeFileSystem): Promise<Report> {
  return verify(fs, dir)
}

async function dataset(rows = 10): Promise<string> {
  const dir = join(temporary(), 'flagged')
  await flagRows(dir, rows)
  return dir
}

describe('a directory without damage', () => {
  it('is counted, with all its datasets', async () => {
    const dir = await dataset(3)
    await flagRows(join(dir, 'calculate'), 2)
    const { ok, totals, datasets, problems, notes } = await look(dir)
    expect({ ok, problems, notes }).toEqual({ ok: true, problems: [], notes: [] })
    expect(datasets.map(({ dataset: name, rows, files }) => [name, rows, files])).toEqual([
      ['.', 3, 3],
      ['calculate', 2, 2],
    ])
    const bytes = readFileSync(join(dir, 'logs.csv')).length + 3 * 'file 0'.length
    expect(datasets[0]?.bytes).toBe(bytes)
    expect(totals).toMatchObject({ datasets: 2, rows: 5, files: 5, inFlight: 0, unrecorded: 0 })
  })

  it('may have several logs, lists of files, spilled texts and no files at all', async () => {
    const dir = join(temporary(), 'flagged')
    const logger = new CSVLogger({ fsync: 'none', columns: ['timestamp'] })
    const files = [fileOf('one', 'image/png'), fileOf('two', 'image/png')]
    await logger.setup(components('im', 'note'), dir)
    await logger.flag([files, 'x'.repeat(150_000)])
    await logger.setup(components('a,b'), dir)
    await logger.flag(['im/0.png'])
    await logger.flag([''])
    await logger.close()
    const { ok, totals } = await look(dir)
    expect({ ok, totals }).toMatchObject({ ok: true, totals: { logs: 2, rows: 3, files: 3 } })
  })

  it('of Gradio is read as the loader reads it', async () => {
    for (const name of ['calculator', 'classic', 'classifier', 'rotated']) {
      const dir = temporary()
      cpSync(join(fixtures, 'gradio', name), dir, { recursive: true })
      const { ok, totals } = await look(dir)
      const samples = await loadExamples(dir)
      expect({ ok, rows: totals.rows }).toEqual({ ok: true, rows: samples.length })
    }
  })

  it('may have a log without a header', async () => {
    const { ok, totals } = await look(join(fixtures, 'gradio', 'simple'))
    expect({ ok, rows: totals.rows }).toEqual({ ok: true, rows: 2 })
  })

  it('of Gradio lacks files, though nobody knows their names', async () => {
    const dir = temporary()
    cpSync(join(fixtures, 'gradio', 'classifier'), dir, { recursive: true })
    rmSync(join(dir, 'im'), { recursive: true })
    expect(new Set(codesOf(await look(dir)))).toEqual(new Set(['missing_file']))
  })

  it('may have files that a writer is at work on', async () => {
    const dir = await dataset(2)
    writeFileSync(join(dir, 'im/70-0.json'), 'its row comes next', { mode: 0o600 })
    writeFileSync(join(dir, '.flagging/inflight0123.tmp'), 'half', { mode: 0o600 })
    const { ok, totals } = await look(dir)
    expect({ ok, inFlight: totals.inFlight }).toEqual({ ok: true, inFlight: 2 })
  })

  it('counts files whose size nobody recorded', async () => {
    const dir = await dataset(3)
    rmSync(join(dir, '.flagging/sizes'))
    writeFileSync(join(dir, 'im/1-0.json'), 'another')
    const { ok, totals } = await look(dir)
    expect({ ok, unrecorded: totals.unrecorded }).toEqual({ ok: true, unrecorded: 3 })
  })

  it('takes the last size that was recorded', async () => {
    const dir = await dataset(3)
    appendFileSync(join(dir, '.flagging/sizes'), '\n99,im/1-0.json\n\n6,im/1-0.json\n7,im/2')
    expect((await look(dir)).ok).toBe(true)
    appendFileSync(join(dir, '.flagging/sizes'), '\n99,im/1-0.json\n')
    expect(codesOf(await look(dir))).toEqual(['wrong_size'])
  })
})

describe('damage', () => {
  for (const [what, { make, codes }] of Object.entries(DAMAGES)) {
    it(`is found: ${what}`, async () => {
      const dir = await dataset()
      make(dir)
      const before = snapshot(dir)
      const report = await look(dir)
      expect(codesOf(report)).toEqual(codes)
      expect(report.ok).toBe(false)
      expect(snapshot(dir)).toEqual(before)
    })
  }

  it('is found all at once, by log, row and byte, and never by what stands there', async () => {
    const dir = await dataset()
    const rest = new Set(['a hole of NUL bytes', 'a broken first line', 'an unfinished row'])
    for (const [what, { make }] of Object.entries(DAMAGES)) {
      if (!rest.has(what) && !what.startsWith('a symbolic')) make(dir)
    }
    const at = readFileSync(join(dir, 'logs.csv')).length
    DAMAGES['an unfinished row']?.make(dir)
    const { problems, totals } = await look(dir)
    expect(problems.find(({ code }) => code === 'torn_tail')).toMatchObject({
      dataset: '.',
      log: 'logs.csv',
      row: 12,
      byte: at,
    })
    expect(totals.problems).toBe(problems.length)
    expect(new Set(codesOf({ problems })).size).toBe(8)
    expect(JSON.stringify(problems)).not.toMatch(/so it goes|alone|again|half/)
  })

  it('is counted whole where only some of it is kept', async () => {
    const dir = await dataset(2)
    appendFileSync(join(dir, 'logs.csv'), 'x\n'.repeat(100))
    const { problems, totals } = await verify(nodeFileSystem, dir, { limit: 5 })
    expect([problems.length, totals.problems]).toEqual([5, 100])
  })

  it('is a hole, whose row alone is lost where it is no part of the last write', async () => {
    const dir = join(temporary(), 'flagged')
    await flagWithHole(dir)
    const { problems, totals } = await look(dir)
    expect(problems).toMatchObject([{ code: 'hole', row: 1, byte: startOf(dir, 1) }])
    expect(totals.rows).toBe(52)
  })

  it('is what the loader leaves out', async () => {
    for (const { make } of Object.values(DAMAGES)) {
      const dir = await dataset()
      make(dir)
      let bad = 0
      const samples = await loadExamples(dir, { onBad: () => void bad++ })
      const { problems, totals } = await look(dir)
      const missing = samples.filter(({ details }) => details.missing.length > 0).length
      const codes = codesOf({ problems })
      const unread = ['bad_row', 'hole', 'torn_tail', 'bad_header', 'not_a_file']
      expect(codes.filter((code) => unread.includes(code))).toHaveLength(bad)
      expect(codes.filter((code) => code === 'missing_file')).toHaveLength(missing)
      expect(totals.rows - codes.filter((code) => code === 'not_a_file').length).toBe(
        samples.length,
      )
    }
  })

  it('outside of the folder of a column is a bad row', async () => {
    const dir = await dataset(2)
    mkdirSync(join(dir, 'note'))
    appendFileSync(join(dir, 'logs.csv'), 'note/1.png,x\n')
    expect(codesOf(await look(dir))).toEqual(['bad_row'])
  })

  it('makes no orphan of a file that a bad row may name', async () => {
    const dir = await dataset(3)
    age(dir, 'im/1-0.json')
    const at = startOf(dir, 1)
    overwrite(dir, at + 16, '\0'.repeat(9))
    expect(codesOf(await look(dir))).toEqual(['hole'])
  })

  it('leaves open what is an orphan where a log was put aside', async () => {
    const dir = await dataset(3)
    for (const n of [0, 1, 2]) age(dir, `im/${n}-0.json`)
    renameSync(join(dir, 'logs.csv'), join(dir, 'logs.csv.1'))
    writeFileSync(join(dir, 'logs.csv'), 'im,note\n', { mode: 0o600 })
    const { ok, notes } = await look(dir)
    expect({ ok, codes: notes.map(({ code }) => code) }).toEqual({
      ok: true,
      codes: ['orphans_unknown'],
    })
  })

  it('is a folder that is a symbolic link, and what lies behind it is not looked at', async () => {
    const dir = await dataset(2)
    const elsewhere = temporary()
    renameSync(join(dir, 'im'), join(elsewhere, 'im'))
    symlinkSync(join(elsewhere, 'im'), join(dir, 'im'))
    const asked: string[] = []
    const fs = watchedFileSystem(({ path }) => void asked.push(path))
    const { problems } = await look(dir, fs)
    expect(problems).toMatchObject([{ code: 'not_a_file', file: 'im' }])
    expect(asked.filter((path) => path.includes('/im/'))).toEqual([])
  })

  it('is a log that is no file, and a working folder that is none', async () => {
    const dir = await dataset(2)
    rmSync(join(dir, 'logs.csv'))
    rmSync(join(dir, '.flagging'), { recursive: true })
    symlinkSync('elsewhere', join(dir, 'logs.csv'))
    writeFileSync(join(dir, '.flagging'), '')
    expect(codesOf(await look(dir))).toEqual(['not_a_file', 'not_a_file'])
  })

  it('is a log that cannot be read', async () => {
    const dir = await dataset(2)
    const fs = watchedFileSystem(({ name, path }) =>
      name === 'open' && path.endsWith('logs.csv') ? { code: 'EACCES' } : undefined,
    )
    expect(codesOf(await look(dir, fs))).toEqual(['unreadable'])
    const bad = watchedFileSystem(({ name, path }) =>
      name === 'read' && path.endsWith('logs.csv') ? { code: 'EIO' } : undefined,
    )
    expect(codesOf(await look(dir, bad))).toEqual(['unreadable'])
  })
})

describe('what is set aside', () => {
  it('is a note: torn rows, broken component lists, files that no row names', async () => {
    const dir = await dataset(2)
    const folder = join(dir, '.flagging')
    writeFileSync(join(folder, 'torn-1'), 'abc', { mode: 0o600 })
    writeFileSync(join(folder, 'broken-1.json'), '{', { mode: 0o600 })
    mkdirSync(join(folder, 'orphans/im'), { recursive: true })
    writeFileSync(join(folder, 'orphans/im/7.png'), 'file', { mode: 0o600 })
    const { ok, notes } = await look(dir)
    expect(ok).toBe(true)
    const found = notes.filter(({ code }) => code === 'quarantined')
    expect(found.map(({ file, bytes }) => [file, bytes])).toEqual([
      ['.flagging/broken-1.json', 1],
      ['.flagging/orphans', 4],
      ['.flagging/torn-1', 3],
    ])
  })

  it('and what others may read are no problems', async () => {
    const dir = await dataset(2)
    chmodSync(join(dir, 'im/1-0.json'), 0o644)
    chmodSync(join(dir, 'im'), 0o755)
    const { ok, notes } = await look(dir)
    expect({ ok, notes }).toMatchObject({ ok: true, notes: [{ code: 'readable_by_others' }] })
    expect(notes[0]?.message).toContain('im and 1 more')
  })
})

describe('beside a writer', () => {
  it('an unfinished row is none while somebody holds the lock', async () => {
    const dir = await dataset(2)
    appendFileSync(join(dir, 'logs.csv'), 'im/2-0.json,"half')
    const lock = await nodeFileSystem.open(join(dir, '.flagging/lock'), 'write')
    expect(lock.tryLock()).toBe(true)
    expect(await look(dir)).toMatchObject({ ok: true, totals: { inFlight: 1, rows: 2 } })
    await lock.close()
    expect(codesOf(await look(dir))).toEqual(['torn_tail'])
  })

  it('an unfinished row is found without a lock to ask for', async () => {
    const dir = await dataset(2)
    appendFileSync(join(dir, 'logs.csv'), 'im/2-0.json,"half')
    rmSync(join(dir, '.flagging'), { recursive: true })
    expect(codesOf(await look(dir))).toEqual(['torn_tail'])
  })

  it('a row that comes with its file in the middle of it is no problem', async () => {
    const dir = await dataset(3)
    let isDone = false
    const wait: Promise<void>[] = []
    const fs = watchedFileSystem(({ name, path }) => {
      // After the folder was listed, and before the log is read.
      if (isDone || name !== 'lstat' || !path.endsWith('im/0-0.json')) return
      isDone = true
      writeFileSync(join(dir, 'im/3-0.json'), 'file 3')
      appendFileSync(join(dir, 'logs.csv'), 'im/3-0.json,note\n')
    })
    expect(codesOf(await look(dir, fs))).toEqual([])
    await Promise.all(wait)
    expect(isDone).toBe(true)
  })

  it('a log that is cut while it is read is read anew', async () => {
    const dir = await dataset(3)
    const whole = readFileSync(join(dir, 'logs.csv'))
    appendFileSync(join(dir, 'logs.csv'), 'im/3-0.json,gone with its file\n')
    let isDone = false
    const fs = watchedFileSystem(({ name, path }) => {
      if (isDone || name !== 'lstat' || !path.endsWith('im/3-0.json')) return
      isDone = true
      writeFileSync(join(dir, 'logs.csv'), whole)
    })
    expect(await look(dir, fs)).toMatchObject({ ok: true, totals: { rows: 3 } })
    expect(isDone).toBe(true)
  })

  it('an upload that has two names is no orphan', async () => {
    const dir = await dataset(2)
    linkSync(join(dir, 'im/1-0.json'), join(dir, '.flagging/inflight0123.tmp'))
    expect(await look(dir)).toMatchObject({ ok: true, totals: { inFlight: 1 } })
  })
})

describe('a directory that cannot be verified', () => {
  it.each([
    ['is not there', (dir: string) => join(dir, 'nowhere')],
    ['is a file', (dir: string) => join(dir, 'file')],
    ['holds no logs', (dir: string) => dir],
  ])('%s', async (_what, path) => {
    const dir = temporary()
    writeFileSync(join(dir, 'file'), '')
    await expect(look(path(dir))).rejects.toMatchObject({
      code: 'ERR_FLAGGING_OPTION',
      message: expect.stringContaining('name the directory') as string,
    })
  })
})
