import { randomUUID } from 'node:crypto'
import type { FlaggedFile } from '@flagging/core'
import { SourceFile, memorySource } from '@flagging/core/store'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isTransient } from '../../src/database/database.ts'
import { sampleId } from '../../src/samples/sample-id.ts'
import { CALCULATOR, type TestStore, record, testStore } from './store.ts'

const picture = (bytes: Uint8Array = Buffer.from('picture')): FlaggedFile =>
  new SourceFile('a.png', 'image/png', memorySource(bytes))

/** How many statements wait for a lock. */
async function waiting({ database }: TestStore): Promise<unknown> {
  const [row] = await database.query(
    `select count(*) as n from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return row?.n
}

describe('SampleWriter', () => {
  test('the same samples from many writers, again and again, are one row each', async () => {
    const store = await testStore()
    const records = Array.from({ length: 20 }, (_, at) => record({}, [at, 'add', 0, at]))
    const writers = Array.from({ length: 4 }, () => store.writer())
    const writes = [...writers, ...writers].map((writer, at) =>
      writer.write(at % 2 === 0 ? records : records.toReversed()),
    )
    await Promise.all(writes)
    expect(await store.rows()).toHaveLength(20)
    expect(await store.datasets()).toMatchObject([{ samples: 20 }])
    const [again] = await writers[0]!.write(records.slice(0, 1))
    expect(again).toBe(20)
  })

  test('the samples of a batch keep their order, whatever their datasets', async () => {
    const store = await testStore()
    const folders = ['b', 'a', 'c']
    const records = Array.from({ length: 300 }, (_, n) => record({ folder: folders[n % 3] ?? '' }))
    await store.writer().write(records)
    expect((await store.rows()).map(({ id }) => id)).toEqual(records.map(({ id }) => id))
  })

  test('what else is done in the same transaction is done with the samples, or not at all', async () => {
    const store = await testStore()
    const writer = store.writer()
    const one = record()
    const note = "insert into flagging.settings values ('note', 'x')"
    const fails = writer.write([one], async (query) => {
      await query(note)
      throw new Error('no')
    })
    await expect(fails).rejects.toThrow('no')
    expect(await store.rows()).toEqual([])
    await writer.write([one])
    // Also where all samples are there already.
    await writer.write([one], async (query) => {
      await query(note)
    })
    const notes = await store.database.query("select from flagging.settings where name = 'note'")
    expect([notes.length, (await store.rows()).length]).toEqual([1, 1])
  })

  test('a batch may hold the same sample twice', async () => {
    const store = await testStore()
    const one = record()
    await expect(store.writer().write([one, record(), one])).resolves.toEqual([2, 2, 2])
    expect(await store.rows()).toHaveLength(2)
  })

  test('a posted sample that is posted again later, to two instances at once, is one row', async () => {
    const store = await testStore()
    const id = sampleId('', 'posted')
    const posted = (at: string) => record({ id, endpoint: '', folder: '', at: new Date(at) })
    const times = ['2026-03-31T23:59:59Z', '2026-04-01T00:00:01Z', '2026-04-01T00:00:02Z']
    const counts = await Promise.all(
      times.map((at) => store.writer().write([posted(at), record()])),
    )
    expect(await store.rows()).toHaveLength(4)
    expect(counts.map(([count]) => count)).toEqual([1, 1, 1])
  })

  test('counts are right however many write at once, also to several datasets in any order', async () => {
    const store = await testStore()
    const writers = Array.from({ length: 6 }, () => store.writer())
    const folders = ['a', 'b', 'c']
    const counts = await Promise.all(
      writers.map(async (writer, at) => {
        const last: number[] = []
        for (let round = 0; round < 10; round++) {
          const turned = at % 2 === 0 ? folders : folders.toReversed()
          last.push(...(await writer.write(turned.map((folder) => record({ folder })))))
        }
        return last
      }),
    )
    expect(await store.datasets()).toMatchObject(folders.map(() => ({ samples: 60 })))
    expect(Math.max(...counts.flat())).toBe(60)
    expect(store.errors).toEqual([])
  })

  test('one sample that is refused takes the others of its batch with it, and says so', async () => {
    const store = await testStore()
    const gone: FlaggedFile = {
      ...picture(),
      size: 3,
      bytes: () => Promise.reject(new Error('gone')),
      stream: () => {
        throw Object.assign(new Error('gone'), { code: 'ENOENT' })
      },
      saveTo: () => Promise.reject(new Error('gone')),
    }
    const components = [{ label: 'im', type: 'image', role: 'input' }] as const
    const write = store
      .writer()
      .write([record({ components }, [picture()]), record({ components }, [gone])])
    const error: unknown = await write.catch((thrown: unknown) => thrown)
    expect(isTransient(error)).toBe(false)
    expect(await store.rows()).toEqual([])
  })

  test('files of what is there already are not stored again', async () => {
    const store = await testStore()
    const components = [{ label: 'im', type: 'image', role: 'input' }] as const
    let read = 0
    const counted = new SourceFile('a.png', 'image/png', {
      size: 1,
      chunks() {
        read++
        return [Buffer.from('x')]
      },
    })
    const one = record({ components }, [counted])
    await store.writer().write([one])
    await store.writer().write([one, record({ components }, [picture()])])
    expect(read).toBe(1)
    expect(await store.rows()).toHaveLength(2)
  })

  test('tables that somebody made anew are no reason to give up', async () => {
    const store = await testStore()
    const writer = store.writer()
    await writer.write([record({ folder: 'other' }), record()])
    await store.database.query('truncate flagging.samples, flagging.datasets')
    const error: unknown = await writer.write([record()]).catch((thrown: unknown) => thrown)
    expect(isTransient(error)).toBe(true)
    await expect(writer.write([record()])).resolves.toEqual([1])
  })

  test('texts cannot say anything but themselves', async () => {
    const store = await testStore()
    const evil = `'); drop schema flagging cascade; --"\\`
    const components = [
      { label: evil, type: 'text', role: 'input' },
      { label: `${evil}$$`, type: 'number', role: 'output' },
    ] as const
    await store
      .writer()
      .write([record({ folder: evil, components, option: evil, username: evil }, [evil, 1])])
    await store.writer().write([record({ folder: evil, components }, [evil, 2])])
    const [dataset] = await store.datasets()
    expect(dataset).toMatchObject({ folder: evil, samples: 2 })
    const read = await store.records()
    expect(read.map(({ values }) => values)).toEqual([
      [evil, 1],
      [evil, 2],
    ])
  })

  test('without rights to make partitions, samples are stored all the same', async () => {
    const store = await testStore()
    const role = `role_${randomUUID().replaceAll('-', '')}`
    await store.database.query(`create role ${role} login`)
    await store.database.query(`grant usage on schema flagging to ${role}`)
    await store.database.query(`grant all on all tables in schema flagging to ${role}`)
    await store.database.query(`grant all on all sequences in schema flagging to ${role}`)
    const limited = await testStore({ url: store.url.replace('postgres@', `${role}@`) })
    const writer = limited.writer()
    await writer.write([
      record({ at: new Date('2031-01-01') }),
      record({ at: new Date('2026-02-01') }),
    ])
    await writer.write([record({ at: new Date('2026-01-01') })])
    await expect.poll(() => limited.errors.length).toBe(2)
    const told = limited.errors.map((error) => (error as Error).message).join('\n')
    expect(told).toMatch(/partition samples_.* could not be made/)
    expect(told).toMatch(/view could not be made/)
    expect(await store.rows()).toHaveLength(3)
    const [rest] = await store.database.query('select count(*) as n from flagging.samples_default')
    expect(rest).toEqual({ n: 3 })
    // Somebody who may makes them, with what came in before.
    await store.writer().write([record({ at: new Date('2026-02-02') })])
    const [february] = await store.database.query(
      'select count(*) as n from flagging.samples_2026_02',
    )
    expect(february).toEqual({ n: 2 })
    await store.database.query(`drop owned by ${role}; drop role ${role}`)
  })

  test('a partition may be attached while samples are on their way into the one behind all', async () => {
    const store = await testStore()
    const writer = store.writer()
    await writer.write([record()])
    const other = new pg.Client(store.url)
    await other.connect()
    onTestFinished(() => other.end())
    // The one of the coming days is made in the background, and would be in the way.
    const coming = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 7).replace('-', '_')
    await expect
      .poll(() =>
        store.database.query('select from pg_inherits where inhrelid = to_regclass($1)', [
          `flagging.samples_${coming}`,
        ]),
      )
      .toHaveLength(1)
    // Too far ahead for one of our own making.
    const at = new Date('2999-05-06')
    await other.query('begin; create table flagging.may (like flagging.samples including all)')
    await other.query(`alter table flagging.samples attach partition flagging.may
      for values from ('2999-05-01') to ('2999-06-01')`)
    const stored = writer.write([record({ at })])
    await expect.poll(() => waiting(store)).toBe(1)
    await other.query('commit')
    await expect(stored).resolves.toEqual([2])
    expect(await store.database.query('select at from flagging.may')).toEqual([{ at }])
  })

  test('a posted sample is one row whatever isolation the server prefers', async () => {
    const store = await testStore()
    const name = new URL(store.url).pathname.slice(1)
    await store.database.query(
      `alter database ${name} set default_transaction_isolation = 'repeatable read'`,
    )
    const one = record({ folder: 'posted', endpoint: '' })
    const again = { ...one, at: new Date(one.at.getTime() + 1000) }
    const [first, second] = [store.writer(), store.writer()]
    // Both know the dataset.
    await first.write([record({ folder: 'posted', endpoint: '' })])
    await second.write([record({ folder: 'posted', endpoint: '' })])
    const other = new pg.Client(store.url)
    await other.connect()
    onTestFinished(() => other.end())
    const lock = BigInt.asIntN(64, BigInt(`0x${one.id.replaceAll('-', '').slice(0, 16)}`))
    await other.query('begin')
    await other.query('select pg_advisory_xact_lock($1)', [String(lock)])
    const stored = [first.write([one]), second.write([again])]
    await expect.poll(() => waiting(store)).toBe(2)
    await other.query('commit')
    await Promise.all(stored)
    expect(await store.rows()).toHaveLength(3)
  })

  test('values and components must be as many', async () => {
    const store = await testStore()
    const write = store.writer().write([record({ components: CALCULATOR }, [1])])
    await expect(write).rejects.toThrow('1 values for 4 components')
  })
})
