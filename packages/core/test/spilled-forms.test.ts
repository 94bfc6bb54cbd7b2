import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { BodyBytes } from '../src/capture/body-bytes.ts'
import { decodeForm } from '../src/capture/decode.ts'
import type { DecodeJob, Decoded, FilePart } from '../src/capture/decoded.ts'
import { Decoder } from '../src/capture/decoder.ts'
import { FileBytes } from '../src/capture/file-bytes.ts'
import { rawForm } from '../src/capture/raw-body.ts'
import { bytesOf, fieldsOf, jobOf, plain } from './decode-job.ts'

const TYPE = 'multipart/form-data; boundary=X'
const END = '--X--\r\n'
const MIB = 1024 * 1024

const dir = mkdtempSync(join(tmpdir(), 'spilled-forms-'))
const fd = openSync(join(dir, 'body'), 'w+')

afterAll(() => {
  closeSync(fd)
  rmSync(dir, { recursive: true })
})

/** Puts a body into the file. */
function spill(...pieces: readonly (string | Uint8Array)[]): Buffer {
  const body = joined(...pieces)
  ftruncateSync(fd, 0)
  writeSync(fd, body, 0, body.length, 0)
  return body
}

function joined(...pieces: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)),
  )
}

function part(name: string, content: string, rest = ''): string {
  return `--X\r\nContent-Disposition: form-data; name="${name}"${rest}\r\n\r\n${content}\r\n`
}

/** The part up to where its content starts. */
const opened = (name: string, rest = '') => part(name, '', rest).slice(0, -2)

function spilledJob(size: number, more: Partial<DecodeJob> = {}): DecodeJob {
  return { ...jobOf('', TYPE, more), source: { fd, size } }
}

/** A body in memory that counts the bytes taken out of it. */
class CountedBytes implements BodyBytes {
  taken = 0
  readonly length: number
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.length = bytes.length
  }

  at(index: number): number | undefined {
    return this.#bytes.at(index)
  }

  indexOf(needle: Uint8Array, from?: number): number {
    return this.#bytes.indexOf(needle, from)
  }

  subarray(from: number, to: number): Buffer {
    const bytes = this.#bytes.subarray(from, to)
    this.taken += bytes.length
    return bytes
  }
}

describe('a form that lies in a file', () => {
  const content = fc.oneof(
    fc.constantFrom('d', '', '{"token":"ZZ"}', '[{"token":"ZZ","x":1}]', '\u00ff', 'aGVsbG8='),
    fc
      .constantFrom('\r\n--', '\r\n--X', '\r\n--X!', '\n--XY', '\r\r\n\n')
      .map((near) => near + 'd'),
    fc.nat(200).map((size) => `[${' '.repeat(size)}{"token":"ZZ"}]`),
    fc.nat(600).map((size) => `${'y'.repeat(size)}`),
  )
  const field = fc.record({
    name: fc.constantFrom('a', 'b', 'password', 'user[token]', 'naïve', 'sécrèt'),
    rest: fc.constantFrom(
      '',
      '; filename="f"',
      '\r\nContent-Type: application/json',
      '\r\nContent-Transfer-Encoding: base64',
      `\r\nX: ${'y'.repeat(70)}`,
    ),
    content,
  })
  const form = fc.tuple(fc.nat(80), fc.array(field, { maxLength: 6 })).map(([size, fields]) => {
    const parts = fields.map(({ name, rest, content }) => part(name, content, rest))
    return `${size > 40 ? `${'p'.repeat(size)}\r\n` : ''}${parts.join('')}${END}`
  })
  const redact = {
    names: ['password', 'token'],
    extra: ['sécrèt'],
    exempt: [],
  }

  it('gives what it gives in memory, however small the window', async () => {
    const property = fc.asyncProperty(
      form,
      fc.integer({ min: 16, max: 130 }),
      fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      async (text, window, cut) => {
        const whole = Buffer.from(text)
        const body = spill(whole.subarray(0, cut === null ? undefined : 1 + cut * whole.length))
        const job = jobOf(body, TYPE, { redact, truncated: cut !== null })
        const file = new FileBytes(fd, body.length, Buffer.alloc(window))
        expect(await decodeForm(job, file)).toEqual(await decodeForm(job, body))
        expect(rawForm(job, file, 'It failed.')).toEqual(rawForm(job, body, 'It failed.'))
      },
    )
    await fc.assert(property, { numRuns: 200 })
  })

  const shapes = [
    (fill: string) => `${fill}\r\n${opened('token')}ZZZZ\r\n${END}`,
    (fill: string) => `${part('a', fill)}${opened('token')}ZZZZ\r\n${END}`,
    (fill: string) => `${opened('token', `\r\nX: ${fill}`)}ZZZZ\r\n${END}`,
    (fill: string) => `${opened('token')}${'Z'.repeat(fill.length)}\r\n${END}`,
    (fill: string) => `${opened('a')}${' '.repeat(fill.length)}{"token":"ZZZZ"}\r\n${END}`,
    (fill: string) => `${opened('a')}{"a":"${fill}","token":"ZZZZ"}\r\n${END}`,
    (fill: string) => `${part('a', `${fill}\r\n--Y`)}${part('token', '\r\n--ZZ')}${END}`,
    (fill: string) =>
      opened('token', `;\r\n ${' '.repeat(fill.length)}x=y`).replace('-D', '-d') + `ZZ\r\n${END}`,
    (fill: string) =>
      // Of longer headers, the rest is not looked through.
      `${opened('token').replace(':', `${' '.repeat(Math.min(fill.length, 16_000))}:`)}ZZ\n--X--`,
  ]

  /** Whether a body that is cut off shows none of its secrets, but that it had some. */
  function isSafe(text: string, bytesFor: (body: Buffer) => BodyBytes): boolean {
    const body = Buffer.from(text)
    const job = jobOf('', TYPE, { truncated: true })
    const kept = plain(rawForm(job, bytesFor(body), 'It is cut off.').datum) as FilePart
    const shown = bytesOf(kept, body).toString()
    return !shown.includes('Z') && (shown.includes('[redacted]') || !body.includes('Z'))
  }

  it('shows nothing that is hidden, wherever a look at its text ends', () => {
    for (const shape of shapes) {
      for (let size = 380; size < 540; size++) {
        expect(isSafe(shape('x'.repeat(size)), (body) => body)).toBe(true)
        expect(isSafe(shape('x'.repeat(size + 1024)), (body) => body)).toBe(true)
      }
    }
  })

  it('shows nothing that is hidden, wherever it is cut off and a look at the file ends', () => {
    const property = fc.property(
      fc.constantFrom(...shapes),
      fc.constantFrom(60, 128, 512, 3584, 16_384, 65_536),
      fc.integer({ min: -120, max: 20 }),
      fc.integer({ min: 64, max: 200 }),
      fc.nat(30),
      (shape, end, away, window, cut) => {
        const text = shape('x'.repeat(Math.max(0, end + away)))
        const isHidden = isSafe(text.slice(0, text.length - cut), (body) => {
          spill(body)
          return new FileBytes(fd, body.length, Buffer.alloc(window))
        })
        expect(isHidden).toBe(true)
      },
    )
    fc.assert(property, { numRuns: 500 })
  })

  it('keeps what would be the same with its hidden values replaced', () => {
    const body = Buffer.from(part('token', '[redacted]') + part('a', '[1, "password"]'))
    expect(rawForm(jobOf(body, TYPE), body, 'It failed.')).toEqual({
      kind: 'value',
      datum: {
        file: { name: undefined, type: 'multipart/form-data', offset: 0, size: body.length },
      },
      form: false,
      truncated: false,
      error: 'It failed.',
    })
  })
})

describe('a large file in a form', () => {
  const large = Buffer.alloc(4 * MIB, '\x00{"token":"shown"}\r\n')
  const parts = [part('a', 'd'), opened('f', '; filename="x"'), large]
  const cutOff = joined(...parts)
  const whole = joined(...parts, `\r\n${part('token', 'Z')}${END}`)

  it('is not taken out of a whole form', async () => {
    const body = new CountedBytes(whole)
    const found = fieldsOf(await decodeForm(jobOf('', TYPE), body))
    expect(found.get('token')).toBe('[redacted]')
    expect(bytesOf(found.get('f') as FilePart, whole).equals(large)).toBe(true)
    expect(body.taken).toBeLessThan(256 * 1024)
  })

  it('is not taken out of one that is cut off', async () => {
    const body = new CountedBytes(cutOff)
    const kept = await decodeForm(jobOf('', TYPE, { truncated: true }), body)
    expect(plain(kept.datum)).toMatchObject({ offset: 0, size: cutOff.length })
    expect(body.taken).toBeLessThan(256 * 1024)
  })
})

describe('a decoder', () => {
  const decode = (decoder: Decoder, job: DecodeJob) => decoder.decode(job) as Promise<Decoded>

  it('reads a form of some MiB from its file, whole, cut off and unreadable', async () => {
    const decoder = new Decoder()
    const image = Buffer.alloc(
      3 * MIB,
      Buffer.from(Array.from({ length: 251 }, (_, index) => index)),
    )
    const file = [opened('f', '; filename="x"'), image, '\r\n']
    const body = spill(part('token', 'Z'), ...file, part('a', 'd'), ...file, END)
    try {
      const found = fieldsOf(await decode(decoder, spilledJob(body.length)))
      expect([found.get('token'), found.get('a')]).toEqual(['[redacted]', 'd'])
      const files = found.get('f') as FilePart[]
      expect(files.map((one) => bytesOf(one, body).equals(image))).toEqual([true, true])

      const cut = spilledJob(body.length - 100, { truncated: true })
      const kept = plain((await decode(decoder, cut)).datum) as FilePart
      const rest = body.subarray(part('token', '').length - 2 + 1, body.length - 100)
      const expected = Buffer.concat([Buffer.from(`${opened('token')}[redacted]`), rest])
      expect(bytesOf(kept, body).equals(expected)).toBe(true)

      expect(await decode(decoder, spilledJob(body.length + 1))).toEqual({
        kind: 'empty',
        form: false,
        truncated: true,
        error: 'The body could not be decoded.',
      })
      const nothingHidden = { names: [], extra: [], exempt: [] }
      const more = { redact: nothingHidden, truncated: true }
      const unread = await decode(decoder, spilledJob(body.length + 1, more))
      expect(unread.error).toBe('The body could not be decoded.')
    } finally {
      await decoder.close()
    }
  })

  it('takes no memory for the files of a form, whole or cut off', async () => {
    const decoder = new Decoder()
    await decode(decoder, jobOf(END, TYPE))
    const size = 128 * MIB
    const file = opened('f', '; filename="x"')
    spill(file)
    writeSync(fd, `\r\n${END}`, size - END.length - 2)
    const before = process.memoryUsage().rss
    let most = before
    const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 2)
    try {
      const found = fieldsOf(await decode(decoder, spilledJob(size)))
      expect(found.get('f')).toMatchObject({ offset: file.length })
      const kept = await decode(decoder, spilledJob(size, { truncated: true }))
      expect(plain(kept.datum)).toMatchObject({ offset: 0 })
      expect(most - before).toBeLessThan(64 * MIB)
    } finally {
      clearInterval(timer)
      await decoder.close()
    }
  })
})
