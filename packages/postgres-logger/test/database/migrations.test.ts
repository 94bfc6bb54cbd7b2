import pg from 'pg'
import { afterEach, describe, expect, test } from 'vitest'
import { Database } from '../../src/database/database.ts'
import { SCHEMA_VERSION, checkMigrated, migrate } from '../../src/database/migrations.ts'
import { SamplePartitions } from '../../src/database/partitions.ts'
import { createDatabase } from '../servers/database.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

function database(url: string, schema = 'flagging'): Database {
  const made = new Database(url, schema)
  open.push(made)
  return made
}

async function partitionsOf(db: Database): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `select c.relname::text as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = to_regclass($1) order by 1`,
    [`${db.schema}.samples`],
  )
  return rows.map(({ name }) => name)
}

describe('migrate', () => {
  test('ten instances at once make the tables once', async () => {
    const url = await createDatabase()
    const instances = Array.from({ length: 10 }, () => database(url))
    await Promise.all(instances.map((one) => migrate(one, 'month')))
    const [first] = instances as [Database]
    const versions = await first.query(`select version from ${first.schema}.migrations`)
    expect(versions).toEqual([{ version: SCHEMA_VERSION }])
    await expect(checkMigrated(first)).resolves.toEqual({ version: 1, partitions: 'month' })
  })

  test('what the first one says of partitions holds', async () => {
    const url = await createDatabase()
    await migrate(database(url), 'day')
    await expect(migrate(database(url), 'month')).resolves.toMatchObject({ partitions: 'day' })
  })

  test('tables of a newer version are refused, and left alone', async () => {
    const db = database(await createDatabase())
    await migrate(db, 'month')
    await db.query(`insert into ${db.schema}.migrations (version) values (99)`)
    await expect(migrate(db, 'month')).rejects.toThrow(/newer version \(schema 99, .*update/)
    await expect(checkMigrated(db)).rejects.toThrow(/newer version/)
  })

  test('a check changes nothing and says what to run', async () => {
    const db = database(await createDatabase())
    await expect(checkMigrated(db)).rejects.toThrow('await logger.migrate()')
    await expect(
      db.query('select from pg_namespace where nspname = $1', ['flagging']),
    ).resolves.toEqual([])
  })

  test('a role without rights may call it once nothing is left to do', async () => {
    const url = await createDatabase()
    const owner = database(url)
    await migrate(owner, 'month')
    const role = `role_${Date.now()}`
    await owner.query(`create role ${role} login`)
    await owner.query(`grant usage on schema ${owner.schema} to ${role}`)
    await owner.query(`grant select on all tables in schema ${owner.schema} to ${role}`)
    const limited = database(url.replace('postgres@', `${role}@`))
    await expect(migrate(limited, 'month')).resolves.toMatchObject({ version: SCHEMA_VERSION })
    await owner.query(`drop owned by ${role}`)
    await owner.query(`drop role ${role}`)
  })

  test.each([`o'brien "x"; drop table t`, 'Ünïcode', 'select'])('schema %j', async (schema) => {
    const db = database(await createDatabase(), schema)
    await migrate(db, 'month')
    const found = await db.query('select from pg_namespace where nspname = any($1)', [
      [schema, `${schema}_views`],
    ])
    expect(found).toHaveLength(2)
  })

  test.each(['', 'a\0b', 'x'.repeat(58), 'pg_x', 7])('no schema is called %j', (schema) => {
    expect(() => new Database('postgres://h/d', schema as string)).toThrow(/`schema` must be/)
  })
})

describe('partitions', () => {
  test('several writers at once make each once', async () => {
    const url = await createDatabase()
    const instances = Array.from({ length: 6 }, () => database(url))
    await migrate(instances[0] as Database, 'month')
    const times = ['2026-01-31T23:59:59.999Z', '2026-02-01T00:00:00.000Z', '1990-01-01T00:00:00Z']
    const errors: unknown[] = []
    const told = (error: unknown) => errors.push(error)
    await Promise.all(
      instances.map((one) =>
        new SamplePartitions(one, told).prepare(
          times.map((time) => new Date(time)),
          'month',
        ),
      ),
    )
    expect(errors).toEqual([])
    const names = await partitionsOf(instances[0] as Database)
    expect(names).toEqual(
      expect.arrayContaining(['samples_2026_01', 'samples_2026_02', 'samples_default']),
    )
    expect(names).not.toContain('samples_1990_01')
  })

  test('a reader of the default partition makes nobody wait for long', async () => {
    const url = await createDatabase()
    const db = database(url)
    await migrate(db, 'day')
    const reader = new pg.Client(url)
    await reader.connect()
    await reader.query(`begin; select * from ${db.schema}.samples where at < '2020-01-01'`)
    const errors: unknown[] = []
    const partitions = new SamplePartitions(db, (error) => errors.push(error))
    await partitions.prepare([new Date('2026-05-05T12:00:00Z')], 'day')
    await reader.query('commit')
    await reader.end()
    const message = expect.stringContaining('samples_default takes its samples') as string
    expect(errors).toEqual([expect.objectContaining({ message })])
  })
})
