import { readdirSync, readlinkSync } from 'node:fs'
import { truncate, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { DownloadSample } from '../../src/archive/download-sample.ts'
import { type FolderKind, mediaFolder } from '../../src/archive/media-folder.ts'
import { SourceFile } from '../../src/store/byte-source.ts'
import { png } from '../../../../test/contract/png.ts'
import { wav } from '../../../../test/contract/wav.ts'
import {
  allOf,
  diskFile,
  fileOf,
  folder,
  given,
  sampleOf,
  storedFile,
  valuesOf,
} from './support.ts'
import { unzip } from './unzip.ts'

type Row = Record<string, unknown>

const MIB = 1024 * 1024

const picture = (seed: number) => fileOf(png(seed), 'image/png', `im/${seed}.png`)

async function folderOf(samples: readonly DownloadSample[], kind: FolderKind = 'image') {
  const files = await unzip(await allOf(mediaFolder(kind, given(samples).samples)))
  const metadata = files.get('metadata.jsonl')?.toString() ?? ''
  const rows = metadata
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Row)
  return { files, rows, names: [...files.keys()], errors: files.get('errors.txt')?.toString() }
}

function openFiles(below: string): string[] {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return links.filter((path) => path.startsWith(below))
}

describe('an image folder', () => {
  test('has a row for each sample with a picture, and the pictures as they were', async () => {
    const { files, rows, names, errors } = await folderOf([
      sampleOf([['im', picture(1)]], {
        outputs: valuesOf([
          ['Output', picture(2)],
          ['label', { cat: 0.7 }],
        ]),
        option: 'bad',
        details: { comment: 'a', status: 200 },
      }),
      sampleOf([['q', 'no picture']]),
      sampleOf([['im', null]], {
        dataset: 'sepia',
        outputs: valuesOf([['Output', fileOf(png(3), 'image/jpeg', 'Output/3.jpg')]]),
        username: 'ann',
        review: { reviewed: true, note: 'look' },
      }),
    ])
    expect(names).toEqual([
      'images/0000000.png',
      'images/0000000-1.png',
      'images/0000001.jpg',
      'metadata.jsonl',
    ])
    expect(files.get('images/0000000-1.png')).toEqual(png(2))
    expect(errors).toBeUndefined()
    const nothing = {
      comment: '',
      label: '',
      status: null,
      dataset: '',
      flag_option: '',
      username: '',
    }
    expect(rows).toEqual([
      {
        ...nothing,
        file_name: 'images/0000000.png',
        file_column: 'im',
        Output_file_name: 'images/0000000-1.png',
        label: '{"cat":0.7}',
        flag_option: 'bad',
        comment: 'a',
        status: 200,
        reviewed: false,
        note: '',
      },
      {
        ...nothing,
        file_name: 'images/0000001.jpg',
        file_column: 'Output',
        Output_file_name: null,
        dataset: 'sepia',
        username: 'ann',
        reviewed: true,
        note: 'look',
      },
    ])
    // `datasets` pairs the two by their order.
    expect(Object.keys(rows[0] ?? {})[0]).toBe('file_name')
  })

  test('keeps all pictures of a field, as lists where one sample has several', async () => {
    const { rows } = await folderOf([
      sampleOf([['im', [picture(1), picture(2), picture(3)]]]),
      sampleOf([
        ['im', picture(1)],
        ['mask', picture(2)],
      ]),
    ])
    expect(
      rows.map(({ im_file_names, mask_file_name }) => [im_file_names, mask_file_name]),
    ).toEqual([
      [['images/0000000-1.png', 'images/0000000-2.png'], null],
      [[], 'images/0000001-1.png'],
    ])
  })

  test('takes nothing for a picture but pictures that nothing runs in', async () => {
    const { names, rows } = await folderOf([
      sampleOf([
        ['vector', fileOf(Buffer.from('<svg/>'), 'image/svg+xml', 'vector/0.svg')],
        ['sound', fileOf(wav(10), 'audio/wav', 'sound/0.wav')],
        ['im', picture(1)],
      ]),
    ])
    expect(names).toEqual(['images/0000000.png', 'metadata.jsonl'])
    expect(rows).toMatchObject([{ vector: 'vector/0.svg', sound: 'sound/0.wav' }])
  })

  test('has columns of one type each, whatever stands in them', async () => {
    const values = {
      int: [1, 2, 3],
      float: [1, 2.5, 1e21],
      bool: [true, false, true],
      late: [null, 1, 2],
      gap: [1, null, -0],
      mixed: [1, 'x', true],
      text: ['007', null, ''],
    }
    const { files } = await folderOf(
      [0, 1, 2].map((row) =>
        sampleOf([
          ['im', picture(row)],
          ...Object.entries(values).map(([label, of]) => [label, of[row] ?? null] as const),
        ]),
      ),
    )
    const lines = files.get('metadata.jsonl')?.toString().trim().split('\n') ?? []
    const column = (name: string) =>
      lines.map((line) => new RegExp(`"${name}":("[^"]*"|[^,]*)`).exec(line)?.[1])
    expect(column('int')).toEqual(['1', '2', '3'])
    expect(column('float')).toEqual(['1.0', '2.5', '1e+21'])
    expect(column('bool')).toEqual(['true', 'false', 'true'])
    // Of a column whose first row says nothing, readers would take the type from nothing.
    expect(column('late')).toEqual(['""', '"1"', '"2"'])
    expect(column('gap')).toEqual(['1.0', 'null', '-0.0'])
    expect(column('mixed')).toEqual(['"1"', '"x"', '"true"'])
    expect(column('text')).toEqual(['"007"', '""', '""'])
  })

  test('has no column of texts that `datasets` would take for something else', async () => {
    const labels = ['image', 'file_name', 'x_file_names', 'dataset', 'file_column', '__proto__']
    const { rows } = await folderOf([
      sampleOf([['im', picture(1)], ...labels.map((label) => [label, label] as const)]),
    ])
    const values = Object.entries(rows[0] ?? {}).filter(([, value]) =>
      labels.includes(String(value)),
    )
    expect(values.map(([name]) => name)).toEqual([
      'image 2',
      'file_name 2',
      'x_file_names 2',
      'dataset 2',
      'file_column 2',
      '__proto__',
    ])
  })

  test('leaves out a file that is gone or cut, says so, and is whole', async () => {
    const dir = folder()
    const [gone, cut, whole] = await Promise.all(
      ['gone.png', 'cut.png', 'whole.png'].map((name, n) =>
        storedFile(dir, name, png(n), 'image/png'),
      ),
    )
    await unlink(join(dir, 'gone.png'))
    await truncate(join(dir, 'cut.png'), 10)
    const short = { size: 10, chunks: () => [Buffer.from('x')] }
    const { names, rows, errors } = await folderOf([
      sampleOf([['im', gone ?? null]]),
      sampleOf([['im', new SourceFile(undefined, 'image/png', short, 'im/short.png')]]),
      sampleOf([
        ['im\n', cut ?? null],
        ['Output', whole ?? null],
      ]),
    ])
    expect(names).toEqual(['images/0000000.png', 'metadata.jsonl', 'errors.txt'])
    expect(rows).toMatchObject([{ file_name: 'images/0000000.png', file_column: 'Output' }])
    expect(errors?.split('\n')).toEqual([
      '"." "logs.csv" "im" "im/gone.png": it is gone',
      '"." "logs.csv" "im" "im/short.png": it cannot be read',
      '"." "logs.csv" "im\\n" "im/cut.png": it cannot be read',
      '',
    ])
    expect(errors).not.toContain(dir)
  })

  test('is seen to be broken where a file changes after it was looked through', async () => {
    const dir = folder()
    const path = join(dir, '0.png')
    const size = 3 * MIB
    await writeFile(path, Buffer.alloc(size, 'before'))
    const stream = mediaFolder(
      'image',
      given([sampleOf([['im', diskFile(path, size, 'image/png', 'im/0.png')]])]).samples,
    )
    const reader = stream.getReader()
    await reader.read()
    await writeFile(path, Buffer.alloc(size, 'after'))
    const rest = async () => {
      while (!(await reader.read()).done);
    }
    await expect(rest()).rejects.toThrow(/has changed/)
    expect(openFiles(dir)).toEqual([])
  })

  test('says so where no sample has a picture', async () => {
    const { names, errors } = await folderOf([sampleOf([['q', 1]])])
    expect(names).toEqual(['metadata.jsonl', 'errors.txt'])
    expect(errors).toMatch(/No sample .* image/)
  })

  test('takes no more samples than are read, and closes all when the reader leaves', async () => {
    const dir = folder()
    const path = join(dir, '0.png')
    await writeFile(path, '')
    await truncate(path, 8 * MIB)
    const large = diskFile(path, 8 * MIB, 'image/png', 'im/0.png')
    const { samples, seen } = given(
      (function* () {
        for (;;) yield sampleOf([['im', large]])
      })(),
    )
    const reader = mediaFolder('image', samples).getReader()
    for (let count = 0; count < 40; count++) await reader.read()
    expect([seen.taken, openFiles(dir)]).toEqual([2, [path]])
    await reader.cancel()
    expect([seen.isOver, openFiles(dir)]).toEqual([true, []])
  })

  test('breaks off where the samples do, and leaves no file open', async () => {
    const before = openFiles(tmpdir()).length
    async function* broken() {
      const note = 'x'.repeat(MIB)
      yield sampleOf([['im', picture(1)]], { review: { reviewed: true, note } })
      throw new Error('the disk is gone')
    }
    await expect(allOf(mediaFolder('image', broken()))).rejects.toThrow('the disk is gone')
    expect(openFiles(tmpdir())).toHaveLength(before)
  })

  test('has as many rows as there are, though they do not stay in memory', async () => {
    const text = 'größe\u2028'.repeat(200)
    const samples = Array.from({ length: 2000 }, (_, n) =>
      sampleOf([
        ['im', picture(n % 3)],
        ['text', `${n} ${text}`],
      ]),
    )
    const { rows } = await folderOf(samples)
    expect(rows.map((row) => row['text'])).toEqual(samples.map((_, n) => `${n} ${text}`))
  })
})

describe('an audio folder', () => {
  test('has the sounds, and what else there is beside them', async () => {
    const sound = fileOf(wav(100), 'audio/wav', 'sound/0.wav')
    const { files, rows } = await folderOf(
      [
        sampleOf([
          ['im', picture(1)],
          ['audio', 'a text'],
          ['sound', sound],
        ]),
      ],
      'audio',
    )
    expect([...files.keys()]).toEqual(['audio/0000000.wav', 'metadata.jsonl'])
    expect(files.get('audio/0000000.wav')).toEqual(wav(100))
    expect(rows).toMatchObject([
      { file_name: 'audio/0000000.wav', im: 'im/1.png', 'audio 2': 'a text' },
    ])
  })
})
