const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/**
 * Removes the white space between the tokens of valid JSON text and keeps every other character:
 * digits, the order of keys, repeated keys, escapes.
 */
export function compactJSON(text: string): string {
  if (!/[ \t\n\r]/.test(text)) return text
  let compact = ''
  let from = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = stringEnd(text, at)
    } else if (isBlank(code)) {
      compact += text.slice(from, at)
      from = skipBlanks(text, at)
      at = from - 1
    }
  }
  return compact + text.slice(from)
}

/** The top-level parts of JSON text, see {@link splitJSON}. */
export interface JSONParts {
  /** The keys of an object, unescaped, repeated ones kept; `undefined` for an array. */
  readonly keys: string[] | undefined
  /** The JSON text of each member or element. */
  readonly values: string[]
}

/**
 * Splits compact JSON text of an object or an array into its top-level members, in their order.
 * Gives `undefined` for a scalar. Text that is no compact JSON gives parts without meaning.
 * @param most members that are wanted
 */
export function splitJSON(
  text: string,
  most: number = Number.POSITIVE_INFINITY,
): JSONParts | undefined {
  const first = text.charCodeAt(0)
  if (first !== OPEN_OBJECT && first !== OPEN_LIST) return undefined
  const keys: string[] | undefined = first === OPEN_OBJECT ? [] : undefined
  const values: string[] = []
  const last = text.length - 1
  for (let at = 1; at < last && values.length < most; at++) {
    if (keys !== undefined) {
      const end = stringEnd(text, at)
      keys.push(unescapeJSON(text.slice(at + 1, end)))
      at = end + 2
    }
    const end = valueEnd(text, at)
    values.push(text.slice(at, end))
    at = end
  }
  return { keys, values }
}

/** What stands between the quotes of a JSON string; a broken escape stands for itself. */
export function unescapeJSON(raw: string): string {
  if (!raw.includes('\\')) return raw
  return raw.replace(/\\(?:u([\da-fA-F]{4})|(.))/gs, (_, hex: string | undefined, char: string) =>
    hex === undefined ? (SHORT_ESCAPES[char] ?? char) : String.fromCharCode(parseInt(hex, 16)),
  )
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** Whether a character code is one of JSON's four white space characters. */
export function isBlank(code: number): boolean {
  return code === SPACE || code === LF || code === CR || code === TAB
}

/** The index of the first character at or after `at` that is no white space. */
export function skipBlanks(text: string, at: number): number {
  let end = at
  while (end < text.length && isBlank(text.charCodeAt(end))) end++
  return end
}

/** The index of the quote that closes the string opened at `at`, or the text's length. */
export function stringEnd(text: string, at: number): number {
  const quote = text.charAt(at)
  let end = text.indexOf(quote, at + 1)
  while (end !== -1) {
    let slash = end - 1
    while (slash > at && text.charCodeAt(slash) === BACKSLASH) slash--
    if ((end - slash) % 2 === 1) return end
    end = text.indexOf(quote, end + 1)
  }
  return text.length
}

/** The index of the `,`, `}` or `]` that ends the value starting at `at`, or the text's length. */
export function valueEnd(text: string, at: number): number {
  let depth = 0
  for (let end = at; end < text.length; end++) {
    const code = text.charCodeAt(end)
    if (code === QUOTE) {
      end = stringEnd(text, end)
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      depth++
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      if (depth === 0) return end
      depth--
    } else if (code === COMMA && depth === 0) {
      return end
    }
  }
  return text.length
}
