import { skipBlanks } from './json-text.ts'
import { TextJoiner } from './text.ts'

/** What a look at JSON text tells. */
export interface JSONShape {
  /** How many arrays and objects lie within each other. */
  readonly depth: number
  /** Members or elements at the top level. */
  readonly members: number
  /** The text without white space between its tokens. */
  readonly compact: string
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

const IN_STRING = /[^"\\\u0000-\u001f]*/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/**
 * Checks that text is valid JSON, and measures it, without making its values: those of a large text
 * take many times its size, and `JSON.parse` cannot be stopped when a thread's memory runs out.
 */
export function checkJSON(text: string): JSONShape | undefined {
  const open = new OpenContainers()
  const compact = new Compacted(text)
  let members = 0
  let expected: 'value' | 'first value' | 'key' | 'first key' | 'end' = 'value'
  for (let at = compact.skipBlanks(0); ; at = compact.skipBlanks(at)) {
    const code = text.charCodeAt(at)
    if (expected === 'end' && open.depth === 0) {
      if (at !== text.length) return undefined
      return { depth: open.deepest, members, compact: compact.text() }
    }
    if (expected === 'end' ? code !== COMMA : closes(code, expected)) {
      if (!open.close(code)) return undefined
      expected = 'end'
      at++
    } else if (expected === 'end') {
      expected = open.inObject ? 'key' : 'value'
      at++
    } else if (expected === 'key' || expected === 'first key') {
      const colon = code === QUOTE ? compact.skipBlanks(stringEnd(text, at)) : NOWHERE
      if (text.charCodeAt(colon) !== COLON) return undefined
      expected = 'value'
      at = colon + 1
    } else {
      if (open.depth === 1) members++
      const opens = code === OPEN_LIST || code === OPEN_OBJECT
      if (opens) open.open(code)
      expected = opens ? (code === OPEN_LIST ? 'first value' : 'first key') : 'end'
      at = opens ? at + 1 : code === QUOTE ? stringEnd(text, at) : match(SCALAR, text, at)
      if (at === NOWHERE) return undefined
    }
  }
}

/** What no index can be, so that nothing is found there. */
const NOWHERE = Number.POSITIVE_INFINITY

function closes(code: number, expected: string): boolean {
  return (
    (code === CLOSE_LIST && expected === 'first value') ||
    (code === CLOSE_OBJECT && expected === 'first key')
  )
}

function stringEnd(text: string, at: number): number {
  let end = match(IN_STRING, text, at + 1)
  while (end !== NOWHERE && text.charCodeAt(end) !== QUOTE) {
    end = match(ESCAPE, text, end)
    if (end !== NOWHERE) end = match(IN_STRING, text, end)
  }
  return end === NOWHERE ? NOWHERE : end + 1
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : NOWHERE
}

/** Leaves out the white space that is skipped, with memory for little more than the text. */
class Compacted {
  readonly #text: string
  readonly #joiner = new TextJoiner()
  #from = 0

  constructor(text: string) {
    this.#text = text
  }

  skipBlanks(at: number): number {
    const end = skipBlanks(this.#text, at)
    if (end > at) {
      this.#joiner.add(this.#text.slice(this.#from, at))
      this.#from = end
    }
    return end
  }

  text(): string {
    return this.#from === 0 ? this.#text : this.#joiner.text() + this.#text.slice(this.#from)
  }
}

/** The kinds of the containers around a place, a byte each: nesting is a client's choice. */
class OpenContainers {
  #kinds = new Uint8Array(64)
  depth = 0
  deepest = 0

  get inObject(): boolean {
    return this.#kinds[this.depth - 1] === OPEN_OBJECT
  }

  open(kind: number): void {
    if (this.depth === this.#kinds.length) {
      const longer = new Uint8Array(this.depth * 2)
      longer.set(this.#kinds)
      this.#kinds = longer
    }
    this.#kinds[this.depth++] = kind
    this.deepest = Math.max(this.deepest, this.depth)
  }

  /** False if this character does not close the innermost container. */
  close(code: number): boolean {
    if (this.depth === 0 || code !== (this.inObject ? CLOSE_OBJECT : CLOSE_LIST)) return false
    this.depth--
    return true
  }
}
