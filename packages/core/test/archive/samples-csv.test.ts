import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { loadExamples } from '@flagging/core'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DownloadColumns, DownloadSample } from '../../src/archive/download-sample.ts'
import { samplesCSV } from '../../src/archive/samples-csv.ts'
import type { FlagValue, FlaggedFile, JSONValue } from '../../src/sample/flag-value.ts'
import { allOf, fileOf, folder, given, sampleOf, valuesOf } from './support.ts'

async function csvOf(
  samples: readonly DownloadSample[],
  labels: readonly string[],
  details: readonly string[] = [],
): Promise<string> {
  const columns: DownloadColumns = { labels, details }
  return (await allOf(samplesCSV(given(samples).samples, columns))).toString()
}

/** The values that a log reader finds in a table, in a folder of its own. */
async function readBack(text: string, labels: readonly string[]): Promise<FlagValue[][]> {
  const dir = folder()
  await writeFile(join(dir, 'logs.csv'), text)
  const samples = await loadExamples(dir, { inputs: labels, outputs: [] })
  return samples.map(({ inputs }) => labels.map((label) => inputs[label] as FlagValue))
}

describe('samples.csv', () => {
  test('is one table over several datasets', async () => {
    const png = fileOf(Buffer.from('png'), 'image/png', 'im/0.png')
    const samples = [
      sampleOf([['num', 1.5]], {
        outputs: valuesOf([['Output', 'yes, "it" is']]),
        option: 'bad',
        review: { reviewed: true, note: 'look' },
        details: { status: 200, comment: '=1+1' },
      }),
      sampleOf([['im', png]], {
        dataset: 'classify',
        username: 'ann',
        outputs: valuesOf([['Output', { cat: 0.7 }]]),
        details: { status: null, correction: 'cat' },
      }),
    ]
    const details = ['status', 'comment', 'correction']
    const text = await csvOf(samples, ['num', 'im', 'Output'], details)
    expect(text).toBe(
      [
        'dataset,num,im,Output,reviewed,note,flag_option,username,comment,correction,status',
        `,1.5,,"yes, ""it"" is",true,look,bad,,'=1+1,,200`,
        'classify,,im/0.png,"{""cat"":0.7}",false,,,ann,,cat,',
        '',
      ].join('\n'),
    )
  })

  test('keeps labels apart that are called as other columns', async () => {
    const labels = ['note', 'note 2', 'status', 'dataset', '__proto__', '=x']
    const sample = sampleOf(labels.map((label) => [label, label]))
    const [header, row] = parse(await csvOf([sample], labels)) as string[][]
    expect(header).toEqual(
      `dataset,note 2,note 2 2,status 2,dataset 2,__proto__,'=x,reviewed,note,flag_option,username`.split(
        ',',
      ),
    )
    expect(row?.slice(1, 6)).toEqual(['note', 'note 2', 'status', 'dataset', '__proto__'])
  })

  test('every value reads back as it was from a log of that name, and none is a formula', async () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '',
        'null',
        '1.5',
        "'x",
        '"x"',
        'im/0.png',
        '=1',
        '-1',
        '@x',
        '\t=1',
        'a\nb',
        '\ud800',
        -0,
        null,
      ),
    ) as fc.Arbitrary<JSONValue>
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 5 }),
        async (rows) => {
          const samples = rows.map(([a, b]) =>
            sampleOf([
              ['a', a],
              ['b', b],
            ]),
          )
          const text = await csvOf(samples, ['a', 'b'])
          expect(await readBack(text, ['a', 'b'])).toStrictEqual(rows)
          for (const cells of parse(text) as string[][]) {
            for (const cell of cells) expect(cell).not.toMatch(/^[\s]*[=+@]|^[\t\r]/)
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  test('reads back with option, name and details', async () => {
    const details = {
      comment: 'a',
      correction: [1],
      timestamp: '2026-11-27T00:00:00.000Z',
      status: 200,
    }
    const sample = sampleOf([['q', '1']], { option: 'bad', username: 'ann', details })
    const dir = folder()
    const text = await csvOf([sample], ['q'], Object.keys(details))
    await writeFile(join(dir, 'logs.csv'), text)
    const [read] = await loadExamples(dir, { inputs: ['q'], outputs: [] })
    expect(read).toMatchObject({ inputs: { q: '1' }, option: 'bad', username: 'ann', details })
  })

  test('has its files again beside the folders that they lie in', async () => {
    const png = fileOf(Buffer.from('png'), 'image/png', 'im/0.png')
    const more = ['many/1-0.png', 'many/1-1.png'].map((path) =>
      fileOf(Buffer.from('png'), 'image/png', path),
    )
    const sample = sampleOf([
      ['im', png],
      ['many', more],
    ])
    const dir = folder()
    for (const path of ['im/0.png', 'many/1-0.png', 'many/1-1.png']) {
      await mkdir(join(dir, dirname(path)), { recursive: true })
      await writeFile(join(dir, path), path)
    }
    await writeFile(join(dir, 'logs.csv'), await csvOf([sample], ['im', 'many']))
    const [read] = await loadExamples(dir, { inputs: ['im', 'many'], outputs: [] })
    const files = [read?.inputs['im'], read?.inputs['many']].flat() as FlaggedFile[]
    const texts = files.map(async (file) => Buffer.from(await file.bytes()).toString())
    expect(await Promise.all(texts)).toEqual(['im/0.png', 'many/1-0.png', 'many/1-1.png'])
  })

  test("names files of Gradio's as texts", async () => {
    const odd = '=x/0123456789abcdef0123/a b.png'
    const file = fileOf(Buffer.from('png'), 'image/png', odd)
    const text = await csvOf(
      [
        sampleOf([
          ['im', file],
          ['many', [file, file]],
        ]),
      ],
      ['im', 'many'],
    )
    expect(await readBack(text, ['im', 'many'])).toEqual([[odd, [odd, odd]]])
    expect(text).toContain(`,'${odd},`)
  })

  test('has its header though nothing was found', async () => {
    expect(await csvOf([], ['q'])).toBe('dataset,q,reviewed,note,flag_option,username\n')
  })

  test('fails where a sample has a column that it was not told of', async () => {
    await expect(csvOf([sampleOf([['new', 1]])], ['q'])).rejects.toThrow(/once more/)
    await expect(csvOf([sampleOf([], { details: { id: 'x' } })], [])).rejects.toThrow(/once more/)
  })
})
