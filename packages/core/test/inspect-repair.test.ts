import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadExamples } from '@flagging/core'
import type { RepairReport } from '../src/inspect/mending.ts'
import { type RepairOptions, repair } from '../src/inspect/repair.ts'
import { verify } from '../src/inspect/verify.ts'
import { CSVLogger } from '../src/store/csv-logger.ts'
import type { FileSystem } from '../src/store/file-system.ts'
import { nodeFileSystem } from '../src/store/node-file-system.ts'
import { components, modeOf, names, temporary, watchedFileSystem } from './csv-logger-support.ts'
import {
  DAMAGES,
  age,
  codesOf,
  flagRows,
  flagWithHole,
  snapshot,
  startOf,
} from './inspect-support.ts'

const UNSYNCED = watchedFileSystem(() => undefined)

function mend(
  dir: string,
  options: RepairOptions = {},
  fs: FileSystem = UNSYNCED,
): Promise<RepairReport> {
  return repair(fs, dir, options)
}

async function dataset(rows = 10): Promise<string> {
  const dir = join(temporary(), 'flagged')
  await flagRows(dir, rows)
  return dir
}

/** What was set aside of logs, in the order of the names. */
function torn(dir: string): string[] {
  return names(dir, '.flagging')
    .filter((name) => name.startsWith('torn-'))
    .map((name) => readFileSync(join(dir, '.flagging', name), 'utf8'))
}

async function withHole(): Promise<string> {
  const dir = join(temporary(), 'flagged')
  await flagWithHole(dir)
  return dir
}

const MENDED = new Set(['hole', 'torn_tail', 'orphan', 'abandoned_upload'])

describe('repair', () => {
  for (const [what, { make, codes }] of Object.entries(DAMAGES)) {
    const isMended = codes.every((code) => MENDED.has(code))
    it(`${isMended ? 'mends' : 'leaves'} ${what}, once`, async () => {
      const dir = await dataset()
      make(dir)
      const before = snapshot(dir)
      const samples = await loadExamples(dir)
      const foretold = await mend(dir, { dryRun: true })
      expect(snapshot(dir)).toEqual(before)

      const { ok, actions, left } = await mend(dir)
      expect(ok).toBe(isMended)
      expect(actions.map(({ code }) => code)).toEqual(isMended ? codes : [])
      expect(foretold.actions.map(({ code }) => code)).toEqual(isMended ? codes : [])
      expect(left.map(({ code }) => code)).toEqual(isMended ? [] : codes)
      const after = await verify(nodeFileSystem, dir)
      expect(codesOf(after)).toEqual(isMended ? [] : codes)
      expect(await loadExamples(dir)).toHaveLength(samples.length)

      const mended = snapshot(dir)
      expect((await mend(dir)).actions).toEqual([])
      expect(snapshot(dir)).toEqual(mended)
    })
  }

  it('touches nothing where nothing is wrong', async () => {
    const dir = await dataset(2)
    const before = snapshot(dir)
    expect(await mend(dir)).toMatchObject({ ok: true, actions: [], left: [] })
    expect(snapshot(dir)).toEqual(before)
  })

  it('keeps the bytes of an unfinished row as the writer does', async () => {
    const dir = await dataset(2)
    const whole = readFileSync(join(dir, 'logs.csv'))
    appendFileSync(join(dir, 'logs.csv'), 'im/2-0.json,"half')
    const { actions } = await mend(dir)
    expect(readFileSync(join(dir, 'logs.csv'))).toEqual(whole)
    expect(torn(dir)).toEqual(['im/2-0.json,"half'])
    expect(actions).toMatchObject([{ log: 'logs.csv', bytes: 17 }])
    expect(existsSync(join(dir, actions[0]?.to ?? 'nowhere'))).toBe(true)
  })

  it('sets an unfinished first line aside', async () => {
    const dir = await dataset(0)
    mkdirSync(join(dir, '.flagging'), { recursive: true, mode: 0o700 })
    writeFileSync(join(dir, 'logs.csv'), 'im,no', { mode: 0o600 })
    expect(codesOf(await verify(nodeFileSystem, dir))).toEqual(['torn_tail'])
    expect((await mend(dir)).ok).toBe(true)
    expect(torn(dir)).toEqual(['im,no'])
  })

  it('cuts a row with a hole out of the middle of a log, and the log is whole at each moment', async () => {
    const dir = await withHole()
    const log = join(dir, 'logs.csv')
    const bytes = readFileSync(log)
    const from = startOf(dir, 1)
    const to = startOf(dir, 2)
    const inode = statSync(log).ino
    const seen = new Set<number>()
    const fs = watchedFileSystem(() => void seen.add(statSync(log).size))
    expect((await mend(dir, {}, fs)).actions).toMatchObject([{ code: 'hole', bytes: to - from }])
    const kept = Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
    expect(readFileSync(log).equals(kept)).toBe(true)
    expect(torn(dir)).toEqual([bytes.subarray(from, to).toString()])
    expect([...seen]).toEqual([bytes.length, kept.length])
    expect(statSync(log).ino).not.toBe(inode)
    expect(modeOf(log)).toBe('600')
    expect(names(dir, '.flagging').filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('leaves the log as it was where the disk is full', async () => {
    for (const failing of ['write', 'sync', 'rename', 'syncDirectory']) {
      const dir = await withHole()
      const bytes = readFileSync(join(dir, 'logs.csv'))
      const fs = watchedFileSystem(({ name }) =>
        name === failing ? { code: 'ENOSPC' } : undefined,
      )
      const { ok, left } = await mend(dir, {}, fs)
      expect(ok).toBe(false)
      expect(left.map(({ code }) => code)).toContain('not_writable')
      expect(readFileSync(join(dir, 'logs.csv')).equals(bytes)).toBe(true)
      expect(torn(dir)).toEqual([])
    }
  })

  it('loses nothing, whichever call to the disk is its last', async () => {
    const changes = new Set(['write', 'sync', 'truncate', 'rename', 'mkdir', 'unlink', 'open'])
    let isWhole = false
    for (let last = 1; !isWhole; last++) {
      const dir = await dataset(3)
      for (const what of ['a file that no row names', 'an upload whose writer has died']) {
        DAMAGES[what]?.make(dir)
      }
      appendFileSync(join(dir, 'logs.csv'), 'one\nim/2-0.json,"half')
      const before = await loadExamples(dir)
      let calls = 0
      const fs = watchedFileSystem(({ name }) => {
        if (changes.has(name)) calls++
        return calls > last ? { code: 'EIO' } : undefined
      })
      await mend(dir, { rows: true }, fs).catch(() => undefined)
      isWhole = calls <= last
      expect(await loadExamples(dir)).toHaveLength(before.length)
      expect(await mend(dir, { rows: true })).toMatchObject({ ok: true })
      const all = Object.values(snapshot(dir)).join('|')
      for (const bytes of ['nobody', 'half', 'one\n', 'im/2-0.json,"half']) {
        expect(all).toContain(bytes)
      }
      // What is young may be in flight.
      expect((await verify(nodeFileSystem, dir)).ok).toBe(true)
    }
  })

  it('sets rows of a wrong width aside only when that is asked for', async () => {
    const dir = await dataset(2)
    appendFileSync(join(dir, 'logs.csv'), 'one\nim/1-0.json,"a ""b""",c\n')
    await flagRows(dir, 1, 2)
    expect((await mend(dir)).left.map(({ code }) => code)).toEqual(['bad_row', 'bad_row'])
    expect(await mend(dir, { rows: true })).toMatchObject({
      ok: true,
      actions: [{ code: 'bad_row' }],
    })
    expect(torn(dir)).toEqual(['one\nim/1-0.json,"a ""b""",c\n'])
    expect(await loadExamples(dir)).toHaveLength(3)
  })

  it('takes no row along that stands between an open quote and the end', async () => {
    const dir = await dataset(3)
    appendFileSync(join(dir, 'logs.csv'), '"open,\n')
    const rows = Array.from({ length: 4 }, (_, n) => `,note ${n}\n`).join('')
    appendFileSync(join(dir, 'logs.csv'), `${rows}im/9-0.json,"half`)
    const { rows: before } = (await verify(nodeFileSystem, dir)).totals
    expect((await mend(dir)).left.map(({ code }) => code)).toEqual(['bad_row', 'torn_tail'])
    expect(await mend(dir, { rows: true })).toMatchObject({ ok: true })
    const { rows: after } = (await verify(nodeFileSystem, dir)).totals
    expect([before, after]).toEqual([7, 7])
    expect(torn(dir).toSorted()).toEqual(['"open,\n', 'im/9-0.json,"half'])
  })
})

describe('a file that no row names', () => {
  const PATH = 'im/70-0.json'

  async function withOrphan(): Promise<string> {
    const dir = await dataset(2)
    DAMAGES['a file that no row names']?.make(dir)
    return dir
  }

  it('is moved with its bytes, and its number is not given again', async () => {
    const dir = await withOrphan()
    expect((await mend(dir)).actions).toMatchObject([
      { code: 'orphan', file: PATH, to: `.flagging/orphans/${PATH}`, bytes: 6 },
    ])
    expect(readFileSync(join(dir, '.flagging/orphans', PATH), 'utf8')).toBe('nobody')
    expect(modeOf(dir, '.flagging/orphans/im')).toBe('700')
    await flagRows(dir, 1, 2)
    expect(names(dir, 'im')).toEqual(['0-0.json', '1-0.json', '71-0.json'])
    expect((await verify(nodeFileSystem, dir)).ok).toBe(true)
  })

  it('replaces none that was moved before', async () => {
    const dir = await withOrphan()
    await mend(dir)
    DAMAGES['a file that no row names']?.make(dir)
    await mend(dir)
    expect(names(dir, '.flagging/orphans/im')).toHaveLength(2)
  })

  it('stays while it is young, while a row may name it, and where it is no file', async () => {
    const dir = await dataset(2)
    writeFileSync(join(dir, PATH), 'young')
    symlinkSync('0-0.json', join(dir, 'im/71-0.json'))
    appendFileSync(join(dir, 'logs.csv'), 'im/72-0.json\n')
    writeFileSync(join(dir, 'im/72-0.json'), 'named by a bad row')
    age(dir, 'im/72-0.json')
    writeFileSync(join(dir, 'im/mine.txt'), 'not of ours')
    age(dir, 'im/mine.txt')
    const before = names(dir, 'im')
    await mend(dir)
    expect(names(dir, 'im')).toEqual(before)
  })

  it('stays where its row was written in the last moment', async () => {
    const dir = await withOrphan()
    let isDone = false
    const fs = watchedFileSystem(({ name, path }) => {
      // After the inspection.
      if (isDone || name !== 'open' || !path.endsWith('/turn')) return
      isDone = true
      appendFileSync(join(dir, 'logs.csv'), `${PATH},late\n`)
    })
    expect((await mend(dir, {}, fs)).actions).toEqual([])
    expect(isDone).toBe(true)
    expect((await verify(nodeFileSystem, dir)).ok).toBe(true)
  })

  it('is looked for anew where the log was replaced in the last moment', async () => {
    const dir = await withOrphan()
    let isDone = false
    const fs = watchedFileSystem(({ name, path }) => {
      if (isDone || name !== 'open' || !path.endsWith('/turn')) return
      isDone = true
      const log = join(dir, 'logs.csv')
      writeFileSync(`${log}.new`, `${readFileSync(log, 'utf8')}${PATH},late\n`)
      renameSync(`${log}.new`, log)
    })
    expect((await mend(dir, {}, fs)).actions).toEqual([])
    expect(isDone).toBe(true)
    expect(existsSync(join(dir, PATH))).toBe(true)
  })

  it('stays where the component list is broken: its number would be free', async () => {
    const dir = await withOrphan()
    DAMAGES['a component list that is none']?.make(dir)
    expect((await mend(dir)).left.map(({ code }) => code)).toEqual(['component_list', 'orphan'])
    expect(existsSync(join(dir, PATH))).toBe(true)
  })

  it('is not moved through a symbolic link', async () => {
    const dir = await withOrphan()
    const elsewhere = temporary()
    symlinkSync(elsewhere, join(dir, '.flagging/orphans'))
    expect((await mend(dir)).ok).toBe(false)
    expect(names(elsewhere)).toEqual([])
    expect(existsSync(join(dir, PATH))).toBe(true)
  })
})

describe('an upload whose writer has died', () => {
  it('is deleted only if its content lies under another name', async () => {
    const dir = await dataset(2)
    const folder = join(dir, '.flagging')
    linkSync(join(dir, 'im/1-0.json'), join(folder, 'secondname12.tmp'))
    age(folder, 'secondname12.tmp')
    const outside = join(temporary(), 'outside')
    writeFileSync(join(folder, 'linkedaway12.tmp'), 'elsewhere')
    linkSync(join(folder, 'linkedaway12.tmp'), outside)
    age(folder, 'linkedaway12.tmp')
    expect((await mend(dir)).ok).toBe(true)
    expect(names(folder, 'orphans')).toEqual(['linkedaway12.tmp'])
    expect(names(dir, 'im')).toEqual(['0-0.json', '1-0.json'])
    expect(names(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

describe('the lock', () => {
  it('is waited for, and then nothing is done', async () => {
    const dir = await dataset(2)
    DAMAGES['a file that no row names']?.make(dir)
    const lock = await nodeFileSystem.open(join(dir, '.flagging/lock'), 'write')
    lock.tryLock()
    const { ok, actions, left } = await mend(dir, { lockWait: 50 })
    expect({ ok, actions }).toEqual({ ok: false, actions: [] })
    expect(left.map(({ code }) => code)).toEqual(['locked', 'orphan'])
    await lock.close()
    expect((await mend(dir)).ok).toBe(true)
  })

  it('that cannot be had needs --exclusive', async () => {
    const dir = await dataset(2)
    DAMAGES['a file that no row names']?.make(dir)
    const fs = { ...UNSYNCED, lockProblem: () => new Error('not here') }
    const { left } = await mend(dir, {}, fs)
    expect(left[0]).toMatchObject({
      code: 'no_lock',
      message: expect.stringContaining('--exclusive') as string,
    })
    expect((await mend(dir, { exclusive: true }, fs)).ok).toBe(true)
  })
})

describe('a dataset', () => {
  it('of another user is left to that user, whose files it would take away', async () => {
    const dir = await dataset(2)
    DAMAGES['an unfinished row']?.make(dir)
    const before = snapshot(dir)
    const stat: FileSystem['stat'] = async (path) => ({
      ...(await nodeFileSystem.stat(path)),
      uid: 4711,
    })
    const { left } = await mend(dir, {}, { ...nodeFileSystem, stat })
    expect(left[0]).toMatchObject({
      code: 'other_owner',
      message: expect.stringContaining('4711') as string,
    })
    expect(snapshot(dir)).toEqual(before)
  })

  it('of Gradio is left as it is', async () => {
    const dir = temporary()
    writeFileSync(join(dir, 'dataset1.csv'), 'a,timestamp\r\n1,now\r\n2,"half')
    const before = snapshot(dir)
    expect((await mend(dir)).left.map(({ code }) => code)).toEqual(['torn_tail'])
    expect(snapshot(dir)).toEqual(before)
  })

  it('without a working folder gets one only to be mended', async () => {
    const dir = await dataset(2)
    rmSync(join(dir, '.flagging'), { recursive: true })
    await mend(dir)
    expect(existsSync(join(dir, '.flagging'))).toBe(false)
    DAMAGES['an unfinished row']?.make(dir)
    expect((await mend(dir)).ok).toBe(true)
    expect(modeOf(dir, '.flagging')).toBe('700')
  })

  it('is written on by a logger that was open all the while', async () => {
    const dir = await withHole()
    const logger = new CSVLogger({ fsync: 'none' })
    const reports: unknown[] = []
    logger.onError = (error) => reports.push(error)
    await logger.setup(components('im', 'note'), dir)
    const before = await logger.flag([null, 'before'])
    await mend(dir)
    expect(await logger.flag([null, 'after'])).toBe(before)
    await logger.close()
    expect(reports).toEqual([])
    expect((await loadExamples(dir)).at(-1)?.inputs).toMatchObject({ note: 'after' })
    expect((await verify(nodeFileSystem, dir)).ok).toBe(true)
  })
})
