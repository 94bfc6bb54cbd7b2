// Run as a process of its own by `closing.test.ts`: listens for flags of other instances, and closes
// its logger when it is asked to end.
import { setTimeout as delay } from 'node:timers/promises'
import { createFlagging } from '@flagging/core'
import { DirectoryFiles, PostgresLogger } from '@flagging/postgres-logger'

const [connectionString = '', files = '', dir = ''] = process.argv.slice(2)
const logger = new PostgresLogger({
  // No connection stays that has nothing to do.
  connection: { connectionString, idleTimeoutMillis: 1 },
  files: new DirectoryFiles(files),
  passFlags: { waitMs: 100 },
})
const flagging = createFlagging({ dir, callback: logger })
await logger.migrate()
// Nobody holds this, which takes until it listens, and has nothing to do any more.
await logger.elsewhere?.flag('A'.repeat(22), {
  option: null,
  comment: null,
  correction: null,
  username: null,
})
while (process.getActiveResourcesInfo().includes('TCPSocketWrap')) await delay(5)

const staying = setInterval(() => undefined, 1000)
process.once('SIGTERM', () => {
  clearInterval(staying)
  void flagging.close().then(() => process.stdout.write('closed\n'))
})
process.stdout.write('listening\n')
