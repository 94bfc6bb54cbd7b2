import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FlaggingOptions } from '@flagging/core'
import { DirectoryFiles, PostgresLogger } from '@flagging/postgres-logger'
import { expect, onTestFinished, test } from 'vitest'
import { Database } from '../../src/database/database.ts'
import { createDatabase } from '../servers/database.ts'
import { flag, served, told, unflag } from './instances.ts'
import { type Framework, serveInstance } from './serve-instance.ts'

/** Two instances that store in PostgreSQL, and what they have stored. */
async function fleet(options: FlaggingOptions<object> = {}) {
  const url = await createDatabase()
  const root = await mkdtemp(join(tmpdir(), 'flagging-passing-'))
  const start = async (framework: Framework) => {
    const files = new DirectoryFiles(join(root, 'files'))
    const passFlags = { waitMs: 10_000 }
    const logger = new PostgresLogger({ connection: url, files, direct: true, passFlags })
    await logger.migrate()
    const dir = join(root, framework)
    const instance = await serveInstance(framework, { dir, callback: logger, ...options })
    return { ...instance, logger }
  }
  const [a, b] = [await start('express'), await start('hono')]
  const database = new Database(url, 'flagging')
  onTestFinished(async () => {
    for (const { server, flagging } of [a, b]) {
      await server.close()
      await flagging.close()
    }
    await database.close()
    await rm(root, { recursive: true })
  })
  const rows = () =>
    database.query<{ option: string; username: string; exact: unknown }>(
      'select option, username, comment, exact from flagging.samples order by seq',
    )
  return { a, b, rows }
}

test('a passed flag is the row that it would be without, whoever is asked', async () => {
  const { a, b, rows } = await fleet({ options: ['Bad', 'Good'] })
  const ids = [await served(a, 'ann'), await served(b, 'ann')] as const
  const bad = { option: 'Bad' }
  expect(told(await flag(b, ids[0], bad, 'ann'))).toEqual([201, { count: 1 }])
  expect(told(await flag(a, ids[0], bad, 'ann'))).toEqual([200, { count: 1 }])
  expect(told(await flag(a, ids[1], bad, 'ann'))).toEqual([201, { count: 2 }])
  expect(told(await flag(b, ids[0], { option: 'Good' }, 'ann'))).toEqual([201, { count: 3 }])
  expect((await flag(b, ids[0], bad, 'bob')).status).toBe(404)
  expect(await rows()).toMatchObject([
    { option: 'Bad', username: 'ann' },
    { option: 'Bad', username: 'ann' },
    { option: 'Good', username: 'ann' },
  ])
  expect(b.logger.stats()).toMatchObject({ shipped: 1, passing: { isListening: true, asking: 0 } })
  expect(told(await unflag(b, ids[0], 'ann'))).toEqual([200, { deleted: 2 }])
  expect(await rows()).toHaveLength(1)
})

test('one that its holder has forgotten among many others makes no second row', async () => {
  const { a, b, rows } = await fleet({ comment: true })
  const id = await served(a)
  const said = (n: number) => ({ comment: `comment ${n}` })
  expect((await flag(b, id, said(0))).status).toBe(201)
  for (let n = 1; n <= 70; n++)
    expect((await flag(n % 2 === 0 ? a : b, id, said(n))).status).toBe(201)
  // The holder remembers the last 64; the database all of them.
  const again = [await flag(b, id, said(0)), await flag(a, id, said(1))]
  expect(again.map(({ status }) => status)).toEqual([201, 201])
  expect(await rows()).toHaveLength(71)
})
