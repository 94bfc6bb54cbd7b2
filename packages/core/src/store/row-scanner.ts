import { withoutDoubled } from './doubled-quotes.ts'

const LF = 0x0a
const CR = 0x0d
const QUOTE = 0x22
const COMMA = 0x2c
/** Characters of a cell that are looked at before the engine is asked: a call costs as much. */
const NEAR = 24

/**
 * What stands at a place:
 * - `row`: a row as a writer makes it.
 * - `end`: nothing more.
 * - `open`: a text that goes on behind the end.
 * - `odd`: something else, of which only careful reading can tell what it is.
 */
export type Found = 'row' | 'end' | 'open' | 'odd'

/**
 * Finds the cells of rows in text that ends with a line, without taking it apart. It knows nothing but
 * rows of the right width whose quotes are where they must be, and empty lines, which it passes.
 */
export class RowScanner {
  readonly width: number
  /** Where each cell of the last row starts, its quotes not included. */
  readonly starts: number[]
  /** Where each of them ends. */
  readonly ends: number[]
  /** How many quotes a cell of the last row has in it, which are doubled in the text. */
  readonly quotes: number[]
  #text = ''
  #at = 0
  // Where the next one of each is, kept so that none is looked for twice.
  #comma = -1
  #newline = -1
  #quote = -1
  #slash = -1
  #start = 0

  /** @param width how many cells a row has */
  constructor(width: number) {
    this.width = width
    this.starts = Array.from({ length: width }, () => 0)
    this.ends = Array.from({ length: width }, () => 0)
    this.quotes = Array.from({ length: width }, () => 0)
  }

  /** The text that is scanned; none once {@link next} gave `end`. */
  get text(): string {
    return this.#text
  }

  /** Where the last row starts. */
  get start(): number {
    return this.#start
  }

  /** Where the next row starts: behind the last one, and behind nothing that is none. */
  get at(): number {
    return this.#at
  }

  /** Whether there is a `/` in the last row. */
  get hasSlash(): boolean {
    this.#slash = this.#find('/', this.#slash, this.#start)
    return this.#slash < this.#at
  }

  /** Whether there is one in a cell of it; cells are asked about in their order. */
  hasSlashIn(column: number): boolean {
    this.#slash = this.#find('/', this.#slash, this.starts[column] as number)
    return this.#slash < (this.ends[column] as number)
  }

  /** The text in a cell of the last row. */
  cell(column: number): string {
    const from = this.starts[column] as number
    const to = this.ends[column] as number
    const quotes = this.quotes[column] as number
    return quotes === 0 ? this.#text.slice(from, to) : withoutDoubled(this.#text, from, to, quotes)
  }

  /** Goes on with other text, from its start. */
  reset(text: string): void {
    this.#text = text
    this.#at = this.#start = 0
    this.#comma = this.#newline = this.#quote = this.#slash = -1
  }

  /** Goes to the next row. */
  next(): Found {
    const text = this.#text
    while (this.#at < text.length) {
      const first = text.charCodeAt(this.#at)
      const isReturn = first === CR && text.charCodeAt(this.#at + 1) === LF
      if (first !== LF && !isReturn) return this.#row()
      this.#at += isReturn ? 2 : 1
    }
    return 'end'
  }

  #row(): Found {
    const text = this.#text
    const { width, ends } = this
    let at = this.#at
    for (let column = 0; column < width; column++) {
      if (text.charCodeAt(at) === QUOTE) {
        if (!this.#quoted(at, column)) return 'open'
        at = (ends[column] as number) + 1
        if (text.charCodeAt(at) === CR && text.charCodeAt(at + 1) === LF) at++
      } else {
        at = this.#bare(at, column)
      }
      const behind = text.charCodeAt(at)
      at++
      if (behind === COMMA) continue
      if (behind !== LF || column < width - 1) return 'odd'
      if (width === 1 && ends[0] === this.starts[0]) return 'odd'
      this.#start = this.#at
      this.#at = at
      return 'row'
    }
    return 'odd'
  }

  /** Notes a cell without quotes, and gives the offset of what ends it. */
  #bare(start: number, column: number): number {
    const text = this.#text
    this.starts[column] = start
    this.quotes[column] = 0
    let at = start
    let code = text.charCodeAt(at)
    for (const near = at + NEAR; at < near; code = text.charCodeAt(++at)) {
      if (code <= COMMA && (code === COMMA || code === LF || code === QUOTE)) break
    }
    if (at - start === NEAR) {
      at = this.#far(at)
      code = text.charCodeAt(at)
    }
    const isReturn = code === LF && at > start && text.charCodeAt(at - 1) === CR
    this.ends[column] = isReturn ? at - 1 : at
    return at
  }

  /** The next character that ends a cell, or that no cell without quotes has. */
  #far(from: number): number {
    this.#newline = this.#find('\n', this.#newline, from)
    this.#comma = this.#find(',', this.#comma, from)
    this.#quote = this.#find('"', this.#quote, from)
    return Math.min(this.#newline, this.#comma, this.#quote)
  }

  /** Notes the cell in quotes whose first one is at `start`; false if none closes it. */
  #quoted(start: number, column: number): boolean {
    const text = this.#text
    let quotes = 0
    let close = text.indexOf('"', start + 1)
    while (close !== -1 && text.charCodeAt(close + 1) === QUOTE) {
      quotes++
      close = text.indexOf('"', close + 2)
    }
    this.starts[column] = start + 1
    this.ends[column] = close
    this.quotes[column] = quotes
    return close !== -1
  }

  #find(sign: string, known: number, from: number): number {
    if (known >= from) return known
    const at = this.#text.indexOf(sign, from)
    return at === -1 ? this.#text.length : at
  }
}
