import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Component, FlaggedFile } from '@flagging/core'
import {
  SourceFile,
  nodeFileSystem as fs,
  isFlaggedFileList,
  memorySource,
} from '@flagging/core/store'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Aside } from '../../src/outbox/aside.ts'
import type { Sending } from '../../src/outbox/batch.ts'
import { RefusedSamples } from '../../src/outbox/refused-samples.ts'
import { Room } from '../../src/outbox/room.ts'
import { Segment } from '../../src/outbox/segment.ts'
import type { RecordWriter } from '../../src/outbox/shipper.ts'
import { rowOf } from '../../src/outbox/spool-row.ts'
import type { SampleRecord } from '../../src/samples/sample-record.ts'
import { CALCULATOR, record, temporaryFolder } from '../samples/store.ts'
import { SOON, filesIn, openOutbox } from './support.ts'

const FILES: readonly Component[] = [{ label: 'files', type: 'file', role: 'input' }]

function fileOf(text: string, reading: () => void = () => undefined): FlaggedFile {
  const source = memorySource(Buffer.from(text))
  const chunks = (): ReturnType<typeof source.chunks> => {
    reading()
    return source.chunks()
  }
  return new SourceFile('a.txt', 'text/plain', { size: source.size, chunks })
}

/** Reading it fails so many times. */
function failingFile(text: string, code: string, times: number): FlaggedFile {
  let left = times
  return fileOf(text, () => {
    if (left-- > 0) throw Object.assign(new Error(code), { code })
  })
}

function withFiles(...files: FlaggedFile[]): SampleRecord {
  return record({ components: FILES }, [files])
}

/** Takes all, and notes ids and texts of files. */
function taking() {
  const taken = new Map<string, string[]>()
  const writer: RecordWriter = {
    async write(records) {
      for (const { id, values } of records) {
        const files = isFlaggedFileList(values[0]) ? values[0] : []
        const bytes = await Promise.all(files.map((file) => file.bytes()))
        taken.set(id, bytes.map((one) => Buffer.from(one).toString()).toSorted())
      }
      return records.map(() => 1)
    },
  }
  return { taken, writer }
}

/** As on a disk with a broken sector; until what it gives is called. */
function breakReading(broken: string): () => void {
  const { open } = fs
  fs.open = (path, mode) =>
    path === broken && mode === 'read'
      ? Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }))
      : open(path, mode)
  const mend = (): void => void (fs.open = open)
  onTestFinished(mend)
  return mend
}

function moveBack(dir: string): void {
  for (const name of readdirSync(join(dir, 'refused'))) {
    renameSync(join(dir, 'refused', name), join(dir, name))
  }
}

describe('A refused sample', () => {
  function place() {
    const dir = join(temporaryFolder(), '.outbox')
    mkdirSync(dir)
    const report = (): void => undefined
    const refused = new RefusedSamples({
      aside: new Aside(dir, 'flagging', new Room(1e9, 1e9, report)),
      newSegment: () => Promise.resolve(join(dir, `${Date.now()}-${Math.random()}`)),
      gone: report,
      kept: report,
      limits: { rowBytes: 1e9, bytes: 1e9 },
      report,
    })
    const keep = (one: SampleRecord): Promise<void> =>
      refused.keep({ record: one } as Sending, new Error('It is poison'))
    const sentAgain = async (): Promise<Map<string, string[]>> => {
      await refused.setAside()
      moveBack(dir)
      const { taken, writer } = taking()
      const { outbox } = openOutbox(writer, { dir })
      outbox.start()
      await expect.poll(() => outbox.stats().shipped).toBe(1)
      await outbox.close()
      expect(filesIn(dir)).toEqual([])
      return taken
    }
    return { dir, refused, keep, sentAgain }
  }

  test('keeps its files where one of them can be read the next time only', async () => {
    const { keep, sentAgain } = place()
    const sample = withFiles(fileOf('one'), failingFile('two', 'EMFILE', 2))
    await expect(keep(sample)).rejects.toThrow('EMFILE')
    await keep(sample)
    expect(await sentAgain()).toEqual(new Map([[sample.id, ['one', 'two']]]))
  })

  test('keeps its files where the disk was full', async () => {
    const { dir, refused, keep, sentAgain } = place()
    const sample = withFiles(fileOf('one'), failingFile('two', 'ENOSPC', 1))
    await expect(keep(sample)).rejects.toMatchObject({ cause: { code: 'ENOSPC' } })
    await refused.setAside()
    expect(filesIn(dir)).toEqual([])
    await keep(sample)
    expect(await sentAgain()).toEqual(new Map([[sample.id, ['one', 'two']]]))
  })

  test('keeps all but those that nobody can read', async () => {
    const { keep, sentAgain } = place()
    const sample = withFiles(fileOf('one'), failingFile('two', 'ENOENT', 9), fileOf('three'))
    await keep(sample)
    expect(await sentAgain()).toEqual(new Map([[sample.id, ['one', 'three']]]))
  })

  test('is for the database that refused it', async () => {
    const dir = join(temporaryFolder(), '.outbox')
    const refuse: RecordWriter = {
      write: () => Promise.reject(Object.assign(new Error('No'), { code: '' })),
    }
    // Where another one can be stored, it is the sample's fault.
    const { taken, writer } = taking()
    const poison = record({ comment: 'poison' })
    const choosing: RecordWriter = {
      write: (records) =>
        records.some(({ id }) => id === poison.id) ? refuse.write(records) : writer.write(records),
    }
    const first = openOutbox(choosing, { dir, destination: 'one' }, SOON)
    await Promise.all([first.outbox.add(poison), first.outbox.add(record())])
    await first.outbox.shipped()
    expect(first.outbox.stats()).toMatchObject({ shipped: 1, refused: 1 })
    await first.outbox.close()
    moveBack(dir)
    const other = openOutbox(writer, { dir, destination: 'other' }, SOON)
    other.outbox.start()
    await expect.poll(() => other.messages().join()).toContain('for another database (one)')
    await other.outbox.close()
    expect(taken.has(poison.id)).toBe(false)
    const again = openOutbox(writer, { dir, destination: 'one' }, SOON)
    again.outbox.start()
    await expect.poll(() => taken.has(poison.id)).toBe(true)
  })
})

describe('A flag that fails', () => {
  test('keeps nobody waiting for all that was acknowledged', async () => {
    const { writer } = taking()
    const { outbox } = openOutbox(writer)
    let fail = (): void => undefined
    const failed = new Promise<void>((resolve) => (fail = resolve))
    async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
      yield Buffer.from('o')
      await failed
      throw Object.assign(new Error('Gone'), { code: 'ENOENT' })
    }
    const file = new SourceFile('a.txt', 'text/plain', { size: 2, chunks })
    await outbox.add(withFiles(fileOf('one')))
    const failing = outbox.add(withFiles(file)).catch((error: unknown) => error)
    const shipped = outbox.shipped()
    await expect.poll(() => outbox.stats().shipped).toBe(1)
    fail()
    expect(await failing).toBeInstanceOf(Error)
    await shipped
  })
})

describe('A segment', () => {
  test('with a row that cannot be read is one for whoever takes it over, too', async () => {
    const dir = join(temporaryFolder(), 'segment')
    const problems: unknown[] = []
    const report = (problem: unknown): void => void problems.push(problem)
    const first = await Segment.create(dir, { folder: 'calculate', components: CALCULATOR }, report)
    for (const comment of ['sound', 'damaged', 'sound']) await first.add(rowOf(record({ comment })))
    await first.close()
    const log = join(dir, 'samples/logs.csv')
    writeFileSync(log, readFileSync(log, 'utf8').replace('""damaged""', 'damaged'))
    // Of those that were sent, the one behind it is sent again, and stored once.
    for (const sent of [2, 1]) {
      problems.length = 0
      const found = await Segment.found(dir, report)
      for (let nth = 1; nth <= sent; nth++) {
        const sample = await found?.next()
        expect(sample?.record.comment).toBe('sound')
        if (sample) found?.settle(1, sample.progress)
      }
      expect(await found?.next()).toBe(undefined)
      expect(found?.isDamaged).toBe(true)
      expect(problems).toHaveLength(1)
      await found?.close()
    }
  })

  test('that somebody deletes while it is written is one that others can take over', async () => {
    const dir = join(temporaryFolder(), 'segment')
    const about = { folder: 'calculate', components: CALCULATOR }
    const problems: unknown[] = []
    const segment = await Segment.create(dir, about, (problem) => void problems.push(problem))
    await segment.add(rowOf(record()))
    rmSync(dir, { recursive: true })
    const flagged = record()
    await segment.add(rowOf(flagged))
    expect(segment.isSealed).toBe(true)
    await segment.close()
    expect(problems.map(String).join()).toContain('deleted or cut by somebody')
    const found = await Segment.found(dir, () => undefined)
    expect((await found?.next())?.record.id).toBe(flagged.id)
    await found?.close()
  })

  test('that cannot be read keeps no other from being sent', async () => {
    const { taken, writer } = taking()
    let isDown = true
    const down = Object.assign(new Error('Down'), { code: 'ECONNREFUSED' })
    const write: RecordWriter['write'] = (records) =>
      isDown ? Promise.reject(down) : writer.write(records)
    const { outbox, dir, messages } = openOutbox({ write }, {}, SOON)
    const first = record({ folder: 'first' })
    const hidden = record({ folder: 'hidden' })
    const last = record({ folder: 'last' })
    await outbox.add(first)
    await expect.poll(() => outbox.stats().isStalled).toBe(true)
    const before = new Set(filesIn(dir))
    await outbox.add(hidden)
    const [log] = filesIn(dir).filter((path) => path.endsWith('logs.csv') && !before.has(path))
    const mend = breakReading(join(dir, log ?? ''))
    await outbox.add(last)
    isDown = false
    await expect.poll(() => [...taken.keys()]).toEqual([first.id, last.id])
    await expect.poll(() => messages().join()).toContain('EIO')
    mend()
    await expect.poll(() => [...taken.keys()]).toEqual([first.id, last.id, hidden.id])
  })
})
