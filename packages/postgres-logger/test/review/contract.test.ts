import { type FlaggingOptions, image, number } from '@flagging/core'
import { DirectoryFiles, PostgresLogger } from '@flagging/postgres-logger'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Adapter, use } from '../../../../test/contract/host.ts'
import { png } from '../../../../test/contract/png.ts'
import { reviewContract } from '../../../../test/contract/review.ts'
import { reviewDownloadsContract } from '../../../../test/contract/review-downloads.ts'
import { postParts, send, upload } from '../../../../test/contract/wire.ts'
import { World } from '../../../../test/contract/world.ts'
import { onSockets } from '../../../hono-adapter/test/hono-host.ts'
import { temporaryFolder } from '../samples/store.ts'
import { createDatabase } from '../servers/database.ts'

let connection = ''
let made = 0
const migrations: Promise<void>[] = []

/** Hono with samples in PostgreSQL, each flagging's in a schema of its own. */
const onPostgres: Adapter = {
  ...onSockets,
  flagging: (options, overrides) => onSockets.flagging(stored(options ?? {}), overrides),
  async serve(entries) {
    await Promise.all(migrations.splice(0))
    return onSockets.serve(entries)
  },
}

function stored(
  options: Parameters<Adapter['flagging']>[0] & object,
): FlaggingOptions<object> | Parameters<Adapter['flagging']>[0] {
  if ('flush' in options) return options
  const files = new DirectoryFiles(temporaryFolder())
  const schema = `review_${made++}`
  const callback = new PostgresLogger({ connection, files, schema, direct: true, passFlags: false })
  const migration = callback.migrate()
  migrations.push(migration)
  // Not every test serves anything, and waits for it.
  onTestFinished(async () => void (await Promise.allSettled([migration])))
  return { ...options, callback }
}

describe('Hono over PostgreSQL', () => {
  beforeAll(async () => {
    connection = await createDatabase()
  })

  reviewContract(onPostgres, {})
  reviewDownloadsContract(onPostgres)

  test('offers as examples what the logger has, with its files', async () => {
    const world = await World.make(onSockets)
    const files = new DirectoryFiles(temporaryFolder())
    const logger = new PostgresLogger({ connection, files, schema: 'examples', direct: true })
    await logger.migrate()
    const inputs = [number('n'), image('im')]
    const options = { inputs, outputs: [], acceptData: true, callback: logger, examples: logger }
    const server = await world.serve(use(world.flagging(options)))
    for (const n of [1, 2, 3]) {
      const sent = await send(server, '/flag', postParts({ n: String(n), im: upload(png(n)) }))
      expect(sent.status).toBe(201)
    }
    const page = (await send(server, '/flag/examples?offset=1&limit=1')).json()
    expect(page).toMatchObject({ examples: [{ n: 2, im: { url: 'examples/1/1' } }], next: 2 })
    const file = await send(server, '/flag/examples/2/1', { headers: { range: 'bytes=1-3' } })
    expect([file.status, file.text]).toEqual([206, 'PNG'])
    expect(file.headers.get('content-disposition')).toMatch(/^inline; filename="[^"]*\.png"$/)
  })
})
