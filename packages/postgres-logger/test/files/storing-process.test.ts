import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DirectoryFiles } from '@flagging/postgres-logger'
import { S3Files, type S3FilesOptions } from '@flagging/postgres-logger/s3'
import { expect, onTestFinished, test } from 'vitest'
import { createBucket } from '../servers/bucket.ts'
import { fileOf, readAll, rejection } from './file-store-suite.ts'

const MiB = 1024 * 1024
const KEY = 'a/2026/01/02/AAAAAAAAAAAAAAAAAAAAAA/im.png'
const PROGRAM = fileURLToPath(new URL('storing-process.ts', import.meta.url))

/** What a process of its own stores, and reads. */
export interface StoringJob {
  readonly place: string | S3FilesOptions
  readonly key: string
  readonly size: number
  /** After how many bytes it says so and waits to be killed, the file having been read so often. */
  readonly stopsAt?: number
  readonly readsBefore?: number
}

function start(job: StoringJob): ChildProcess {
  const child = spawn(process.execPath, [...process.execArgv, PROGRAM, JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function said(child: ChildProcess, text: string): Promise<void> {
  let out = ''
  for await (const chunk of child.stdout ?? []) if ((out += String(chunk)).includes(text)) return
  throw new Error(`It never said ${text}, but ${out}`)
}

async function directory(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'flagging-postgres-files-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  return dir
}

test('nothing is read of a file in a bucket of which a killed process has sent some parts', async () => {
  const bucket = await createBucket()
  const size = 20 * MiB
  const job = { place: bucket, key: KEY, size, stopsAt: size - MiB, readsBefore: 1 }
  const child = start(job)
  await said(child, 'stopped')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const files = new S3Files(bucket)
  onTestFinished(() => files.close())
  expect((await rejection(readAll(files, KEY, size))).message).toContain('is gone')
  await files.put(KEY, fileOf(Buffer.from('again')))
  expect((await readAll(files, KEY, 5)).toString()).toBe('again')
})

test('nothing is read of a file in a directory that a killed process has begun', async () => {
  const dir = await directory()
  const size = 8 * MiB
  const child = start({ place: dir, key: KEY, size, stopsAt: size - MiB })
  await said(child, 'stopped')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const files = new DirectoryFiles(dir)
  expect((await rejection(readAll(files, KEY, size))).message).toContain('is gone')
  await files.put(KEY, fileOf(Buffer.from('again')))
  expect((await readAll(files, KEY, 5)).toString()).toBe('again')
})

test.each([100, 12 * MiB])(
  'a process that has stored %i bytes and closed its bucket ends by itself',
  async (size) => {
    const child = start({ place: await createBucket(), key: KEY, size })
    await said(child, 'closed')
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(0)
  },
)
