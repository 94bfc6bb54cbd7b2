import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'

/** Makes an empty database on the server that all tests share, or another one, and gives its address. */
export async function createDatabase(port: number = inject('postgresPort')): Promise<string> {
  const server = `postgres://postgres@127.0.0.1:${port}`
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const client = new pg.Client(`${server}/postgres`)
  await client.connect()
  try {
    await client.query(`create database ${name}`)
  } finally {
    await client.end()
  }
  return `${server}/${name}`
}
