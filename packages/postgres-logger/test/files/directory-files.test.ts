import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DirectoryFiles } from '@flagging/postgres-logger'
import { onTestFinished } from 'vitest'
import { fileStoreSuite } from './file-store-suite.ts'

fileStoreSuite('a directory', 256 * 1024, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'flagging-files-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  return new DirectoryFiles(dir)
})
