import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalMembers } from '../src/capture/canonical-json.ts'
import { builtinRedactNames } from '../src/capture/redact-rules.ts'
import { Redactor } from '../src/capture/redactor.ts'

const redactor = Redactor.of({ names: builtinRedactNames, extra: [], exempt: ['token'] })

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const scalars = fc.constantFrom(
  '0 -0 5 -1.5 1.50 0.1 1e5 1E5 -0.0 0.0000001 0.000001 123456789012345'.split(' '),
  '1234567890123456 12345678901234567890 0.12345678901234567 true false null'.split(' '),
  ['""', '"a b"', '"\\n"', '"\\/"', '"\\u0041"', '"\\u001b"', '"\\""', '"é"', '"😀"', '"\ud800"'],
  ['"\u2028"', '"\t"', '"{\\"a\\":1}"', '"a:b,c"', ' 1', '1 '],
)
/** Long ones, which are looked at in another way than short ones, with one sign far behind. */
const long = fc
  .constantFrom('\\n', '\\/', '\\u0041', '\ud800', '😀', 'é', '\t', 'x', '\\"', ':')
  .map((sign) => `"${'x'.repeat(40)}${sign}${'y'.repeat(40)}"`)
const scalar = scalars.chain((some) => fc.constantFrom(...some))
const keys = fc.constantFrom(
  'a',
  'b',
  'num1',
  '0',
  '1a',
  '',
  'é',
  '__proto__',
  'constructor',
  'token',
  'x.y',
  '\\u0061',
)
const texts = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, scalar, long, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
  object: fc
    .array(fc.tuple(keys, fc.constantFrom(':', ': '), tie('value')), { maxLength: 4 })
    .map(
      (members) =>
        `{${members.map(([key, colon, value]) => `"${key}"${colon}${value}`).join(',')}}`,
    ),
})).value

describe('a glance at JSON text', () => {
  it('finds nothing plain that JSON.stringify would write otherwise', () => {
    let plain = 0
    let others = 0
    fc.assert(
      fc.property(fc.oneof(texts, fc.json(), fc.string()), (text) => {
        const value = parsed(text)
        const members = canonicalMembers(text)
        const isPlain =
          value !== undefined && members !== undefined && redactor.membersShown(value) === members
        if (isPlain) plain++
        else others++
        expect(isPlain ? JSON.stringify(value) : text).toBe(text)
      }),
      { numRuns: 20_000 },
    )
    expect(Math.min(plain, others)).toBeGreaterThan(2000)
  })

  it('finds what APIs send', () => {
    const sent = [
      { num1: 5, operation: 'add', num2: 1.5, exact: true, note: null },
      {
        got: { messages: [{ role: 'user', content: 'Say "hi"\nto C:\\\\ and 日本 😀' }] },
        n: [1, -2.25],
      },
    ]
    for (const value of sent) {
      const text = JSON.stringify(value)
      expect(redactor.membersShown(JSON.parse(text))).toBe(canonicalMembers(text))
    }
  })

  it('counts no members where a key may be hidden, at any depth', () => {
    expect(redactor.membersShown({ a: [{ 'Api-Key': 1 }] })).toBeUndefined()
    expect(redactor.membersShown({ password: 1 })).toBeUndefined()
    // A declared component's own name, but not the same one below.
    expect(redactor.membersShown({ token: 1 })).toBe(1)
    expect(redactor.membersShown({ a: { token: 1 } })).toBeUndefined()
  })

  it('leaves what is deep to those who can stand it', () => {
    expect(canonicalMembers('['.repeat(101) + ']'.repeat(101))).toBeUndefined()
  })
})
