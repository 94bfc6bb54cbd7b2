import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Component, FlagValue, FlaggedFile, JSONValue } from '@flagging/core'
import { SourceFile, isFlaggedFile, memorySource, stringifyJSON } from '@flagging/core/store'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SampleRecord } from '../../src/samples/sample-record.ts'
import { record, testStore } from './store.ts'

/** Everything of a sample as texts, so that nothing is equal that is not the same. */
async function spelled(sample: SampleRecord): Promise<unknown> {
  const { values, components, json, correction, ...facts } = sample
  return {
    ...facts,
    at: sample.at.toISOString(),
    duration: String(sample.duration),
    correction: sample.correctionJSON ?? stringifyJSON(correction),
    values: await Promise.all(
      values.map(async (value, at) => [components[at], json?.[at] ?? (await spelledValue(value))]),
    ),
  }
}

async function spelledValue(value: FlagValue): Promise<unknown> {
  if (isFlaggedFile(value)) return spelledFile(value)
  if (Array.isArray(value) && value.length > 0 && value.every(isFlaggedFile)) {
    return Promise.all(value.map(spelledFile))
  }
  return stringifyJSON(value as JSONValue)
}

async function spelledFile(file: FlaggedFile): Promise<unknown> {
  const { name, type, size } = file
  return { name, type, size, bytes: Buffer.from(await file.bytes()).toString('base64') }
}

/** Stores samples of one input and gives them as they come back. */
async function roundTrip(records: readonly SampleRecord[]): Promise<readonly SampleRecord[]> {
  const store = await testStore()
  await store.writer().write(records)
  expect(store.errors).toEqual([])
  const read = new Map((await store.records()).map((one) => [one.id, one]))
  return records.map(({ id }) => read.get(id) as SampleRecord)
}

const INPUT: readonly Component[] = [{ label: 'Input', type: 'any', role: 'input' }]
const of = (value: FlagValue, json?: string): SampleRecord =>
  record({ components: INPUT, json: json === undefined ? undefined : [json] }, [value])
const parsed = (json: string): SampleRecord => of(JSON.parse(json) as JSONValue, json)
const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

const odd = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '\0',
    'a\0b',
    '\ud800',
    'x\udfff',
    '\udc00\ud83d',
    '😀',
    '__proto__',
    '"',
    '\\u0000',
  ),
  fc
    .array(fc.constantFrom('\0', '\ud83d', '\ude00', 'é', '"', '\\', 'a', '\u{10ffff}'))
    .map((all) => all.join('')),
)
const { json: anyJSON } = fc.letrec<{ json: JSONValue }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    odd,
    fc.constantFrom<JSONValue>(null, true, false, 0, -0, 1.5, 1e21, 1e-7, 5e-324, Number.MAX_VALUE),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie('json'), { maxLength: 4 }),
    fc
      .array(
        fc.tuple(fc.oneof(odd, fc.constantFrom('__proto__', '2', '10', 'b', 'aa')), tie('json')),
        { maxLength: 5 },
      )
      .map((members) => Object.fromEntries(members)),
  ),
}))
/** JSON text as a client may send it, less its blanks. */
const anyText = fc.oneof(
  anyJSON.map(stringifyJSON),
  fc
    .array(
      fc.constantFrom(
        '1e400',
        '-1e-400',
        '1E5',
        '1.50',
        '-0.0',
        '123456789012345678901234567890',
        '1e999999999',
        '"\\u0000"',
        '"\\ud83d\\ude00"',
        '"\\ud83d"',
        '{"b":1,"a":2,"b":3}',
        '"\\/"',
      ),
      { minLength: 1 },
    )
    .map((all) => `[${all.join(',')}]`),
)
const maybe = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(values, { nil: null })

const sample = fc.record({
  value: anyJSON,
  text: anyText,
  option: maybe(odd),
  username: maybe(odd),
  comment: maybe(odd),
  interaction: maybe(odd),
  method: maybe(odd),
  endpoint: maybe(odd.filter((text) => text !== '')),
  correction: anyJSON,
  at: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
  duration: maybe(fc.double({ noNaN: true, noDefaultInfinity: true })),
  status: maybe(fc.integer({ min: -1000, max: 1000 })),
  ended: maybe(fc.constantFrom('complete', 'aborted', 'error')),
  truncated: maybe(fc.boolean()),
  byHand: maybe(fc.boolean()),
})

describe('what was stored is read', () => {
  test('whatever is said of a sample, and whatever JSON it holds', async () => {
    const store = await testStore()
    const writer = store.writer()
    const components: readonly Component[] = [
      { label: 'value', type: 'json', role: 'input' },
      { label: 'text', type: 'any', role: 'output' },
    ]
    await fc.assert(
      fc.asyncProperty(fc.array(sample, { minLength: 1, maxLength: 30 }), async (samples) => {
        await store.database.query('truncate flagging.samples')
        const records = samples.map(({ value, text, ...facts }) => {
          const other = JSON.parse(text) as JSONValue
          const isExact = typeof other === 'string' || stringifyJSON(other) === text
          const json = isExact ? undefined : [undefined, text]
          return record({ ...facts, components, json }, [value, other])
        })
        await writer.write(records)
        const read = new Map((await store.records()).map((one) => [one.id, one]))
        for (const one of records) {
          expect(await spelled(read.get(one.id) as SampleRecord)).toEqual(await spelled(one))
        }
      }),
      { numRuns: 40 },
    )
    expect(store.errors).toEqual([])
  }, 120_000)

  test.each([
    ['numbers beyond JavaScript', '[1e400,-1e-400,1e999999999,123456789012345678901234567890.10]'],
    ['repeated keys in another order', '{"b":1,"a":2,"b":3,"10":4,"2":5}'],
    [
      'escapes of what PostgreSQL refuses',
      String.raw`{"\u0000":"\ud800","x\ud83d":"\ud83d\ude00\u0000"}`,
    ],
    ['a list that is nested 100,000 deep', deep(100_000)],
    ['an object that is nested 1000 deep', `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`],
    [
      'so many large numbers that a row could not be read',
      `[${Array.from({ length: 100_000 }, () => '1e400').join()}]`,
    ],
    ['a number of 200,000 digits', '9'.repeat(200_000)],
    ['a text JSON of 2 MiB', `{"b":"${'x'.repeat(2 * 1024 * 1024)}","a":1}`],
  ])('%s', async (_, json) => {
    const [read] = await roundTrip([parsed(json)])
    const text = read?.json?.[0] ?? stringifyJSON(read?.values[0] as JSONValue)
    expect(text === json).toBe(true)
  })

  test.each([
    ['a text of 2 MiB', 'é'.repeat(2 * 1024 * 1024)],
    ['a text of 2 MiB with half a pair', `${'x'.repeat(2 * 1024 * 1024)}\ud800`],
    ['a text of 2 MiB with a byte order mark', `\ufeff${'x'.repeat(2 * 1024 * 1024)}`],
    ['the empty text', ''],
    ['an empty list', []],
    ['an empty object', {}],
    ['a text that looks like a key', '_/2026/03/04/abc/x.png'],
    ['what every object has', JSON.parse('{"__proto__":{"constructor":1}}') as JSONValue],
  ] as const)('%s', async (_, value) => {
    const [read] = await roundTrip([of(value)])
    expect(read?.json).toBeUndefined()
    expect(isDeepStrictEqual(read?.values[0], value)).toBe(true)
  })

  test('more values than a row holds', async () => {
    const components = Array.from({ length: 40 }, (_, at): Component => ({
      label: `c${at}`,
      type: 'any',
      role: 'input',
    }))
    const values = components.map(({ label }) => label + 'y'.repeat(1_000_000))
    const [read] = await roundTrip([record({ components }, values)])
    expect(isDeepStrictEqual(read?.values, values)).toBe(true)
  })

  test('labels that are equal once PostgreSQL has them, and any others', async () => {
    const labels = [
      'a\0',
      'a\ud800',
      'a\ufffd',
      'a\ufffd 2',
      `it's "x"`,
      '',
      '__proto__',
      'ß'.repeat(200),
      `${'ß'.repeat(200)}!`,
      'A',
      'a',
      '$1',
      '%s',
    ]
    const components = labels.flatMap((label): Component[] => [
      { label, type: 'any', role: 'input' },
      { label, type: 'any', role: 'output' },
    ])
    const [read] = await roundTrip([
      record(
        { components },
        components.map((_, at) => at),
      ),
    ])
    const found = new Map(
      read?.components.map(({ label, role }, at) => [`${role} ${label}`, read.values[at]]),
    )
    expect(found).toEqual(
      new Map(components.map(({ label, role }, at) => [`${role} ${label}`, at])),
    )
  })

  test('files, with names of any kind, one or many, empty or not', async () => {
    const names = [undefined, 'cat.png', '../../etc/passwd', 'a\0b\ud800.png', 'ß'.repeat(300), '']
    const files = names.map(
      (name, at) =>
        new SourceFile(
          name,
          at === 2 ? 'x/\0y' : 'image/png',
          memorySource(Buffer.alloc(at * 100, at)),
        ),
    )
    const records = [of(files[1] as FlaggedFile), of([files[2] as FlaggedFile]), of(files)]
    const read = await roundTrip(records)
    expect(await Promise.all(read.map(spelled))).toEqual(await Promise.all(records.map(spelled)))
  })

  test('a component whose type changes keeps what it was before', async () => {
    const store = await testStore()
    const [writer, other] = [store.writer(), store.writer()]
    const typed: readonly Component[] = [{ label: 'Input', type: 'number', role: 'input' }]
    await writer.write([of('five')])
    await other.write([record({ components: typed, id: randomUUID() }, [5])])
    await writer.write([of('six')])
    const read = await store.records()
    expect(read.map(({ components, values }) => [components, values])).toEqual([
      [INPUT, ['five']],
      [typed, [5]],
      [INPUT, ['six']],
    ])
  })

  test('times that no partition has', async () => {
    const times = [
      new Date(0),
      new Date('1999-12-31T23:59:59.999Z'),
      new Date('9999-12-31T23:59:59.999Z'),
    ]
    const read = await roundTrip(times.map((at) => record({ at })))
    expect(read.map(({ at }) => at)).toEqual(times)
    const [before, never] = await roundTrip([
      record({ at: new Date(-8.64e15) }),
      record({ at: new Date(NaN) }),
    ])
    expect([before?.at, never?.at]).toEqual([new Date(0), new Date(0)])
  })
})
