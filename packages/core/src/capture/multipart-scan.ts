import type { BodyBytes } from './body-bytes.ts'

/** Where one part of a multipart body lies. */
export interface PartSpan {
  /** Where its delimiter starts. */
  readonly start: number
  /** Where its content starts, behind its headers. */
  readonly from: number
  /** Where its content ends. */
  readonly to: number
}

/** The parts of a multipart body, or why it is not read, in words. */
export type PartScan =
  | { readonly parts: readonly PartSpan[]; readonly hasMore: boolean }
  | { readonly error: string }

const LONGEST_HEADER = 16 * 1024
const CRLF = '\r\n'
/** Of several, one parser takes the first and another the last. */
const DISPOSITION = /\ncontent-disposition[ \t]*:/gi

/**
 * Finds the parts of a multipart body, and refuses what no parser should be given: part headers
 * without end, and bodies that are cut off.
 * @param most parts that are looked at
 */
export function scanParts(body: BodyBytes, boundary: string, most: number): PartScan {
  const delimiters = new Delimiters(body, boundary)
  const parts: PartSpan[] = []
  let next = delimiters.first()
  while (next && !next.closes && parts.length < most) {
    // The delimiter's own line break may be the first half of the empty line that ends the headers.
    const header = body.subarray(next.end - 2, next.end + LONGEST_HEADER)
    const length = header.indexOf(CRLF + CRLF)
    if (length === -1) return { error: 'A part of the form has headers that do not end.' }
    const names = header.toString('latin1', 0, length).match(DISPOSITION)?.length ?? 0
    if (names > 1) return { error: 'A part of the form says twice what it is.' }
    const from = next.end + length + 2
    if (delimiters.bareAt(from))
      return { error: 'The form has a boundary where its content should start.' }
    const following = delimiters.after(from)
    if (following) parts.push({ start: next.start, from, to: following.start })
    next = following
  }
  const isClosed = next !== undefined && (next.closes || delimiters.closesAfter(next.end))
  if (!isClosed) return { error: 'The form has no closing boundary.' }
  // An empty form is nothing but its end. Anything else may be parts that others see.
  if (parts.length === 0 && (next?.start !== 0 || body.length > next.end + CRLF.length)) {
    return { error: 'The form ends before its first part.' }
  }
  return { parts, hasMore: !next?.closes }
}

interface Delimiter {
  readonly start: number
  /** Behind its line break, where it has one. */
  readonly end: number
  readonly closes: boolean
}

class Delimiters {
  readonly #body: BodyBytes
  readonly #line: Buffer

  constructor(body: BodyBytes, boundary: string) {
    this.#body = body
    this.#line = Buffer.from(`${CRLF}--${boundary}`, 'latin1')
  }

  first(): Delimiter | undefined {
    return this.bareAt(0) ?? this.after(0)
  }

  /** A delimiter without the line break before it. */
  bareAt(start: number): Delimiter | undefined {
    const end = start + this.#line.length - CRLF.length
    const isBare = this.#body.subarray(start, end).equals(this.#line.subarray(CRLF.length))
    return isBare ? this.#at(start, end) : undefined
  }

  after(from: number): Delimiter | undefined {
    let start = this.#body.indexOf(this.#line, from)
    while (start !== -1) {
      const delimiter = this.#at(start, start + this.#line.length)
      if (delimiter) return delimiter
      start = this.#body.indexOf(this.#line, start + 2)
    }
    return undefined
  }

  closesAfter(from: number): boolean {
    const closing = Buffer.concat([this.#line, Buffer.from('--')])
    return this.#body.indexOf(closing, from - 2) !== -1
  }

  #at(start: number, end: number): Delimiter | undefined {
    const first = this.#body.at(end)
    const second = this.#body.at(end + 1)
    if (first === DASH && second === DASH && BEHIND_END.has(this.#body.at(end + 2))) {
      return { start, end: end + 2, closes: true }
    }
    return first === CR && second === LF ? { start, end: end + 2, closes: false } : undefined
  }
}

const DASH = 0x2d
const CR = 0x0d
const LF = 0x0a
/** What follows a closing delimiter: the end of the body, a line break, a tab or a space. */
const BEHIND_END: ReadonlySet<number | undefined> = new Set([undefined, CR, LF, 0x09, 0x20])
