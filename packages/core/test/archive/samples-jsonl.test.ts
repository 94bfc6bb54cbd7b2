import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { samplesJSONL } from '../../src/archive/samples-jsonl.ts'
import type { JSONValue } from '../../src/sample/flag-value.ts'
import { allOf, fileOf, given, sampleOf, valuesOf } from './support.ts'

async function linesOf(...samples: Parameters<typeof given>[0][]): Promise<string[]> {
  const text = (
    await allOf(samplesJSONL(given(samples.flatMap((each) => [...each])).samples))
  ).toString()
  return text.split('\n').slice(0, -1)
}

describe('samples.jsonl', () => {
  test('says all of a sample on one line', async () => {
    const sample = sampleOf([['q', 'a']], {
      dataset: 'classify',
      log: 'logs2.csv',
      outputs: valuesOf([['Output', { cat: 0.7 }]]),
      option: 'bad',
      username: 'ann',
      details: { comment: null, status: 200 },
      review: { reviewed: true, note: 'look' },
    })
    const [line = '', ...more] = await linesOf([sample])
    expect(more).toEqual([])
    expect(JSON.parse(line)).toEqual({
      dataset: 'classify',
      log: 'logs2.csv',
      inputs: { q: 'a' },
      outputs: { Output: { cat: 0.7 } },
      files: [],
      flag_option: 'bad',
      username: 'ann',
      details: { comment: null, status: 200 },
      review: { reviewed: true, note: 'look' },
    })
  })

  test('names files by where they lie, and tells them from values that look alike', async () => {
    const png = fileOf(Buffer.from('png'), 'image/png', 'im/0.png')
    const alike = { file: 'im/0.png', type: 'image/png', size: 3 }
    const [line = ''] = await linesOf([
      sampleOf([
        ['im', png],
        ['many', [png, png]],
        ['alike', alike],
      ]),
    ])
    const { inputs, files } = JSON.parse(line) as Record<string, unknown>
    expect(inputs).toEqual({ im: alike, many: [alike, alike], alike })
    expect(files).toEqual(['im', 'many'])
    expect(line).not.toContain('evil')
  })

  test('every value comes back as it was, from one line, whoever reads lines', async () => {
    const value = fc.jsonValue() as fc.Arbitrary<JSONValue>
    const label = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('__proto__'))
    await fc.assert(
      fc.asyncProperty(label, value, fc.string({ unit: 'binary' }), async (name, one, text) => {
        const odd = `${text}\u2028\u2029\u0085\ud800`
        const [line = '', ...more] = await linesOf([
          sampleOf([[name, one]], { outputs: valuesOf([['odd', odd]]), details: { zero: -0 } }),
        ])
        expect(more).toEqual([])
        expect(line).not.toMatch(/[\u0085\u2028\u2029\n\r]/)
        const read = JSON.parse(line) as Record<string, Record<string, unknown>>
        expect(Object.keys(read['inputs'] ?? {})).toEqual([name])
        expect(Object.getOwnPropertyDescriptor(read['inputs'], name)?.value).toStrictEqual(one)
        expect(read['outputs']?.['odd']).toBe(odd)
        expect(read['details']?.['zero']).toBe(-0)
      }),
    )
  })

  test('is made while it is read, and lets go of the samples when the reader leaves', async () => {
    const text = 'x'.repeat(1000)
    const { samples, seen } = given(
      (function* () {
        for (;;) yield sampleOf([['q', text]])
      })(),
    )
    const reader = samplesJSONL(samples).getReader()
    await reader.read()
    await reader.read()
    expect(seen.taken).toBeLessThan(300)
    await reader.cancel()
    expect(seen.isOver).toBe(true)
  })

  test('breaks off where the samples do', async () => {
    async function* broken() {
      yield sampleOf([['q', 1]])
      throw new Error('the disk is gone')
    }
    await expect(allOf(samplesJSONL(broken()))).rejects.toThrow('the disk is gone')
  })
})
