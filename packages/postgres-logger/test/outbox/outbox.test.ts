import {
  appendFileSync,
  truncateSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Component, FlagValue, FlaggedFile } from '@flagging/core'
import { SourceFile, memorySource } from '@flagging/core/store'
import { describe, expect, test } from 'vitest'
import type { StoredRow } from '../../src/samples/stored-row.ts'
import type { SampleRecord } from '../../src/samples/sample-record.ts'
import { record, temporaryFolder, testStore } from '../samples/store.ts'
import { SOON, USUAL, filesIn, openOutbox, recorded } from './support.ts'

const fileOf = (text: string, type = 'text/plain', name?: string): FlaggedFile =>
  new SourceFile(name, type, memorySource(Buffer.from(text)))

function numbered(count: number, given: Partial<SampleRecord> = {}): SampleRecord[] {
  return Array.from({ length: count }, (_, at) => record(given, [at, 'add', 0, at]))
}

/** Components of one type, with as many values. */
function components(values: readonly FlagValue[], type: Component['type'] = 'json'): Component[] {
  return values.map((_, at) => ({ label: `value ${at}`, type, role: 'input' }))
}

describe('What goes through an outbox', () => {
  test('reaches the database in its order, and leaves nothing behind', async () => {
    const store = await testStore()
    const writer = recorded(store.writer())
    const { outbox, dir, errors } = openOutbox(writer)
    const records = numbered(1200)
    const counts = await Promise.all(records.map((one) => outbox.add(one)))
    expect(counts.toSorted((a, b) => a - b)).toEqual(counts)
    await outbox.shipped()
    expect(writer.ids).toEqual(records.map(({ id }) => id))
    expect((await store.rows()).map(({ id }) => id)).toEqual(records.map(({ id }) => id))
    expect(outbox.stats()).toMatchObject({ waiting: 0, waitingBytes: 0, usedBytes: 0, oldestMs: 0 })
    expect(outbox.stats()).toMatchObject({ shipped: 1200, refused: 0, isStalled: false })
    await outbox.close()
    expect(filesIn(dir)).toEqual([])
    expect(errors).toEqual([])
  })

  test('is stored as it would have been without it', async () => {
    const given: readonly (readonly [FlagValue, string?])[] = [
      [5],
      [-0],
      ['7'],
      ['007'],
      ['=1+1'],
      ["'quoted"],
      ['"'],
      [''],
      ['null'],
      [null],
      ['value 1/7.png'],
      [['value 11/1.png', 'value 11/2.png']],
      [{ b: 1, a: [true, null] }],
      [{ b: 2, a: 1 }, '{"b":2,"a":1.0}'],
      [1e21, '1000000000000000000000.0'],
      ['a\r\nb\tc'],
      ['\0 \ud800'],
      ['x'.repeat(200_000)],
      ['\ud800'.repeat(100_001)],
      [Array.from({ length: 30_000 }, (_, at) => at)],
    ]
    const values = given.map(([value]) => value)
    const json = given.map(([, text]) => text)
    const of = { components: components(values), json }
    const texts = { option: '=x', username: "'", comment: '\0', correctionJSON: '{"b":1.50,"a":2}' }
    const known = {
      ...of,
      ...texts,
      correction: { b: 1.5, a: 2 },
      interaction: null,
      byHand: false,
    }
    const others: Partial<SampleRecord>[] = [
      { folder: '', endpoint: '', comment: '', duration: null, ended: 'aborted', truncated: true },
      { folder: 'GET.a.{id}', components: components(values, 'text'), username: null },
      { components: components(values).map(({ label }) => ({ label, type: 'any' as const })) },
    ]
    const records = others.map((one) => record({ ...known, ...one }, values))
    const [through, direct] = [await testStore(), await testStore()]
    const { outbox } = openOutbox(through.writer())
    for (const one of records) await outbox.add(one)
    await outbox.shipped()
    for (const one of records) await direct.writer().write([one])
    expect(await through.records()).toEqual(await direct.records())
    const plain = (row: StoredRow): unknown => ({ ...row, stored_at: undefined })
    const [rows, expected] = [await through.rows(), await direct.rows()]
    expect(rows.map(plain)).toEqual(expected.map(plain))
  })

  test('has its files, with the names and types that they were given', async () => {
    const store = await testStore()
    const { outbox } = openOutbox(store.writer())
    const of = components([1, 2, 3], 'file')
    const values = [
      fileOf('<svg/>', 'image/svg+xml', 'my picture.svg'),
      [fileOf('one', 'text/plain', 'a'), fileOf('two', 'application/json')],
      'no file',
    ]
    await outbox.add(record({ components: of }, values))
    await outbox.shipped()
    const [{ files }] = (await store.rows()) as unknown as [
      { files: Record<string, { key: string; name: string | null; type: string; size: number }[]> },
    ]
    const stored = Object.values(files).flat()
    expect(stored).toMatchObject([
      { name: 'my picture.svg', type: 'image/svg+xml', size: 6 },
      { name: 'a', type: 'text/plain', size: 3 },
      { name: null, type: 'application/json', size: 3 },
    ])
    const texts = stored.map(async ({ key, size }) => {
      const chunks: Buffer[] = []
      for await (const chunk of store.files.open(key, size).chunks())
        chunks.push(Buffer.from(chunk))
      return Buffer.concat(chunks).toString()
    })
    expect(await Promise.all(texts)).toEqual(['<svg/>', 'one', 'two'])
  })

  test('may have components that are called as columns of ours', async () => {
    const store = await testStore()
    const { outbox } = openOutbox(store.writer())
    const labels = ['_sample', '_sample 2', 'flag_option', 'username', 'status', 'id', '__proto__']
    const of = labels.map((label): Component => ({ label, type: 'text', role: 'input' }))
    await outbox.add(record({ components: of, option: 'x' }, labels))
    await outbox.shipped()
    expect(await store.records()).toMatchObject([{ components: of, values: labels, option: 'x' }])
  })

  test('is counted with what waits', async () => {
    const store = await testStore()
    await store.writer().write(numbered(3))
    const { outbox } = openOutbox(store.writer())
    // Nothing is known of the others by now.
    await expect(outbox.add(record())).resolves.toBe(1)
    await outbox.shipped()
    await expect(outbox.add(record())).resolves.toBe(5)
    const more = await Promise.all(numbered(4).map((one) => outbox.add(one)))
    expect(more.at(-1)).toBe(9)
    await expect(outbox.add(record({ folder: 'other' }))).resolves.toBe(1)
  })

  test('goes to many datasets, and each in its order', async () => {
    const store = await testStore()
    const writer = recorded(store.writer())
    const { outbox } = openOutbox(writer)
    const all = Array.from({ length: 300 }, (_, at) => record({ folder: `endpoint ${at % 70}` }))
    await Promise.all(all.map((one) => outbox.add(one)))
    await outbox.shipped()
    const inOrder = (ids: readonly string[], folder: string): string[] =>
      ids.filter((id) => all.find((one) => one.id === id)?.folder === folder)
    for (const folder of new Set(all.map((one) => one.folder))) {
      expect(inOrder(writer.ids, folder)).toEqual(
        all.filter((one) => one.folder === folder).map(({ id }) => id),
      )
    }
    // Also those of few samples share their transactions.
    expect(writer.batches.length).toBeLessThan(30)
  })

  test('fills one segment after the other', async () => {
    const store = await testStore()
    const writer = recorded(store.writer())
    const { outbox, dir, errors } = openOutbox(writer, { maxBytes: 400_000, alarmBytes: 300_000 })
    const sent: string[] = []
    for (let round = 0; round < 20; round++) {
      const records = numbered(5, { comment: 'x'.repeat(5000) })
      await Promise.all(records.map((one) => outbox.add(one)))
      sent.push(...records.map(({ id }) => id))
      await expect.poll(() => outbox.stats().waiting).toBe(0)
      expect(outbox.stats().usedBytes).toBeLessThan(300_000)
    }
    expect(writer.ids).toEqual(sent)
    expect(errors).toEqual([])
    await outbox.close()
    expect(filesIn(dir)).toEqual([])
  })
})

describe('What is not acknowledged', () => {
  test('is not sent: it may still be taken out of the log', async () => {
    const store = await testStore()
    const { outbox, dir } = openOutbox(store.writer())
    await outbox.add(record({ comment: 'first' }))
    await expect.poll(() => outbox.stats().shipped).toBe(1)
    const [log = ''] = filesIn(dir).filter((path) => path.endsWith('samples/logs.csv'))
    const rows = readFileSync(join(dir, log), 'utf8')
    const header = rows.slice(0, rows.indexOf('\n') + 1)
    const other = rows.slice(header.length).replace(/[0-9a-f]{8}-/, '00000000-')
    // As if it were being written.
    appendFileSync(join(dir, log), other)
    await outbox.add(record({ folder: 'other' }))
    await expect.poll(() => outbox.stats().shipped).toBe(2)
    expect(await store.rows()).toHaveLength(2)
    truncateSync(join(dir, log), rows.length)
    await outbox.add(record({ comment: 'second' }))
    await outbox.shipped()
    expect((await store.records()).map(({ comment }) => comment)).toEqual(['first', null, 'second'])
  })
})

describe('An outbox whose samples are sent', () => {
  test('keeps nothing of them on the disk for long', async () => {
    const store = await testStore()
    const { outbox, dir } = openOutbox(store.writer(), {}, SOON)
    await outbox.add(record())
    await expect.poll(() => filesIn(dir).filter((path) => path.includes('/samples/'))).toEqual([])
    expect(await store.rows()).toHaveLength(1)
  })

  test('is told of by nobody who waits for nothing', async () => {
    const store = await testStore()
    const { outbox, dir } = openOutbox(store.writer())
    await outbox.shipped()
    await outbox.close()
    await outbox.shipped()
    await expect(outbox.add(record())).rejects.toMatchObject({ code: 'ERR_FLAGGING_CLOSED' })
    expect(filesIn(dir)).toEqual([])
  })
})

describe('A disk that is not as it should be', () => {
  test('refuses flags with what to do, and takes them when it is', async () => {
    const store = await testStore()
    const dir = join(temporaryFolder(), 'file')
    writeFileSync(dir, '')
    const { outbox, messages } = openOutbox(store.writer(), { dir })
    await expect(outbox.add(record())).rejects.toMatchObject({
      code: 'ERR_FLAGGING_STORE',
      message: expect.stringMatching(/cannot be written \((EEXIST|ENOTDIR)\): name a directory/),
    })
    expect(outbox.stats().usedBytes).toBe(0)
    rmSync(dir)
    await expect(outbox.add(record())).resolves.toBe(1)
    await outbox.shipped()
    expect(await store.rows()).toHaveLength(1)
    expect(messages().filter((text) => !text.includes('cannot be read'))).toEqual([])
  })

  test('loses what somebody deletes, says so, and nothing else', async () => {
    const store = await testStore()
    let goOn = (): void => undefined
    const stuck = new Promise<void>((resolve) => (goOn = resolve))
    const writer = store.writer()
    const { outbox, dir, messages } = openOutbox({
      async write(records) {
        await stuck
        return writer.write(records)
      },
    })
    await outbox.add(record({ comment: 'read before' }))
    await expect.poll(() => outbox.stats().oldestMs).toBeGreaterThan(0)
    await outbox.add(record({ comment: 'gone' }))
    rmSync(dir, { recursive: true })
    await Promise.all(numbered(3, { comment: 'after' }).map((one) => outbox.add(one)))
    goOn()
    await outbox.shipped()
    await outbox.add(record({ comment: 'at last' }))
    await outbox.shipped()
    const comments = (await store.records()).map(({ comment }) => comment)
    expect(comments.filter((one) => one === 'after')).toHaveLength(3)
    expect(comments).toContain('at last')
    expect(messages().some((text) => text.includes('was deleted or cut by somebody'))).toBe(true)
  })

  test('gives damaged rows to nobody, and keeps them', async () => {
    const store = await testStore()
    const down = { write: () => Promise.reject(new Error('down')) }
    const before = openOutbox(down, {}, { ...USUAL, patienceMs: 1 })
    await before.outbox.add(record({ comment: 'sound' }))
    await before.outbox.add(record({ comment: 'damaged' }))
    const [segment = ''] = filesIn(before.dir).filter((path) => path.endsWith('samples/logs.csv'))
    expect(segment).not.toBe('')
    // Of a process that has died.
    const dead = join(temporaryFolder(), '.outbox')
    mkdirSync(dead)
    const [process = ''] = readdirSync(before.dir)
    renameSync(join(before.dir, process), join(dead, process))
    const log = join(dead, segment)
    writeFileSync(log, readFileSync(log, 'utf8').replace('""damaged""', 'damaged'))
    rmSync(join(dead, process, 'lock'))
    const { outbox, messages } = openOutbox(store.writer(), { dir: dead })
    outbox.start()
    await expect.poll(() => store.rows()).toHaveLength(1)
    await expect.poll(() => messages().join()).toMatch(/cannot be read: it was moved to .*refused/)
    expect(filesIn(dead).filter((path) => path.startsWith('refused/'))).not.toEqual([])
  })
})
