import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { BodyText } from '../src/capture/body-text.ts'
import { FileBytes } from '../src/capture/file-bytes.ts'

const dir = mkdtempSync(join(tmpdir(), 'file-bytes-'))

afterAll(() => rmSync(dir, { recursive: true }))

/** Lets a test look at bytes in a file, and closes it. */
function withFile<Result>(bytes: Uint8Array, look: (fd: number) => Result): Result {
  const path = join(dir, 'body')
  writeFileSync(path, bytes)
  const fd = openSync(path, 'r')
  try {
    return look(fd)
  } finally {
    closeSync(fd)
  }
}

/** Few bytes, so that needles are found, and nearly found, everywhere. */
const bytesOf = (maxLength: number, minLength = 0) =>
  fc
    .array(fc.constantFrom(13, 10, 45), { minLength, maxLength, size: 'max' })
    .map((list) => Buffer.from(list))

describe('the bytes of a file', () => {
  it('are found and taken out as those in memory are, however small the window', () => {
    const look = fc.record({
      needle: bytesOf(12, 1),
      from: fc.nat(220),
      size: fc.nat(40),
    })
    const property = fc.property(
      bytesOf(200),
      fc.integer({ min: 1, max: 24 }),
      fc.array(look, { maxLength: 12 }),
      (body, window, looks) =>
        withFile(body, (fd) => {
          const file = new FileBytes(fd, body.length, Buffer.alloc(window))
          for (const { needle, from, size } of looks) {
            expect(file.indexOf(needle, from)).toBe(body.indexOf(needle, from))
            expect(file.subarray(from, from + size)).toEqual(body.subarray(from, from + size))
            expect(file.at(from)).toBe(body.at(from))
          }
        }),
    )
    fc.assert(property, { numRuns: 400 })
  })

  it('stay as they were taken out when the window moves on', () => {
    withFile(Buffer.from('0123456789abcdef'), (fd) => {
      const file = new FileBytes(fd, 16, Buffer.alloc(8))
      const taken = file.subarray(0, 4)
      expect(file.subarray(8, 12).toString()).toBe('89ab')
      expect(taken.toString()).toBe('0123')
    })
  })

  it('are no more than were recorded, and no fewer', () => {
    withFile(Buffer.from('0123456789'), (fd) => {
      const file = new FileBytes(fd, 4, Buffer.alloc(64))
      expect(file.subarray(2, 9).toString()).toBe('23')
      expect(file.indexOf(Buffer.from('4'))).toBe(-1)
      expect(file.at(4)).toBeUndefined()
      expect(() => file.check()).not.toThrow()

      const longer = new FileBytes(fd, 11, Buffer.alloc(64))
      const shorter = 'The recorded body is shorter than it was.'
      expect(() => longer.check()).toThrow(shorter)
      expect(() => longer.indexOf(Buffer.from('x'))).toThrow(shorter)
      expect(() => longer.subarray(0, 11)).toThrow(shorter)
      expect(() => longer.at(1)).toThrow(shorter)
    })
  })
})

describe('the text of a body', () => {
  it('is searched as one string, wherever a look at it ends', () => {
    const searches = [
      { pattern: /\n\r?\n/, deciding: 3, found: ['\n\n', '\n\r\n'] },
      {
        pattern: /[\r\n]name[\t ]*(?::|$)/i,
        deciding: 5,
        found: ['\nname:', '\rNAME  :', '\nname'],
      },
    ]
    const property = fc.property(
      fc.constantFrom(...searches),
      fc.nat(1),
      // The first looks end 512 and 512 + 1024 bytes behind the start, less what is looked at again.
      fc.constantFrom(0, 512, 1536, 3584, 7680, 65_536),
      fc.nat(24),
      fc.nat(30),
      ({ pattern, deciding, found }, which, end, before, start) => {
        const match = found[which] ?? ''
        const at = Math.max(0, start + end - before)
        const body = Buffer.from(`${'x'.repeat(at)}${match}${'x'.repeat(which * 2000)}`)
        const whole = pattern.exec(body.toString().slice(start))
        const expected = whole && {
          from: start + whole.index,
          to: start + whole.index + match.length,
        }
        const text = new BodyText(body)
        expect(text.search(pattern, deciding, start)?.from).toBe(expected?.from)
        expect(text.slice(at, at + 3)).toBe(body.toString('latin1', at, at + 3))
        expect(text.slice(0, 2)).toBe(body.toString('latin1', 0, 2))
      },
    )
    fc.assert(property, { numRuns: 1500 })
  })
})
