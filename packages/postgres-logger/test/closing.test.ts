import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { temporaryFolder } from './samples/store.ts'
import { createDatabase } from './servers/database.ts'
import { networkTo } from './servers/network.ts'

const ROOT = new URL('../../../', import.meta.url)

test('a process stays until its logger is closed, though nothing else keeps it', async () => {
  const network = await networkTo(inject('postgresPort'))
  onTestFinished(network.close)
  const url = new URL(await createDatabase())
  url.port = String(network.port)
  const folder = temporaryFolder()
  const child = spawn(
    process.execPath,
    [
      new URL('scripts/run.mjs', ROOT).pathname,
      new URL('closing-process.ts', import.meta.url).pathname,
      url.href,
      join(folder, 'files'),
      join(folder, 'flagged'),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  const gone = once(child, 'close')
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  await once(child.stdout, 'data')
  // The server's goodbye never comes.
  network.silence()
  child.kill('SIGTERM')
  await gone
  expect(said).toBe('listening\nclosed\n')
})
