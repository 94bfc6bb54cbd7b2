import fc from 'fast-check'
import type { JSONValue } from '@flagging/core'

/** What starts a formula. */
export const TRIGGERS: string[] = [
  '=',
  '+',
  '-',
  '@',
  '\t',
  '\r',
  '\n',
  '\0',
  ...'＝＋－＠\u2212\ufe62\ufe63\ufe66\ufe6b',
]
const INVISIBLE = [
  ' ',
  '\u00a0',
  '\u3000',
  '\u200b',
  '\u200d',
  '\u2060',
  '\ufeff',
  '\u00ad',
  '\x01',
]

/** A short text of any characters. */
export const short: fc.Arbitrary<string> = fc.string({ unit: 'binary', maxLength: 8 })
/** What looks like the path of a file of ours. */
export const path: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('im', 'num 1', '日本', "it's", '..', '.hidden', '=a', 'a\\b', ''),
    fc.constantFrom('0', '7', '7-1', '07', '7-01', '-1', '1e3', '999999999999999999'),
    fc.constantFrom('png', 'txt', 'PNG', '', 'tar.gz', 'abcdefghijklmnopq'),
  )
  .map(([folder, n, ext]) => `${folder}/${n}.${ext}`)
/** What has the form of one. */
export const goodPath: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('im', 'num 1', '日本'), fc.nat(), fc.constantFrom('png', 'bin'))
  .map(([folder, n, ext]) => `${folder}/${n}.${ext}`)

/** Texts that something along the way may take for something else. */
export const hostile = {
  trigger: fc.tuple(fc.constantFrom(...TRIGGERS), short).map(([a, b]) => a + b),
  hiddenTrigger: fc
    .tuple(
      fc.array(fc.constantFrom(...INVISIBLE), { minLength: 1, maxLength: 3 }),
      fc.constantFrom(...TRIGGERS),
      short,
    )
    .map(([blanks, trigger, rest]) => blanks.join('') + trigger + rest),
  mark: fc.tuple(fc.constantFrom("'", '"', "''", '""', "'=", '"='), short).map(([a, b]) => a + b),
  loneSurrogate: fc
    .tuple(short, fc.constantFrom('\ud800', '\udfff', '\udc00\ud83d'), short)
    .map((parts) => parts.join('x')),
  nul: fc.tuple(short, short).map((parts) => parts.join('\0')),
  path: goodPath,
  nearlyPath: path,
  pathList: fc.array(goodPath, { minLength: 1, maxLength: 3 }).map((list) => JSON.stringify(list)),
  numberLike: fc.oneof(
    fc.constantFrom('-1.5', '-0', '007', '1e400', '-1e400', '1e3', '+1', '1.', '.5', '0x1', '１'),
    fc.constantFrom('12345678901234567890', 'NaN', 'Infinity', ' 1', '1 ', '1\n', '- 1'),
    fc.double().map(String),
  ),
  jsonLike: fc.oneof(
    fc.constantFrom('true', 'false', 'null', '{}', '[]', '{"a":1}', '[1,', '{a}', '[x]', '[ 1 ]'),
    fc.constantFrom(
      '"a"',
      '"',
      '{"__proto__":{"x":1}}',
      ' null',
      'True',
      '[ "im/0.png","im/1.png"]',
    ),
    fc.json(),
  ),
  separator: fc
    .tuple(short, fc.constantFrom(',', ';', '\t', '|', '\n', '\r', '\r\n', '"', '",', ',='), short)
    .map((parts) => parts.join('a')),
  edgeBlank: fc.tuple(fc.constantFrom('', ' ', '\ufeff'), short).map(([a, b]) => `${a}${b} `),
  empty: fc.constant(''),
} satisfies Record<string, fc.Arbitrary<string>>

export type Kind = keyof typeof hostile | 'minusZero' | 'prototypeKey' | 'pathArray' | 'nested'
/** How many of each kind have been made. */
export const seen: Map<Kind, number> = new Map<Kind, number>()
const count = (kind: Kind) => seen.set(kind, (seen.get(kind) ?? 0) + 1)

/** Any text. */
export const text: fc.Arbitrary<string> = fc
  .oneof(
    fc.string({ unit: 'grapheme' }).map((value) => ({ kind: undefined, value })),
    ...Object.entries(hostile).map(([kind, values]) =>
      values.map((value) => ({ kind: kind as Kind, value })),
    ),
  )
  .map(({ kind, value }) => {
    if (kind !== undefined) count(kind)
    return value
  })

/** Any JSON value. */
export const { json } = fc.letrec<{ json: JSONValue }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.constantFrom<JSONValue>(null, true, false, 0, 1.5, -1.5, 1e21, 5e-324),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constant(-0).map((value) => (count('minusZero'), value)),
    fc.array(goodPath, { minLength: 1, maxLength: 3 }).map((list) => (count('pathArray'), list)),
    fc.array(tie('json'), { maxLength: 3 }).map((list) => (count('nested'), list)),
    fc
      .array(
        fc.tuple(fc.oneof(fc.constantFrom('__proto__', 'constructor', ''), text), tie('json')),
        {
          maxLength: 3,
        },
      )
      .map((members) => {
        if (members.some(([name]) => name === '__proto__')) count('prototypeKey')
        return Object.fromEntries(members)
      }),
  ),
}))
