import { execFile } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import type { DecodeJob, Decoded, FilePart } from '../src/capture/decoded.ts'
import { Decoder, type DecoderOptions } from '../src/capture/decoder.ts'
import { bytesOf, fieldsOf, jobOf, plain } from './decode-job.ts'

const MULTIPART = 'multipart/form-data; boundary=X'
const JSON_TYPE = 'application/json'

const decoders: Decoder[] = []

function decoderOf(options?: DecoderOptions): Decoder {
  const decoder = new Decoder(options)
  decoders.push(decoder)
  return decoder
}

afterEach(async () => {
  await Promise.all(decoders.splice(0).map((decoder) => decoder.close()))
})

const part = (name: string, content: string, rest = '') =>
  `--X\r\nContent-Disposition: form-data; name="${name}"${rest}\r\n\r\n${content}\r\n`
const form = (...parts: string[]) => jobOf(`${parts.join('')}--X--\r\n`, MULTIPART)

/** A form that takes its parser many seconds, which makes an event of each CR. */
function slowForm(name = 'a', content = 'canary'): DecodeJob & { readonly source: Uint8Array } {
  const slow = part('slow', '\r'.repeat(16_000))
  return form(part(name, content), ...Array.from({ length: 500 }, () => slow))
}

async function inThread(decoder: Decoder, job: DecodeJob): Promise<Decoded> {
  const decoded = decoder.decode(job)
  expect(decoded).toBeInstanceOf(Promise)
  return decoded
}

describe('a decoder', () => {
  it('decodes small bodies at once', () => {
    const decoder = decoderOf()
    const body = decoder.decode(jobOf('{"a":1}', JSON_TYPE)) as Decoded
    expect(fieldsOf(body).get('a')).toBe(1)
    const coded = jobOf(gzipSync('{"a":1}'), JSON_TYPE, { contentEncoding: 'gzip' })
    expect(fieldsOf(decoder.decode(coded) as Decoded).get('a')).toBe(1)
  })

  it('looks at no byte of a body that is a file', () => {
    const job = { ...jobOf('', 'image/png'), source: { fd: -1, size: 1e6 } }
    const body = decoderOf().decode(job) as Decoded
    expect(plain(body.datum)).toMatchObject({ type: 'image/png', offset: 0, size: 1e6 })
  })

  it('decodes multipart in a thread', async () => {
    const job = form(part('a', 'd'), part('f', 'content', '; filename="x"'))
    const body = await inThread(decoderOf(), job)
    expect(fieldsOf(body).get('a')).toBe('d')
    const file = fieldsOf(body).get('f') as FilePart
    expect(bytesOf(file, job.source).toString()).toBe('content')
  })

  it('decodes large bodies in a thread and leaves them as they are', async () => {
    const text = `{"__proto__":{"x":-0},"list":[${'1,'.repeat(50_000)}2],"s":"\\ud800"}`
    const pooled = Buffer.concat([Buffer.from('..'), Buffer.from(text)]).subarray(2)
    const body = await inThread(decoderOf(), jobOf(pooled, JSON_TYPE))
    const fields = fieldsOf(body)
    expect([...fields.keys()]).toEqual(['__proto__', 'list', 's'])
    expect(fields.get('__proto__')).toEqual({ x: -0 })
    expect(fields.get('s')).toBe('\ud800')
    expect(fields.get('list')).toHaveLength(50_001)
    expect(pooled.toString()).toBe(text)
  })

  it('gives the same in either thread', async () => {
    const bodies: DecodeJob[] = [
      jobOf('{"a":1e400,"b":{"__proto__":[-0,"\\ud800"]},"1":1}', JSON_TYPE),
      jobOf(`[${'['.repeat(3000)}${']'.repeat(3000)}]`, JSON_TYPE),
      jobOf('a=1&a=2&token=x', 'application/x-www-form-urlencoded'),
      jobOf('data: {"a":1}\n\n', 'text/event-stream'),
      jobOf(Buffer.from([0, 255])),
      jobOf(gzipSync(Buffer.from([0, 255])), 'image/png', { contentEncoding: 'gzip' }),
      jobOf('{"password":"x', JSON_TYPE),
      jobOf('', JSON_TYPE),
    ]
    const elsewhere = decoderOf({ inlineBytes: -1 })
    for (const job of bodies) {
      expect(await inThread(elsewhere, job)).toEqual(decoderOf().decode(job))
    }
  })

  it('reads open files', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'decoder-'))
    const path = join(dir, 'body')
    writeFileSync(path, '{"a":"é"}and more')
    const fd = openSync(path, 'r')
    try {
      const decoder = decoderOf()
      const job = { ...jobOf('', JSON_TYPE), source: { fd, size: 10 } }
      expect(fieldsOf(await inThread(decoder, job)).get('a')).toBe('é')
      const image = decoder.decode({ ...job, contentType: 'image/png' }) as Decoded
      expect(plain(image.datum)).toMatchObject({ type: 'image/png', offset: 0, size: 10 })
      const missing = await inThread(decoder, { ...job, source: { fd, size: 100 } })
      expect(missing).toEqual({
        kind: 'empty',
        form: false,
        truncated: true,
        error: 'The body could not be decoded.',
      })
    } finally {
      closeSync(fd)
      rmSync(dir, { recursive: true })
    }
  })

  it('gives files of coded bodies their own bytes', async () => {
    const { source } = form(part('f', 'one', '; filename="1"'), part('f', 'two', '; filename="2"'))
    const job = jobOf(gzipSync(source), MULTIPART, { contentEncoding: 'gzip' })
    const files = fieldsOf(await inThread(decoderOf(), job)).get('f') as FilePart[]
    expect(files.map((file) => bytesOf(file, Buffer.alloc(0)).toString())).toEqual(['one', 'two'])
  })

  it('undoes large codings in the thread, up to the limit', async () => {
    const decoder = decoderOf()
    const bomb = gzipSync(JSON.stringify({ a: 'x'.repeat(1_000_000) }))
    const job = jobOf(bomb, JSON_TYPE, { contentEncoding: 'gzip' })
    expect(fieldsOf(await inThread(decoder, job)).get('a')).toHaveLength(1_000_000)
    const limits = { ...job.limits, interactionBytes: 100_000 }
    const over = await inThread(decoder, { ...job, limits })
    expect(over.error).toBe('The body is too large without its content coding.')
  })

  it('takes bodies one after the other, in any number', async () => {
    const decoder = decoderOf()
    const bodies = Array.from({ length: 200 }, (_, index) =>
      inThread(decoder, form(part('n', `${index}`))),
    )
    const numbers = (await Promise.all(bodies)).map((body) => fieldsOf(body).get('n'))
    expect(numbers).toEqual(Array.from({ length: 200 }, (_, index) => `${index}`))
  })
})

describe('a body that takes too much', () => {
  it('of time is kept as it came, and the next one is decoded', async () => {
    const decoder = decoderOf({ timeoutMs: 2000 })
    const slow = { ...slowForm(), redact: { names: [], extra: [], exempt: [] } }
    const started = performance.now()
    const [first, next] = await Promise.all([
      inThread(decoder, slow),
      inThread(decoder, form(part('a', 'd'))),
    ])
    expect(first.error).toBe('Decoding the body took too long.')
    expect(plain(first.datum)).toMatchObject({ offset: 0, size: slow.source.length })
    expect(fieldsOf(next).get('a')).toBe('d')
    expect(performance.now() - started).toBeLessThan(20_000)
  })

  it('of time is not kept with its secrets', async () => {
    const slow = slowForm('password')
    const body = await inThread(decoderOf({ timeoutMs: 2000 }), slow)
    expect(body.error).toBe('Decoding the body took too long.')
    const kept = bytesOf(plain(body.datum) as FilePart, slow.source).toString()
    expect(kept).toContain('[redacted]')
    expect(kept).not.toContain('canary')
  })

  it('of time even for that is not kept', async () => {
    const body = await inThread(decoderOf({ timeoutMs: 0 }), slowForm('password'))
    expect(body).toMatchObject({ kind: 'empty', truncated: true })
    const text = jobOf('x'.repeat(20_000_000), 'text/plain')
    const kept = await inThread(decoderOf({ timeoutMs: 0 }), text)
    expect(kept.error).toBe('Decoding the body took too long.')
    expect(plain(kept.datum)).toMatchObject({ offset: 0, size: 20_000_000, type: 'text/plain' })
    const hidden = jobOf(`\ufeff [${'1,'.repeat(4_000_000)}{"token":"canary"}]`, 'text/plain')
    // A fast thread may be done before its time is up.
    const shown = JSON.stringify(await inThread(decoderOf({ timeoutMs: 0 }), hidden))
    expect(shown.includes('canary')).toBe(false)
  })

  it('of memory is kept as it came, and the next one is decoded', async () => {
    const decoder = decoderOf({ memoryMb: 16, timeoutMs: 60_000 })
    const job = jobOf(`${'{}\n'.repeat(2_000_000)}`, 'application/x-ndjson', {
      redact: { names: [], extra: [], exempt: [] },
    })
    const body = await inThread(decoder, job)
    expect(body.error).toBe('Decoding the body took too much memory.')
    expect(plain(body.datum)).toMatchObject({ size: 6_000_000 })
    expect(fieldsOf(await inThread(decoder, form(part('a', 'd')))).get('a')).toBe('d')
  })

  it('is decoded where it merely has a sign to undo at every other byte', async () => {
    const job = jobOf(`a=${'+%'.repeat(4_000_000)}`, 'application/x-www-form-urlencoded')
    const body = await inThread(decoderOf(), job)
    expect(body.error).toBeUndefined()
    expect(fieldsOf(body).get('a') === ' %'.repeat(4_000_000)).toBe(true)
  })

  it.each([
    ['of empty objects', (size: number) => `[${'{},'.repeat(size / 3)}{}]`],
    ['of keys', (size: number) => `{${'"a":1,'.repeat(size / 6)}"b":1}`],
    ['of brackets', (size: number) => `${'['.repeat(size / 2)}${']'.repeat(size / 2)}`],
    ['of blanks', (size: number) => `[${'1, '.repeat(size / 3)}1]`],
  ])('does not end the process, as 8 MiB of JSON %s would', async (_, textOf) => {
    const text = textOf(8 * 1024 * 1024)
    const body = await inThread(
      decoderOf({ timeoutMs: 20_000, memoryMb: 128 }),
      jobOf(text, JSON_TYPE),
    )
    expect(plain(body.datum)).toEqual({ json: text.replaceAll(' ', '') })
  })
})

describe('closing', () => {
  it('waits for what is being decoded', async () => {
    const decoder = decoderOf()
    const pending = inThread(decoder, form(part('a', 'd')))
    await decoder.close()
    expect(fieldsOf(await pending).get('a')).toBe('d')
    await decoder.close()
  })

  it('leaves small bodies to be decoded', async () => {
    const decoder = decoderOf()
    await decoder.close()
    expect(decoder.decode(jobOf('"a"', JSON_TYPE))).toMatchObject({ datum: { value: 'a' } })
    expect(decoder.decode(form(part('a', 'd')))).toMatchObject({
      kind: 'empty',
      error: 'The decoder is closed.',
    })
  })

  it('is not needed for the process to end, which may have been started with any options', async () => {
    const path = new URL('../src/capture/decoder.ts', import.meta.url)
    const job = form(part('a', 'd'))
    const script = `
      import { Decoder } from ${JSON.stringify(path.href)}
      const job = ${JSON.stringify({ ...job, source: undefined })}
      const source = Buffer.from(${JSON.stringify(Buffer.from(job.source).toString())})
      const decoded = await new Decoder().decode({ ...job, source })
      process.stdout.write(JSON.stringify(decoded))`
    const options = ['--input-type=module', '--expose-gc', '--max-old-space-size=500']
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...process.execArgv, ...options, '--eval', script],
      { timeout: 20_000 },
    )
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'fields', entries: [['a', { value: 'd' }]] })
  })
})
