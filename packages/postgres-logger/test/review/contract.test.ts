import type { FlaggingOptions } from '@flagging/core'
import { DirectoryFiles, PostgresLogger } from '@flagging/postgres-logger'
import { beforeAll, describe } from 'vitest'
import type { Adapter } from '../../../../test/contract/host.ts'
import { reviewContract } from '../../../../test/contract/review.ts'
import { reviewDownloadsContract } from '../../../../test/contract/review-downloads.ts'
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
  migrations.push(callback.migrate())
  return { ...options, callback }
}

describe('Hono over PostgreSQL', () => {
  beforeAll(async () => {
    connection = await createDatabase()
  })

  reviewContract(onPostgres, {})
  reviewDownloadsContract(onPostgres)
})
