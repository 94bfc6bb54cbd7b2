import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import type { Mounted } from '../src/subject.ts'

/**
 * Where a peer that has no place of its own writes what it logs. A file, since memory that fills up
 * would be held against the peer.
 */
export class Journal {
  readonly #file: string
  #open = true

  /** @param dir the folder of the subject */
  constructor(dir: string) {
    this.#file = join(dir, 'journal')
  }

  /** Notes one thing that was logged. */
  add(logged: unknown): void {
    if (!this.#open) return
    appendFileSync(this.#file, Buffer.concat(bytesIn(logged)))
  }

  /** The same as a stream, for peers that write lines. */
  get stream(): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.add(chunk.toString())
        done()
      },
    })
  }

  /** For a peer that logs bodies: what was logged is what it has captured. */
  get mounted(): Required<Mounted> {
    return {
      captured: async () => (existsSync(this.#file) ? readFileSync(this.#file) : Buffer.alloc(0)),
      ...this.silent,
    }
  }

  /** For a peer that logs no bodies. */
  get silent(): { close(): Promise<void> } {
    return {
      close: async () => {
        this.#open = false
      },
    }
  }
}

/**
 * All texts and bytes in something that was logged, free of what could hide them: JSON in JSON,
 * base64, and bytes that are written as a list of numbers. It must not fail, however odd the body.
 */
export function bytesIn(logged: unknown): Uint8Array[] {
  const found: Uint8Array[] = []
  const open: unknown[] = [logged]
  while (open.length > 0) {
    const one = open.pop()
    if (one instanceof Uint8Array || one instanceof ArrayBuffer) {
      found.push(new Uint8Array(one), NEWLINE)
    } else if (typeof one === 'object' && one !== null) {
      const bytes = asBytes(one)
      if (bytes) found.push(bytes, NEWLINE)
      else for (const value of Object.values(one)) open.push(value)
    } else {
      found.push(Buffer.from(String(one)), NEWLINE)
      if (typeof one === 'string') open.push(...within(one))
    }
  }
  return found
}

const NEWLINE = Buffer.from('\n')

/** What a text is the JSON of. */
function within(text: string): unknown[] {
  if (!/^[[{"]/.test(text)) return []
  try {
    return [JSON.parse(text)]
  } catch {
    return []
  }
}

/** The bytes that an object stands for, as loggers write them. */
function asBytes(logged: object): Uint8Array | undefined {
  const { body, transfer_encoding: encoding } = logged as Readonly<Record<string, unknown>>
  if (encoding === 'base64' && typeof body === 'string') return Buffer.from(body, encoding)
  const numbers = Object.values((logged as { readonly data?: object }).data ?? logged)
  const areBytes = numbers.length > 0 && numbers.every((one) => Number.isInteger(one) && one >= 0)
  return areBytes ? Uint8Array.from(numbers as number[]) : undefined
}
