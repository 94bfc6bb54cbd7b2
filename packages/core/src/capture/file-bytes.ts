import { readSync } from 'node:fs'
import type { BodyBytes } from './body-bytes.ts'

/**
 * The first bytes of an open file, read where they are looked at. What is searched, and what little
 * is taken out, is read through a window that moves on with the reader. It throws where the file is
 * shorter than it was.
 */
export class FileBytes implements BodyBytes {
  readonly length: number
  readonly #fd: number
  #window: Buffer
  /** Which part of the file the window shows, and its bytes. */
  #start = 0
  #end = 0
  #shown: Buffer

  /** @param window lent until the last look at the file */
  constructor(fd: number, size: number, window: Buffer) {
    this.#fd = fd
    this.length = size
    this.#window = window
    this.#shown = window
  }

  /** Throws if the file is shorter than it was, which a look at some of its bytes may not show. */
  check(): void {
    const size = this.length
    if (size > 0) this.#read(Buffer.allocUnsafe(1), size - 1, size)
  }

  at(index: number): number | undefined {
    if (index >= this.length) return undefined
    if (!this.#shows(index, index + 1)) this.#move(index)
    return this.#shown[index - this.#start]
  }

  indexOf(needle: Uint8Array, from = 0): number {
    const size = needle.length
    if (size > this.#window.length) this.#widen(2 * size)
    for (let at = from; at + size <= this.length; at = this.#end - size + 1) {
      if (!this.#shows(at, at + size)) this.#move(at)
      const found = this.#shown.indexOf(needle, at - this.#start)
      if (found !== -1) return this.#start + found
    }
    return -1
  }

  subarray(from: number, to: number): Buffer {
    const end = Math.min(to, this.length)
    if (from >= end) return Buffer.alloc(0)
    const size = end - from
    const bytes = size > SMALL ? Buffer.allocUnsafeSlow(size) : Buffer.allocUnsafe(size)
    const isLittle = size <= this.#window.length / 2
    if (isLittle && !this.#shows(from, end)) this.#move(from)
    if (this.#shows(from, end)) this.#window.copy(bytes, 0, from - this.#start, end - this.#start)
    else this.#read(bytes, from, end)
    return bytes
  }

  #shows(from: number, to: number): boolean {
    return from >= this.#start && to <= this.#end
  }

  #widen(size: number): void {
    this.#window = Buffer.allocUnsafeSlow(size)
    this.#start = this.#end = 0
  }

  #move(from: number): void {
    // Nothing is shown if reading fails.
    this.#start = this.#end = 0
    const end = Math.min(from + this.#window.length, this.length)
    this.#read(this.#window, from, end)
    this.#start = from
    this.#end = end
    this.#shown = this.#window.subarray(0, end - from)
  }

  #read(bytes: Buffer, from: number, to: number): void {
    for (let at = from; at < to;) {
      const read = readSync(this.#fd, bytes, at - from, to - at, at)
      if (read === 0) throw new Error('The recorded body is shorter than it was.')
      at += read
    }
  }
}

/** Up to here, bytes come out of a pool that others have a part of. */
const SMALL = 2048
