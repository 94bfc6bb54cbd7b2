import { randomUUID } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { DirectoryFiles } from '../../src/files/directory-files.ts'
import type { SampleRecord } from '../../src/samples/sample-record.ts'
import { SampleWriter } from '../../src/samples/sample-writer.ts'
import { Views } from '../../src/database/views.ts'
import { type TestStore, record, temporaryFolder, testStore } from '../samples/store.ts'
import { FlaggingProcess } from './processes.ts'
import { SOON, USUAL, filesIn, openOutbox } from './support.ts'

const NOWHERE = 'postgres://postgres@127.0.0.1:1/nowhere'
const down = { write: () => Promise.reject(new Error('connect ECONNREFUSED')) }

/** A database, a directory for files and an outbox that processes share. */
async function place() {
  const store = await testStore()
  const files = join(temporaryFolder(), 'files')
  const dir = join(temporaryFolder(), '.outbox')
  const onError = (): void => undefined
  const views = new Views(store.database, onError)
  const writer = new SampleWriter(store.database, new DirectoryFiles(files), { views, onError })
  return { store, files, dir, writer, job: { url: store.url, files, dir } }
}

/** The folder of a process that has left samples in an outbox of its own. */
async function leave(records: readonly SampleRecord[]): Promise<string> {
  const { outbox, dir } = openOutbox(down, {}, { ...USUAL, patienceMs: 1 })
  for (const one of records) await outbox.add(one)
  await outbox.close()
  return join(dir, readdirSync(dir)[0] ?? '')
}

/** What still lies in an outbox, but for what was set aside. */
function segmentsIn(dir: string): string[] {
  return filesIn(dir).filter((path) => !path.startsWith('refused/') && !path.endsWith('lock'))
}

/** Sees that each sample is there once, whole, and nothing that was never sent. */
async function compare(
  store: TestStore,
  files: string,
  { acknowledged, sent }: { acknowledged: readonly string[]; sent: readonly string[] },
): Promise<void> {
  const rows = await store.rows()
  const ids = rows.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  const known = new Set(sent)
  expect(ids.filter((id) => !known.has(id))).toEqual([])
  const there = new Set(ids)
  expect(acknowledged.filter((id) => !there.has(id))).toEqual([])
  const counts = (await store.datasets()).map(({ samples }) => Number(samples))
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(ids.length)
  for (const row of rows) {
    const {
      id,
      outputs,
      files: held,
    } = row as unknown as {
      id: string
      outputs: { Output: string }
      files: { picture: { key: string }[] } | null
    }
    expect([id, `${id}\n"`.repeat(3000)]).toContain(outputs.Output)
    for (const { key } of held?.picture ?? []) {
      expect(readFileSync(join(files, key), 'utf8')).toBe(id)
    }
  }
}

describe('Processes that are killed', () => {
  test(
    'while they flag and send lose nothing that they acknowledged',
    { timeout: 120_000 },
    async () => {
      const { store, files, dir, writer, job } = await place()
      const acknowledged: string[] = []
      const sent: string[] = []
      for (let round = 0; round < 6; round++) {
        const one = new FlaggingProcess({ ...job, url: round % 3 === 2 ? NOWHERE : job.url })
        await one.until(() => one.acknowledged.length > 3)
        await delay(Math.random() * 150)
        await one.kill()
        acknowledged.push(...one.acknowledged)
        sent.push(...one.sent)
      }
      const last = openOutbox(writer, { dir })
      last.outbox.start()
      await expect.poll(() => segmentsIn(dir), { timeout: 60_000 }).toEqual([])
      await last.outbox.close()
      await compare(store, files, { acknowledged, sent })
      expect(filesIn(dir).filter((path) => !path.endsWith('.torn'))).toEqual([])
    },
  )

  test('while they take over from others leave all to the next', { timeout: 120_000 }, async () => {
    const { store, dir, writer, job } = await place()
    const records = Array.from({ length: 60 }, (_, at) => record({ folder: `endpoint ${at % 3}` }))
    mkdirSync(dir)
    for (let at = 0; at < records.length; at += 3) {
      const left = await leave(records.slice(at, at + 3))
      renameSync(left, join(dir, basename(left)))
    }
    expect(readdirSync(dir)).toHaveLength(20)
    for (let round = 0; round < 4; round++) {
      const one = new FlaggingProcess({ ...job, url: NOWHERE, concurrency: 0 })
      await one.until(() => one.said.includes('started'))
      await delay(Math.random() * 20)
      await one.kill()
    }
    const { outbox, errors } = openOutbox(writer, { dir })
    outbox.start()
    await expect.poll(() => outbox.stats().shipped, { timeout: 30_000 }).toBe(60)
    expect((await store.rows()).map(({ id }) => id).toSorted()).toEqual(
      records.map(({ id }) => id).toSorted(),
    )
    expect(errors).toEqual([])
    await outbox.close()
    expect(filesIn(dir)).toEqual([])
  })
})

describe('Processes that share an outbox', () => {
  test('leave each other alone while they live', { timeout: 60_000 }, async () => {
    const { store, files, dir, job } = await place()
    const both = [0, 1].map(() => new FlaggingProcess({ ...job, scanMs: 10 }))
    await Promise.all(both.map((one) => one.until(() => one.acknowledged.length > 60)))
    await Promise.all(both.map((one) => one.stop()))
    expect(both.flatMap(({ errors }) => errors)).toEqual([])
    const acknowledged = both.flatMap((one) => one.acknowledged)
    await compare(store, files, { acknowledged, sent: acknowledged })
    expect(filesIn(dir)).toEqual([])
  })

  test('take over from one that dies while they run', { timeout: 60_000 }, async () => {
    const { store, dir, writer, job } = await place()
    const { outbox } = openOutbox(writer, { dir }, SOON)
    outbox.start()
    const other = new FlaggingProcess({ ...job, url: NOWHERE })
    await other.until(() => other.acknowledged.length > 20)
    await other.kill()
    const there = async (): Promise<Set<string>> =>
      new Set((await store.rows()).map(({ id }) => id))
    await expect
      .poll(async () => {
        const ids = await there()
        return other.acknowledged.filter((id) => !ids.has(id))
      })
      .toEqual([])
  })

  test('do not take over what is for another database', async () => {
    const { store, dir, writer } = await place()
    const other = openOutbox(down, { dir, destination: 'other' }, { ...USUAL, patienceMs: 1 })
    await other.outbox.add(record())
    await other.outbox.close()
    const { outbox, messages } = openOutbox(writer, { dir }, SOON)
    await outbox.add(record())
    await outbox.shipped()
    await expect.poll(() => messages()).toHaveLength(1)
    expect(messages()[0]).toContain('for another database (other): if they are to go to this one')
    await outbox.close()
    expect(await store.rows()).toHaveLength(1)
    const again = openOutbox(writer, { dir, destination: 'other' })
    again.outbox.start()
    await expect.poll(() => store.rows()).toHaveLength(2)
  })
})

describe('A process that starts again', () => {
  test('sends what it has left, without sending again what it has sent', async () => {
    const { store, dir, writer } = await place()
    let isDown = false
    const write: typeof writer.write = (records) => (isDown ? down.write() : writer.write(records))
    const first = openOutbox({ write }, { dir }, { ...USUAL, patienceMs: 1 })
    for (let at = 0; at < 5; at++) await first.outbox.add(record())
    await expect.poll(() => first.outbox.stats().shipped).toBe(5)
    isDown = true
    const left = [record(), record()]
    for (const one of left) await first.outbox.add(one)
    await first.outbox.close()
    const sent: string[] = []
    const second = openOutbox(
      {
        write(records) {
          sent.push(...records.map(({ id }) => id))
          return writer.write(records)
        },
      },
      { dir },
    )
    second.outbox.start()
    await expect.poll(() => second.outbox.stats().shipped).toBe(2)
    expect(sent).toEqual(left.map(({ id }) => id))
    expect(await store.rows()).toHaveLength(7)
    // What somebody has taken out of the database does not come back.
    expect(second.outbox.stats().waiting).toBe(0)
  })

  test('sends with each value where it was found', async () => {
    const { store, dir, writer } = await place()
    const components = [
      { label: 'model', type: 'any', role: 'input', from: { body: 'model' } },
      { label: 'Output', type: 'any', role: 'output', from: 'sum' },
    ] as const
    const first = openOutbox(down, { dir }, { ...USUAL, patienceMs: 1 })
    await first.outbox.add(record({ components }, [1, 2]))
    await first.outbox.close()
    const second = openOutbox(writer, { dir })
    second.outbox.start()
    await expect.poll(() => second.outbox.stats().shipped).toBe(1)
    expect((await store.records()).map((one) => one.components)).toEqual([components])
  })

  test('sets an unfinished row aside, and sends all before it', async () => {
    const { store, dir, writer } = await place()
    const first = openOutbox(down, { dir }, { ...USUAL, patienceMs: 1 })
    const records = [record(), record({ comment: 'line 1\nline 2' })]
    for (const one of records) await first.outbox.add(one)
    await first.outbox.close()
    const [log = ''] = filesIn(dir).filter((path) => path.endsWith('logs.csv'))
    const torn = '5,add,"line 1\n6,add,7,12,line 2\n'
    appendFileSync(join(dir, log), torn)
    const second = openOutbox(writer, { dir })
    second.outbox.start()
    await expect.poll(() => second.messages()).toHaveLength(1)
    expect(second.errors).toMatchObject([{ code: 'ERR_FLAGGING_TORN_ROW' }])
    expect((await store.rows()).map(({ id }) => id)).toEqual(records.map(({ id }) => id))
    const [path = ''] = filesIn(join(dir, 'refused'))
    expect(readFileSync(join(dir, 'refused', path), 'utf8')).toBe(torn)
  })

  test('removes what is left of folders without samples', async () => {
    const { dir, writer } = await place()
    const name = (): string => randomUUID().slice(0, 12)
    const [empty, begun, ended] = [name(), name(), name()]
    mkdirSync(join(dir, empty), { recursive: true })
    mkdirSync(join(dir, begun, 'a segment'), { recursive: true })
    mkdirSync(join(dir, ended, 'another.gone/samples'), { recursive: true })
    appendFileSync(join(dir, ended, 'another.gone/samples/logs.csv'), 'a row that was sent\n')
    mkdirSync(join(dir, 'somebody-elses'))
    const { outbox, errors } = openOutbox(writer, { dir }, SOON)
    outbox.start()
    for (const one of [empty, begun, ended]) {
      await expect.poll(() => existsSync(join(dir, one))).toBe(false)
    }
    await expect.poll(() => filesIn(dir).filter((path) => !path.endsWith('lock'))).toEqual([])
    await outbox.close()
    expect(readdirSync(dir)).toEqual(['somebody-elses'])
    expect(errors).toEqual([])
  })
})

describe('An outbox', () => {
  test.each([true, false])(
    'leaves no timer behind when it is closed, be the database there (%s) or not',
    { timeout: 60_000 },
    async (isThere) => {
      const { job } = await place()
      const one = new FlaggingProcess({ ...job, url: isThere ? job.url : NOWHERE, patienceMs: 200 })
      await one.until(() => one.acknowledged.length > 20)
      await one.stop()
      expect(one.said.at(-1)).toBe('closed with 0 timers')
    },
  )

  test('keeps no process alive', { timeout: 60_000 }, async () => {
    const { store, dir, files, job, writer } = await place()
    const one = new FlaggingProcess({ ...job, url: NOWHERE, flags: 3, concurrency: 1, ends: true })
    await one.ended()
    expect(one.acknowledged).toHaveLength(3)
    const { outbox } = openOutbox(writer, { dir })
    outbox.start()
    await expect.poll(() => store.rows()).toHaveLength(3)
    await compare(store, files, one)
  })
})
