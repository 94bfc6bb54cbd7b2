import fc from 'fast-check'
import { FlaggingError } from '@flagging/core'
import { expect, test } from 'vitest'
import { checkedKey } from '../../src/files/checked-key.ts'
import { fileKeys, plainName } from '../../src/files/file-key.ts'

const AT = new Date('2026-03-04T23:59:59.999Z')
const ID = '0123abcd-4567-89ef-0123-456789abcdef'
const PNG = { type: 'image/png' }

function keys(columns: readonly string[], folder = 'predict'): ReturnType<typeof fileKeys> {
  return fileKeys({ folder, at: AT, id: ID, columns })
}

test('a key says where, when, which sample and which column', () => {
  const key = keys(['im', 'Output'])
  expect(key(0, PNG)).toBe('predict/01/2026/03/04/ASOrzUVnie8BI0VniavN7w/im.png')
  expect(key(1, { type: 'text/html' }, 2)).toBe(
    'predict/01/2026/03/04/ASOrzUVnie8BI0VniavN7w/Output-2.bin',
  )
  expect(key(1, { type: 'text/plain', spilled: 'json' })).toMatch(/\/Output\.json$/)
  expect(keys(['im'], '')(0, PNG)).toMatch(/^_\/01\/2026\//)
})

test.each([
  ['', '_'],
  ['_', '_5f'],
  ['num_1', 'num_1'],
  ['my_face', 'my_5fface'],
  ['my label', 'my_20label'],
  ['a.b-c', 'a.b-c'],
  ['.hidden', '_2ehidden'],
  ['..', '_2e_2e'],
  ['-rf', '_2drf'],
  ['../../x', '_2e._2f.._2fx'],
  ['ü', '_c3_bc'],
  ['💥', '_f0_9f_92_a5'],
  ['\ud800', '_ed_a0_80'],
  ['nul', '_6eul'],
  ['com1.txt', '_63om1.txt'],
  ['GET.users.{id}', 'GET.users._7bid_7d'],
  ['__proto__', '__proto__'],
])('the name %j becomes %s', (name, plain) => {
  expect(plainName(name)).toBe(plain)
})

test('a name of any length fits, and its start can be read', () => {
  const [one, other] = [`${'é'.repeat(5000)}1`, `${'é'.repeat(5000)}2`]
  expect(plainName(one)).toMatch(/^(?:_c3_a9)+.*_68[0-9a-f]{16}$/)
  expect(plainName(one).length).toBeLessThan(120)
  expect(plainName(one)).not.toBe(plainName(other))
})

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc
    .array(fc.constantFrom('a', 'A', '_', '5', 'f', '6', '8', '-', '.', '/', '0'), { maxLength: 9 })
    .map((parts) => parts.join('')),
  fc.string({ minLength: 95, maxLength: 130 }),
)

test('different folders have different names, which are keys', () => {
  fc.assert(
    fc.property(nasty, nasty, (one, other) => {
      expect(checkedKey(`${plainName(one)}/x`)).toBe(`${plainName(one)}/x`)
      expect(plainName(one) === plainName(other)).toBe(one === other)
    }),
    { numRuns: 2000 },
  )
})

test('the files of a sample have keys of their own, also where a disk ignores case', () => {
  fc.assert(
    fc.property(fc.uniqueArray(nasty, { minLength: 1, maxLength: 6 }), (columns) => {
      const key = keys(columns)
      const all = columns.flatMap((_, column) => [
        // A column has one file or a list of them.
        key(column, PNG),
        ...[0, 1, 10].map((index) => key(column, PNG, index)),
      ])
      for (const each of all) expect(checkedKey(each)).toBe(each)
      expect(new Set(all.map((each) => each.toLowerCase())).size).toBe(all.length)
      // The same for a retry.
      expect(keys(columns)(0, PNG)).toBe(all[0])
    }),
    { numRuns: 1000 },
  )
})

test('columns that differ in case alone, or in what looks like a place in a list, stay apart', () => {
  const key = keys(['im', 'IM', 'im-1'])
  const all = [key(0, PNG), key(1, PNG), key(2, PNG), key(0, PNG, 1), key(1, PNG, 1)]
  expect(new Set(all.map((each) => each.toLowerCase())).size).toBe(all.length)
  expect(key(2, PNG)).toMatch(/\/im_2d1\.png$/)
  // One that is alone keeps its name.
  expect(keys(['IM', 'other'])(0, PNG)).toMatch(/\/IM\.png$/)
})

test('a year of more or fewer than four digits stands apart', () => {
  const of = (at: Date): string => fileKeys({ folder: 'f', at, id: ID, columns: ['a'] })(0, PNG)
  expect(of(new Date(-62_198_755_200_000))).toMatch(/^f\/01\/-0001\/01\/01\//)
  expect(of(new Date(8_640_000_000_000_000))).toMatch(/^f\/01\/275760\/09\/13\//)
  expect(checkedKey(of(new Date(-8_640_000_000_000_000)))).toContain('f/01/-271821/')
})

test.each([
  [{ at: new Date(NaN) }, 'no time'],
  [{ id: '' }, 'no UUID'],
  [{ id: '0123abcd-4567-89ef-0123-456789abcdeg' }, 'no UUID'],
  [{ id: '../../../../../../../../../../../../x' }, 'no UUID'],
])('refuses a sample of %j', (part, message) => {
  const make = () => fileKeys({ folder: '', at: AT, id: ID, columns: [], ...part })
  expect(make).toThrow(FlaggingError)
  expect(make).toThrow(message)
})
