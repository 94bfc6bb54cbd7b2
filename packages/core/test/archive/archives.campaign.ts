import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { DownloadSample } from '../../src/archive/download-sample.ts'
import { type FolderKind, mediaFolder } from '../../src/archive/media-folder.ts'
import { peakMemory } from '../../../../bench/src/measure/peak-memory.ts'
import { png } from '../../../../test/contract/png.ts'
import { wav } from '../../../../test/contract/wav.ts'
import { diskFile, fileOf, folder, given, sampleOf } from './support.ts'
import { unzip } from './unzip.ts'

const run = promisify(execFile)
const MIB = 1024 * 1024
const readers = fileURLToPath(new URL('readers.py', import.meta.url))
const python = process.env['FLAGGING_PYTHON']

async function archive(kind: FolderKind, samples: Iterable<DownloadSample>): Promise<string> {
  const path = join(folder(), `${kind}folder.zip`)
  await pipeline(mediaFolder(kind, given(samples).samples), createWriteStream(path))
  return path
}

async function readBy(program: string, ...args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(program, [readers, ...args], {
    env: { ...process.env, HF_HUB_OFFLINE: '1' },
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as unknown
}

/** The most memory that this process has held so far, in MiB. */
const peak = () => peakMemory() / MIB

function tell(what: string, milliseconds: number, more: number): void {
  process.stdout.write(`${what}: ${Math.round(milliseconds)} ms, ${Math.round(more)} MiB more\n`)
}

test('70,000 pictures are one archive for unzip and Python', async () => {
  const pictures = [png(0), png(1), png(2)]
  function* samples() {
    for (let n = 0; n < 70_000; n++) {
      const picture = fileOf(pictures[n % 3] as Buffer, 'image/png', `im/${n}.png`)
      yield sampleOf([
        ['im', picture],
        ['text', 'x'.repeat(1000)],
      ])
    }
  }
  const before = peak()
  const start = performance.now()
  const path = await archive('image', samples())
  tell('70,000 pictures', performance.now() - start, peak() - before)
  await run('unzip', ['-tq', path])
  expect(await readBy('python3', 'zip', path)).toEqual({ files: 70_001, broken: null })
})

test('a picture beyond 4 GiB, and what lies behind it, are whole for all readers', async () => {
  const sparse = join(folder(), '0.png')
  const size = 4096 * MIB + 5
  await writeFile(sparse, '')
  await truncate(sparse, size)
  const before = peak()
  const start = performance.now()
  const path = await archive('image', [
    sampleOf([['im', diskFile(sparse, size, 'image/png', 'im/0.png')]]),
    sampleOf([['im', fileOf(png(1), 'image/png', 'im/1.png')]]),
  ])
  const more = peak() - before
  tell('4 GiB', performance.now() - start, more)
  expect(more).toBeLessThan(64)
  await run('unzip', ['-tq', path])
  expect(await readBy('python3', 'zip', path)).toEqual({ files: 3, broken: null })
  const files = await unzip(path, (name) => name !== 'images/0000000.png')
  expect(files.get('images/0000001.png')).toEqual(png(1))
})

test.runIf(python !== undefined)('Hugging Face loads the folders', async () => {
  const samples = Array.from({ length: 30 }, (_, n) =>
    sampleOf(
      [
        ['im', n % 7 === 3 ? null : fileOf(png(n, 16), 'image/png', `im/${n}.png`)],
        ['mask', fileOf(png(n, 8), 'image/png', `mask/${n}.png`)],
        ['sound', fileOf(wav(100 + n), 'audio/wav', `sound/${n}.wav`)],
        ['image', 'a text'],
        ['file_name', 'evil'],
        ['count', n],
        ['share', n / 4],
        ['mixed', n % 2 === 0 ? n : 'x'],
      ],
      { details: { comment: n === 29 ? 'late' : null, status: 200 } },
    ),
  )
  const load = async (kind: FolderKind) =>
    readBy(python ?? '', `${kind}folder`, await archive(kind, samples), folder())
  const features = {
    file_column: 'string',
    'file_name 2': 'string',
    count: 'int64',
    share: 'float64',
    mixed: 'string',
    comment: 'string',
    status: 'int64',
    reviewed: 'bool',
  }
  expect(await load('image')).toMatchObject({
    sizes: samples.map((_, n) => (n % 7 === 3 ? 8 : 16)),
    features: { ...features, image: 'Image', mask: 'Image', 'image 2': 'string' },
  })
  expect(await load('audio')).toMatchObject({
    sizes: samples.map((_, n) => wav(100 + n).length),
    features: { ...features, audio: 'Audio', image: 'string' },
  })
})
