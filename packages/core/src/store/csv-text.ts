const CR = 0x0d
const QUOTE = 0x22

/**
 * How a record uses quotes.
 * - `strict`: as RFC 4180 says.
 * - `loose`: there is a quote inside an unquoted cell.
 * - `broken`: text follows a closing quote, as it does where an earlier quote was left open.
 */
export type Quoting = 'strict' | 'loose' | 'broken'

/** Reads the records of CSV text that starts with one; lenient, as {@link RecordParser} says. */
export class CSVText {
  readonly #text: string
  #at = 0
  /** Whether the last record ended in a LF. */
  terminated = false
  /** Whether the last record lies on one line. */
  isOneLine = true
  /** How the last record uses quotes. */
  quoting: Quoting = 'strict'
  // Where the next one of each is, kept so that none is looked for twice.
  #comma = -1
  #quote = -1
  #newline = -1

  constructor(text: string) {
    this.#text = text
  }

  /** Where the next record starts. */
  get at(): number {
    return this.#at
  }

  /** Goes on elsewhere, also with what was read before. */
  moveTo(at: number): void {
    if (at < this.#at) this.#comma = this.#quote = this.#newline = -1
    this.#at = at
  }

  /** The cells of the next record. */
  next(): string[] {
    const start = this.#at
    this.quoting = 'strict'
    this.isOneLine = true
    this.#newline = this.#find('\n', this.#newline, start)
    this.#quote = this.#find('"', this.#quote, start)
    if (this.#quote >= this.#newline) return this.#endLine(start).split(',')
    const line = this.#newline
    const cells = this.#cells()
    this.isOneLine = this.#newline === line
    return cells
  }

  #cells(): string[] {
    const cells: string[] = []
    for (;;) {
      const start = this.#at
      const isQuoted = this.#text.charCodeAt(start) === QUOTE
      const quoted = isQuoted ? this.#quoted(start) : ''
      const from = this.#at
      this.#newline = this.#find('\n', this.#newline, from)
      this.#comma = this.#find(',', this.#comma, from)
      const isLast = this.#comma >= this.#newline
      const rest = isLast ? this.#endLine(from) : this.#text.slice(from, this.#comma)
      if (rest !== '') this.#judge(isQuoted, from, from + rest.length)
      cells.push(quoted + rest)
      if (isLast) return cells
      this.#at = this.#comma + 1
    }
  }

  #judge(isQuoted: boolean, from: number, to: number): void {
    if (isQuoted) {
      this.quoting = 'broken'
      return
    }
    this.#quote = this.#find('"', this.#quote, from)
    if (this.#quote < to && this.quoting === 'strict') this.quoting = 'loose'
  }

  /** The text between the quote at `start` and the one that closes it; goes on behind that. */
  #quoted(start: number): string {
    const text = this.#text
    let close = this.#find('"', -1, start + 1)
    let doubled = false
    while (text.charCodeAt(close + 1) === QUOTE) {
      doubled = true
      close = this.#find('"', -1, close + 2)
    }
    this.#at = Math.min(close + 1, text.length)
    const raw = text.slice(start + 1, close)
    return doubled ? raw.replaceAll('""', '"') : raw
  }

  /** What is left of the line from `from`, its end not included; goes on behind that. */
  #endLine(from: number): string {
    const end = this.#newline
    this.terminated = end < this.#text.length
    this.#at = this.terminated ? end + 1 : end
    const isReturn = end > from && this.#text.charCodeAt(end - 1) === CR
    return this.#text.slice(from, isReturn ? end - 1 : end)
  }

  #find(char: string, known: number, from: number): number {
    if (known >= from) return known
    const at = this.#text.indexOf(char, from)
    return at === -1 ? this.#text.length : at
  }
}
