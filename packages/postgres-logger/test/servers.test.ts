import pg from 'pg'
import { expect, test } from 'vitest'
import { createDatabase } from './servers/database.ts'

test('a database is there for each test', async () => {
  const client = new pg.Client(await createDatabase())
  await client.connect()
  const { rows } = await client.query('select 1 as one')
  await client.end()
  expect(rows).toEqual([{ one: 1 }])
})
