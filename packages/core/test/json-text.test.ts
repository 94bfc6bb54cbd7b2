import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compactJSON, splitJSON } from '../src/capture/json-text.ts'
import { redactJSON } from '../src/capture/redact-json.ts'
import { stringifyJSON } from '../src/capture/stringify-json.ts'
import type { JSONValue } from '../src/sample/flag-value.ts'
import { cpuTime } from './cpu-time.ts'

const key = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    '',
    'token',
    'list',
    '0',
    '__proto__',
    'constructor',
    'a.b',
    'é',
    '"',
    '\\',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
)
const scalar = fc.oneof(
  fc.constantFrom<JSONValue>(
    -0,
    0,
    '',
    ' ',
    'a,0,b',
    '":0}',
    '-0',
    '\ud800',
    '\0',
    true,
    false,
    null,
  ),
  fc.string({ unit: 'binary' }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
)
const { json } = fc.letrec<{ json: JSONValue }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    scalar,
    fc.array(tie('json'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('json')), { maxLength: 4 }).map((list) => Object.fromEntries(list)),
  ),
}))

const holds = (value: JSONValue, test: (value: JSONValue) => boolean): boolean =>
  test(value) ||
  (typeof value === 'object' && value !== null && Object.values(value).some((v) => holds(v, test)))

/** Puts white space between all tokens of compact text. */
function spread(compact: string, blanks: readonly string[]): string {
  let turn = 0
  const blank = () => blanks[turn++ % blanks.length] ?? ''
  const tokens = compact.match(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^"{}[\]:,]+/gs) ?? []
  return blank() + tokens.map((token) => token + blank()).join('')
}

const blankRuns = fc.array(
  fc.array(fc.constantFrom(' ', '\t', '\n', '\r'), { maxLength: 3 }).map((list) => list.join('')),
  { minLength: 1, maxLength: 5 },
)

describe('stringifyJSON', () => {
  it('is read back as the same value, minus zeros included', () => {
    let minusZeros = 0
    let prototypes = 0
    let surrogates = 0
    fc.assert(
      fc.property(json, (value) => {
        const text = stringifyJSON(value)
        expect(isDeepStrictEqual(JSON.parse(text), value)).toBe(true)
        const hasMinusZero = holds(value, (v) => Object.is(v, -0))
        if (hasMinusZero) minusZeros++
        expect(hasMinusZero || text === JSON.stringify(value)).toBe(true)
        if (text.includes('"__proto__":')) prototypes++
        if (text.includes('\\ud')) surrogates++
      }),
      { numRuns: 2000 },
    )
    expect(Math.min(minusZeros, prototypes, surrogates)).toBeGreaterThan(20)
  })

  it('keeps the minus of a zero at any place', () => {
    expect(stringifyJSON(-0)).toBe('-0')
    expect(stringifyJSON([0, -0, { a: -0, b: 0 }])).toBe('[0,-0,{"a":-0,"b":0}]')
    expect(stringifyJSON({ zero: 0, text: ',0,' })).toBe('{"zero":0,"text":",0,"}')
  })

  it('writes what JSON.parse can make, however deep', () => {
    const deepList = '['.repeat(200_000) + ']'.repeat(200_000)
    const deepObject = '{"a":'.repeat(100_000) + '-0' + '}'.repeat(100_000)
    expect(stringifyJSON(JSON.parse(deepList) as JSONValue)).toBe(deepList)
    expect(stringifyJSON(JSON.parse(deepObject) as JSONValue)).toBe(deepObject)
  })

  it('treats what JSON cannot say as JSON.stringify does, beside a minus zero too', () => {
    const odd = {
      gone: undefined,
      method: () => 1,
      list: [undefined, () => 1, Symbol('s'), Number.NaN, Infinity],
      date: new Date(0),
      boxed: Object('b'),
      named: { toJSON: (name: string) => name },
      map: new Map([[1, 2]]),
      zero: 0,
    }
    const expected = JSON.stringify(odd)
    expect(stringifyJSON(odd as unknown as JSONValue)).toBe(expected)
    const withMinus = { ...odd, zero: -0 }
    expect(stringifyJSON(withMinus as unknown as JSONValue)).toBe(expected.replace(/0}$/, '-0}'))
    expect(stringifyJSON({ a: { toJSON: () => -0 } } as unknown as JSONValue)).toBe('{"a":-0}')
    expect(stringifyJSON(undefined as unknown as JSONValue)).toBe('null')
  })

  it('refuses a value that contains itself instead of writing for ever', () => {
    const loop: unknown[] = [-0]
    let deep: unknown[] = loop
    for (let level = 0; level < 50_000; level++) deep = [deep]
    loop.push(deep)
    expect(() => stringifyJSON(deep as JSONValue)).toThrow(TypeError)
  })

  it('accepts one object at two places', () => {
    const shared = { zero: -0 }
    expect(stringifyJSON([shared, shared])).toBe('[{"zero":-0},{"zero":-0}]')
  })
})

describe('compactJSON', () => {
  it('removes the white space between tokens and nothing else', () => {
    let stringsWithBlanks = 0
    fc.assert(
      fc.property(json, blankRuns, (value, blanks) => {
        const compact = stringifyJSON(value)
        expect(compactJSON(spread(compact, blanks))).toBe(compact)
        if (/"[^"]* [^"]*"/.test(compact)) stringsWithBlanks++
      }),
      { numRuns: 1000 },
    )
    expect(stringsWithBlanks).toBeGreaterThan(20)
  })

  it('keeps digits, the order of keys, repeated keys and escapes as they came', () => {
    const text =
      '{ "b" : 1e400 , "a":12345678901234567890,\n"b":1.0,"\\u0041\\/ \\"" : "\\ud800 \\\\" }'
    const compact = '{"b":1e400,"a":12345678901234567890,"b":1.0,"\\u0041\\/ \\"":"\\ud800 \\\\"}'
    expect(compactJSON(text)).toBe(compact)
  })
})

describe('splitJSON', () => {
  it('gives the members of objects and the elements of arrays in their order', () => {
    expect(splitJSON('{"b":1e400,"a":{"x":[1,2]},"b":"},","\\u0041":[]}')).toEqual({
      keys: ['b', 'a', 'b', 'A'],
      values: ['1e400', '{"x":[1,2]}', '"},"', '[]'],
    })
    expect(splitJSON('[-0,"a,b",[],{"]":1}]')).toEqual({
      keys: undefined,
      values: ['-0', '"a,b"', '[]', '{"]":1}'],
    })
    expect(splitJSON('{}')).toEqual({ keys: [], values: [] })
    expect(splitJSON('[]')).toEqual({ keys: undefined, values: [] })
    for (const text of ['1', '"{}"', 'true', 'null', '']) expect(splitJSON(text)).toBeUndefined()
  })

  it('gives parts that are the value again', () => {
    let objects = 0
    let arrays = 0
    fc.assert(
      fc.property(json, (value) => {
        const parts = splitJSON(stringifyJSON(value))
        const isList = Array.isArray(value)
        const members = typeof value === 'object' && value !== null ? value : undefined
        if (isList) arrays++
        else if (members) objects++
        const values = parts?.values.map((part) => JSON.parse(part) as JSONValue)
        expect(isDeepStrictEqual(values, members && Object.values(members))).toBe(true)
        expect(parts?.keys).toEqual(isList || !members ? undefined : Object.keys(members))
      }),
      { numRuns: 1000 },
    )
    expect(Math.min(objects, arrays)).toBeGreaterThan(100)
  })

  it('ends on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]:,"\\a1 ') }), (text) => {
        expect(splitJSON(text)?.values.join('').length ?? 0).toBeLessThanOrEqual(text.length)
        expect(compactJSON(text).length).toBeLessThanOrEqual(text.length)
      }),
    )
  })
})

const hidesToken = (name: string) => name.toLowerCase() === 'token'

describe('redactJSON', () => {
  it('replaces the values of hidden members at any depth, whatever they are', () => {
    const text =
      '{ "Token": {"a":[1,"}"]}, "list": [ { "token" : -1.5 } , {"\\u0074oken":"x\\"y"} ],' +
      '"token":null, "tokens": 1 }'
    expect(redactJSON(text, hidesToken)).toBe(
      '{"Token":"[redacted]","list":[{"token":"[redacted]"},{"\\u0074oken":"[redacted]"}],' +
        '"token":"[redacted]","tokens":1}',
    )
  })

  it('asks with the dotted path of each member, in order, and compacts like compactJSON', () => {
    const expected = (value: JSONValue, prefix: string): string[] => {
      if (typeof value !== 'object' || value === null) return []
      if (Array.isArray(value)) return value.flatMap((item, i) => expected(item, `${prefix}${i}.`))
      return Object.entries(value).flatMap(([name, member]) => [
        `${name} at ${prefix}${name}`,
        ...expected(member, `${prefix}${name}.`),
      ])
    }
    let asked = 0
    fc.assert(
      fc.property(json, blankRuns, (value, blanks) => {
        const told: string[] = []
        const compact = stringifyJSON(value)
        const redacted = redactJSON(spread(compact, blanks), (name, path) => {
          told.push(`${name} at ${path}`)
          return false
        })
        expect(redacted).toBe(compact)
        expect(told).toEqual(expected(value, ''))
        asked += told.length
      }),
      { numRuns: 1000 },
    )
    expect(asked).toBeGreaterThan(500)
  })

  it('hides the same as a walk over the parsed value', () => {
    const walk = (value: JSONValue): JSONValue => {
      if (typeof value !== 'object' || value === null) return value
      if (Array.isArray(value)) return value.map(walk)
      return Object.fromEntries(
        Object.entries(value).map(([k, v]) => [k, hidesToken(k) ? '[redacted]' : walk(v)]),
      )
    }
    let hidden = 0
    fc.assert(
      fc.property(json, blankRuns, (value, blanks) => {
        const text = spread(stringifyJSON(value), blanks)
        for (const layout of ['strip', 'keep'] as const) {
          const redacted = redactJSON(text, hidesToken, layout)
          expect(isDeepStrictEqual(JSON.parse(redacted), walk(value))).toBe(true)
          if (redacted.includes('[redacted]')) hidden++
        }
      }),
      { numRuns: 1000 },
    )
    expect(hidden).toBeGreaterThan(100)
  })

  it('tells one text of several from another: NDJSON starts anew with each line', () => {
    const paths: string[] = []
    redactJSON('{"a":{"b":1}}\n{"a":2}\n[{"c":3}]', (_, path) => paths.push(path) === 0)
    expect(paths).toEqual(['a', 'a.b', 'a', '0.c'])
  })

  it('tells no path that is longer or deeper than a host would name', () => {
    const told = new Map<string, string>()
    const tell = (name: string, path: string) => told.set(name, path).size === 0
    redactJSON(`{"${'k'.repeat(255)}":{"near":1},"${'k'.repeat(256)}":{"far":{"farther":1}}}`, tell)
    redactJSON(`${'{"a":'.repeat(63)}{"shallow":{"deep":{"deeper":1}},"back":1}`, tell)
    expect(told.get('near')).toBe(`${'k'.repeat(255)}.near`)
    expect(told.get('shallow')).toBe(`${'a.'.repeat(63)}shallow`)
    expect(told.get('back')).toBe(`${'a.'.repeat(63)}back`)
    for (const name of ['far', 'farther', 'deep', 'deeper']) expect(told.get(name)).toBe('')
  })

  const secret =
    '{"user": {"token": ["s3cret", {"s3": "s3\\"}"}]}, "token" : "s3, \\u0073", "b": [true]}'

  it('lets nothing of a hidden value through wherever the text is cut off', () => {
    for (let end = 0; end <= secret.length; end++) {
      for (const layout of ['strip', 'keep'] as const) {
        const redacted = redactJSON(secret.slice(0, end), hidesToken, layout)
        expect(redacted).not.toContain('s3')
        expect(redacted).toContain(secret.slice(0, Math.min(end, 7)))
      }
    }
  })

  it.each([
    ['keys without quotes', '{token: "s3cret", a: 1}'],
    ['single quotes', "{'token': 's3cret, s3', 'a': 1}"],
    ['a comma too few', '{"a": 1 "token": "s3cret"}'],
    ['a quote too many before', '{"a": "x"", "token": "s3cret"}'],
    ['a quote too few before', '{"a": "x, "token": "s3cret"}'],
    ['no braces', '"token": "s3cret"'],
    ['brackets that do not match', '[{"a": [1}, "token": {"a": ["s3cret", "s3"]]}'],
    ['a value that is no JSON', '{"token": s3cret "s3, s3" {"s3": 1}, "a": 1}'],
    ['a comment', '{"a": 1, // it\'s\n "token": "s3cret"}'],
    ['a raw line feed in the value', '{"token": "s3\ncret", "a": 1}'],
  ])('still hides in text that is broken by %s', (_, text) => {
    expect(redactJSON(text, hidesToken)).not.toContain('s3')
    expect(redactJSON(text, hidesToken, 'keep')).not.toContain('s3')
  })

  it('keeps broken text as it came where nothing is hidden, if blanks are kept', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]:,"\'\\a1 \n') }), (text) => {
        expect(redactJSON(text, () => false, 'keep')).toBe(text)
      }),
      { numRuns: 1000 },
    )
  })

  it('takes time in proportion to the text, whatever is nested in it', () => {
    const paths = new Set(['x'])
    const size = 300_000
    const texts = [
      '{"a":'.repeat(size),
      '['.repeat(size * 5),
      `{"${'k'.repeat(10_000)}":{${'"a":1,'.repeat(size)}}}`,
      `"${'\\\\'.repeat(size)}`,
      '"'.repeat(size * 5),
      'a"'.repeat(size * 2),
      `a${' '.repeat(size * 5)}`,
      '{"token":'.repeat(size),
    ]
    for (const text of texts) {
      const started = cpuTime()
      redactJSON(text, (name, path) => name === 'token' || paths.has(path))
      splitJSON(`[${text}`)
      compactJSON(text)
      expect(cpuTime() - started).toBeLessThan(2000)
    }
  })
})
