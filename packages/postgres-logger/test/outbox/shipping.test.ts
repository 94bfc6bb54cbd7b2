import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { SourceFile, isFlaggedFile, memorySource } from '@flagging/core/store'
import { describe, expect, inject, test } from 'vitest'
import { DirectoryFiles } from '../../src/files/directory-files.ts'
import type { RecordWriter } from '../../src/outbox/shipper.ts'
import type { SampleRecord } from '../../src/samples/sample-record.ts'
import { SampleWriter } from '../../src/samples/sample-writer.ts'
import { Views } from '../../src/database/views.ts'
import { startPostgres } from '../servers/postgres.ts'
import { openProxy } from '../servers/proxy.ts'
import { record, temporaryFolder, testStore } from '../samples/store.ts'
import { SOON, USUAL, filesIn, openOutbox, recorded } from './support.ts'

const PICTURE = [{ label: 'picture', type: 'image', role: 'input' }] as const

function withPicture(): SampleRecord {
  const one = record({ components: PICTURE })
  const file = new SourceFile('a.png', 'image/png', memorySource(Buffer.from(one.id)))
  return { ...one, values: [file] }
}

/** A store that is reached through a proxy. */
async function farStore() {
  const near = await testStore()
  const proxy = await openProxy(inject('postgresPort'))
  const far = await testStore({ url: near.url.replace(/:\d+\//, `:${proxy.port}/`) })
  return { near, far, proxy }
}

describe('While the database cannot be reached', () => {
  test('nobody is refused, and all arrives when it can', { timeout: 120_000 }, async () => {
    const server = await startPostgres()
    try {
      const store = await testStore({ url: server.url('postgres') })
      const { outbox, errors } = openOutbox(store.writer())
      const flagged: string[] = []
      let isOver = false
      const flags = (async () => {
        while (!isOver) {
          const some = [record(), withPicture(), record()]
          await Promise.all(some.map((one) => outbox.add(one)))
          flagged.push(...some.map(({ id }) => id))
          await delay(5)
        }
      })()
      for (let round = 0; round < 2; round++) {
        const { shipped } = outbox.stats()
        await expect.poll(() => outbox.stats().shipped).toBeGreaterThan(shipped + 50)
        await server.kill()
        await expect.poll(() => outbox.stats().isStalled).toBe(true)
        expect(outbox.stats().waiting).toBeGreaterThan(0)
        await server.restart()
      }
      isOver = true
      await flags
      await outbox.shipped(60_000)
      const ids = (await store.rows()).map(({ id }) => id)
      expect(ids.toSorted()).toEqual(flagged.toSorted())
      expect(errors.length).toBeGreaterThanOrEqual(2)
      expect(outbox.stats()).toMatchObject({ waiting: 0, isStalled: false })
      await outbox.close()
    } finally {
      await server.stop()
    }
  })

  test('it is told of once, with what it is and how much waits', async () => {
    const { far, proxy } = await farStore()
    const { outbox, messages } = openOutbox(far.writer())
    proxy.close()
    await outbox.add(record())
    await expect.poll(() => outbox.stats().isStalled).toBe(true)
    await expect.poll(() => outbox.stats().oldestMs).toBeGreaterThan(1000)
    await outbox.add(record())
    expect(outbox.stats()).toMatchObject({ waiting: 2, shipped: 0 })
    expect(outbox.stats().waitingBytes).toBeGreaterThan(500)
    const reasons = new Set(messages())
    expect(messages()).toHaveLength(reasons.size)
    expect(messages()[0]).toMatch(/^1 sample wait.* in the outbox.*PostgreSQL: /)
    const late = outbox.shipped(50)
    await expect(late).rejects.toThrow(/^2 samples in the outbox did not reach PostgreSQL in time/)
    proxy.open()
    await outbox.shipped()
    expect(outbox.stats()).toMatchObject({ waiting: 0, shipped: 2, isStalled: false })
  })

  test('`close` gives up after a while, and the next process goes on', async () => {
    const { near, far, proxy } = await farStore()
    const first = openOutbox(far.writer(), {}, { ...USUAL, patienceMs: 100 })
    proxy.close()
    const records = Array.from({ length: 20 }, () => withPicture())
    await Promise.all(records.map((one) => first.outbox.add(one)))
    await first.outbox.close()
    expect(await near.rows()).toEqual([])
    const second = openOutbox(near.writer(), { dir: first.dir })
    second.outbox.start()
    await expect.poll(() => second.outbox.stats().shipped).toBe(20)
    expect((await near.rows()).map(({ id }) => id).toSorted()).toEqual(
      records.map(({ id }) => id).toSorted(),
    )
    await second.outbox.close()
    expect(filesIn(first.dir)).toEqual([])
  })
})

describe('Where the connection is cut', () => {
  test.each(['request', 'answer'] as const)(
    'in a batch, while the %s is on its way, each sample is there once',
    async (cut) => {
      const { near, far, proxy } = await farStore()
      const { outbox } = openOutbox(far.writer())
      const flagged: string[] = []
      for (let round = 0; round < 8; round++) {
        const posted = { folder: 'posted', endpoint: '', at: new Date() }
        const some = [record(), withPicture(), record(), ...(round % 2 ? [record(posted)] : [])]
        proxy.cutAt(round % 2 ? 'commit' : 'insert into "flagging".samples', cut)
        await Promise.all(some.map((one) => outbox.add(one)))
        flagged.push(...some.map(({ id }) => id))
        await outbox.shipped()
        expect(proxy.cuts).toBe(round + 1)
      }
      expect((await near.rows()).map(({ id }) => id).toSorted()).toEqual(flagged.toSorted())
      const counts = (await near.datasets()).map(({ samples }) => Number(samples))
      expect(counts.reduce((sum, count) => sum + count)).toBe(flagged.length)
      expect(outbox.stats()).toMatchObject({ waiting: 0, shipped: flagged.length })
    },
  )
})

describe('A full outbox', () => {
  test('refuses flags, raises one alarm, and takes them when there is room', async () => {
    const { near, far, proxy } = await farStore()
    const { outbox, messages } = openOutbox(far.writer(), {
      maxBytes: 100_000,
      alarmBytes: 80_000,
    })
    proxy.close()
    const flagged: string[] = []
    let refusal: unknown
    while (refusal === undefined) {
      const one = record({ comment: 'x'.repeat(3000) })
      await outbox.add(one).then(
        () => flagged.push(one.id),
        (error: unknown) => (refusal = error),
      )
    }
    expect(refusal).toMatchObject({
      code: 'ERR_FLAGGING_DISK_FULL',
      message: expect.stringContaining('of 100000 bytes'),
    })
    await outbox.add(withPicture())
    const large = record({ comment: 'x'.repeat(50_000) })
    await expect(outbox.add(large)).rejects.toMatchObject({ code: 'ERR_FLAGGING_DISK_FULL' })
    expect(outbox.stats().usedBytes).toBeLessThanOrEqual(100_000)
    const alarms = (): string[] => messages().filter((text) => text.includes('when it is full'))
    expect(alarms()).toHaveLength(1)
    proxy.open()
    await expect
      .poll(() => outbox.add(large).catch(() => 0), { timeout: 20_000 })
      .toBeGreaterThan(1)
    await outbox.shipped()
    expect(await near.rows()).toHaveLength(flagged.length + 2)
    expect(outbox.stats().usedBytes).toBe(0)
    // What was large is a second alarm where it found half of the room only.
    const news = messages().filter((text) => /when it is full|there is room again/.test(text))
    expect(news.length % 2).toBe(0)
    for (const [at, text] of news.entries()) {
      expect(text).toContain(at % 2 ? 'there is room again' : 'when it is full')
    }
  })
})

describe('A sample that is too large', () => {
  test('never has anything deleted that is only being read', async () => {
    const store = await testStore()
    const { outbox, messages } = openOutbox(store.writer(), { maxBytes: 10_000 })
    const large = record({ comment: 'x'.repeat(10_000) })
    const over = (): number => outbox.stats().shipped + outbox.stats().refused
    for (let count = 1; count <= 20; count++) {
      await outbox.add(withPicture())
      // Each of these has deleted what was sent.
      while (over() < count) await outbox.add(large).catch(() => nextTurn())
    }
    await outbox.shipped()
    expect(messages()).toEqual([])
    const records = await store.records()
    expect(records).toHaveLength(20)
    for (const { id, values } of records) {
      const [picture] = values
      expect(isFlaggedFile(picture) && Buffer.from(await picture.bytes()).toString()).toBe(id)
    }
  })

  test('is refused without an alarm, and room is made where what was sent takes it', async () => {
    const store = await testStore()
    const sizes = { maxBytes: 100_000, alarmBytes: 80_000 }
    const { outbox, messages } = openOutbox(store.writer(), sizes)
    const of = (length: number): SampleRecord => record({ comment: 'x'.repeat(length) })
    const full = { code: 'ERR_FLAGGING_DISK_FULL' }
    await expect(outbox.add(of(200_000))).rejects.toMatchObject(full)
    await outbox.add(of(4000))
    await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0, shipped: 1 })
    // What was sent still lies there, should more come.
    const fitting = of(77_000)
    await expect.poll(() => outbox.add(fitting).catch(() => 0)).toBe(2)
    await outbox.shipped()
    expect(messages().filter((text) => !text.includes('bytes'))).toEqual([])
    expect(messages().filter((text) => text.includes('when it is full'))).toHaveLength(1)
  })
})

describe('What is refused for good', () => {
  const poisonous = `alter table flagging.samples add constraint no_poison check (comment <> 'poison')`

  test('is set aside and told of; what is sound arrives in its order', async () => {
    const store = await testStore()
    await store.database.query(poisonous)
    const writer = recorded(store.writer())
    const { outbox, dir, messages } = openOutbox(writer, {}, SOON)
    const records = Array.from({ length: 80 }, (_, at) => ({
      ...withPicture(),
      comment: [0, 37, 38, 79].includes(at) ? 'poison' : 'sound',
    }))
    await Promise.all(records.map((one) => outbox.add(one)))
    await outbox.shipped()
    const idsOf = (comment: string): string[] =>
      records.filter((one) => one.comment === comment).map(({ id }) => id)
    expect(writer.ids).toEqual(idsOf('sound'))
    expect(outbox.stats()).toMatchObject({ waiting: 0, shipped: 76, refused: 4 })
    const told = messages().filter((text) => text.includes('was refused'))
    expect(told).toHaveLength(4)
    for (const id of idsOf('poison')) expect(told.join()).toContain(id)
    expect(told[0]).toContain('no_poison')
    // As the message says.
    await store.database.query('alter table flagging.samples drop constraint no_poison')
    await outbox.close()
    for (const name of readdirSync(join(dir, 'refused'))) {
      renameSync(join(dir, 'refused', name), join(dir, name))
    }
    const again = openOutbox(store.writer(), { dir })
    again.outbox.start()
    await expect.poll(() => store.rows()).toHaveLength(80)
    const poison = (await store.records()).filter(({ comment }) => comment === 'poison')
    expect(poison).toHaveLength(4)
    for (const { id, values } of poison) {
      const [file] = values as [SourceFile]
      expect(Buffer.from(await file.bytes()).toString()).toBe(id)
    }
    await again.outbox.close()
    expect(filesIn(dir)).toEqual([])
  })

  test('is sent again when it is moved back, also while its process lives', async () => {
    const store = await testStore()
    const { outbox, dir, messages } = openOutbox(store.writer(), {}, SOON)
    for (const count of [1, 2]) {
      await store.database.query('truncate flagging.samples')
      await store.database.query(poisonous)
      const comment = 'poison'
      await Promise.all([
        outbox.add({ ...withPicture(), comment }),
        outbox.add(record({ comment })),
      ])
      await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0, refused: 2 * count })
      expect(outbox.stats().usedBytes).toBeGreaterThan(0)
      await store.database.query('alter table flagging.samples drop constraint no_poison')
      for (const name of readdirSync(join(dir, 'refused'))) {
        renameSync(join(dir, 'refused', name), join(dir, name))
      }
      await expect.poll(() => store.rows()).toHaveLength(2)
    }
    await expect.poll(() => outbox.stats().usedBytes).toBe(0)
    expect(messages().filter((text) => !text.includes('was refused'))).toEqual([])
    await outbox.close()
    expect(filesIn(dir)).toEqual([])
  })

  test('is nothing that waits for its place: files that cannot be stored', async () => {
    const store = await testStore()
    const place = join(temporaryFolder(), 'place')
    writeFileSync(place, '')
    const files = new DirectoryFiles(place)
    const onError = (): void => undefined
    const views = new Views(store.database, onError)
    const writer = new SampleWriter(store.database, files, { views, onError })
    const { outbox, messages } = openOutbox(writer)
    const without = (): SampleRecord => record({ components: PICTURE }, [null])
    await Promise.all([without(), withPicture(), without()].map((one) => outbox.add(one)))
    await expect.poll(() => outbox.stats().oldestMs).toBeGreaterThan(500)
    expect(outbox.stats()).toMatchObject({ shipped: 0, refused: 0, isStalled: true })
    rmSync(place)
    await outbox.shipped()
    expect(outbox.stats()).toMatchObject({ shipped: 3, refused: 0, isStalled: false })
    expect(messages()).toHaveLength(1)
  })

  test('is what nobody can explain only where something else can be stored', async () => {
    const store = await testStore()
    const real = store.writer()
    let isBroken = true
    const writer: RecordWriter = {
      write(records) {
        const isOdd = records.some(({ comment }) => comment === 'odd')
        if (isOdd || isBroken) return Promise.reject(new TypeError('of nobody'))
        return real.write(records)
      },
    }
    const { outbox } = openOutbox(writer)
    await Promise.all(['odd', 'even', 'even'].map((comment) => outbox.add(record({ comment }))))
    await expect.poll(() => outbox.stats().oldestMs).toBeGreaterThan(800)
    expect(outbox.stats()).toMatchObject({ waiting: 3, refused: 0, isStalled: true })
    isBroken = false
    await outbox.shipped()
    expect(outbox.stats()).toMatchObject({ shipped: 2, refused: 1, isStalled: false })
  })
})
