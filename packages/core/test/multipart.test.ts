import busboy from 'busboy'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bodyBytes } from '../src/capture/body-bytes.ts'
import type { Decoded, DecodeLimits, FilePart } from '../src/capture/decoded.ts'
import { decode } from '../src/capture/decode.ts'
import { decodeMultipart } from '../src/capture/multipart.ts'
import { bytesOf, fieldsOf, jobOf, plain, startCPUWatch } from './decode-job.ts'

const TYPE = 'multipart/form-data; boundary=X'
const END = '--X--\r\n'
const TEXT = 'Content-Type: text/plain'

function part(disposition: string, header: string, data: string): string {
  const headers = `Content-Disposition: form-data; ${disposition}\r\n${header && `${header}\r\n`}`
  return `--X\r\n${headers}\r\n${data}\r\n`
}

async function read(
  body: string | Uint8Array,
  type: string = TYPE,
  limits: Partial<DecodeLimits> = {},
): Promise<Decoded> {
  const job = jobOf(body, type)
  return decodeMultipart(bodyBytes(job.source), type, { ...job.limits, ...limits }, job.redact)
}

async function fields(body: string | Uint8Array): Promise<Map<string, unknown>> {
  return fieldsOf(await read(body))
}

/** What is given for a body that is kept as it came. */
function rawOf(body: string | Uint8Array): unknown {
  const size = Buffer.byteLength(body)
  const file = { name: undefined, type: 'multipart/form-data', offset: 0, size }
  const error = expect.stringMatching(/^[A-Z][a-z -]+\.$/) as unknown
  return { kind: 'value', datum: { file }, form: false, truncated: false, error }
}

describe('the parts of a form', () => {
  it('are fields', async () => {
    const body = await read(part('name="a"', '', 'd') + END)
    expect(body).toEqual({
      kind: 'fields',
      entries: [['a', { value: 'd' }]],
      form: true,
      truncated: false,
    })
  })

  it('are files if they have a file name, whatever their type', async () => {
    const body = Buffer.from(part('name="a"; filename="x.txt"', '', 'd') + END)
    const file = (await fields(body)).get('a') as FilePart
    expect(file).toMatchObject({ name: 'x.txt', type: 'application/octet-stream', size: 1 })
    expect(bytesOf(file, body).toString()).toBe('d')
  })

  it('are fields without one, also with a type', async () => {
    const meta = part('name="meta"', 'Content-Type: application/json', '{"k":1}')
    const file = part('name="f"; filename="a.PNG"', 'content-type: image/PNG; x=y', 'é')
    const found = await fields(meta + file + END)
    expect(found.get('meta')).toBe('{"k":1}')
    expect(found.get('f')).toMatchObject({ name: 'a.PNG', type: 'image/png', size: 2 })
  })

  it('are empty files where nothing was selected, or where the file is empty', async () => {
    const none = part('name="a"; filename=""', 'Content-Type: application/octet-stream', '')
    const empty = part('name="b"; filename="e.txt"', TEXT, '')
    const found = await fields(none + empty + END)
    expect(found.get('a')).toMatchObject({ name: '', size: 0 })
    expect(found.get('b')).toMatchObject({ name: 'e.txt', size: 0, type: 'text/plain' })
  })

  it('are lists where names repeat', async () => {
    const file = (name: string) => part(`name="f"; filename="${name}"`, TEXT, name)
    const found = await fields(
      part('name="a"', '', '1') + file('x') + part('name="a"', '', '2') + file('yy') + END,
    )
    expect(found.get('a')).toEqual(['1', '2'])
    expect(found.get('f')).toMatchObject([{ name: 'x' }, { name: 'yy', size: 2 }])
  })

  it('are kept apart where one name has texts and files', async () => {
    const body = await read(
      part('name="a"', '', 'text') +
        part('name="a"; filename="x"', TEXT, 'file') +
        part('name="a 2"', '', 'other') +
        END,
    )
    expect(body.entries?.map(([name, datum]) => [name, plain(datum)])).toEqual([
      ['a 3', 'text'],
      ['a', expect.objectContaining({ name: 'x', size: 4 })],
      ['a 2', 'other'],
    ])
  })

  it('keep names that objects have of their own', async () => {
    const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', '']
    const texts = names.map((name) => part(`name="${name}"`, '', name)).join('')
    expect([...(await fields(texts + END))]).toEqual(names.map((name) => [name, name]))
    const files = names.map((name) => part(`name="${name}"; filename="f"`, TEXT, name)).join('')
    expect([...(await fields(files + END)).keys()]).toEqual(names)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('may have headers that objects have of their own', async () => {
    for (const name of ['constructor', 'toString', 'valueOf']) {
      const found = await fields(part('name="a"', `${name}: polluted`, 'd') + END)
      expect(found.get('a')).toBe('d')
    }
    const raw = part('name="a"', '__proto__: x', 'd') + END
    expect(await read(raw)).toEqual(rawOf(raw))
  })

  it('lie between preamble and epilogue', async () => {
    const found = await fields(`preamble\r\n${part('name="a"', '', 'd')}${END}epilogue --X--`)
    expect([...found]).toEqual([['a', 'd']])
  })

  it('may be none, or nameless', async () => {
    expect((await fields(END)).size).toBe(0)
    expect([...(await fields(`--X\r\n\r\nd\r\n${END}`))]).toEqual([['', 'd']])
  })

  it('keep every byte, also of what looks like a boundary', async () => {
    const contents = ['--Y--', '\r\n', '\r\n--', '\r\n--Y', '\r\n--X-', '\r\n--X!', '\r\r\r\n\n']
    for (const content of [...contents, `${contents.join('')}\r\n--X\rx`.repeat(5000)]) {
      const body = Buffer.from(part('name="a"; filename="f"', '', content) + END)
      const file = (await fields(body)).get('a') as FilePart
      expect(bytesOf(file, body).equals(Buffer.from(content))).toBe(true)
      const texts = await fields(part('name="a"', '', content) + END)
      expect(texts.get('a') === content).toBe(true)
    }
  })

  it('that are no UTF-8 are files, unless they name their charset', async () => {
    const [before = '', after = ''] = (part('name="a"', '', '@') + END).split('@')
    const bytes = Buffer.concat([Buffer.from(before), Buffer.from([0xe9]), Buffer.from(after)])
    expect((await fields(bytes)).get('a')).toMatchObject({ name: undefined, size: 1 })
    const named = part('name="a"', 'Content-Type: text/plain; charset=iso-8859-1', '\xe9') + END
    expect((await fields(Buffer.from(named, 'latin1'))).get('a')).toBe('é')
  })

  it('in base64 have bytes of their own', async () => {
    const content = Buffer.from(Array.from({ length: 200 }, (_, index) => index))
    const lines = content.toString('base64').replace(/.{76}/g, '$&\r\n')
    const coding = 'Content-Transfer-Encoding: BASE64'
    const found = await fields(
      part('name="a"; filename="f"', coding, lines) + part('name="b"', coding, 'aGk=') + END,
    )
    expect(found.get('a')).toMatchObject({ offset: 0, size: 200 })
    expect(Buffer.from((found.get('a') as { bytes: Uint8Array }).bytes)).toEqual(content)
    expect(found.get('b')).toBe('hi')
  })
})

describe('file names', () => {
  it.each([
    [String.raw`filename="C:\dir\x.txt"`, 'C:\\dir\\x.txt'],
    [String.raw`filename="a \"b\".txt"`, 'a "b".txt'],
    ['filename="a%22b%0D%0Ac%20.txt"', 'a"b\r\nc%20.txt'],
    [String.raw`filename="x\"`, 'x\\'],
    ['filename=plain.txt', 'plain.txt'],
    ['filename="naïve 😀.txt"', 'naïve 😀.txt'],
    [`filename="x"; filename*=UTF-8''%e2%82%ac%20rates.txt`, '€ rates.txt'],
    [`filename*=iso-8859-1'en'%A3.txt; filename="x"`, '£.txt'],
    [`filename="x"; filename*=UTF-8''%ff`, 'x'],
    ['filename="x; name=evil"', 'x; name=evil'],
    ['FileName="x"', 'x'],
    ['filename="../../etc/passwd"', '../../etc/passwd'],
    ['filename="&#0046;&#0046;&#0047;x"', '&#0046;&#0046;&#0047;x'],
    [`filename="${'n'.repeat(4096)}"`, 'n'.repeat(4096)],
  ])('%s', async (parameter, name) => {
    for (const disposition of [`name="a"; ${parameter}`, `${parameter}; name="a"`]) {
      const found = await fields(part(disposition, '', 'd') + END)
      expect([...found]).toEqual([['a', expect.objectContaining({ name, size: 1 })]])
    }
  })
})

describe('bodies that are kept as they came', () => {
  const body = part('name="a"', '', 'd')

  it.each([
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=""',
    `multipart/form-data; boundary=${'X'.repeat(71)}`,
    'multipart/form-data; boundary="X\\"Y"',
    'multipart/form-data; boundary=Ä',
  ])('for their boundary: %s', async (type) => {
    expect(await read(body + END, type)).toEqual(rawOf(body + END))
  })

  it.each([
    ['no closing boundary', body],
    ['a closing boundary that is cut', `${body}--X-`],
    ['a boundary that is none', `${body}--XY--`],
    ['headers that are cut', '--X\r\nContent-Disp'],
    ['headers that do not end', `--X\r\nContent-Disposition: form-data; name="a"\r\n--X--`],
    ['a header that starts with a blank', `--X\r\n${body.slice(5).replace('C', ' C')}${END}`],
    ['a header without colon', `--X\r\nnonsense\r\n\r\n\r\n${END}`],
    ['a header without name', `--X\r\n: x\r\n\r\n\r\n${END}`],
    ['a transfer encoding', part('name="a"', 'Content-Transfer-Encoding: x-none', 'd') + END],
    ['line feeds alone', (body + END).replaceAll('\r\n', '\n')],
    ['anything else', 'hello'],
    ['a boundary in mid-line', `x${body}${END}`],
    ['a boundary where content should start', `--X\r\n\r\n${body}${END}`],
    ['an end before its parts', `${END}${body}${END}`],
    ['an end that is none', `${body}--X--x`],
  ])('for %s', async (_, text) => {
    expect(await read(text)).toEqual(rawOf(text))
  })

  it('for headers over 16 KiB', async () => {
    const raw = part('name="a"', `X: ${'x'.repeat(17_000)}`, 'd') + END
    expect(await read(raw)).toEqual(rawOf(raw))
    const cpuTime = startCPUWatch()
    const long = `--X\r\nX: ${'x'.repeat(30_000_000)}`
    expect(await read(long)).toEqual(rawOf(long))
    expect(cpuTime()).toBeLessThan(1000)
  })

  it('for having been cut off', async () => {
    const job = jobOf(body + END, TYPE, { truncated: true })
    const raw = await decode(job, job.source)
    expect(raw).toMatchObject({ truncated: true, error: 'The body is cut off.' })
    expect(plain(raw.datum)).toMatchObject({ size: job.source.length })
  })
})

describe('hidden fields', () => {
  const secret =
    part('name="user[password]"', '', 'canary') +
    part('name="Api-Key"; filename="k"', TEXT, 'canary') +
    part('name="meta"', 'Content-Type: application/json', '{"token":"canary","a":1}') +
    part('name="a"', '', 'seen')

  it('are replaced', async () => {
    expect([...(await fields(secret + END))]).toEqual([
      ['user[password]', '[redacted]'],
      ['Api-Key', '[redacted]'],
      ['meta', '{"token":"[redacted]","a":1}'],
      ['a', 'seen'],
    ])
  })

  it('are found in fields that are JSON by their type or by themselves, not in files', async () => {
    const typed = part(
      'name="a"',
      'Content-Type: application/json',
      '{"x":"\xff","token":"canary"}',
    )
    const plainJSON = part('name="b"', '', '[{"token":"canary"}]')
    const file = part('name="f"; filename="x.json"', TEXT, '{"token":"canary"}')
    const body = Buffer.from(typed + plainJSON + file + END, 'latin1')
    const found = await fields(body)
    const shown = (name: string) => bytesOf(found.get(name) as FilePart, body).toString('latin1')
    expect(shown('a')).toBe('{"x":"\xff","token":"[redacted]"}')
    expect(found.get('b')).toBe('[{"token":"[redacted]"}]')
    expect(shown('f')).toBe('{"token":"canary"}')
  })

  it.each([
    [
      'with a header of two lines',
      part('name="token"', '', 'canary').replace('; ', ';\r\n ') + END,
      TYPE,
    ],
    [
      'with a blank before a colon',
      part('name="token"', '', 'canary').replace(':', ' :') + END,
      TYPE,
    ],
    ['cut off', `${secret}${part('name="token"', '', 'canary').slice(0, -3)}`, TYPE],
    ['without boundary', secret + END, 'multipart/form-data'],
    ['with line feeds alone', (secret + END).replaceAll('\r\n', '\n'), TYPE],
    ['with a false end', part('name="token"', '', 'x\r\n--canary'), TYPE],
  ])('are replaced in a body %s', async (_, text, type) => {
    const body = Buffer.from(text)
    const file = plain((await read(body, type)).datum) as FilePart
    const kept = bytesOf(file, body).toString()
    expect(kept).not.toContain('canary')
    expect(kept).toContain('[redacted]')
    expect(kept.includes('seen')).toBe(text.includes('seen'))
  })
})

describe('limits', () => {
  it('keep the first fields of very many', async () => {
    const many = Array.from({ length: 10_001 }, (_, index) => part(`name="f${index}"`, '', '1'))
    const cpuTime = startCPUWatch()
    const body = await read(many.join('') + END)
    expect(cpuTime()).toBeLessThan(1000)
    expect(body.truncated).toBe(true)
    expect(body.entries?.map(([name]) => name)).toEqual(
      Array.from({ length: 256 }, (_, index) => `f${index}`),
    )
  })

  it('keep the first files of very many, and files behind many fields', async () => {
    const file = part('name="f"; filename="x"', TEXT, '')
    const body = await read(file.repeat(3000) + END)
    expect((fieldsOf(body).get('f') as unknown[]).length).toBe(20)
    expect(body.truncated).toBe(true)
    const mixed = await read(part('name="a"', '', '1').repeat(300) + file + END)
    expect(fieldsOf(mixed).get('f')).toMatchObject({ name: 'x' })
    expect((fieldsOf(mixed).get('a') as unknown[]).length).toBe(256)
  })

  it('are not reached by exactly as many', async () => {
    const file = part('name="f"; filename="x"', TEXT, 'd')
    const body = await read(file.repeat(2) + part('name="a"', '', '1').repeat(3) + END, TYPE, {
      fields: 3,
      files: 2,
      fileBytes: 1,
    })
    expect(body.truncated).toBe(false)
  })

  it('cut a file that is too large', async () => {
    const body = await read(part('name="f"; filename="x"', TEXT, 'abc') + END, TYPE, {
      fileBytes: 2,
    })
    expect(fieldsOf(body).get('f')).toMatchObject({ size: 2 })
    expect(body.truncated).toBe(true)
  })
})

describe('against other implementations', () => {
  // Browsers do not escape a backslash, other clients do: nobody can tell what two of them are.
  const text = fc
    .string({ unit: 'grapheme-ascii', maxLength: 20 })
    .map((name) => name.replaceAll('\\', ''))
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 50 }),
    fc
      .array(fc.constantFrom(13, 10, 45, 88), { maxLength: 50 })
      .map((list) => Uint8Array.from(list)),
    fc.constant(Buffer.alloc(20_000, '\r\n')),
  )

  it('reads what the platform writes', async () => {
    const field = fc.oneof(fc.tuple(text, fc.string()), fc.tuple(text, bytes, text))
    const property = fc.asyncProperty(fc.array(field, { maxLength: 8 }), async (list) => {
      const given = new FormData()
      for (const [index, [name, content, filename]] of list.entries()) {
        if (typeof content === 'string') given.append(`${index}${name}`, content)
        else given.append(`${index}${name}`, new Blob([content]), `f${filename}`)
      }
      const request = new Response(given)
      const body = Buffer.from(await request.clone().arrayBuffer())
      const found = fieldsOf(await read(body, request.headers.get('content-type') ?? ''))
      const contents = [...found].map(([name, value]): Content => {
        if (typeof value === 'string') return [name, value]
        const file = value as FilePart
        return [name, file.name ?? '', bytesOf(file, body).toString('hex')]
      })
      const expected = [...(await request.formData())].map(
        async ([name, value]): Promise<Content> => {
          if (typeof value === 'string') return [name, value]
          return [name, value.name, Buffer.from(await value.arrayBuffer()).toString('hex')]
        },
      )
      expect(contents).toEqual(await Promise.all(expected))
    })
    await fc.assert(property, { numRuns: 150 })
  })

  it('keeps a body as it came of which a part says twice what it is', async () => {
    const twice =
      '--X\r\nContent-Disposition: form-data; name="a"\r\n' +
      'content-disposition: form-data; name="b"; filename="f"\r\n\r\nd\r\n'
    const body = await read(twice + END)
    expect(body).toMatchObject({ kind: 'value', error: expect.stringContaining('twice') as string })
  })

  it('sees the fields and files that busboy sees, or keeps the body as it came', async () => {
    const pieces = [
      ['--X\r\n', '\r\n', '\r', '\n', 'x', '-', ': ', 'name="a"', 'name=b', 'filename="f"', '; '],
      ['Content-Disposition: form-data; name="a"\r\n', `${TEXT}\r\n`],
      [part('name="b"; filename="f"', '', 'd'), part('name="c"', TEXT, 'd')],
    ]
    const piece = fc.constantFrom(...pieces.flat())
    const property = fc.asyncProperty(fc.array(piece, { maxLength: 14 }), async (chosen) => {
      const body = Buffer.from(chosen.join('') + END)
      const mine = await read(body)
      if (mine.kind !== 'fields') return
      const theirs = await busboyKinds(body)
      const kinds = mine.entries?.flatMap(([name, datum]) => {
        const list = 'files' in datum ? datum.files : [plain(datum)].flat()
        return list.map(() => `${name.replace(/ \d$/, '')}:${'value' in datum ? 'text' : 'file'}`)
      })
      expect(kinds?.filter((kind) => !kind.startsWith(':')).sort()).toEqual(theirs.sort())
    })
    await fc.assert(property, { numRuns: 1500 })
  })
})

type Content = readonly string[]

function busboyKinds(body: Buffer): Promise<string[]> {
  return new Promise((resolve) => {
    const kinds: string[] = []
    const parser = busboy({ headers: { 'content-type': TYPE } })
    parser.on('field', (name) => kinds.push(`${name}:text`))
    parser.on('file', (name, stream) => {
      kinds.push(`${name}:file`)
      stream.resume()
    })
    parser.on('error', () => resolve(kinds))
    parser.on('close', () => resolve(kinds))
    parser.end(body)
    // Of some bodies it never sees the end.
    setTimeout(() => resolve(kinds), 100)
  })
}
