import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FilePart } from '../src/capture/decoded.ts'
import { compactJSON } from '../src/capture/json-text.ts'
import { stringifyJSON } from '../src/capture/stringify-json.ts'
import type { JSONValue } from '../src/sample/flag-value.ts'
import { bytesOf, decoded, fieldsOf, plain, startCPUWatch } from './decode-job.ts'

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

const json = (text: string) => decoded(text, JSON_TYPE)
const form = (text: string) => decoded(text, FORM_TYPE)
const valueOf = (body: ReturnType<typeof decoded>) => {
  expect(body.kind).toBe('value')
  return plain(body.datum)
}
const fileOf = (body: ReturnType<typeof decoded>) => valueOf(body) as FilePart

describe('JSON bodies', () => {
  it('keep all types apart', () => {
    const text = '{"a":-1.5,"b":"-1.5","c":-0,"d":1e21,"e":true,"f":false,"g":null,"h":""}'
    expect([...fieldsOf(json(text))]).toEqual([
      ['a', -1.5],
      ['b', '-1.5'],
      ['c', -0],
      ['d', { json: '1e21' }],
      ['e', true],
      ['f', false],
      ['g', null],
      ['h', ''],
    ])
    expect(json(text)).toMatchObject({ form: false, truncated: false })
    expect(Object.is(fieldsOf(json(text)).get('c'), -0)).toBe(true)
  })

  it.each([
    ['[1,"a",null]', [1, 'a', null]],
    ['"text"', 'text'],
    ['null', null],
    [' -0 ', -0],
    ['false', false],
    ['[]', []],
  ])('%s is one value', (text, value) => {
    expect(valueOf(json(text))).toEqual(value)
  })

  it.each([
    'application/vnd.api+json; charset=UTF-8',
    'Application/JSON',
    'text/json',
    'application/json;charset="utf-8"',
    'application/problem+json ; x=y',
  ])('are recognised by %s', (type) => {
    expect(fieldsOf(decoded('{"a":1}', type)).get('a')).toBe(1)
  })

  it('keep digits that JavaScript cannot hold', () => {
    const fields = fieldsOf(json('{"n":12345678901234567890,"big":1e400,"neg":-1e400,"f":1.0}'))
    expect([...fields.values()]).toEqual(
      ['12345678901234567890', '1e400', '-1e400', '1.0'].map((text) => ({ json: text })),
    )
  })

  it('keep lone surrogates and NUL', () => {
    const fields = fieldsOf(json('{"s":"\\ud800","t":"\\udc00\\ud83d","u":"\\u0000=1"}'))
    expect([...fields.values()]).toEqual(['\ud800', '\udc00\ud83d', '\0=1'])
  })

  it('keep __proto__ and constructor as ordinary keys', () => {
    const body = json('{"__proto__":{"x":1},"constructor":{"prototype":{"y":1}}}')
    expect(body.entries?.map(([name]) => name)).toEqual(['__proto__', 'constructor'])
    expect(fieldsOf(body).get('__proto__')).toEqual({ x: 1 })
    const nested = json('{ "a": {"__proto__": {"x": 1}} }').entries?.[0]?.[1]
    const { value } = nested as { value: Record<string, unknown> }
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
    expect(({} as Record<string, unknown>)['y']).toBeUndefined()
  })

  it('keep the order of keys, and of repeated keys the last', () => {
    const body = json('{"b":1,"1":{"9":1,"8":2},"a":2,"0":3,"b":4}')
    expect([...fieldsOf(body)]).toEqual([
      ['b', 4],
      ['1', { json: '{"9":1,"8":2}' }],
      ['a', 2],
      ['0', 3],
    ])
    expect(valueOf(json('[{"a":1,"a":2}]'))).toEqual({ json: '[{"a":1,"a":2}]' })
  })

  it('survive any depth as text', () => {
    for (const depth of [5_000, 200_000]) {
      const text = `${'['.repeat(depth)}${']'.repeat(depth)}`
      expect(valueOf(json(text))).toEqual({ json: text })
      expect(fieldsOf(json(`{"a":1, "b":${text}}`)).get('b')).toEqual({ json: text })
      expect(json(text.slice(1)).error).toBe('The body is not valid JSON.')
    }
  })

  it('leave large values to be parsed on first use, but not strings', () => {
    const list = JSON.stringify(Array.from({ length: 60_000 }, (_, index) => index))
    const text = 'x'.repeat(300_000)
    const entries = json(`{"list": ${list}, "text": "${text}", "n": 1}`).entries
    expect(entries).toEqual([
      ['list', { json: list }],
      ['text', { value: text }],
      ['n', { value: 1 }],
    ])
  })

  it('with very many keys are one value', () => {
    const text = `{${Array.from({ length: 20_000 }, (_, index) => `"k${index}":0`).join()}}`
    expect(json(text).kind).toBe('value')
    expect(json(`{${text.slice(1, text.indexOf(',"k10000"'))}}`).entries).toHaveLength(10_000)
  })

  it.each(['{"a":1', 'not json', ' ', '{"a":1}x', '{"a":01}', "{'a':1}", '{"a":1,}', '["\u0001"]'])(
    'that are broken stay text: %s',
    (text) => {
      const body = json(text)
      expect(valueOf(body)).toBe(text)
      expect(body.error).toBe('The body is not valid JSON.')
    },
  )

  it('that are long and broken stay text', () => {
    const long = '1,'.repeat(2000)
    for (const text of [`[${long}]`, `[${long}"\n"]`, `[${long}1}`, `[${long}1]]`, `[${long}+1]`]) {
      expect(valueOf(json(text))).toBe(text)
    }
  })

  it('that are no text become a file', () => {
    const bytes = Buffer.from([0x7b, 0xff, 0xfe])
    const body = decoded(bytes, JSON_TYPE)
    expect(fileOf(body)).toEqual({ name: undefined, type: JSON_TYPE, offset: 0, size: 3 })
    expect(body.error).toBe('The body is not valid in its charset.')
  })

  it('keep the exact text of every value', () => {
    const scalar = fc.oneof(
      fc.constantFrom('-0', '0', '1.0', '1e400', '12345678901234567890', '"a"', '"\ud83d\ude00"'),
      fc.constantFrom('true', 'null', '""', '"{"', '"]"', '"0"'),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(stringifyJSON),
      fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
    )
    const key = fc.constantFrom('"a"', '"b"', '"1"', '"__proto__"', '"é"', '"toString"')
    const { text } = fc.letrec<{ text: string }>((tie) => ({
      text: fc.oneof(
        { depthSize: 'medium' },
        scalar,
        fc.array(tie('text'), { maxLength: 4 }).map((items) => `[ ${items.join(' ,\n')}]`),
        fc
          .array(fc.tuple(key, tie('text')), { maxLength: 4 })
          .map((members) => `{${members.map(([name, value]) => `${name} : ${value}`).join()} }`),
      ),
    }))
    fc.assert(
      fc.property(fc.uniqueArray(key), fc.array(text), (keys, values) => {
        const members = keys.map((name, index) => `${name}: ${values[index] ?? 'null'}`)
        const body = `{${members.join(',\t')}}`
        const entries = json(body).entries?.map(([name, datum]) => {
          const { json: exact, value } = datum as { json?: string; value: JSONValue }
          return `${JSON.stringify(name)}:${exact ?? stringifyJSON(value)}`
        })
        expect(`{${entries?.join()}}`).toBe(compactJSON(body))
      }),
    )
  })
})

describe('redaction', () => {
  const secrets = '{"password":"canary","user":{"Api_Key":"canary","list":[{"TOKEN":"canary"}]}}'

  it('hides values by name at any depth, ignoring case, - and _', () => {
    const fields = fieldsOf(json(secrets))
    expect(fields.get('password')).toBe('[redacted]')
    expect(fields.get('user')).toEqual({ Api_Key: '[redacted]', list: [{ TOKEN: '[redacted]' }] })
  })

  it.each([
    '{"Set-Cookie":"canary"}',
    '{"pass\\u0077ord":"canary"}',
    '{"--to_ken--" : {"a":"canary"}}',
    '{"to\u212aen":"canary"}',
    '{"a":1,"password":"canary',
    '{"password":"canary"',
    "{password:'canary'}",
    '{"a":"\\"password\\":\\"", "password" \n: ["canary"]}',
  ])('finds %s', (text) => {
    for (const type of [JSON_TYPE, undefined]) {
      expect(JSON.stringify(decoded(text, type))).not.toContain('canary')
    }
    expect(JSON.stringify(decoded(text, JSON_TYPE, { truncated: true }))).not.toContain('canary')
  })

  it('hides nothing else', () => {
    const text = '{"max_tokens":5,"passwords":"x","a":"password","tokenize":1}'
    expect(fieldsOf(json(text)).get('max_tokens')).toBe(5)
    expect(JSON.stringify(json(text))).not.toContain('redacted')
  })

  it('keeps to extra names and exemptions', () => {
    const redact = {
      names: ['token', 'secret'],
      extra: ['a/b', 'pin'],
      exempt: ['token', 'user.secret'],
    }
    const body = decoded('{"token":1,"a\\/b":2,"PIN":3,"user":{"secret":4,"token":5}}', JSON_TYPE, {
      redact,
    })
    expect([...fieldsOf(body).values()]).toEqual([
      1,
      '[redacted]',
      '[redacted]',
      { secret: 4, token: '[redacted]' },
    ])
    const fields = fieldsOf(
      decoded('token=1&user[secret]=4&user[token]=5&pin=3', FORM_TYPE, { redact }),
    )
    expect([...fields.values()]).toEqual(['1', '4', '[redacted]', '[redacted]'])
  })

  it('can be off', () => {
    const redact = { names: [], extra: [], exempt: [] }
    expect(fieldsOf(decoded(secrets, JSON_TYPE, { redact })).get('password')).toBe('canary')
  })

  it('covers forms, also cut-off ones', () => {
    const text = 'a=1&password=canary&user[token]=canary&pass%77ord=canary&token=can&Api-Key=canary'
    expect([...fieldsOf(form(text))]).toContainEqual(['user[token]', '[redacted]'])
    for (const truncated of [false, true]) {
      const body = decoded(text, FORM_TYPE, { truncated })
      expect(JSON.stringify(body)).toContain('1')
      expect(JSON.stringify(body)).not.toContain('can')
    }
  })

  it('covers bytes that cannot be decoded, and changes no other byte', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"password":"canary","a":"'),
      Buffer.from([0xff, 0x80]),
    ])
    const { bytes: kept } = fileOf(decoded(bytes, JSON_TYPE))
    expect(Buffer.from(kept as Uint8Array)).toEqual(
      Buffer.concat([Buffer.from('{"password":"[redacted]","a":"'), Buffer.from([0xff, 0x80])]),
    )
    const lines = Buffer.concat([Buffer.from('token=canary&b='), Buffer.from([0xff])])
    expect(bytesOf(fileOf(decoded(lines, FORM_TYPE)), lines).toString('latin1')).toBe(
      'token=[redacted]&b=\u00ff',
    )
  })

  it.each([
    'password: canary',
    '[1] the password: canary, they say',
    '{ password: canary }',
    '{"a":1}\npassword: canary',
    '[["a"] token: canary',
  ])('leaves prose alone: %s', (text) => {
    const shown = text.startsWith('{"') ? text.replace('canary', '"[redacted]"') : text
    expect(valueOf(decoded(text, 'text/plain'))).toBe(shown)
  })

  it.each([
    ' {"password" : "canary"}',
    '[[1],{"token":"canary"}]',
    '\ufeff{"password":"canary"}',
    '[ {"token":"canary", "a":',
    '{"password":"canary',
  ])('finds what text hides that is JSON: %s', (text) => {
    for (const more of [{}, { truncated: true }, { unfinished: true }]) {
      const kept = valueOf(decoded(text, 'text/plain', more)) as string
      expect(kept).not.toContain('canary')
      expect(kept.replace('"[redacted]"', '"canary"')).toContain(
        text.replace('\ufeff', '').replace(/canary$/, 'canary"'),
      )
    }
  })

  it('finds it in bytes that are no text, too', () => {
    const text = '\xef\xbb\xbf {"password":"canary","a":"\xff"}'
    const bytes = Buffer.from(text, 'latin1')
    for (const type of ['text/plain', undefined]) {
      const file = fileOf(decoded(bytes, type))
      expect(bytesOf(file, bytes).toString('latin1')).toBe(text.replace('canary', '[redacted]'))
    }
    const other = Buffer.from('[\xff password: canary', 'latin1')
    expect(bytesOf(fileOf(decoded(other)), other)).toEqual(other)
  })

  it('finds names that are not in ASCII in bytes that are no text', () => {
    const redact = { names: [], extra: ['größe'], exempt: [] }
    const bytes = Buffer.concat([Buffer.from('{"Grö-ße":"canary","a":"'), Buffer.from([0xff])])
    const kept = bytesOf(fileOf(decoded(bytes, JSON_TYPE, { redact })), bytes)
    expect(kept.toString()).toContain('"Grö-ße":"[redacted]"')
  })

  it('finds it in UTF-16 that is broken', () => {
    const bytes = Buffer.from('\ufeff{"password":"canary","a":"\ud800', 'utf16le')
    for (const rest of [[], [0x22]]) {
      const body = Buffer.concat([bytes, Buffer.from(rest)])
      const kept = bytesOf(fileOf(decoded(body, 'application/json; charset=utf-16le')), body)
      const shown = '\ufeff{"password":"[redacted]","a":"\ud800'
      expect(kept).toEqual(Buffer.concat([Buffer.from(shown, 'utf16le'), Buffer.from(rest)]))
    }
  })

  it('finds it in the JSON of a form field, where it may be exempt', () => {
    const redact = { names: ['token'], extra: [], exempt: ['meta.token'] }
    const fields = fieldsOf(
      decoded('meta={"token":1}&other={"token":2}&token=3', FORM_TYPE, { redact }),
    )
    expect([...fields.values()]).toEqual(['{"token":1}', '{"token":"[redacted]"}', '[redacted]'])
  })

  it('does not look into JSON within the strings of JSON', () => {
    const text = JSON.stringify({ body: '{"password":"seen"}' })
    expect(fieldsOf(json(text)).get('body')).toBe('{"password":"seen"}')
  })
})

describe('urlencoded bodies', () => {
  it('are fields of strings, repeated names lists', () => {
    const body = form('a=1&a=2&b=&c&=d&e=x+y%20z%E2%82%AC&__proto__=p&f=a=b')
    expect([...fieldsOf(body)]).toEqual([
      ['a', ['1', '2']],
      ['b', ''],
      ['c', ''],
      ['', 'd'],
      ['e', 'x y z€'],
      ['__proto__', 'p'],
      ['f', 'a=b'],
    ])
    expect(body.form).toBe(true)
  })

  it('with broken escapes do not throw', () => {
    const fields = fieldsOf(form('a=%&b=%zz&%ff=%fe&c[b=1&d=%e2%82'))
    expect([...fields]).toEqual([
      ['a', '%'],
      ['b', '%zz'],
      ['\ufffd', '\ufffd'],
      ['c[b', '1'],
      ['d', '\ufffd'],
    ])
  })

  it('build nothing from brackets', () => {
    const fields = fieldsOf(form('a[__proto__]=b&a[__proto__]&a[length]=100000000&x[]=1&x[]=2'))
    expect([...fields.keys()]).toEqual(['a[__proto__]', 'a[length]', 'x[]'])
    expect(({} as Record<string, unknown>)['b']).toBeUndefined()
  })

  it.each([
    ['names', (index: number) => `f${index}=1`],
    ['one list', () => 'a[]=1'],
    ['nested names', (index: number) => `a${'[b]'.repeat(60)}${index}=1`],
  ])('stop at the limit of fields: %s', (_, pair) => {
    const body = form(Array.from({ length: 10_000 }, (_none, index) => pair(index)).join('&'))
    const values = [...fieldsOf(body).values()].flat()
    expect(values).toHaveLength(256)
    expect(body.truncated).toBe(true)
  })

  it('of ampersands only are read in no time', () => {
    const cpuTime = startCPUWatch()
    expect(form('&'.repeat(15_000))).toMatchObject({
      kind: 'fields',
      entries: [],
      truncated: false,
    })
    expect(cpuTime()).toBeLessThan(100)
  })
})

describe('text and binary bodies', () => {
  it.each(['text/plain', 'text/csv; charset=utf-8', 'application/xml', 'application/javascript'])(
    'are text of type %s',
    (type) => {
      expect(valueOf(decoded('a,é', type))).toBe('a,é')
    },
  )

  it('are files of other types, also where these are written as text', () => {
    expect(valueOf(decoded('<svg/>', 'image/svg+xml'))).toMatchObject({ type: 'image/svg+xml' })
  })

  it.each([
    ['latin1', Buffer.from('é', 'latin1')],
    ['ISO-8859-1', Buffer.from('é', 'latin1')],
    ['utf-16', Buffer.from('é', 'utf16le')],
    ['utf-16le', Buffer.from('\ufeffé', 'utf16le')],
    ['"UTF-8"', Buffer.from('\ufeffé')],
    ['no-such-charset', Buffer.from('é')],
  ])('are read in the charset %s', (charset, bytes) => {
    expect(valueOf(decoded(bytes, `text/plain; charset=${charset}`))).toBe('é')
    expect(valueOf(decoded(Buffer.from('"a"'), `application/json; charset=us-ascii`))).toBe('a')
  })

  it('are cut at the boundary of whichever character it is', () => {
    const text = 'aé日😀\ufeffz'
    const bytes = Buffer.from(text)
    const ends = [...text].map((_, index, all) => all.slice(0, index + 1).join(''))
    for (let cut = 1; cut <= bytes.length; cut++) {
      const body = decoded(bytes.subarray(0, cut), 'text/plain', { truncated: true })
      const whole = ends.findLast((end) => Buffer.byteLength(end) <= cut)
      expect(valueOf(body)).toBe(whole)
    }
  })

  it('are cut at a character boundary', () => {
    const bytes = Buffer.from(`${'x'.repeat(1000)}😀`)
    const body = decoded(bytes.subarray(0, 1002), 'text/plain', { truncated: true })
    expect(body).toEqual({
      kind: 'value',
      datum: { value: 'x'.repeat(1000) },
      form: false,
      truncated: true,
    })
  })

  it('are files if they are not text', () => {
    const bytes = Buffer.alloc(256_000).map((_, index) => index % 256)
    const octets = decoded(bytes, 'application/octet-stream')
    expect(bytesOf(fileOf(octets), bytes).equals(bytes)).toBe(true)
    expect(octets.error).toBeUndefined()
    expect(fileOf(decoded(bytes, 'image/PNG')).type).toBe('image/png')
    expect(fileOf(decoded(bytes)).type).toBe('application/octet-stream')
    const lies = decoded(bytes, 'text/plain')
    expect(fileOf(lies)).toMatchObject({ size: 256_000, type: 'text/plain' })
    expect(lies.error).toBe('The body is not valid in its charset.')
  })

  it('over the limit of a file are cut', () => {
    const limits = { fields: 1, files: 1, fileBytes: 10, interactionBytes: 100 }
    const body = decoded(Buffer.alloc(20), 'image/png', { limits })
    expect(fileOf(body).size).toBe(10)
    expect(body.truncated).toBe(true)
  })

  it('without a type are JSON, text or a file', () => {
    expect(fieldsOf(decoded('{"a":1}')).get('a')).toBe(1)
    expect(valueOf(decoded('hello'))).toBe('hello')
    expect(valueOf(decoded('a\0b'))).toMatchObject({ size: 3 })
    expect(valueOf(decoded(Buffer.from([0x9f, 1, 0xee, 0, 0xc0])))).toMatchObject({ size: 5 })
    expect(fieldsOf(decoded('{"a":1}', 'garbage')).get('a')).toBe(1)
  })

  it.each([undefined, JSON_TYPE, FORM_TYPE, 'text/event-stream', 'image/png'])(
    'of no bytes are empty: %s',
    (type) => {
      expect(decoded('', type)).toEqual({ kind: 'empty', form: false, truncated: false })
    },
  )

  it('that were cut off keep their text and say so', () => {
    for (const [type, text] of [
      [JSON_TYPE, '{"a":1}'],
      [FORM_TYPE, 'a=1&b=%'],
    ] as const) {
      const body = decoded(text, type, { truncated: true })
      expect(valueOf(body)).toBe(text)
      expect(body).toMatchObject({ truncated: true, error: 'The body is cut off.' })
    }
  })
})

describe('content codings', () => {
  const text = JSON.stringify({ a: 'x'.repeat(5000), b: [1, 2, 3] })
  const codings = [
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
    ['br, identity ,GZIP', gzipSync(brotliCompressSync(text))],
  ] as const

  it.each(codings)('are undone: %s', (contentEncoding, bytes) => {
    expect(fieldsOf(decoded(bytes, JSON_TYPE, { contentEncoding })).get('b')).toEqual([1, 2, 3])
  })

  it.each(codings)('are not taken at their word: %s', (contentEncoding) => {
    for (const plainText of ['{"a":1}', '{}', '"x^2"', ';;', 'x^', '\u00e9', 'x']) {
      expect(valueOf(decoded(plainText, 'text/plain', { contentEncoding }))).toBe(plainText)
    }
  })

  it('are left alone without the header', () => {
    const bytes = gzipSync(text)
    expect(bytesOf(fileOf(decoded(bytes, 'application/gzip')), bytes)).toEqual(bytes)
    const twice = decoded(gzipSync(bytes), 'application/gzip', { contentEncoding: 'gzip' })
    expect(bytesOf(fileOf(twice), Buffer.alloc(0))).toEqual(bytes)
  })

  it('of binary bodies give files with bytes of their own', () => {
    const image = Buffer.from([0x89, 0x50, 0, 1, 2])
    const body = decoded(gzipSync(image), 'image/png', { contentEncoding: 'gzip' })
    const { bytes, offset, size } = fileOf(body)
    expect(bytes).toEqual(new Uint8Array(image))
    expect([offset, size]).toEqual([0, 5])
  })

  it('of no bytes are empty', () => {
    for (const [contentEncoding, bytes] of [
      ['gzip', gzipSync('')],
      ['br', brotliCompressSync('')],
      ['deflate', deflateSync('')],
    ] as const) {
      expect(decoded(bytes, JSON_TYPE, { contentEncoding }).kind).toBe('empty')
    }
  })

  it('that end early give what can be read', () => {
    for (const [contentEncoding, bytes] of codings.slice(0, 5)) {
      const half = bytes.subarray(0, bytes.length - 4)
      const body = decoded(half, 'text/plain', { contentEncoding })
      expect(text.startsWith(valueOf(body) as string)).toBe(true)
      expect(body.truncated).toBe(true)
    }
  })

  it('are kept, with the reason, where they cannot be undone', () => {
    const bomb = gzipSync(Buffer.alloc(1_000_000))
    const broken = Buffer.concat([bomb.subarray(0, 30), Buffer.from('zzzzzz'), bomb.subarray(36)])
    const zstd = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 1])
    const limits = { fields: 9, files: 9, fileBytes: 1e6, interactionBytes: 1000 }
    for (const [bytes, contentEncoding, error] of [
      [bomb, 'gzip', 'The body is too large without its content coding.'],
      [gzipSync(bomb), 'gzip,gzip', 'The body is too large without its content coding.'],
      [broken, 'gzip', 'The content coding of the body is broken.'],
      [zstd, 'zstd', 'The body is coded with zstd, which is not undone.'],
      [bomb, 'br,br,gzip,gzip', 'The body has more than 3 content codings.'],
    ] as const) {
      const body = decoded(bytes, JSON_TYPE, { contentEncoding, limits })
      expect(body.error).toBe(error)
      expect(bytesOf(fileOf(body), bytes)).toEqual(bytes)
    }
  })
})
